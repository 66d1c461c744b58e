"""Annual evaluation: percentiles with and without weights, sufficiency, sites and city."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from aqcore.errors import InputError
from evaluation.hj663 import (
    annual_statistics,
    city_daily,
    city_statistics,
    daily_values,
    insufficiency,
    percentile,
    statistic_of,
)
from evaluation.standards import statistic

EXACT = 1e-9  # interpolation of doubles of order 100


def year(value: float = 50.0, first: str = "2015-01-01", days: int = 365) -> xr.DataArray:
    dates = np.datetime64(first, "ns") + np.arange(days).astype("timedelta64[D]")
    return xr.DataArray(np.full(days, value), dims="day", coords={"day": dates})


def daily(**sites: xr.DataArray) -> xr.Dataset:
    """PM2.5 daily values of named sites."""
    return xr.Dataset({"PM25": xr.concat(list(sites.values()), dim=pd.Index(list(sites), name="site")).T})


def test_a_percentile_by_hand() -> None:
    """Ten values, p = 0.9: k = 1 + 9 x 0.9 = 9.1, so 9 + 0.1 x (10 - 9)."""
    assert percentile(np.arange(1.0, 11.0), 90.0) == pytest.approx(9.1)
    assert percentile([5.0], 95.0) == 5.0
    assert np.isnan(percentile([], 95.0))
    assert percentile([1.0, np.nan, 3.0], 50.0) == 2.0


@given(st.lists(st.floats(0, 500), min_size=1, max_size=60), st.floats(0, 100))
def test_the_percentile_is_the_linear_one_of_numpy(values: list[float], percent: float) -> None:
    assert percentile(values, percent) == pytest.approx(float(np.percentile(values, percent)), rel=EXACT, abs=EXACT)


@given(
    st.lists(st.tuples(st.floats(0, 500), st.integers(1, 9)), min_size=1, max_size=12),
    st.sampled_from([50.0, 75.0, 90.0, 95.0, 98.0, 100.0]),
)
def test_whole_weights_are_repeated_days(rows: list[tuple[float, int]], percent: float) -> None:
    values, weights = zip(*rows, strict=True)
    repeated = np.repeat(values, weights)
    expected = float(np.percentile(repeated, percent))
    assert percentile(values, percent, weights) == pytest.approx(expected, rel=EXACT, abs=EXACT)


def test_typical_days_weigh_by_the_days_they_stand_for() -> None:
    """63 ozone days of 180 and 121 others of 90: the 90th percentile of the 184 days is an ozone day."""
    assert percentile([180.0, 90.0], 90.0, [63.0, 121.0]) == 180.0
    assert percentile([180.0, 90.0], 50.0, [63.0, 121.0]) == 90.0
    assert statistic_of([180.0, 90.0], statistic("PM25_mean"), [63.0, 121.0]) == pytest.approx(
        (63 * 180 + 121 * 90) / 184
    )


def test_a_full_year_suffices() -> None:
    assert insufficiency(year(), year()["day"]) == ""


def test_the_days_of_the_year_and_of_each_month_are_counted() -> None:
    values = year()
    values[31 : 31 + 3] = np.nan  # February keeps 25
    assert insufficiency(values, values["day"]) == ""
    values[34] = np.nan
    assert insufficiency(values, values["day"]) == "month 2: 24 valid days, 25 needed"
    values[90:95] = np.nan  # April keeps 25
    assert insufficiency(values, values["day"]).endswith("month 4: 25 valid days, 27 needed")


def test_324_days_are_needed() -> None:
    values = year()
    values[np.linspace(0, 364, 42).astype(int)] = np.nan
    assert insufficiency(values, values["day"]).startswith("323 valid days, 324 needed")


def test_sites_have_means_percentiles_and_their_counts() -> None:
    table = annual_statistics(daily(A=year(50.0), B=year(30.0)), 2015).set_index(["statistic", "site"])
    assert table.loc[("PM25_mean", "A"), "value"] == 50.0
    assert table.loc[("PM25_p95", "B"), "value"] == 30.0
    assert table["n"].tolist() == [365] * 4
    assert table["sufficient"].all()


def test_an_insufficient_site_keeps_its_value_and_its_reason() -> None:
    short = year()
    short[200:] = np.nan
    table = annual_statistics(daily(A=short), 2015)
    assert not table["sufficient"].any()
    assert (table["value"] == 50.0).all()
    assert "200 valid days" in table["reason"].iloc[0]


def test_a_year_without_data_is_refused() -> None:
    with pytest.raises(InputError, match=r"year 2020: has no data.*2015"):
        annual_statistics(daily(A=year()), 2020)


def test_the_city_is_the_mean_of_the_sites_that_count_day_by_day() -> None:
    ill = year(40.0)
    ill[:100] = np.nan
    values = daily(A=year(50.0), B=ill, control=year(5.0))
    city = city_daily(values, ["A", "B"])["PM25"]
    assert city.to_numpy()[[0, 200]].tolist() == [50.0, 45.0]
    table = city_statistics(values, ["A", "B"], 2015).set_index("statistic")
    assert table.loc["PM25_mean", "value"] == pytest.approx((100 * 50 + 265 * 45) / 365)
    assert table["site"].unique().tolist() == ["city"]


def test_daily_values_of_the_standard() -> None:
    times = np.datetime64("2015-06-30T16:00", "ns") + np.arange(24).astype("timedelta64[h]")
    hours = xr.DataArray(np.arange(24.0), dims="time", coords={"time": times})
    values = daily_values(xr.Dataset({"O3": hours, "CO": hours / 10, "T": hours}))
    found = {str(name): float(values[name][0]) for name in values}
    assert found == pytest.approx({"CO": 1.15, "O3_MDA8": 19.5, "O3_1h": 23.0})
