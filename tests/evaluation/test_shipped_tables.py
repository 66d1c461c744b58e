"""The tables that evaluation and observations ship: complete, consistent, each number with its source."""

from importlib import import_module
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evaluation.aqi import LEVELS, breakpoints, categories
from evaluation.performance import METRICS, SMALLER_IS_BETTER
from evaluation.standards import editions, limit, statistics
from evaluation.tables import shipped_table
from observations.observed_days import day_cases
from observations.reference_state import reference_states
from observations.seasons import default_seasons

ROOT = Path(__file__).parents[2]
FLAGS = {"read", "derived", "knowledge", "constructed"}
TABLES = sorted(path for room in ("evaluation", "observations") for path in (ROOT / room / "data").glob("*.csv"))


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_every_row_names_its_source(path: Path) -> None:
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert (table["source"].str.len() > 3).all()
    if "flag" in table:
        assert set(table["flag"]) <= FLAGS


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_no_row_twice(path: Path) -> None:
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    values = [name for name in table.columns if name not in ("source", "flag")]
    assert not table.duplicated(values).any()


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_what_was_not_verified_is_not_flagged_as_read(path: Path) -> None:
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    unsure = table[table["source"].str.contains("not verified")]
    assert unsure.empty or (unsure["flag"] == "knowledge").all()


def test_editions_follow_each_other_without_a_gap() -> None:
    table = shipped_table("editions")
    last, following = table["last_day"][:-1], table["first_day"][1:]
    for end, start in zip(last, following, strict=True):
        assert np.datetime64(end) + np.timedelta64(1, "D") == np.datetime64(start)


def test_every_edition_limits_the_same_pollutants_and_periods() -> None:
    table = shipped_table("limits")
    keys = [set(map(tuple, rows[["pollutant", "period"]].to_numpy())) for _, rows in table.groupby("edition")]
    assert len(keys) == len(editions())
    assert all(key == keys[0] for key in keys)


def test_breakpoints_rise() -> None:
    for name in ("HJ633-2012", "HJ633-2026"):
        for key, points in breakpoints(name).items():
            assert all(low < high for low, high in pairwise(points.concentrations)), key
            assert len(points.concentrations) in (5, 6, len(LEVELS)), key


@pytest.mark.parametrize(
    ("aqi_edition", "edition"), [("HJ633-2012", "GB3095-2012"), ("HJ633-2026", "GB3095-2026-transition")]
)
def test_index_100_is_the_daily_limit_of_grade_two(aqi_edition: str, edition: str) -> None:
    at_100 = LEVELS.index(100)
    for pollutant in ("SO2", "NO2", "PM10", "PM25", "CO"):
        assert breakpoints(aqi_edition)[pollutant, "24h"].concentrations[at_100] == limit(edition, pollutant, "24h")
    assert breakpoints(aqi_edition)["O3", "8h"].concentrations[at_100] == limit(edition, "O3", "mda8")


def test_categories_cover_every_index_once() -> None:
    table = categories()
    assert table["low"].iloc[0] == 0
    assert table["high"].iloc[-1] == LEVELS[-1]
    assert (table["low"].to_numpy()[1:] == table["high"].to_numpy()[:-1] + 1).all()
    assert table["colour"].str.fullmatch("#[0-9A-F]{6}").all()


def test_criteria_are_looser_than_goals() -> None:
    table = shipped_table("benchmarks")
    smaller = table["metric"].isin(SMALLER_IS_BETTER)
    assert (table["criteria"][smaller] > table["goal"][smaller]).all()
    assert (table["criteria"][~smaller] < table["goal"][~smaller]).all()
    assert set(table["metric"]) <= set(METRICS)


def test_statistics_are_named_after_what_they_are() -> None:
    for name, its in statistics().items():
        ending = "mean" if its.percent is None else f"p{its.percent:g}"
        assert name.endswith(ending)
        assert name.startswith(its.daily)
        assert its.title_zh
        assert its.title_en


def test_kinds_of_day_divide_their_season() -> None:
    """Every value of the indicator belongs to exactly one kind."""
    table = day_cases()
    for season, rows in table.groupby("season"):
        assert season in default_seasons()
        for value in (0.0, 35.0, 36.0, 149.0, 150.0, 151.0, 160.0, 161.0, 400.0):
            inside = (value > rows["from_ug_m3"]) & (value <= rows["to_ug_m3"])
            assert inside.sum() == 1, (season, value)


def test_reference_states_rise_in_time() -> None:
    table = reference_states()
    assert table["first_day"].is_monotonic_increasing
    assert (table["pressure_Pa"] == 101325).all()


@pytest.mark.parametrize("room", ["evaluation", "observations"])
def test_the_public_list_is_sorted_and_there(room: str) -> None:
    module = import_module(room)
    assert module.__all__ == sorted(module.__all__)
    assert all(getattr(module, name).__doc__ for name in module.__all__)
