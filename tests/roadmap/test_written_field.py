"""The gridded field as the written files hold it: mass by hand, dates, and cities without files."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from aqcore.grid import Grid
from aqcore.griddesc import write_griddesc
from aqcore.ioapi_write import write_ioapi
from roadmap.report.written_field import written_field

FLOAT32 = 1e-6
"""The files hold single precision."""
NO2_G_PER_MOL = 46.0055


@pytest.fixture
def grid() -> Grid:
    return Grid.covering("SYN03", 116.0, 116.1, 40.0, 40.1, 3000.0, p_alp=25.0, p_bet=40.0, xcent=116.0, ycent=40.0)


def write(folder: Path, grid: Grid, sector: str, date: str, species: dict[str, float]) -> None:
    """Write a day of 25 hours and two layers with one rate (mol s-1) in each layer; the 25th hour is a thousandfold."""
    hours = np.ones((25, 2, grid.nrows, grid.ncols), np.float32)
    hours[24] = 1000.0
    data = xr.Dataset({
        name: (("time", "layer", "y", "x"), rate * hours, {"units": "moles/s", "long_name": name})
        for name, rate in species.items()
    })  # fmt: skip
    path = folder / sector / f"emis_{sector}_{date}.nc"
    path.parent.mkdir(parents=True, exist_ok=True)
    start = np.datetime64(f"{date[:4]}-{date[4:6]}-{date[6:]}T00:00")
    write_ioapi(path, data, grid, start=start, step_seconds=3600, description="synthetic", vglvls=[1.0, 0.99, 0.98],
                vgtop=5000.0, vgtyp=7)  # fmt: skip


def test_density_by_hand(tmp_path: Path, grid: Grid) -> None:
    """Two layers of (2 + 1) mol/s on the road and 0.5 of a boiler: 7 mol/s a cell, by its true area."""
    write_griddesc(tmp_path / "GRIDDESC", {grid.name: grid})
    write(tmp_path, grid, "ONROAD", "20130710", {"NO": 2.0, "NO2": 1.0, "CO": 99.0})
    write(tmp_path, grid, "BOILERS", "20130710", {"NO": 0.5})
    write(tmp_path, grid, "SOLVENT", "20130710", {"TOL": 5.0})
    write(tmp_path, grid, "ONROAD", "20130116", {"NO": 77.0, "NO2": 77.0})
    field = written_field(tmp_path)
    assert field is not None
    expected = 7.0 * NO2_G_PER_MOL * 86400.0 / 1000.0 / (grid.cell_area() / 1e6)
    assert field.values == pytest.approx(expected, rel=FLOAT32)
    assert field.lon.shape == (grid.nrows + 1, grid.ncols + 1)
    assert "2013-07-10" in field.title.en


def test_a_work_folder_without_files_has_no_field(tmp_path: Path, grid: Grid) -> None:
    assert written_field(tmp_path) is None
    write_griddesc(tmp_path / "GRIDDESC", {grid.name: grid})
    assert written_field(tmp_path) is None
