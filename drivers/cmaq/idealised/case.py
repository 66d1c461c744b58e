"""Writing the idealised case: everything that CCTM reads beside emissions, namelists and its own data files."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import xarray as xr

from aqcore.grid import Grid
from aqcore.ioapi_write import write_ioapi
from drivers.cmaq.idealised.air import write_air
from drivers.cmaq.idealised.column import Levels
from drivers.cmaq.idealised.met_files import MetCase
from drivers.cmaq.idealised.ozone_column import ozone_table
from drivers.cmaq.segments import HOURS
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

    @classmethod
    def in_folder(cls, folder: Path, *, daily: bool = True) -> "CaseFiles":
        """Return the files of a case in a folder; a `daily` one has its met in folders `YYYYMMDD`."""
        met = folder / "{date}" / "{file}.nc" if daily else folder / "{file}.nc"
        inputs = {"OCEAN_1": folder / "OCEAN.nc", "OMI": folder / "ozone_column.dat"}
        return cls(str(met), str(folder / "ICON.nc"), str(folder / "BCON.nc"), inputs)


def write_days(folder: Path, grid: Grid, days: Sequence[date], levels: Levels) -> CaseFiles:
    """Write whole UTC days into folders `YYYYMMDD`, with what they share beside them; patterns hold `{date}`."""
    for day in days:
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        MetCase.of(grid, start, HOURS, levels).write(_made(folder / f"{day:%Y%m%d}"), _met_names())
    first = datetime(days[0].year, days[0].month, days[0].day, tzinfo=UTC)
    case = CaseFiles.in_folder(folder)
    _write_shared(case, MetCase.of(grid, first, 1, levels), max(days))
    return case


def write_case(folder: Path, grid: Grid, start: datetime, hours: int, levels: Levels) -> CaseFiles:
    """Write met, initial and boundary air, ocean and ozone column for `hours` from `start` (UTC) into a folder."""
    met = MetCase.of(grid, start, hours, levels)
    met.write(_made(folder), _met_names())
    case = CaseFiles.in_folder(folder, daily=False)
    _write_shared(case, met, start.date())
    return case


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _met_names() -> dict[str, str]:
    return {logical: f"{name}.nc" for logical, name in MET_FILES.items()}


def _write_shared(case: CaseFiles, met: MetCase, last: date) -> None:
    """Write air, ocean and ozone column, which do not change with time."""
    write_air(Path(case.initial), Path(case.boundary), met.grid, met.start, met.levels, met.column)
    _write_ocean(case.inputs["OCEAN_1"], met.grid, met.start)
    case.inputs["OMI"].write_text(ozone_table(met.start.date(), last), encoding="ascii")


def _write_ocean(path: Path, grid: Grid, start: datetime) -> None:
    land = np.zeros(grid.shape, dtype=np.float32)
    variables = {name: (("y", "x"), land, {"units": "fraction"}) for name in OCEAN_VARIABLES}
    write_ioapi(path, xr.Dataset(variables), grid, start=start, step_seconds=0, description="no sea: idealised land")
