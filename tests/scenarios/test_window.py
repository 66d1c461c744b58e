"""Time windows: which hours they hold, when two of them meet, and how they are written."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.window import ALL_HOURS, Window, read_hours, read_span, spelled_hours


def window(*dates, hours=ALL_HOURS):
    return Window("w", tuple(read_span(date) for date in dates), hours)


@pytest.mark.parametrize(
    ("dates", "inside", "outside"),
    [
        (["2016-12-16/2016-12-21"], ["2016-12-16T00", "2016-12-21T23:59"], ["2016-12-15T23", "2016-12-22T00"]),
        (["2016-12-16"], ["2016-12-16T12"], ["2015-12-16T12"]),
        (["05-01/10-31"], ["2020-05-01", "1999-10-31T23"], ["2020-04-30T23", "2020-11-01"]),
        (["11-01/03-31"], ["2020-11-01", "2020-01-01", "2020-02-29", "2021-03-31T23"], ["2020-10-31T23", "2020-04-01"]),
        (["02-29"], ["2024-02-29"], ["2023-02-28", "2023-03-01"]),
        ([], ["1970-01-01", "2031-07-01T05"], []),
    ],
)
def test_dates(dates, inside, outside):
    own = window(*dates)
    assert own.holds(inside).all()
    assert not own.holds(outside).any()


def test_hours_are_named_by_their_start_and_run_over_midnight():
    night = window(hours=read_hours("20-6"))
    times = np.datetime64("2024-06-01T00") + np.arange(24)
    assert np.flatnonzero(night.holds(times)).tolist() == [0, 1, 2, 3, 4, 5, 20, 21, 22, 23]
    assert night.holds(times.reshape(4, 6)).shape == (4, 6)


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        (window("2016-12-16/2016-12-18"), window("2016-12-18/2016-12-21"), True),
        (window("2016-12-16/2016-12-18"), window("2016-12-19/2016-12-21"), False),
        (window("2016-12-16/2016-12-18"), window("12-01/12-31"), True),
        (window("2016-12-16/2016-12-18"), window("01-01/11-30"), False),
        (window("11-01/03-31"), window("05-01/10-31"), False),
        (window("11-01/03-31"), window("03-31/04-02"), True),
        (window(), window("2016-12-16"), True),
        (window(hours=read_hours("20-6")), window("2016-12-16", hours=read_hours("6-20")), False),
        (window(hours=read_hours("20-6")), window("2016-12-16", hours=read_hours("5-7")), True),
    ],
)
def test_windows_meet(one, other, meet):
    assert one.overlaps(other) is meet
    assert other.overlaps(one) is meet


@pytest.mark.parametrize(
    ("text", "hours"),
    [("10-18", range(10, 18)), ("08:00-18:00", range(8, 18)), ("0-24", range(24)), ("23-1", (23, 0)), ("23-0", (23,))],
)
def test_hours_as_text(text, hours):
    assert read_hours(text) == frozenset(hours)


@given(st.frozensets(st.integers(0, 23), min_size=1))
def test_hours_survive_being_spelled(hours):
    again = frozenset().union(*(read_hours(part) for part in spelled_hours(hours).split(", ")))
    assert again == hours


@pytest.mark.parametrize("text", ["2016-12-16/2016-12-21", "2016-12-16", "11-01/03-31"])
def test_dates_survive_being_spelled(text):
    assert str(read_span(text)) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2016-13-01", "month must be in 1..12"),
        ("2015-02-29", "day is out of range"),
        ("02-30", "day is out of range"),
        ("2016-12-16/12-21", "a year at one end only"),
        ("2016-12-21/2016-12-16", "ends before it begins"),
        ("winter", "is no day such as"),
        ("", "is no day such as"),
    ],
)
def test_dates_that_are_none(text, message):
    with pytest.raises(ValueError, match=message):
        read_span(text)


@pytest.mark.parametrize("text", ["10", "10-25", "24-3", "5-5", "night", "10:30-12:00"])
def test_hours_that_are_none(text):
    with pytest.raises(ValueError, match="is no span of hours"):
        read_hours(text)
