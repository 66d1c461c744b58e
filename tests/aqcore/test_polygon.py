"""Areas on the sphere and rings: hand-worked zones, shapely as the other code."""

import numpy as np
import pytest
import shapely

from aqcore.polygon import AUTHALIC_RADIUS_M, Polygon, closed_ring, polygons_of_rings, signed_area_m2, to_shapely

EXACT = 1e-12  # the shoelace formula is exact in the plane; only rounding is left
EARTH_KM2 = 510_065_622.0  # surface of the WGS84 ellipsoid, km2 (its authalic sphere has the same)


def box(west: float, south: float, east: float, north: float) -> np.ndarray:
    return closed_ring([(west, south), (east, south), (east, north), (west, north)])


def test_area_of_a_zone_is_that_of_archimedes() -> None:
    # a lon-lat box has R^2 dlon (sin north - sin south)
    expected = AUTHALIC_RADIUS_M**2 * np.radians(2.0) * (np.sin(np.radians(41.0)) - np.sin(np.radians(39.5)))
    assert signed_area_m2(box(115.0, 39.5, 117.0, 41.0)) == pytest.approx(expected, rel=1e-11)


def test_area_of_the_whole_globe() -> None:
    assert signed_area_m2(box(-180.0, -90.0, 180.0, 90.0)) / 1e6 == pytest.approx(EARTH_KM2, rel=1e-7)


def test_orientation_gives_the_sign() -> None:
    ring = box(115.0, 39.0, 116.0, 40.0)
    assert signed_area_m2(ring) > 0.0
    assert signed_area_m2(ring[::-1]) == pytest.approx(-signed_area_m2(ring), rel=EXACT)


def test_area_agrees_with_shapely_in_the_equal_area_plane() -> None:
    rng = np.random.default_rng(7)
    angle = np.sort(rng.uniform(0.0, 2 * np.pi, 40))
    radius = rng.uniform(0.2, 0.9, 40)
    ring = closed_ring(np.column_stack([116.0 + radius * np.cos(angle), 40.0 + radius * np.sin(angle)]))
    plane = shapely.Polygon(np.column_stack([np.radians(ring[:, 0]), np.sin(np.radians(ring[:, 1]))]))
    assert abs(signed_area_m2(ring)) == pytest.approx(plane.area * AUTHALIC_RADIUS_M**2, rel=1e-9)


def test_holes_are_taken_off() -> None:
    whole, hole = box(115.0, 39.0, 117.0, 41.0), box(115.5, 39.5, 116.0, 40.0)
    area = Polygon(whole, (hole,)).area_m2()
    assert area == pytest.approx(signed_area_m2(whole) - signed_area_m2(hole), rel=EXACT)
    assert not shapely.contains_xy(to_shapely([Polygon(whole, (hole,))]), 115.7, 39.7)


def test_moving_moves_every_ring() -> None:
    polygon = Polygon(box(115.0, 39.0, 117.0, 41.0), (box(115.5, 39.5, 116.0, 40.0),))
    moved = polygon.moved(lambda lon, lat: (np.asarray(lon) + 1.0, np.asarray(lat)))
    assert moved.exterior[0].tolist() == [116.0, 39.0]
    assert moved.holes[0][0].tolist() == [116.5, 39.5]


def test_a_ring_is_closed_once() -> None:
    open_ring = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)]
    assert closed_ring(open_ring).tolist() == closed_ring([*open_ring, open_ring[0]]).tolist()
    assert closed_ring([(0.0, 0.0, 5.0), (1.0, 0.0, 5.0), (1.0, 1.0, 5.0)]).shape == (4, 2)


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ([(0.0, 0.0), (1.0, 0.0)], "three corners"),
        ([], "pairs"),
        ([(0.0, 0.0), (1.0, 0.0), (float("nan"), 1.0)], "not degrees"),
        ([(440000.0, 4400000.0), (441000.0, 4400000.0), (441000.0, 4401000.0)], "not degrees"),
    ],
)
def test_refuses_what_is_no_ring(points: list[tuple[float, float]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        closed_ring(points)


def test_rings_are_sorted_into_polygons() -> None:
    outer, inner = box(0.0, 0.0, 10.0, 10.0)[::-1], box(2.0, 2.0, 8.0, 8.0)
    island, lake = box(4.0, 4.0, 6.0, 6.0)[::-1], box(4.5, 4.5, 5.0, 5.0)
    polygons = polygons_of_rings([lake, inner, outer, island])
    assert [len(polygon.holes) for polygon in polygons] == [1, 1]
    assert polygons[0].holes[0] is inner
    assert polygons[1].holes[0] is lake


def test_a_lone_ring_of_wrong_orientation_is_an_outer_ring() -> None:
    (polygon,) = polygons_of_rings([box(0.0, 0.0, 1.0, 1.0)])
    assert polygon.holes == ()
    assert polygon.area_m2() > 0.0
