"""From outputs to the verdict: hourly runs -> effect -> design values -> attainment -> the look back, by hand.

Synthetic outputs whose answer is known: every hour of a day is alike, so that all daily values are the hourly one.
"""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.attainment import attainment
from evaluation.design_value import future_statistics
from evaluation.effect import Effect, control_effect
from evaluation.period_change import period_change

EXACT = 1e-9
DAYS_A_SEASON = 8
DATES = pd.DatetimeIndex(
    [*pd.date_range("2016-07-01", periods=DAYS_A_SEASON), *pd.date_range("2016-12-01", periods=DAYS_A_SEASON)],
    name="day",
)
DAYS = pd.DataFrame(
    {
        "season": ["summer"] * DAYS_A_SEASON + ["winter"] * DAYS_A_SEASON,
        "weight": [184.0 / DAYS_A_SEASON] * DAYS_A_SEASON + [181.0 / DAYS_A_SEASON] * DAYS_A_SEASON,
    },
    index=DATES,
)
PM = np.concatenate([np.linspace(20.0, 55.0, DAYS_A_SEASON), np.linspace(40.0, 250.0, DAYS_A_SEASON)])
O3 = np.concatenate([np.linspace(40.0, 110.0, DAYS_A_SEASON), np.linspace(10.0, 30.0, DAYS_A_SEASON)])


def run(pm: np.ndarray, o3: np.ndarray) -> xr.Dataset:
    starts = DATES.to_numpy().astype("datetime64[h]") - np.timedelta64(8, "h")
    times = (starts[:, None] + np.arange(24).astype("timedelta64[h]")).ravel().astype("datetime64[ns]")
    zones = np.array([0.9, 1.1])  # two districts around the city's mean
    fields = {
        name: (("time", "zone"), np.repeat(daily, 24)[:, None] * zones, {"units": unit})
        for name, daily, unit in (("PM25", pm, "ug m-3"), ("O3", o3, "ppb"))
    }
    return xr.Dataset(fields, coords={"time": times, "zone": ["a", "b"]})


def effect_of(summer: float, winter: float) -> Effect:
    factor = np.repeat([summer, winter], DAYS_A_SEASON)
    return control_effect(run(PM, O3), run(PM * factor, O3 * factor), DAYS, scenario="s", reference_state_K=273.15)


def test_a_winter_measure_acts_by_the_winter_s_share_of_the_year() -> None:
    effect = effect_of(1.0, 0.5)
    design = future_statistics({"PM25_mean": 60.0}, effect.daily).iloc[0]
    summer, winter = 184.0 * PM[:8].mean(), 181.0 * PM[8:].mean()
    assert design["rrf"] == pytest.approx((summer + 0.5 * winter) / (summer + winter), rel=EXACT)
    verdict = attainment(pd.DataFrame([{"year": 2031, "statistic": "PM25_mean", "value": design["value"]}]))
    assert verdict.loc[0, "margin"] == pytest.approx(25.0 - 60.0 * design["rrf"], rel=EXACT)
    assert not verdict.loc[0, "attained"]


def test_the_ozone_percentile_hears_only_the_summer() -> None:
    """The high quarter of the year's days lies in summer: a winter measure does not move it."""
    design = future_statistics({"O3_MDA8_p90": 190.0}, effect_of(1.0, 0.5).daily).iloc[0]
    assert design["rrf"] == pytest.approx(1.0, rel=EXACT)
    design = future_statistics({"O3_MDA8_p90": 190.0}, effect_of(0.8, 1.0).daily).iloc[0]
    assert design["value"] == pytest.approx(152.0, rel=EXACT)


def test_the_look_back_uses_the_same_response() -> None:
    design = future_statistics({"PM25_mean": 90.0}, effect_of(0.7, 0.7).daily)
    official = pd.DataFrame(
        {"year": [2013, 2017], "statistic": "PM25_mean", "value": [90.0, 58.5], "reference_state_K": np.nan}
    )
    change = period_change(official, design, 2013, 2017).iloc[0]
    assert change["modelled_change"] == pytest.approx(-27.0, rel=EXACT)
    assert change["explained_pct"] == pytest.approx(100.0 * 27.0 / 31.5, rel=EXACT)


def test_effect_rows_add_up() -> None:
    table = effect_of(0.8, 0.6).table
    np.testing.assert_allclose(table["change"], table["control"] - table["base"])
    mean = table[(table["statistic"] == "mean") & (table["pollutant"] == "PM25")].set_index(["season", "zone"])["base"]
    for season in ("summer", "winter", "year"):
        assert mean[season, "city"] == pytest.approx((mean[season, "a"] + mean[season, "b"]) / 2.0, rel=EXACT)
    for zone in ("a", "b", "city"):
        parts = 184.0 * mean["summer", zone] + 181.0 * mean["winter", zone]
        assert mean["year", zone] == pytest.approx(parts / 365.0, rel=EXACT)


@settings(max_examples=15, deadline=None)
@given(st.floats(0.3, 1.5), st.floats(0.3, 1.5))
def test_responses_lie_between_those_of_the_seasons(summer: float, winter: float) -> None:
    effect = effect_of(summer, winter)
    low, high = min(summer, winter), max(summer, winter)
    year = effect.response[effect.response["season"] == "year"]
    assert (year["rrf"] >= low - EXACT).all()
    assert (year["rrf"] <= high + EXACT).all()
    design = future_statistics({"PM25_mean": 60.0, "O3_MDA8_p90": 190.0}, effect.daily, draws=20)
    assert (design["low"] <= design["value"]).all()
    assert (design["value"] <= design["high"]).all()


@settings(max_examples=15, deadline=None)
@given(st.floats(0.3, 1.5))
def test_a_uniform_response_is_itself_in_every_statistic(factor: float) -> None:
    effect = effect_of(factor, factor)
    np.testing.assert_allclose(effect.table["control"], factor * effect.table["base"], rtol=1e-12)
    np.testing.assert_allclose(effect.response["rrf"].dropna(), factor, rtol=1e-12)
    assert effect.response["n"].min() >= 1
