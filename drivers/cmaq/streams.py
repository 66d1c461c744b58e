"""What the driver needs of emission streams, and their annual maps by sector."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import scipy.sparse as sp
import xarray as xr

from aqcore.grid import Grid
from emissions.inventory import Inventory


class PlacedSources(Protocol):
    """Where sources emit."""

    def per_source(self) -> sp.csr_array:
        """Return shares (source, cell), cells row-major."""


class Streams(Protocol):
    """Emission streams as `emissions.streams.EmissionStreams` provides them."""

    @property
    def grid(self) -> Grid:
        """The grid of the files."""

    @property
    def inventory(self) -> Inventory:
        """The base inventory."""

    @property
    def placement(self) -> PlacedSources:
        """Where the sources emit."""

    @property
    def sectors(self) -> tuple[str, ...]:
        """Sectors that emit inside the grid: the streams."""

    def zone_mask(self) -> xr.DataArray:
        """Return area fractions of cells in districts, (zone, y, x)."""

    def source_species(self, factors: xr.DataArray | None = None) -> xr.DataArray:
        """Return annual amounts (source, species) under factors (source, pollutant)."""

    def write(
        self, folder: Path, date: date, *, sectors: Iterable[str] | None = None, factors: xr.DataArray | None = None
    ) -> list[Path]:
        """Write one day of each sector and return the files."""


def stream_path(folder: Path, sector: str, day: date) -> Path:
    """Return the file of a sector's day: `<folder>/<SECTOR>/emis_<SECTOR>_<yyyymmdd>.nc`."""
    return folder / sector / f"emis_{sector}_{day:%Y%m%d}.nc"


@dataclass(frozen=True)
class SectorMaps:
    """Makes annual maps by sector of the amounts of single sources; the operator is built once for all scenarios.

    `rows` (source,) indices and `shares` (cell, source) by sector.
    """

    sectors: tuple[str, ...]
    shape: tuple[int, int]
    rows: tuple[np.ndarray, ...]
    shares: tuple[sp.csr_array, ...]

    @classmethod
    def of(cls, streams: Streams) -> "SectorMaps":
        """Return the operator of emission streams."""
        placed = streams.placement.per_source()
        sector = streams.inventory.sources["sector"].to_numpy()
        rows = tuple(np.flatnonzero(sector == name) for name in streams.sectors)
        return cls(streams.sectors, streams.grid.shape, rows, tuple(placed[own].T.tocsr() for own in rows))

    def __call__(self, amounts: xr.DataArray) -> xr.DataArray:
        """Return annual amounts (sector, species, y, x) of amounts (source, species), all layers together."""
        values = amounts.transpose("source", "species").to_numpy()
        maps = [(own @ values[rows]).T for rows, own in zip(self.rows, self.shares, strict=True)]
        field = np.reshape(maps, (len(self.sectors), values.shape[1], *self.shape))
        coords: dict[str, Any] = {"sector": np.array(self.sectors, dtype=object), "species": amounts["species"]}
        return xr.DataArray(field, coords, ("sector", "species", "y", "x"), "emission")
