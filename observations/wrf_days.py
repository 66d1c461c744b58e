"""Days to model from WRF's output (wrfout files of one domain), the mean of each district.

Variables at 2 m and 10 m are taken where the files have them; else the lowest layer stands in: temperature from the
potential one, T = (T + 300) ((P + PB) / 1e5)^(R / cp), wind from the staggered U and V. Total cloud is the largest of
the column's layers (maximum overlap).
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xarray as xr

from aqcore.errors import Fault, Faults, InputError, gathering
from aqcore.grid import Grid
from aqcore.projection import GridType
from observations.met_days import ANY, Period, days_of, relative_humidity, zone_means
from observations.model_days import ModelDays

Array = npt.NDArray[np.float64]

LAMBERT, MERCATOR = 1, 3
"""MAP_PROJ of WRF."""
DRY_AIR_KAPPA = 287.0 / 1004.5
"""R / cp of dry air with WRF's own constants (J kg-1 K-1)."""
THETA_OFFSET_K = 300.0
REFERENCE_PA = 1e5
OUTPUT = {
    "T": (("T2",), ("T", "P", "PB")),
    "P": (("PSFC",),),
    "vapour": (("Q2",), ("QVAPOR",)),
    "wind": (("U10", "V10"), ("U", "V")),
    "pblh": (("PBLH",),),
}
"""Model-day variable -> the WRF variables that give it, the first complete set is used."""
AXIS_M = 50.0
"""Metres by which the middle of a grid may lie off its stated projection; XLAT and XLONG are single precision."""


def wrf_grid(files: Sequence[Path]) -> Grid:
    """Return the mass grid of WRF files (of the first), on the sphere of 6,370 km.

    The standard parallels are kept as WRF states them. Raises `InputError` for a projection other than Lambert or
    Mercator, and for a file that is not WRF's.
    """
    if not files:
        raise InputError([Fault("wrf", "no wrfout file is named", "give the files of the days to model")])
    with _opened(files[0]) as file:
        attributes = file.attrs
        lon, lat = (file[name].isel(Time=0).to_numpy().astype(float) for name in ("XLONG", "XLAT"))
    kind = int(attributes["MAP_PROJ"])
    if kind not in (LAMBERT, MERCATOR):
        remedy = "use MCIP's files of this run"
        raise InputError([Fault(str(files[0]), f"MAP_PROJ {kind} is neither Lambert (1) nor Mercator (3)", remedy)])
    stated = {key: float(attributes[key]) for key in ("TRUELAT1", "TRUELAT2", "STAND_LON", "MOAD_CEN_LAT", "DX", "DY")}
    grid = _unplaced(kind, stated, lat.shape)
    x, y = grid.project(lon, lat)
    rows, columns = lat.shape
    x0 = float(np.mean(x[:, 0])) - 0.5 * grid.xcell
    y0 = float(np.mean(y[0, :])) - 0.5 * grid.ycell
    far = abs(float(np.mean(x[:, -1])) - x0 - (columns - 0.5) * grid.xcell)
    if far > AXIS_M:
        what = f"the cells' longitudes lie {far:.0f} m off the grid that its projection states"
        raise InputError([Fault(str(files[0]), what, "give WRF's output of one domain, not cut or regridded")])
    return Grid(
        grid.name, grid.coordinate_name, grid.gdtyp, grid.p_alp, grid.p_bet, grid.p_gam, grid.xcent, grid.ycent,
        x0, y0, grid.xcell, grid.ycell, columns, rows,
    )  # fmt: skip


def wrf_days(files: Sequence[Path], mask: xr.DataArray, *, period: Period = ANY) -> ModelDays:
    """Return every whole local day of WRF files in a period as model days, without observations.

    files: wrfout in any order, they may overlap; mask: area fraction of each cell in each district (zone, y, x) on
    WRF's mass grid (`wrf_grid`). `days_of` makes the days. Raises `InputError` with every fault: variables that are
    missing, another grid than the mask's, no whole day, a district without a cell.
    """
    area = np.asarray(wrf_grid(files).cell_area())
    with gathering() as faults:
        parts = [part for path in files if (part := _read(path, mask, faults)) is not None]
    data = xr.concat(parts, "time", join="exact").drop_duplicates("time").sortby("time")
    cells = {str(name): values.transpose("time", "y", "x").to_numpy() for name, values in data.items()}
    means = zone_means(cells, mask, area)
    means["RH"] = relative_humidity(means.pop("vapour"), means["T"], means["P"])
    zones = [str(zone) for zone in mask["zone"].to_numpy()]
    return days_of(means, data["time"].to_numpy().astype("datetime64[ns]"), zones, period, files, "WRF")


def wrf_fields(file: xr.Dataset) -> dict[str, Array]:
    """Return the fields (time, y, x) of an open wrfout.

    `T` K, `P` Pa, `vapour` kg kg-1, `wind` m s-1 and, where the file has them, `pblh` m and `cloud` 0..1.
    """
    found = {name: _value(name, file, chosen) for name in OUTPUT if (chosen := _set_of(name, file)) is not None}
    if "CLDFRA" in file:
        found["cloud"] = file["CLDFRA"].max("bottom_top").to_numpy().astype(float)
    return found


def wrf_times(file: xr.Dataset) -> npt.NDArray[np.datetime64]:
    """Return the UTC moments of a wrfout (`Times`, 2022-12-07_00:00:00)."""
    text = ["".join(c.decode("ascii") for c in np.atleast_1d(row)) for row in file["Times"].to_numpy()]
    return np.array([stamp.replace("_", "T") for stamp in text], dtype="datetime64[ns]")


def _opened(path: Path) -> xr.Dataset:
    try:
        file = xr.open_dataset(path, decode_times=False, engine="netcdf4")
    except OSError as error:
        raise InputError([Fault(str(path), f"cannot be read as NetCDF: {error}", "name a wrfout file")]) from error
    missing = [name for name in ("XLONG", "XLAT", "Times") if name not in file.variables]
    missing += [name for name in ("MAP_PROJ", "TRUELAT1", "STAND_LON", "MOAD_CEN_LAT", "DX") if name not in file.attrs]
    if missing:
        raise InputError([Fault(str(path), f"no {', '.join(missing)}", "name a wrfout file of WRF")])
    return file


def _unplaced(kind: int, stated: dict[str, float], shape: tuple[int, ...]) -> Grid:
    """Return the grid with its origin at the middle of the mother domain's projection."""
    second = stated["TRUELAT2"] if kind == LAMBERT else 0.0
    gdtyp = GridType.LAMBERT if kind == LAMBERT else GridType.MERCATOR
    lon, lat = stated["STAND_LON"], stated["MOAD_CEN_LAT"] if kind == LAMBERT else 0.0
    return Grid(
        "WRF", "WRF", int(gdtyp), stated["TRUELAT1"], second, lon, lon, lat,
        0.0, 0.0, stated["DX"], stated["DY"], shape[1], shape[0],
    )  # fmt: skip


def _read(path: Path, mask: xr.DataArray, faults: Faults) -> xr.Dataset | None:
    """Return a file's fields by (time, y, x), or None after noting what is wrong with it."""
    before = len(faults)
    with _opened(path) as file:
        shape = (file.sizes["south_north"], file.sizes["west_east"])
        if shape != (mask.sizes["y"], mask.sizes["x"]):
            what = f"the grid has {shape[0]} x {shape[1]} cells, the mask {mask.sizes['y']} x {mask.sizes['x']}"
            faults.add(str(path), what, "name files of one domain")
        for name in ("T", "P", "vapour", "wind"):
            if _set_of(name, file) is None:
                sets = " or ".join(" and ".join(one) for one in OUTPUT[name])
                faults.add(str(path), f"no {sets}", "write it out in WRF (history stream 0)")
        if len(faults) > before:
            return None
        arrays = {name: (("time", "y", "x"), values) for name, values in wrf_fields(file).items()}
        return xr.Dataset(arrays, {"time": wrf_times(file)})


def _set_of(name: str, file: xr.Dataset) -> tuple[str, ...] | None:
    return next((one for one in OUTPUT[name] if all(part in file for part in one)), None)


def _value(name: str, file: xr.Dataset, chosen: tuple[str, ...]) -> Array:
    parts = [_lowest(file[part]) for part in chosen]
    if name == "wind":
        east, north = (_unstaggered(part) for part in parts)
        return np.asarray(np.hypot(east, north))
    if chosen == ("T", "P", "PB"):
        theta, perturbation, base = (part.to_numpy().astype(float) for part in parts)
        pressure = perturbation + base
        return np.asarray((theta + THETA_OFFSET_K) * (pressure / REFERENCE_PA) ** DRY_AIR_KAPPA)
    return parts[0].to_numpy().astype(float)


def _lowest(values: xr.DataArray) -> xr.DataArray:
    return values.isel(bottom_top=0) if "bottom_top" in values.dims else values


def _unstaggered(values: xr.DataArray) -> Array:
    """Return a wind component on the mass points: the mean of both faces where it stands on faces."""
    array = values.to_numpy().astype(float)
    for axis, name in enumerate(values.dims):
        if str(name).endswith("_stag"):
            size = array.shape[axis]
            array = 0.5 * (array.take(range(1, size), axis) + array.take(range(size - 1), axis))
    return array
