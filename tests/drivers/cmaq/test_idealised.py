"""The idealised case: a column in balance, files that the preflight finds no fault in, and the smoke test around it."""

import runpy
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from aqcore.errors import InputError
from aqcore.grid import Grid
from aqcore.ioapi_backend import grid_of
from drivers.cmaq.file_facts import file_facts
from drivers.cmaq.idealised.case import write_case, write_days
from drivers.cmaq.idealised.column import DRY_AIR, GRAVITY, SURFACE_PA, Levels, column
from drivers.cmaq.idealised.ozone_column import LATITUDES, LONGITUDES, ozone_table
from drivers.cmaq.idealised.weather import weather
from drivers.cmaq.installation import find_installation
from drivers.cmaq.preflight_met import met_faults
from drivers.cmaq.settings import MET_FILES
from drivers.cmaq.smoke_test import chosen, smoke_test
from emissions.layers import Layers

START = datetime(2017, 7, 1, 4, tzinfo=UTC)
LEVELS = Levels((1.0, 0.985, 0.9, 0.7, 0.4, 0.0))
EXACT = 1e-12
"""Relative; double precision, a few operations."""
BUILD = runpy.run_path(str(Path(__file__).with_name("stand_in_build.py")))


# the air -------------------------------------------------------------------------------------------------------------


def test_the_column_is_hydrostatic() -> None:
    """Density times depth is the mass between two pressures over g; the whole column is (p0 - ptop) / g."""
    air = column(LEVELS, [300.0])
    sigma = -np.diff(LEVELS.vglvls)
    mass = air.density[0] * air.jacobian[0] * sigma
    assert mass == pytest.approx((SURFACE_PA - LEVELS.vgtop) * sigma / GRAVITY, rel=EXACT)
    assert mass.sum() == pytest.approx((SURFACE_PA - LEVELS.vgtop) / GRAVITY, rel=EXACT)
    depth = np.diff(np.concatenate([[0.0], air.height_top[0]]))
    edges = LEVELS.vgtop + (SURFACE_PA - LEVELS.vgtop) * np.asarray(LEVELS.vglvls)
    first = DRY_AIR * air.temperature[0, 0] / GRAVITY * np.log(edges[0] / edges[1])
    assert depth[0] == pytest.approx(first, rel=1e-6)  # the last round of three
    assert (np.diff(air.temperature[0]) <= 0).all()
    assert 125.0 < air.height_top[0, 0] < 135.0  # 0.015 x 963 hPa at 11.5 Pa a metre


def test_noon_is_warm_and_mixed_and_night_is_not() -> None:
    times = np.array(["2017-07-01T04", "2017-07-01T17"], "M8[s]")  # noon and 1 at night in Beijing
    sky = weather(times, 116.4, 40.0)
    assert sky.sun[0] > 0.9
    assert sky.sun[1] == 0.0
    assert sky.radiation[1] == 0.0
    assert sky.mixing_height[0] > 2 * sky.mixing_height[1] > 0.0
    assert sky.air[0] > sky.air[1]


def test_levels_begin_with_those_of_the_emissions() -> None:
    layers = Layers()
    assert Levels.of(layers).vglvls[0] == 1.0
    assert Levels.of(layers, (0.5, 0.0)).vglvls == (1.0, 0.5, 0.0)


def test_the_ozone_table_as_photolysis_reads_it() -> None:
    """Counts of seven characters behind five, a heading, then date, latitude, and a column fewer than longitudes."""
    lines = ozone_table(date(2016, 12, 31), date(2017, 1, 1)).splitlines()
    assert int(lines[0][5:12]) == len(LATITUDES)
    assert int(lines[1][5:12]) == len(LONGITUDES) + 1
    years = {float(line.split()[0]) // 1 for line in lines[3:]}
    assert years == {2015.0, 2016.0, 2017.0, 2018.0}
    assert [float(x) for x in lines[3].split()[2:]] == [300.0] * len(LONGITUDES)


# the files -----------------------------------------------------------------------------------------------------------


def test_files_have_what_cctm_needs(tmp_path: Path, grid: Grid) -> None:
    case = write_case(tmp_path, grid, START, 2, LEVELS)
    facts = {logical: file_facts(tmp_path / f"{name}.nc") for logical, name in MET_FILES.items()}
    facts["OCEAN_1"] = file_facts(case.inputs["OCEAN_1"])
    assert list(met_faults(facts, "cb6r5_ae7")) == []
    assert {logical: fact.disorder for logical, fact in facts.items() if fact.disorder} == {}
    first, last = facts["MET_CRO_3D"].times or (None, None)
    assert f"{first} to {last}" == "2017-07-01 04:00:00 to 2017-07-01 06:00:00"
    with xr.open_dataset(tmp_path / "GRIDCRO2D.nc", engine="ioapi") as ground:
        assert list(grid_of(ground).differences(grid)) == []
        assert float(ground["LAT"].mean()) == pytest.approx(float(grid.centres()[1].mean()), rel=1e-6)
    with xr.open_dataset(Path(case.initial), engine="ioapi") as air:
        assert float(air["O3"].isel(layer=0).mean()) == pytest.approx(0.05, abs=0.03)  # ppmV


def test_days_join(tmp_path: Path, grid: Grid) -> None:
    """The last step of a day is the first of the next: the same air."""
    case = write_days(tmp_path, grid, [date(2017, 7, 1), date(2017, 7, 2)], LEVELS)
    assert case.met.endswith("{date}/{file}.nc")
    with (
        xr.open_dataset(tmp_path / "20170701" / "METCRO2D.nc", engine="ioapi") as one,
        xr.open_dataset(tmp_path / "20170702" / "METCRO2D.nc", engine="ioapi") as two,
    ):
        assert one.sizes["time"] == 25
        for name in ("TEMP2", "PBL", "RGRND"):
            assert one[name].isel(time=24).to_numpy() == pytest.approx(two[name].isel(time=0).to_numpy())


# the build and the test ----------------------------------------------------------------------------------------------


def test_a_build_folder_is_read_by_its_names(tmp_path: Path) -> None:
    found = find_installation(BUILD["write_build"](tmp_path / "bld"))
    assert (found.version, found.mechanism) == ("5.5", "cb6r5_ae7")
    assert set(found.executables) == {"plain", "isam", "ddm"}
    table = found.completed(
        {"inputs": {"OMI": "omi.dat"}, "isam": {"tags": []}, "ddm": {"parameters": []}, "processors": [2, 2]}
    )
    assert table["inputs"]["OMI"] == "omi.dat"
    assert table["inputs"]["CSQY_DATA"].endswith("CSQY_DATA_cb6r5_ae7_aq")
    assert table["isam"]["executable"].endswith("CCTM_v55_ISAM.exe")
    assert table["ddm"]["executable"].endswith("CCTM_v55_DDM3D.exe")
    (tmp_path / "bld" / "OMI_1979_to_2019.dat").write_text("x")
    assert find_installation(tmp_path / "bld").files["OMI"].name == "OMI_1979_to_2019.dat"


def test_everything_that_a_build_folder_lacks_at_once(tmp_path: Path) -> None:
    folder = BUILD["write_build"](tmp_path / "bld")
    (folder / "CCTM_v55.exe").rename(folder / "CCTM_v77.exe")
    (folder / "PHOT_OPTICS.dat").unlink()
    (folder / "GC_racm2_ae6_aq.nml").write_text("&GC_nml\n/\n")
    with pytest.raises(InputError) as caught:
        find_installation(folder)
    told = str(caught.value)
    assert "its name tells no known version" in told
    assert "PHOT_OPTICS.dat: is missing" in told
    assert "GC_*.nml: stands there 2 times" in told


def test_the_smoke_test_refuses_a_folder_in_use(streams: Any, table: Any, tmp_path: Path) -> None:
    build = BUILD["write_build"](tmp_path / "bld")
    with pytest.raises(InputError, match="is not empty"):
        smoke_test(streams, table, build, tmp_path, date(2017, 7, 1))
    with pytest.raises(InputError, match="did you mean west"):
        smoke_test(streams, table, build, tmp_path / "new", date(2017, 7, 1), scenarios=["wset"])


def test_the_smoke_test_tells_a_control_that_has_no_effect(
    streams: Any, table: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CCTM ends well and ignores the rules, as with a region that DESID misreads: the verdict names what is emitted."""
    monkeypatch.setenv("STAND_IN_DEAF", "1")
    build = BUILD["write_build"](tmp_path / "bld")
    found = smoke_test(streams, table, build, tmp_path / "test", date(2017, 7, 1), scenarios=["west"])
    assert not found.passed
    base, west = found.runs
    assert base.reason == ""
    assert "emissions are not as the scenario says" in west.reason
    assert west.emissions_compared > base.emissions_compared


def test_a_table_of_some_scenarios(table: Any) -> None:
    own = chosen(table, ["west"])
    assert own.names == ("base", "west")
    assert chosen(table, []).names == ("base", "half")
    assert replace(own, scenarios=table.scenarios).names == table.names
