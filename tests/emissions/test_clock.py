"""The clock of the emissions: years whose holidays are not published are refused, or regular by choice."""

import dataclasses

import numpy as np
import pytest

from aqcore.calendar import HOLIDAY_TYPE, china_holidays, utc_steps, weekdays
from aqcore.errors import InputError
from emissions.clock import LEDGER_YEAR, city_clock, describe, ledger_year_of

CLOSED = 1e-12
"""Relative: a year's sum of 8760 shares."""

LAST = max(china_holidays().years)
"""The last year of the table; the tests follow when a year is added to it."""


def test_a_year_without_a_notice_is_refused_and_the_remedies_named():
    clock = city_clock()
    with pytest.raises(InputError, match=f"no public holidays for {LAST + 1}") as caught:
        clock.shares(utc_steps(f"{LAST + 1}-03-01"))
    assert 'unpublished_holidays = "none"' in caught.value.faults[0].remedy


def test_the_last_day_of_the_table_needs_the_choice_because_its_steps_reach_the_next_year():
    with pytest.raises(InputError, match=f"no public holidays for {LAST + 1}"):
        city_clock().shares(utc_steps(f"{LAST}-12-31"))
    shares = city_clock(unpublished="none").shares(utc_steps(f"{LAST}-12-31"))
    assert np.isfinite(shares).all()
    # until 16 UTC the local day is still in the published year: the same with and without the choice
    published = city_clock().shares(utc_steps(f"{LAST}-12-31", 16))
    assert (shares[:, :16] == published).all()


def test_by_choice_unpublished_years_are_regular_weeks_that_close():
    clock = city_clock(unpublished="none")
    assert clock.year_shares(LAST + 1).sum(axis=1) == pytest.approx(1.0, rel=CLOSED)
    days = np.arange(f"{LAST + 1}-01-01", f"{LAST + 1}-12-31", dtype="datetime64[D]")
    assert (clock.holidays.day_types(days) == weekdays(days)).all()


def test_the_choice_leaves_published_years_and_never_reaches_before_the_table():
    chosen = china_holidays().without_unpublished()
    spring = np.array([f"{LAST}-10-01"], dtype="datetime64[D]")
    assert chosen.day_types(spring).tolist() == [HOLIDAY_TYPE]
    with pytest.raises(InputError, match="no public holidays for 2005") as caught:
        chosen.day_types(np.array(["2005-05-01"], dtype="datetime64[D]"))
    assert "unpublished" not in caught.value.faults[0].remedy


def test_the_provenance_records_the_choice():
    assert "are refused" in describe(city_clock())["holidays"]
    assert f"years after {LAST} have none, by choice" in describe(city_clock(unpublished="none"))["holidays"]
    assert describe(city_clock(holidays=None))["holidays"].startswith("none")
    assert describe(city_clock(timezone="Asia/Urumqi", holidays=None))["timezone"] == "Asia/Urumqi"


def test_own_profiles_are_taken_as_they_are():
    own = city_clock(holidays=None).select(["T_FLAT"])
    assert city_clock(unpublished="none", time_profiles=own) is own


def test_the_ledger_sums_a_leap_year_that_the_holidays_cover():
    assert ledger_year_of(city_clock()) == LEDGER_YEAR
    assert ledger_year_of(city_clock(holidays=None)) == LEDGER_YEAR
    late = dataclasses.replace(china_holidays(), years=frozenset({2019, 2020}))
    assert ledger_year_of(city_clock(holidays=late)) == 2019
