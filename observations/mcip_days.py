"""Days to model from MCIP's met files: METCRO2D (and METCRO3D where it has no humidity), the mean of each district."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xarray as xr

from aqcore.errors import Fault, InputError, gathering
from aqcore.grid import Grid
from aqcore.ioapi_backend import grid_of
from observations.met_days import ANY, Period, days_of, relative_humidity, zone_means
from observations.model_days import ModelDays

Array = npt.NDArray[np.float64]

SURFACE = {"T": "TEMP2", "P": "PRSFC", "wind": "WSPD10", "pblh": "PBL", "cloud": "CFRAC"}
"""Model-day variable -> METCRO2D variable (K, Pa, m s-1, m, fraction)."""
NEEDED = ("TEMP2", "PRSFC", "WSPD10")
VAPOUR, VAPOUR_ALOFT = "Q2", "QV"
"""kg kg-1: at 2 m in METCRO2D, and of METCRO3D, whose lowest layer stands in."""


def mcip_grid(surface: Sequence[Path]) -> Grid:
    """Return the grid of MCIP files (of the first); raise `InputError` when none is named or it is no IOAPI file."""
    if not surface:
        raise InputError([Fault("mcip", "no METCRO2D file is named", "give the files of the days to model")])
    with xr.open_dataset(surface[0], engine="ioapi") as file:
        return grid_of(file)


def mcip_days(
    surface: Sequence[Path], mask: xr.DataArray, *, aloft: Sequence[Path] = (), period: Period = ANY
) -> ModelDays:
    """Return every whole local day of MCIP files in a period as model days, without observations.

    surface: METCRO2D files in any order; mask: area fraction of each cell in each district (zone, y, x) on MCIP's grid;
    aloft: METCRO3D files, needed only where METCRO2D has no `Q2`. `days_of` makes the days. Raises `InputError` with
    every fault: variables that are missing, another grid than the mask's, no whole day, a district without a cell.
    """
    area = mcip_grid(surface).cell_area()
    data = _fields(surface, mask, aloft)
    names = {key: name for key, name in SURFACE.items() if name in data} | {"vapour": VAPOUR}
    cells = {key: data[name].transpose("time", "y", "x").to_numpy().astype(float) for key, name in names.items()}
    means = zone_means(cells, mask, np.asarray(area))
    means["RH"] = relative_humidity(means.pop("vapour"), means["T"], means["P"])
    zones = [str(zone) for zone in mask["zone"].to_numpy()]
    return days_of(means, data["time"].to_numpy().astype("datetime64[ns]"), zones, period, surface, "MCIP")


def _fields(surface: Sequence[Path], mask: xr.DataArray, aloft: Sequence[Path]) -> xr.Dataset:
    parts = []
    with gathering() as faults:
        for path in surface:
            with xr.open_dataset(path, engine="ioapi") as file:
                faults.extend(_file_faults(path, file, mask))
                if VAPOUR not in file and not aloft:
                    faults.add(f"{path}", f"no {VAPOUR}", "name the METCRO3D files too")
                names = [name for name in (*SURFACE.values(), VAPOUR) if name in file]
                parts.append(file[names].isel(layer=0).load())
    data = xr.concat(parts, "time", join="exact").drop_duplicates("time").sortby("time")
    if VAPOUR not in data:
        lowest = xr.concat([_lowest(path) for path in aloft], "time").drop_duplicates("time").sortby("time")
        data = xr.merge([data, lowest.rename({VAPOUR_ALOFT: VAPOUR})], join="inner")
    return data


def _lowest(path: Path) -> xr.Dataset:
    with xr.open_dataset(path, engine="ioapi") as file:
        if VAPOUR_ALOFT not in file:
            raise InputError([Fault(str(path), f"no {VAPOUR_ALOFT}", "name METCRO3D files")])
        return file[[VAPOUR_ALOFT]].isel(layer=0).load()


def _file_faults(path: Path, file: xr.Dataset, mask: xr.DataArray) -> list[Fault]:
    missing = [Fault(str(path), f"no {name}", "name a METCRO2D file of MCIP") for name in NEEDED if name not in file]
    grid, shape = grid_of(file), tuple(mask.sizes[name] for name in ("y", "x"))
    if (grid.nrows, grid.ncols) != shape:
        what = f"the grid has {grid.nrows} x {grid.ncols} cells, the mask {shape[0]} x {shape[1]}"
        missing.append(Fault(str(path), what, "make the mask on MCIP's grid"))
    return missing
