"""Design values: a future statistic = the observed one x the model's relative response, with an interval."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from aqcore.errors import Fault, InputError
from evaluation.effect import DailyPair, high_days
from evaluation.hj663 import CITY, statistic_of
from evaluation.response_spread import Response, Sample, response, response_draws, total_response
from evaluation.species_response import by_species, species_daily
from evaluation.standards import Statistic, statistic
from observations.composition import Composition

Array = npt.NDArray[np.float64]

DRAWS = 500
"""Bootstrap draws: the 5 and 95 % bounds then rest on 25 draws each."""

LOWER, UPPER = 5.0, 95.0
"""Bounds of the interval, percent."""

SEED = 20130912
"""Fixed, so that a report says the same twice (the date on which the action plan of 2013 was issued)."""

FINE_PARTICLES = "PM25"


@dataclass(frozen=True)
class DesignValue:
    """A future statistic.

    Attributes
    ----------
    statistic, unit
        such as `O3_MDA8_p90`, ug/m3.
    observed
        the observed statistic.
    value, value_absolute
        the future one by the relative response (observed x rrf), and by the absolute one (observed + the change of the
        model's own statistic, at least zero). They differ by the bias of the model's base.
    low, high
        the envelope of the 90 % intervals of both.
    rrf, rrf_low, rrf_high
        the relative response factor and its 90 % interval.
    n_high
        days whose response it is: the high days for a percentile, all days for a mean.
    n_days, n_zones
        model days and zones at hand.
    """

    statistic: str
    unit: str
    observed: float
    value: float
    value_absolute: float
    low: float
    high: float
    rrf: float
    rrf_low: float
    rrf_high: float
    n_high: int
    n_days: int
    n_zones: int


def future_statistic(
    name: str,
    observed: float,
    pair: DailyPair,
    *,
    zone: str = CITY,
    composition: Composition | None = None,
    draws: int = DRAWS,
    seed: int = SEED,
) -> DesignValue:
    """Return an observed annual statistic of HJ 663 with the model's response, unit of `observed`.

    Means respond as the weighted mean of all days (each season with its days of the year); percentiles as the mean of
    the high days, at or above the 75th percentile of the base; PM2.5 with a `composition` species by species. The city
    is the mean of its zones by `pair.zone_weights`.

    The interval is the envelope of two methods' 5 to 95 % ranges, because a model with a biased base answers them
    differently: observed x response, and observed + change of the model's own statistic. The range of each is that of
    `response_draws`: over the days of each season and class - of the whole season where a class has fewer than five
    days, so that one composite episode does not pass for certainty - and over the zones. It does not hold the error of
    the emissions, of the chemistry, or the weather of other years.

    Raises
    ------
    InputError
        for an unknown statistic, a pollutant that the outputs lack, or a base of zero.
    """
    its = statistic(name)
    sample = _sample(its, pair, zone, composition)
    respond = by_species(composition) if composition and its.pollutant == FINE_PARTICLES else total_response
    rrf = response(sample, respond)
    if not np.isfinite(rrf):
        found = f"the base of {zone}, or of a part of it that was measured, is zero or empty"
        raise InputError([Fault(name, found, "check the outputs of the base run")])
    low, high = _interval(sample, respond, rrf, draws, seed)
    before, after = (_own_statistic(run, sample, its) for run in (sample.before, sample.after))
    changes = (after - before + before * (factor - rrf) for factor in (rrf, low, high))
    absolute = [max(observed + change, 0.0) for change in changes]
    return DesignValue(
        statistic=name,
        unit=its.unit,
        observed=observed,
        value=observed * rrf,
        value_absolute=absolute[0],
        low=min(observed * low, *absolute),
        high=max(observed * high, *absolute),
        rrf=rrf,
        rrf_low=low,
        rrf_high=high,
        n_high=int(sample.used.sum()),
        n_days=sample.weights.size,
        n_zones=sample.zone_weights.size,
    )


def _interval(sample: Sample, respond: Response, rrf: float, draws: int, seed: int) -> tuple[float, float]:
    spread = response_draws(sample, respond, draws, seed)
    low, high = np.nanpercentile(np.append(spread, rrf), (LOWER, UPPER))
    return min(float(low), rrf), max(float(high), rrf)


def future_statistics(
    observed: Mapping[str, float],
    pair: DailyPair,
    *,
    zone: str = CITY,
    composition: Composition | None = None,
    draws: int = DRAWS,
    seed: int = SEED,
) -> pd.DataFrame:
    """Return the design values of observed statistics (name -> value); a row each, the columns of `DesignValue`."""
    values = [
        future_statistic(name, value, pair, zone=zone, composition=composition, draws=draws, seed=seed)
        for name, value in observed.items()
    ]
    return pd.DataFrame([vars(value) for value in values])


def _sample(its: Statistic, pair: DailyPair, zone: str, composition: Composition | None) -> Sample:
    """Return base and control of a statistic over the days that are finite in every member of the zone."""
    if its.daily not in pair.base:
        raise InputError([Fault(its.name, f"the outputs have no {its.daily}", "choose a statistic the model can give")])
    members = pair.members(zone)
    split = composition is not None and its.pollutant == FINE_PARTICLES
    before, after = (_cube(run, its.daily, list(members), split=split) for run in (pair.base, pair.control))
    valid = np.isfinite(before).all(axis=(0, 2)) & np.isfinite(after).all(axis=(0, 2))
    table = pair.days.loc[pd.DatetimeIndex(pair.base["day"].to_numpy())][valid]
    weights, shares = table["weight"].to_numpy(dtype=float), np.array(list(members.values()))
    city = before[0, valid] @ (shares / shares.sum())
    used = high_days(city, weights) if its.percent is not None else np.ones(weights.size, dtype=bool)
    seasons = table["season"].to_numpy(dtype=str)
    return Sample(before[:, valid], after[:, valid], weights, seasons, shares, used)


def _cube(daily: xr.Dataset, name: str, zones: list[str], *, split: bool) -> Array:
    """Return (species, day, zone) of a daily value; `split` into its responding parts behind the total."""
    parts = species_daily(daily) if split else daily[[name]]
    cube = parts.sel(zone=zones).to_array("species").transpose("species", "day", "zone")
    return cube.to_numpy().astype(np.float64)


def _own_statistic(run: Array, sample: Sample, its: Statistic) -> float:
    """Return the model's own annual statistic of the city, unit of the outputs."""
    return statistic_of(run[0] @ (sample.zone_weights / sample.zone_weights.sum()), its, sample.weights)
