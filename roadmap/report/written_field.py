"""The gridded emission of NOx as the written files hold it: what a model will read, drawn for the eye."""

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xarray as xr

from aqcore.griddesc import read_griddesc
from aqcore.species import pollutants
from aqcore.units import GRAM_PER_KILOGRAM, HOUR_PER_DAY, SECOND_PER_DAY
from roadmap.report.figures.maps import Field
from roadmap.report.texts import both, text

Array = npt.NDArray[np.float64]

NOX_SPECIES = ("NO", "NO2")
"""Species that carry NOx; each mole counts as NO2."""
M2_PER_KM2 = 1e6


def written_field(folder: Path) -> Field | None:
    """Return NOx (kg km-2 d-1 as NO2) over all sectors and layers of the last written date; None without files.

    `folder` holds `GRIDDESC` and `<SECTOR>/emis_<SECTOR>_<yyyymmdd>.nc`.
    """
    files = sorted(folder.glob("*/emis_*_????????.nc"))
    grids = read_griddesc(folder / "GRIDDESC") if (folder / "GRIDDESC").is_file() else {}
    if not files or not grids:
        return None
    date = max(file.stem[-8:] for file in files)
    grid = next(iter(grids.values()))
    chosen = [file for file in files if file.stem.endswith(date)]
    moles = sum((_moles_per_second(file) for file in chosen), np.zeros((grid.nrows, grid.ncols)))
    kilogram_per_mole = (pollutants()["NOx"].molar_mass_g_mol or math.nan) / GRAM_PER_KILOGRAM
    density = moles * kilogram_per_mole * SECOND_PER_DAY / (np.asarray(grid.cell_area()) / M2_PER_KM2)
    lon, lat = grid.corners()
    title = text("map_field", date=f"{date[:4]}-{date[4:6]}-{date[6:]}")
    return Field(title, both("kg/(km²·d)"), np.asarray(lon), np.asarray(lat), density)


def _moles_per_second(file: Path) -> Array:
    """Return the day's mean NOx of one file (mol s-1 a cell), summed over layers, dims (y, x)."""
    with xr.open_dataset(file, engine="ioapi") as data:
        names = [name for name in NOX_SPECIES if name in data]
        if not names:
            return np.zeros((data.sizes["y"], data.sizes["x"]))
        day = data[names].isel(time=slice(0, int(HOUR_PER_DAY)))  # the 25th hour is the first of the next day
        total = day.to_dataarray().sum(["variable", "layer"]).mean("time")
        return np.asarray(total, float)
