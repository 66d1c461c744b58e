"""Observed daily series scaled day by day with the model's response, so that every statistic can be recomputed."""

import numpy as np
import numpy.typing as npt
import xarray as xr

from evaluation.hj663 import statistic_of
from evaluation.standards import statistic

RRF_RANGE = (0.5, 1.5)
"""A single day's response is kept within these when a daily series is scaled (our choice)."""


def scaled_daily(daily: xr.DataArray, factors: xr.DataArray, seasons: npt.ArrayLike) -> xr.DataArray:
    """Return observed daily values (day, ...) times the response factor of each day's season and class.

    `factors` has dims (season, day_class) with the classes high and low; `seasons` is the season of each day. A day
    is high when it reaches the 75th percentile of its season. Factors are kept within 0.5..1.5; missing days stay
    missing, so every statistic of HJ 663 can be recomputed from the result.
    """
    kept = factors.clip(*RRF_RANGE)
    values = daily.transpose("day", ...).to_numpy().astype(np.float64)
    names, scaled = np.asarray(seasons, dtype=str), values.copy()
    for season in dict.fromkeys(names):
        inside = np.flatnonzero(names == season)
        threshold = np.nanpercentile(values[inside], 75.0, axis=0)
        its = {day_class: float(kept.sel(season=season, day_class=day_class)) for day_class in ("high", "low")}
        scaled[inside] = values[inside] * np.where(values[inside] >= threshold, its["high"], its["low"])
    return daily.transpose("day", ...).copy(data=scaled)


def recomputed_statistic(name: str, daily: xr.DataArray) -> float:
    """Return an annual statistic of a city's (scaled) daily values (day), unit of `daily`."""
    return statistic_of(daily.to_numpy(), statistic(name))
