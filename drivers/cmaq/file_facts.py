"""The header of an input file: what the preflight compares, read once however many runs share the file."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from aqcore.errors import Fault, InputError
from aqcore.grid import Grid
from aqcore.ioapi_header import NAME_LENGTH, TIME_INDEPENDENT, grid_from, moments

_REQUIRED = ("SDATE", "STIME", "TSTEP", "NLAYS", "NVARS", "UPNAM", "FILEDESC", "HISTORY", "VGTYP", "VGTOP", "VGLVLS",
             "CDATE", "CTIME", "WDATE", "WTIME", "FTYPE", "VAR-LIST")  # fmt: skip
"""Global attributes without which CCTM aborts (those of the grid are asked for by `grid_from`)."""


LAND_USE = "DLUSE"
"""Variable of GRID_CRO_2D whose text names the land-use system."""


@dataclass(frozen=True)
class FileFacts:
    """What a file says of itself: grid, layers, levels, times (UTC; None when time-independent), units by variable.

    `described` is the text (var_desc) of a variable that says which land-use system the file has, `disorder` what of
    its header disagrees with itself (empty: nothing).
    """

    path: Path
    grid: Grid
    nlays: int
    vglvls: tuple[float, ...]
    boundary: bool
    times: tuple[datetime, datetime] | None
    units: dict[str, str]
    unpadded: tuple[str, ...]
    described: str = ""
    disorder: str = ""


def file_facts(path: Path) -> FileFacts:
    """Return the facts of an I/O API file. Raises InputError naming what is missing."""
    status = path.stat()
    return _cached(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=4096)
def _cached(path: Path, _mtime: int, _size: int) -> FileFacts:
    try:
        with netCDF4.Dataset(path) as file:
            return _read(path, file)
    except OSError as error:
        remedy = "give a netCDF file as MCIP, yice or CCTM write it"
        raise InputError([Fault(str(path), f"cannot be opened ({error})", remedy)]) from error


def _read(path: Path, file: netCDF4.Dataset) -> FileFacts:
    attributes = {name: file.getncattr(name) for name in file.ncattrs()}
    missing = [name for name in _REQUIRED if name not in attributes]
    missing += [] if "TFLAG" in file.variables else ["TFLAG"]
    if missing:
        raise InputError(
            Fault(f"{path}:{name}", "is missing", "rewrite the file with the tool that made it; CCTM aborts on it")
            for name in missing
        )
    units = {name: variable.units for name, variable in file.variables.items() if name != "TFLAG"}
    unpadded = tuple(name for name, text in units.items() if len(text) != NAME_LENGTH or "\0" in text)
    return FileFacts(
        path, _grid(path, attributes), int(attributes["NLAYS"]),
        tuple(float(level) for level in np.atleast_1d(attributes["VGLVLS"])), int(attributes["FTYPE"]) == 2,  # BNDARY3
        _times(file, int(attributes["TSTEP"])), {name: text.strip() for name, text in units.items()}, unpadded,
        str(getattr(file[LAND_USE], "var_desc", "")) if LAND_USE in units else "", _disorder(file, attributes),
    )  # fmt: skip


def _grid(path: Path, attributes: dict[str, Any]) -> Grid:
    try:
        return grid_from(attributes)
    except KeyError as error:
        raise InputError([Fault(f"{path}:{error.args[0]}", "is missing", "CCTM aborts without it")]) from error
    except ValueError as error:
        raise InputError([Fault(f"{path}:GDTYP", str(error), "give a file on the run grid")]) from error


def _disorder(file: netCDF4.Dataset, attributes: dict[str, Any]) -> str:
    """Return in what the header disagrees with itself: list of variables, first step, distance of the steps.

    CCTM aborts on each, or reads another hour than the stamps say.
    """
    names = [name for name in file.variables if name != "TFLAG"]
    listed = str(attributes["VAR-LIST"])
    if len(listed) != NAME_LENGTH * len(names) or int(attributes["NVARS"]) != len(names):
        return f"VAR-LIST and NVARS do not name its {len(names)} variables in {NAME_LENGTH} characters each"
    if int(attributes["TSTEP"]) == TIME_INDEPENDENT:
        return ""
    times = moments(np.asarray(file["TFLAG"][:, 0, :]))
    if not len(times):
        return "it has no step"
    start = moments(np.array([[int(attributes["SDATE"]), int(attributes["STIME"])]]))[0]
    step = np.timedelta64(_seconds(int(attributes["TSTEP"])), "s")
    if times[0] != start or not (np.diff(times) == step).all():
        return f"SDATE, STIME and TSTEP do not agree with the stamps (first {times[0].astype('datetime64[s]')})"
    return ""


def _seconds(hhmmss: int) -> int:
    return hhmmss // 10000 * 3600 + hhmmss // 100 % 100 * 60 + hhmmss % 100


def _times(file: netCDF4.Dataset, step: int) -> tuple[datetime, datetime] | None:
    if step == TIME_INDEPENDENT:
        return None
    flags = np.asarray(file["TFLAG"][:, 0, :])
    if not len(flags):
        return None
    first, last = moments(flags[[0, -1]]).astype("datetime64[s]").tolist()
    return first, last
