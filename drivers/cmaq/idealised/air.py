"""Initial and boundary concentrations of the idealised case: one profile of polluted continental air everywhere."""

from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xarray as xr

from aqcore.grid import Grid
from aqcore.ioapi_write import write_ioapi
from drivers.cmaq.idealised.column import Column, Levels
from drivers.cmaq.versions import rows_of

HEIGHTS_M = (0.0, 1000.0, 3000.0, 12000.0)
"""Heights (m) of the profile: constant up to 1 km, then towards the free troposphere and the model top."""


def profile(column: Column) -> dict[str, tuple[npt.NDArray[np.float64], str]]:
    """Return (layer,) concentrations and units by species: ppmV, ug m-3, number m-3 (`data/ideal_air.csv`).

    Between the heights of the table concentrations change linearly. Constructed: it serves to test a set-up, not to
    initialise a run.
    """
    height = column.height_mid[0]
    found = {}
    for row in rows_of("ideal_air.csv"):
        ground, free, top = float(row["ground"]), float(row["free"]), float(row["top"])
        found[row["species"]] = (np.interp(height, HEIGHTS_M, (ground, ground, free, top)), row["units"])
    return found


def write_air(initial: Path, boundary: Path, grid: Grid, start: datetime, levels: Levels, column: Column) -> None:
    """Write INIT_CONC_1 and BNDY_CONC_1, time-independent, on a grid and its boundary."""
    for path, cells in ((initial, {"y": grid.nrows, "x": grid.ncols}), (boundary, {"perim": len(grid.perimeter()[0])})):
        variables = {
            name: (("layer", *cells), _spread(values, tuple(cells.values())), {"units": units})
            for name, (values, units) in profile(column).items()
        }
        write_ioapi(
            path, xr.Dataset(variables), grid, start=start, step_seconds=0, description="idealised air, synthetic",
            vglvls=levels.vglvls, vgtop=levels.vgtop, vgtyp=levels.vgtyp,
        )  # fmt: skip


def _spread(values: npt.NDArray[np.float64], shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    field = np.broadcast_to(values.reshape(-1, *(1 for _ in shape)), (len(values), *shape))
    return field.astype(np.float32)
