"""Reading I/O API files: an xarray backend with CF times, projected coordinates and the projection itself.

`xr.open_dataset(path, engine="ioapi")` (with `chunks` for dask) gives dimensions `time, layer, y, x`, or
`time, layer, perim` for a boundary file; a time-independent file has no `time`.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from xarray.backends import BackendEntrypoint

from aqcore.errors import Fault, Faults, InputError
from aqcore.grid import Grid
from aqcore.ioapi_header import (
    MISSING_REAL,
    TIME_INDEPENDENT,
    FileType,
    grid_from,
    moments,
    seconds_of,
)
from aqcore.projection import GridType

_DIMENSIONS = {"TSTEP": "time", "LAY": "layer", "ROW": "y", "COL": "x", "PERIM": "perim"}

_REMEDY = "rewrite the file with the tool that made it; CCTM refuses it too"


class IoapiBackend(BackendEntrypoint):
    """The xarray engine "ioapi"."""

    description = "I/O API files of CMAQ, MCIP and SMOKE (netCDF)"
    open_dataset_parameters = ("filename_or_obj", "drop_variables")

    def open_dataset(  # type: ignore[override]  # a subset of the parameters, as xarray documents for backends
        self,
        filename_or_obj: str | os.PathLike[Any],
        *,
        drop_variables: str | Iterable[str] | None = None,
    ) -> xr.Dataset:
        """Open a file lazily.

        Variables keep units and descriptions without their padding, and the missing value of the I/O API becomes NaN;
        `time` (UTC) comes from TFLAG, `x` and `y` (m, or degrees) are cell centres, `crs` carries the CF grid mapping.
        Global attributes are kept. Raises InputError when TFLAG and header disagree or attributes are missing.
        """
        path = Path(filename_or_obj)
        raw = xr.open_dataset(path, engine="netcdf4", decode_cf=False, drop_variables=drop_variables)
        try:
            dataset = _decoded(path, raw)
        except BaseException:
            raw.close()
            raise
        dataset.set_close(raw.close)
        return dataset

    def guess_can_open(self, filename_or_obj: Any) -> bool:  # noqa: ARG002  # xarray calls it by this name
        """Return False: the files have no suffix of their own, the engine is named."""
        return False


def grid_of(dataset: xr.Dataset) -> Grid:
    """Return the grid of a dataset that was opened with the engine "ioapi".

    Raises InputError naming the attributes that are missing or wrong.
    """
    path = str(dataset.encoding.get("source", "dataset"))
    try:
        return grid_from(dataset.attrs)
    except KeyError as error:
        raise InputError([Fault(f"{path}:{error.args[0]}", "attribute is missing", _REMEDY)]) from error
    except ValueError as error:
        raise InputError([Fault(f"{path}:GDTYP", str(error), _REMEDY)]) from error


def _decoded(path: Path, raw: xr.Dataset) -> xr.Dataset:
    faults = Faults()
    for name in ("SDATE", "STIME", "TSTEP", "VAR-LIST"):
        if name not in raw.attrs:
            faults.add(f"{path}:{name}", "attribute is missing", "give an I/O API file (netCDF with TFLAG)")
    if "TFLAG" not in raw.variables:
        faults.add(f"{path}:TFLAG", "variable is missing", "give an I/O API file (netCDF with TFLAG)")
    faults.raise_if_any()
    times = _times(path, raw)
    listed = [name for name in _listed(raw) if name in raw.variables]
    dataset = raw[listed].rename({old: new for old, new in _DIMENSIONS.items() if old in raw[listed].dims})
    dataset = xr.decode_cf(_with_missing_value(dataset), decode_times=False, decode_coords=False)
    dataset = dataset.isel(time=0) if times is None else dataset.assign_coords(time=("time", times, _TIME_ATTRIBUTES))
    dataset.attrs = {name: _plain(value) for name, value in raw.attrs.items()}
    dataset.encoding["source"] = str(path)
    return _located(dataset, grid_of(dataset))


_TIME_ATTRIBUTES = {"standard_name": "time", "long_name": "time, UTC"}


def _listed(raw: xr.Dataset) -> list[str]:
    """Return the variables in the order of VAR-LIST (netCDF tools reorder the file)."""
    text = str(raw.attrs["VAR-LIST"])
    return [text[i : i + 16].strip() for i in range(0, len(text), 16) if text[i : i + 16].strip()]


def _plain(value: Any) -> Any:
    return value.rstrip() if isinstance(value, str) else value


def _with_missing_value(dataset: xr.Dataset) -> xr.Dataset:
    """Strip the padding of texts and announce the I/O API's missing value, so that it is decoded lazily."""
    for variable in dataset.variables.values():
        variable.attrs = {key: _plain(value) for key, value in variable.attrs.items()}
        if np.issubdtype(variable.dtype, np.floating):
            variable.attrs["missing_value"] = MISSING_REAL
    return dataset


def _times(path: Path, raw: xr.Dataset) -> np.ndarray[Any, np.dtype[np.datetime64]] | None:
    """Return the times (UTC) of TFLAG, None for a time-independent file.

    Raises InputError when variables disagree, or when TFLAG is not SDATE, STIME and multiples of TSTEP.
    """
    step = int(raw.attrs["TSTEP"])
    if step == TIME_INDEPENDENT:
        return None
    flags = raw["TFLAG"].to_numpy()
    where = f"{path}:TFLAG"
    if not (flags == flags[:, :1, :]).all():
        time, variable = (int(i) for i in np.argwhere((flags != flags[:, :1, :]).any(axis=2))[0])
        found, first = flags[time, variable].tolist(), flags[time, 0].tolist()
        what = f"variable {variable} says {found} at step {time}, the first {first}"
        raise InputError([Fault(where, what, _REMEDY)])
    times = moments(flags[:, 0, :])
    start = moments(np.array([[raw.attrs["SDATE"], raw.attrs["STIME"]]]))[0]
    expected = start + np.arange(len(times)) * np.timedelta64(seconds_of(step), "s")
    wrong = np.flatnonzero(times != expected)
    if len(wrong):
        at = int(wrong[0])
        what = f"step {at} is {times[at]}, SDATE, STIME and TSTEP say {expected[at]}"
        raise InputError([Fault(where, what, _REMEDY)])
    return times


def _located(dataset: xr.Dataset, grid: Grid) -> xr.Dataset:
    """Add x, y and crs as CF names them."""
    x_attributes, y_attributes = _axis_attributes(grid)
    coordinates: dict[str, Any] = {"crs": ((), np.int32(0), grid.crs.to_cf())}
    if dataset.attrs.get("FTYPE") == FileType.BOUNDARY:
        x, y = grid.perimeter()
        coordinates |= {"x": ("perim", x, x_attributes), "y": ("perim", y, y_attributes)}
    else:
        coordinates |= {"x": ("x", grid.x, x_attributes), "y": ("y", grid.y, y_attributes)}
    for array in dataset.data_vars.values():
        array.attrs["grid_mapping"] = "crs"
    return dataset.assign_coords(coordinates)


def _axis_attributes(grid: Grid) -> tuple[dict[str, str], dict[str, str]]:
    if grid.gdtyp == GridType.LAT_LON:
        return (
            {"standard_name": "longitude", "units": "degrees_east", "axis": "X"},
            {"standard_name": "latitude", "units": "degrees_north", "axis": "Y"},
        )
    return (
        {"standard_name": "projection_x_coordinate", "units": "m", "axis": "X"},
        {"standard_name": "projection_y_coordinate", "units": "m", "axis": "Y"},
    )
