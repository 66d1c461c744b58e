"""Design values: a future statistic = the observed one x the model's relative response, with an interval."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from aqcore.errors import Fault, InputError
from evaluation.effect import DailyPair, high_days, response_factor
from evaluation.hj663 import CITY, statistic_of
from evaluation.standards import Statistic, statistic

Array = npt.NDArray[np.float64]

DRAWS = 500
"""Bootstrap draws: the 5 and 95 % bounds then rest on 25 draws each."""

LOWER, UPPER = 5.0, 95.0
"""Bounds of the interval, percent."""

SEED = 20130912
"""Fixed, so that a report says the same twice (the date on which the action plan of 2013 was issued)."""

RRF_RANGE = (0.5, 1.5)
"""A single day's response is kept within these when a daily series is scaled (METHODS 11: our choice)."""


@dataclass(frozen=True)
class DesignValue:
    """A future statistic.

    Attributes
    ----------
    statistic, unit
        such as `O3_MDA8_p90`, ug/m3.
    observed, value, low, high
        the observed statistic, the future one, and its 90 % interval.
    rrf, rrf_low, rrf_high
        the relative response factor and its interval.
    n_days, n_zones
        model days and zones that the response rests on.
    """

    statistic: str
    unit: str
    observed: float
    value: float
    low: float
    high: float
    rrf: float
    rrf_low: float
    rrf_high: float
    n_days: int
    n_zones: int


def future_statistic(
    name: str, observed: float, pair: DailyPair, *, zone: str = CITY, draws: int = DRAWS, seed: int = SEED
) -> DesignValue:
    """Return an observed annual statistic of HJ 663 times the model's relative response, unit of `observed`.

    Means respond as the weighted mean of all days (each season with its days of the year); percentiles as the mean of
    the high days, at or above the 75th percentile of the base. The interval is the 5 to 95 % range of a bootstrap
    that redraws the days within each season and, for the city, the zones: it holds the spread over days and zones,
    not the error of the model, the inventory or the weather of other years.

    Raises
    ------
    InputError
        for an unknown statistic, a pollutant that the outputs lack, or a base of zero.
    """
    its = statistic(name)
    before, after, weights, seasons = _daily(its, pair, zone)
    rrf = _factor(before.mean(axis=1), after.mean(axis=1), weights, its)
    if not np.isfinite(rrf):
        raise InputError([Fault(name, f"the base of {zone} is zero or empty", "check the outputs of the base run")])
    spread = _bootstrap(before, after, weights, seasons, its, draws, seed)
    low, high = (float(np.percentile(spread, bound)) for bound in (LOWER, UPPER))
    low, high = min(low, rrf), max(high, rrf)
    value, value_low, value_high = (observed * factor for factor in (rrf, low, high))
    n_days, n_zones = before.shape
    return DesignValue(
        name, its.unit, observed, value, value_low, value_high, rrf, low, high, n_days, n_zones
    )  # fmt: skip


def future_statistics(
    observed: Mapping[str, float], pair: DailyPair, *, zone: str = CITY, draws: int = DRAWS, seed: int = SEED
) -> pd.DataFrame:
    """Return the design values of observed statistics (name -> value); a row each, the columns of `DesignValue`."""
    values = [
        future_statistic(name, value, pair, zone=zone, draws=draws, seed=seed) for name, value in observed.items()
    ]
    return pd.DataFrame([vars(value) for value in values])


def _daily(its: Statistic, pair: DailyPair, zone: str) -> tuple[Array, Array, Array, npt.NDArray[np.str_]]:
    """Return base and control (day, member), weights and seasons of the days; the members of the city are its zones."""
    if its.daily not in pair.base:
        raise InputError([Fault(its.name, f"the outputs have no {its.daily}", "choose a statistic the model can give")])
    zones = [str(name) for name in pair.base["zone"].to_numpy()]
    if zone not in zones:
        raise InputError([Fault(f"zone {zone}", "is not in the outputs", f"give one of {', '.join(zones)}")])
    members = [name for name in zones if name != CITY] if zone == CITY else [zone]
    before, after = (
        run[its.daily].sel(zone=members).transpose("day", "zone").to_numpy().astype(np.float64)
        for run in (pair.base, pair.control)
    )
    table = pair.days.loc[pd.DatetimeIndex(pair.base["day"].to_numpy())]
    return before, after, table["weight"].to_numpy(dtype=float), table["season"].to_numpy(dtype=str)


def _factor(before: Array, after: Array, weights: Array, its: Statistic) -> float:
    used = np.ones(before.size, dtype=bool) if its.percent is None else high_days(before, weights)
    return response_factor(before[used], after[used], weights[used])


def _bootstrap(
    before: Array, after: Array, weights: Array, seasons: npt.NDArray[np.str_], its: Statistic, draws: int, seed: int
) -> Array:
    generator = np.random.default_rng(seed)
    by_season = [np.flatnonzero(seasons == season) for season in dict.fromkeys(seasons)]
    factors = np.empty(draws)
    for draw in range(draws):
        days = np.concatenate([generator.choice(part, part.size) for part in by_season])
        zones = generator.integers(before.shape[1], size=before.shape[1])
        drawn = np.ix_(days, zones)
        factors[draw] = _factor(before[drawn].mean(axis=1), after[drawn].mean(axis=1), weights[days], its)
    return factors


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
