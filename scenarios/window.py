"""A time window: dates and local hours in which rules act."""

import re
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt

BoolArray = npt.NDArray[np.bool_]
DayArray = npt.NDArray[np.datetime64]
HOURS_OF_DAY = 24
ALL_HOURS = frozenset(range(HOURS_OF_DAY))
#: A leap year that holds every day of the calendar: where two yearly spans are compared.
PROBE_YEAR = 2000
DAY = re.compile(r"^(?:(?P<year>\d{4})-)?(?P<month>\d{2})-(?P<day>\d{2})$")
HOURS = re.compile(r"^(?P<start>\d{1,2})(?::00)?\s*-\s*(?P<end>\d{1,2})(?::00)?$")


@dataclass(frozen=True, order=True)
class DateSpan:
    """Days from `first` to `last`, both inside: `(year, month, day)`, or `(0, month, day)` for every year.

    A yearly span whose last day lies before its first runs over the end of the year.
    """

    first: tuple[int, int, int]
    last: tuple[int, int, int]

    @property
    def yearly(self) -> bool:
        """Whether the span returns every year."""
        return self.first[0] == 0

    def holds(self, days: DayArray) -> BoolArray:
        """Return which days (datetime64[D], any shape) lie in the span."""
        if not self.yearly:
            return np.asarray((days >= _day(self.first)) & (days <= _day(self.last)))
        months = days.astype("datetime64[M]")
        number = 100 * (months.astype(np.int64) % 12 + 1) + (days - months.astype("datetime64[D]")).astype(np.int64) + 1
        first, last = (100 * month + day for _, month, day in (self.first, self.last))
        inside = (number >= first, number <= last)
        return np.asarray(inside[0] & inside[1] if first <= last else inside[0] | inside[1])

    def some_days(self) -> DayArray:
        """Return the days of the span, those of one leap year for a yearly one."""
        days = np.arange(f"{PROBE_YEAR}-01-01", f"{PROBE_YEAR + 1}-01-01", dtype="datetime64[D]")
        return days[self.holds(days)] if self.yearly else np.arange(_day(self.first), _day(self.last) + 1)

    def __str__(self) -> str:
        return "/".join(dict.fromkeys(_spelled(end) for end in (self.first, self.last)))


@dataclass(frozen=True)
class Window:
    """Days (none named: every day) and local hours (by their start, 0 to 23) in which something acts."""

    name: str
    dates: tuple[DateSpan, ...] = ()
    hours: frozenset[int] = field(default=ALL_HOURS)

    def holds(self, times_local: npt.ArrayLike) -> BoolArray:
        """Return which local times (any shape) lie in the window; a time stands for the hour that holds it."""
        times = np.asarray(times_local, dtype="datetime64[h]")
        days = times.astype("datetime64[D]")
        hour = (times - days.astype("datetime64[h]")).astype(np.int64)
        return self.holds_days(days) & np.isin(hour, sorted(self.hours))

    def holds_days(self, days: DayArray) -> BoolArray:
        """Return which days (datetime64[D], any shape) the window names."""
        if not self.dates:
            return np.ones(days.shape, dtype=bool)
        return np.asarray(np.logical_or.reduce([span.holds(days) for span in self.dates]))

    def overlaps(self, other: "Window") -> bool:
        """Return whether an hour lies in both windows."""
        if not self.hours & other.hours:
            return False
        if not self.dates or not other.dates:
            return True
        days = np.concatenate([span.some_days() for span in (*self.dates, *other.dates)])
        return bool((self.holds_days(days) & other.holds_days(days)).any())

    def __str__(self) -> str:
        dates = ", ".join(map(str, self.dates)) or "every day"
        return dates if self.hours == ALL_HOURS else f"{dates}, hours {spelled_hours(self.hours)}"


def read_span(text: str) -> DateSpan:
    """Return the span of `2016-12-16/2016-12-21`, `2016-12-16`, or `11-01/03-31` (every year).

    Raises `ValueError` saying what is wrong.
    """
    first, _, last = (part.strip() for part in text.partition("/"))
    ends = _read_day(first), _read_day(last or first)
    if (ends[0][0] == 0) != (ends[1][0] == 0):
        raise ValueError(f"{text!r} has a year at one end only")
    if ends[0][0] and ends[1] < ends[0]:
        raise ValueError(f"{text!r} ends before it begins")
    return DateSpan(*ends)


def read_hours(text: str) -> frozenset[int]:
    """Return the hours of `10-18` (10:00 to 18:00: the hours that begin at 10 to 17) or `20-6` (over midnight).

    Raises `ValueError` saying what is wrong.
    """
    match = HOURS.match(text.strip())
    start, end = (int(match["start"]), int(match["end"])) if match else (HOURS_OF_DAY, HOURS_OF_DAY)
    if start >= HOURS_OF_DAY or end > HOURS_OF_DAY or start == end:
        raise ValueError(f"{text!r} is no span of hours such as 10-18 or 20-6")
    return frozenset(range(start, end) if start < end else (*range(start, HOURS_OF_DAY), *range(end)))


def spelled_hours(hours: frozenset[int]) -> str:
    """Return hours as spans such as `10-18`, over midnight as one: `20-6`."""
    if hours == ALL_HOURS:
        return f"0-{HOURS_OF_DAY}"
    starts = sorted(hour for hour in hours if (hour - 1) % HOURS_OF_DAY not in hours)
    return ", ".join(f"{start}-{_end(start, hours)}" for start in starts)


def _end(start: int, hours: frozenset[int]) -> int:
    """Return the hour at which the run of hours that begins at `start` ends, 1 to 24."""
    end = next(hour for hour in range(start + 1, start + HOURS_OF_DAY) if hour % HOURS_OF_DAY not in hours)
    return end if end <= HOURS_OF_DAY else end - HOURS_OF_DAY


def _read_day(text: str) -> tuple[int, int, int]:
    """Return year (0 when the text names none), month, day."""
    match = DAY.match(text)
    if match is None:
        raise ValueError(f"{text!r} is no day such as 2016-12-16 or 12-16")
    year, month, day = int(match["year"] or 0), int(match["month"]), int(match["day"])
    date(year or PROBE_YEAR, month, day)
    return year, month, day


def _day(parts: tuple[int, int, int]) -> np.datetime64:
    return np.datetime64(_spelled(parts), "D")


def _spelled(parts: tuple[int, int, int]) -> str:
    year, month, day = parts
    return f"{year:04d}-{month:02d}-{day:02d}" if year else f"{month:02d}-{day:02d}"
