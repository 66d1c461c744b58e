"""Local and UTC time of a city, and the kind of each day: weekday, public holiday, working weekend.

The table of public holidays (`data/holidays_cn.csv`, 2010 to 2026) holds the yearly notices of the State
Council General Office, whose addresses stand in its column `source`; they were read as transcribed in the
open project chinese-calendar (MIT). A year that it does not hold is an error, never a guess; who models years whose
notice has not appeared yet says so (`Holidays.without_unpublished`), and the description of the calendar records it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import numpy as np
import pandas as pd

from aqcore.errors import Fault, Faults, InputError, did_you_mean

CHINA = "Asia/Shanghai"
"""Time zone of all official clocks in China (UTC+8, no daylight saving since 1992)."""

HOLIDAY_TYPE = 6
"""A public holiday counts as a Sunday."""

WORKED_WEEKEND_TYPE = 2
"""A weekend day worked in exchange for a holiday counts as a Wednesday (the middle of a working week)."""

STEPS_PER_DAY = 25
"""Hourly steps of an emission file: 00 to 24 UTC, the last being hour 0 of the next day."""

HOLIDAY_COLUMNS = ("first", "last", "kind")

Unpublished = Literal["refuse", "none"]
"""What becomes of years after the last published one: `refuse` them, or take them to have no public holidays."""


def time_zone(name: str) -> ZoneInfo:
    """Return the zone called `name`; raise `InputError` with the nearest known names when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        remedy = did_you_mean(name, sorted(available_timezones()))
        raise InputError([Fault("timezone", f"unknown time zone {name!r}", remedy)]) from error


def to_local(times_utc: np.ndarray, zone: str) -> np.ndarray:
    """Return the wall-clock times (datetime64[ns]) in `zone` of UTC times (any shape)."""
    times = np.asarray(times_utc, dtype="datetime64[ns]")
    index = pd.DatetimeIndex(times.ravel()).tz_localize("UTC").tz_convert(time_zone(zone))
    return index.tz_localize(None).to_numpy(dtype="datetime64[ns]").reshape(times.shape)


def to_utc(times_local: np.ndarray, zone: str) -> np.ndarray:
    """Return the UTC times (datetime64[ns]) of wall-clock times in `zone` (any shape).

    A wall-clock time that a change of the clocks skips or repeats raises `InputError`.
    """
    times = np.asarray(times_local, dtype="datetime64[ns]")
    try:
        index = pd.DatetimeIndex(times.ravel()).tz_localize(time_zone(zone), ambiguous="raise", nonexistent="raise")
    except ValueError as error:
        remedy = "give UTC times, or leave out the hours in which the clocks change"
        raise InputError([Fault("timezone", f"a local time in {zone} is not one moment: {error}", remedy)]) from error
    return index.tz_convert("UTC").tz_localize(None).to_numpy(dtype="datetime64[ns]").reshape(times.shape)


def hours_of_year(year: int, zone: str) -> np.ndarray:
    """Return the UTC starts (datetime64[h]) of all hours of the local calendar `year`.

    8760 or 8784 hours; a zone whose offset is not a whole hour raises `InputError`.
    """
    edges = to_utc(np.array([f"{year}-01-01", f"{year + 1}-01-01"], dtype="datetime64[ns]"), zone)
    whole = edges.astype("datetime64[h]")
    if (whole != edges).any():
        remedy = "use a zone whose offset is a whole number of hours"
        raise InputError([Fault("timezone", f"{zone} is off UTC by a part of an hour", remedy)])
    return np.arange(whole[0], whole[1], dtype="datetime64[h]")


def utc_steps(date: str | np.datetime64, count: int = STEPS_PER_DAY) -> np.ndarray:
    """Return `count` hourly UTC times (datetime64[h]) from 00 UTC of `date`."""
    start = np.asarray(date, dtype="datetime64[D]").astype("datetime64[h]")
    return np.asarray(start + np.arange(count))


@dataclass(frozen=True)
class Holidays:
    """Public holidays and worked weekends.

    `rest` and `worked` are sorted datetime64[D]; `years` are the calendar years that the table covers wholly;
    `unpublished` says what becomes of years after the last of them.
    """

    rest: np.ndarray
    worked: np.ndarray
    years: frozenset[int]
    unpublished: Unpublished = "refuse"

    def without_unpublished(self) -> "Holidays":
        """Return the calendar in which years after the last published one consist of regular weeks: a choice."""
        return replace(self, unpublished="none")

    @property
    def description(self) -> str:
        """What the calendar says, in one line for the provenance."""
        first, last = min(self.years), max(self.years)
        after = "have none, by choice" if self.unpublished == "none" else "are refused"
        return f"public holidays as published for {first} to {last}; years after {last} {after}"

    def day_types(self, dates: np.ndarray) -> np.ndarray:
        """Return the weekday type of local `dates`: 0 Monday to 6 Sunday.

        A public holiday counts as `HOLIDAY_TYPE`, a worked weekend as `WORKED_WEEKEND_TYPE`. A year outside
        the table raises `InputError`, unless it lies after the last published one and `unpublished` is `none`.
        """
        days = np.asarray(dates, dtype="datetime64[D]")
        self._require(np.unique(days.astype("datetime64[Y]").astype(int) + 1970))
        types = weekdays(days)
        types[np.isin(days, self.worked)] = WORKED_WEEKEND_TYPE
        types[np.isin(days, self.rest)] = HOLIDAY_TYPE
        return types

    def _require(self, years: Iterable[int]) -> None:
        last = max(self.years)
        missing = sorted(year for year in set(years) - self.years if year < last or self.unpublished == "refuse")
        if missing:
            what = f"no public holidays for {', '.join(map(str, missing))}"
            remedy = f"give a table that holds them (now {min(self.years)}-{last}), or switch holidays off"
            if missing[0] > last:
                remedy += '; or say unpublished_holidays = "none": years whose notice has not appeared have none'
            raise InputError([Fault("holidays", what, remedy)])


def weekdays(dates: np.ndarray) -> np.ndarray:
    """Return the day of the week (0 Monday to 6 Sunday) of `dates`; 1 January 1970 was a Thursday."""
    days = np.asarray(dates, dtype="datetime64[D]").astype(np.int64)
    return np.asarray((days + 3) % 7)


def _days(table: pd.DataFrame, kind: str) -> np.ndarray:
    spans = [
        np.arange(np.datetime64(first, "D"), np.datetime64(last, "D") + 1)
        for first, last, row_kind in table[list(HOLIDAY_COLUMNS)].itertuples(index=False)
        if row_kind == kind
    ]
    empty = np.array([], dtype="datetime64[D]")
    return np.unique(np.concatenate([empty, *spans]))


def _check_row(number: int, row: pd.Series, name: str, faults: Faults) -> None:
    where = f"{name}:{number}"
    for column in ("first", "last"):
        if pd.isna(pd.to_datetime(row[column], format="%Y-%m-%d", errors="coerce")):
            faults.add(f"{where}:{column}", f"{row[column]!r} is no date", "write it as 2013-10-01")
            return
    if row["last"] < row["first"]:
        faults.add(f"{where}:last", f"{row['last']} lies before {row['first']}", "exchange first and last")
    if row["kind"] not in ("rest", "work"):
        faults.add(f"{where}:kind", f"unknown kind {row['kind']!r}", did_you_mean(str(row["kind"]), ["rest", "work"]))


def read_holidays(path: Path | Traversable) -> Holidays:
    """Read a table of holidays.

    CSV with the columns first, last (dates, both inside) and kind (`rest` for a holiday, `work` for a weekend
    day that is worked). It covers every year in which it has a `rest` row. All faults are raised at once.
    """
    with path.open(encoding="utf-8-sig") as file:
        table = pd.read_csv(file, dtype=str)
    missing = [column for column in HOLIDAY_COLUMNS if column not in table.columns]
    if missing:
        remedy = f"columns: {', '.join(HOLIDAY_COLUMNS)}"
        raise InputError([Fault(path.name, f"missing column {', '.join(missing)}", remedy)])
    faults = Faults()
    for number, (_, row) in enumerate(table.iterrows(), start=2):
        _check_row(number, row, path.name, faults)
    faults.raise_if_any()
    rest = _days(table, "rest")
    years = np.unique(rest.astype("datetime64[Y]").astype(int) + 1970)
    return Holidays(rest, _days(table, "work"), frozenset(int(year) for year in years))


@cache
def china_holidays() -> Holidays:
    """Return China's public holidays from the table that ships with yice."""
    return read_holidays(resources.files("aqcore") / "data" / "holidays_cn.csv")
