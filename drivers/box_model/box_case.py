"""Assembling the input of a batch of boxes: one dataset a scenario, complete in itself (`input.nc`)."""

import csv
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Protocol

import numpy as np
import numpy.typing as npt
import xarray as xr

from aqcore.errors import Faults, gathering
from aqcore.grid import Grid
from drivers.box_model import tracers
from drivers.box_model.biogenic import ISOPRENE, MONOTERPENES, SESQUITERPENES, Light, biogenic_emission
from drivers.box_model.mixing_layer import Layer, mixed_layer_height
from drivers.box_model.settings import BoxSettings
from drivers.box_model.solar import cos_zenith, day_of_year
from drivers.box_model.surface_fluxes import Surface, surface_fluxes
from drivers.box_model.weather import hazy_radiation
from observations.background import Background
from observations.model_days import HOURS, ModelDays, utc_hours

Array = npt.NDArray[np.float64]

MET = ("T", "P", "RH", "wind")
AFTERNOON = slice(13, 18)
"""Local hours in which the layer is deep and its air is that of the region aloft."""
DAY_COORDS = ("date", "season", "weight", "label")


class ZoneEmissions(Protocol):
    """What the boxes need of the emission streams."""

    @property
    def grid(self) -> Grid:
        """The grid."""
        ...

    def zone_mask(self) -> xr.DataArray:
        """Area fraction of each cell in each district, (zone, y, x)."""
        ...

    def zone_emissions(self, times_utc: npt.ArrayLike, factors: xr.DataArray | None = None) -> xr.DataArray:
        """Anthropogenic emission (species, time, zone), mol s-1 or g s-1."""
        ...


def zone_table(streams: ZoneEmissions, zones: tuple[str, ...], settings: BoxSettings) -> xr.Dataset:
    """Return area (m2), centre (degrees), core flag and green share of the zones.

    Raises `InputError` for a zone without area on the grid, and for a core zone that is not modelled.
    """
    mask = streams.zone_mask()
    known = [str(zone) for zone in mask["zone"].to_numpy()]
    with gathering() as faults:
        _zone_faults(faults, zones, known, settings)
    share = mask.sel(zone=list(zones)).transpose("zone", "y", "x").to_numpy() * streams.grid.cell_area()
    lon, lat = streams.grid.centres()
    area = share.sum(axis=(1, 2))
    with gathering() as faults:
        for zone in np.flatnonzero(area <= 0.0):
            faults.add(f"zone {zones[zone]}", "has no area on the grid", "enlarge the grid, or leave the zone out")
    return xr.Dataset(
        {
            "area": ("zone", area, {"units": "m2"}),
            "lon": ("zone", (share * lon).sum(axis=(1, 2)) / area, {"units": "degrees_east"}),
            "lat": ("zone", (share * lat).sum(axis=(1, 2)) / area, {"units": "degrees_north"}),
            "core": ("zone", np.array([zone in settings.core_zones for zone in zones]).astype(np.int8)),
            "green": ("zone", np.array([settings.green(zone) for zone in zones]), {"units": "1"}),
        },
        {"zone": list(zones)},
    )


def _zone_faults(faults: Faults, zones: tuple[str, ...], known: list[str], settings: BoxSettings) -> None:
    for zone in zones:
        if zone not in known:
            faults.add(f"model days: zone {zone}", "is not a district of the emissions", "use the same district codes")
    for zone in settings.core_zones:
        if zone not in zones:
            faults.add("box.core_zones", f"{zone} is not among the modelled districts", "use their codes")


def passes(days: ModelDays) -> list[xr.Dataset]:
    """Return the days of each pass: the days before (when known), then the days themselves."""
    return [days.data] if days.previous is None else [days.previous, days.data]


def weather_dataset(days: ModelDays, zones: xr.Dataset, settings: BoxSettings) -> xr.Dataset:
    """Return everything but emissions and inflow: weather, sun, aerosol optical depth, layer height.

    dims (which, day, hour | edge, zone); `which` is the pass (spin-up, modelled), a single one when they are the same.
    """
    parts = [_one_pass(data, zones, settings) for data in passes(days)]
    merged = xr.concat(parts, "which", join="override", coords="minimal", compat="override")
    season = [str(name) for name in days.data["season"].to_numpy()]
    merged["ozone_du"] = ("day", np.array([settings.of_season("ozone_du", name) for name in season]))
    merged["so2_uptake"] = ("day", np.array([settings.of_season("so2_uptake", name) for name in season]))
    for name in DAY_COORDS:
        merged[f"day_{name}"] = ("day", days.data[name].to_numpy())
    return merged.merge(zones)


def _one_pass(data: xr.Dataset, zones: xr.Dataset, settings: BoxSettings) -> xr.Dataset:
    dims = ("day", "hour", "zone")
    ordered = data.sel(zone=zones["zone"]).transpose("day", "hour", "zone", ...)
    values: dict[str, Array] = {name: ordered[name].to_numpy().astype(np.float64) for name in MET}
    values["cloud"] = _cloud(ordered, values["T"].shape, settings)
    hours = utc_hours(data["date"].to_numpy(), settings.timezone)
    middle = hours[:, :, None] + np.timedelta64(30, "m")
    cosz = cos_zenith(middle, zones["lon"].to_numpy(), zones["lat"].to_numpy())
    seasons = [str(name) for name in data["season"].to_numpy()]
    aod = _aod(ordered, seasons, settings)
    radiation = hazy_radiation(cosz, aod[:, None, :], values["cloud"])
    height = _height(ordered, values, radiation, seasons, settings)
    bio = _biogenic(values["T"], Light(radiation, cosz, day_of_year(middle)), zones, seasons, settings)
    variables = {name: (dims, array) for name, array in {**values, "radiation": radiation}.items()}
    return xr.Dataset(
        {
            **variables,
            "aod": (("day", "zone"), aod),
            "steadiness": (("day", "zone"), _steadiness(values["wind"], settings)),
            "height": (("day", "edge", "zone"), height),
            "biogenic": (("bio_species", *dims), np.stack(list(bio.values()))),
            "midnight_utc": ("day", hours[:, 0].astype("datetime64[ns]")),
        },
        {"zone": zones["zone"].to_numpy(), "bio_species": list(bio)},
    )


def _cloud(data: xr.Dataset, shape: tuple[int, ...], settings: BoxSettings) -> Array:
    if "cloud" not in data:
        return np.full(shape, settings.cloud)
    return data["cloud"].fillna(settings.cloud).to_numpy().astype(np.float64)


def _aod(data: xr.Dataset, seasons: list[str], settings: BoxSettings) -> Array:
    """Optical depth (day, zone): from the day's observed PM2.5 averaged over the city, else the season's mean."""
    mean = np.array([settings.of_season("aod", season) for season in seasons])
    if "obs_PM25" in data:
        observed = data["obs_PM25"].mean(("hour", "zone")).to_numpy().astype(np.float64)
        per = np.array([settings.of_season("aod_per_pm25", season) for season in seasons])
        mean = np.where(np.isfinite(observed), per * observed, mean)
    return np.repeat(mean[:, None], data.sizes["zone"], axis=1)


def _steadiness(wind: Array, settings: BoxSettings) -> Array:
    """Share of the wind speed that carries air away (day, zone)."""
    mean = wind.mean(axis=1)
    if settings.wind_steadiness is not None:
        return np.full(mean.shape, settings.wind_steadiness)
    speeds, shares = steadiness_table()
    return np.asarray(np.interp(mean, speeds, shares))


@cache
def steadiness_table() -> tuple[Array, Array]:
    """Return the shipped steadiness: mean wind (m s-1) and vector over scalar mean."""
    text = files("drivers.box_model").joinpath("data/wind_steadiness.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    return np.array([float(r["mean_wind_m_s"]) for r in rows]), np.array([float(r["steadiness"]) for r in rows])


def _height(
    data: xr.Dataset, met: Mapping[str, Array], radiation: Array, seasons: list[str], settings: BoxSettings
) -> Array:
    """Layer height (day, edge, zone): the met's own where every hour has it, else the parameterisation."""
    surface = Surface(settings.roughness_m, settings.albedo, settings.moisture, settings.anthropogenic_heat_wm2)
    layer = Layer(settings.layer_floor_m, settings.layer_ceiling_m)
    first = {name: np.moveaxis(values, 1, 0) for name, values in met.items()}
    fluxes = surface_fluxes(np.moveaxis(radiation, 1, 0), first["T"], first["wind"], first["cloud"], surface)
    gamma = np.array([settings.of_season("gamma", season) for season in seasons])[:, None]
    made = mixed_layer_height(fluxes, first["T"], gamma, layer)
    if "pblh" in data:
        given = np.moveaxis(data["pblh"].to_numpy().astype(np.float64), 1, 0)
        edges = 0.5 * (given + np.roll(given, 1, axis=0))
        edges = np.clip(np.concatenate([edges, edges[:1]]), settings.layer_floor_m, settings.layer_ceiling_m)
        made = np.where(np.isfinite(given).all(axis=0), edges, made)
    return np.moveaxis(made, 0, 1)


def _biogenic(
    temperature: Array, light: Light, zones: xr.Dataset, seasons: list[str], settings: BoxSettings
) -> dict[str, Array]:
    factors = {
        ISOPRENE: settings.isoprene_factor,
        MONOTERPENES: settings.monoterpene_factor,
        SESQUITERPENES: settings.sesquiterpene_factor,
    }
    green = (zones["green"] * zones["area"]).to_numpy()
    first = Light(*(np.moveaxis(np.broadcast_to(a, temperature.shape), 1, 0) for a in _fields(light)))
    emitted = biogenic_emission(factors, green, np.moveaxis(temperature, 1, 0), first, settings.leaf_area_index)
    growing = np.array([settings.of_season("growing", season) for season in seasons])[:, None, None]
    return {species: np.moveaxis(values, 0, 1) * growing for species, values in emitted.items()}


def _fields(light: Light) -> tuple[Array, Array, Array]:
    return light.radiation, light.sin_elevation, light.day_of_year


def emission_dataset(
    streams: ZoneEmissions, days: ModelDays, zones: tuple[str, ...], factors: xr.DataArray | None, timezone: str
) -> xr.DataArray:
    """Return the anthropogenic emission (species, which, day, hour, zone), mol s-1 or g s-1, of one scenario."""
    parts = [utc_hours(data["date"].to_numpy(), timezone) for data in passes(days)]
    times = np.stack(parts)
    flat = streams.zone_emissions(times.ravel(), factors).sel(zone=list(zones)).transpose("species", "time", "zone")
    values = flat.to_numpy().reshape(flat.sizes["species"], *times.shape, len(zones))
    return xr.DataArray(
        values,
        {"species": [str(name) for name in flat["species"].to_numpy()], "zone": list(zones)},
        ("species", "which", "day", "hour", "zone"),
        "emission",
    )


def background_dataset(background: Background, days: ModelDays, settings: BoxSettings) -> xr.Dataset:
    """Return the inflow before any scenario: gases ppb, aerosol ug m-3.

    `background` (bg_species, day, hour) flows in near the ground, `aloft` (bg_species, day), its afternoon mean, lies
    above the layer. A gas with one value a day is taken as the air of the afternoon; near the ground it follows the
    daily cycle of `data/inflow_cycle.csv` where that has one (`settings.inflow_cycle`). Raises `InputError` for a
    season without a background and for PM25 without its parts.
    """
    seasons = [str(season) for season in days.data["season"].to_numpy()]
    keys = [background.key_of_day(case, season) for case, season in zip(days.cases, seasons, strict=True)]
    with gathering() as faults:
        for key in dict.fromkeys(keys):
            faults.extend(tracers.background_faults(background.species(key), key))
    names = tuple(dict.fromkeys(name for key in keys for name in background.species(key)))
    ground, aloft = np.zeros((len(names), len(keys), HOURS)), np.zeros((len(names), len(keys)))
    for day, key in enumerate(keys):
        for name in background.species(key):
            row, hourly = names.index(name), background.hourly(name, key)
            aloft[row, day] = hourly[AFTERNOON].mean()
            ground[row, day] = _near_ground(hourly, seasons[day], name, settings)
    coords = {"bg_species": list(names)}
    return xr.Dataset(
        {"background": (("bg_species", "day", "hour"), ground), "aloft": (("bg_species", "day"), aloft)}, coords
    )


def _near_ground(hourly: Array, season: str, name: str, settings: BoxSettings) -> Array:
    cycle = inflow_cycle().get((season, name)) if settings.inflow_cycle else None
    return hourly * cycle if cycle is not None and np.ptp(hourly) == 0.0 else hourly


def scaled_inflow(inflow: xr.Dataset, factors: Mapping[str, float]) -> xr.Dataset:
    """Return the inflow times a scenario's factors; a part of PM25 without its own factor takes that of PM25."""
    names = [str(name) for name in inflow["bg_species"].to_numpy()]
    return inflow * xr.DataArray(inflow_factors(names, factors), {"bg_species": names}, ("bg_species",))


def inflow_factors(names: Sequence[str], factors: Mapping[str, float]) -> list[float]:
    """Return the factor of each species of the inflow; a part of PM25 without its own takes that of PM25."""
    return [_factor(name, factors) for name in names]


@cache
def inflow_cycle() -> dict[tuple[str, str], Array]:
    """Return the shipped daily cycles: (season, species) -> 24 factors on the afternoon's value."""
    text = files("drivers.box_model").joinpath("data/inflow_cycle.csv").read_text(encoding="utf-8")
    cycles: dict[tuple[str, str], Array] = {}
    for row in csv.DictReader(text.splitlines()):
        cycles.setdefault((row["season"], row["species"]), np.ones(HOURS))[int(row["hour"])] = float(row["factor"])
    return cycles


def _factor(name: str, factors: Mapping[str, float]) -> float:
    if name in factors:
        return factors[name]
    return factors.get("PM25", 1.0) if name.startswith("PM25_") else 1.0
