"""The Chinese day: 01:00 to 24:00 by labels that mark the END of the hour, and its daily values (HJ 663).

Inside, hours are labelled by their START, so a day is the local start hours 0..23 and a window that ends at the label
08:00 is the start hours 0..7. A daily value needs only the hours of its own day.
"""

import numpy as np
import numpy.typing as npt

from aqcore.calendar import to_local
from aqcore.errors import Fault, InputError

HOURS = 24
WINDOW = 8
"""Hours of the running mean of ozone (GB 3095)."""

FIRST_END = 8
"""Label (END of the hour) of the first 8 h window of a day: 08:00; the last is 24:00, so there are 17 (HJ 663)."""

MIN_HOURS = 6
"""Valid hours that an 8 h mean needs (GB 3095 table 4)."""

MIN_WINDOWS = 14
"""Valid 8 h means that a daily maximum needs (HJ 663 clause 6.1.2)."""

MIN_DAY_HOURS = 20
"""Valid hours that a daily mean needs (GB 3095 table 4)."""

MDA8_LIMIT = 160.0
"""ug m-3, grade II: above it a daily maximum counts although windows are missing (HJ 663 clause 6.1.2)."""


def local_hours(times_utc: npt.ArrayLike, timezone: str) -> tuple[npt.NDArray[np.datetime64], npt.NDArray[np.int64]]:
    """Return the local date (datetime64[D]) and start hour (0..23) of each UTC start of an hour."""
    local = to_local(np.asarray(times_utc), timezone).astype("datetime64[h]")
    dates = local.astype("datetime64[D]")
    return dates, (local - dates).astype(np.int64)


def day_index(times_utc: npt.ArrayLike, timezone: str) -> tuple[npt.NDArray[np.datetime64], npt.NDArray[np.int64]]:
    """Return the local dates that occur and, (day, 24), where each of their hours stands in `times_utc` (-1: nowhere).

    Raises
    ------
    InputError
        when two times fall on one local hour (repeated times, or a change to winter time).
    """
    dates, hours = local_hours(times_utc, timezone)
    days, day_of = np.unique(dates, return_inverse=True)
    slots = day_of * HOURS + hours
    if np.unique(slots).size != slots.size:
        where = f"times from {days[0]} to {days[-1]}"
        raise InputError([Fault(where, f"some local hours of {timezone} occur twice", "give each hour once")])
    index = np.full(days.size * HOURS, -1, dtype=np.int64)
    index[slots] = np.arange(slots.size)
    return days, index.reshape(-1, HOURS)


def daily_mean(hourly: npt.NDArray[np.floating], *, min_hours: int = MIN_DAY_HOURS) -> npt.NDArray[np.float64]:
    """Return the daily mean of (day, 24, ...) hourly values, any unit; NaN with fewer than `min_hours` valid hours.

    GB 3095 table 4: at least 20 hourly values a day.
    """
    valid = np.isfinite(hourly)
    count = valid.sum(axis=1)
    total = np.where(valid, hourly, 0.0).sum(axis=1, dtype=np.float64)
    return np.where(count >= max(min_hours, 1), total / np.maximum(count, 1), np.nan)


def running_means(hourly: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return the 17 8 h means (day, 17, ...) of (day, 24, ...) that end at 08:00 .. 24:00; NaN below 6 valid hours."""
    valid = np.isfinite(hourly)
    total = _window_sums(np.where(valid, hourly, 0.0).astype(np.float64))
    if valid.all():
        return total / WINDOW
    count = _window_sums(valid.astype(np.float64))
    return np.where(count >= MIN_HOURS, total / np.maximum(count, 1.0), np.nan)


def _window_sums(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    # Pairs, fours, eights: three additions a window, no cancellation as in differences of a running sum.
    pairs = values[:, :-1] + values[:, 1:]
    fours = pairs[:, :-2] + pairs[:, 2:]
    return np.asarray(fours[:, :-4] + fours[:, 4:])


def mda8(hourly: npt.NDArray[np.floating], *, limit: float = MDA8_LIMIT) -> npt.NDArray[np.float64]:
    """Return the daily maximum 8 h mean of (day, 24, ...) hourly ozone, same unit as `hourly`.

    HJ 663 clause 6.1.2: the maximum of the windows that end at 08:00 .. 24:00, each of at least 6 valid hours, with
    at least 14 valid windows; with fewer it is valid only when it exceeds `limit` (in the unit of `hourly`).
    """
    means = running_means(hourly)
    valid = np.isfinite(means).sum(axis=1)
    highest = np.where(np.isfinite(means), means, -np.inf).max(axis=1)
    return np.where((valid >= MIN_WINDOWS) | ((valid > 0) & (highest > limit)), highest, np.nan)
