"""Design values: the response of the high days, intervals that hold it, and scaled daily series."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from aqcore.errors import InputError
from evaluation.design_value import future_statistic, future_statistics, recomputed_statistic, scaled_daily
from evaluation.effect import DailyPair

DRAWS = 200


def pair(days: int = 40, zones: int = 3, noise: float = 0.0) -> DailyPair:
    """Half summer, half winter; control is 0.9 of the base, on days above 120 of O3 0.7; the last zone is `city`."""
    generator = np.random.default_rng(2)
    o3 = np.linspace(60.0, 220.0, days)[:, None] * np.ones((1, zones))
    pm = np.linspace(20.0, 150.0, days)[:, None] * np.ones((1, zones))
    wobble = 1.0 + noise * generator.standard_normal((days, zones))
    dates = pd.date_range("2016-01-01", periods=days, name="day")
    names = [f"z{number}" for number in range(zones)]

    def dataset(o3_values: np.ndarray, pm_values: np.ndarray) -> xr.Dataset:
        fields = {"O3_MDA8": (("day", "zone"), o3_values), "PM25": (("day", "zone"), pm_values)}
        plain = xr.Dataset(fields, coords={"day": dates, "zone": names})
        return xr.concat([plain, plain.mean("zone").expand_dims(zone=["city"])], dim="zone")

    table = pd.DataFrame({"season": ["summer", "winter"] * (days // 2), "weight": 365.0 / days}, index=dates)
    base = dataset(o3, pm)
    control = dataset(o3 * np.where(o3 > 120.0, 0.7, 0.9) * wobble, pm * 0.9 * wobble)
    return DailyPair(base, control, table)


def test_a_mean_responds_as_all_days() -> None:
    value = future_statistic("PM25_mean", 89.5, pair(), draws=DRAWS)
    assert value.rrf == pytest.approx(0.9)
    assert value.value == pytest.approx(89.5 * 0.9)
    assert (value.n_days, value.n_zones) == (40, 3)
    assert value.unit == "ug/m3"


def test_the_ozone_percentile_responds_as_the_high_days() -> None:
    assert future_statistic("O3_MDA8_p90", 199.0, pair(), draws=DRAWS).rrf == pytest.approx(0.7)


def test_without_spread_the_interval_closes() -> None:
    value = future_statistic("PM25_mean", 100.0, pair(), draws=DRAWS)
    assert value.high - value.low == pytest.approx(0.0, abs=1e-9)


def test_spread_over_days_opens_the_interval_and_it_holds_the_value() -> None:
    value = future_statistic("PM25_mean", 100.0, pair(noise=0.1), draws=DRAWS)
    assert value.low < value.value < value.high
    assert value.low == pytest.approx(100.0 * value.rrf_low)
    wider = future_statistic("PM25_mean", 100.0, pair(noise=0.3), draws=DRAWS)
    assert wider.high - wider.low > 2.0 * (value.high - value.low)


def test_more_days_narrow_it() -> None:
    few, many = (future_statistic("PM25_mean", 100.0, pair(n, noise=0.2), draws=DRAWS) for n in (10, 160))
    assert many.high - many.low < 0.6 * (few.high - few.low)


def test_a_report_says_the_same_twice_and_seeds_differ() -> None:
    first, second = (future_statistic("PM25_mean", 100.0, pair(noise=0.1), draws=DRAWS) for _ in range(2))
    assert first == second
    other = future_statistic("PM25_mean", 100.0, pair(noise=0.1), draws=DRAWS, seed=1)
    assert other.low != first.low


def test_one_zone_alone() -> None:
    value = future_statistic("PM25_mean", 100.0, pair(noise=0.1), zone="z1", draws=DRAWS)
    assert value.n_zones == 1


def test_a_table_of_several() -> None:
    table = future_statistics({"PM25_mean": 89.5, "O3_MDA8_p90": 183.4}, pair(), draws=DRAWS)
    assert table["statistic"].tolist() == ["PM25_mean", "O3_MDA8_p90"]
    assert (table["value"] < table["observed"]).all()


def test_what_cannot_be_answered_is_refused() -> None:
    with pytest.raises(InputError, match="have no NO2"):
        future_statistic("NO2_mean", 50.0, pair(), draws=DRAWS)
    with pytest.raises(InputError, match="did you mean PM25_mean"):
        future_statistic("PM2.5_mean", 50.0, pair(), draws=DRAWS)
    with pytest.raises(InputError, match=r"zone z9: is not in the outputs"):
        future_statistic("PM25_mean", 50.0, pair(), zone="z9", draws=DRAWS)
    empty = pair()
    empty.base["PM25"][:] = 0.0
    with pytest.raises(InputError, match="is zero or empty"):
        future_statistic("PM25_mean", 50.0, empty, draws=DRAWS)


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
