"""The timetable: which measures it holds, in which order, and what each removes."""

import numpy as np
import pandas as pd
import pytest

from roadmap.timetable import RANKED_BY, SHOWN, timetable


@pytest.fixture
def measures() -> pd.DataFrame:
    return pd.DataFrame({
        "id": ["old", "small", "large", "late", "idle"], "name_zh": list("甲乙丙丁戊"), "name_en": list("ABCDE"),
        "department": ["d"] * 5, "start": [2013.0, 2026.0, 2026.0, 2028.0, np.nan],
        "end": [2017.0, 2029.0, np.nan, 2040.0, np.nan],
    })  # fmt: skip


@pytest.fixture
def reach() -> pd.DataFrame:
    rows = [
        ("road", "old", "NOx", 900.0, 1),
        ("road", "small", "NOx", 10.0, 3),
        ("road", "small", "PM25", 5.0, 4),
        ("road", "large", "VOC", 100.0, 2),
        ("road", "large", "SO2", 1.0, 2),
        ("road", "late", "NOx", 500.0, 1),
        ("other", "small", "NOx", 777.0, 9),
    ]
    return pd.DataFrame(rows, columns=["scenario", "measure", "pollutant", "removed_t", "sources"])


@pytest.fixture
def table(reach: pd.DataFrame, measures: pd.DataFrame) -> pd.DataFrame:
    return timetable(reach, measures, "road", start=2025, end=2031)


def test_only_measures_ahead_that_act_in_the_scenario(table: pd.DataFrame) -> None:
    """`old` ended before the road, `idle` reaches nothing."""
    assert table["measure"].tolist() == ["large", "small", "late"]


def test_order_is_start_then_size(table: pd.DataFrame) -> None:
    assert table["start"].tolist() == [2026, 2026, 2028]
    sizes = table[list(RANKED_BY)].sum(axis=1).tolist()
    assert sizes == [100.0, 15.0, 500.0]


def test_tonnes_are_those_of_the_scenario(table: pd.DataFrame) -> None:
    small = table.set_index("measure").loc["small"]
    assert (small["NOx_t"], small["PM25_t"], small["VOC_t"]) == (10.0, 5.0, 0.0)
    assert [f"{name}_t" in table.columns for name in SHOWN] == [True] * len(SHOWN)


def test_open_and_late_ends_are_the_last_milestone(table: pd.DataFrame) -> None:
    assert table.set_index("measure")["end"].to_dict() == {"large": 2031, "small": 2029, "late": 2031}


def test_sources_are_the_most_that_one_pollutant_reaches(table: pd.DataFrame) -> None:
    assert table.set_index("measure")["sources"].to_dict() == {"large": 2, "small": 4, "late": 1}


def test_a_measure_without_a_start_is_not_ahead(reach: pd.DataFrame, measures: pd.DataFrame) -> None:
    more = pd.concat([reach, pd.DataFrame([("road", "idle", "NOx", 3.0, 1)], columns=reach.columns)])
    assert "idle" not in set(timetable(more, measures, "road", start=2025, end=2031)["measure"])


def test_nothing_ahead_is_an_empty_table(reach: pd.DataFrame, measures: pd.DataFrame) -> None:
    assert timetable(reach, measures, "road", start=2040, end=2041).empty
