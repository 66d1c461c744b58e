"""The seven met files that CCTM reads, as MCIP would write them for the idealised weather."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xarray as xr

from aqcore.grid import Grid
from aqcore.ioapi_header import MISSING_INTEGER
from aqcore.ioapi_write import write_ioapi
from aqcore.units import SECOND_PER_HOUR
from drivers.cmaq.idealised.column import SURFACE_PA, Column, Levels, column
from drivers.cmaq.idealised.weather import WIND, Weather, weather, wind
from drivers.cmaq.versions import rows_of

FloatArray = npt.NDArray[np.float64]
Field = tuple[tuple[str, ...], npt.NDArray[np.float32], dict[str, str]]

WRF = "WRF ARW V4.4 (idealised weather of yice, synthetic)"
"""CCTM looks for the version of WRF in this text: from 4.1 on it takes the newer soil tables."""

LAND_USE = "MODIS"
LAND_USE_CATEGORIES = 20
CROPLAND, URBAN = 12, 13
URBAN_SHARE = 0.3
"""Share of urban land, and of impervious surface, in every cell."""

AIR_UNITS = {
    "JACOBF": "M", "JACOBM": "M", "DENSA_J": "KG/M**2", "TA": "K", "QV": "KG/KG", "PRES": "Pa", "DENS": "KG/M**3",
    "ZH": "M", "ZF": "M", "QC": "KG/KG", "QR": "KG/KG", "QI": "KG/KG", "QS": "KG/KG", "QG": "KG/KG",
    "CFRAC_3D": "FRACTION",
}  # fmt: skip


@dataclass(frozen=True)
class MetCase:
    """The idealised weather on a grid: `start` UTC, `hours` steps and one more, levels, column and weather."""

    grid: Grid
    start: datetime
    hours: int
    levels: Levels
    column: Column
    weather: Weather

    @classmethod
    def of(cls, grid: Grid, start: datetime, hours: int, levels: Levels) -> "MetCase":
        """Return the weather in the middle of the grid from `start` (UTC) on."""
        first = np.datetime64(start.replace(tzinfo=None), "s")
        times = first + np.arange(hours + 1) * np.timedelta64(int(SECOND_PER_HOUR), "s")
        lon, lat = (float(values.mean()) for values in grid.centres())
        sky = weather(times, lon, lat)
        return cls(grid, start, hours, levels, column(levels, sky.air), sky)

    def write(self, folder: Path, names: Mapping[str, str]) -> None:
        """Write the files of `names` (logical name -> file name) into a folder."""
        over_layers = {"MET_CRO_3D": self._air(), "MET_BDY_3D": self._air(boundary=True), "MET_DOT_3D": self._winds()}
        for logical, variables in over_layers.items():
            grid = self.grid.dot() if logical == "MET_DOT_3D" else self.grid
            _write(folder / names[logical], variables, grid, self, levels=self.levels)
        _write(folder / names["MET_CRO_2D"], self._surface(), self.grid, self)
        _write(folder / names["GRID_CRO_2D"], _ground(self.grid), self.grid, self, fixed=True)
        dot = self.grid.dot()
        factor = {"MSFD2": _plane(dot.map_factor() ** 2, "(M/M)**2", "squared map-scale factor")}
        _write(folder / names["GRID_DOT_2D"], factor, dot, self, fixed=True)
        categories = Levels(tuple(map(float, range(1, LAND_USE_CATEGORIES + 2))), 0.0, MISSING_INTEGER)
        _write(folder / names["LUFRAC_CRO"], _land(self.grid), self.grid, self, fixed=True, levels=categories)

    def _air(self, *, boundary: bool = False) -> dict[str, Field]:
        air, none = self.column, np.zeros_like(self.column.mass)
        faces = np.concatenate([(air.jacobian[:, 1:] + air.jacobian[:, :-1]) / 2, air.jacobian[:, -1:]], axis=1)
        values = {
            "JACOBF": faces, "JACOBM": air.jacobian, "DENSA_J": air.mass, "TA": air.temperature, "QV": air.humidity,
            "PRES": air.pressure, "DENS": air.density, "ZH": air.height_mid, "ZF": air.height_top,
            **dict.fromkeys(("QC", "QR", "QI", "QS", "QG", "CFRAC_3D"), none),
        }  # fmt: skip
        cells = {"perim": len(self.grid.perimeter()[0])} if boundary else _cells(self.grid)
        return {name: _spread(value, cells, AIR_UNITS[name]) for name, value in values.items()}

    def _winds(self) -> dict[str, Field]:
        east, north = (np.broadcast_to(part, self.column.mass.shape) for part in wind(self.levels.vglvls))
        cells = _cells(self.grid.dot())
        return {
            "UWINDC": _spread(east, cells, "M/S"), "VWINDC": _spread(north, cells, "M/S"),
            "UHAT_JD": _spread(east * self.column.mass, cells, "KG/(M*S)"),
            "VHAT_JD": _spread(north * self.column.mass, cells, "KG/(M*S)"),
        }  # fmt: skip

    def _surface(self) -> dict[str, Field]:
        sky = self.weather
        rows = rows_of("ideal_surface.csv")
        own: dict[str, tuple[FloatArray | float, str]] = {
            "PRSFC": (SURFACE_PA, "Pa"), "USTAR": (sky.friction_velocity, "M/S"), "PBL": (sky.mixing_height, "M"),
            "HFX": (sky.sensible_heat, "WATTS/M**2"), "LH": (sky.latent_heat, "WATTS/M**2"), "TEMPG": (sky.skin, "K"),
            "TEMP2": (sky.air, "K"), "WSPD10": (float(np.hypot(*WIND)), "M/S"),
            "RGRND": (sky.radiation, "WATTS/M**2"), "SOIT1": (sky.skin, "K"), "SOIT2": (sky.deep, "K"),
            **{row["variable"]: (float(row["value"]), row["units"]) for row in rows},
        }  # fmt: skip
        steps = np.ones(self.hours + 1)
        cells = _cells(self.grid)
        return {name: _spread((value * steps)[:, None], cells, units) for name, (value, units) in own.items()}


def _cells(grid: Grid) -> dict[str, int]:
    return {"y": grid.nrows, "x": grid.ncols}


def _spread(values: npt.NDArray[np.float64], cells: Mapping[str, int], units: str) -> Field:
    """Return (time, layer) values as a field over cells."""
    shape = (*values.shape, *cells.values())
    field = np.broadcast_to(values.reshape(*values.shape, *(1 for _ in cells)), shape)
    return ("time", "layer", *cells), field.astype(np.float32), {"units": units}


def _plane(values: npt.NDArray[np.float64], units: str, text: str) -> Field:
    return ("y", "x"), values.astype(np.float32), {"units": units, "var_desc": text}


def _ground(grid: Grid) -> dict[str, Field]:
    """Return latitude, longitude, map factor, flat land, land use and impervious share (y, x)."""
    lon, lat = grid.centres()
    one = np.ones(grid.shape)
    return {
        "LAT": _plane(lat, "DEGREES", "latitude"), "LON": _plane(lon, "DEGREES", "longitude"),
        "MSFX2": _plane(grid.map_factor() ** 2, "(M/M)**2", "squared map-scale factor"),
        "HT": _plane(0.0 * one, "M", "terrain: flat"), "LWMASK": _plane(one, "CATEGORY", "land"),
        "PURB": _plane(100.0 * URBAN_SHARE * one, "PERCENT", "urban share"),
        "DLUSE": _plane(CROPLAND * one, "CATEGORY", f"dominant land use category ({LAND_USE})"),
    }  # fmt: skip


def _land(grid: Grid) -> dict[str, Field]:
    shares = np.zeros((LAND_USE_CATEGORIES, *grid.shape), dtype=np.float32)
    shares[CROPLAND - 1], shares[URBAN - 1] = 1.0 - URBAN_SHARE, URBAN_SHARE
    text = {"units": "FRACTION", "var_desc": f"land-use fractions ({LAND_USE})"}
    return {"LUFRAC": (("layer", "y", "x"), shares, text)}


def _write(
    path: Path, variables: Mapping[str, Field], grid: Grid, case: MetCase, *, fixed: bool = False,
    levels: Levels | None = None,
) -> None:  # fmt: skip
    step = 0 if fixed else int(SECOND_PER_HOUR)
    write_ioapi(
        path, xr.Dataset(dict(variables)), grid, start=case.start, step_seconds=step, description=WRF, signed=True,
        vglvls=levels.vglvls if levels else None, vgtop=levels.vgtop if levels else None,
        vgtyp=levels.vgtyp if levels else None,
    )  # fmt: skip
