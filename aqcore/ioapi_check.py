"""What makes a dataset or a header unfit for an I/O API file; most of it the library itself passes in silence."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from aqcore.errors import Fault
from aqcore.grid import Grid
from aqcore.ioapi_header import (
    DESCRIPTION_LENGTH,
    DESCRIPTION_LINES,
    MAX_VARIABLES,
    NAME_LENGTH,
    TIME_INDEPENDENT,
    Header,
    Variable,
)

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)

_ORDERS = (("time", "layer", "y", "x"), ("time", "layer", "perim"))

_ONE_SECOND = np.timedelta64(1, "s")


def header_faults(path: Path, header: Header) -> list[Fault]:
    """Return what is wrong with names, units, texts and levels of a header."""
    faults = [fault for variable in header.variables for fault in _variable_faults(path, variable)]
    twice = [name for name, count in Counter(v.name.upper() for v in header.variables).items() if count > 1]
    faults += [Fault(f"{path}:{name}", "name stands for two variables", "names differ by more than case")
               for name in twice]  # fmt: skip
    if not 0 < len(header.variables) <= MAX_VARIABLES:
        faults.append(Fault(str(path), f"{len(header.variables)} variables", f"write 1 to {MAX_VARIABLES} in a file"))
    if header.step_seconds < 0:
        faults.append(Fault(f"{path}:TSTEP", f"step of {header.step_seconds} s", "give 0 or a positive step"))
    levels = np.asarray(header.vertical.vglvls)
    if header.vertical.nlays < 1 or (header.vertical.nlays > 1 and not _monotonic(levels)):
        faults.append(Fault(f"{path}:VGLVLS", f"levels {levels.tolist()}", "give layers + 1 monotonic levels"))
    return faults + _text_faults(path, header)


def _monotonic(levels: np.ndarray[Any, Any]) -> bool:
    steps = np.diff(levels)
    return bool((steps < 0).all() or (steps > 0).all())


def _variable_faults(path: Path, variable: Variable) -> list[Fault]:
    where = f"{path}:{variable.name}"
    faults = []
    if len(variable.name) > NAME_LENGTH or not _NAME.fullmatch(variable.name):
        remedy = f"use at most {NAME_LENGTH} ASCII letters, digits and _, a letter first"
        faults.append(Fault(where, f"variable name of {len(variable.name)} characters", remedy))
    if not variable.units or len(variable.units) > NAME_LENGTH or not variable.units.isascii():
        remedy = f"set attrs['units'] to 1 to {NAME_LENGTH} ASCII characters, such as moles/s or g/s"
        faults.append(Fault(where, f"units {variable.units!r}", remedy))
    if len(variable.description) > DESCRIPTION_LENGTH or not variable.description.isascii():
        remedy = f"set attrs['var_desc'] to at most {DESCRIPTION_LENGTH} ASCII characters"
        faults.append(Fault(where, f"description {variable.description!r}", remedy))
    return faults


def _text_faults(path: Path, header: Header) -> list[Fault]:
    faults = []
    for key, text, limit in (
        ("GDNAM", header.grid.name, NAME_LENGTH),
        ("EXEC_ID", header.execution_id, DESCRIPTION_LENGTH),
    ):
        if len(text) > limit or not text.isascii():
            faults.append(Fault(f"{path}:{key}", f"{text!r}", f"use at most {limit} ASCII characters"))
    for key, text in (("FILEDESC", header.description), ("HISTORY", header.history)):
        lines = sum(max(1, -(-len(line) // DESCRIPTION_LENGTH)) for line in text.splitlines())
        if lines > DESCRIPTION_LINES or not text.isascii():
            remedy = f"use at most {DESCRIPTION_LINES} lines of {DESCRIPTION_LENGTH} ASCII characters"
            faults.append(Fault(f"{path}:{key}", f"text of {lines} lines", remedy))
    return faults


def dataset_faults(path: Path, dataset: xr.Dataset, grid: Grid, start: datetime, step_seconds: int) -> list[Fault]:
    """Return what is wrong with dimensions, sizes, types and times of a dataset for a grid and a start."""
    faults = [fault for name in dataset.data_vars for fault in _array_faults(path, dataset[name])]
    expected = {"x": grid.ncols, "y": grid.nrows, "perim": 2 * grid.nthik * (grid.ncols + grid.nrows + 2 * grid.nthik)}
    for name, size in dataset.sizes.items():
        if expected.get(str(name), size) != size:
            what = f"{size} along {name}, the grid {grid.name} has {expected[str(name)]}"
            faults.append(Fault(f"{path}:{name}", what, "write the dataset with the grid that it was made on"))
    shapes = {dataset[name].dims[-1] for name in dataset.data_vars if dataset[name].dims}
    if {"x", "perim"} <= shapes:
        faults.append(Fault(str(path), "gridded and boundary variables", "write them to two files"))
    layers = {dataset[name].sizes.get("layer", 1) for name in dataset.data_vars}
    if len(layers) > 1:
        faults.append(Fault(f"{path}:LAY", f"variables of {sorted(layers)} layers", "write them to two files"))
    return faults + _time_faults(path, dataset, start, step_seconds)


def _array_faults(path: Path, array: xr.DataArray) -> list[Fault]:
    where = f"{path}:{array.name}"
    faults = []
    dims = tuple(str(dim) for dim in array.dims)
    fitting = [order for order in _ORDERS if [d for d in order if d in dims] == list(dims) and order[-1] in dims]
    if not fitting or ("x" in dims) != ("y" in dims):
        faults.append(Fault(where, f"dimensions {dims}", "transpose to ([time,] [layer,] y, x) or (..., perim)"))
    if not (np.issubdtype(array.dtype, np.floating) or np.issubdtype(array.dtype, np.integer)):
        faults.append(Fault(where, f"values of type {array.dtype}", "give real numbers or integers"))
    return faults


def _time_faults(path: Path, dataset: xr.Dataset, start: datetime, step_seconds: int) -> list[Fault]:
    where = f"{path}:TFLAG"
    without = [str(name) for name in dataset.data_vars if "time" not in dataset[name].dims]
    steps = dataset.sizes.get("time", 1)
    if step_seconds == TIME_INDEPENDENT:
        if steps == 1:
            return []
        return [Fault(where, f"{steps} times in a time-independent file", "give step_seconds, or one time only")]
    if without:
        return [Fault(where, f"no time in {', '.join(without)}", "give step_seconds 0, or fields with a time")]
    if steps == 0:
        return [Fault(where, "no time step", "give at least one time")]
    if "time" not in dataset.coords:
        return []
    begin = np.datetime64(start.astimezone(UTC).replace(tzinfo=None), "s")
    expected = begin + np.arange(steps) * step_seconds * _ONE_SECOND
    found = dataset["time"].to_numpy()
    if not np.issubdtype(found.dtype, np.datetime64):
        return [Fault(where, f"times of type {found.dtype}", "give datetime64 in UTC, or no time coordinate")]
    wrong = np.flatnonzero(found.astype("datetime64[s]") != expected)
    if not len(wrong):
        return []
    at, end = int(wrong[0]), start + timedelta(seconds=step_seconds * (steps - 1))
    what = f"time {at} is {found[at]} instead of {expected[at]}"
    return [Fault(where, what, f"give start, step_seconds and times that agree: {start} to {end}")]
