"""Real days to model, chosen from the observations by a rule that anyone can repeat."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from io import StringIO

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from aqcore.errors import Fault, InputError
from observations.chinese_day import daily_mean, day_index, mda8
from observations.model_days import HOURS, MET_UNITS, OBSERVED_UNITS, ModelDays
from observations.observations import Observations
from observations.seasons import check_seasons, default_seasons, season_days, season_of

Array = npt.NDArray[np.float64]
Dates = npt.NDArray[np.datetime64]

DEFAULT_INDICATORS: Mapping[str, str] = {"summer": "O3", "winter": "PM25"}
"""What ranks the days of a season: daily maximum 8 h mean of O3, daily mean of PM2.5 (city mean)."""


@dataclass(frozen=True)
class DaySelection:
    """The rule that chooses days.

    Attributes
    ----------
    days_per_season
        how many days stand for each season; each weighs (days of the season) / (this number).
    dates
        explicit local dates (`2016-07-03`) instead; then each season's days share its weight equally.
    first, last
        the local dates between which days are chosen; None = all.
    seasons
        season -> months.
    indicators
        season -> O3 (daily maximum 8 h mean) or PM25 (daily mean) that ranks its days.
    """

    days_per_season: int = 10
    dates: tuple[str, ...] = ()
    first: str | None = None
    last: str | None = None
    seasons: Mapping[str, tuple[int, ...]] = field(default_factory=default_seasons)
    indicators: Mapping[str, str] = field(default_factory=lambda: DEFAULT_INDICATORS)


@dataclass(frozen=True)
class _Daily:
    """Observations by local day: dates (day), hourly city and zone values, indicator by day and pollutant."""

    dates: Dates
    index: npt.NDArray[np.int64]
    usable: npt.NDArray[np.bool_]
    indicators: Mapping[str, Array]


def observed_days(observations: Observations, zones: Sequence[str], selection: DaySelection | None = None) -> ModelDays:
    """Return real days: the chosen days with their weather and observed values by zone, and the day before each.

    Rule: the days of a season whose weather (this day and the day before) and indicator are complete are sorted by the
    indicator (city mean of the non-control sites); of n days the i-th is the day at quantile (i + 1/2)/n. Weather is
    the mean of the non-control sites that report it. A zone's observed values are the mean of the non-control sites
    of its district, or of all of them where it has none (coordinate `has_site` says which).

    Raises
    ------
    InputError
        when a season has fewer usable days than asked for, or an explicit date is not usable (all of them listed).
    """
    selection = selection or DaySelection()
    check_seasons(selection.seasons)
    daily = _by_day(observations)
    chosen = _explicit(daily, selection) if selection.dates else _stratified(daily, selection)
    data = _dataset(observations, daily, chosen, zones, selection)
    previous = _dataset(observations, daily, chosen - 1, zones, selection)
    rule = f"{len(selection.dates)} given dates" if selection.dates else f"{selection.days_per_season} days a season"
    source = f"{observations.source}; {rule} at equally spaced quantiles of their indicator"
    return ModelDays(data, observations.reference_state_K, "observed", source, previous)


def with_observed(days: ModelDays, observations: Observations) -> ModelDays:
    """Return days of a met model with what the monitors measured on them, and the kind of each day.

    Zones as of `observed_days`; NaN on dates that the observations do not hold. Raises `InputError` when they hold
    none of the dates.
    """
    dates, index = day_index(observations.data["time"].to_numpy(), observations.timezone)
    wanted = days.data["date"].to_numpy().astype("datetime64[D]")
    there = np.isin(wanted, dates)
    if not there.any():
        what = f"none of the {wanted.size} days from {wanted[0]} to {wanted[-1]} was observed"
        raise InputError([Fault("observations", what, "give observations of these dates, or leave them out")])
    rows = np.where(there[:, None], index[np.searchsorted(dates, wanted) % dates.size], -1)
    names = [name for name in OBSERVED_UNITS if name.removeprefix("obs_") in observations.data]
    fields = {
        name: (
            ("day", "hour", "zone"),
            _zone_hours(observations, rows, name.removeprefix("obs_"), days.zones),
            {"units": OBSERVED_UNITS[name]},
        )
        for name in names
    }
    daily = _Daily(wanted, rows, there, _indicators(observations, rows))
    seasons = days.data["season"].to_numpy()
    districts = set(observations.sites.loc[list(observations.evaluation_sites), "district"])
    data = days.data.assign(fields).assign_coords(
        case=("day", _cases(daily, np.arange(wanted.size), seasons)),
        has_site=("zone", [zone in districts for zone in days.zones]),
    )
    source = f"{days.source}; {observations.source}"
    return replace(days, data=data, reference_state_K=observations.reference_state_K, source=source)


def _by_day(observations: Observations) -> _Daily:
    dates, index = day_index(observations.data["time"].to_numpy(), observations.timezone)
    missing = [name for name in (*MET_UNITS, "O3", "PM25") if name not in observations.data]
    if missing:
        remedy = "give a set with weather (T, P, RH, wind), O3 and PM25"
        raise InputError([Fault("observations", f"{name!r} is missing", remedy) for name in missing])
    weather = np.stack([_city_hours(observations, index, name) for name in MET_UNITS])
    complete = np.asarray(np.isfinite(weather).all(axis=(0, 2)), dtype=bool)
    usable = complete & np.concatenate([[False], complete[:-1]])
    return _Daily(dates, index, usable, _indicators(observations, index))


def _indicators(observations: Observations, index: npt.NDArray[np.int64]) -> dict[str, Array]:
    """Return what ranks and names a day, by day: MDA8 of O3 and the daily mean of PM2.5; NaN where not observed."""
    rules: dict[str, Callable[[Array], Array]] = {"O3": mda8, "PM25": daily_mean}
    return {
        name: _mean_over_sites(rule(_site_hours(observations, index, name)))
        if name in observations.data
        else np.full(index.shape[0], np.nan)
        for name, rule in rules.items()
    }


def _site_hours(observations: Observations, index: npt.NDArray[np.int64], name: str) -> Array:
    """Return (day, 24, site) of the non-control sites; NaN where a day's hour is outside the record."""
    values = observations.data[name].sel(site=list(observations.evaluation_sites)).transpose("time", "site").to_numpy()
    hours: Array = np.where(index[:, :, None] >= 0, values[index], np.nan)
    return hours


def _city_hours(observations: Observations, index: npt.NDArray[np.int64], name: str) -> Array:
    return _mean_over_sites(_site_hours(observations, index, name))


def _mean_over_sites(values: Array) -> Array:
    """Return the mean over the last axis of what is there; NaN where nothing is."""
    valid = np.isfinite(values)
    count = valid.sum(axis=-1)
    total = np.where(valid, values, 0.0).sum(axis=-1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _stratified(daily: _Daily, selection: DaySelection) -> npt.NDArray[np.int64]:
    seasons = season_of(daily.dates, selection.seasons)
    inside = _between(daily.dates, selection.first, selection.last) & daily.usable
    chosen, faults = [], []
    for season in selection.seasons:
        indicator = daily.indicators[selection.indicators.get(season, "O3")]
        candidates = np.flatnonzero(inside & (seasons == season) & np.isfinite(indicator))
        if candidates.size < selection.days_per_season:
            found = f"{candidates.size} usable days, {selection.days_per_season} asked for"
            faults.append(Fault(f"season {season}", found, "ask for fewer days or widen the dates"))
        else:
            chosen.append(_quantile_days(candidates, indicator[candidates], selection.days_per_season))
    if faults:
        raise InputError(faults)
    return np.sort(np.concatenate(chosen))


def _quantile_days(candidates: npt.NDArray[np.int64], indicator: Array, count: int) -> npt.NDArray[np.int64]:
    ranked = candidates[np.argsort(indicator, kind="stable")]
    quantiles = (np.arange(count) + 0.5) / count
    return np.asarray(ranked[np.floor(quantiles * ranked.size).astype(np.int64)])


def _between(dates: Dates, first: str | None, last: str | None) -> npt.NDArray[np.bool_]:
    after = dates >= np.datetime64(first, "D") if first else np.ones(dates.size, dtype=bool)
    before = dates <= np.datetime64(last, "D") if last else np.ones(dates.size, dtype=bool)
    return np.asarray(after & before)


def _explicit(daily: _Daily, selection: DaySelection) -> npt.NDArray[np.int64]:
    wanted = np.sort(np.array(selection.dates, dtype="datetime64[D]"))
    position = {date: place for place, date in enumerate(daily.dates.tolist())}
    places = [position.get(date, -1) for date in wanted.tolist()]
    faults = [
        Fault(f"date {date}", "has no complete weather on it and the day before", "choose another day")
        for date, place in zip(wanted, places, strict=True)
        if place < 0 or not daily.usable[place]
    ]
    if faults:
        raise InputError(faults)
    return np.array(places, dtype=np.int64)


def _dataset(
    observations: Observations,
    daily: _Daily,
    chosen: npt.NDArray[np.int64],
    zones: Sequence[str],
    selection: DaySelection,
) -> xr.Dataset:
    index = daily.index[chosen]
    shape = (chosen.size, HOURS, len(zones))
    weather = {name: np.broadcast_to(_city_hours(observations, index, name)[:, :, None], shape) for name in MET_UNITS}
    measured = {
        name: _zone_hours(observations, index, name.removeprefix("obs_"), zones)
        for name in OBSERVED_UNITS
        if name.removeprefix("obs_") in observations.data
    }
    units = MET_UNITS | OBSERVED_UNITS
    fields = {
        name: (("day", "hour", "zone"), values, {"units": units[name]}) for name, values in (weather | measured).items()
    }
    return xr.Dataset(fields, coords=_coordinates(observations, daily, chosen, zones, selection))


def _coordinates(
    observations: Observations,
    daily: _Daily,
    chosen: npt.NDArray[np.int64],
    zones: Sequence[str],
    selection: DaySelection,
) -> dict[str, object]:
    dates = daily.dates[chosen]
    seasons = season_of(dates, selection.seasons)
    names, counts = np.unique(seasons, return_counts=True)
    share = {name: season_days(name, selection.seasons) / count for name, count in zip(names, counts, strict=True)}
    districts = set(observations.sites.loc[list(observations.evaluation_sites), "district"])
    return {
        "day": np.arange(chosen.size),
        "hour": np.arange(HOURS),
        "zone": list(zones),
        "date": ("day", dates.astype("datetime64[ns]")),
        "season": ("day", seasons),
        "weight": ("day", np.array([share[season] for season in seasons])),
        "label": ("day", dates.astype(str)),
        "case": ("day", _cases(daily, chosen, seasons)),
        "has_site": ("zone", [zone in districts for zone in zones]),
    }


def _zone_hours(observations: Observations, index: npt.NDArray[np.int64], name: str, zones: Sequence[str]) -> Array:
    sites = observations.sites.loc[list(observations.evaluation_sites)]
    hours = _site_hours(observations, index, name)
    columns = []
    for zone in zones:
        own = np.flatnonzero((sites["district"] == zone).to_numpy())
        columns.append(_mean_over_sites(hours[:, :, own] if own.size else hours))
    return np.stack(columns, axis=-1)


@cache
def day_cases() -> pd.DataFrame:
    """Return the kinds of day: season, case, indicator (O3 MDA8 or PM25 daily mean), from_ug_m3 (above), to_ug_m3."""
    text = files("observations").joinpath("data/day_cases.csv").read_text("utf-8")
    table = pd.read_csv(StringIO(text))
    return table.fillna({"from_ug_m3": -np.inf, "to_ug_m3": np.inf})


def _cases(daily: _Daily, chosen: npt.NDArray[np.int64], seasons: npt.NDArray[np.str_]) -> npt.NDArray[np.str_]:
    """Name the kind of each day; its season where the table has none for it."""
    names = seasons.astype(object)
    for case in day_cases().to_dict("records"):
        value = daily.indicators[case["indicator"]][chosen]
        inside = (value > case["from_ug_m3"]) & (value <= case["to_ug_m3"])
        names[(seasons == case["season"]) & inside] = case["case"]
    return names.astype(str)
