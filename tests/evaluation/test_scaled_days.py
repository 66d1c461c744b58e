"""Daily series scaled by season and class of day."""

import numpy as np
import pytest
import xarray as xr

from evaluation.scaled_days import recomputed_statistic, scaled_daily


def factors(high: float, low: float) -> xr.DataArray:
    return xr.DataArray(
        [[high, low]], dims=("season", "day_class"), coords={"season": ["s"], "day_class": ["high", "low"]}
    )


def test_a_daily_series_is_scaled_by_its_class_and_recomputed() -> None:
    daily = xr.DataArray(np.arange(1.0, 101.0), dims="day", coords={"day": np.arange(100)})
    scaled = scaled_daily(daily, factors(0.7, 0.9), ["s"] * 100)
    assert float(scaled[0]) == pytest.approx(0.9)
    assert float(scaled[99]) == pytest.approx(70.0)
    assert recomputed_statistic("O3_MDA8_p90", scaled) < 0.9 * recomputed_statistic("O3_MDA8_p90", daily)
    assert recomputed_statistic("PM25_mean", scaled_daily(daily, factors(0.8, 0.8), ["s"] * 100)) == pytest.approx(40.4)


def test_missing_days_stay_missing_and_wild_factors_are_bounded() -> None:
    daily = xr.DataArray([np.nan, 10.0, 20.0, 30.0], dims="day", coords={"day": np.arange(4)})
    scaled = scaled_daily(daily, factors(9.0, 0.1), ["s"] * 4)
    assert np.isnan(scaled[0])
    assert float(scaled[1]) == 5.0
    assert float(scaled[3]) == 45.0
