"""Days to model from MCIP's met files: METCRO2D (and METCRO3D where it has no humidity), the mean of each district.

MCIP's values are of a moment; a model day holds means of hours, here the mean of both ends of the hour.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from aqcore.calendar import to_utc
from aqcore.errors import Fault, InputError, gathering
from aqcore.ioapi_backend import grid_of
from observations.model_days import HOURS, ModelDays
from observations.seasons import season_days, season_of

Array = npt.NDArray[np.float64]

SURFACE = {"T": "TEMP2", "P": "PRSFC", "wind": "WSPD10", "pblh": "PBL", "cloud": "CFRAC"}
"""Model-day variable -> METCRO2D variable (K, Pa, m s-1, m, fraction)."""
NEEDED = ("TEMP2", "PRSFC", "WSPD10")
VAPOUR, VAPOUR_ALOFT = "Q2", "QV"
"""kg kg-1: at 2 m in METCRO2D, and of METCRO3D, whose lowest layer stands in."""
EPSILON = 0.622
"""Molar mass of water over that of dry air."""
HOUR = np.timedelta64(1, "h")
REFERENCE_K = 298.15


def mcip_days(
    surface: Sequence[Path], mask: xr.DataArray, *, aloft: Sequence[Path] = (), timezone: str = "Asia/Shanghai"
) -> ModelDays:
    """Return every whole local day of MCIP files as model days, without observations.

    surface: METCRO2D files in any order; mask: area fraction of each cell in each district (zone, y, x) on MCIP's grid;
    aloft: METCRO3D files, needed only where METCRO2D has no `Q2`. The days of a season share its weight. Raises
    `InputError` with every fault: variables that are missing, another grid than the mask's, no whole day, a district
    without a cell.
    """
    if not surface:
        raise InputError([Fault("mcip", "no METCRO2D file is named", "give the files of the days to model")])
    data = _fields(surface, mask, aloft)
    zones = _zone_means(data, mask)
    dates = _whole_days(data["time"].to_numpy().astype("datetime64[ns]"), timezone)
    if not len(dates):
        what = f"{data.sizes['time']} hours hold no whole day of {timezone}"
        raise InputError([Fault(str(surface[0]), what, "give the files from one local midnight to the next")])
    arranged = _arranged(zones, dates, timezone).assign_coords(zone=[str(zone) for zone in mask["zone"].to_numpy()])
    return ModelDays(arranged, REFERENCE_K, "observed", "MCIP " + _names(surface))


def relative_humidity(vapour: Array, temperature: Array, pressure: Array) -> Array:
    """Return relative humidity 0..1 from kg kg-1, K and Pa, with Magnus' saturation over water, at most 1."""
    celsius = temperature - 273.15
    saturation = 611.2 * np.exp(17.62 * celsius / (243.12 + celsius))
    return np.clip(vapour * pressure / (EPSILON + vapour) / saturation, 0.0, 1.0)


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


def _zone_means(data: xr.Dataset, mask: xr.DataArray) -> dict[str, Array]:
    """Return variables (time, zone): means over the cells of each zone by the area that they share."""
    weight = mask.transpose("zone", "y", "x").to_numpy() * grid_area(data)
    total = weight.sum(axis=(1, 2))
    empty = [str(zone) for zone, area in zip(mask["zone"].to_numpy(), total, strict=True) if not area > 0.0]
    if empty:
        raise InputError(Fault(f"zone {zone}", "has no cell of MCIP's grid", "leave it out") for zone in empty)
    names = {key: name for key, name in SURFACE.items() if name in data} | {"vapour": VAPOUR}
    cells = {key: data[name].transpose("time", "y", "x").to_numpy().astype(float) for key, name in names.items()}
    means = {key: np.einsum("tyx,zyx->tz", values, weight) / total for key, values in cells.items()}
    means["RH"] = relative_humidity(means.pop("vapour"), means["T"], means["P"])
    return means | {"time": data["time"].to_numpy().astype("datetime64[ns]")[:, None]}


def grid_area(data: xr.Dataset) -> Array:
    """Return the area of the cells of an IOAPI dataset, m2 (y, x)."""
    return np.asarray(grid_of(data).cell_area())


def _whole_days(times: npt.NDArray[np.datetime64], timezone: str) -> npt.NDArray[np.datetime64]:
    """Return the local dates of which both ends of all 24 hours are there."""
    local = pd.DatetimeIndex(times).tz_localize("UTC").tz_convert(timezone).tz_localize(None)
    dates = np.unique(local.to_numpy().astype("datetime64[D]"))
    return np.array([date for date in dates if np.isin(_ends(date, timezone), times).all()], dtype="datetime64[D]")


def _ends(date: np.datetime64, timezone: str) -> npt.NDArray[np.datetime64]:
    """Return the UTC moments of the 25 ends of a local day's hours."""
    midnight = to_utc(np.array([date], dtype="datetime64[h]"), timezone)[0]
    return np.asarray(midnight + np.arange(HOURS + 1) * HOUR, dtype="datetime64[ns]")


def _arranged(zones: dict[str, Array], dates: npt.NDArray[np.datetime64], timezone: str) -> xr.Dataset:
    times = zones["time"][:, 0]
    rows = np.array([np.searchsorted(times, _ends(date, timezone)) for date in dates])
    values = {
        name: (("day", "hour", "zone"), 0.5 * (series[rows[:, :-1]] + series[rows[:, 1:]]))
        for name, series in zones.items()
        if name != "time"
    }
    season = season_of(dates)
    count = {name: int((season == name).sum()) for name in np.unique(season)}
    weight = [season_days(str(name)) / count[name] for name in season]
    coords = {
        "hour": np.arange(HOURS),
        "date": ("day", dates.astype("datetime64[ns]")),
        "season": ("day", season),
        "weight": ("day", np.array(weight)),
        "label": ("day", [str(date) for date in dates]),
    }
    return xr.Dataset(values, coords)


def _names(paths: Sequence[Path]) -> str:
    return paths[0].name if len(paths) == 1 else f"{paths[0].name} and {len(paths) - 1} more"
