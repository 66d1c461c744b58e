"""The clock of the emissions: temporal profiles in the time zone of the city, with its public holidays."""

from pathlib import Path
from typing import Literal

from aqcore.calendar import CHINA, Holidays, Unpublished, china_holidays
from emissions.profiles import TimeProfiles, default_time_profiles, read_time_profiles

LEDGER_YEAR = 2016
"""Year whose hours the ledger sums in its step `time`; profiles close in every year, this one has 29 February."""


def city_clock(
    *,
    timezone: str = CHINA,
    holidays: Holidays | Literal["china"] | None = "china",
    unpublished: Unpublished = "refuse",
    time_profiles: TimeProfiles | None = None,
    own: Path | None = None,
) -> TimeProfiles:
    """Return the temporal profiles that ship with yice on a city's clock, or `time_profiles` as they are.

    `own` is a user's table whose profiles go before ours of the same name (`read_time_profiles`). `unpublished` says
    what becomes of years after the last published holidays: `refuse` (an error when a time in them is asked for) or
    `none` (regular weeks).
    """
    if time_profiles is not None:
        return time_profiles
    chosen = china_holidays() if isinstance(holidays, str) else holidays
    if chosen is not None and unpublished == "none":
        chosen = chosen.without_unpublished()
    shipped = default_time_profiles(timezone=timezone, holidays=chosen)
    return shipped if own is None else shipped.replaced(read_time_profiles(own))


def ledger_year_of(clock: TimeProfiles) -> int:
    """Return `LEDGER_YEAR`, or the first year that the holidays of the clock cover."""
    holidays = clock.holidays
    return LEDGER_YEAR if holidays is None or LEDGER_YEAR in holidays.years else min(holidays.years)


def describe(clock: TimeProfiles) -> dict[str, str]:
    """Return what the clock follows, for the provenance: `timezone` and `holidays`."""
    calendar = "none: every day counts by its weekday" if clock.holidays is None else clock.holidays.description
    return {"timezone": clock.timezone, "holidays": calendar}
