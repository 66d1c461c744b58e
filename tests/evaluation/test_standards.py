"""Editions and limits of GB 3095, against numbers read in the standard."""

import datetime as dt
from itertools import pairwise

import pytest

from aqcore.errors import InputError
from evaluation.standards import (
    aqi_edition,
    edition,
    edition_of_year,
    edition_title,
    editions,
    limit,
    limits,
    rounding_decimals,
    statistic,
    statistics,
)

FIRST, TRANSITION, FINAL = "GB3095-2012", "GB3095-2026-transition", "GB3095-2026-final"


@pytest.mark.parametrize(
    ("date", "name"),
    [
        ("2013-01-01", FIRST),
        ("2026-02-28", FIRST),
        ("2026-03-01", TRANSITION),
        ("2030-12-31", TRANSITION),
        ("2031-01-01", FINAL),
        ("2035-06-30", FINAL),
    ],
)
def test_the_edition_in_force(date: str, name: str) -> None:
    assert edition(date) == name
    assert edition(dt.date.fromisoformat(date)) == name


def test_a_year_is_judged_by_its_last_day() -> None:
    assert [edition_of_year(year) for year in (2025, 2026, 2030, 2031)] == [FIRST, TRANSITION, TRANSITION, FINAL]


@pytest.mark.parametrize("date", ["1999-01-01", "2031/01/01", "soon"])
def test_dates_before_the_table_and_words_are_refused(date: str) -> None:
    with pytest.raises(InputError):
        edition(date)


@pytest.mark.parametrize(
    ("pollutant", "period", "values"),
    [
        ("PM25", "annual", (35, 30, 25)),
        ("PM25", "24h", (75, 60, 50)),
        ("PM10", "annual", (70, 60, 50)),
        ("PM10", "24h", (150, 120, 100)),
        ("NO2", "annual", (40, 40, 30)),
        ("NO2", "24h", (80, 80, 50)),
        ("SO2", "annual", (60, 60, 20)),
        ("SO2", "24h", (150, 150, 50)),
        ("O3", "mda8", (160, 160, 160)),
        ("CO", "24h", (4, 4, 4)),
    ],
)
def test_grade_two_by_edition(pollutant: str, period: str, values: tuple[int, ...]) -> None:
    assert tuple(limit(name, pollutant, period) for name in editions()) == values


def test_grade_one() -> None:
    assert [limit(name, "PM25", "annual", grade=1) for name in editions()] == [15, 15, 10]
    assert limit(FIRST, "O3", "mda8", grade=1) == 100


def test_limits_never_loosen_and_grade_one_is_the_stricter() -> None:
    tables = [limits(name).set_index(["pollutant", "period"]) for name in editions()]
    for earlier, later in pairwise(tables):
        assert (later["grade2"] <= earlier["grade2"]).all()
        assert (later["grade1"] <= earlier["grade1"]).all()
    for table in tables:
        assert (table["grade1"] <= table["grade2"]).all()
        assert set(table["flag"]) <= {"read", "knowledge"}


def test_every_statistic_has_its_limit_in_every_edition_and_its_unit() -> None:
    for its in statistics().values():
        for name in editions():
            row = limits(name).set_index(["pollutant", "period"]).loc[(its.pollutant, its.period)]
            assert row["unit"] == its.unit
    assert list(statistics())[-1] == "O3_MDA8_p90"
    assert statistic("O3_MDA8_p90").percent == 90.0
    assert statistic("PM25_mean").percent is None


def test_unknown_names_get_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean GB3095-2012"):
        limits("GB3095-2011")
    with pytest.raises(InputError, match="did you mean PM25_mean"):
        statistic("PM2.5_mean")
    with pytest.raises(InputError, match="has no limit for O3 annual"):
        limit(FIRST, "O3", "annual")
    with pytest.raises(InputError, match="3 is no grade"):
        limit(FIRST, "O3", "mda8", grade=3)


def test_what_goes_with_an_edition() -> None:
    assert [aqi_edition(name) for name in editions()] == ["HJ633-2012", "HJ633-2026", "HJ633-2026"]
    assert edition_title(TRANSITION, "zh") == "GB 3095-2026（过渡阶段）"
    assert [rounding_decimals(FIRST, name) for name in ("PM25", "CO")] == [0, 1]
