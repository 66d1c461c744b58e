"""A field of a CF netCDF file: its cells, its months, its values with rows from the south."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import netCDF4
import numpy as np

from aqcore.errors import Fault, InputError, did_you_mean
from emissions.source_cells import Cells, CurvilinearCells, LonLatCells, regular_edges

if TYPE_CHECKING:
    Variable = netCDF4.Variable[Any]  # generic for the type checker only
else:
    Variable = netCDF4.Variable

LATITUDE = ("latitude", "lat", "degrees_north", "degree_north", "degrees_n")
LONGITUDE = ("longitude", "lon", "degrees_east", "degree_east", "degrees_e")
TIME = ("time",)


@dataclass(frozen=True)
class Field:
    """One variable with its other dimensions fixed.

    `dates` are (year, month) of its times, None without a time; `index` chooses its values: a number for fixed
    dimensions, None for the time, slices for rows and columns.
    """

    variable: Variable
    units: str
    cells: Cells
    dates: list[tuple[int, int]] | None
    index: tuple[int | slice | None, ...]
    flipped: bool
    transposed: bool

    def values(self, step: int = 0) -> np.ma.MaskedArray:
        """Return the values (y, x) of a time, rows from the south; masked where the file has none."""
        chosen = self.variable[tuple(step if part is None else part for part in self.index)]
        values = np.ma.masked_invalid(chosen)
        values = values.T if self.transposed else values
        return values[::-1] if self.flipped else values


def open_fields(file: netCDF4.Dataset, name: str, select: Mapping[str, int], place: str) -> Field:
    """Return the field `name` of an open file; `select` fixes dimensions by number (from 0).

    Raises `InputError`: no such variable or dimension, dimensions that are left, coordinates that are no grid.
    """
    if name not in file.variables:
        raise _error(f"{place}:variable", f"no variable {name!r}", did_you_mean(name, list(file.variables)))
    variable = file.variables[name]
    lat, lon = _coordinate(file, variable, LATITUDE, place), _coordinate(file, variable, LONGITUDE, place)
    time = next((dim for dim in variable.dimensions if dim in file.variables and _is(file[dim], TIME)), None)
    for dim in select:
        if dim not in variable.dimensions:
            raise _error(f"{place}:select", f"no dimension {dim!r}", did_you_mean(dim, variable.dimensions))
        if select[dim] >= len(file.dimensions[dim]):
            raise _error(f"{place}:select", f"{dim}={select[dim]} of {len(file.dimensions[dim])}", "count from 0")
    spatial = file[lat].dimensions if file[lat].ndim == 2 else (lat, lon)
    left = [dim for dim in variable.dimensions if dim not in (*spatial, time, *select)]
    if left and any(len(file.dimensions[dim]) > 1 for dim in left):
        raise _error(f"{place}:select", f"dimension {left[0]} is left", f"choose one: {left[0]}=0")
    index = tuple(
        select[dim] if dim in select else 0 if dim in left else None if dim == time else slice(None)
        for dim in variable.dimensions
    )
    order = [dim for dim in variable.dimensions if dim in spatial]
    cells, flipped = _cells(file, lat, lon, place)
    dates = None if time is None else _dates(file[time])
    units = str(getattr(variable, "units", ""))
    return Field(variable, units, cells, dates, index, flipped, transposed=order != list(spatial))


def _error(where: str, what: str, remedy: str) -> InputError:
    return InputError([Fault(where, what, remedy)])


def _is(variable: Variable, words: tuple[str, ...]) -> bool:
    found = (variable.name, getattr(variable, "standard_name", ""), getattr(variable, "units", ""))
    return any(str(text).lower() in words for text in found)


def _coordinate(file: netCDF4.Dataset, variable: Variable, words: tuple[str, ...], place: str) -> str:
    named = [*variable.dimensions, *str(getattr(variable, "coordinates", "")).split()]
    for name in named:
        if name in file.variables and _is(file[name], words):
            return name
    raise _error(f"{place}:variable", f"{variable.name} has no coordinate {words[0]}",
                 f"give it one with units {words[2]} (it has {', '.join(variable.dimensions)})")  # fmt: skip


def _dates(time: Variable) -> list[tuple[int, int]]:
    calendar = getattr(time, "calendar", "standard")
    moments: Any = netCDF4.num2date(np.atleast_1d(time[:]), time.units, calendar)
    return [(int(moment.year), int(moment.month)) for moment in moments]


def _cells(file: netCDF4.Dataset, lat: str, lon: str, place: str) -> tuple[Cells, bool]:
    """Return the cells, and whether the rows of the file run from the north."""
    if file[lat].ndim == 2:
        return _curvilinear(file, lat, lon, place), False
    rows, columns = (np.asarray(file[name][:], dtype=float) for name in (lat, lon))
    flipped = bool(rows[0] > rows[-1])
    lat_edges = np.clip(regular_edges(rows[::-1] if flipped else rows, f"{place}: {lat}"), -90.0, 90.0)
    return LonLatCells(regular_edges(columns, f"{place}: {lon}"), lat_edges), flipped


def _curvilinear(file: netCDF4.Dataset, lat: str, lon: str, place: str) -> CurvilinearCells:
    """Return cells from the CF bounds (y, x, 4), whose vertices run around the cell from its first corner."""
    corners = []
    for name in (lon, lat):
        bounds = str(getattr(file[name], "bounds", ""))
        if bounds not in file.variables or file[bounds].shape[-1] != 4:
            raise _error(f"{place}: {name}", "two-dimensional coordinates without bounds of 4 vertices",
                         "add the corners (CF bounds), from which areas follow")  # fmt: skip
        vertices = np.asarray(file[bounds][:], dtype=float)
        full = np.empty((vertices.shape[0] + 1, vertices.shape[1] + 1))
        full[:-1, :-1], full[:-1, -1] = vertices[:, :, 0], vertices[:, -1, 1]
        full[-1, -1], full[-1, :-1] = vertices[-1, -1, 2], vertices[-1, :, 3]
        corners.append(full)
    return CurvilinearCells(*corners)
