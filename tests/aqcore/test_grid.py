"""The grid: against real MCIP files, hand-worked numbers, and areas by another method."""

from dataclasses import replace
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import shapely
import xarray as xr

from aqcore.grid import Grid
from aqcore.ioapi_backend import grid_of
from aqcore.projection import EARTH_RADIUS_M, GridType, Projection

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
MCIP = SHARED / "mcip_openmethane"
needs_mcip = pytest.mark.skipif(not MCIP.exists(), reason="the shared folder with real MCIP output is not here")

PLACE_M = 6.0
"""WRF computes latitude and longitude in single precision: 4 to 5 m."""

MAP_FACTOR = 1e-6
"""Single precision of a number near 1; 7e-7 was measured."""

AREA = 1e-9
"""Quadrature of 3 x 3 points against cells with densely drawn edges."""

ROUND_TRIP_M = 1e-6
"""PROJ forward and inverse."""

METRES_PER_DEGREE = np.pi / 180 * EARTH_RADIUS_M

LAMBERT = Grid("BJ9", "LCC", 2, 25.0, 40.0, 116.0, 116.0, 40.0, -90e3, -81e3, 9e3, 9e3, 20, 18)
POLAR = Grid("NH", "POL", 6, 1.0, 45.0, -98.0, -98.0, 90.0, -3e6, -3e6, 108e3, 108e3, 56, 56)
MERCATOR = Grid("EQ", "MERC", 7, 20.0, 0.0, 113.0, 113.0, 0.0, -3e5, 2e6, 27e3, 27e3, 12, 9)
LATLON = Grid("LL", "LATLON", 1, 0, 0, 0, 0, 0, 110.0, 20.0, 0.25, 0.25, 12, 8)
ALL = (LAMBERT, POLAR, MERCATOR, LATLON)


@pytest.fixture(params=ALL, ids=lambda grid: grid.coordinate_name)
def grid(request: pytest.FixtureRequest) -> Grid:
    return request.param


def mcip(name: str) -> tuple[netCDF4.Dataset, Grid]:
    file = netCDF4.Dataset(MCIP / name)
    numbers = {k: float(getattr(file, k.upper())) for k in (
        "p_alp", "p_bet", "p_gam", "xcent", "ycent", "xorig", "yorig", "xcell", "ycell")}  # fmt: skip
    return file, Grid("au", "lcc", 2, **numbers, ncols=int(file.NCOLS), nrows=int(file.NROWS), nthik=1)


@needs_mcip
@pytest.mark.parametrize(("name", "lon", "lat"), [
    ("GRIDCRO2D_au-test_v1", "LON", "LAT"), ("GRIDDOT2D_au-test_v1", "LOND", "LATD"),
    ("GRIDBDY2D_au-test_v1", "LON", "LAT"),
])  # fmt: skip
def test_places_agree_with_real_mcip(name: str, lon: str, lat: str) -> None:
    file, grid = mcip(name)
    with file:
        expected = file[lon][0, 0].data, file[lat][0, 0].data
    found = grid.lonlat(*grid.perimeter()) if "BDY" in name else grid.centres()
    east = (found[0] - expected[0]) * np.cos(np.radians(expected[1]))
    assert np.hypot(east, found[1] - expected[1]).max() * METRES_PER_DEGREE < PLACE_M


@needs_mcip
def test_places_agree_with_another_real_mcip() -> None:
    """A domain of another country, MCIP version and standard parallels, read as users read it."""
    file = netCDF4.Dataset(SHARED / "mcip_guangdong" / "GRIDCRO2D_2000121_GuangDongD1")
    with file, xr.open_dataset(file.filepath(), engine="ioapi") as opened:
        lon, lat = grid_of(opened).centres()
        east = (lon - file["LON"][0, 0].data) * np.cos(np.radians(lat))
        assert np.hypot(east, lat - file["LAT"][0, 0].data).max() * METRES_PER_DEGREE < PLACE_M


@needs_mcip
def test_map_factor_agrees_with_real_mcip() -> None:
    file, grid = mcip("GRIDCRO2D_au-test_v1")
    with file:
        assert np.abs(grid.map_factor() ** 2 - file["MSFX2"][0, 0].data).max() < MAP_FACTOR


@needs_mcip
def test_dot_grid_is_that_of_real_mcip() -> None:
    cross, dots = mcip("GRIDCRO2D_au-test_v1"), mcip("GRIDDOT2D_au-test_v1")
    cross[0].close()
    dots[0].close()
    assert cross[1].dot().differences(dots[1]) == []
    assert cross[1].differences(dots[1]) == [
        "NCOLS 10 against 11", "NROWS 10 against 11",
        "XORIG 1480000.375 against 1475000.375", "YORIG 314369.5 against 309369.5",
    ]  # fmt: skip


def test_project_and_lonlat_are_inverse(grid: Grid) -> None:
    lon, lat = grid.centres()
    x, y = grid.project(lon, lat)
    assert np.abs(x - grid.x).max() < ROUND_TRIP_M
    assert np.abs(y - grid.y[:, None]).max() < ROUND_TRIP_M


def test_origin_lies_at_xcent_ycent(grid: Grid) -> None:
    if grid.gdtyp != GridType.LAT_LON:
        assert np.abs(grid.project(grid.xcent, grid.ycent)).max() < ROUND_TRIP_M


@pytest.mark.parametrize("base", [LAMBERT, POLAR, MERCATOR], ids=lambda grid: grid.coordinate_name)
def test_origin_follows_xcent_ycent_away_from_the_natural_one(base: Grid) -> None:
    shifted = replace(base, xcent=base.p_gam + 5.0, ycent=33.0)
    assert np.abs(shifted.project(base.p_gam + 5.0, 33.0)).max() < ROUND_TRIP_M
    assert np.abs(base.project(base.p_gam + 5.0, 33.0)).max() > 1e5


def test_edges_and_centres() -> None:
    grid = replace(LAMBERT, ncols=2, nrows=1)
    assert grid.x_edges.tolist() == [-90e3, -81e3, -72e3]
    assert grid.y_edges.tolist() == [-81e3, -72e3]
    assert grid.x.tolist() == [-85.5e3, -76.5e3]
    assert grid.y.tolist() == [-76.5e3]
    assert grid.shape == (1, 2)
    assert grid.corners()[0].shape == (2, 3)


def test_mercator_by_hand() -> None:
    """x = R cos(20 deg) dlon: one degree east of the central meridian."""
    x, y = MERCATOR.project(114.0, 0.0)
    assert x == pytest.approx(METRES_PER_DEGREE * np.cos(np.radians(20.0)), rel=1e-9)
    assert y == pytest.approx(0.0, abs=1e-6)


def test_polar_by_hand() -> None:
    """r = R (1 + sin 45) tan((90 - lat) / 2), straight down along the central meridian."""
    x, y = POLAR.project(-98.0, 60.0)
    assert x == pytest.approx(0.0, abs=1e-6)
    assert y == pytest.approx(-EARTH_RADIUS_M * (1 + np.sin(np.pi / 4)) * np.tan(np.radians(15.0)), rel=1e-9)


def test_south_polar_lies_at_the_south_pole() -> None:
    south = Projection(GridType.POLAR, -1.0, -60.0, 0.0, 0.0, -90.0)
    assert np.abs(south.project(0.0, -90.0)).max() < ROUND_TRIP_M
    assert south.map_factor(-60.0) == pytest.approx(1.0)
    assert south.map_factor(-90.0) == pytest.approx((1 + np.sin(np.radians(60.0))) / 2)


@pytest.mark.parametrize(("projection", "latitudes"), [
    (LAMBERT.projection, (25.0, 40.0)), (POLAR.projection, (45.0,)), (MERCATOR.projection, (20.0, -20.0)),
    (Projection(GridType.LAMBERT, 30.0, 30.0, 110.0, 110.0, 30.0), (30.0,)),
], ids=["lambert", "polar", "mercator", "tangent"])  # fmt: skip
def test_map_factor_is_one_at_the_true_latitudes(projection: Projection, latitudes: tuple[float, ...]) -> None:
    assert projection.map_factor(np.array(latitudes)) == pytest.approx(np.ones(len(latitudes)), abs=1e-12)


@pytest.mark.parametrize("base", [LAMBERT, POLAR, MERCATOR], ids=lambda grid: grid.coordinate_name)
def test_map_factor_is_map_distance_over_true_distance(base: Grid) -> None:
    """Against PROJ's own numerical scale, at the grid's middle."""
    lon, lat = base.lonlat(base.x.mean(), base.y.mean())
    import pyproj

    scale = pyproj.Proj(base.crs).get_factors(float(lon), float(lat)).meridional_scale
    assert float(base.projection.map_factor(lat)) == pytest.approx(scale, rel=1e-7)


def test_cell_area_against_drawn_cells(grid: Grid) -> None:
    """In the (longitude, sin latitude) plane every area is true: draw one cell with 400 points a side there."""
    row, column = grid.nrows // 3, grid.ncols // 2
    t = np.linspace(0.0, 1.0, 401)
    x0, x1 = grid.x_edges[column], grid.x_edges[column + 1]
    y0, y1 = grid.y_edges[row], grid.y_edges[row + 1]
    x = np.concatenate([x0 + t * (x1 - x0), np.full_like(t, x1), x1 + t * (x0 - x1), np.full_like(t, x0)])
    y = np.concatenate([np.full_like(t, y0), y0 + t * (y1 - y0), np.full_like(t, y1), y1 + t * (y0 - y1)])
    lon, lat = grid.lonlat(x, y)
    drawn = shapely.Polygon(np.column_stack([np.radians(lon), np.sin(np.radians(lat))])).area * EARTH_RADIUS_M**2
    # a chord of 1/400 of an edge cuts the bow by 1/400^2 of it
    assert grid.cell_area()[row, column] == pytest.approx(drawn, rel=max(AREA, 1e-7))


def test_areas_of_the_whole_earth_close() -> None:
    earth = Grid("E", "LL", 1, 0, 0, 0, 0, 0, -180.0, -90.0, 4.0, 2.0, 90, 90)
    assert earth.cell_area().sum() == pytest.approx(4 * np.pi * EARTH_RADIUS_M**2, rel=1e-12)


def test_area_does_not_depend_on_the_cells() -> None:
    fine = replace(POLAR, xcell=54e3, ycell=54e3, ncols=112, nrows=112)
    # degree-5 quadrature of a smooth field over 108 km cells
    assert POLAR.cell_area().sum() == pytest.approx(fine.cell_area().sum(), rel=1e-8)


def test_cell_of_finds_each_centre_and_nothing_outside(grid: Grid) -> None:
    rows, columns = np.indices(grid.shape)
    found_row, found_column = grid.cell_of(*grid.centres())
    assert (found_row == rows).all()
    assert (found_column == columns).all()
    outside = grid.lonlat(grid.x_edges[-1] + grid.xcell / 10, grid.y[0])
    assert [int(i) for i in grid.cell_of(*outside)] == [-1, -1]


def test_cell_of_a_place_that_the_map_cannot_show() -> None:
    assert [int(i) for i in LAMBERT.cell_of(116.0, -90.0)] == [-1, -1]


def test_perimeter_order_of_a_grid_of_two_by_one() -> None:
    """South, east, north, west; hand-drawn, cell (column, row) counted from the first inner one."""
    x, y = replace(LAMBERT, ncols=2, nrows=1).perimeter()
    cells = [(round((a + 90e3) / 9e3 - 0.5), round((b + 81e3) / 9e3 - 0.5)) for a, b in zip(x, y, strict=True)]
    assert cells == [(0, -1), (1, -1), (2, -1), (2, 0), (2, 1), (-1, 1), (0, 1), (1, 1), (-1, -1), (-1, 0)]


@pytest.mark.parametrize("nthik", [1, 2, 3])
def test_perimeter_has_every_outer_cell_once(nthik: int) -> None:
    grid = replace(LAMBERT, nthik=nthik)
    x, y = grid.perimeter()
    assert len(x) == 2 * nthik * (grid.ncols + grid.nrows + 2 * nthik)
    assert len(set(zip(x.tolist(), y.tolist(), strict=True))) == len(x)
    inside = (x > grid.x_edges[0]) & (x < grid.x_edges[-1]) & (y > grid.y_edges[0]) & (y < grid.y_edges[-1])
    assert not inside.any()


def test_window_keeps_places() -> None:
    window = LAMBERT.window("IN", 3, 5, 4, 6)
    assert window.x.tolist() == LAMBERT.x[3:7].tolist()
    assert window.y.tolist() == LAMBERT.y[5:11].tolist()
    assert window.differences(replace(window, name="other")) == []


@pytest.mark.parametrize("box", [(-1, 0, 2, 2), (18, 0, 3, 2), (0, 17, 2, 2)])
def test_window_beyond_the_grid_is_refused(box: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="reach beyond grid BJ9"):
        LAMBERT.window("IN", *box)


def test_differences_forgive_single_precision() -> None:
    told = replace(LAMBERT, p_gam=133.302, xcent=133.302, xorig=1480000.375)
    stored = replace(told, p_gam=133.302001953125, xcent=133.302001953125, xorig=1480000.5)
    assert told.differences(stored) == []


@pytest.mark.parametrize(("change", "text"), [
    ({"p_alp": 26.0}, "P_ALP 25 against 26"), ({"xorig": -89.4e3}, "XORIG -90000 against -89400"),
    ({"gdtyp": 7}, "GDTYP 2 against 7"), ({"ncols": 21}, "NCOLS 20 against 21"),
    ({"xcell": 9.01e3}, "XCELL 9000 against 9010"),
])  # fmt: skip
def test_differences_are_named(change: dict[str, float], text: str) -> None:
    assert LAMBERT.differences(replace(LAMBERT, **change)) == [text]


def test_half_a_cell_at_one_kilometre_far_from_the_origin_is_seen() -> None:
    fine = replace(LAMBERT, xorig=2e6, xcell=1e3, ycell=1e3)
    assert fine.differences(replace(fine, xorig=2e6 + 500)) == ["XORIG 2000000 against 2000500"]


def test_covering_holds_the_box_and_nests() -> None:
    box = (115.3, 117.6, 39.3, 41.2)
    grid = Grid.covering("BJ3", *box, 3000.0)
    corner_lon, corner_lat = np.meshgrid(np.linspace(*box[:2], 30), np.linspace(*box[2:], 30))
    rows, columns = grid.cell_of(corner_lon, corner_lat)
    assert rows.min() >= 1
    assert columns.min() >= 1
    assert rows.max() <= grid.nrows - 2
    assert columns.max() <= grid.ncols - 2
    assert grid.xorig % 3000.0 == 0.0
    assert (grid.p_gam, grid.ycent, grid.gdtyp) == (116.0, 40.0, 2)
    assert len(grid.coordinate_name) <= 16


def test_covering_is_the_smallest() -> None:
    tight = Grid.covering("BJ3", 115.3, 117.6, 39.3, 41.2, 3000.0, margin=0)
    wide = Grid.covering("BJ3", 115.3, 117.6, 39.3, 41.2, 3000.0, margin=2)
    assert (wide.ncols, wide.nrows) == (tight.ncols + 4, tight.nrows + 4)
    lon, lat = np.meshgrid(np.linspace(115.3, 117.6, 400), np.linspace(39.3, 41.2, 400))
    rows, columns = tight.cell_of(lon, lat)
    assert (rows.min(), columns.min()) == (0, 0)
    assert (rows.max(), columns.max()) == (tight.nrows - 1, tight.ncols - 1)


@pytest.mark.parametrize("change", [{"gdtyp": 5}, {"ncols": 0}, {"xcell": -1.0}])
def test_impossible_grids_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="grid BJ9"):
        replace(LAMBERT, **change)
