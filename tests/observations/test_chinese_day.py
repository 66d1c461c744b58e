"""The Chinese day and its daily values: hand-worked days, and what another definition would give."""

import numpy as np
import pytest

from aqcore.errors import InputError
from observations.chinese_day import MIN_DAY_HOURS, daily_mean, day_index, local_hours, mda8, running_means

EXACT = 1e-12  # sums of 8 doubles


def day(values: list[float]) -> np.ndarray:
    """One day (1, 24) of the start hours 0..23."""
    return np.array([values], dtype=float)


def ramp() -> np.ndarray:
    """Hour h has the value h: a window that starts at h has the mean h + 3.5."""
    return day([float(hour) for hour in range(24)])


def test_seventeen_windows_end_at_8_to_24_local_time() -> None:
    means = running_means(ramp())
    assert means.shape == (1, 17)
    np.testing.assert_allclose(means[0], np.arange(17) + 3.5, rtol=EXACT)


def test_mda8_of_a_ramp_is_the_last_window() -> None:
    assert mda8(ramp())[0] == pytest.approx(19.5, rel=EXACT)  # hours 16..23


def test_an_evening_before_does_not_count_although_a_backward_window_would_take_it() -> None:
    """A naive running mean at 01:00 would hold 7 hours of the day before: 200 instead of 50."""
    days = np.concatenate([day([0.0] * 16 + [200.0] * 8), day([50.0] * 24)])
    np.testing.assert_allclose(mda8(days), [200.0, 50.0], rtol=EXACT)


@pytest.mark.parametrize(("missing", "valid"), [(2, True), (3, False)])
def test_a_window_needs_six_of_eight_hours(missing: int, valid: bool) -> None:
    values = ramp()
    values[0, :missing] = np.nan
    first = running_means(values)[0, 0]
    assert np.isfinite(first) == valid
    if valid:
        assert first == pytest.approx(np.mean([2, 3, 4, 5, 6, 7]), rel=EXACT)


def test_fourteen_windows_are_needed() -> None:
    """Hours 0..5 missing: windows that start at 4 and later have 6 of 8 hours: 13 windows."""
    values = ramp()
    values[0, :6] = np.nan
    assert np.isfinite(running_means(values)).sum() == 13
    assert np.isnan(mda8(values)[0])
    values[0, 5] = 5.0  # 14 windows
    assert mda8(values)[0] == pytest.approx(19.5, rel=EXACT)


def test_too_few_windows_count_when_the_limit_is_exceeded() -> None:
    values = np.full((1, 24), np.nan)
    values[0, 10:18] = 161.0
    assert mda8(values)[0] == pytest.approx(161.0, rel=EXACT)
    assert np.isnan(mda8(values, limit=161.0)[0])
    values[0, 10:18] = 160.0
    assert np.isnan(mda8(values)[0])


def test_a_day_without_data_is_missing() -> None:
    assert np.isnan(mda8(np.full((1, 24), np.nan))).all()
    assert np.isnan(mda8(np.full((1, 24), np.nan), limit=-1.0)).all()


@pytest.mark.parametrize(("hours", "valid"), [(MIN_DAY_HOURS, True), (MIN_DAY_HOURS - 1, False)])
def test_a_daily_mean_needs_twenty_hours(hours: int, valid: bool) -> None:
    values = day([2.0] * hours + [np.nan] * (24 - hours))
    assert np.isfinite(daily_mean(values)[0]) == valid


def test_daily_mean_of_what_is_there() -> None:
    values = day([1.0] * 10 + [4.0] * 10 + [np.nan] * 4)
    assert daily_mean(values)[0] == pytest.approx(2.5, rel=EXACT)


def test_further_dimensions_are_independent() -> None:
    generator = np.random.default_rng(1)
    values = generator.uniform(0, 300, (3, 24, 2, 5))
    values[generator.uniform(size=values.shape) < 0.1] = np.nan
    together = mda8(values)
    alone = np.array([[[mda8(values[d : d + 1, :, i, j])[0] for j in range(5)] for i in range(2)] for d in range(3)])
    np.testing.assert_array_equal(together, alone)


def test_local_hours_of_beijing_are_eight_ahead() -> None:
    dates, hours = local_hours(
        np.array(["2016-07-02T15:00", "2016-07-02T16:00"], dtype="datetime64[h]"), "Asia/Shanghai"
    )
    assert dates.astype(str).tolist() == ["2016-07-02", "2016-07-03"]
    assert hours.tolist() == [23, 0]


def test_the_index_marks_hours_outside_the_record() -> None:
    times = np.datetime64("2016-07-02T15:00") + np.arange(26).astype("timedelta64[h]")
    days, index = day_index(times, "Asia/Shanghai")
    assert days.astype(str).tolist() == ["2016-07-02", "2016-07-03", "2016-07-04"]
    assert index[0].tolist() == [-1] * 23 + [0]
    assert index[1].tolist() == list(range(1, 25))
    assert index[2].tolist() == [25] + [-1] * 23


def test_repeated_hours_are_refused() -> None:
    times = np.array(["2016-07-02T15:00", "2016-07-02T15:00"], dtype="datetime64[ns]")
    with pytest.raises(InputError, match="occur twice"):
        day_index(times, "Asia/Shanghai")
