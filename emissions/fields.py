"""Lazy hourly fields of one sector: annual maps times rates, computed block by block when they are read.

A sector is a sum over few groups of sources that share their temporal profile and their layers: the hourly cube of a
species is sum over groups of rate(group, time) x layer(group, layer) x map(group, species, cell). Only the maps are
held; a block of hours is computed when xarray asks for it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from xarray.backends import BackendArray
from xarray.core import indexing

from aqcore.grid import Grid
from aqcore.projection import GridType

DIMENSIONS = ("time", "layer", "y", "x")


@dataclass(frozen=True)
class PointSeries:
    """Point sources with hours of their own, added to the groups of a sector.

    `cells` (point,) row-major; `layers` (point, layer) shares; `rates` (time, species, point), mol/s or g/s.
    """

    cells: np.ndarray
    layers: np.ndarray
    rates: np.ndarray

    def add(self, block: np.ndarray, times: Any) -> None:
        """Add the points to a block (species, time, layer, cell) that holds all species, layers and cells."""
        values = self.rates[times][:, :, None, :] * self.layers.T  # (time, species, layer, point)
        for point, cell in enumerate(self.cells):
            block[..., cell] += np.moveaxis(values[..., point], 1, 0)


@dataclass(frozen=True)
class SectorField:
    """What the hourly fields of one sector are made of.

    `maps` (group, species, y, x) annual amounts, mol/a or g/a, float32; `rates` (group, time) s-1 per annual amount;
    `layers` (group, layer) shares; `species` and their `units` (species,); `points` are added. Products are made in
    single precision, as they are stored: rounded to 1e-7, a tenth of what the ledger allows.
    """

    maps: np.ndarray
    rates: np.ndarray
    layers: np.ndarray
    species: tuple[str, ...]
    units: tuple[str, ...]
    points: PointSeries | None = None

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(time, layer, y, x) of each species."""
        return self.rates.shape[1], self.layers.shape[1], self.maps.shape[2], self.maps.shape[3]

    def block(self, species: int, times: Any, layers: Any, rows: Any, columns: Any) -> np.ndarray:
        """Return a block of one species (time, layer, y, x) as float32, mol/s or g/s a cell."""
        if self.points is not None:
            # points lie anywhere: the block is cut from the whole hours that it needs
            return np.asarray(self.hours(times)[species][:, layers][:, :, rows][:, :, :, columns])
        return _combined(self.rates[:, times], self.layers[:, layers], self.maps[:, species][:, rows][:, :, columns])

    def hours(self, times: Any) -> np.ndarray:
        """Return all species of some hours, (species, time, layer, y, x) as float32."""
        groups, species, nrows, ncols = self.maps.shape
        flat = self.maps.reshape(groups, species * nrows, ncols)
        combined = _combined(self.rates[:, times], self.layers, flat)
        ntimes, nlayers = combined.shape[:2]
        result = np.moveaxis(combined.reshape(ntimes, nlayers, species, nrows, ncols), 2, 0)
        if self.points is None:
            return np.asarray(result)
        flat_result = np.ascontiguousarray(result).reshape(species, ntimes, nlayers, nrows * ncols)
        self.points.add(flat_result, times)
        return flat_result.reshape(result.shape)


def _combined(rates: np.ndarray, layers: np.ndarray, maps: np.ndarray) -> np.ndarray:
    """Return the sum over groups of rates (group, time) x layers (group, layer) x maps (group, y, x), float32."""
    groups, ntimes, nlayers = *rates.shape, layers.shape[1]
    weights = (rates[:, :, None] * layers[:, None, :]).reshape(groups, ntimes * nlayers).astype(np.float32)
    product = weights.T @ maps.reshape(groups, int(np.prod(maps.shape[1:])))  # there may be no group at all
    return np.asarray(product.reshape(ntimes, nlayers, *maps.shape[1:]))


def file_units(unit: str) -> str:
    """Return the unit as CMAQ knows it: `moles/s` for `mol/s`."""
    return "moles/s" if unit == "mol/s" else unit


class _LazySpecies(BackendArray):
    """One species of a sector as an array that is computed when it is indexed."""

    def __init__(self, field: SectorField, species: int) -> None:
        self.field = field
        self.species = species
        self.shape = field.shape
        self.dtype = np.dtype(np.float32)

    def __getitem__(self, key: indexing.ExplicitIndexer) -> np.ndarray:
        result = indexing.explicit_indexing_adapter(
            key, self.shape, indexing.IndexingSupport.OUTER_1VECTOR, self._computed
        )
        return np.asarray(result)

    def _computed(self, key: tuple[Any, ...]) -> np.ndarray:
        """Compute a block; integer indices are kept as axes of length 1 and dropped at the end."""
        whole = tuple(slice(k, k + 1) if isinstance(k, int | np.integer) else k for k in key)
        dropped = tuple(0 if isinstance(k, int | np.integer) else slice(None) for k in key)
        return np.asarray(self.field.block(self.species, *whole)[dropped])


def lazy_dataset(field: SectorField, times: np.ndarray, grid: Grid, attrs: dict[str, str]) -> xr.Dataset:
    """Return the species of a sector as a lazy dataset, float32 (time, layer, y, x), mol/s or g/s a cell."""
    variables = {
        name: xr.Variable(
            DIMENSIONS,
            indexing.LazilyIndexedArray(_LazySpecies(field, number)),
            {"units": file_units(unit), "long_name": name},
        )
        for number, (name, unit) in enumerate(zip(field.species, field.units, strict=True))
    }
    length = "degrees" if grid.gdtyp == GridType.LAT_LON else "m"
    coords = {
        "time": ("time", np.asarray(times, dtype="datetime64[ns]")),
        "x": ("x", grid.x, {"units": length}),
        "y": ("y", grid.y, {"units": length}),
    }
    return xr.Dataset(variables, coords, attrs)
