"""Segments: what one execution of CCTM covers (a day), and which segment it continues."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

HOURS = 24
"""Length of a segment."""


@dataclass(frozen=True)
class Segment:
    """One execution of CCTM: its day (UTC), and the day whose end it starts from (None: from the initial file)."""

    day: date
    previous: date | None = None

    @property
    def name(self) -> str:
        """Name of its folder: YYYYMMDD."""
        return f"{self.day:%Y%m%d}"

    @property
    def start(self) -> datetime:
        """Its beginning (UTC)."""
        return datetime(self.day.year, self.day.month, self.day.day, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """Its end (UTC); inputs must reach it."""
        return self.start + timedelta(hours=HOURS)


def segments(dates: Iterable[date]) -> tuple[Segment, ...]:
    """Return one segment a day, in order; a day continues the day before when that is run too.

    Restarting is not bit-identical to running through (worst species 1.6e-4), so base and control must be cut alike:
    the cut depends on the dates only.
    """
    days = sorted(set(dates))
    before = {day: day - timedelta(days=1) for day in days}
    return tuple(Segment(day, before[day] if before[day] in days else None) for day in days)
