"""Making streams of a gridded inventory, alone or around a city that has its own inventory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date as calendar_date
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import scipy.sparse as sp
import xarray as xr

from aqcore.calendar import CHINA, Holidays, Unpublished
from aqcore.errors import Fault, InputError
from aqcore.grid import Grid
from aqcore.ledger import KEPT, Entry, Ledger
from emissions.clock import city_clock, ledger_year_of
from emissions.gridded import WHOLE_YEAR, GriddedInventory
from emissions.gridded_response import gridded_response
from emissions.layers import Layers, VerticalProfiles, default_vertical_profiles
from emissions.profiles import TimeProfiles
from emissions.regional_ledger import Placed, open_regional_ledger
from emissions.regional_streams import RegionalStreams, of_months
from emissions.source_cells import Backend
from emissions.source_classes import source_classes
from emissions.speciation import Speciation, build_speciation
from emissions.streams import EmissionStreams
from emissions.writing import Progress

OUTSIDE_PREFIX = "REG_"
"""Prefix of the streams of a region around a city: `REG_POWER` beside the city's `POWER` (16 characters at most)."""

COVERED = 1e-6
"""A cell that districts cover by more than this beyond 1 comes from districts that overlap each other."""


def build_regional_streams(
    inventory: GriddedInventory,
    grid: Grid,
    *,
    mask: xr.DataArray | None = None,
    prefix: str = "",
    backend: Backend = "auto",
    timezone: str = CHINA,
    holidays: Holidays | Literal["china"] | None = "china",
    unpublished_holidays: Unpublished = "refuse",
    speciation: Speciation | None = None,
    time_profiles: TimeProfiles | None = None,
    vertical_profiles: VerticalProfiles | None = None,
    layers: Layers | None = None,
    ledger_year: int | None = None,
) -> RegionalStreams:
    """Place, speciate and time a gridded inventory on a grid, and open its ledger.

    Parameters
    ----------
    inventory, grid
        What is emitted and the model grid.
    mask
        Area fraction (zone, y, x) of each cell in each district whose own inventory takes the place of this one
        (`EmissionStreams.zone_mask`); that part is left out and booked.
    prefix
        In front of the names of the sectors.
    backend
        How the weights are made, see `emissions.source_cells.Backend`.
    timezone, holidays, unpublished_holidays, speciation, time_profiles, vertical_profiles, layers, ledger_year
        As in `build_streams`.

    Raises
    ------
    InputError
        For classes without a profile that they need, and a mask that is none or covers cells twice.
    RunFailed
        When the ledger does not close.

    """
    clock = city_clock(
        timezone=timezone, holidays=holidays, unpublished=unpublished_holidays, time_profiles=time_profiles
    )
    classes = [source_classes()[name] for name in inventory.classes]
    response = gridded_response(inventory, speciation or build_speciation())
    weights, placed = place(inventory, grid, mask, backend)
    used = clock.select([one.temporal_profile for one in classes])
    chosen = layers or Layers()
    vertical = vertical_profiles or default_vertical_profiles()
    shares = vertical.fractions([one.vertical_profile for one in classes], chosen)
    sums = _year_sums(inventory, used, ledger_year or ledger_year_of(clock))
    names = tuple(prefix + one.sector for one in classes)
    ledger, account = open_regional_ledger(inventory, response, placed, names, sums, shares.sum(axis=1))
    ledger.check()
    return RegionalStreams(
        grid, inventory, prefix, weights, placed, response, used, shares, chosen, ledger, account
    )  # fmt: skip


def place(
    inventory: GriddedInventory, grid: Grid, mask: xr.DataArray | None, backend: Backend
) -> tuple[sp.csr_array, Placed]:
    """Return the weights (source cell, cell) without what the mask covers, and what becomes of each row."""
    cover = np.zeros((0, grid.nrows * grid.ncols)) if mask is None else _cover(mask, grid)
    weights = inventory.cells.weights(grid, backend)
    free = np.clip(1.0 - cover.sum(axis=0), 0.0, 1.0)
    kept_weights = sp.csr_array(weights @ sp.diags_array(free))
    kept_weights.eliminate_zeros()
    reached = inventory.mass @ weights.sum(axis=1)
    kept = np.asarray(inventory.mass @ kept_weights.sum(axis=1))
    by_district = np.asarray((inventory.mass @ weights) @ cover.T).reshape(len(kept), len(cover))
    total = np.asarray(inventory.mass.sum(axis=1))
    outside = inventory.rows["beyond"].to_numpy(dtype=float) + _rounded(total - reached, total)
    zones = () if mask is None else tuple(str(code) for code in mask["zone"].to_numpy())
    return kept_weights, Placed(kept, np.asarray(reached - kept), outside, by_district, zones)


def _rounded(rest: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return what is left of the whole, with rounding cleared."""
    return np.where(np.abs(rest) < 1e-12 * whole, 0.0, rest)


def _cover(mask: xr.DataArray, grid: Grid) -> np.ndarray:
    if mask.dims != ("zone", "y", "x") or mask.shape[1:] != grid.shape:
        what = f"dimensions {mask.dims} of sizes {mask.shape}"
        raise InputError([Fault("mask", what, f"give (zone, y, x) on the grid {grid.name} of {grid.shape} cells")])
    cover = mask.to_numpy().reshape(mask.shape[0], -1)
    total = cover.sum(axis=0)
    if cover.min(initial=0.0) < 0.0 or total.max(initial=0.0) > 1.0 + COVERED:
        what = f"cells are covered from {cover.min():g} to {total.max():g} times"
        raise InputError([Fault("mask", what, "districts must not overlap; give area fractions from 0 to 1")])
    return np.asarray(cover)


def _year_sums(inventory: GriddedInventory, used: TimeProfiles, year: int) -> np.ndarray:
    """Return what the hourly shares of each row of the inventory sum to in a year, (row,)."""
    yearly = used.year_shares(year).sum(axis=1)
    monthly = of_months(used).month_sums(year)
    number = pd.Index(inventory.classes).get_indexer(pd.Index(inventory.rows["source_class"]))
    months = inventory.rows["month"].to_numpy()
    return np.asarray(np.where(months == WHOLE_YEAR, yearly[number], monthly[number, np.maximum(months, 1) - 1]))


@dataclass(frozen=True, eq=False)
class MergedStreams:
    """A city's own streams inside its districts, those of a regional inventory around them."""

    city: EmissionStreams
    region: RegionalStreams

    @property
    def sectors(self) -> tuple[str, ...]:
        """The streams of the city, then those of the region."""
        return (*self.city.sectors, *self.region.sectors)

    @property
    def ledger(self) -> Ledger:
        """The ledgers of both; it closes when both do. A step that only one of them takes leaves the other as it is."""
        ledger = Ledger()
        order = tuple(dict.fromkeys((*self.city.ledger.steps, *self.region.ledger.steps)))
        for part in (self.city.ledger, self.region.ledger):
            ledger.extend(_with_steps(part, order))
        return ledger

    @property
    def day_totals(self) -> pd.DataFrame:
        """What the written files hold."""
        return pd.concat([self.city.day_totals, self.region.day_totals], ignore_index=True)

    @property
    def provenance(self) -> dict[str, str]:
        """What the streams follow by choice, in words."""
        return self.city.provenance | self.region.provenance

    def sector(self, name: str, times_utc: np.ndarray) -> xr.Dataset:
        """Return the hourly fields of a stream of either; raises `InputError` for an unknown one."""
        return (self.region if name in self.region.sectors else self.city).sector(name, times_utc)

    def write(
        self,
        folder: Path,
        date: str | np.datetime64 | calendar_date,
        *,
        factors: xr.DataArray | None = None,
        region_factors: xr.DataArray | None = None,
        inline_points: bool = False,
        progress: Progress | None = None,
    ) -> list[Path]:
        """Write one UTC day of all streams; `factors` act on the city, `region_factors` on the region's classes."""
        paths = self.city.write(folder, date, factors=factors, inline_points=inline_points, progress=progress)
        return [*paths, *self.region.write(folder, date, factors=region_factors, progress=progress)]

    def comparison(self) -> pd.DataFrame:
        """Return what the city states and what the regional inventory had in its place, by district and pollutant.

        Columns district, pollutant, city_t, region_t (t/a inside the domain), ratio (city over region). Pollutants
        that only one of the two states are left out; species stated in moles have no mass.
        """
        city = self.city.inventory.long()
        inside = np.repeat(self.city.placement.inside, len(self.city.inventory.pollutants))
        own = (city["mass_t"] * inside).groupby([city["district"], city["pollutant"]]).sum()
        rows = self.region.inventory.rows
        table = pd.DataFrame(self.region.placed.by_district, columns=list(self.region.placed.districts))
        long = table.assign(pollutant=rows["pollutant"]).melt("pollutant", var_name="district", value_name="mass_t")
        region = long.groupby(["district", "pollutant"])["mass_t"].sum()
        both: pd.DataFrame = pd.concat({"city_t": own, "region_t": region}, axis=1, join="inner").reset_index()
        ratio = both["city_t"] / both["region_t"].where(both["region_t"] > 0.0)
        return both.assign(ratio=ratio)


def _with_steps(ledger: Ledger, order: Sequence[str]) -> Iterator[Entry]:
    """Yield the entries of a ledger; in a step of `order` that it does not take, what it kept before stays."""
    kept: list[Entry] = []
    for step in order:
        own = [entry for entry in ledger.entries if entry.step == step]
        yield from own or (replace(entry, step=step) for entry in kept)
        kept = [entry for entry in own if entry.fate == KEPT] or kept


def merge(
    city: EmissionStreams,
    inventory: GriddedInventory,
    *,
    backend: Backend = "auto",
    speciation: Speciation | None = None,
    vertical_profiles: VerticalProfiles | None = None,
    time_profiles: TimeProfiles | None = None,
    prefix: str = OUTSIDE_PREFIX,
) -> MergedStreams:
    """Put a regional inventory around a city: the city's own inside its districts, the regional outside, no overlap.

    The regional mass inside the districts is booked (fate `REPLACED`) and compared in `MergedStreams.comparison`.
    Raises `InputError` as `build_regional_streams`, and for a prefix that makes names of more than 16 characters.
    """
    long = [prefix + name for name in inventory.sectors if len(prefix + name) > NAME_LENGTH]
    if long:
        what = f"names of more than {NAME_LENGTH} characters: {', '.join(long)}"
        raise InputError([Fault("prefix", what, f"use a shorter one, such as {OUTSIDE_PREFIX}")])
    clock = city.profiles
    region = build_regional_streams(
        inventory, city.grid, mask=city.zone_mask(), prefix=prefix, backend=backend, speciation=speciation,
        time_profiles=time_profiles or city_clock(timezone=clock.timezone, holidays=clock.holidays),
        vertical_profiles=vertical_profiles, layers=city.layers,
    )  # fmt: skip
    return MergedStreams(city, region)


NAME_LENGTH = 16
"""Characters of a stream's name."""
