"""Coverage of cells by polygons: hand-worked numbers, shapely as the other code, invariants, bad input."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from aqcore.errors import InputError
from aqcore.grid import Grid
from emissions.coverage import coverage, district_coverage, ring_area, rings_of

SAME = 1e-12
"""Of a cell: both codes work in double precision on numbers of order 10, some hundred operations a cell."""

NCOLS, NROWS = 13, 9


def by_shapely(polygon):
    cells = shapely.box(
        *np.meshgrid(np.arange(NCOLS), np.arange(NROWS)), *np.meshgrid(np.arange(1, NCOLS + 1), np.arange(1, NROWS + 1))
    )
    return shapely.area(shapely.intersection(cells, polygon))


def cover(polygon):
    return coverage(rings_of(polygon), NCOLS, NROWS)


def star(centre, radii):
    angles = np.linspace(0.0, 2.0 * np.pi, len(radii), endpoint=False)
    return shapely.Polygon(
        np.asarray(centre) + np.asarray(radii)[:, None] * np.column_stack([np.cos(angles), np.sin(angles)])
    )


def test_triangle_by_hand():
    # (0,0) (2,0) (0,2): the cell at the corner is full, two are halves
    covered = cover(shapely.Polygon([(0, 0), (2, 0), (0, 2)]))
    assert covered[:2, :2].tolist() == [[1.0, 0.5], [0.5, 0.0]]
    assert covered.sum() == 2.0


def test_rectangle_off_the_lines_by_hand():
    covered = cover(shapely.box(1.25, 2.5, 2.5, 3.5))
    assert covered[2, 1] == pytest.approx(0.75 * 0.5, abs=SAME)
    assert covered[3, 2] == pytest.approx(0.5 * 0.5, abs=SAME)
    assert covered.sum() == pytest.approx(1.25, abs=SAME)


def test_hole_and_island_in_the_hole():
    ring = shapely.box(1, 1, 8, 8).difference(shapely.box(2.5, 2.5, 6.5, 6.5))
    islands = shapely.union(ring, shapely.box(4, 4, 5.5, 5))
    assert islands.geom_type == "MultiPolygon"
    assert np.abs(cover(islands) - by_shapely(islands)).max() < SAME
    assert cover(islands).sum() == pytest.approx(49 - 16 + 1.5, abs=SAME)


def test_orientation_of_the_file_does_not_matter():
    corners = [(1.3, 1.2), (7.7, 2.1), (5.5, 7.4)]
    assert (cover(shapely.Polygon(corners)) == cover(shapely.Polygon(corners[::-1]))).all()


@pytest.mark.parametrize(
    "polygon",
    [
        shapely.box(-5, -5, 30, 30),
        shapely.box(-5, 3, 4.5, 5.5),
        shapely.box(9.5, -2, 20, 4.25),
        shapely.Polygon([(-4, 4), (6, -3), (17, 4), (6, 12)]),
        shapely.Polygon([(-3, -3), (-1, -3), (-1, 20), (-3, 20)]),
        shapely.Polygon([(14, -3), (20, -3), (20, 20), (14, 20)]),
        shapely.Polygon([(3, -9), (5, -9), (5, -1), (3, -1)]),
    ],
    ids=["all", "west", "corner", "all four sides", "left of it", "right of it", "below it"],
)
def test_polygons_across_the_edge_of_the_grid(polygon):
    assert np.abs(cover(polygon) - by_shapely(polygon)).max() < SAME


@settings(max_examples=60, deadline=None)
@given(
    centre=st.tuples(st.floats(-3, 16), st.floats(-3, 12)),
    radii=st.lists(st.floats(0.2, 8.0), min_size=3, max_size=40),
    hole=st.floats(0.0, 0.15),
)
def test_any_star_equals_shapely(centre, radii, hole):
    polygon = star(centre, radii)
    if hole > 0.0:
        polygon = polygon.difference(shapely.Point(centre).buffer(hole))
    assert np.abs(cover(polygon) - by_shapely(polygon)).max() < SAME


@settings(max_examples=30, deadline=None)
@given(corners=st.tuples(st.integers(-2, 6), st.integers(-2, 4), st.integers(1, 9), st.integers(1, 7)))
def test_edges_on_the_lines_of_the_grid_are_exact(corners):
    x, y, width, height = corners
    box = shapely.box(x, y, x + width, y + height)
    assert (cover(box) == by_shapely(box)).all()


def test_two_neighbours_fill_their_common_cells():
    # a shared ragged border: what one leaves the other takes
    border = [(4.2, 0.0), (5.7, 2.3), (3.1, 4.9), (6.6, 7.7), (5.0, 9.0)]
    west = shapely.Polygon([(0, 0), *border, (0, 9)])
    east = shapely.Polygon([(13, 0), *border, (13, 9)])
    assert np.abs(cover(west) + cover(east) - 1.0).max() < SAME


def lambert():
    return Grid.covering("T", 115.4, 117.5, 39.4, 41.1, 3000.0)


def test_district_shares_close_inside_and_outside():
    grid = lambert()
    inside = star((116.4, 40.0), [0.3, 0.25, 0.35, 0.2, 0.28])
    across = shapely.box(115.0, 39.0, 116.0, 40.0)
    far = shapely.box(120.0, 30.0, 121.0, 31.0)
    covered, share = district_coverage({"a": inside, "b": across, "c": far}, grid)
    assert share[0] == pytest.approx(1.0, abs=SAME)
    assert 0.0 < share[1] < 1.0
    assert share[2] == 0.0
    assert covered[2].sum() == 0.0
    # the part inside, from shapely in the plane of the grid
    x, y = grid.project(*shapely.get_coordinates(across).T)
    plane = shapely.Polygon(np.column_stack([x, y]))
    part = plane.intersection(shapely.box(grid.x_edges[0], grid.y_edges[0], grid.x_edges[-1], grid.y_edges[-1]))
    assert share[1] == pytest.approx(part.area / plane.area, abs=SAME)


def test_ring_area_far_from_the_origin_keeps_its_digits():
    ring = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], dtype=float) + 1e8
    assert ring_area(ring) == 1.0


def test_polygon_that_overlaps_itself_is_named():
    twice = shapely.MultiPolygon([shapely.box(116, 40, 116.5, 40.5), shapely.box(116, 40, 116.5, 40.5)])
    flat = shapely.Polygon([(116, 40), (116.5, 40.5), (116.25, 40.25)])
    with pytest.raises(InputError) as caught:
        district_coverage({"110101": twice, "110102": flat}, lambert())
    first, second = caught.value.faults
    assert first.where == "district 110101"
    assert "overlaps itself" in first.what
    assert second.where == "district 110102"
    assert "no area" in second.what


def test_line_is_no_district():
    with pytest.raises(ValueError, match="not a LineString"):
        rings_of(shapely.LineString([(0, 0), (1, 1)]))


def test_cells_beyond_a_district_hold_nothing_of_it():
    """What rounding leaves along the rows east of a border is no coverage: maps and files stay empty there."""
    rng = np.random.default_rng(3)
    angle = np.sort(rng.uniform(0.0, 2 * np.pi, 400))
    radius = 0.3 + 0.05 * rng.uniform(size=400)
    shape = shapely.Polygon(np.column_stack([116.4 + radius * np.cos(angle), 40.0 + radius * np.sin(angle)]))
    grid = Grid.covering("WIDE", 115.5, 118.5, 39.2, 40.8, 3000.0)
    covered, inside = district_coverage({"a": shapely.MultiPolygon([shape])}, grid)
    lon, _ = grid.centres()
    assert (covered[0][lon > 116.4 + 0.42] == 0.0).all()
    assert inside[0] == pytest.approx(1.0, abs=1e-12)
