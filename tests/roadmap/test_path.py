"""The road: limits by edition, sure and bare attainment, cuts and their ratio."""

import numpy as np
import pandas as pd
import pytest

from aqcore.errors import InputError
from roadmap.path import CUT_POLLUTANTS, Milestone, cuts, road_table, with_cuts

EXACT = 1e-12
"""Sums of a few decimal numbers: only the rounding of floats."""


def projected(scenario: str, statistic: str, value: float, low: float, high: float) -> dict[str, object]:
    return {
        "scenario": scenario, "statistic": statistic, "observed": 40.0, "value": value, "value_absolute": value - 1.0,
        "low": low, "high": high, "rrf": value / 40.0, "n_high": 3, "n_days": 5, "n_zones": 8,
    }  # fmt: skip


@pytest.fixture
def road() -> pd.DataFrame:
    """PM2.5 at 30 (transition) surely, at 25 (final) not; NO2 at 30 (final) attained but not over the interval."""
    rows = [
        projected("early", "PM25_mean", 29.0, 28.0, 29.9),
        projected("late", "PM25_mean", 25.4, 24.0, 27.0),
        projected("late", "NO2_mean", 29.0, 27.0, 31.0),
    ]
    milestones = [Milestone(2030, "early", "GB3095-2026-transition"), Milestone(2031, "late", "GB3095-2026-final")]
    return road_table(pd.DataFrame(rows), milestones)


def test_limits_are_those_of_the_milestones_edition(road: pd.DataFrame) -> None:
    assert road["limit"].tolist() == [30.0, 25.0, 30.0]
    assert road["edition"].tolist() == ["GB3095-2026-transition", "GB3095-2026-final", "GB3095-2026-final"]


def test_attained_and_attained_surely(road: pd.DataFrame) -> None:
    assert road["attained"].tolist() == [True, False, True]
    assert road["attained_surely"].tolist() == [True, False, False]


def test_margin_is_a_percentage_of_the_limit(road: pd.DataFrame) -> None:
    assert road["margin_pct"].to_numpy() == pytest.approx([100 / 30, -1.6, 100 / 30], abs=1e-9)


def test_rows_keep_order_start_and_sample(road: pd.DataFrame) -> None:
    assert road["year"].tolist() == [2030, 2031, 2031]
    assert road["scenario"].tolist() == ["early", "late", "late"]
    assert road["start"].tolist() == [40.0] * 3
    assert road[["n_high", "n_days", "n_zones"]].to_numpy().tolist() == [[3, 5, 8]] * 3
    assert road["value_absolute"].tolist() == [28.0, 24.4, 28.0]
    assert set(road["unit"]) == {"ug/m3"}


def test_a_value_is_judged_as_it_is_reported() -> None:
    """HJ 663-2026 rounds to one decimal: 25.04 reads 25.0 and attains, 25.06 reads 25.1 and does not."""
    rows = pd.DataFrame([projected("a", "PM25_mean", 25.04, 24.0, 25.06)])
    table = road_table(rows, [Milestone(2031, "a", "GB3095-2026-final")])
    assert table[["attained", "attained_surely"]].to_numpy().tolist() == [[True, False]]


def test_unknown_statistics_are_named() -> None:
    rows = pd.DataFrame([projected("a", "PM25_man", 25.0, 24.0, 26.0)])
    with pytest.raises(InputError, match="PM25_man"):
        road_table(rows, [Milestone(2031, "a", "GB3095-2026-final")])


@pytest.fixture
def totals() -> pd.DataFrame:
    """Two sectors: NOx 100 -> 80 -> 40, VOC 60 -> 45 -> 54; PM25 10 throughout."""
    masses = {
        "start": {"NOx": (70.0, 30.0), "VOC": (20.0, 40.0), "PM25": (5.0, 5.0)},
        "first": {"NOx": (60.0, 20.0), "VOC": (15.0, 30.0), "PM25": (5.0, 5.0)},
        "second": {"NOx": (30.0, 10.0), "VOC": (24.0, 30.0), "PM25": (5.0, 5.0)},
    }
    rows = [
        (name, sector, pollutant, mass)
        for name, pollutants in masses.items()
        for pollutant, pair in pollutants.items()
        for sector, mass in zip(("A", "B"), pair, strict=True)
    ]
    return pd.DataFrame(rows, columns=["scenario", "sector", "pollutant", "mass_t"])


def test_cuts_by_hand(totals: pd.DataFrame) -> None:
    table = cuts(totals, "start", [Milestone(2030, "first", "e"), Milestone(2031, "second", "e")])
    assert table["NOx_cut_pct"].to_numpy() == pytest.approx([20.0, 60.0], abs=EXACT * 100)
    assert table["VOC_cut_pct"].to_numpy() == pytest.approx([25.0, 10.0], abs=EXACT * 100)
    assert table["PM25_cut_pct"].to_numpy() == pytest.approx([0.0, 0.0], abs=EXACT * 100)
    assert table["voc_nox_ratio"].to_numpy() == pytest.approx([1.25, 1.0 / 6.0], rel=1e-9)


def test_no_ratio_where_nox_is_not_cut(totals: pd.DataFrame) -> None:
    table = cuts(totals, "first", [Milestone(2030, "first", "e"), Milestone(2031, "start", "e")])
    assert np.isnan(table["voc_nox_ratio"]).all()
    assert table["NOx_cut_pct"].iloc[1] == pytest.approx(-25.0, abs=1e-9)


def test_only_pollutants_of_the_totals_are_stated(totals: pd.DataFrame) -> None:
    table = cuts(totals, "start", [Milestone(2030, "first", "e")])
    assert [name for name in table.columns if name.endswith("_cut_pct")] == [
        f"{name}_cut_pct" for name in CUT_POLLUTANTS if name in {"NOx", "VOC", "PM25"}
    ]


def test_cuts_stand_beside_every_statistic_of_their_year(road: pd.DataFrame) -> None:
    cut = pd.DataFrame({"year": [2030, 2031], "scenario": ["early", "late"], "NOx_cut_pct": [20.0, 60.0]})
    assert with_cuts(road, cut)["NOx_cut_pct"].tolist() == [20.0, 60.0, 60.0]


def test_a_milestone_without_cuts_stays_and_a_repeated_one_is_refused(road: pd.DataFrame) -> None:
    cut = pd.DataFrame({"year": [2030], "scenario": ["early"], "NOx_cut_pct": [20.0]})
    assert with_cuts(road, cut)["NOx_cut_pct"].isna().tolist() == [False, True, True]
    with pytest.raises(pd.errors.MergeError):
        with_cuts(road, pd.concat([cut, cut]))
