"""MDA8 and other daily values of arrays: blocks, chunks and gaps change nothing; a definition apart does."""

import dask.array as da
import numpy as np
import pytest
import xarray as xr

from evaluation import days
from evaluation.days import daily_maximum, daily_mean, over_days
from evaluation.mda8 import mda8

EXACT = 1e-12  # sums of 8 doubles in another order


def hourly(
    n: int = 24 * 9, start: str = "2016-07-01T00:00", shape: tuple[int, ...] = (3, 4), holes: float = 0.05
) -> xr.DataArray:
    generator = np.random.default_rng(5)
    values = generator.uniform(0.0, 250.0, (n, *shape))
    values[generator.uniform(size=values.shape) < holes] = np.nan
    times = np.datetime64(start, "ns") + np.arange(n).astype("timedelta64[h]")
    dims = ("time", "y", "x")[: values.ndim]
    return xr.DataArray(values, dims=dims, coords={"time": times}, name="O3", attrs={"units": "ug m-3"})


def by_definition(values: np.ndarray) -> float:
    """One day of 24 start hours, written as HJ 663 says it: labels 8..24, 6 of 8 hours, 14 windows or above 160."""
    means = []
    for end in range(8, 25):
        window = values[end - 8 : end]
        window = window[np.isfinite(window)]
        if len(window) >= 6:
            means.append(window.mean())
    return max(means) if means and (len(means) >= 14 or max(means) > 160) else np.nan


def test_against_the_definition_written_out() -> None:
    data = hourly(holes=0.25)
    result = mda8(data)
    local = data.assign_coords(time=data["time"] + np.timedelta64(8, "h"))
    for day in result["day"].to_numpy()[1:-1]:
        hours = local.sel(time=slice(day, day + np.timedelta64(23, "h")))
        expected = np.array([[by_definition(hours.to_numpy()[:, i, j]) for j in range(4)] for i in range(3)])
        np.testing.assert_allclose(result.sel(day=day), expected, rtol=EXACT)


def test_local_days_of_a_utc_record() -> None:
    result = mda8(hourly())
    assert result["day"].dt.strftime("%Y-%m-%d").to_numpy().tolist()[:2] == ["2016-07-01", "2016-07-02"]
    assert result.sizes["day"] == 10  # nine days of UTC touch ten local ones
    assert result.dims == ("day", "y", "x")
    assert result.attrs["units"] == "ug m-3"


@pytest.mark.parametrize("chunk", [7, 24, 100, 24 * 9])
def test_chunks_change_nothing_and_stay_lazy(chunk: int) -> None:
    data = hourly()
    lazy = mda8(data.chunk(time=chunk))
    assert isinstance(lazy.data, da.Array)
    np.testing.assert_array_equal(lazy.compute(), mda8(data))


def test_blocks_of_days_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = mda8(hourly())
    monkeypatch.setattr(days, "BLOCK_BYTES", 1)
    np.testing.assert_array_equal(mda8(hourly()), whole)


def test_days_that_do_not_adjoin() -> None:
    """The box model's outputs: the 24 local hours of days far apart, in any order."""
    data = hourly(24 * 6, "2016-06-30T16:00")
    picked = xr.concat([data.isel(time=slice(96, 120)), data.isel(time=slice(24, 48))], dim="time")
    result = mda8(picked)
    assert result["day"].dt.day.to_numpy().tolist() == [2, 5]
    for day in result["day"].to_numpy():
        np.testing.assert_array_equal(result.sel(day=day), mda8(data).sel(day=day))
    np.testing.assert_array_equal(mda8(picked.chunk(time=10)).compute(), result)


def test_other_dimensions_may_come_first() -> None:
    data = hourly()
    np.testing.assert_array_equal(mda8(data.transpose("x", "time", "y")).transpose("day", "y", "x"), mda8(data))


def test_single_precision_keeps_the_kernel_double() -> None:
    data = hourly(holes=0.0)
    single = mda8(data.astype(np.float32))
    assert single.dtype == np.float64
    np.testing.assert_allclose(single, mda8(data), rtol=1e-6)  # the inputs themselves are rounded to 6e-8


def test_the_naive_running_mean_is_not_mda8() -> None:
    """A backward mean over all labels takes the evening before: after a polluted evening it is far too high."""
    data = hourly(48, "2016-07-01T16:00", (), holes=0.0)
    data[:] = 40.0
    data[16:24] = 200.0
    naive = data.rolling(time=8).mean()[24:].max()
    assert float(naive) == pytest.approx(180.0)
    assert mda8(data).to_numpy().tolist() == [200.0, 40.0]


def test_daily_mean_and_maximum() -> None:
    data = hourly(24, "2016-07-01T16:00", (), holes=0.0)
    data[:] = np.arange(24.0)
    assert float(daily_mean(data)[0]) == 11.5
    assert float(daily_maximum(data)[0]) == 23.0
    data[:4] = np.nan
    assert float(daily_mean(data)[0]) == 13.5
    data[4] = np.nan
    assert np.isnan(daily_mean(data)).all()
    assert np.isnan(daily_maximum(data)).all()


def test_any_kernel_over_days() -> None:
    data = hourly(24, "2016-07-01T16:00", (2,), holes=0.0)
    first = over_days(data, lambda cube: cube[:, 0].astype(np.float64))
    np.testing.assert_array_equal(first[0], data[0])
