"""Files of any shape come back as they were written, in our reader and in another one."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from aqcore.grid import Grid
from aqcore.ioapi_backend import grid_of
from aqcore.ioapi_header import FileType, Header, Variable, Vertical, grid_from, hhmmss, seconds_of
from aqcore.ioapi_write import write_ioapi

READ = """
import json, sys, warnings
warnings.simplefilter("ignore")
import PseudoNetCDF as pnc
file = pnc.pncopen(sys.argv[1], format="ioapi")
print(json.dumps({"sums": {n: float(file.variables[n][:].sum()) for n in file.getVarlist()},
                  "times": [t.isoformat() for t in file.getTimes()],
                  "ll": [float(v) for v in file.ij2ll(0, 0)]}))
"""

SINGLE = 1e-6
"""Sums of float32 values."""

PLACE_DEGREES = 1e-6
"""Another reader's projection of the same sphere (0.1 m)."""

GRID = Grid("BJ9", "BJ9", 2, 25.0, 40.0, 116.0, 116.0, 40.0, -90e3, -81e3, 9e3, 9e3, 5, 4)

NAMES = st.from_regex(r"[A-Z][A-Z0-9_]{0,15}", fullmatch=True)
UNITS = st.sampled_from(["moles/s", "g/s", "ppmV", "ug m-3", "m s-1", "1"])


@st.composite
def files(draw: st.DrawFn) -> tuple[xr.Dataset, Grid, dict[str, Any]]:
    """Return a dataset with its grid and the options of the writer."""
    grid = Grid("G", "G", 2, 25.0, 40.0, 110.0, 110.0, 34.0, draw(st.integers(-500, 500)) * 1e3, 0.0, 3e3, 3e3,
                draw(st.integers(1, 6)), draw(st.integers(1, 5)), draw(st.integers(1, 2)))  # fmt: skip
    steps, layers = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    boundary, independent = draw(st.booleans()), draw(st.booleans())
    cells: dict[str, int] = {"perim": len(grid.perimeter()[0])} if boundary else {"y": grid.nrows, "x": grid.ncols}
    sizes = {**({} if independent else {"time": steps}), "layer": layers, **cells}
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    generator = np.random.default_rng(draw(st.integers(0, 1000)))
    data = xr.Dataset({
        name: (tuple(sizes), generator.gamma(1.0, size=tuple(sizes.values())).astype("f4"), {"units": draw(UNITS)})
        for name in names
    })  # fmt: skip
    start = datetime(2017, 12, 30, tzinfo=UTC) + timedelta(hours=draw(st.integers(0, 2000)))
    vertical = {"vglvls": np.linspace(1.0, 0.0, layers + 1).tolist(), "vgtop": 5000.0, "vgtyp": 7} if layers > 1 else {}
    step = 0 if independent else draw(st.sampled_from([3600, 10800, 1800, 86400]))
    return data, grid, {"start": start, "step_seconds": step, "description": "any", **vertical}


@settings(max_examples=60, deadline=None)
@given(files())
def test_any_file_comes_back(made: tuple[xr.Dataset, Grid, dict[str, Any]]) -> None:
    data, grid, options = made
    with TemporaryDirectory() as folder:
        path = Path(folder) / "any.nc"
        write_ioapi(path, data, grid, **options)
        with xr.open_dataset(path, engine="ioapi") as back:
            assert list(back.data_vars) == list(data.data_vars)
            assert grid_of(back) == grid
            for name in data.data_vars:
                assert back[name].dims == data[name].dims
                assert (back[name].to_numpy() == data[name].to_numpy()).all()
                assert back[name].attrs["units"] == data[name].attrs["units"]
            if options["step_seconds"]:
                first = np.datetime64(options["start"].replace(tzinfo=None), "ns")
                steps = np.arange(data.sizes["time"]) * np.timedelta64(options["step_seconds"], "s")
                assert (back["time"].to_numpy() == first + steps).all()
            else:
                assert "time" not in back.dims


def test_another_reader_sees_the_same(tmp_path: Path) -> None:
    """PseudoNetCDF's sums, times and place of the first cell."""
    cube = np.random.default_rng(3).gamma(1.0, size=(25, 1, 4, 5)).astype("f4")
    data = xr.Dataset(
        {n: (("time", "layer", "y", "x"), cube * k, {"units": "g/s"}) for k, n in enumerate(("PEC", "POC"), 1)}
    )
    start = datetime(2017, 12, 31, tzinfo=UTC)
    write_ioapi(tmp_path / "e.nc", data, GRID, start=start, step_seconds=3600, description="")
    run = [sys.executable, "-c", READ, str(tmp_path / "e.nc")]
    told = json.loads(subprocess.run(run, capture_output=True, text=True, check=True).stdout)
    assert told["sums"] == pytest.approx({n: float(data[n].sum(dtype="f8")) for n in ("PEC", "POC")}, rel=SINGLE)
    expected = [start + timedelta(hours=hour) for hour in range(25)]
    assert [datetime.fromisoformat(t).replace(tzinfo=UTC) for t in told["times"]] == expected
    lon, lat = GRID.centres()
    assert told["ll"] == pytest.approx([lon[0, 0], lat[0, 0]], abs=PLACE_DEGREES)


@given(st.integers(0, 10_000_000))
def test_lengths_of_time_come_back(seconds: int) -> None:
    assert seconds_of(hhmmss(seconds)) == seconds


def test_header_as_a_whole() -> None:
    """The attributes of a header written by hand."""
    header = Header(GRID, FileType.GRIDDED, datetime(2017, 7, 1, 6, tzinfo=UTC), 3600,
                    Vertical(7, 5000.0, (1.0, 0.99, 0.9)),
                    (Variable("NO", "moles/s", "nitric oxide"), Variable("NO2", "moles/s", "nitrogen dioxide")),
                    "a file", "base")  # fmt: skip
    found = header.attributes(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert {k: v for k, v in found.items() if k != "VGLVLS"} == {
        "IOAPI_VERSION": "ioapi-3.2".ljust(80), "EXEC_ID": "base".ljust(80), "FTYPE": 1,
        "CDATE": 2026002, "CTIME": 30405, "WDATE": 2026002, "WTIME": 30405,
        "SDATE": 2017182, "STIME": 60000, "TSTEP": 10000,
        "NTHIK": 1, "NCOLS": 5, "NROWS": 4, "NLAYS": 2, "NVARS": 2, "GDTYP": 2,
        "P_ALP": 25.0, "P_BET": 40.0, "P_GAM": 116.0,
        "XCENT": 116.0, "YCENT": 40.0, "XORIG": -90e3, "YORIG": -81e3, "XCELL": 9e3, "YCELL": 9e3,
        "VGTYP": 7, "VGTOP": 5000.0,
        "GDNAM": "BJ9             ", "UPNAM": "YICE            ", "VAR-LIST": "NO              NO2             ",
        "FILEDESC": "a file".ljust(80), "HISTORY": "",
    }  # fmt: skip
    assert found["VGLVLS"].tolist() == np.array([1.0, 0.99, 0.9], "f4").tolist()
    assert grid_from(found) == GRID


def test_order_of_the_attributes_is_the_librarys() -> None:
    header = Header(
        GRID, FileType.GRIDDED, datetime(2017, 7, 1, tzinfo=UTC), 0, Vertical.surface(), (Variable("M", "1", "m"),)
    )
    names = list(header.attributes())
    assert names[:3] == ["IOAPI_VERSION", "EXEC_ID", "FTYPE"]
    assert names[-4:] == ["UPNAM", "VAR-LIST", "FILEDESC", "HISTORY"]
    assert names.index("NVARS") < names.index("GDTYP") < names.index("VGTYP") < names.index("GDNAM")


def test_flags_of_steps() -> None:
    header = Header(GRID, FileType.GRIDDED, datetime(2016, 12, 31, 23, tzinfo=UTC), 3600, Vertical.surface(), ())
    assert [header.flag(step) for step in (0, 1, 25)] == [(2016366, 230000), (2017001, 0), (2017002, 0)]
    assert Header(GRID, FileType.GRIDDED, datetime(2016, 12, 31, tzinfo=UTC), 0, Vertical.surface(), ()).flag(0) == (
        0,
        0,
    )


def test_surface_levels_are_missing_ones() -> None:
    vertical = Vertical.surface()
    assert (vertical.nlays, vertical.vgtyp) == (1, -9999)
    assert np.float32(vertical.vgtop) == np.float32(-9.999e36)
