"""Reading I/O API files: real MCIP output, our own files, and damaged ones."""

from datetime import UTC, datetime
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr

from aqcore.errors import InputError
from aqcore.grid import Grid
from aqcore.griddesc import read_griddesc
from aqcore.ioapi_backend import grid_of
from aqcore.ioapi_write import write_ioapi

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
MCIP = SHARED / "mcip_openmethane"
needs_mcip = pytest.mark.skipif(not MCIP.exists(), reason="the shared folder with real MCIP output is not here")

GRID = Grid("BJ9", "BJ9", 2, 25.0, 40.0, 116.0, 116.0, 40.0, -90e3, -81e3, 9e3, 9e3, 5, 4)
LATLON = Grid("LL", "LL", 1, 0.0, 0.0, 0.0, 0.0, 0.0, 110.0, 20.0, 0.25, 0.25, 5, 4)

PLACE_M = 6.0
"""WRF computes latitude and longitude in single precision: 4 to 5 m."""

MAP_FACTOR = 1e-6
"""Single precision of a number near 1; 7e-7 was measured."""


def open_(path: Path, **options: object) -> xr.Dataset:
    return xr.open_dataset(path, engine="ioapi", **options)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file of three hours, four rows, five columns."""
    cube = np.arange(60, dtype="f4").reshape(3, 1, 4, 5)
    data = xr.Dataset({n: (("time", "layer", "y", "x"), cube, {"units": "moles/s"}) for n in ("ZNO", "ANO2")})
    path = tmp_path / "file.nc"
    write_ioapi(path, data, GRID, start=datetime(2017, 1, 1, 22, tzinfo=UTC), step_seconds=3600, description="test")
    return path


def damage(path: Path, **attributes: object) -> None:
    with netCDF4.Dataset(path, "a") as raw:
        raw.setncatts(attributes)


# real files --------------------------------------------------------------------------------------------------------


@needs_mcip
@pytest.mark.parametrize(("name", "dims", "variables"), [
    ("GRIDCRO2D_au-test_v1", {"layer": 1, "y": 10, "x": 10}, 31),
    ("GRIDDOT2D_au-test_v1", {"layer": 1, "y": 11, "x": 11}, 9),
    ("GRIDBDY2D_au-test_v1", {"layer": 1, "perim": 44}, 31),
    ("METCRO2D_au-test_v1", {"time": 25, "layer": 1, "y": 10, "x": 10}, 34),
    ("METCRO3D_au-test_v1", {"time": 25, "layer": 32, "y": 10, "x": 10}, 15),
    ("METBDY3D_au-test_v1", {"time": 25, "layer": 32, "perim": 44}, 15),
    ("METDOT3D_au-test_v1", {"time": 25, "layer": 32, "y": 11, "x": 11}, 6),
    ("emis_record_2022-12-07.nc", {"time": 25, "layer": 32, "y": 10, "x": 10}, 1),
    ("template_icon_profile_CH4only_d01.nc", {"layer": 32, "y": 10, "x": 10}, 1),
    ("template_bcon_profile_CH4only_d01.nc", {"layer": 32, "perim": 44}, 1),
])  # fmt: skip
def test_real_files(name: str, dims: dict[str, int], variables: int) -> None:
    with open_(MCIP / name) as data:
        assert dict(data.sizes) == dims
        assert len(data.data_vars) == variables
        if "time" in dims:
            assert data.time.to_numpy()[[0, -1]].tolist() == np.array(["2022-12-07", "2022-12-08"], "M8[ns]").tolist()


@needs_mcip
def test_real_file_lies_where_it_says() -> None:
    with open_(MCIP / "GRIDCRO2D_au-test_v1") as data:
        import pyproj

        crs = pyproj.CRS.from_cf(data.crs.attrs)
        lon, lat = pyproj.Proj(crs)(*np.meshgrid(data.x, data.y), inverse=True)
        east = (lon - data.LON[0]) * np.cos(np.radians(lat))
        assert float(np.hypot(east, lat - data.LAT[0]).max()) * 111177 < PLACE_M
        assert float(np.abs(grid_of(data).map_factor() ** 2 - data.MSFX2[0]).max()) < MAP_FACTOR


@needs_mcip
def test_real_grid_is_that_of_its_griddesc() -> None:
    told = read_griddesc(MCIP / "GRIDDESC")["au-test_v1"]
    with open_(MCIP / "METCRO3D_au-test_v1") as data:
        assert told.differences(grid_of(data)) == []
        assert told.p_gam != grid_of(data).p_gam  # 133.302 against single precision


@needs_mcip
def test_real_boundary_cells_lie_where_they_say() -> None:
    with open_(MCIP / "GRIDBDY2D_au-test_v1") as data:
        lon, lat = grid_of(data).lonlat(data.x, data.y)
        assert float(np.hypot(lon - data.LON[0], lat - data.LAT[0]).max()) * 111177 < PLACE_M


@needs_mcip
def test_a_second_real_domain() -> None:
    with open_(SHARED / "mcip_guangdong" / "GRIDCRO2D_2000121_GuangDongD1") as data:
        lon, lat = grid_of(data).centres()
        assert float(np.hypot(lon - data.LON[0], lat - data.LAT[0]).max()) * 111177 < PLACE_M
        assert "land use" in data.DLUSE.attrs["var_desc"]


@needs_mcip
def test_order_is_that_of_var_list_not_of_the_file() -> None:
    with open_(MCIP / "METCRO3D_au-test_v1") as data:
        assert list(data.data_vars)[:4] == ["JACOBF", "JACOBM", "DENSA_J", "WHAT_JD"]


# our files ---------------------------------------------------------------------------------------------------------


def test_what_is_written_is_read(file: Path) -> None:
    with open_(file) as data:
        assert list(data.data_vars) == ["ZNO", "ANO2"]
        assert data.ZNO.dims == ("time", "layer", "y", "x")
        assert data.ZNO.dtype == np.float32
        assert data.ZNO.to_numpy().ravel().tolist() == list(range(60))
        expected = np.array(["2017-01-01T22", "2017-01-01T23", "2017-01-02T00"], "M8[ns]")
        assert data.time.to_numpy().tolist() == expected.tolist()
        assert grid_of(data) == GRID


def test_coordinates_are_cf(file: Path) -> None:
    with open_(file) as data:
        assert data.x.to_numpy().tolist() == GRID.x.tolist()
        assert data.x.attrs["standard_name"] == "projection_x_coordinate"
        assert data.y.attrs["units"] == "m"
        assert data.ZNO.attrs["grid_mapping"] == "crs"
        assert data.crs.attrs["grid_mapping_name"] == "lambert_conformal_conic"
        assert data.ZNO.attrs["units"] == "moles/s"
        assert data.attrs["GDNAM"] == "BJ9"


def test_lat_lon_grids_have_degrees(tmp_path: Path) -> None:
    data = xr.Dataset({"F": (("y", "x"), np.ones((4, 5)), {"units": "1"})})
    write_ioapi(tmp_path / "f.nc", data, LATLON, start=datetime(2017, 1, 1, tzinfo=UTC), step_seconds=0, description="")
    with open_(tmp_path / "f.nc") as read:
        assert read.x.attrs["units"] == "degrees_east"
        assert read.y.attrs["standard_name"] == "latitude"
        assert read.crs.attrs["grid_mapping_name"] == "latitude_longitude"
        assert grid_of(read) == LATLON


def test_dask_reads_only_what_is_asked(file: Path) -> None:
    with open_(file, chunks={"time": 1}) as data:
        assert data.ZNO.chunks[0] == (1, 1, 1)
        assert float(data.ZNO.isel(time=2).sum().compute()) == sum(range(40, 60))


def test_lazy_without_dask(file: Path) -> None:
    with open_(file) as data:
        assert not data.ZNO.variable._in_memory


def test_missing_values_become_nan(file: Path) -> None:
    with netCDF4.Dataset(file, "a") as raw:
        raw["ZNO"][1, 0, 2, 3] = -9.999e36
    with open_(file) as data:
        assert np.argwhere(np.isnan(data.ZNO.to_numpy())).tolist() == [[1, 0, 2, 3]]
        assert data.ZNO.dtype == np.float32


def test_a_read_file_can_be_written_again(file: Path) -> None:
    copy = file.with_name("copy.nc")
    with open_(file, chunks={"time": 2}) as data:
        write_ioapi(copy, data, grid_of(data), start=data.time.to_numpy()[0], step_seconds=3600, description="copy")
    with open_(file) as one, open_(copy) as two:
        xr.testing.assert_identical(one.ZNO, two.ZNO)


def test_many_files_concatenate(file: Path) -> None:
    with xr.open_mfdataset([file, file], engine="ioapi", combine="nested", concat_dim="time") as data:
        assert data.sizes["time"] == 6


def test_dropped_variables(file: Path) -> None:
    with open_(file, drop_variables=["ZNO"]) as data:
        assert list(data.data_vars) == ["ANO2"]


# damaged files -----------------------------------------------------------------------------------------------------


def test_tflag_that_differs_between_variables(file: Path) -> None:
    with netCDF4.Dataset(file, "a") as raw:
        raw["TFLAG"][1, 1] = [2017001, 220000]
    with pytest.raises(InputError, match=r"TFLAG: variable 1 says \[2017001, 220000\] at step 1"):
        open_(file)


@pytest.mark.parametrize("attribute", [{"SDATE": np.int32(2017002)}, {"STIME": np.int32(0)}])
def test_header_that_disagrees_with_tflag(file: Path, attribute: dict[str, object]) -> None:
    damage(file, **attribute)
    with pytest.raises(InputError, match="TFLAG: step 0 is 2017-01-01T22"):
        open_(file)


def test_step_that_disagrees_with_tflag(file: Path) -> None:
    damage(file, TSTEP=np.int32(20000))
    with pytest.raises(InputError, match="TFLAG: step 1 is 2017-01-01T23"):
        open_(file)


@pytest.mark.parametrize("name", ["SDATE", "TSTEP", "VAR-LIST", "P_ALP", "GDNAM", "GDTYP"])
def test_missing_attributes(file: Path, name: str) -> None:
    with netCDF4.Dataset(file, "a") as raw:
        raw.delncattr(name)
    with pytest.raises(InputError, match=f"{name}: attribute is missing"):
        open_(file)


def test_unknown_projection(file: Path) -> None:
    damage(file, GDTYP=np.int32(-9999))
    with pytest.raises(InputError, match="GDTYP -9999 is not one of"):
        open_(file)


def test_another_netcdf_file(tmp_path: Path) -> None:
    xr.Dataset({"a": ("n", [1.0])}).to_netcdf(tmp_path / "other.nc")
    with pytest.raises(InputError) as caught:
        open_(tmp_path / "other.nc")
    assert len(caught.value.faults) == 5
    assert "give an I/O API file" in str(caught.value)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_(tmp_path / "none.nc")
