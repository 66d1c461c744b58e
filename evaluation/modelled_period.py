"""The days of a modelled period: whole local days with season and weight, and streaming over them in blocks."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from dask.base import compute

from aqcore.errors import Fault, InputError
from evaluation.days import CHINA
from observations.chinese_day import day_index
from observations.seasons import default_seasons, season_days, season_of

BLOCK_DAYS = 30
"""Days whose daily values are in memory at a time."""


def whole_days(times_utc: npt.ArrayLike, timezone: str = CHINA) -> npt.NDArray[np.datetime64]:
    """Return the local days of which all 24 hours are there; a run in UTC begins and ends with parts of days."""
    days, index = day_index(times_utc, timezone)
    return np.asarray(days[(index >= 0).all(axis=1)])


def period_days(
    times_utc: npt.ArrayLike, *, timezone: str = CHINA, seasons: Mapping[str, tuple[int, ...]] | None = None
) -> pd.DataFrame:
    """Return the whole days of a modelled period: index `day`, columns season, weight, label (the date).

    The modelled days of a season share its days of the year alike, so that four months can stand for a year.

    Raises
    ------
    InputError
        when no day is whole.
    """
    days = whole_days(times_utc, timezone)
    if days.size == 0:
        raise InputError([Fault("outputs", "hold no whole local day", "run at least 32 hours from 00 UTC")])
    names = season_of(days, seasons)
    counts = {season: int((names == season).sum()) for season in seasons or default_seasons()}
    weights = [season_days(str(season), seasons) / counts[str(season)] for season in names]
    columns = {"season": names, "weight": weights, "label": days.astype(str)}
    return pd.DataFrame(columns, index=pd.DatetimeIndex(days.astype("datetime64[ns]"), name="day"))


def check_period(times_utc: npt.ArrayLike, days: pd.DataFrame, timezone: str = CHINA) -> None:
    """Raise `InputError` unless `days` are the whole days of the outputs; parts of days at both ends may be there."""
    whole = {str(day) for day in whole_days(times_utc, timezone)}
    named = [str(day)[:10] for day in days.index]
    faults = [
        Fault(f"day {day}", "is not in the outputs with all its hours", "take it out of the table or run it")
        for day in named
        if day not in whole
    ]
    remedy = "give the table of all days that were run (period_days)"
    faults += [Fault(f"day {day}", "has no season and weight", remedy) for day in sorted(whole - set(named))]
    if faults:
        raise InputError(faults)


def hours_of(times_utc: npt.ArrayLike, days: pd.DataFrame, timezone: str = CHINA) -> slice | npt.NDArray[np.int64]:
    """Return the places of the hours of whole days in `times_utc`: a slice where they follow each other."""
    there, index = day_index(times_utc, timezone)
    wanted = np.isin(there, days.index.to_numpy().astype("datetime64[D]"))
    hours = index[wanted].ravel()
    follow = hours.size > 0 and bool((np.diff(hours) == 1).all())
    return slice(int(hours[0]), int(hours[-1]) + 1) if follow else hours


class Runs(NamedTuple):
    """The same of base and control."""

    base: xr.Dataset
    control: xr.Dataset


def daily_blocks(runs: Runs, *, block_days: int = BLOCK_DAYS) -> Iterator[tuple[slice, Runs]]:
    """Yield blocks of days of two runs' daily values (day, ...): their places, and the values computed together.

    Lazy runs are computed block by block with whatever scheduler dask has (threads, or the workers of a cluster, where
    the hours stay): memory holds one block of daily values and the hours of the chunks being read.
    """
    length = runs.base.sizes["day"]
    for start in range(0, length, block_days):
        places = slice(start, min(start + block_days, length))
        block = compute(runs.base.isel(day=places), runs.control.isel(day=places))  # type: ignore[no-untyped-call]
        yield places, Runs(*block)
