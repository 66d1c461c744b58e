"""One file of MEIC as cells and values: ESRI ASCII grids and the netCDF of the old GMT style.

Both hold 320 x 200 cells of 0.25 degree in their usual release (70-150 E, 10-60 N), rows from north to south.
"""

from dataclasses import dataclass
from pathlib import Path

import netCDF4
import numpy as np

from aqcore.errors import Fault, InputError
from emissions.source_cells import LonLatCells

HEADER_LINES = 6
CORNER, CENTRE = ("xllcorner", "yllcorner"), ("xllcenter", "yllcenter")
COMMON = ("ncols", "nrows", "cellsize", "nodata_value")
GMT_VARIABLES = ("x_range", "y_range", "spacing", "dimension", "z")

ROUNDING = 1e-3
"""Of a cell: how far a number of cells may lie from a whole number."""


@dataclass(frozen=True)
class GridFile:
    """Values (y, x), row 0 the southernmost, in `cells`; cells without data are zero."""

    cells: LonLatCells
    values: np.ndarray


def read_grid(path: Path) -> GridFile:
    """Read one grid by its suffix, `.asc` or `.nc`; a file that is none raises `InputError`."""
    return _read_netcdf(path) if path.suffix.lower() == ".nc" else _read_ascii(path)


def _error(path: Path, what: str, remedy: str, line: int | None = None) -> InputError:
    return InputError([Fault(str(path) if line is None else f"{path}:{line}", what, remedy)])


def _read_ascii(path: Path) -> GridFile:
    with path.open(encoding="ascii", errors="replace") as file:
        header = _header(path, [next(file, "") for _ in range(HEADER_LINES)])
        try:
            values = np.loadtxt(file, ndmin=2)
        except ValueError as error:
            remedy = f"rows hold {int(header['ncols'])} plain numbers"
            raise _error(path, f"the values cannot be read: {error}", remedy) from None
    shape = int(header["nrows"]), int(header["ncols"])
    if values.shape != shape:
        what = f"{values.shape[0]} rows of {values.shape[1]} values, the header says {shape[0]} of {shape[1]}"
        raise _error(path, what, "the file is cut off or its header is wrong: get it again")
    shift = 0.0 if CORNER[0] in header else -0.5 * header["cellsize"]
    west = header.get(CORNER[0], header.get(CENTRE[0], 0.0)) + shift
    south = header.get(CORNER[1], header.get(CENTRE[1], 0.0)) + shift
    cells = LonLatCells(
        west + header["cellsize"] * np.arange(shape[1] + 1), south + header["cellsize"] * np.arange(shape[0] + 1)
    )
    return GridFile(cells, _without(values, header["nodata_value"])[::-1])


def _header(path: Path, lines: list[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for number, line in enumerate(lines, start=1):
        parts = line.split()
        try:
            name, value = parts
            found[name.lower()] = float(value)
        except ValueError:
            remedy = f"the first {HEADER_LINES} lines are: {', '.join((*COMMON[:2], *CORNER, *COMMON[2:]))}"
            raise _error(path, f"{line.strip()!r} is no line of the header", remedy, number) from None
    missing = [name for name in COMMON if name not in found]
    missing += [a for a, b in zip(CORNER, CENTRE, strict=True) if a not in found and b not in found]
    if missing:
        raise _error(path, f"the header lacks {', '.join(missing)}", "add the line, or get the file again")
    if found["ncols"] < 1 or found["nrows"] < 1 or found["cellsize"] <= 0:
        raise _error(path, "the header states no cells", "ncols, nrows and cellsize are above 0")
    return found


def _without(values: np.ndarray, missing: float) -> np.ndarray:
    return np.where(np.isnan(values) | (values == missing), 0.0, values)


def _read_netcdf(path: Path) -> GridFile:
    try:
        file = netCDF4.Dataset(path)
    except OSError as error:
        raise _error(path, f"not a netCDF file: {error}", "get the file again") from None
    with file:
        file.set_auto_maskandscale(False)
        missing = [name for name in GMT_VARIABLES if name not in file.variables]
        if missing:
            remedy = "MEIC's netCDF has x_range, y_range, spacing, dimension, z; read other files by a table of fields"
            raise _error(path, f"no variable {', '.join(missing)}", remedy)
        x_range, y_range, spacing = (np.asarray(file[name][:], dtype=float) for name in GMT_VARIABLES[:3])
        ncols, nrows = (int(number) for number in file["dimension"][:])
        values = np.asarray(file["z"][:], dtype=float)
        nodata = float(getattr(file["z"], "nodata_value", getattr(file, "nodata_value", -9999.0)))
    if values.size != ncols * nrows:
        raise _error(path, f"{values.size} values for {ncols} x {nrows} cells", "get the file again")
    lon = _edges(path, "x_range", x_range, float(spacing[0]), ncols)
    lat = _edges(path, "y_range", y_range, float(spacing[1]), nrows)
    return GridFile(LonLatCells(lon, lat), _without(values.reshape(nrows, ncols), nodata)[::-1])


def _edges(path: Path, name: str, limits: np.ndarray, spacing: float, count: int) -> np.ndarray:
    """Return edges from the range of a GMT grid, whose ends are edges (count cells) or centres (count - 1 steps)."""
    steps = (limits[1] - limits[0]) / spacing if spacing > 0 else np.nan
    if abs(steps - count) < ROUNDING:
        start = limits[0]
    elif abs(steps - (count - 1)) < ROUNDING:
        start = limits[0] - 0.5 * spacing
    else:
        what = f"{limits[0]:g}..{limits[1]:g} in steps of {spacing:g} are not {count} cells"
        raise _error(path, f"{name}: {what}", "get the file again")
    return np.asarray(start + spacing * np.arange(count + 1))
