"""A batch of boxes: the run inputs of several scenarios as arrays (scenario, day, zone), and the state they carry."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xarray as xr

from drivers.box_model import tracers
from drivers.box_model.inflow import Inflow, inflow
from drivers.box_model.settings import BoxSettings
from drivers.box_model.weather import HOURS, Weather

Array = npt.NDArray[np.float64]

PPB = 1e-9
UG_PER_G = 1e6
GAS_CONSTANT = 8.314462618
"""J mol-1 K-1."""


@dataclass
class State:
    """Air of the boxes and of the residual layer above them.

    Gases (species, scenario, day, zone) ppb, tracers (tracer, ...) ug m-3; `top` (day, zone) is the top of the
    residual layer (m); `step` (box,) the solver's last step (s), with which the next segment begins.
    """

    gas: Array
    tracer: Array
    residual_gas: Array
    residual_tracer: Array
    top: Array
    step: Array | None = None


@dataclass(frozen=True)
class Forcing:
    """Emission and inflow of one hour, (species, scenario, day, zone).

    Emission of gases mol m-2 s-1 and tracers g m-2 s-1; the region's air near the ground and aloft, ppb and ug m-3.
    """

    gas: Array
    tracer: Array
    ground_gas: Array
    ground_tracer: Array
    aloft_gas: Array
    aloft_tracer: Array


@dataclass(frozen=True)
class Region:
    """Inflow of gases (species, hour, scenario, day) ppb and tracers ug m-3; after the 24 hours the air aloft.

    `methane` (scenario, day) mol mol-1, zero where the background does not tell.
    """

    gas: Array
    tracer: Array
    methane: Array


class Batch:
    """Run inputs of several scenarios that share days, zones, weather and settings."""

    def __init__(self, inputs: Sequence[xr.Dataset], species: tuple[str, ...], settings: BoxSettings) -> None:
        first = inputs[0]
        self.settings, self.species = settings, species
        self.shape = (len(inputs), first.sizes["day"], first.sizes["zone"])
        self._names = (
            [str(one.attrs.get("scenario", number)) for number, one in enumerate(inputs)],
            [str(label) for label in first["day_label"].to_numpy()],
            [str(zone) for zone in first["zone"].to_numpy()],
        )
        self.area = first["area"].to_numpy().astype(np.float64)
        self.fetch = settings.fetch_share * np.sqrt(self.area)
        self.city_fetch = settings.fetch_share * float(np.sqrt(self.area.sum()))
        self.inflow: Inflow = inflow(self.area, first["core"].to_numpy().astype(bool))
        self.weather = [Weather(first, which, settings) for which in range(first.sizes["which"])]
        self.so2_uptake = first["so2_uptake"].to_numpy().astype(np.float64)[:, None]
        self._emission = [self._emitted(inputs, which) for which in range(first.sizes["which"])]
        self.region = _region(inputs, species)

    def _emitted(self, inputs: Sequence[xr.Dataset], which: int) -> tuple[Array, Array]:
        """Return the emission of gases (mol m-2 s-1) and tracers (g m-2 s-1), (species, hour, scenario, day, zone)."""
        splits = [self._split(one.isel(which=which)) for one in inputs]
        return (
            np.stack([split.gas for split in splits], 2) / self.area,
            np.stack([split.tracer for split in splits], 2) / self.area,
        )

    def _split(self, one: xr.Dataset) -> tracers.Split:
        names = [str(name) for name in one["species"].to_numpy()]
        emission = one["emission"].transpose("species", "hour", "day", "zone").to_numpy().astype(np.float64)
        split = tracers.split_emission(names, emission, self.species, self.settings.pcvoc_per_poa)
        plants = one["biogenic"].transpose("bio_species", "hour", "day", "zone").to_numpy().astype(np.float64)
        for row, name in enumerate(str(name) for name in one["bio_species"].to_numpy()):
            if name in self.species:
                split.gas[self.species.index(name)] += plants[row]
        return split

    def name_of(self, box: int) -> str:
        """Return what a box number stands for: scenario, day and district."""
        places = np.unravel_index(box, self.shape)
        scenario, day, zone = (names[place] for names, place in zip(self._names, places, strict=True))
        return f"scenario {scenario}, day {day}, district {zone}"

    def forcing(self, which: int, hour: int) -> Forcing:
        """Return what acts on the boxes in one local hour of a pass."""
        gas, tracer = self._emission[which]
        air = [values[:, at, :, :, None] for at in (hour, HOURS) for values in (self.region.gas, self.region.tracer)]
        return Forcing(gas[:, hour], tracer[:, hour], *air)

    def start(self) -> State:
        """Return boxes filled with the inflow of the first hour, under a residual layer of the air aloft."""
        first = self.forcing(0, 0)
        parts = (first.ground_gas, first.ground_tracer, first.aloft_gas, first.aloft_tracer)
        gas, tracer, aloft, aloft_tracer = (np.broadcast_to(p, (p.shape[0], *self.shape)).copy() for p in parts)
        return State(gas, tracer, aloft, aloft_tracer, self.weather[0].height(0.0).copy())


def _region(inputs: Sequence[xr.Dataset], species: tuple[str, ...]) -> Region:
    names, shape = tracers.names(), (HOURS + 1, len(inputs), inputs[0].sizes["day"])
    gas, tracer = np.zeros((len(species), *shape)), np.zeros((len(names), *shape))
    methane = np.zeros(shape[1:])
    for s, one in enumerate(inputs):
        given = _inflow_by_name(one)
        for name in set(given) & set(species):
            gas[species.index(name), :, s] = given[name]
        for name, series in tracers.background_tracers(given).items():
            tracer[names.index(name), :, s] = series
        if "NH3" in given:
            tracer[names.index("NH3"), :, s] = given["NH3"] * _nh3_per_ppb(one)
        if "CH4" in given:
            methane[s] = given["CH4"].mean(axis=0) * PPB
    return Region(gas, tracer, methane)


def _inflow_by_name(one: xr.Dataset) -> dict[str, Array]:
    """Return the inflow of a run (hour and aloft, day) by mechanism or background name."""
    names = [tracers.GAS_ALIASES.get(str(name), str(name)) for name in one["bg_species"].to_numpy()]
    ground = one["background"].transpose("bg_species", "hour", "day").to_numpy().astype(np.float64)
    aloft = one["aloft"].transpose("bg_species", "day").to_numpy().astype(np.float64)
    return dict(zip(names, np.concatenate([ground, aloft[:, None]], axis=1), strict=True))


def _nh3_per_ppb(one: xr.Dataset) -> Array:
    """Return ug m-3 of ammonia in a ppb, (1, day), at the days' mean temperature and pressure."""
    met = one.isel(which=-1)
    T, P = (met[name].mean(("hour", "zone")).to_numpy().astype(np.float64) for name in ("T", "P"))
    return np.asarray(PPB * P / (GAS_CONSTANT * T) * tracers.M_NH3 * UG_PER_G)[None, :]
