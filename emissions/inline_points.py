"""Inline point files for CMAQ's own plume rise: the stacks (STK_GRPS) and their hourly emissions (STK_EMIS).

Both have one column and as many rows as stacks, in the same order (read in CCTM 5.5: it takes XLOCA, YLOCA in
projected metres, ISTACK, STKDM, STKHT, STKTK, STKVE; the other variables are those that SMOKE writes beside them).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from aqcore.grid import Grid
from aqcore.ioapi_header import TIME_INDEPENDENT, FileType, Header, Variable, Vertical
from aqcore.ioapi_write import IoapiWriter
from aqcore.units import SECOND_PER_HOUR
from emissions.fields import file_units

STACK_COLUMNS = ("stack_height_m", "stack_diameter_m", "exit_temp_K", "exit_velocity_m_s")
"""What a point source must state to rise in the model; a source without one stays in the gridded file."""

STACK_VARIABLES = (
    Variable("ISTACK", "none", "stack group number", integer=True),
    Variable("LATITUDE", "degrees", "latitude"),
    Variable("LONGITUDE", "degrees", "longitude"),
    Variable("STKDM", "m", "inside stack diameter"),
    Variable("STKHT", "m", "stack height above ground surface"),
    Variable("STKTK", "degrees K", "stack exit temperature"),
    Variable("STKVE", "m/s", "stack exit velocity"),
    Variable("STKFLW", "m**3/s", "stack exit flow rate"),
    Variable("STKCNT", "none", "number of stacks in group", integer=True),
    Variable("ROW", "none", "grid row number", integer=True),
    Variable("COL", "none", "grid column number", integer=True),
    Variable("XLOCA", "m", "projection x coordinate"),
    Variable("YLOCA", "m", "projection y coordinate"),
    Variable("IFIP", "none", "administrative code of the district", integer=True),
    Variable("LMAJOR", "none", "1: major point source", integer=True),
    Variable("LPING", "none", "1: plume in grid", integer=True),
)
"""The variables of STK_GRPS."""


def has_stack(sources: pd.DataFrame) -> np.ndarray:
    """Return which sources are points with all that plume rise needs, (source,) boolean; values above 0."""
    stated = sources[list(STACK_COLUMNS)].to_numpy(dtype=float)
    complete = np.isfinite(stated).all(axis=1) & (np.nan_to_num(stated) > 0.0).all(axis=1)
    return np.asarray((sources["kind"] == "point").to_numpy() & complete)


def missing_stack_data(source: pd.Series) -> str:
    """Return the names of the stack data that a point source lacks, with commas; empty when it has all."""
    return ", ".join(name for name in STACK_COLUMNS if not float(source[name]) > 0.0)


def inline_report(sources: pd.DataFrame, inside: np.ndarray) -> pd.DataFrame:
    """Return each point source: whether it can stand in an inline file, and why not.

    `sources` as in `Inventory.sources`, `inside` (source,) their shares inside the domain. Columns sector, name,
    inline, why (empty for inline ones), indexed by source.
    """
    points = sources[sources["kind"] == "point"]
    shares = inside[sources.index.get_indexer(points.index)]
    why = [
        "outside the domain: booked there" if share == 0.0 else _without_stack(source)
        for share, (_, source) in zip(shares, points.iterrows(), strict=True)
    ]
    return points[["sector", "name"]].assign(inline=[not text for text in why], why=why)


def _without_stack(source: pd.Series) -> str:
    missing = missing_stack_data(source)
    return f"no {missing}: stays in the gridded file" if missing else ""


def groups_path(folder: Path, sector: str) -> Path:
    """Return `<folder>/<SECTOR>/STK_GRPS_<SECTOR>.nc`."""
    return folder / sector / f"STK_GRPS_{sector}.nc"


def emissions_path(folder: Path, sector: str, date: str) -> Path:
    """Return `<folder>/<SECTOR>/STK_EMIS_<SECTOR>_<yyyymmdd>.nc` for a date written 2013-07-15."""
    return folder / sector / f"STK_EMIS_{sector}_{date.replace('-', '')}.nc"


def stack_table(sources: pd.DataFrame, grid: Grid) -> dict[str, np.ndarray]:
    """Return the variables of STK_GRPS of point sources with stacks inside the grid, (stack,) each."""
    lon, lat = sources["lon"].to_numpy(dtype=float), sources["lat"].to_numpy(dtype=float)
    height, diameter, temperature, velocity = (sources[name].to_numpy(dtype=float) for name in STACK_COLUMNS)
    x, y = grid.project(lon, lat)
    row, column = grid.cell_of(lon, lat)
    ones = np.ones(len(sources), dtype=np.int32)
    return {
        "ISTACK": np.arange(1, len(sources) + 1),
        "LATITUDE": lat, "LONGITUDE": lon,
        "STKDM": diameter, "STKHT": height, "STKTK": temperature, "STKVE": velocity,
        "STKFLW": 0.25 * np.pi * diameter**2 * velocity,
        "STKCNT": ones, "ROW": row + 1, "COL": column + 1, "XLOCA": x, "YLOCA": y,
        "IFIP": np.array([int(code) if str(code).isdigit() else 0 for code in sources["district"]]),
        "LMAJOR": ones, "LPING": 0 * ones,
    }  # fmt: skip


def _as_grid(grid: Grid, stacks: int) -> Grid:
    return replace(grid, ncols=1, nrows=stacks)


def write_groups(path: Path, sector: str, date: str, sources: pd.DataFrame, grid: Grid) -> None:
    """Write STK_GRPS of point sources inside the grid: time-independent, 1 column, one row a stack."""
    header = Header(
        _as_grid(grid, len(sources)), FileType.GRIDDED, datetime.fromisoformat(f"{date}T00:00:00+00:00"),
        TIME_INDEPENDENT, Vertical.surface(), STACK_VARIABLES, f"Stacks of sector {sector}",
    )  # fmt: skip
    values = {name: array.reshape(1, 1, -1, 1) for name, array in stack_table(sources, grid).items()}
    with IoapiWriter(path, header, signed=True) as writer:  # places have signs
        writer.append(values)


def write_emissions(
    path: Path, sector: str, date: str, species: Sequence[str], units: Sequence[str], rates: np.ndarray, grid: Grid
) -> None:
    """Write STK_EMIS: rates (time, species, stack), mol/s and g/s, of hours from 00 UTC of `date`, as moles/s and g/s.

    Raises `InputError` for values that are not finite or negative.
    """
    header = Header(
        _as_grid(grid, rates.shape[2]), FileType.GRIDDED, datetime.fromisoformat(f"{date}T00:00:00+00:00"),
        int(SECOND_PER_HOUR), Vertical.surface(),
        tuple(
            Variable(name, file_units(unit), f"emission of {name}, stacks of sector {sector}")
            for name, unit in zip(species, units, strict=True)
        ),
        f"Inline emissions of sector {sector}, {date}: mean rate of the hour that begins at each step (UTC)",
    )  # fmt: skip
    with IoapiWriter(path, header) as writer:
        writer.append({name: rates[:, k, None, :, None] for k, name in enumerate(species)})
