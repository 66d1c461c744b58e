"""The emission files of a run's streams, summed over its hours, and the masks that its rules name."""

from collections.abc import Sequence
from pathlib import Path

import netCDF4
import numpy as np
import numpy.typing as npt

from aqcore.errors import Fault, InputError
from aqcore.grid import Grid
from aqcore.griddesc import read_griddesc
from aqcore.ioapi_header import moments
from drivers.cmaq.manifest import SegmentRun

FloatArray = npt.NDArray[np.float64]

GRIDDED = "GR_EMIS_"
STACKS = "STK_EMIS_"


def stream_number(part: SegmentRun, stream: str) -> tuple[str, str]:
    """Return the kind (GR_EMIS_ or STK_EMIS_) and three-digit number of a stream's variables in the environment.

    Raises InputError when the run has no such stream.
    """
    for kind in (GRIDDED, STACKS):
        for name, value in part.environment.items():
            if name.startswith(f"{kind}LAB_") and value == stream:
                return kind, name.removeprefix(f"{kind}LAB_")
    raise InputError([Fault(f"stream {stream}", "is not in this run", "write the run again")])


def gridded_labels(part: SegmentRun) -> tuple[str, ...]:
    """Return the labels of the gridded streams of a run, in their order."""
    return tuple(value for name, value in part.environment.items() if name.startswith(f"{GRIDDED}LAB_"))


def emission_variables(path: Path) -> dict[str, str]:
    """Return the emission variables of a file with their units."""
    with netCDF4.Dataset(path) as file:
        return {name: str(one.units).strip() for name, one in file.variables.items() if name != "TFLAG"}


def file_units(place: Path, part: SegmentRun, stream: str) -> dict[str, str]:
    """Return the emission variables of a stream's file with their units."""
    kind, number = stream_number(part, stream)
    return emission_variables(place / part.environment[f"{kind}{number}"])


def file_sums(place: Path, part: SegmentRun, stream: str) -> dict[str, FloatArray]:
    """Return the emission variables of a stream's file, summed over the run's hours and all layers, (y, x)."""
    kind, number = stream_number(part, stream)
    grid = run_grid(place, part)
    with netCDF4.Dataset(place / part.environment[f"{kind}{number}"]) as file:
        file.set_auto_mask(False)
        steps = _steps(file, part)
        sums = {
            name: np.asarray(file[name][steps], dtype=np.float64).sum(axis=(0, 1))
            for name in file.variables
            if name != "TFLAG"
        }
    if kind == GRIDDED:
        return sums
    cells = stack_cells(place / part.environment[f"STK_GRPS_{number}"], grid)
    return {name: _in_cells(values.ravel(), cells, grid) for name, values in sums.items()}


def _steps(file: netCDF4.Dataset, part: SegmentRun) -> slice:
    """Return the steps of the hours that begin in the run."""
    times = moments(np.asarray(file["TFLAG"][:, 0, :])).astype("datetime64[h]")
    first = int(np.searchsorted(times, np.datetime64(part.segment.start.replace(tzinfo=None), "h")))
    return slice(first, first + part.hours)


def stack_cells(path: Path, grid: Grid) -> npt.NDArray[np.int64]:
    """Return the cell (row-major) of each stack, -1 outside the grid: CCTM goes by XLOCA and YLOCA."""
    with netCDF4.Dataset(path) as file:
        file.set_auto_mask(False)
        x, y = (np.asarray(file[name][:], dtype=np.float64).ravel() for name in ("XLOCA", "YLOCA"))
    column = np.floor((x - grid.xorig) / grid.xcell).astype(np.int64)
    row = np.floor((y - grid.yorig) / grid.ycell).astype(np.int64)
    inside = (column >= 0) & (column < grid.ncols) & (row >= 0) & (row < grid.nrows)
    return np.where(inside, row * grid.ncols + column, -1)


def _in_cells(values: FloatArray, cells: npt.NDArray[np.int64], grid: Grid) -> FloatArray:
    inside = cells >= 0
    field = np.bincount(cells[inside], values[inside], minlength=grid.nrows * grid.ncols)
    return np.asarray(field, dtype=np.float64).reshape(grid.shape)


def run_grid(place: Path, part: SegmentRun) -> Grid:
    """Return the grid of a run."""
    return read_griddesc(place / part.environment["GRIDDESC"])[part.environment["GRID_NAME"]]


def open_masks(place: Path, part: SegmentRun, regions: Sequence[tuple[str, str, str]]) -> dict[str, FloatArray]:
    """Return the masks (y, x) of regions given as (label, variable of the environment, variable of the file)."""
    masks: dict[str, FloatArray] = {}
    for label, variable, name in regions:
        with netCDF4.Dataset(place / part.environment[variable]) as file:
            file.set_auto_mask(False)
            masks[label] = np.asarray(file[name][0, 0], dtype=np.float64)
    return masks
