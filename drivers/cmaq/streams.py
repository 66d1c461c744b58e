"""What the driver needs of emission streams, and their annual maps by sector."""

from collections.abc import Iterable
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


def sector_maps(streams: Streams, amounts: xr.DataArray) -> xr.DataArray:
    """Return annual amounts (sector, species, y, x) of amounts (source, species), a year's sum of all layers."""
    shares = streams.placement.per_source()
    sector = streams.inventory.sources["sector"].to_numpy()
    values = amounts.transpose("source", "species").to_numpy()
    fields = [
        np.asarray(shares[rows].T @ values[rows]).T for rows in (np.flatnonzero(sector == s) for s in streams.sectors)
    ]
    coords: dict[str, Any] = {"sector": np.array(streams.sectors, dtype=object), "species": amounts["species"]}
    shape = (len(streams.sectors), amounts.sizes["species"], *streams.grid.shape)
    return xr.DataArray(np.reshape(fields, shape), coords, ("sector", "species", "y", "x"), "emission")
