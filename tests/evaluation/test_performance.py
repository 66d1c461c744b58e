"""Metrics by hand, by their identities, and against benchmarks of the literature."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from aqcore.errors import InputError
from evaluation.performance import METRICS, benchmarks, contingency, judged, metrics, performance_table

EXACT = 1e-9

MODEL = np.array([1.0, 4.0, 3.0, 8.0])
OBS = np.array([2.0, 2.0, 4.0, 8.0])  # mean 4

BY_HAND = {
    "n": 4.0,
    "MB": 0.0,  # -1 + 2 - 1 + 0
    "MGE": 1.0,
    "RMSE": np.sqrt(6.0 / 4.0),
    "CRMSE": np.sqrt(6.0 / 4.0),
    "NMB": 0.0,
    "NME": 25.0,
    "MFB": 50.0 * (-1 / 3 + 2 / 6 - 1 / 7 + 0.0),  # 2/4 x 100
    "MFE": 50.0 * (1 / 3 + 2 / 6 + 1 / 7),
    "FAC2": 1.0,
    "NMSE": 1.5 / 16.0,
    "IOA_W81": 1.0 - 6.0 / ((3 + 2) ** 2 + (0 + 2) ** 2 + (1 + 0) ** 2 + (4 + 4) ** 2),
    "d1": 1.0 - 4.0 / (5 + 2 + 1 + 8),
    "dr": 1.0 - 4.0 / (2 * 8),
    "COE": 1.0 - 4.0 / 8.0,
    "NMSD": (np.sqrt(26.0 / 4.0) - np.sqrt(24.0 / 4.0)) / np.sqrt(24.0 / 4.0),
    "r": 22.0 / np.sqrt(26.0 * 24.0),  # deviations (-3, 0, -1, 4) and (-2, -2, 0, 4)
    "MG": np.exp((np.log(128.0) - np.log(96.0)) / 4.0),
    "VG": np.exp((np.log(2.0) ** 2 * 2 + np.log(4.0 / 3.0) ** 2) / 4.0),
}


@pytest.mark.parametrize(("name", "value"), BY_HAND.items())
def test_by_hand(name: str, value: float) -> None:
    assert metrics(MODEL, OBS)[name] == pytest.approx(value, rel=EXACT, abs=EXACT)


def test_every_metric_has_a_hand_worked_value() -> None:
    assert set(BY_HAND) == {"n", *METRICS}


def test_a_perfect_model() -> None:
    values = metrics(OBS, OBS)
    for name in ("MB", "MGE", "RMSE", "NMB", "NME", "MFB", "MFE", "NMSE", "NMSD"):
        assert values[name] == 0.0, name
    for name in ("r", "FAC2", "IOA_W81", "d1", "dr", "COE", "MG", "VG"):
        assert values[name] == pytest.approx(1.0), name


positive = st.lists(st.tuples(st.floats(0.1, 500), st.floats(0.1, 500)), min_size=3, max_size=30)


@given(positive)
def test_identities_and_ranges(rows: list[tuple[float, float]]) -> None:
    m, o = np.array(rows).T
    values = metrics(m, o)
    assert values["RMSE"] ** 2 == pytest.approx(values["MB"] ** 2 + values["CRMSE"] ** 2, rel=1e-6, abs=1e-6)
    assert abs(values["NMB"]) <= values["NME"] + EXACT
    assert abs(values["MFB"]) <= values["MFE"] + EXACT <= 200.0 + 2 * EXACT
    assert 0.0 <= values["FAC2"] <= 1.0
    for name, low in (("IOA_W81", 0.0), ("d1", 0.0), ("dr", -1.0)):
        assert np.isnan(values[name]) or low - EXACT <= values[name] <= 1.0 + EXACT, name


def test_incomplete_pairs_are_left_out_and_none_left_is_nan() -> None:
    values = metrics([1.0, np.nan, 3.0, 9.0], [1.0, 5.0, np.nan, 9.0])
    assert values["n"] == 2.0
    assert values["MB"] == 0.0
    empty = metrics([np.nan], [1.0])
    assert empty["n"] == 0.0
    assert np.isnan(empty["RMSE"])


def test_what_is_not_defined_is_nan_and_never_infinite() -> None:
    still = metrics([1.0, 2.0], [0.0, 0.0])
    for name in ("r", "NMB", "NME", "NMSE", "NMSD", "COE", "MG", "VG"):
        assert np.isnan(still[name]), name
    assert metrics([0.0, 1.0], [0.0, 1.0])["MFB"] == 0.0


def test_different_shapes_are_refused() -> None:
    with pytest.raises(InputError, match="match them by time and place"):
        metrics([1.0, 2.0], [1.0])


def test_exceedances_by_hand() -> None:
    """Above 160: a hit, a false alarm, a miss, and a day at the limit, which does not exceed it."""
    rates = contingency([170.0, 170.0, 150.0, 160.0], [170.0, 150.0, 170.0, 100.0], 160.0)
    assert (rates["hits"], rates["false_alarms"], rates["misses"]) == (1.0, 1.0, 1.0)
    assert (rates["POD"], rates["FAR"], rates["bias"]) == (0.5, 0.5, 1.0)
    assert rates["CSI"] == pytest.approx(1.0 / 3.0)
    assert np.isnan(contingency([1.0], [1.0], 160.0)["POD"])


def test_benchmarks_say_how_sure_they_are() -> None:
    table = benchmarks("PM25", "24h")
    assert set(table["flag"]) == {"read", "knowledge"}
    assert set(table["set"]) == {"Emery 2017", "Boylan 2006", "Huang 2021 (China)"}
    assert benchmarks("NO2", "1h").empty


@pytest.mark.parametrize(("nmb", "grade"), [(-4.0, "goal"), (5.0, "goal"), (-12.0, "criteria"), (20.0, "neither")])
def test_a_bias_is_judged_by_its_size(nmb: float, grade: str) -> None:
    table = judged({**metrics(MODEL, OBS), "NMB": nmb}, "O3", "MDA8")
    emery = table[(table["set"] == "Emery 2017") & (table["metric"] == "NMB")]
    assert emery["grade"].tolist() == [grade]


@pytest.mark.parametrize(("r", "grade"), [(0.8, "goal"), (0.6, "criteria"), (0.2, "neither"), (np.nan, "neither")])
def test_a_correlation_is_judged_from_below(r: float, grade: str) -> None:
    table = judged({**metrics(MODEL, OBS), "r": r}, "O3", "1h")
    assert table[table["metric"] == "r"]["grade"].tolist() == [grade]


def hours(offset: float, zones: tuple[str, ...] = ("a", "b")) -> xr.Dataset:
    times = np.datetime64("2016-07-01T16:00", "ns") + np.arange(48).astype("timedelta64[h]")
    values = np.arange(48.0)[:, None] + np.zeros(len(zones)) + offset
    fields = {"O3": (("time", "zone"), values), "PM25": (("time", "zone"), values)}
    return xr.Dataset(fields, coords={"time": times, "zone": list(zones)})


def test_model_and_monitors_are_matched_by_time_and_zone() -> None:
    obs = hours(0.0, ("b", "c")).isel(time=slice(24, 48))
    table = performance_table(hours(3.0), obs).set_index(["pollutant", "averaging", "zone"])
    assert table.loc[("O3", "1h", "all"), "n"] == 24
    assert table.loc[("O3", "MDA8", "b"), "n"] == 1
    assert table.loc[("PM25", "24h", "all"), "n"] == 1
    assert (table["MB"] == 3.0).all()
    assert set(table.index.get_level_values("zone")) == {"all", "b"}


def test_nothing_in_common_is_refused() -> None:
    with pytest.raises(InputError, match="share no time or no zone"):
        performance_table(hours(0.0, ("a",)), hours(0.0, ("z",)))
    with pytest.raises(InputError, match="share no pollutant"):
        performance_table(hours(0.0)[["O3"]], hours(0.0)[["PM25"]].rename(PM25="NO2"))


def test_rows_are_a_plain_table() -> None:
    table = performance_table(hours(1.0), hours(0.0))
    assert isinstance(table, pd.DataFrame)
    assert list(table.columns[:4]) == ["pollutant", "averaging", "zone", "n"]
