"""Written I/O API files: the rules of the real library, an independent audit, and what is refused."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dask.array as da
import netCDF4
import numpy as np
import pytest
import xarray as xr

from aqcore.errors import InputError
from aqcore.grid import Grid
from aqcore.ioapi_header import (
    FileType,
    Header,
    Variable,
    Vertical,
    hhmmss,
    in_lines,
    julian_day,
    moments,
    seconds_of,
)  # fmt: skip
from aqcore.ioapi_write import IoapiWriter, write_ioapi

GRID = Grid("BJ9", "LCC", 2, 25.0, 40.0, 116.0, 116.0, 40.0, -90e3, -81e3, 9e3, 9e3, 5, 4)
START = datetime(2017, 12, 31, tzinfo=UTC)
HOURS = 25

TYPES = {
    **dict.fromkeys(("FTYPE", "CDATE", "CTIME", "WDATE", "WTIME", "SDATE", "STIME", "TSTEP", "NTHIK", "NCOLS", "NROWS",
                     "NLAYS", "NVARS", "GDTYP", "VGTYP"), np.int32),
    **dict.fromkeys(("P_ALP", "P_BET", "P_GAM", "XCENT", "YCENT", "XORIG", "YORIG", "XCELL", "YCELL"), np.float64),
    "VGTOP": np.float32,
}  # fmt: skip
"""Types that the library demands of the attributes."""

AUDIT = """
import json, sys, warnings
warnings.simplefilter("ignore")
import PseudoNetCDF as pnc
file = pnc.pncopen(sys.argv[1], format="ioapi")
_, audit, variables = file.audit_meta(fail="ignore")
print(json.dumps({"audit": {k: bool(v) for k, v in audit.items()},
                  "variables": {n: {k: bool(v) for k, v in t.items()} for n, t in variables.items()}}))
"""


def dataset(*names: str, steps: int = HOURS, layers: int = 1) -> xr.Dataset:
    size = steps * layers * GRID.nrows * GRID.ncols
    cube = np.arange(size, dtype="f4").reshape(steps, layers, *GRID.shape)
    return xr.Dataset({
        name: (("time", "layer", "y", "x"), cube + i, {"units": "moles/s", "var_desc": f"emission of {name}"})
        for i, name in enumerate(names or ("NO", "NO2", "PEC"))
    })  # fmt: skip


def write(path: Path, data: xr.Dataset, **options: Any) -> Path:
    common = {"start": START, "step_seconds": 3600, "description": "test"}
    write_ioapi(path, data, options.pop("grid", GRID), **(common | options))
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "emis.nc"


def refused(path: Path, data: xr.Dataset, **options: Any) -> list[str]:
    """Return the faults told for input that must be refused, and see that nothing was left behind."""
    with pytest.raises(InputError) as caught:
        write(path, data, **options)
    assert list(path.parent.iterdir()) == []
    return [str(fault) for fault in caught.value.faults]


# header ------------------------------------------------------------------------------------------------------------


def test_layout_is_the_librarys(path: Path) -> None:
    with netCDF4.Dataset(write(path, dataset())) as file:
        assert file.data_model == "NETCDF3_64BIT_OFFSET"
        assert {k: len(v) for k, v in file.dimensions.items()} == {
            "TSTEP": 25, "DATE-TIME": 2, "LAY": 1, "VAR": 3, "ROW": 4, "COL": 5}  # fmt: skip
        assert file.dimensions["TSTEP"].isunlimited()
        assert list(file.variables) == ["TFLAG", "NO", "NO2", "PEC"]
        assert file["TFLAG"].dtype == np.int32
        assert file["TFLAG"].units == "<YYYYDDD,HHMMSS>"
        assert file["NO"].dtype == np.float32
        assert file["NO"].dimensions == ("TSTEP", "LAY", "ROW", "COL")


def test_attributes_have_the_types_and_widths_that_the_library_demands(path: Path) -> None:
    with netCDF4.Dataset(write(path, dataset(), execution_id="base")) as file:
        for name, kind in TYPES.items():
            assert isinstance(file.getncattr(name), kind), name
        assert file.VGLVLS.dtype == np.float32
        assert len(file.VGLVLS) == file.NLAYS + 1
        assert file.getncattr("VAR-LIST") == "NO              NO2             PEC             "
        assert "base".ljust(80) == file.EXEC_ID
        assert (len(file.GDNAM), len(file.UPNAM)) == (16, 16)
        assert "test".ljust(80) == file.FILEDESC
        assert file.HISTORY == ""
        variable = file["PEC"]
        assert [len(variable.getncattr(key)) for key in ("long_name", "units", "var_desc")] == [16, 16, 80]
        assert set(variable.ncattrs()) == {"long_name", "units", "var_desc"}


def test_times_reach_the_next_year(path: Path) -> None:
    with netCDF4.Dataset(write(path, dataset())) as file:
        assert (file.SDATE, file.STIME, file.TSTEP) == (2017365, 0, 10000)
        assert file["TFLAG"][:, 0].tolist()[-2:] == [[2017365, 230000], [2018001, 0]]
        assert (file["TFLAG"][:] == file["TFLAG"][:, :1]).all()


def test_grid_and_levels_are_told(path: Path) -> None:
    levels = (1.0, 0.995, 0.98)
    with netCDF4.Dataset(write(path, dataset(layers=2), vglvls=levels, vgtop=5000.0, vgtyp=7)) as file:
        assert (file.NLAYS, file.VGTYP, file.VGTOP) == (2, 7, 5000.0)
        assert pytest.approx(np.array(levels), abs=1e-7) == file.VGLVLS
        assert (file.P_ALP, file.P_GAM, file.XORIG, file.NCOLS, file.NROWS) == (25.0, 116.0, -90e3, 5, 4)


def test_values_are_those_given(path: Path) -> None:
    data = dataset()
    with netCDF4.Dataset(write(path, data)) as file:
        assert (file["NO2"][:] == data["NO2"].to_numpy()).all()


def test_a_time_independent_file(path: Path) -> None:
    mask = xr.Dataset({"D110101": (("y", "x"), np.full(GRID.shape, 0.5), {"units": "1"})})
    with netCDF4.Dataset(write(path, mask, step_seconds=0)) as file:
        assert (file.TSTEP, file["TFLAG"][:].tolist()) == (0, [[[0, 0]]])
        assert file["D110101"].shape == (1, 1, 4, 5)


def test_a_boundary_file(path: Path) -> None:
    cells = 2 * (GRID.ncols + GRID.nrows + 2)
    data = xr.Dataset({"O3": (("time", "layer", "perim"), np.ones((2, 1, cells)), {"units": "ppmV"})})
    with netCDF4.Dataset(write(path, data)) as file:
        assert file.FTYPE == 2
        assert "COL" not in file.dimensions
        assert file["O3"].dimensions == ("TSTEP", "LAY", "PERIM")


def test_integers_stay_integers(path: Path) -> None:
    data = xr.Dataset({"ISTACK": (("y", "x"), np.arange(20).reshape(4, 5), {"units": "none"})})
    with netCDF4.Dataset(write(path, data, step_seconds=0)) as file:
        assert file["ISTACK"].dtype == np.int32
        assert file["ISTACK"][0, 0, 3, 4] == 19


def test_a_layer_is_added_where_there_is_none(path: Path) -> None:
    with netCDF4.Dataset(write(path, dataset().isel(layer=0))) as file:
        assert file["NO"].shape == (25, 1, 4, 5)


def audit(path: Path) -> tuple[list[str], list[tuple[str, str]]]:
    """Return what PseudoNetCDF's audit finds wrong, in the file and in its variables.

    It runs in a process of its own: its import warns about its own source.
    """
    done = subprocess.run([sys.executable, "-c", AUDIT, str(path)], capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    # its type_ keys fail on files of the real MCIP too (numpy integers), SUMMARY repeats them
    wrong = [k for k, good in told["audit"].items() if not good and not k.startswith("type_") and k != "SUMMARY"]
    return wrong, [(n, k) for n, checks in told["variables"].items() for k, good in checks.items()
                   if not good and (n, k) != ("TFLAG", "INCLUDED")]  # fmt: skip


@pytest.mark.parametrize("kind", ["gridded", "boundary", "time-independent"])
def test_an_independent_audit_finds_nothing(path: Path, kind: str) -> None:
    data, options, not_meant = dataset(), {}, set()
    if kind == "boundary":
        data = xr.Dataset({"O3": (("time", "layer", "perim"), np.ones((2, 1, 22)), {"units": "ppmV"})})
        not_meant = {"has_ROW", "has_COL"}
    if kind == "time-independent":
        data, options = dataset(steps=1).isel(time=0), {"step_seconds": 0}
        not_meant = {"SDATE_TFLAG"}  # fails on real time-independent files too: TFLAG is 0 there
    wrong, variables = audit(write(path, data, **options))
    assert set(wrong) - not_meant == set()
    assert variables == []


def test_the_audit_can_fail(path: Path) -> None:
    write(path, dataset())
    with netCDF4.Dataset(path, "a") as file:
        file.NVARS = np.int32(2)
        file["NO"].units = "moles/s"
    wrong, variables = audit(path)
    assert {"VAR", "VAR-LIST-LEN"} <= set(wrong)
    assert ("NO", "len_units") in variables


# streaming and publishing ------------------------------------------------------------------------------------------


def test_dask_blocks_are_computed_one_after_the_other(path: Path) -> None:
    alive: list[int] = []

    def block(values: np.ndarray[Any, Any], block_info: Any = None) -> np.ndarray[Any, Any]:
        alive.append(block_info[None]["chunk-location"][0] if block_info else -1)
        return values + 1

    cube = da.zeros((25, 1, 4, 5), chunks=(5, 1, 4, 5), dtype="f4")
    lazy = da.map_blocks(block, cube, dtype="f4", meta=np.empty((0, 0, 0, 0), "f4"))
    data = xr.Dataset({n: (("time", "layer", "y", "x"), lazy, {"units": "g/s"}) for n in ("PEC", "POC")})
    with netCDF4.Dataset(write(path, data)) as file:
        assert file["POC"][:].sum() == 25 * 20
    seen = [number for number in alive if number >= 0]
    assert seen == sorted(seen)
    assert len(seen) == 5  # a block shared by two variables is computed once


def header(*names: str, step: int = 3600) -> Header:
    variables = tuple(Variable(name, "g/s", name) for name in names)
    return Header(GRID, FileType.GRIDDED, START, step, Vertical.surface(), variables)


def test_the_writer_takes_blocks_of_any_length(path: Path) -> None:
    with IoapiWriter(path, header("PEC")) as writer:
        for steps in (1, 3, 2):
            writer.append({"PEC": np.full((steps, 1, 4, 5), steps, "f4")})
        assert not path.exists()
    with netCDF4.Dataset(path) as file:
        assert file["PEC"][:, 0, 0, 0].tolist() == [1, 3, 3, 3, 2, 2]
        assert file["TFLAG"][:, 0, 1].tolist() == [0, 10000, 20000, 30000, 40000, 50000]


def test_a_killed_write_leaves_the_old_file(path: Path) -> None:
    write(path, dataset())
    before = path.read_bytes()
    with pytest.raises(KeyboardInterrupt), IoapiWriter(path, header("PEC")) as writer:
        writer.append({"PEC": np.zeros((1, 1, 4, 5), "f4")})
        raise KeyboardInterrupt
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_writer_without_a_block_writes_nothing(path: Path) -> None:
    with IoapiWriter(path, header("PEC")):
        pass
    assert list(path.parent.iterdir()) == []


def test_a_writer_outside_its_block(path: Path) -> None:
    with pytest.raises(RuntimeError, match="with statement"):
        IoapiWriter(path, header("PEC")).append({})


@pytest.mark.parametrize(("block", "told"), [
    ({"PEC": np.zeros((1, 1, 4, 5))}, "POC: variable is missing from"),
    ({"PEC": np.zeros((1, 1, 4, 5)), "POC": np.zeros((1, 1, 4, 5)), "EC": 1}, "EC: variable is not announced"),
    ({"PEC": np.zeros((1, 1, 4, 5)), "POC": np.zeros((1, 1, 5, 4))}, "POC: shape (1, 5, 4)"),
    ({"PEC": np.zeros((1, 1, 4, 5)), "POC": np.zeros((2, 1, 4, 5))}, "blocks of [1, 2] steps"),
])  # fmt: skip
def test_blocks_that_do_not_fit(path: Path, block: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as caught, IoapiWriter(path, header("PEC", "POC")) as writer:
        writer.append(block)
    assert told in str(caught.value)


def test_a_second_time_in_a_time_independent_file(path: Path) -> None:
    with pytest.raises(InputError, match="one in a time-independent file"), IoapiWriter(path, header("M", step=0)) as w:
        w.append({"M": np.zeros((1, 1, 4, 5))})
        w.append({"M": np.zeros((1, 1, 4, 5))})


# what is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, -1e-30, 1e39])
def test_values_that_would_kill_or_spoil_a_run(path: Path, value: float) -> None:
    data = dataset().astype("f8")
    data["NO2"][7, 0, 2, 3] = value
    told = refused(path, data)
    assert len(told) == 1
    assert "emis.nc:NO2: 1 values are not finite and not negative" in told[0]
    assert "[7, 0, 2, 3]" in told[0]


def test_signed_fields_may_be_negative_but_not_nan(path: Path) -> None:
    data = dataset("UWINDC") - 100.0
    data["UWINDC"].attrs["units"] = "m/s"
    write(path, data, signed=True)
    path.unlink()
    assert "not finite" in refused(path, data.where(data > 0), signed=True)[0]


def _rename(old: str, new: str) -> Callable[[xr.Dataset], xr.Dataset]:
    return lambda data: data.rename({old: new})


def _attribute(name: str, key: str, value: str) -> Callable[[xr.Dataset], xr.Dataset]:
    def change(data: xr.Dataset) -> xr.Dataset:
        data[name].attrs[key] = value
        return data

    return change


@pytest.mark.parametrize(("change", "told"), [
    (_rename("NO", "A_NAME_OF_17_CHAR"), "variable name of 17 characters"),
    (_rename("NO", "110101"), "variable name of 6 characters"),
    (_rename("NO", "一策"), "variable name of 2 characters"),
    (_rename("NO", "pec"), "name stands for two variables"),
    (_attribute("NO", "units", ""), "units ''"),
    (_attribute("NO", "units", "micrograms m-2 s-1"), "units 'micrograms m-2 s-1'"),
    (_attribute("NO", "var_desc", "x" * 81), "description"),
    (lambda d: d.transpose("time", "layer", "x", "y"), "dimensions ('time', 'layer', 'x', 'y')"),
    (lambda d: d.isel(x=slice(3)), "3 along x, the grid BJ9 has 5"),
    (lambda d: d.isel(time=0), "no time in NO, NO2, PEC"),
    (lambda d: d.isel(time=slice(0)), "no time step"),
    (lambda d: d.assign(NO=d.NO > 3), "values of type bool"),
    (lambda d: d.assign_coords(time=np.arange(25)), "times of type int64"),
    (lambda d: d.assign(NO=d.NO.isel(x=0)), "dimensions ('time', 'layer', 'y')"),
    (lambda d: d.drop_vars(list(d)), "0 variables"),
    (lambda d: d.assign(Q=(("time", "perim"), np.ones((25, 22)), {"units": "1"})), "gridded and boundary"),
])  # fmt: skip
def test_datasets_that_are_refused(path: Path, change: Callable[[xr.Dataset], xr.Dataset], told: str) -> None:
    assert any(told in line for line in refused(path, change(dataset())))


@pytest.mark.parametrize(("options", "told"), [
    ({"step_seconds": -1}, "step of -1 s"),
    ({"step_seconds": 0}, "25 times in a time-independent file"),
    ({"grid": replace(GRID, name="A_GRID_OF_17_CHARS")}, "GDNAM"),
    ({"execution_id": "x" * 81}, "EXEC_ID"),
    ({"description": "\n" * 61}, "text of 61 lines"),
    ({"history": "一策"}, "HISTORY"),
    ({"vglvls": (1.0, 0.99, 0.98), "vgtop": 5000.0, "vgtyp": 7}, "3 levels for 1 layers"),
])  # fmt: skip
def test_options_that_are_refused(path: Path, options: dict[str, Any], told: str) -> None:
    assert any(told in line for line in refused(path, dataset(), **options))


def test_layers_need_levels(path: Path) -> None:
    assert "no levels for 2 layers" in refused(path, dataset(layers=2))[0]
    assert "monotonic" in refused(path, dataset(layers=2), vglvls=(1, 0.9, 0.95), vgtop=5000.0, vgtyp=7)[0]


def test_a_time_coordinate_must_agree(path: Path) -> None:
    times = np.datetime64("2017-12-31T00", "ns") + np.arange(25) * np.timedelta64(1, "h")
    write(path, dataset().assign_coords(time=times))
    path.unlink()
    assert "time 0 is 2017-12-31T08" in refused(path, dataset().assign_coords(time=times + np.timedelta64(8, "h")))[0]
    assert "time 1 is" in refused(path, dataset().assign_coords(time=times), step_seconds=1800)[0]


def test_all_faults_come_at_once(path: Path) -> None:
    data = dataset().rename(NO="A_NAME_OF_17_CHAR").isel(x=slice(4))
    data["PEC"].attrs = {}
    assert len(refused(path, data, execution_id="x" * 81)) == 4


# dates -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("start", "told"), [
    (np.datetime64("2016-12-31T06:30"), (2016366, 63000)),
    (datetime(2016, 12, 31, 6, 30), (2016366, 63000)),  # noqa: DTZ001  # a naive time is UTC
    (datetime.fromisoformat("2017-01-01T00:00:00+08:00"), (2016366, 160000)),
])  # fmt: skip
def test_starts(path: Path, start: Any, told: tuple[int, int]) -> None:
    with netCDF4.Dataset(write(path, dataset(steps=2), start=start)) as file:
        assert told == (file.SDATE, file.STIME)


@pytest.mark.parametrize(("seconds", "clock"), [(0, 0), (3600, 10000), (5400, 13000), (172800, 480000), (59, 59)])
def test_lengths_of_time(seconds: int, clock: int) -> None:
    assert hhmmss(seconds) == clock
    assert seconds_of(clock) == seconds


def test_flags_are_times() -> None:
    flags = np.array([[2016366, 235959], [2017001, 0]])
    expected = ["2016-12-31T23:59:59", "2017-01-01"]
    assert moments(flags).tolist() == np.array(expected, "datetime64[ns]").tolist()
    assert julian_day(datetime(2016, 12, 31, tzinfo=UTC)) == 2016366


def test_long_lines_are_broken_not_cut() -> None:
    assert in_lines("a" * 100 + "\nb") == "a" * 80 + "a" * 20 + " " * 60 + "b" + " " * 79
    with pytest.raises(ValueError, match="61 lines"):
        in_lines("a" * (80 * 60 + 1))
