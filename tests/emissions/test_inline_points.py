"""Inline point files: what CCTM reads of them, the mass that changes its file, what cannot rise."""

import netCDF4
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from aqcore.calendar import utc_steps
from aqcore.districts import District, Districts
from aqcore.errors import RunFailed
from aqcore.grid import Grid
from aqcore.polygon import Polygon
from emissions.inline_points import STACK_VARIABLES, has_stack
from emissions.inventory import inventory_of
from emissions.streams import build_streams

SINGLE = 1e-6
"""Relative: sums of float32 values, each rounded to 6e-8."""

METRE = 1.0
"""m: float32 holds a projected coordinate of 1000 km to 0.06 m."""

STACK = {"stack_height_m": 180.0, "stack_diameter_m": 6.0, "exit_temp_K": 353.0, "exit_velocity_m_s": 18.0}

READ_BY_CCTM = ("XLOCA", "YLOCA", "ISTACK", "STKDM", "STKHT", "STKTK", "STKVE")


def district(code, west, south, east, north):
    ring = np.array([(west, south), (east, south), (east, north), (west, north), (west, south)], dtype=float)
    return District(code, code, (Polygon(ring),))


@pytest.fixture(scope="module")
def streams():
    rows = [
        {"source_id": "a", "kind": "point", "district": "110101", "source_class": "power_coal", "lon": 116.21,
         "lat": 40.01, "SO2": 400.0, "NOx": 1000.0, "PM10": 60.0, "PM25": 40.0} | STACK,
        {"source_id": "far", "kind": "point", "district": "110102", "source_class": "power_coal", "lon": 117.9,
         "lat": 40.01, "SO2": 100.0} | STACK,
        {"source_id": "low", "kind": "point", "district": "110101", "source_class": "power_coal", "lon": 116.31,
         "lat": 40.02, "SO2": 50.0, "NOx": 10.0, "stack_height_m": 20.0},
        {"source_id": "b", "kind": "point", "district": "110101", "source_class": "power_gas", "lon": 116.1,
         "lat": 39.9, "NOx": 300.0} | STACK | {"stack_height_m": 80.0},
        {"district": "110101", "source_class": "onroad_gasoline", "NOx": 700.0},
        {"source_id": "kiln", "kind": "point", "district": "110101", "source_class": "cement", "lon": 116.2,
         "lat": 39.95, "SO2": 30.0} | STACK,
    ]  # fmt: skip
    districts = Districts(
        (district("110101", 116.0, 39.8, 116.4, 40.2), district("110102", 117.8, 39.8, 118.0, 40.2)), "synthetic"
    )
    grid = Grid.covering("T09", 116.0, 116.4, 39.8, 40.2, 9000.0)
    return build_streams(inventory_of(rows), districts, grid)


@pytest.fixture(scope="module")
def written(streams, tmp_path_factory):
    folder = tmp_path_factory.mktemp("inline")
    return folder, streams.write(folder, "2013-07-15", inline_points=True)


def test_files_stand_beside_the_gridded_one_where_there_are_stacks(written):
    folder, paths = written
    assert [path.relative_to(folder).as_posix() for path in paths] == [
        "POWER/emis_POWER_20130715.nc", "POWER/STK_GRPS_POWER.nc", "POWER/STK_EMIS_POWER_20130715.nc",
        "ONROAD/emis_ONROAD_20130715.nc",
        "INDUSTRY/emis_INDUSTRY_20130715.nc", "INDUSTRY/STK_GRPS_INDUSTRY.nc",
        "INDUSTRY/STK_EMIS_INDUSTRY_20130715.nc",
    ]  # fmt: skip


def test_stack_groups_are_what_cctm_reads(written, streams):
    with netCDF4.Dataset(written[1][1]) as file:
        assert (file.NCOLS, file.NROWS, file.NLAYS, file.TSTEP, file.FTYPE) == (1, 2, 1, 0, 1)
        assert {"XORIG", "P_ALP", "GDTYP"} <= set(file.ncattrs())
        values = {name: np.asarray(file[name][0, 0, :, 0]) for name in file.variables if name != "TFLAG"}
        assert set(READ_BY_CCTM) <= values.keys()
        assert set(values) == {variable.name for variable in STACK_VARIABLES}
        assert file["ISTACK"].dtype == np.int32
        assert file["XLOCA"].units == "m".ljust(16)
        assert file["TFLAG"][0, 0].tolist() == [0, 0]
    x, y = streams.grid.project([116.21, 116.1], [40.01, 39.9])
    assert values["XLOCA"] == pytest.approx(x, abs=METRE)
    assert values["YLOCA"] == pytest.approx(y, abs=METRE)
    assert values["STKHT"].tolist() == [180.0, 80.0]
    assert values["STKTK"].tolist() == [353.0, 353.0]
    # flow = area x velocity, by hand 508.9 m3/s
    assert values["STKFLW"][0] == pytest.approx(508.94, rel=1e-4)
    row, column = streams.grid.cell_of(116.21, 40.01)
    assert (values["ROW"][0], values["COL"][0]) == (row + 1, column + 1)
    assert values["IFIP"].tolist() == [110101, 110101]


def test_stack_emissions_have_the_same_order_and_25_steps(written, streams):
    with netCDF4.Dataset(written[1][2]) as file:
        assert file["SO2"].shape == (25, 1, 2, 1)
        assert (file.NCOLS, file.NROWS, file.TSTEP) == (1, 2, 10000)
        assert file["SO2"].units == "moles/s".ljust(16)
        assert file["PEC"].units == "g/s".ljust(16)
        hourly = np.asarray(file["SO2"][:, 0, :, 0])
        assert (hourly[:, 1] == 0.0).all()
    rates = streams.profiles.select(["T_POWER"]).rates(utc_steps("2013-07-15"))[0]
    assert hourly[:, 0] == pytest.approx(rates * 400e6 / 64.0638, rel=SINGLE)


def test_mass_leaves_the_gridded_file_and_the_ledger_closes(written, streams, tmp_path):
    streams.ledger.check()
    table = streams.day_totals.set_index(["sector", "species"])
    so2 = table.loc[("POWER", "SO2")]
    assert so2.file_day == pytest.approx(so2.profile_day, rel=SINGLE)
    assert so2.inline_day / so2.file_day == pytest.approx(400.0 / 450.0, rel=SINGLE)
    assert table.loc[("ONROAD", "NO")].inline_day == 0.0
    with netCDF4.Dataset(written[1][0]) as file:
        gridded = file["SO2"][:24].sum(dtype=np.float64) * 3600.0
    assert gridded == pytest.approx(so2.profile_day * 50.0 / 450.0, rel=SINGLE)
    plain = streams.write(tmp_path, "2013-07-15", sectors=["POWER"])
    with netCDF4.Dataset(plain[0]) as file:
        assert file["SO2"][:24].sum(dtype=np.float64) * 3600.0 == pytest.approx(so2.profile_day, rel=SINGLE)


def test_the_report_says_what_cannot_rise_and_why(streams):
    report = streams.inline_report()
    assert report.inline.to_dict() == {"a": True, "far": False, "low": False, "b": True, "kiln": True}
    assert report.why["far"] == "outside the domain: booked there"
    assert report.why["low"] == "no stack_diameter_m, exit_temp_K, exit_velocity_m_s: stays in the gridded file"
    outside = streams.ledger.frame().query("step == 'placing' and fate == 'outside domain' and pollutant == 'SO2'")
    assert outside.mass_t.sum() == pytest.approx(100.0)


def test_factors_act_on_inline_points(streams, tmp_path):
    factors = xr.DataArray([0.25], {"source": ["a"]}, ("source",))
    paths = streams.write(tmp_path, "2013-07-15", sectors=["POWER"], factors=factors, inline_points=True)
    with netCDF4.Dataset(paths[2]) as file, xr.open_dataset(paths[0], engine="ioapi") as gridded:
        rates = streams.profiles.select(["T_POWER"]).rates(utc_steps("2013-07-15"))[0]
        assert np.asarray(file["SO2"][:, 0, 0, 0]) == pytest.approx(rates * 100e6 / 64.0638, rel=SINGLE)
        assert float(gridded["SO2"].isel(time=0).sum()) == pytest.approx(rates[0] * 50e6 / 64.0638, rel=SINGLE)


def test_files_with_another_mass_are_withdrawn_together(streams, tmp_path, monkeypatch):
    import emissions.streams

    real = emissions.streams.write_emissions

    def lossy(path, sector, date, species, units, rates, grid):
        real(path, sector, date, species, units, 0.9 * rates, grid)

    monkeypatch.setattr(emissions.streams, "write_emissions", lossy)
    with pytest.raises(RunFailed, match="does not hold its mass"):
        streams.write(tmp_path, "2013-07-15", sectors=["POWER"], inline_points=True)
    assert not list(tmp_path.rglob("*.nc"))


@pytest.mark.parametrize("changed", [{"stack_height_m": 0.0}, {"exit_temp_K": np.nan}, {"kind": "area"}])
def test_a_stack_needs_all_its_data(changed):
    source = pd.DataFrame([{"kind": "point", **STACK} | changed])
    assert has_stack(pd.DataFrame([{"kind": "point", **STACK}])).tolist() == [True]
    assert has_stack(source).tolist() == [False]
