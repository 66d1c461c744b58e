"""Conservative weights from a rectilinear lon-lat raster to a model grid.

In the plane (longitude, sin latitude) areas are those of the sphere (Lambert's cylindrical projection), a raster
cell is an axis-aligned rectangle and a model cell a polygon. Their overlap is exact for any simple polygon: Green's
theorem on the edges of the polygon, clamped to the rectangle. ESMF draws the sides of cells as great circles
instead; the two differ by up to 0.002 of a cell and each closes its own mass.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from aqcore.errors import Fault, InputError
from aqcore.grid import Grid

SIDE_POINTS = 2
"""Points on each side of a model cell: at 3 km one point differs from eight by 2.4e-5 of a cell."""

PAIRS_AT_ONCE = 100_000
"""Pairs of a model cell and a raster cell that are worked on together (bounds the memory)."""


@dataclass(frozen=True)
class Raster:
    """Values on a rectilinear lon-lat raster.

    `lon_edges` (x + 1) and `lat_edges` (y + 1) are degrees, increasing; `values` is (y, x), row 0 the
    southernmost, an amount in each cell (persons, t), not a density; finite and not negative.
    """

    lon_edges: np.ndarray
    lat_edges: np.ndarray
    values: np.ndarray

    def __post_init__(self) -> None:
        if self.values.shape != (len(self.lat_edges) - 1, len(self.lon_edges) - 1):
            raise ValueError(f"values {self.values.shape} do not fit the edges of the raster")
        if (np.diff(self.lon_edges) <= 0).any() or (np.diff(self.lat_edges) <= 0).any():
            raise ValueError("the edges of a raster increase, from west to east and from south to north")
        if not np.isfinite(self.values).all() or (self.values < 0).any():
            raise ValueError("the values of a raster are finite and not negative")


def conservative_weights(
    lon_edges: np.ndarray, lat_edges: np.ndarray, grid: Grid, *, side_points: int = SIDE_POINTS
) -> sp.csr_array:
    """Return the share of each raster cell in each model cell, a sparse array (source, destination).

    Rows count the raster cells (row-major from the south-west), columns the model cells (row-major). A row sums
    to 1 when the raster cell lies wholly inside the grid, to less where it reaches out. Amounts regrid as
    `values.ravel() @ weights`. A grid that crosses the meridian opposite the middle of the raster raises `InputError`.
    """
    lon, lat = cell_outlines(grid, side_points)
    lon = on_branch(lon, lon_edges)
    sine = np.sin(np.radians(lat_edges))
    row, column, area = overlap(lon, np.sin(np.radians(lat)), np.asarray(lon_edges, dtype=float), sine)
    source = np.outer(np.diff(sine), np.diff(lon_edges)).ravel()
    shape = (source.size, lon.shape[0])
    weights = sp.coo_array((area / source[column], (column, row)), shape).tocsr()
    weights.eliminate_zeros()
    return weights


def regrid(raster: Raster, grid: Grid) -> np.ndarray:
    """Return the amounts of a raster in the cells of the grid, (y, x); what lies outside the grid is left out."""
    weights = conservative_weights(raster.lon_edges, raster.lat_edges, grid)
    return np.asarray(raster.values.ravel() @ weights).reshape(grid.nrows, grid.ncols)


def on_branch(lon: np.ndarray, lon_edges: np.ndarray) -> np.ndarray:
    """Move longitudes by whole turns to within half a turn of the middle of the raster."""
    seam = 0.5 * (lon_edges[0] + lon_edges[-1]) - 180.0
    moved: np.ndarray = seam + np.mod(lon - seam, 360.0)
    if (np.ptp(moved, axis=1) > 180.0).any():
        what = f"cells of the grid cross {seam:g} degrees, where the longitudes of the raster end"
        raise InputError([Fault("raster", what, "turn the longitudes of the raster so that the grid lies inside")])
    return moved


def cell_outlines(grid: Grid, side_points: int) -> tuple[np.ndarray, np.ndarray]:
    """Return longitudes and latitudes (degrees) around each cell, (cell, 4 side_points), counter-clockwise."""
    step = np.arange(side_points) / side_points
    x = np.concatenate([step, np.ones(side_points), 1 - step, np.zeros(side_points)])
    y = np.concatenate([np.zeros(side_points), step, np.ones(side_points), 1 - step])
    column, row = np.meshgrid(np.arange(grid.ncols), np.arange(grid.nrows))
    return grid.lonlat(
        grid.xorig + grid.xcell * (column.ravel()[:, None] + x),
        grid.yorig + grid.ycell * (row.ravel()[:, None] + y),
    )


def overlap(
    px: np.ndarray, py: np.ndarray, x_edges: np.ndarray, y_edges: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return which polygon meets which rectangle, and the area that they share.

    Polygons are open rings (polygon, vertex) that run counter-clockwise; rectangles lie between `x_edges` and
    `y_edges` (increasing). Returns polygon, rectangle (row-major) and area, one value each a pair whose bounding
    boxes touch. A polygon within one rectangle, the most frequent case when the cells are much smaller, needs no
    clamping.
    """
    first_x, count_x = _span(px, x_edges)
    first_y, count_y = _span(py, y_edges)
    counts = count_x * count_y
    polygon = np.repeat(np.arange(len(px)), counts)
    rank = np.arange(len(polygon)) - np.repeat(np.cumsum(counts) - counts, counts)
    i = first_x[polygon] + rank % count_x[polygon]
    j = first_y[polygon] + rank // count_x[polygon]
    area = np.empty(len(polygon))
    whole = ((counts == 1) & _within(px, x_edges) & _within(py, y_edges))[polygon]
    area[whole] = _polygon_area(px[polygon[whole]], py[polygon[whole]])
    cut = np.flatnonzero(~whole)
    for begin in range(0, len(cut), PAIRS_AT_ONCE):
        part = cut[begin : begin + PAIRS_AT_ONCE]
        area[part] = _shared_area(px, py, polygon[part], (x_edges, i[part]), (y_edges, j[part]))
    return polygon, j * (len(x_edges) - 1) + i, np.maximum(area, 0.0)


def _within(points: np.ndarray, edges: np.ndarray) -> np.ndarray:
    return np.asarray((points.min(axis=1) >= edges[0]) & (points.max(axis=1) <= edges[-1]))


def _polygon_area(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the area of open rings (polygon, vertex) that run counter-clockwise (shoelace formula)."""
    x, y = x - x[:, :1], y - y[:, :1]
    return np.asarray(0.5 * (x * np.roll(y, -1, axis=1) - np.roll(x, -1, axis=1) * y).sum(axis=1))


def _span(points: np.ndarray, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first interval that each polygon touches and how many it touches (0 outside)."""
    last_interval = len(edges) - 2
    first = np.searchsorted(edges, points.min(axis=1), side="right") - 1
    last = np.searchsorted(edges, points.max(axis=1), side="left") - 1
    count = np.maximum(np.minimum(last, last_interval) - np.maximum(first, 0) + 1, 0)
    return np.maximum(first, 0), count


def _shared_area(
    px: np.ndarray,
    py: np.ndarray,
    polygon: np.ndarray,
    columns: tuple[np.ndarray, np.ndarray],
    rows: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
    (x_edges, i), (y_edges, j) = columns, rows
    west, east = x_edges[i][:, None], x_edges[i + 1][:, None]
    south, height = y_edges[j][:, None], (y_edges[j + 1] - y_edges[j])[:, None]
    x0, y0 = px[polygon], py[polygon] - south
    x1, y1 = np.roll(x0, -1, axis=1), np.roll(y0, -1, axis=1)
    left, right = np.clip(x0, west, east), np.clip(x1, west, east)
    run = x1 - x0
    slope = np.divide(y1 - y0, run, out=np.zeros_like(run), where=run != 0.0)
    mean = _mean_clamped(y0 + (left - x0) * slope, y0 + (right - x0) * slope, height)
    return np.asarray(((left - right) * mean).sum(axis=1))


def _mean_clamped(start: np.ndarray, end: np.ndarray, height: np.ndarray) -> np.ndarray:
    """Return the mean of clamp(y, 0, height) while y goes linearly from start to end."""
    low, high = np.minimum(start, end), np.maximum(start, end)
    low_in, high_in = np.clip(low, 0.0, height), np.clip(high, 0.0, height)
    integral = 0.5 * (high_in - low_in) * (high_in + low_in)
    integral += height * (np.maximum(high - height, 0.0) - np.maximum(low - height, 0.0))
    rise = high - low
    return np.asarray(np.divide(integral, rise, out=low_in.copy(), where=rise > 0.0))
