"""The air quality index: breakpoints, rounding, ties, both editions, days with missing pollutants."""

import numpy as np
import pytest
import xarray as xr

from aqcore.errors import InputError
from evaluation.aqi import (
    LEVELS,
    breakpoints,
    categories,
    category,
    daily_aqi,
    day_counts,
    iaqi,
    indicators,
    rounded_concentration,
)

OLD, NEW = "HJ633-2012", "HJ633-2026"


def day(**values: float) -> xr.Dataset:
    """One day, everything clean but what is given."""
    clean = {"SO2": 5.0, "NO2": 10.0, "PM10": 10.0, "PM25": 5.0, "CO": 0.3, "O3_MDA8": 30.0, "O3_1h": 40.0}
    return xr.Dataset({name: ("day", [value]) for name, value in (clean | values).items()}, coords={"day": [0]})


def primary(result: xr.Dataset) -> list[str]:
    its = result["primary"].isel(day=0)
    return [str(name) for name, flag in zip(its["pollutant"].to_numpy(), its.to_numpy(), strict=True) if flag]


@pytest.mark.parametrize("edition", [OLD, NEW])
def test_at_every_breakpoint_the_index_is_its_level(edition: str) -> None:
    for (pollutant, period), points in breakpoints(edition).items():
        result = iaqi(points.concentrations, pollutant, period, edition)
        np.testing.assert_array_equal(result, LEVELS[: len(points.concentrations)], err_msg=f"{pollutant} {period}")


@pytest.mark.parametrize(
    ("value", "pollutant", "period", "expected"),
    [
        (35.0, "PM25", "24h", 50),
        (36.0, "PM25", "24h", 52),  # 50 + 50/40 = 51.25, up
        (75.5, "PM25", "24h", 102),  # half-even: 76; 100 + 50/40 = 101.25, up
        (74.5, "PM25", "24h", 99),  # half-even: 74; 98.75, up
        (96.0, "PM25", "24h", 127),  # 100 + 21 x 50/40 = 126.25
        (501.0, "PM25", "24h", 500),
        (161.0, "O3", "8h", 101),  # 100 + 50/55
        (3.1, "CO", "24h", 78),  # 50 + 1.1 x 25 = 77.5
        (0.55, "CO", "24h", 15),  # half-even of 0.55 to one decimal is 0.6 in decimal, 0.6 x 25 = 15
        (550.0, "PM10", "24h", 450),  # not 501, as a known tool gives
        (600.0, "SO2", "24h", 170),  # 150 + 125 x 50/325 = 169.2 with the 24 h column, not that of 1 h
    ],
)
def test_hand_worked_indices(value: float, pollutant: str, period: str, expected: int) -> None:
    assert iaqi(value, pollutant, period, OLD) == expected


def test_float_noise_does_not_lift_an_index() -> None:
    """Every whole concentration between two breakpoints of PM10 with a whole index keeps it."""
    values = np.arange(50.0, 151.0, 2.0)
    np.testing.assert_array_equal(iaqi(values, "PM10", "24h", OLD), 50.0 + (values - 50.0) / 2.0)


def test_concentrations_are_rounded_half_to_even() -> None:
    np.testing.assert_array_equal(rounded_concentration([0.5, 1.5, 2.5, 35.5], "PM25"), [0.0, 2.0, 2.0, 36.0])
    np.testing.assert_allclose(rounded_concentration([0.25, 0.35, 0.45], "CO"), [0.2, 0.4, 0.4])
    assert rounded_concentration(35.5 - 1e-13, "PM25") == 36.0  # a mean of 24 hours carries such noise


def test_the_editions_differ_only_where_the_new_one_says() -> None:
    changed = {
        key for key in breakpoints(OLD) if breakpoints(OLD)[key].concentrations != breakpoints(NEW)[key].concentrations
    }
    assert changed == {("PM10", "24h"), ("PM25", "24h")}
    assert iaqi(60.0, "PM25", "24h", NEW) == 100
    assert iaqi(60.0, "PM25", "24h", OLD) == 82
    assert iaqi(120.0, "PM10", "24h", NEW) == 100


@pytest.mark.parametrize(
    ("pollutant", "period", "value", "new"), [("SO2", "1h", 801.0, 200.0), ("O3", "8h", 801.0, 300.0)]
)
def test_above_the_last_breakpoint(pollutant: str, period: str, value: float, new: float) -> None:
    assert np.isnan(iaqi(value, pollutant, period, OLD))
    assert iaqi(value, pollutant, period, NEW) == new
    assert iaqi(800.0, pollutant, period, OLD) == new


def test_missing_stays_missing_and_unknown_is_refused() -> None:
    assert np.isnan(iaqi(np.nan, "PM25", "24h", OLD))
    with pytest.raises(InputError, match="has no index for PM25 1h"):
        iaqi(1.0, "PM25", "1h", OLD)
    with pytest.raises(InputError, match="did you mean HJ633-2012"):
        breakpoints("HJ633-2011")


def test_seven_indicators_then_six() -> None:
    assert (len(indicators(OLD)), len(indicators(NEW))) == (7, 6)
    assert ("O3", "1h") in indicators(OLD)
    assert ("O3", "1h") not in indicators(NEW)
    assert len(indicators(NEW, "realtime")) == 6


def test_the_highest_sub_index_is_the_aqi() -> None:
    result = daily_aqi(day(PM25=96.0, O3_MDA8=161.0), OLD)
    assert float(result["aqi"][0]) == 127.0
    assert primary(result) == ["PM25"]


def test_ties_are_all_primary() -> None:
    """PM10 150 and PM2.5 75 both have 100."""
    assert primary(daily_aqi(day(PM25=75.0, PM10=150.0), OLD)) == ["PM10", "PM25"]


def test_a_clean_day_has_no_primary_pollutant() -> None:
    result = daily_aqi(day(PM25=35.0), OLD)
    assert float(result["aqi"][0]) == 50.0
    assert primary(result) == []


def test_one_hour_ozone_counts_in_the_old_edition_only() -> None:
    values = day(O3_1h=300.0)
    assert float(daily_aqi(values, OLD)["aqi"][0]) == 150.0
    assert float(daily_aqi(values, NEW)["aqi"][0]) == 30.0 / 2.0


def test_ozone_above_its_8_h_column_uses_the_1_h_index() -> None:
    assert float(daily_aqi(day(O3_MDA8=810.0, O3_1h=900.0), OLD)["aqi"][0]) == 350.0


@pytest.mark.parametrize(("pm25", "expected"), [(200.0, 250.0), (30.0, np.nan)])
def test_a_day_with_a_missing_pollutant_counts_only_above_100(pm25: float, expected: float) -> None:
    result = daily_aqi(day(PM25=pm25, NO2=np.nan), OLD)
    np.testing.assert_array_equal(result["aqi"], [expected])
    assert int(result["category"][0]) == (4 if pm25 == 200.0 else -1)


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(InputError, match="'O3_1h' is missing"):
        daily_aqi(day().drop_vars("O3_1h"), OLD)


def test_categories_and_counts() -> None:
    aqi = xr.DataArray([0, 50, 51, 100, 101, 150, 200, 201, 300, 301, 500, np.nan], dims="day")
    assert category(aqi).to_numpy().tolist() == [0, 0, 1, 1, 2, 2, 3, 4, 4, 5, 5, -1]
    counts = day_counts(aqi)
    assert (counts["valid"], counts["good_days"], counts["heavy_days"]) == (11, 4, 4)
    assert sum(counts[str(name)] for name in categories()["category"]) == counts["valid"]


def test_sites_are_judged_apart() -> None:
    both = xr.concat([day(PM25=10.0), day(PM25=200.0)], dim="site")
    assert daily_aqi(both, OLD)["aqi"].transpose("site", "day").to_numpy().ravel().tolist() == [15.0, 250.0]
