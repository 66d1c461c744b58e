"""Days with the same states, hour by hour, and the chunks that they form."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from scenarios.day_patterns import day_patterns
from scenarios.window import ALL_HOURS, Window, read_hours, read_span
from scenarios.window_factors import WindowFactors, hour_factors

ONES = xr.DataArray(np.ones((1, 1)), {"source": ["s"], "pollutant": ["NOx"]}, ("source", "pollutant"))
NO_INFLOW = xr.DataArray(np.ones(0), {"species": np.array([], dtype=object)}, ("species",))


def hours_of(days, *windows):
    own = [WindowFactors("s", window, np.array([[0.5 - 0.1 * number]])) for number, window in enumerate(windows)]
    times = np.asarray(days, dtype="datetime64[h]")[:, None] + np.arange(24)
    return hour_factors(ONES, NO_INFLOW, own, times)


def december(first, last):
    return np.arange(f"2016-12-{first:02d}", f"2016-12-{last + 1:02d}", dtype="datetime64[D]")


def window(dates, hours=ALL_HOURS):
    return Window("w", tuple(read_span(date) for date in dates), hours)


def test_an_alert_of_three_days_cuts_a_week_into_three_chunks():
    days = december(10, 16)
    found = day_patterns(hours_of(days, window(["2016-12-12/2016-12-14"])))
    chunks = found.chunks(days)
    assert [(str(chunk.first), str(chunk.last), chunk.days) for chunk in chunks] == [
        ("2016-12-10", "2016-12-11", 2),
        ("2016-12-12", "2016-12-14", 3),
        ("2016-12-15", "2016-12-16", 2),
    ]
    assert chunks[0].pattern == chunks[2].pattern != chunks[1].pattern
    assert found.one_state == (True, True)


def test_hours_within_a_day_need_factors_by_hour():
    days = december(10, 12)
    hours = hours_of(days, window(["2016-12-11"], read_hours("10-18")))
    found = day_patterns(hours)
    assert [found.one_state[pattern] for pattern in found.pattern] == [True, False, True]
    by_hour = hours.factors.to_numpy()[found.states[found.pattern[1]], 0, 0]
    assert by_hour.tolist() == [1.0] * 10 + [0.5] * 8 + [1.0] * 6


def test_days_that_do_not_adjoin_are_chunks_of_their_own():
    days = np.array(["2016-12-01", "2016-12-05", "2016-12-06"], dtype="datetime64[D]")
    found = day_patterns(hours_of(days))
    assert [chunk.days for chunk in found.chunks(days)] == [1, 2]
    assert len(found.states) == 1


def test_wrong_shapes_are_told():
    days = december(10, 12)
    hours = hours_of(days)
    with pytest.raises(ValueError, match="do not rise"):
        day_patterns(hours).chunks(days[::-1])
    with pytest.raises(ValueError, match="2,"):
        day_patterns(hours).chunks(days[:2])
    flat = hour_factors(ONES, NO_INFLOW, (), np.arange(24).astype("datetime64[h]"))
    with pytest.raises(ValueError, match=r"\(day, hour\)"):
        day_patterns(flat)


@given(st.lists(st.tuples(st.integers(1, 28), st.integers(0, 4)), max_size=4), st.integers(1, 28))
def test_chunks_hold_every_day_once_and_each_its_pattern(alerts, length):
    days = december(1, length)
    windows = [window([f"2016-12-{start:02d}/2016-12-{min(start + more, 31):02d}"]) for start, more in alerts]
    hours = hours_of(days, *windows)
    found = day_patterns(hours)
    assert (found.states[found.pattern] == hours.state).all()
    covered = np.concatenate([np.arange(chunk.first, chunk.last + 1) for chunk in found.chunks(days)])
    assert (covered == days).all()
    for chunk in found.chunks(days):
        inside = (days >= chunk.first) & (days <= chunk.last)
        assert set(found.pattern[inside]) == {chunk.pattern}
