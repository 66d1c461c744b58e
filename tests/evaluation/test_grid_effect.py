"""Gridded runs at stations, in districts and as maps, on synthetic fields whose answer is known."""

import tracemalloc

import dask.array as da
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from aqcore.errors import InputError
from aqcore.grid import Grid
from evaluation.change_maps import change_maps
from evaluation.effect import COLUMNS, DailyPair, control_effect, effect_of_pair
from evaluation.grid_effect import on_days, patch_radius, site_cells, site_pair, zone_pair
from evaluation.hj663 import percentile
from evaluation.modelled_period import Runs, daily_blocks, hours_of, period_days, whole_days

STATE = 298.15
SINGLE = 3e-6  # hourly values and kept days are single precision
ROWS, COLUMNS_X = 6, 7
MEMORY_SHARE = 0.4  # of the hours of one run: blocks, chunks in flight and the kernels' own arrays


def grid(cell_m: float = 3000.0) -> Grid:
    return Grid.covering("TEST", 116.0, 116.1, 39.9, 40.0, cell_m, p_alp=25.0, p_bet=40.0, xcent=116.0, ycent=40.0)


def run(days: int = 4, factor: float = 1.0, *, seed: int = 1, start: str = "2016-12-29T00") -> xr.Dataset:
    """Hours in UTC from 00: the first and last local day are parts. `factor` acts on the western half of the grid."""
    hours = 24 * days
    generator = np.random.default_rng(seed)
    cut = np.where(np.arange(COLUMNS_X) < COLUMNS_X // 2, factor, 1.0)
    pm = generator.lognormal(4.0, 0.4, (hours, ROWS, COLUMNS_X)) * cut
    o3 = generator.uniform(10.0, 90.0, (hours, ROWS, COLUMNS_X)) * cut
    times = np.datetime64(start, "ns") + np.arange(hours).astype("timedelta64[h]")
    fields = {"PM25": (pm, "ug m-3"), "O3": (o3, "ppb")}
    return xr.Dataset(
        {
            name: (("time", "y", "x"), values.astype(np.float32), {"units": unit})
            for name, (values, unit) in fields.items()
        },
        coords={"time": times, "y": np.arange(ROWS) * 3000.0, "x": np.arange(COLUMNS_X) * 3000.0, "crs": 0},
    ).assign_coords(time_bounds=(("time", "bounds"), np.zeros((hours, 2))))


def cells(*places: tuple[int, int]) -> pd.DataFrame:
    return pd.DataFrame(places, columns=["row", "col"], index=[f"{number}A" for number in range(len(places))])


def at_cell(data: xr.Dataset, row: int, column: int) -> xr.Dataset:
    return (
        data.isel(y=[row], x=column).drop_vars(["x", "crs", "time_bounds"]).rename(y="zone").assign_coords(zone=["0A"])
    )


def test_a_run_in_utc_ends_with_parts_of_days() -> None:
    base = run()
    assert [str(day) for day in whole_days(base["time"].to_numpy())] == ["2016-12-30", "2016-12-31", "2017-01-01"]
    table = period_days(base["time"].to_numpy())
    assert table["season"].tolist() == ["winter"] * 3
    assert table["weight"].sum() == pytest.approx(181.0)
    assert hours_of(base["time"].to_numpy(), table) == slice(16, 88)
    apart = table.iloc[[0, 2]]
    assert np.asarray(hours_of(base["time"].to_numpy(), apart)).tolist() == [*range(16, 40), *range(64, 88)]
    with pytest.raises(InputError, match="no whole local day"):
        period_days(base["time"].to_numpy()[:30])


def test_a_station_s_own_cell_gives_what_the_box_gives() -> None:
    """A radius of 0 is the single cell: the same table as its hours as a zone."""
    base, control = run(), run(factor=0.7)
    days = period_days(base["time"].to_numpy())
    pair = site_pair(base, control, days, cells((2, 1)), radius=0, reference_state_K=STATE)
    found = effect_of_pair(pair, "s").table
    hours = hours_of(base["time"].to_numpy(), days)
    zoned = [at_cell(data.isel(time=hours), 2, 1) for data in (base, control)]
    pd.testing.assert_frame_equal(found, control_effect(*zoned, days, scenario="s", reference_state_K=STATE).table)
    assert tuple(found.columns) == COLUMNS
    assert set(found["zone"]) == {"0A", "city"}


def test_lazy_runs_in_any_chunks_give_the_same() -> None:
    base, control = run(), run(factor=0.7)
    days = period_days(base["time"].to_numpy())
    options = {"radius": 1, "reference_state_K": STATE}
    eager = site_pair(base, control, days, cells((2, 1), (0, 6)), **options)
    for chunks in ({"time": 24}, {"time": 7, "x": 3}):
        lazy = site_pair(base.chunk(chunks), control.chunk(chunks), days, cells((2, 1), (0, 6)), **options)
        xr.testing.assert_allclose(lazy.base, eager.base, rtol=SINGLE)
        xr.testing.assert_allclose(lazy.control, eager.control, rtol=SINGLE)


def test_around_a_station_means_of_days_and_the_cell_of_highest_ozone() -> None:
    base, control = run(), run(factor=0.5, seed=5)
    days = period_days(base["time"].to_numpy())
    pair = site_pair(base, control, days, cells((2, 2)), radius=1, reference_state_K=STATE)
    single = [
        site_pair(base, control, days, cells((row, col)), radius=0, reference_state_K=STATE)
        for row in (1, 2, 3)
        for col in (1, 2, 3)
    ]
    stacked = [
        xr.concat([run.sel(zone="city") for run in runs], "cell")
        for runs in ([its.base for its in single], [its.control for its in single])
    ]
    np.testing.assert_allclose(pair.base["PM25"].sel(zone="0A"), stacked[0]["PM25"].mean("cell"), rtol=SINGLE)
    top = stacked[0]["O3_MDA8"].argmax("cell")
    np.testing.assert_allclose(pair.base["O3_MDA8"].sel(zone="0A"), stacked[0]["O3_MDA8"].max("cell"), rtol=SINGLE)
    np.testing.assert_allclose(
        pair.control["O3_MDA8"].sel(zone="0A"), stacked[1]["O3_MDA8"].isel(cell=top), rtol=SINGLE
    )
    assert pair.base["PM25"].attrs["units"] == "ug m-3"


def test_cells_beyond_the_edge_do_not_count() -> None:
    base = run()
    days = period_days(base["time"].to_numpy())
    corner = site_pair(base, base, days, cells((0, 0)), radius=1, reference_state_K=STATE)
    inside = site_pair(base, base, days, cells((0, 0), (0, 1), (1, 0), (1, 1)), radius=0, reference_state_K=STATE)
    np.testing.assert_allclose(corner.base["PM25"].sel(zone="0A"), inside.base["PM25"].sel(zone="city"), rtol=SINGLE)


def test_control_sites_do_not_count_in_the_city() -> None:
    base = run()
    days = period_days(base["time"].to_numpy())
    weights = {"0A": 1.0, "1A": 0.0}
    pair = site_pair(base, base, days, cells((0, 0), (5, 5)), radius=0, reference_state_K=STATE, zone_weights=weights)
    np.testing.assert_array_equal(pair.base["PM25"].sel(zone="city"), pair.base["PM25"].sel(zone="0A"))
    assert pair.members() == {"0A": 1.0}


def test_districts_are_means_over_their_cells() -> None:
    base, control = run(), run(factor=0.5)
    days = period_days(base["time"].to_numpy())
    share = np.zeros((2, ROWS, COLUMNS_X))
    share[0, 1, 1], share[0, 1, 2], share[1, :, 5] = 1.0, 0.5, 1.0
    mask = xr.DataArray(share, dims=("zone", "y", "x"), coords={"zone": ["110101", "110102"]})
    pair = zone_pair(base, control, days, mask, reference_state_K=STATE)
    ones = site_pair(base, control, days, cells((1, 1), (1, 2)), radius=0, reference_state_K=STATE)
    expected = (ones.base["PM25"].sel(zone="0A") + 0.5 * ones.base["PM25"].sel(zone="1A")) / 1.5
    np.testing.assert_allclose(pair.base["PM25"].sel(zone="110101"), expected, rtol=SINGLE)
    table = effect_of_pair(pair, "s").table.set_index(["season", "zone", "pollutant", "statistic"])
    assert table.loc[("winter", "110101", "PM25", "mean"), "change_pct"] == pytest.approx(-50.0, rel=1e-4)
    assert table.loc[("winter", "110102", "PM25", "mean"), "change"] == pytest.approx(0.0, abs=1e-4)
    with pytest.raises(InputError, match="zone 110102: has no cell"):
        zone_pair(base, control, days, mask.where(mask["zone"] == "110101"), reference_state_K=STATE)


def daily(pair: DailyPair) -> tuple[np.ndarray, np.ndarray]:
    return pair.base["O3_MDA8"].sel(zone="0A").to_numpy(), pair.control["O3_MDA8"].sel(zone="0A").to_numpy()


@pytest.mark.parametrize("chunks", [None, {"time": 24}, {"time": 30, "y": 2}])
def test_maps_of_change_equal_the_statistics_of_each_cell(chunks: dict[str, int] | None) -> None:
    base, control = run(12, start="2016-04-24T00"), run(12, 0.6, seed=9, start="2016-04-24T00")
    days = period_days(base["time"].to_numpy())
    assert days["weight"].nunique() == 2  # the period crosses from the cold to the warm season
    runs = [data if chunks is None else data.chunk(chunks) for data in (base, control)]
    maps = change_maps(*runs, days, ["PM25_mean", "O3_MDA8_p90"], reference_state_K=STATE, block_days=5)
    assert maps["change"].dims == ("statistic", "y", "x")
    for row, col in ((0, 0), (3, 2), (5, 6)):
        pair = site_pair(base, control, days, cells((row, col)), radius=0, reference_state_K=STATE)
        before, after = (percentile(values, 90.0, days["weight"]) for values in daily(pair))
        here = maps.isel(y=row, x=col).sel(statistic="O3_MDA8_p90")
        assert float(here["base"]) == pytest.approx(before, rel=1e-5)
        assert float(here["change"]) == pytest.approx(after - before, rel=1e-4)
        mean = np.average(pair.base["PM25"].sel(zone="0A"), weights=days["weight"])
        assert float(maps["base"].isel(y=row, x=col).sel(statistic="PM25_mean")) == pytest.approx(mean, rel=1e-5)
    assert maps["unit"].to_numpy().tolist() == ["ug/m3", "ug/m3"]
    np.testing.assert_array_equal(maps["x"], base["x"])


def test_no_change_is_zero_everywhere() -> None:
    base = run()
    maps = change_maps(base, base.copy(), period_days(base["time"].to_numpy()), ["PM25_p95"], reference_state_K=STATE)
    assert (maps["change"] == 0).all()
    assert (maps["change_pct"] == 0).all()


def synthetic_year(days: int, side: int, factor: float) -> xr.Dataset:
    """Hours that exist only while a chunk is computed."""
    shape, chunks = (24 * days, side, side), (24, side, side)
    field = da.random.default_rng(1).normal(60.0, 20.0, shape, chunks=chunks).astype(np.float32) * np.float32(factor)
    times = np.datetime64("2015-12-31T16", "ns") + np.arange(24 * days).astype("timedelta64[h]")
    coords = {"time": times, "y": np.arange(side), "x": np.arange(side)}
    return xr.Dataset({"O3": (("time", "y", "x"), field, {"units": "ppb"})}, coords=coords)


def test_memory_does_not_grow_with_the_period() -> None:
    """A season on 60 x 60 cells (synthetic): the peak stays far below the hours of one run, however long it is."""
    peak_of_maps(20)  # the first call also loads modules
    short, long = peak_of_maps(60), peak_of_maps(180)
    assert long < MEMORY_SHARE * 180 * 24 * 60 * 60 * 4
    assert long < 1.6 * short  # three times the days; only the highest tenth of them is kept


def peak_of_maps(days: int) -> int:
    """Return the peak of memory (bytes) of a map of MDA8-P90 over so many days."""
    base, control = (synthetic_year(days, 60, factor) for factor in (1.0, 0.9))
    table = period_days(base["time"].to_numpy())
    tracemalloc.start()
    change_maps(base, control, table, ["O3_MDA8_p90"], reference_state_K=STATE, block_days=10)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_blocks_cover_every_day_once() -> None:
    base = run(12)
    daily_values = on_days(base, period_days(base["time"].to_numpy()), STATE)
    places = [block for block, _ in daily_blocks(Runs(daily_values, daily_values), block_days=5)]
    assert [(block.start, block.stop) for block in places] == [(0, 5), (5, 10), (10, 11)]


def test_stations_on_the_grid() -> None:
    fine = grid()
    lon, lat = fine.lonlat(fine.x[2] + 100.0, fine.y[3] - 200.0)
    table = site_cells(pd.DataFrame({"lon": [float(lon)], "lat": [float(lat)]}, index=["1001A"]), fine)
    assert table.loc["1001A"].tolist() == [3, 2]
    far = pd.DataFrame({"lon": [0.0, 10.0], "lat": [50.0, 50.0]}, index=["x", "y"])
    with pytest.raises(InputError) as error:
        site_cells(far, fine)
    assert [fault.where for fault in error.value.faults] == ["site x", "site y"]


def test_fine_grids_look_around_the_station() -> None:
    assert patch_radius(grid(3000.0)) == 1
    assert patch_radius(grid(4000.0)) == 1
    assert patch_radius(grid(9000.0)) == 0


def test_what_does_not_fit_is_named() -> None:
    base = run()
    days = period_days(base["time"].to_numpy())
    with pytest.raises(InputError, match="coordinate x"):
        change_maps(base, base.isel(x=slice(1, None)), days, reference_state_K=STATE, names=["PM25_mean"])
    with pytest.raises(InputError, match="day 2017-01-01: has no season"):
        change_maps(base, base, days.iloc[:2], ["PM25_mean"], reference_state_K=STATE)
    with pytest.raises(InputError, match="not in the outputs with all its hours"):
        change_maps(
            base.isel(time=slice(20, None)),
            base.isel(time=slice(20, None)),
            days,
            ["PM25_mean"],
            reference_state_K=STATE,
        )
    with pytest.raises(InputError) as error:
        change_maps(base, base, days, ["NO2_mean", "SO2_mean"], reference_state_K=STATE)
    assert [fault.where for fault in error.value.faults] == ["NO2_mean", "SO2_mean"]
    with pytest.raises(InputError, match="unknown statistic"):
        change_maps(base, base, days, ["PM2.5"], reference_state_K=STATE)
