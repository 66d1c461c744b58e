"""The cells of a gridded inventory, and the share of each in the cells of the model."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy.sparse as sp

from aqcore.errors import Fault, InputError
from aqcore.grid import Grid
from emissions.esmf_weights import esmf_weights
from emissions.polygon_weights import polygon_weights
from emissions.regrid import SIDE_POINTS, conservative_weights

AUTHALIC_RADIUS_M = 6371007.2
"""Radius of the sphere with the area of the WGS84 ellipsoid, m: turns the fluxes of an inventory into its masses."""

Backend = Literal["auto", "exact", "polygons", "esmf"]
"""How weights are made: `exact` (numpy, rectilinear cells), `polygons` (shapely, any cells), `esmf` (ESMPy, any cells);
`auto` takes `exact` for rectilinear and `polygons` for curvilinear cells."""

BACKENDS: tuple[Backend, ...] = ("auto", "exact", "polygons", "esmf")

LARGE_CELL_M = 9000.0
"""Cells of the model beyond this size get `LARGE_SIDE_POINTS` points on a side (their sides bend more)."""

LARGE_SIDE_POINTS = 4


@dataclass(frozen=True, eq=False)
class LonLatCells:
    """Rectilinear cells between edges in degrees, `lon_edges` (x + 1) and `lat_edges` (y + 1), both increasing.

    Cells count row-major from the south-west.
    """

    lon_edges: np.ndarray
    lat_edges: np.ndarray

    def __post_init__(self) -> None:
        if (np.diff(self.lon_edges) <= 0).any() or (np.diff(self.lat_edges) <= 0).any():
            raise ValueError("the edges of cells increase, from west to east and from south to north")

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return len(self.lat_edges) - 1, len(self.lon_edges) - 1

    def area_m2(self) -> np.ndarray:
        """Return the area of each cell (y, x) on the sphere that has the area of the Earth, m2."""
        bands = np.diff(np.sin(np.radians(self.lat_edges)))
        return np.asarray(np.outer(bands, np.radians(np.diff(self.lon_edges))) * AUTHALIC_RADIUS_M**2)

    def centre(self, cell: int) -> tuple[float, float]:
        """Return longitude and latitude (degrees) of the centre of a cell."""
        row, column = divmod(int(cell), self.shape[1])
        return float(self.lon_edges[column : column + 2].mean()), float(self.lat_edges[row : row + 2].mean())

    def corners(self) -> tuple[np.ndarray, np.ndarray]:
        """Return longitudes and latitudes (degrees) of the corners, each (y + 1, x + 1)."""
        lon, lat = np.meshgrid(self.lon_edges, self.lat_edges)
        return lon, lat

    def window(self, west: float, south: float, east: float, north: float) -> tuple[slice, slice]:
        """Return the rows and columns of the cells that touch a box (degrees); empty slices when none does."""
        return _touching(self.lat_edges, south, north), _touching(self.lon_edges, west, east)

    def part(self, rows: slice, columns: slice) -> "LonLatCells":
        """Return the cells of some rows and columns."""
        return LonLatCells(self.lon_edges[columns.start : columns.stop + 1], self.lat_edges[rows.start : rows.stop + 1])

    def weights(self, grid: Grid, backend: Backend = "auto") -> sp.csr_array:
        """Return the share of each cell in each cell of `grid`, sparse (source, destination); rows sum to 1 or less."""
        _known(backend)
        if backend in ("auto", "exact"):
            points = LARGE_SIDE_POINTS if grid.xcell > LARGE_CELL_M else SIDE_POINTS
            return conservative_weights(self.lon_edges, self.lat_edges, grid, side_points=points)
        make = esmf_weights if backend == "esmf" else polygon_weights
        return make(*self.corners(), grid)


@dataclass(frozen=True, eq=False)
class CurvilinearCells:
    """Cells between corners `lon_corners`, `lat_corners`, each (y + 1, x + 1) in degrees; cells count row-major."""

    lon_corners: np.ndarray
    lat_corners: np.ndarray

    def __post_init__(self) -> None:
        if self.lon_corners.shape != self.lat_corners.shape or min(self.lon_corners.shape) < 2:
            raise ValueError("give the corners of at least one cell, longitudes and latitudes of one shape")

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.lon_corners.shape[0] - 1, self.lon_corners.shape[1] - 1

    def centre(self, cell: int) -> tuple[float, float]:
        """Return longitude and latitude (degrees) of the middle of the corners of a cell."""
        row, column = divmod(int(cell), self.shape[1])
        part = (slice(row, row + 2), slice(column, column + 2))
        return float(self.lon_corners[part].mean()), float(self.lat_corners[part].mean())

    def weights(self, grid: Grid, backend: Backend = "auto") -> sp.csr_array:
        """Return the share of each cell in each cell of `grid`, sparse (source, destination).

        Raises `InputError` for the backend `exact`, which needs rectilinear cells.
        """
        _known(backend)
        if backend == "exact":
            remedy = "use backend polygons, or esmf where ESMPy is installed"
            raise InputError([Fault("weights", "the exact kernel needs rectilinear cells", remedy)])
        make = esmf_weights if backend == "esmf" else polygon_weights
        return make(self.lon_corners, self.lat_corners, grid)


Cells = LonLatCells | CurvilinearCells


def _known(backend: str) -> None:
    if backend not in BACKENDS:
        raise InputError([Fault("weights", f"unknown backend {backend!r}", f"allowed: {', '.join(BACKENDS)}")])


def _touching(edges: np.ndarray, low: float, high: float) -> slice:
    first = int(np.searchsorted(edges, low, side="right")) - 1
    last = int(np.searchsorted(edges, high, side="left"))
    first, last = max(first, 0), min(last, len(edges) - 1)
    return slice(first, max(last, first))


def regular_edges(centres: np.ndarray, where: str) -> np.ndarray:
    """Return the edges (n + 1) of evenly spaced increasing centres (n); another spacing raises `InputError`."""
    steps = np.diff(centres)
    if len(centres) < 2 or (steps <= 0).any() or np.abs(steps - steps.mean()).max() > REGULAR * steps.mean():
        what = f"{len(centres)} centres that do not rise evenly"
        raise InputError([Fault(where, what, "give a regular grid with at least two rows and columns")])
    step = (centres[-1] - centres[0]) / (len(centres) - 1)
    return np.asarray(centres[0] + step * (np.arange(len(centres) + 1) - 0.5))


REGULAR = 1e-3
"""Relative deviation of a spacing from the mean that is taken for the rounding of single-precision coordinates."""
