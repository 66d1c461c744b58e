"""Placing: points in their cells and districts, surrogates within districts, what lies outside, bad input."""

import numpy as np
import pandas as pd
import pytest
import shapely

from aqcore.errors import InputError
from aqcore.grid import Grid
from emissions.coverage import district_coverage
from emissions.placing import distance_km, place_sources
from emissions.regrid import Raster
from emissions.surrogates import Surrogate, WeightedPoints, read_weighted_points, spread_by

SAME = 1e-12
"""Of a district: sums of a few hundred shares."""

DISTANCE = 0.01
"""Relative: a tangent plane against the great circle within some tens of kilometres."""

WEST, EAST = "110101", "110102"
SHAPES = {WEST: shapely.box(116.0, 39.8, 116.4, 40.2), EAST: shapely.box(116.4, 39.8, 116.8, 40.2)}
CLASSES = {"road": "roads", "home": "population", "farm": "area", "plant": "industry"}


@pytest.fixture(scope="module")
def grid():
    return Grid.covering("T03", 116.0, 116.8, 39.8, 40.2, 3000.0)


@pytest.fixture(scope="module")
def western(grid):
    """Ends within the eastern district."""
    return grid.window("W03", 0, 0, int(grid.ncols * 0.7), grid.nrows)


def sources(*rows):
    table = pd.DataFrame(rows, columns=["kind", "district", "source_class", "name", "lon", "lat"])
    table.index = pd.Index([f"s{number}" for number in range(len(rows))], name="source_id")
    return table.assign(file="points.csv", row=np.arange(len(rows)) + 2.0)


def area(district, source_class):
    return "area", district, source_class, "", np.nan, np.nan


def point(district, lon, lat, name="示例厂"):
    return "point", district, "plant", name, lon, lat


def place(table, grid, surrogates=None, **options):
    return place_sources(
        table, CLASSES, SHAPES, district_coverage(SHAPES, grid), grid, surrogates=surrogates or {}, **options
    )


def test_every_source_is_placed_wholly_inside_or_outside(grid, western):
    table = sources(area(WEST, "road"), area(EAST, "farm"), point(EAST, 116.79, 40.0), point(WEST, 116.1, 39.9))
    for domain in (grid, western):
        placement = place(table, domain)
        inside = np.asarray(placement.per_source().sum(axis=1)).ravel()
        assert inside + placement.outside[placement.place] == pytest.approx(np.ones(4), abs=SAME)
    assert (place(table, grid).outside == 0.0).all()
    assert place(table, western).inside[2] == 0.0


def test_even_spread_follows_the_covered_part_of_each_cell(grid):
    placement = place(sources(area(WEST, "farm")), grid)
    covered = district_coverage({WEST: SHAPES[WEST]}, grid)[0][0]
    assert placement.weights.toarray().reshape(grid.shape) == pytest.approx(covered / covered.sum(), abs=SAME)


def test_sources_that_spread_alike_share_a_place(grid):
    placement = place(sources(area(WEST, "farm"), area(WEST, "farm"), area(WEST, "road"), area(EAST, "farm")), grid)
    assert placement.weights.shape[0] == 3
    assert placement.place[0] == placement.place[1]
    assert len(set(placement.place.tolist())) == 3


def test_report_says_what_was_used_and_why(grid):
    report = place(sources(area(WEST, "road"), area(WEST, "farm"), area(WEST, "unheard_of")), grid).report
    assert report.set_index("surrogate").used.to_dict() == {"roads": "area", "area": "area"}
    assert report.set_index("surrogate").why["roads"] == "no data for roads were given"
    assert report.sources.sum() == 3


# -------------------------------------------------------------------------------------------- points


def test_point_goes_to_its_cell(grid):
    placement = place(sources(point(WEST, 116.123, 39.95)), grid)
    row, column = grid.cell_of(116.123, 39.95)
    assert placement.weights.indices.tolist() == [row * grid.ncols + column]
    assert placement.weights.data.tolist() == [1.0]


def test_distance_by_hand():
    # 0.1 degree of longitude at 40 N on a sphere of 6370 km: 111.18 x cos(40) x 0.1 = 8.517 km
    assert distance_km(SHAPES[WEST], 116.5, 40.0) == pytest.approx(8.517, rel=DISTANCE)
    assert distance_km(SHAPES[WEST], 116.2, 40.0) == 0.0


def test_point_far_outside_its_district_is_named_with_its_distance(grid):
    table = sources(point(WEST, 116.5, 40.0, "甲厂"), point(EAST, 39.9, 116.5, "乙厂"), point(EAST, 116.5, 40.0))
    with pytest.raises(InputError) as caught:
        place(table, grid)
    first, second = (str(fault) for fault in caught.value.faults)
    assert first.startswith("points.csv:2: 甲厂 (116.5, 40) is 8.5 km outside its district 110101 (tolerance 2 km)")
    assert f"it lies in {EAST}" in first
    assert "points.csv:3" in second
    assert "in no district" in second
    assert "exchanged columns" in second


def test_tolerance_can_be_changed(grid):
    table = sources(point(WEST, 116.42, 40.0))
    assert place(table, grid, tolerance_km=2.0).inside.tolist() == [1.0]
    with pytest.raises(InputError, match="tolerance 1 km"):
        place(table, grid, tolerance_km=1.0)


def test_unknown_district_names_the_nearest(grid):
    with pytest.raises(InputError, match=r"district 110103 has no polygon \(2 sources.*did you mean"):
        place(sources(area("110103", "farm"), area("110103", "road")), grid)


# ---------------------------------------------------------------------------------------- surrogates


def test_points_with_weights_by_hand(grid):
    points = WeightedPoints(np.array([116.1, 116.1, 116.3, 116.6]), np.array([39.9, 39.9, 40.1, 40.0]),
                            np.array([1.0, 2.0, 1.0, 50.0]))  # fmt: skip
    spread = spread_by(points, SHAPES[WEST], grid)
    one, other = (row * grid.ncols + column for row, column in (grid.cell_of(116.1, 39.9), grid.cell_of(116.3, 40.1)))
    assert dict(zip(spread.cells.tolist(), spread.shares.tolist(), strict=True)) == {one: 0.75, other: 0.25}
    assert spread.outside == 0.0


def test_points_outside_the_grid_are_booked(western):
    points = WeightedPoints(np.array([116.45, 116.79]), np.array([40.0, 40.0]), np.array([3.0, 1.0]))
    assert spread_by(points, SHAPES[EAST], western).outside == 0.25


def raster(values):
    values = np.asarray(values, dtype=float)
    return Raster(np.linspace(115.5, 117.5, values.shape[1] + 1), np.linspace(39.5, 40.5, values.shape[0] + 1), values)


def test_even_raster_spreads_by_area(grid):
    # equal amounts in rows of equal latitude steps: denser to the north by 1/cos(lat), 1.2 % over the raster
    spread = spread_by(raster(np.ones((20, 40))), SHAPES[WEST], grid)
    even = place(sources(area(WEST, "farm")), grid).weights.toarray()[0]
    found = np.zeros(even.size)
    found[spread.cells] = spread.shares
    assert found.sum() == pytest.approx(1.0, abs=SAME)
    assert found[even > 0] / even[even > 0] == pytest.approx(np.ones((even > 0).sum()), rel=0.012)


def test_raster_in_one_corner_spreads_there_only(grid):
    values = np.zeros((20, 40))
    values[8, 12] = 5.0
    spread = spread_by(raster(values), SHAPES[WEST], grid)
    lon, lat = (axis.ravel()[spread.cells] for axis in grid.centres())
    assert np.abs(lon - 116.125).max() < 0.05
    assert np.abs(lat - 39.925).max() < 0.05
    assert spread.shares.sum() == pytest.approx(1.0, abs=SAME)


def test_raster_across_the_edge_of_the_grid_closes(grid, western):
    rng = np.random.default_rng(5)
    data = raster(rng.uniform(0, 10, (20, 40)))
    part, whole = spread_by(data, SHAPES[EAST], western), spread_by(data, SHAPES[EAST], grid)
    assert part.shares.sum() + part.outside == pytest.approx(1.0, abs=SAME)
    assert 0.1 < part.outside < 0.9
    column = whole.cells % grid.ncols
    assert part.shares.sum() == pytest.approx(whole.shares[column < western.ncols].sum(), abs=SAME)


def test_surrogates_reach_the_classes_that_ask_for_them(grid):
    homes = Surrogate(WeightedPoints(np.array([116.1]), np.array([39.9]), np.array([7.0])), source="census")
    placement = place(sources(area(WEST, "home"), area(WEST, "road")), grid, {"population": homes})
    assert (placement.weights[placement.place[0]] > 0).sum() == 1
    assert placement.report.set_index("surrogate").why.to_dict()["population"] == "census"


def test_surrogate_that_is_zero_where_it_is_needed_is_an_error(grid):
    homes = Surrogate(WeightedPoints(np.array([116.1]), np.array([39.9]), np.array([7.0])))
    table = sources(area(WEST, "home"), area(EAST, "home"))
    with pytest.raises(InputError, match=r"surrogate population: it is zero all over district 110102.*or_area"):
        place(table, grid, {"population": homes})
    allowed = place(table, grid, {"population": Surrogate(homes.data, or_area=True)})
    assert allowed.report.set_index("district").used.to_dict() == {WEST: "population", EAST: "area"}


def test_raster_that_does_not_cover_the_city_is_an_error(grid):
    small = Raster(np.array([116.0, 116.4]), np.array([39.8, 40.2]), np.ones((1, 1)))
    with pytest.raises(InputError, match="covers the whole city"):
        place(sources(area(EAST, "home")), grid, {"population": Surrogate(small)})


def test_points_file_with_all_its_faults(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("lon,lat,value\n116.1,39.9,5\nx,39.9,1\n116.1,99,1\n116.1,39.9,-3\n116.1,39.9,\n")
    with pytest.raises(InputError) as caught:
        read_weighted_points(path)
    assert [fault.where for fault in caught.value.faults] == [
        "people.csv:3:lon", "people.csv:4:lat", "people.csv:5:value", "people.csv:6:value",
    ]  # fmt: skip
    path.write_text("lon,lat\n1,2\n")
    with pytest.raises(InputError, match="missing column value"):
        read_weighted_points(path)


def test_points_file_is_read(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("﻿name,lon,lat,value\n甲,116.1,39.9,5\n乙,116.2,39.8,0\n", encoding="utf-8")
    points = read_weighted_points(path)
    assert points.lon.tolist() == [116.1, 116.2]
    assert points.value.tolist() == [5.0, 0.0]
