"""Writing the idealised case: everything that CCTM reads beside emissions, namelists and its own data files."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import xarray as xr

from aqcore.grid import Grid
from aqcore.ioapi_write import write_ioapi
from drivers.cmaq.idealised.air import write_air
from drivers.cmaq.idealised.column import Levels
from drivers.cmaq.idealised.met_files import MetCase
from drivers.cmaq.idealised.ozone_column import ozone_table
from drivers.cmaq.settings import MET_FILES

OCEAN_VARIABLES = ("OPEN", "SURF", "DMS", "CHLO")
"""Shares of open sea and surf zone, and what the sea emits: none of it in a city on land."""


@dataclass(frozen=True)
class CaseFiles:
    """The files of an idealised case: `met` is a pattern with `{file}`, `inputs` by logical name."""

    met: str
    initial: str
    boundary: str
    inputs: dict[str, Path]


def write_case(folder: Path, grid: Grid, start: datetime, hours: int, levels: Levels) -> CaseFiles:
    """Write met, initial and boundary air, ocean and ozone column for `hours` from `start` (UTC) into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    met = MetCase.of(grid, start, hours, levels)
    met.write(folder, {logical: f"{name}.nc" for logical, name in MET_FILES.items()})
    initial, boundary = folder / "ICON.nc", folder / "BCON.nc"
    write_air(initial, boundary, grid, start, levels, met.column)
    ocean, ozone = folder / "OCEAN.nc", folder / "ozone_column.dat"
    _write_ocean(ocean, grid, start)
    ozone.write_text(ozone_table(start.date()), encoding="ascii")
    inputs = {"OCEAN_1": ocean, "OMI": ozone}
    return CaseFiles(str(folder / "{file}.nc"), str(initial), str(boundary), inputs)


def _write_ocean(path: Path, grid: Grid, start: datetime) -> None:
    land = np.zeros(grid.shape, dtype=np.float32)
    variables = {name: (("y", "x"), land, {"units": "fraction"}) for name in OCEAN_VARIABLES}
    write_ioapi(path, xr.Dataset(variables), grid, start=start, step_seconds=0, description="no sea: idealised land")
