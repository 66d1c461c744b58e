"""Suspicious values: listed with their rule, and nothing else is."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from observations.observations import Observations
from observations.quality import STUCK_HOURS, spikes, stuck, suspicious

HOURS = 60


def observations(**series: np.ndarray) -> Observations:
    """One site with a gentle daily cycle where no series is given."""
    calm = 50.0 + 10.0 * np.sin(np.arange(HOURS) / 4.0)
    values = {"O3": calm, "PM25": calm, "PM10": calm + 20.0, "CO": calm / 50.0} | series
    times = np.datetime64("2016-07-02T16:00", "ns") + np.arange(HOURS).astype("timedelta64[h]")
    data = xr.Dataset(
        {name: (("time", "site"), value[:, None]) for name, value in values.items()},
        coords={"time": times, "site": ["A"]},
    )
    sites = pd.DataFrame({"name": ["a"], "is_control": [False], "district": [""]}, index=pd.Index(["A"], name="code"))
    return Observations(data, sites, 273.15, "synthetic")


def with_value(hour: int, value: float) -> np.ndarray:
    series = 50.0 + 10.0 * np.sin(np.arange(HOURS) / 4.0)
    series[hour] = value
    return series


def test_a_calm_series_has_nothing_suspicious() -> None:
    assert suspicious(observations()).empty


@pytest.mark.parametrize(
    ("name", "value", "rules"),
    [
        ("O3", -5.0, ["negative"]),
        ("O3", 1300.0, ["above_range", "spike"]),
        ("O3", 400.0, ["spike"]),
        ("O3", 140.0, []),
        ("PM10", 999.0, ["at_instrument_cap", "spike"]),
        ("PM25", 120.0, ["pm25_above_pm10"]),
        ("PM25", 85.0, []),
    ],
)
def test_each_rule_finds_its_value(name: str, value: float, rules: list[str]) -> None:
    found = suspicious(observations(**{name: with_value(30, value)}))
    found = found[found["variable"] == name]
    assert found["rule"].tolist() == rules
    assert (found["value"] == value).all()
    assert (found["time"] == np.datetime64("2016-07-03T22:00")).all()


def test_flags_take_out_exactly_what_they_list() -> None:
    whole = observations(O3=with_value(30, 1300.0))
    clean = whole.without(suspicious(whole))
    assert np.flatnonzero(np.isnan(clean.data["O3"].to_numpy()[:, 0])).tolist() == [30]
    assert suspicious(clean).empty


def test_a_spike_needs_both_neighbours() -> None:
    values = np.array([[1.0], [900.0], [np.nan], [900.0], [2.0], [500.0], [1.0]])
    assert spikes(values, 200.0)[:, 0].tolist() == [False, False, False, False, False, True, False]


@pytest.mark.parametrize(("length", "found"), [(STUCK_HOURS, STUCK_HOURS), (STUCK_HOURS - 1, 0)])
def test_a_monitor_that_stands_still_for_a_day(length: int, found: int) -> None:
    values = np.arange(100.0)
    values[10 : 10 + length] = 77.5
    assert stuck(values[:, None]).sum() == found


def test_missing_hours_are_no_standstill() -> None:
    assert not stuck(np.full((50, 1), np.nan)).any()


def test_a_standstill_at_the_detection_limit_is_no_fault() -> None:
    assert suspicious(observations(O3=np.full(HOURS, 2.0))).empty
    assert set(suspicious(observations(O3=np.full(HOURS, 80.0)))["rule"]) == {"stuck"}
