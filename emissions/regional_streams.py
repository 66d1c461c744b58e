"""Streams of a gridded inventory: monthly mass x placing x time within the month x layers, multiplied when asked for.

What lies inside a city that has its own inventory is left out (`mask`) and booked, so that nothing counts twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date as calendar_date
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp
import xarray as xr

from aqcore.calendar import to_local, utc_steps
from aqcore.errors import RunFailed
from aqcore.grid import Grid
from aqcore.ledger import Ledger
from aqcore.units import SECOND_PER_HOUR
from emissions.accounting import HOURS, Account, WrittenDay, day_table, read_day, with_files
from emissions.clock import describe
from emissions.fields import SectorField, lazy_dataset
from emissions.gridded import WHOLE_YEAR, GriddedInventory
from emissions.gridded_response import GriddedResponse
from emissions.layers import Layers
from emissions.mechanisms import rate_units
from emissions.profiles import TimeProfiles
from emissions.regional_ledger import Placed, class_totals
from emissions.response import checked
from emissions.source_classes import source_classes
from emissions.writing import Progress, file_path, require_streams, tracked, write_field


@dataclass(frozen=True, eq=False)
class RegionalStreams:
    """The emissions of a gridded inventory on a grid, one stream a sector, named `prefix` + sector.

    `weights` (source cell, cell) are the shares that are kept, without the mask; `placed` says what becomes of each
    row of the inventory; `yearly` are the temporal profiles of the classes and `layer_shares` their layers, (class,
    layer); `opened` is the ledger up to the layers and `account` the mass that the files have to hold.
    """

    grid: Grid
    inventory: GriddedInventory
    prefix: str
    weights: sp.csr_array
    placed: Placed
    response: GriddedResponse
    yearly: TimeProfiles
    layer_shares: np.ndarray
    layers: Layers
    opened: Ledger
    account: Account
    _written: dict[tuple[str, str], WrittenDay] = field(default_factory=dict, repr=False)

    @cached_property
    def monthly(self) -> TimeProfiles:
        """The profiles of the classes with every month 1."""
        return of_months(self.yearly)

    @property
    def species(self) -> tuple[str, ...]:
        """All emission species, gases first."""
        return self.response.species

    @cached_property
    def units(self) -> tuple[str, ...]:
        """Unit of the rate of each species: mol/s of gases, g/s of aerosols."""
        return rate_units(self.species)

    @cached_property
    def sectors(self) -> tuple[str, ...]:
        """The streams that emit any species inside the domain."""
        names = dict.fromkeys(self._stream(name) for name in self.inventory.classes)
        return tuple(name for name in names if len(self._emitted(name)))

    @property
    def provenance(self) -> dict[str, str]:
        """What the streams follow by choice, in words."""
        return describe(self.yearly) | {"inventory": self.inventory.name}

    @property
    def ledger(self) -> Ledger:
        """Mass by step, stream and pollutant, t/a (10^6 mol/a of stated species), the district being `REGION`."""
        return with_files(self.opened, self.account, list(self._written.values()))

    @property
    def day_totals(self) -> pd.DataFrame:
        """What the written files hold, as `EmissionStreams.day_totals`."""
        return day_table(self._written.values())

    def sector(self, name: str, times_utc: np.ndarray, factors: xr.DataArray | None = None) -> xr.Dataset:
        """Return the hourly fields of a stream, lazy, float32 (time, layer, y, x), moles/s or g/s a cell.

        `factors` (source_class, pollutant), or one of these dimensions; what it does not name has factor 1. Raises
        `InputError` for an unknown stream.
        """
        require_streams([name], self.sectors)
        times = np.asarray(times_utc)
        attrs = {"sector": name, "grid": self.grid.name}
        return lazy_dataset(self._field(name, times, self._aligned(factors)), times, self.grid, attrs)

    def write(
        self,
        folder: Path,
        date: str | np.datetime64 | calendar_date,
        *,
        sectors: Iterable[str] | None = None,
        factors: xr.DataArray | None = None,
        progress: Progress | None = None,
    ) -> list[Path]:
        """Write one UTC day of each stream, `<folder>/<STREAM>/emis_<STREAM>_<yyyymmdd>.nc`, 25 hourly steps.

        Each file is summed back: when it differs by more than 1e-6 from what the profiles give the day, it is
        withdrawn and `RunFailed` raised. Without `factors` the result joins the ledger (step `files`). `progress` is
        called with the streams done and their number.
        """
        names = self.sectors if sectors is None else tuple(sectors)
        require_streams(names, self.sectors)
        day = str(np.datetime_as_string(np.asarray(date, dtype="datetime64[D]")))
        weights, book = self._aligned(factors), factors is None
        return [self._write_stream(Path(folder), name, day, weights, book=book) for name in tracked(names, progress)]

    def _write_stream(self, folder: Path, name: str, day: str, weights: np.ndarray, *, book: bool) -> Path:
        path, times = file_path(folder, name, day), utc_steps(day)
        write_field(path, name, day, self._field(name, times, weights), self.grid, self.layers)
        written = read_day((path,), name, day, self.species, self._profile_day(name, times[:HOURS], weights))
        try:
            written.check()
        except RunFailed:
            path.unlink()
            raise
        if book:
            self._written[name, day] = written
        return path

    def _stream(self, source_class: str) -> str:
        return self.prefix + source_classes()[source_class].sector

    def _classes(self, stream: str) -> list[int]:
        return [number for number, name in enumerate(self.inventory.classes) if self._stream(name) == stream]

    def _emitted(self, stream: str) -> np.ndarray:
        """Return the indices of the species that a stream emits inside the domain."""
        here = self._classes(stream)
        totals = self.response.emitted_under(class_totals(self.inventory, self.placed.kept))
        has = (totals[:, :, None] > 0.0) & ((self.response.kept > 0.0) | (self.response.amount > 0.0))
        return np.flatnonzero(has[here].any(axis=(0, 1)))

    def _aligned(self, factors: xr.DataArray | None) -> np.ndarray:
        own = {"source_class": list(self.inventory.classes), "pollutant": list(self.response.pollutants)}
        ones = xr.DataArray(np.ones([len(names) for names in own.values()]), own, tuple(own))
        if factors is None:
            return np.asarray(ones)
        for dim in factors.dims:
            unknown = set(factors[dim].to_numpy().tolist()) - set(own.get(str(dim), []))
            if unknown:
                raise ValueError(f"factors name an unknown {dim}: {sorted(unknown)[:5]}")
        full = factors.reindex({dim: own[str(dim)] for dim in factors.dims}, fill_value=1.0)
        return checked((ones * full).transpose(*own).to_numpy())

    def _parts(self, stream: str, times: np.ndarray) -> list[tuple[int, int]]:
        """Return the (class, month) pairs of a stream that emit at the times; month 0 is a class by year."""
        months = np.unique(self._months(times)).tolist()
        parts: list[tuple[int, int]] = []
        for number in self._classes(stream):
            stated = set(self.inventory.rows.loc[self._is_class(number), "month"])
            parts.extend((number, month) for month in ([WHOLE_YEAR] if WHOLE_YEAR in stated else months))
        return parts

    def _months(self, times: np.ndarray) -> np.ndarray:
        local = to_local(times, self.yearly.timezone).astype("datetime64[M]")
        return np.asarray(local.astype(np.int64) % 12 + 1)

    def _is_class(self, number: int) -> np.ndarray:
        return np.asarray(self.inventory.rows["source_class"] == self.inventory.classes[number])

    def _shares(self, times: np.ndarray, parts: list[tuple[int, int]]) -> np.ndarray:
        """Return the share of its month's (or year's) mass that each part emits in the hours, (part, time)."""
        yearly, monthly, months = self.yearly.shares(times), self.monthly.shares(times), self._months(times)
        return np.array(
            [
                yearly[number] if month == WHOLE_YEAR else np.where(months == month, monthly[number], 0.0)
                for number, month in parts
            ]
        )

    def _mass(self, part: tuple[int, int], weights: np.ndarray) -> np.ndarray:
        """Return t of the month in the cells of the grid, (pollutant, cell), of one class under factors."""
        number, month = part
        rows = np.flatnonzero(self._is_class(number) & (self.inventory.rows["month"] == month).to_numpy())
        result = np.zeros((len(self.response.pollutants), self.weights.shape[1]))
        columns = [self.response.pollutants.index(name) for name in self.inventory.rows["pollutant"].iloc[rows]]
        result[columns] = (self.inventory.mass[rows] @ self.weights).toarray()
        return np.asarray(result * weights[number][:, None])

    def _field(self, stream: str, times: np.ndarray, weights: np.ndarray) -> SectorField:
        chosen, parts = self._emitted(stream), self._parts(stream, times)
        maps = np.empty((len(parts), len(chosen), self.weights.shape[1]), dtype=np.float32)
        for at, part in enumerate(parts):
            maps[at] = self.response.species_amounts(part[0], self._mass(part, weights))[chosen]
        return SectorField(
            maps.reshape(len(parts), len(chosen), *self.grid.shape),
            self._shares(times, parts) / SECOND_PER_HOUR,
            self.layer_shares[[number for number, _ in parts]],
            tuple(self.species[k] for k in chosen),
            tuple(self.units[k] for k in chosen),
        )

    def _profile_day(self, stream: str, times: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return what the profiles give a stream in the hours inside the domain, (species,), mol or g."""
        parts = self._parts(stream, times)
        shares = self._shares(times, parts).sum(axis=1)
        result = np.zeros(len(self.species))
        for (number, month), share in zip(parts, shares, strict=True):
            rows = self._is_class(number) & (self.inventory.rows["month"] == month).to_numpy()
            totals = np.zeros(len(self.response.pollutants))
            for name, mass in zip(self.inventory.rows["pollutant"][rows], self.placed.kept[rows], strict=True):
                totals[self.response.pollutants.index(name)] = mass
            cut = float(self.response.cut(number, self._mass((number, month), weights)).sum())
            result += share * self.response.totals_amounts(number, totals * weights[number], cut)
        return result


def of_months(profiles: TimeProfiles) -> TimeProfiles:
    """Return the profiles with every month 1: the shares of the hours of each month sum to 1."""
    return replace(profiles, month=np.ones_like(profiles.month), _years={})
