"""Days that scenarios treat alike, hour by hour: what a model run in chunks of days has to tell apart.

A driver asks `ControlTable.factors_at(scenario, times)` for the local times (day, hour) of its days and gets the few
states that occur. `day_patterns` then says which days have the same row of states: a day of one state needs one set
of factors (rules of DESID can say that), another one needs factors by hour (`HourFactors.factors[state]`, a rewritten
stream), and adjoining days of one pattern form a chunk that shares its files.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scenarios.window_factors import HourFactors

IntArray = npt.NDArray[np.int64]
DayArray = npt.NDArray[np.datetime64]
ONE_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class Chunk:
    """Adjoining days of one pattern, both ends inside."""

    first: np.datetime64
    last: np.datetime64
    pattern: int

    @property
    def days(self) -> int:
        """How many days it holds."""
        return int((self.last - self.first) // ONE_DAY) + 1


@dataclass(frozen=True, eq=False)
class DayPatterns:
    """`states` (pattern, hour) is the state of each hour of each different day, `pattern` (day) that of each day."""

    states: IntArray
    pattern: IntArray

    @property
    def one_state(self) -> tuple[bool, ...]:
        """Whether a pattern keeps one state all day: (pattern)."""
        return tuple(bool((row == row[0]).all()) for row in self.states)

    def chunks(self, days: npt.ArrayLike) -> tuple[Chunk, ...]:
        """Return the runs of adjoining days with one pattern; `days` (day) datetime64[D] rise.

        Raises `ValueError` when there are not as many days as patterns, or when they do not rise.
        """
        dates = np.asarray(days, dtype="datetime64[D]")
        if dates.shape != self.pattern.shape or (np.diff(dates) < ONE_DAY).any():
            raise ValueError(f"{dates.shape} days for {self.pattern.shape} patterns, or days that do not rise")
        cuts = np.flatnonzero((np.diff(dates) > ONE_DAY) | (np.diff(self.pattern) != 0)) + 1
        return tuple(
            Chunk(dates[part[0]], dates[part[-1]], int(self.pattern[part[0]]))
            for part in np.split(np.arange(len(dates)), cuts)
            if len(part)
        )


def day_patterns(hours: HourFactors) -> DayPatterns:
    """Return the patterns of days whose hours were asked for as (day, hour). Raises `ValueError` for another shape."""
    if hours.state.ndim != 2:
        raise ValueError(f"give the hours as (day, hour), not {hours.state.shape}")
    states, pattern = np.unique(hours.state, axis=0, return_inverse=True)
    return DayPatterns(states.astype(np.int64), np.asarray(pattern, dtype=np.int64).ravel())
