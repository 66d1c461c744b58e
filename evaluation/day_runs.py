"""Runs of consecutive days that share something: the raw material of episodes and warnings."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

DAY = np.timedelta64(1, "D")


class Run(NamedTuple):
    """The first and the last place of a run, both inside it."""

    first: int
    last: int


def day_runs(days: npt.ArrayLike, inside: npt.ArrayLike, *, gap_days: int = 0) -> list[Run]:
    """Return the runs of days on which `inside` holds; `days` are rising local dates, missing ones end a run.

    Runs that lie at most `gap_days` days apart are one: two episodes without clearing between them (rules of 2017).
    """
    dates = np.asarray(days).astype("datetime64[D]")
    places = np.flatnonzero(np.asarray(inside, dtype=bool))
    if places.size == 0:
        return []
    apart = np.diff(dates[places]) > DAY * (gap_days + 1)
    starts = places[np.concatenate([[True], apart])]
    ends = places[np.concatenate([apart, [True]])]
    return [Run(int(first), int(last)) for first, last in zip(starts, ends, strict=True)]


def longest(days: npt.ArrayLike, inside: npt.ArrayLike) -> int:
    """Return the number of days of the longest run."""
    dates = np.asarray(days).astype("datetime64[D]")
    return max((int((dates[last] - dates[first]) / DAY) + 1 for first, last in day_runs(dates, inside)), default=0)
