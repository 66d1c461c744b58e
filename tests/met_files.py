"""Synthetic files of met models: a Lambert grid, known fields."""

import numpy as np
import xarray as xr

from aqcore.grid import Grid
from aqcore.ioapi_write import write_ioapi

START = np.datetime64("2019-07-01T16:00")  # UTC: midnight of 2 July in Beijing
KAPPA = 287.0 / 1004.5


def met_grid():
    return Grid.covering("WRF", 115.9, 116.6, 39.7, 40.3, 9000.0, xcent=116.0, ycent=40.0)


def wrfout(grid, hours=50, start=START, leave=(), aloft=False):
    """Temperature 290 + 0.1 hour, wind 3 east 4 north, the rest constant; with `aloft` the lowest layer only."""
    shape = (hours, grid.nrows, grid.ncols)
    dims = ("Time", "south_north", "west_east")
    hour = np.arange(hours, dtype=float)[:, None, None]
    temperature = np.broadcast_to(290.0 + 0.1 * hour, shape)
    surface = {"T2": temperature, "PSFC": np.full(shape, 1e5), "Q2": np.full(shape, 0.01),
               "U10": np.full(shape, 3.0), "V10": np.full(shape, 4.0), "PBLH": np.full(shape, 800.0)}  # fmt: skip
    variables = {name: (dims, values) for name, values in surface.items()}
    if aloft:
        variables = {name: variables[name] for name in ("PSFC", "PBLH")} | _layers(temperature)
    cloud = np.zeros((hours, 2, *shape[1:]))
    cloud[:, 1] = 0.25
    variables["CLDFRA"] = (("Time", "bottom_top", *dims[1:]), cloud)
    lon, lat = grid.centres()
    for name, values in (("XLONG", lon), ("XLAT", lat)):
        variables[name] = (dims, np.broadcast_to(values, shape).astype(np.float32))
    stamps = [str(start + np.timedelta64(i, "h")).replace("T", "_") + ":00" for i in range(hours)]
    variables["Times"] = ("Time", np.array(stamps, dtype="S19"))
    attributes = {"MAP_PROJ": 1, "TRUELAT1": grid.p_alp, "TRUELAT2": grid.p_bet, "STAND_LON": grid.p_gam,
                  "MOAD_CEN_LAT": grid.ycent, "DX": grid.xcell, "DY": grid.ycell}  # fmt: skip
    return xr.Dataset({k: v for k, v in variables.items() if k not in leave}, attrs=attributes)


def mcip(path, grid, hours=50, leave=()):
    """Write METCRO2D: temperature 290 + 0.1 hour, the number of the column in the wind, the rest constant."""
    shape = (hours, 1, grid.nrows, grid.ncols)
    hour = np.arange(hours, dtype=float)[:, None, None, None]
    fields = {
        "TEMP2": (np.broadcast_to(290.0 + 0.1 * hour, shape), "K"),
        "PRSFC": (np.full(shape, 100_000.0), "Pascal"),
        "WSPD10": (np.broadcast_to(1.0 + np.arange(grid.ncols), shape), "M/S"),
        "PBL": (np.full(shape, 800.0), "M"),
        "CFRAC": (np.full(shape, 0.25), "FRACTION"),
        "Q2": (np.full(shape, 0.010), "KG/KG"),
    }
    dims = ("time", "layer", "y", "x")
    arrays = {k: (dims, v.astype(np.float32), {"units": unit}) for k, (v, unit) in fields.items() if k not in leave}
    times = START.astype("datetime64[ns]") + np.arange(hours) * np.timedelta64(1, "h")
    data = xr.Dataset(arrays, {"time": times})
    write_ioapi(path, data, grid, start=START, step_seconds=3600, description="synthetic", signed=True)
    return path


def _layers(temperature):
    """The same air in the lowest of two layers at 1000 hPa + 500 Pa, winds on the faces of the cells."""
    hours, rows, columns = temperature.shape

    def layered(lowest, *shape):
        return np.stack([np.broadcast_to(lowest, (hours, *shape)), np.full((hours, *shape), 99.0)], axis=1)

    pressure = 100_500.0
    theta = temperature / (pressure / 1e5) ** KAPPA - 300.0
    mass = ("Time", "bottom_top", "south_north", "west_east")
    edges = 2.0 * np.arange(columns + 1)
    return {
        "T": (mass, layered(theta, rows, columns)),
        "P": (mass, layered(500.0, rows, columns)),
        "PB": (mass, layered(1e5, rows, columns)),
        "QVAPOR": (mass, layered(0.01, rows, columns)),
        "U": ((*mass[:3], "west_east_stag"), layered(edges, rows, columns + 1)),
        "V": ((*mass[:2], "south_north_stag", mass[3]), layered(0.0, rows + 1, columns)),
    }
