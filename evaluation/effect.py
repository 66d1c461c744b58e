"""The effect of control: what a scenario changes against the base, by zone, season and statistic of the standard."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from aqcore.errors import Fault, InputError
from evaluation.days import CHINA, daily_mean
from evaluation.hj663 import CITY, percentile
from evaluation.mda8 import mda8
from evaluation.units import in_standard_units

Array = npt.NDArray[np.float64]

YEAR = "year"
"""The season name of all days together, each with its weight."""

OZONE = "O3"
PERCENTILES: Mapping[str, tuple[int, ...]] = {
    "O3": (90,),
    "PM25": (95,),
    "PM10": (95,),
    "CO": (95,),
    "NO2": (98,),
    "SO2": (98,),
}
"""The percentiles of daily values by which HJ 663 judges a pollutant; other variables have none."""

HIGH_DAYS_PERCENTILE = 75.0
"""Days at or above this percentile of the base are high days: they respond on their own (METHODS: our choice)."""

DAY_CLASSES = ("all", "high", "low")
COLUMNS = (
    "scenario", "season", "zone", "pollutant", "statistic", "unit", "base", "control", "change", "change_pct", "n"
)  # fmt: skip


@dataclass(frozen=True)
class DailyPair:
    """Daily values of base and control, dims (day, zone), with the last zone `city`; `days` tells season and weight.

    Attributes
    ----------
    base, control
        daily means of each output variable, of ozone also `O3_MDA8`; ug m-3 (CO mg m-3; other gases ppb).
    days
        index day; season, weight (days of a year that the day stands for).
    zone_weights
        weight of each zone in `city` (0 = it does not count); None = all alike.
    """

    base: xr.Dataset
    control: xr.Dataset
    days: pd.DataFrame
    zone_weights: Mapping[str, float] | None = None

    def members(self, zone: str = CITY) -> dict[str, float]:
        """Return the zones that make up a zone, with their weights: itself, or for the city all with a weight.

        Raises
        ------
        InputError
            when the outputs have no such zone, or no zone has a weight.
        """
        zones = [str(name) for name in self.base["zone"].to_numpy()]
        if zone not in zones:
            raise InputError([Fault(f"zone {zone}", "is not in the outputs", f"give one of {', '.join(zones)}")])
        if zone != CITY:
            return {zone: 1.0}
        weights = weights_of([name for name in zones if name != CITY], self.zone_weights)
        counting = {name: weight for name, weight in weights.items() if weight > 0}
        if not counting:
            raise InputError([Fault("city", "none of its zones has a weight", f"weigh one of {', '.join(weights)}")])
        return counting


@dataclass(frozen=True)
class Effect:
    """A scenario's effect.

    Attributes
    ----------
    table
        rows (scenario, season, zone, pollutant, statistic): unit, base, control, change, change_pct, n (model days).
    response
        rows (scenario, season, zone, pollutant, day_class): rrf, n; see `relative_response`.
    daily
        the daily values behind both.
    """

    table: pd.DataFrame
    response: pd.DataFrame
    daily: DailyPair


def control_effect(
    base: xr.Dataset,
    control: xr.Dataset,
    days: pd.DataFrame,
    *,
    scenario: str,
    reference_state_K: float,
    timezone: str = CHINA,
    zone_weights: Mapping[str, float] | None = None,
) -> Effect:
    """Return what `control` changes against `base`.

    `base` and `control` are outputs in the common schema, dims (time, zone); `days` is `ModelDays.day_table()`: index
    local date, columns season and weight. The zone `city` is the mean of the zones' daily values, weighted by
    `zone_weights` (equal when None). Statistics are weighted by the days that a model day stands for.

    Raises
    ------
    InputError
        when the two differ in their times, zones or variables (a comparison then compares something else), or a day
        of the outputs is not in `days`.
    """
    check_same(base, control)
    before, after = (daily_outputs(run, reference_state_K, timezone, zone_weights) for run in (base, control))
    return effect_of_pair(DailyPair(before, after, days, zone_weights), scenario)


def effect_of_pair(pair: DailyPair, scenario: str) -> Effect:
    """Return the effect that daily values of base and control show; InputError for a day without season and weight."""
    _check_days(pair)
    table = pd.DataFrame(_effect_rows(pair, scenario), columns=list(COLUMNS))
    return Effect(table, relative_response(pair, scenario), pair)


def daily_outputs(
    outputs: xr.Dataset,
    reference_state_K: float,
    timezone: str = CHINA,
    zone_weights: Mapping[str, float] | None = None,
) -> xr.Dataset:
    """Return daily values (day, zone) of outputs (time, zone): means of all variables, `O3_MDA8`, and the zone `city`.

    Gases that the standard knows in ug m-3 (CO mg m-3) at the reference state; see `in_standard_units`.
    """
    zoned = outputs[[name for name in outputs.data_vars if {"time", "zone"} <= set(outputs[name].dims)]]
    return with_city(daily_fields(zoned, reference_state_K, timezone).compute(), zone_weights)


def daily_fields(outputs: xr.Dataset, reference_state_K: float, timezone: str = CHINA) -> xr.Dataset:
    """Return daily values (day, ...) of outputs (time, ...): means of all variables, and `O3_MDA8`; lazy as they are.

    Units as `daily_outputs`.
    """
    hourly = in_standard_units(outputs, reference_state_K=reference_state_K)
    daily = {str(name): daily_mean(values, timezone=timezone) for name, values in hourly.items()}
    if OZONE in daily:
        daily["O3_MDA8"] = mda8(hourly[OZONE], timezone=timezone)
    return xr.Dataset(daily)


def with_city(daily: xr.Dataset, zone_weights: Mapping[str, float] | None = None) -> xr.Dataset:
    """Return daily values (day, zone) with the zone `city` added: the (weighted) mean of the zones."""
    zones = [str(zone) for zone in daily["zone"].to_numpy()]
    weights = xr.DataArray(list(weights_of(zones, zone_weights).values()), dims="zone")
    city = daily.weighted(weights).mean("zone").expand_dims(zone=[CITY])
    return xr.concat([daily.drop_vars(set(daily.coords) - {"day", "zone"}), city], dim="zone", join="exact")


def weights_of(zones: Sequence[str], zone_weights: Mapping[str, float] | None) -> dict[str, float]:
    """Return the weight of each zone in the city, 1 each without `zone_weights`; InputError lists zones without one."""
    if zone_weights is None:
        return dict.fromkeys(zones, 1.0)
    missing = [zone for zone in zones if zone not in zone_weights]
    if missing:
        remedy = "give every zone a weight, 0 where it does not count"
        raise InputError([Fault(f"zone {zone}", "has no weight in the city", remedy) for zone in missing])
    return {zone: float(zone_weights[zone]) for zone in zones}


def check_same(base: xr.Dataset, control: xr.Dataset, dims: Sequence[str] = ("time", "zone")) -> None:
    """Raise `InputError` unless base and control have the same coordinates along `dims` and the same variables."""
    remedy = "run base and control on the same days and zones, with the same driver"
    faults = [
        Fault(f"coordinate {name}", "differs between base and control", remedy)
        for name in dims
        if not np.array_equal(base[name].to_numpy(), control[name].to_numpy())
    ]
    only_one = sorted(map(str, set(base.data_vars) ^ set(control.data_vars)))
    faults += [Fault(f"variable {name}", "is in only one of base and control", remedy) for name in only_one]
    if faults:
        raise InputError(faults)


def _check_days(pair: DailyPair) -> None:
    unknown = [str(day)[:10] for day in pair.base["day"].to_numpy() if pd.Timestamp(day) not in pair.days.index]
    if unknown:
        remedy = "give the table of the days that were run (ModelDays.day_table)"
        raise InputError([Fault(f"day {day}", "has no season and weight", remedy) for day in unknown])


class _Season(NamedTuple):
    name: str
    days: npt.NDArray[np.intp]
    weights: Array


def _seasons(pair: DailyPair) -> tuple[_Season, ...]:
    """Return the days of each season, and of the whole year last; positions along `day` and their weights."""
    table = pair.days.loc[pd.DatetimeIndex(pair.base["day"].to_numpy())]
    seasons, weights = table["season"].to_numpy(dtype=str), table["weight"].to_numpy(dtype=float)
    parts = [
        _Season(name, np.flatnonzero(seasons == name), weights[seasons == name]) for name in dict.fromkeys(seasons)
    ]
    return (*parts, _Season(YEAR, np.arange(len(table)), weights))


def _effect_rows(pair: DailyPair, scenario: str) -> Iterator[tuple[object, ...]]:
    for name in map(str, pair.base.data_vars):
        unit = str(pair.base[name].attrs.get("units", ""))
        before, after = (run[name].transpose("day", "zone").to_numpy() for run in (pair.base, pair.control))
        for season in _seasons(pair):
            for place, zone in enumerate(pair.base["zone"].to_numpy()):
                values = before[season.days, place], after[season.days, place]
                for statistic, b, c in _statistics(name, *values, season.weights):
                    pollutant = OZONE if name == "O3_MDA8" else name
                    change = c - b
                    percent = 100.0 * change / b if b > 0 else np.nan
                    days = len(season.days)
                    yield scenario, season.name, str(zone), pollutant, statistic, unit, b, c, change, percent, days


def _statistics(name: str, base: Array, control: Array, weights: Array) -> Iterator[tuple[str, float, float]]:
    """Yield (statistic, base, control): weighted mean, the percentiles of HJ 663, the highest day."""
    prefix = "MDA8_" if name == "O3_MDA8" else ""
    yield f"{prefix}mean", weighted_mean(base, weights), weighted_mean(control, weights)
    pollutant = OZONE if prefix else name
    if name == OZONE or pollutant not in PERCENTILES:
        return
    for percent in PERCENTILES[pollutant]:
        yield f"{prefix}p{percent}", percentile(base, percent, weights), percentile(control, percent, weights)
    yield f"{prefix}max", float(np.nanmax(base)), float(np.nanmax(control))


def weighted_mean(values: Array, weights: Array) -> float:
    """Return the weighted mean of the finite values; NaN when there is none."""
    used = np.isfinite(values) & (weights > 0)
    return float(np.average(values[used], weights=weights[used])) if used.any() else float("nan")


def high_days(base: Array, weights: Array) -> npt.NDArray[np.bool_]:
    """Return which days are high: at or above the weighted 75th percentile of the base."""
    return np.asarray(base >= percentile(base, HIGH_DAYS_PERCENTILE, weights))


def relative_response(pair: DailyPair, scenario: str, names: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the relative response factors RRF = mean of control / mean of base, over weighted days.

    Columns: scenario, season, zone, pollutant (ozone by MDA8), day_class (all, high, low), rrf, n. High days are
    those whose base is at or above its 75th percentile: the model's high days respond otherwise than the rest, and
    the percentiles of HJ 663 are made of them. US EPA guidance on RRF, with Chinese seasons and classes of our choice.
    """
    wanted = [str(name) for name in names or pair.base.data_vars if str(name) != OZONE]
    rows = [
        (scenario, season, zone, OZONE if name == "O3_MDA8" else name, day_class, *response)
        for name in wanted
        for season, zone, day_class, response in _responses(pair, name)
    ]
    return pd.DataFrame(rows, columns=["scenario", "season", "zone", "pollutant", "day_class", "rrf", "n"])


def _responses(pair: DailyPair, name: str) -> Iterator[tuple[str, str, str, tuple[float, int]]]:
    zones = [str(zone) for zone in pair.base["zone"].to_numpy()]
    before, after = (run[name].transpose("day", "zone").to_numpy() for run in (pair.base, pair.control))
    for season in _seasons(pair):
        for place, zone in enumerate(zones):
            pair_here = before[season.days, place], after[season.days, place]
            for day_class, response in _by_class(*pair_here, season.weights):
                yield season.name, zone, day_class, response


def _by_class(before: Array, after: Array, weights: Array) -> Iterator[tuple[str, tuple[float, int]]]:
    high = high_days(before, weights)
    for day_class, used in zip(DAY_CLASSES, (np.ones(high.size, dtype=bool), high, ~high), strict=True):
        yield day_class, (response_factor(before[used], after[used], weights[used]), int(used.sum()))


def response_factor(base: Array, control: Array, weights: Array) -> float:
    """Return the ratio of the weighted means, control to base; NaN when the base is zero or empty."""
    both = np.isfinite(base) & np.isfinite(control)
    before = weighted_mean(base[both], weights[both])
    return weighted_mean(control[both], weights[both]) / before if before > 0 else float("nan")
