"""What the figures of the emissions show, as tables and fields, apart from drawing them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from aqcore.errors import Fault, InputError, did_you_mean
from aqcore.units import HOUR_PER_DAY
from emissions.inventory import Inventory
from emissions.speciation import Speciation
from emissions.streams import EmissionStreams

M2_PER_KM2 = 1.0e6

CURVES = {"month": 12, "weekday": 7, "hour": int(HOUR_PER_DAY)}
"""Cycles of the temporal profiles and their lengths."""

FINE_PARTS = {
    "PM25_OC": ("POC",),
    "PM25_OM": ("PNCOM",),
    "PM25_EC": ("PEC",),
    "PM25_SO4": ("PSO4",),
    "PM25_NO3": ("PNO3",),
    "PM25_NH4": ("PNH4",),
}
"""Parts of PM2.5 that a figure shows (keys of the house colours) and their species; the rest is other."""
OTHER_PART = "PM25_OTHER"


@dataclass(frozen=True)
class Density:
    """Emission per area on a grid: `per_km2` (y, x) t a-1 km-2, at the corners `lon`, `lat` (y+1, x+1)."""

    pollutant: str
    per_km2: npt.NDArray[np.float64]
    lon: npt.NDArray[np.float64]
    lat: npt.NDArray[np.float64]


def _check(inventory: Inventory, pollutant: str) -> None:
    if pollutant not in inventory.pollutants:
        remedy = did_you_mean(pollutant, inventory.pollutants)
        raise InputError([Fault("pollutant", f"the inventory has no {pollutant!r}", remedy)])


def density(streams: EmissionStreams, pollutant: str, sectors: Sequence[str] | None = None) -> Density:
    """Return the emission per area of the cells, of all or some sectors; its sum times the areas is what is placed.

    Raises `InputError` for a pollutant that the inventory does not have.
    """
    inventory, placement = streams.inventory, streams.placement
    _check(inventory, pollutant)
    mass = inventory.mass.sel(pollutant=pollutant).to_numpy().copy()
    if sectors is not None:
        mass[~inventory.sources["sector"].isin(list(sectors)).to_numpy()] = 0.0
    per_place = np.bincount(placement.place, mass, placement.weights.shape[0])
    cells = (placement.weights.T @ per_place).reshape(streams.grid.shape)
    lon, lat = streams.grid.corners()
    return Density(pollutant, cells / (streams.grid.cell_area() / M2_PER_KM2), lon, lat)


def sector_totals(inventory: Inventory, pollutants: Sequence[str]) -> pd.DataFrame:
    """Return t/a with one row a sector and one column a pollutant, sectors in the order of the inventory."""
    for name in pollutants:
        _check(inventory, name)
    mass = pd.DataFrame(inventory.mass.sel(pollutant=list(pollutants)).to_numpy(), columns=list(pollutants))
    return mass.groupby(inventory.sources["sector"].to_numpy(), sort=False).sum().rename_axis("sector")


def time_curves(streams: EmissionStreams, pollutant: str, cycle: str) -> pd.DataFrame:
    """Return what sectors emit in the months, the weekdays or the local hours of a year.

    `cycle` is `month`, `weekday` or `hour`: the annual mass divided by the weights of the cycle (t), so that the parts
    sum to the year. One row a part (from 1, hours from 0), one column a sector that emits. Raises `InputError` for an
    unknown pollutant or cycle.
    """
    inventory = streams.inventory
    _check(inventory, pollutant)
    if cycle not in CURVES:
        raise InputError([Fault("cycle", f"unknown cycle {cycle!r}", did_you_mean(cycle, CURVES))])
    shares = getattr(streams.profiles, cycle)[streams.assignment.temporal]
    mass = inventory.mass.sel(pollutant=pollutant).to_numpy()
    sums = pd.DataFrame(shares * mass[:, None]).groupby(inventory.sources["sector"].to_numpy(), sort=False).sum().T
    sums.index = pd.RangeIndex(0 if cycle == "hour" else 1, CURVES[cycle] + (0 if cycle == "hour" else 1), name=cycle)
    return sums.loc[:, sums.sum() > 0.0]


def fine_particle_parts(inventory: Inventory, speciation: Speciation) -> pd.DataFrame:
    """Return t/a of the parts of PM2.5, one row a sector, one column a part (keys of the house colours)."""
    masses = speciation.masses(inventory).sel(pollutant="PM25")
    names = [str(name) for name in masses["species"].to_numpy()]
    table = pd.DataFrame(masses.to_numpy(), columns=names)
    sums = table.groupby(inventory.sources["sector"].to_numpy(), sort=False).sum().rename_axis("sector")
    parts = pd.DataFrame({part: sums[list(species)].sum(axis=1) for part, species in FINE_PARTS.items()})
    parts[OTHER_PART] = sums.sum(axis=1) - parts.sum(axis=1)
    return parts[parts.sum(axis=1) > 0.0]
