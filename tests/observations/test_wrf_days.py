"""Model days from WRF's output: synthetic files with known fields, and a real hour against MCIP's own extract of it."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from aqcore.errors import InputError
from observations.mcip_days import mcip_grid
from observations.met_days import Period
from observations.wrf_days import wrf_days, wrf_fields, wrf_grid, wrf_times

PLACED = 5.0  # m: XLAT and XLONG are single precision
STORED = 1e-6  # relative: single precision of both files
SHARED = Path(__file__).parents[2].parent / "shared" / "data"
REAL = SHARED / "wrf" / "WRFOUT_d01_2022-12-07T0000Z.nc"
MCIP = SHARED / "mcip_openmethane" / "METCRO2D_au-test_v1"


@pytest.fixture(scope="module")
def grid(met_files):
    return met_files.met_grid()


@pytest.fixture(scope="module")
def wrfout(met_files):
    return met_files.wrfout


@pytest.fixture
def written(tmp_path, grid, wrfout):
    def write(name="wrfout_d01", **options):
        wrfout(grid, **options).to_netcdf(tmp_path / name)
        return tmp_path / name

    return write


@pytest.fixture(scope="module")
def mask(grid):
    west = np.zeros(grid.shape)
    west[:, :2] = 1.0
    return xr.DataArray(np.stack([west, 1.0 - west]), {"zone": ["w", "e"]}, ("zone", "y", "x"))


def test_the_grid_comes_from_projection_and_coordinates(written, grid):
    found = wrf_grid([written()])
    assert found.shape == grid.shape
    assert (found.xorig, found.yorig) == pytest.approx((grid.xorig, grid.yorig), abs=PLACED)
    assert found.cell_area() == pytest.approx(grid.cell_area(), rel=1e-4)


def test_days_are_local_and_hours_are_means_of_their_ends(written, mask):
    days = wrf_days([written()], mask)
    assert [str(label) for label in days.data["label"].to_numpy()] == ["2019-07-02", "2019-07-03"]
    assert days.zone_weather("T").to_numpy()[0, 0] == pytest.approx([290.05, 290.05])
    assert days.zone_weather("wind").to_numpy() == pytest.approx(5.0)
    assert days.zone_weather("pblh").to_numpy() == pytest.approx(800.0)
    assert days.zone_weather("cloud").to_numpy() == pytest.approx(0.25)
    assert days.source == "WRF wrfout_d01"


def test_the_day_before_is_the_spin_up_where_the_files_hold_it(written, mask):
    days = wrf_days([written()], mask)
    before = days.previous["T"].transpose("day", "hour", "zone").to_numpy()
    own = days.zone_weather("T").to_numpy()
    assert before[1] == pytest.approx(own[0])
    assert before[0] == pytest.approx(own[0])


def test_a_period_keeps_its_days_and_shares_the_season_among_them(written, mask):
    days = wrf_days([written()], mask, period=Period(first=date(2019, 7, 3)))
    assert [str(label) for label in days.data["label"].to_numpy()] == ["2019-07-03"]
    both = wrf_days([written("again")], mask)
    assert days.data["weight"].item() == 2.0 * both.data["weight"].to_numpy()[0]
    with pytest.raises(InputError, match="none of it from 2019-08-01"):
        wrf_days([written("third")], mask, period=Period(first=date(2019, 8, 1)))


def test_the_lowest_layer_stands_in(written, grid):
    """Theta of 290 K at 1005 hPa goes back to 290 K; U of 2 i on faces is 2 i + 1 in the cells."""
    with xr.open_dataset(written(aloft=True), decode_times=False) as file:
        fields = wrf_fields(file)
    assert fields["T"][0] == pytest.approx(np.full(grid.shape, 290.0))
    assert fields["vapour"] == pytest.approx(0.01)
    assert fields["wind"][0, 0] == pytest.approx(2.0 * np.arange(grid.ncols) + 1.0)


def test_files_may_overlap_and_come_in_any_order(written, mask):
    whole, part = written("whole"), written("part", hours=30)
    one, two = wrf_days([whole], mask), wrf_days([part, whole], mask)
    assert (one.data["T"] == two.data["T"]).all()


def test_faults_are_named(tmp_path, written, mask):
    with pytest.raises(InputError, match="no wrfout file"):
        wrf_grid([])
    (tmp_path / "text").write_text("no", "ascii")
    with pytest.raises(InputError, match="cannot be read as NetCDF"):
        wrf_grid([tmp_path / "text"])
    xr.Dataset({"a": ("x", [1.0])}).to_netcdf(tmp_path / "other.nc")
    with pytest.raises(InputError, match="no XLONG, XLAT, Times"):
        wrf_grid([tmp_path / "other.nc"])
    with pytest.raises(InputError, match="no T2 or T and P and PB"):
        wrf_days([written("a", leave=("T2",))], mask)
    with pytest.raises(InputError, match="no whole day"):
        wrf_days([written("b", hours=20)], mask)
    with pytest.raises(InputError, match="name files of one domain"):
        wrf_days([written("c")], mask.isel(x=slice(1, None)))


def test_other_projections_and_cut_grids_are_refused(tmp_path, grid, wrfout):
    wrfout(grid).assign_attrs(MAP_PROJ=2).to_netcdf(tmp_path / "polar")
    with pytest.raises(InputError, match="MAP_PROJ 2"):
        wrf_grid([tmp_path / "polar"])
    wrfout(grid).isel(west_east=slice(None, None, 2)).to_netcdf(tmp_path / "cut")
    with pytest.raises(InputError, match="off the grid"):
        wrf_grid([tmp_path / "cut"])


@pytest.mark.skipif(not (REAL.exists() and MCIP.exists()), reason="the real WRF and MCIP files are not at hand")
def test_a_real_file_equals_what_mcip_made_of_it():
    """MCIP cut two cells off each side and copied the surface fields: its 10 x 10 cells are our middle ones."""
    ours, theirs = wrf_grid([REAL]), mcip_grid([MCIP])
    inner, lon_lat = slice(2, 12), theirs.centres()
    for own, other in zip(ours.centres(), lon_lat, strict=True):
        assert own[inner, inner] == pytest.approx(other, abs=1e-4)
    with xr.open_dataset(REAL, decode_times=False) as file:
        fields, times = wrf_fields(file), wrf_times(file)
    assert str(times[0]).startswith("2022-12-07T00:00")
    names = {"T": "TEMP2", "P": "PRSFC", "vapour": "Q2", "wind": "WSPD10", "pblh": "PBL", "cloud": "CFRAC"}
    with xr.open_dataset(MCIP, engine="ioapi") as file:
        for name, variable in names.items():
            expected = file[variable].isel(time=0, layer=0).to_numpy()
            assert fields[name][0, inner, inner] == pytest.approx(expected, rel=STORED, abs=1e-6), name
