"""Model days from MCIP files: written by ourselves with known fields, and a real file where one is at hand."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from aqcore.errors import InputError
from aqcore.grid import Grid
from observations.mcip_days import mcip_days
from observations.met_days import Period, relative_humidity

STORED = 1e-6  # relative: files hold single precision
SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "mcip_openmethane" / "METCRO2D_au-test_v1"


@pytest.fixture
def grid():
    return Grid.covering("BOX", 116.0, 116.5, 39.6, 40.0, 9000.0)


@pytest.fixture
def written(met_files):
    return met_files.mcip


@pytest.fixture
def mask(grid):
    """West and east half of the grid."""
    west = np.zeros((grid.nrows, grid.ncols))
    west[:, :2] = 1.0
    return xr.DataArray(np.stack([west, 1.0 - west]), {"zone": ["w", "e"]}, ("zone", "y", "x"))


def test_days_are_local_and_hours_are_means_of_their_ends(tmp_path, grid, mask, written):
    days = mcip_days([written(tmp_path / "METCRO2D", grid)], mask)
    assert [str(label) for label in days.data["label"].to_numpy()] == ["2019-07-02", "2019-07-03"]
    T = days.zone_weather("T").to_numpy()
    assert T.shape == (2, 24, 2)
    assert T[0, 0] == pytest.approx([290.05, 290.05], rel=STORED)
    assert T[1, 23] == pytest.approx([290.0 + 0.1 * 47.5] * 2, rel=STORED)
    assert days.kind == "observed"
    assert days.zones == ("w", "e")


def test_zones_are_means_of_their_cells_by_area(tmp_path, grid, mask, written):
    days = mcip_days([written(tmp_path / "METCRO2D", grid)], mask)
    area = grid.cell_area()
    wind = 1.0 + np.arange(grid.ncols)
    expected = [(area[:, part] * wind[part]).sum() / area[:, part].sum() for part in (slice(0, 2), slice(2, None))]
    assert days.zone_weather("wind").to_numpy()[0, 5] == pytest.approx(expected, rel=STORED)
    assert days.zone_weather("pblh").to_numpy() == pytest.approx(800.0, rel=STORED)
    assert days.zone_weather("cloud").to_numpy() == pytest.approx(0.25)


def test_humidity_of_a_hand_worked_case():
    """10 g/kg at 1000 hPa is 15.82 hPa of vapour; over 20 C (23.33 hPa, Magnus) that is 0.678."""
    found = relative_humidity(np.array([0.010]), np.array([293.15]), np.array([1e5]))
    assert found == pytest.approx([0.678], abs=0.002)
    assert relative_humidity(np.array([0.05]), np.array([280.0]), np.array([1e5]))[0] == 1.0


def test_files_may_come_in_any_order_and_overlap(tmp_path, grid, mask, written):
    whole = written(tmp_path / "all", grid)
    part = written(tmp_path / "part", grid, hours=30)
    one, two = mcip_days([whole], mask), mcip_days([whole, part], mask)
    assert (one.data["T"] == two.data["T"]).all()


def test_the_season_shares_its_days(tmp_path, grid, mask, written):
    days = mcip_days([written(tmp_path / "METCRO2D", grid)], mask)
    weights = days.data["weight"].to_numpy()
    assert weights[0] == weights[1] > 1.0


def test_faults_are_named(tmp_path, grid, mask, written):
    with pytest.raises(InputError, match="no METCRO2D file"):
        mcip_days([], mask)
    with pytest.raises(InputError, match="no TEMP2"):
        mcip_days([written(tmp_path / "a", grid, leave=("TEMP2",))], mask)
    with pytest.raises(InputError, match="name the METCRO3D files"):
        mcip_days([written(tmp_path / "b", grid, leave=("Q2",))], mask)
    with pytest.raises(InputError, match="no whole day"):
        mcip_days([written(tmp_path / "c", grid, hours=20)], mask)
    with pytest.raises(InputError, match="make the mask on MCIP's grid"):
        mcip_days([written(tmp_path / "d", grid)], mask.isel(x=slice(1, None)))
    empty = mask.copy()
    empty[1] = 0.0
    with pytest.raises(InputError, match="zone e: has no cell"):
        mcip_days([written(tmp_path / "e", grid)], empty)


@pytest.mark.skipif(not SHARED.exists(), reason="the real MCIP file is not at hand")
def test_a_real_file(tmp_path):
    """25 hours from 00 UTC are one whole day of UTC."""
    mask = xr.DataArray(np.ones((1, 10, 10)), {"zone": ["a"]}, ("zone", "y", "x"))
    days = mcip_days([SHARED], mask, period=Period("UTC"))
    assert days.data.sizes["day"] == 1
    with xr.open_dataset(SHARED, engine="ioapi") as file:
        mean = float(file["TEMP2"][:2].mean())
    assert days.zone_weather("T").to_numpy()[0, 0, 0] == pytest.approx(mean, abs=0.05)  # nearly equal areas
    assert 0.05 < float(days.zone_weather("RH").mean()) < 1.0
