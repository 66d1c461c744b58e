"""Surrogates: how the emission of an area source spreads over the cells of its district.

`area` spreads evenly. Any other surrogate is the user's: points with weights (CSV lon, lat, value) or a raster of
amounts (population, road length). A surrogate that is zero in a district which emits is an error, unless its entry
allows `area` there; each spread that was used, and why, stands in the report of the placing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
import shapely.geometry.base as shapes

from aqcore.errors import Fault, Faults, InputError
from aqcore.grid import Grid
from emissions.coverage import coverage, grid_rings
from emissions.regrid import Raster, regrid
from emissions.speciation_profiles import read_text_table

AREA = "area"
"""The surrogate that needs no data: even spread over the district."""

ROUNDING = 1e-12
"""A district that is inside the grid to this share of its area is wholly inside."""

POINT_COLUMNS = ("lon", "lat", "value")


@dataclass(frozen=True)
class Spread:
    """Shares of one district's emission: `cells` (row-major index), `shares` (cell,), `outside` the grid; sum 1."""

    cells: np.ndarray
    shares: np.ndarray
    outside: float


@dataclass(frozen=True)
class WeightedPoints:
    """Points with weights: `lon`, `lat` degrees (WGS84), `value` 0 or more in any unit, all (point,)."""

    lon: np.ndarray
    lat: np.ndarray
    value: np.ndarray


@dataclass(frozen=True)
class Surrogate:
    """Data that spread the emissions of a class; `or_area` allows an even spread where the data are zero."""

    data: WeightedPoints | Raster
    or_area: bool = False
    source: str = ""


Surrogates = Mapping[str, Surrogate]


def read_weighted_points(path: Path, *, value: str = "value") -> WeightedPoints:
    """Read points with weights: CSV with the columns lon, lat (degrees, WGS84) and `value` (0 or more).

    Other columns are not read: a table of district seats with their population is such a file. All faults are raised
    at once, each with file, row and column.
    """
    table = read_text_table(path)
    columns = (*POINT_COLUMNS[:2], value)
    missing = [column for column in columns if column not in table.columns]
    if missing:
        remedy = f"columns: {', '.join(columns)}"
        raise InputError([Fault(path.name, f"missing column {', '.join(missing)}", remedy)])
    numbers = {column: pd.to_numeric(table[column], errors="coerce") for column in columns}
    limits = {"lon": (-180.0, 360.0), "lat": (-90.0, 90.0), value: (0.0, np.finfo(float).max)}
    faults = Faults()
    for column, (low, high) in limits.items():
        for row in np.flatnonzero(~numbers[column].between(low, high).to_numpy()):
            what = f"{table[column].iloc[row]!r} is no number from {low:g} to {high:g}"
            faults.add(f"{path.name}:{row + 2}:{column}", what, "correct it, or delete the row")
    faults.raise_if_any()
    return WeightedPoints(*(numbers[column].to_numpy(dtype=float) for column in columns))


def even_spread(part: np.ndarray, inside: float) -> Spread:
    """Return the even spread of a district from the coverage (y, x) of the cells and its share inside the grid."""
    inside = 1.0 if abs(1.0 - inside) < ROUNDING else inside
    cells = np.flatnonzero(part.ravel())
    covered = part.ravel()[cells]
    share = covered * (inside / covered.sum()) if len(cells) else covered
    return Spread(cells, share, 1.0 - inside)


def spread_by(data: WeightedPoints | Raster, geometry: shapes.BaseGeometry, grid: Grid) -> Spread | None:
    """Return the spread of a district by a surrogate, None when the surrogate is zero all over the district.

    A raster that does not cover the bounding box of the district raises `InputError`.
    """
    if isinstance(data, WeightedPoints):
        return _by_points(data, geometry, grid)
    return _by_raster(data, geometry, grid)


def _by_points(points: WeightedPoints, geometry: shapes.BaseGeometry, grid: Grid) -> Spread | None:
    chosen = shapely.contains_xy(geometry, points.lon, points.lat) & (points.value > 0.0)
    if not chosen.any():
        return None
    share = points.value[chosen] / points.value[chosen].sum()
    row, column = grid.cell_of(points.lon[chosen], points.lat[chosen])
    return _gathered(np.where(row < 0, -1, row * grid.ncols + column), share)


def _by_raster(raster: Raster, geometry: shapes.BaseGeometry, grid: Grid) -> Spread | None:
    """Spread by a raster: its density is taken as even within a cell of the grid where a border crosses the cell."""
    _require_extent(raster, geometry)
    rings = grid_rings(geometry, grid)
    points = np.concatenate(rings)
    first, last = np.floor(points.min(axis=0)).astype(int), np.ceil(points.max(axis=0)).astype(int)
    ncols, nrows = (int(number) for number in np.maximum(last - first, 1))
    window = replace(
        grid,
        xorig=grid.xorig + first[0] * grid.xcell,
        yorig=grid.yorig + first[1] * grid.ycell,
        ncols=ncols,
        nrows=nrows,
    )
    weight = coverage([ring - first for ring in rings], ncols, nrows).clip(0.0) * regrid(raster, window)
    if not weight.sum() > 0.0:
        return None
    column, row = np.meshgrid(first[0] + np.arange(ncols), first[1] + np.arange(nrows))
    inside = (column >= 0) & (column < grid.ncols) & (row >= 0) & (row < grid.nrows)
    return _gathered(np.where(inside, row * grid.ncols + column, -1).ravel(), (weight / weight.sum()).ravel())


def _require_extent(raster: Raster, geometry: shapes.BaseGeometry) -> None:
    west, south, east, north = geometry.bounds
    lon, lat = raster.lon_edges, raster.lat_edges
    if west < lon[0] or east > lon[-1] or south < lat[0] or north > lat[-1]:
        what = (f"the raster spans {lon[0]:g}..{lon[-1]:g} E, {lat[0]:g}..{lat[-1]:g} N, a district "
                f"{west:.3f}..{east:.3f} E, {south:.3f}..{north:.3f} N")  # fmt: skip
        raise InputError([Fault("surrogate", what, "give a raster that covers the whole city")])


def _gathered(cells: np.ndarray, shares: np.ndarray) -> Spread:
    """Sum shares by cell; the cell -1 is outside the grid."""
    unique, inverse = np.unique(cells[shares > 0.0], return_inverse=True)
    total = np.bincount(inverse, shares[shares > 0.0], len(unique))
    inside = unique >= 0
    return Spread(unique[inside], total[inside], float(total[~inside].sum()))
