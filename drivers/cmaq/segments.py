"""Segments: what one execution of CCTM covers (a day), which segment it continues, and chunks of days with spin-up."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

HOURS = 24
"""Hours of a day, the length of a segment."""

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Segment:
    """One execution of CCTM.

    `day` (UTC), `previous` the folder of the segment whose end it starts from (empty: from the initial file), `chunk`
    for a day of spin-up the first day of the chunk that it leads to, `hour` and `hours` the part of the day that runs.
    """

    day: date
    previous: str = ""
    chunk: date | None = None
    hour: int = 0
    hours: int = HOURS

    @property
    def spin_up(self) -> bool:
        """Whether the day only leads to its chunk; its outputs are not read."""
        return self.chunk is not None

    @property
    def name(self) -> str:
        """Name of its folder: YYYYMMDD, or <first day of the chunk>-spinup-YYYYMMDD."""
        day = f"{self.day:%Y%m%d}"
        return day if self.chunk is None else f"{self.chunk:%Y%m%d}-spinup-{day}"

    @property
    def start(self) -> datetime:
        """Its beginning (UTC)."""
        return datetime(self.day.year, self.day.month, self.day.day, self.hour, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """Its end (UTC); inputs must reach it."""
        return self.start + timedelta(hours=self.hours)


def segments(dates: Iterable[date], *, spin_up_days: int = 0, chunk_days: int = 0) -> tuple[Segment, ...]:
    """Return one segment a day, chunk after chunk; within a chunk a day continues the day before.

    Days that adjoin form one chunk, cut after `chunk_days` days (0: not cut); `spin_up_days` days lead to each chunk.
    Restarting is not bit-identical to running through (worst species 1.6e-4), so base and control must be cut alike:
    the cut depends on the dates only.
    """
    chunks = _chunks(sorted(set(dates)), chunk_days)
    return tuple(segment for chunk in chunks for segment in _chain(chunk, spin_up_days))


def _chunks(days: list[date], longest: int) -> list[list[date]]:
    chunks: list[list[date]] = []
    for day in days:
        adjoins = bool(chunks) and day - chunks[-1][-1] == ONE_DAY
        if adjoins and (not longest or len(chunks[-1]) < longest):
            chunks[-1].append(day)
        else:
            chunks.append([day])
    return chunks


def _chain(chunk: list[date], spin_up_days: int) -> list[Segment]:
    chain: list[Segment] = []
    lead = [chunk[0] - ONE_DAY * number for number in range(spin_up_days, 0, -1)]
    for day in (*lead, *chunk):
        previous = chain[-1].name if chain else ""
        chain.append(Segment(day, previous, chunk[0] if day < chunk[0] else None))
    return chain
