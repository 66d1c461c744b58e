"""The preflight: a good run has no fault, and each pitfall of the contract is found and named."""

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

from aqcore.grid import Grid
from drivers.cmaq.desid_rules import Rule
from drivers.cmaq.driver import CmaqDriver
from drivers.cmaq.manifest import Manifest, read_manifest
from drivers.cmaq.preflight import check
from drivers.cmaq.preflight_rules import mask_value_faults, together_faults
from drivers.cmaq.preparation import Preparation, prepare_shared
from drivers.cmaq.writing import prepare_scenario
from emissions.writing import file_path

DAY, NEXT_DAY = date(2017, 7, 1), date(2017, 7, 2)
RULES = "20170701/desid_rules.nml"


@pytest.fixture
def folder(city: CmaqDriver, tmp_path: Path) -> Path:
    """Return the folder of the scenario `west`, which has rules by region."""
    preparation = Preparation.of(city.settings, city.streams, city.table, city.emissions)
    prepare_shared(preparation, tmp_path / "runs")
    return prepare_scenario(preparation, tmp_path / "runs", "west")


def told(folder: Path) -> str:
    return "\n".join(map(str, check(folder)))


def edit(folder: Path, old: str, new: str, name: str = RULES) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def emissions(own: Path, sector: str = "ONROAD") -> Path:
    return file_path(own / "emissions", sector, "2017-07-01")


def test_a_good_run_has_no_fault(folder: Path) -> None:
    assert told(folder) == ""


def test_a_chain_of_days_has_no_fault_before_it_ran(driver: CmaqDriver, tmp_path: Path) -> None:
    for run in driver.prepare(tmp_path):
        assert driver.check(run) == []


def test_several_faults_come_at_once(folder: Path, own: Path) -> None:
    (own / "omi.dat").unlink()
    (own / "met" / "METCRO2D_20170701.nc").unlink()
    edit(folder, "'ONROAD'", "'ONROADS'")
    assert len(check(folder)) == 3


def test_a_folder_that_is_no_run(tmp_path: Path) -> None:
    assert "no manifest of a CMAQ run" in told(tmp_path)


# 1 time coverage -----------------------------------------------------------------------------------------------------


def test_the_25th_hour_of_emissions(folder: Path, own: Path, grid: Grid, files: Any) -> None:
    files.write_fields(emissions(own), {"NO": "moles/s"}, grid, DAY, steps=24, layered=False)
    assert "covers 2017-07-01 00:00:00 to 2017-07-01 23:00:00, the run needs 2017-07-01 00:00:00 to 2017-07-02" in told(
        folder
    )


def test_met_of_another_day(folder: Path, own: Path, grid: Grid, files: Any) -> None:
    files.write_met(own / "other", NEXT_DAY, grid)
    shutil.copy(own / "other" / "METCRO3D_20170702.nc", own / "met" / "METCRO3D_20170701.nc")
    assert "METCRO3D_20170701.nc: covers 2017-07-02" in told(folder)


def test_a_boundary_that_ends_early(folder: Path, own: Path, grid: Grid, files: Any) -> None:
    files.write_fields(own / "BNDY_20170701.nc", {"O3": "ppmV"}, grid, DAY, boundary=True, steps=10)
    assert "BNDY_CONC_1" in told(folder)
    assert "to 2017-07-01 09:00:00" in told(folder)


# 2 units -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("units", ["moles/hr", "moles/km2/s", "tons/yr", "kg/s"])
def test_units_that_cctm_misreads(folder: Path, own: Path, units: str) -> None:
    with netCDF4.Dataset(emissions(own), "a") as file:
        file["NO"].units = units.ljust(16)
    assert f"emis_ONROAD_20170701.nc:NO: units {units!r} -> write moles/s or g/s" in told(folder)


def test_a_gas_in_grams(folder: Path, own: Path) -> None:
    with netCDF4.Dataset(emissions(own), "a") as file:
        file["NO"].units = "g/s".ljust(16)
        file["PEC"].units = "moles/s".ljust(16)
    assert "NO: units 'g/s' of a gas -> write moles/s" in told(folder)
    assert "PEC: units 'moles/s' of a particle -> write g/s" in told(folder)


def test_units_that_are_not_padded(folder: Path, own: Path) -> None:
    with netCDF4.Dataset(emissions(own), "a") as file:
        file["NO"].units = "moles/s"
    assert "NO: units are not padded" in told(folder)


# 3 grid --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("change", "name"), [
    ({"p_alp": 30.0}, "P_ALP 30 against 25"), ({"xorig": 600.0}, "XORIG"), ({"gdtyp": 7}, "GDTYP 7 against 2"),
])  # fmt: skip
def test_emissions_on_another_grid(
    folder: Path, own: Path, grid: Grid, change: dict[str, float], name: str, files: Any
) -> None:
    """CCTM does not look at the projection of emission files at all."""
    if "xorig" in change:
        change = {"xorig": grid.xorig + change["xorig"]}
    files.write_fields(emissions(own), {"NO": "moles/s"}, replace(grid, **change), DAY, layered=False)
    assert f"emis_ONROAD_20170701.nc: is not on the run grid: {name}" in told(folder)


def test_met_on_another_grid(folder: Path, own: Path, grid: Grid, files: Any) -> None:
    files.write_met(own / "met", DAY, replace(grid, ncols=grid.ncols + 1))
    found = told(folder)
    for name in ("GRID_CRO_2D", "GRID_DOT_2D", "MET_CRO_3D", "MET_DOT_3D", "MET_BDY_3D"):
        assert f"{name}=" in found


def test_dot_files_are_half_a_cell_off(folder: Path, own: Path, grid: Grid, files: Any) -> None:
    files.write_fields(own / "met" / "METDOT3D_20170701.nc", {"UHAT_JD": "1"}, grid, DAY)
    assert "METDOT3D_20170701.nc: is not on the run grid: XORIG" in told(folder)


def test_a_mask_on_another_grid(folder: Path, grid: Grid) -> None:
    path = folder.parent / "regions.nc"
    with netCDF4.Dataset(path, "a") as file:
        file.P_ALP = np.float64(30.0)
    assert "regions.nc: is not on the grid of the emissions: P_ALP" in told(folder)


# 4 regions -----------------------------------------------------------------------------------------------------------


def test_a_mask_that_is_not_there(folder: Path) -> None:
    (folder.parent / "regions.nc").unlink()
    assert "the mask file is not there" in told(folder)


def test_a_region_without_its_variable(folder: Path) -> None:
    edit(
        folder, "'D110102','YICE_REGIONS','D110102'", "'D110102','YICE_REGIONS','D110199'", "20170701/desid_control.nml"
    )
    assert "D110199: is not on the file, region D110102 would have no effect" in told(folder)


def test_a_region_named_otherwise_than_its_variable(folder: Path) -> None:
    edit(folder, "'D110102','YICE_REGIONS','D110102'", "'EAST','YICE_REGIONS','D110102'", "20170701/desid_control.nml")
    assert "region 'EAST' has another name" in told(folder)


ONE, HALF = np.ones((1, 2)), np.array([[1.0, 0.5]])


@pytest.mark.parametrize(("mask", "text"), [
    (ONE, "is 1 everywhere: DESID would emit nothing"), (1.2 * HALF, "values 0.6 to 1.2"), (HALF - 0.6, "give shares"),
])  # fmt: skip
def test_single_masks_that_desid_misreads(mask: np.ndarray, text: str) -> None:
    assert any(text in str(fault) for fault in mask_value_faults(Path("r.nc"), {"D1": mask}))


@pytest.mark.parametrize(("masks", "text"), [
    ([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]], "D1: is the same mask as D2"),
    ([[1.0, 0.4, 0.0], [0.0, 0.7, 1.0]], "masks overlap: they sum to 1.1"),
    ([[0.3, 0.4, 0.0], [0.6, 0.5, 0.1]], "D1: lies inside D2 in every cell"),
])  # fmt: skip
def test_pairs_of_masks_that_desid_misreads(masks: list[list[float]], text: str) -> None:
    fields = {f"D{i + 1}": np.array([values]) for i, values in enumerate(masks)}
    rules = [Rule(name, "ONROAD", "NO", "ALL", "ALL", 0.5, "UNIT", "m") for name in fields]
    assert any(text in str(fault) for fault in together_faults(Path("r.nc"), fields, rules))


def test_masks_that_no_rule_uses_together_may_nest() -> None:
    fields = {"D1": np.array([[0.3, 0.0]]), "D2": np.array([[0.6, 1.0]])}
    rules = [Rule(name, stream, "NO", "ALL", "ALL", 0.5, "UNIT", "m")
             for name, stream in zip(fields, ("ONROAD", "POWER"), strict=True)]  # fmt: skip
    assert list(together_faults(Path("r.nc"), fields, rules)) == []


# 5 rules -------------------------------------------------------------------------------------------------------------

ADDED = " 'EVERYWHERE','ONROAD','NO','ALL','ALL',0.5,'UNIT','m',\n/"


def add(folder: Path, row: str) -> None:
    path = folder / RULES
    head, _, tail = path.read_text(encoding="utf-8").rpartition("/")
    path.write_text(f"{head}{row}\n/{tail}", encoding="utf-8")


@pytest.mark.parametrize(("row", "text"), [
    ("'EVERYWHERE','ONROAD','NO','ALL','ALL',0.5,'UNIT','M',", "operation 'M'"),
    ("'D110199','ONROAD','NO','ALL','ALL',0.5,'UNIT','m',", "region 'D110199' is not defined"),
    ("'EVERYWHERE','ONRAOD','NO','ALL','ALL',0.5,'UNIT','m',", "'ONRAOD' is not in this run -> did you mean ONROAD"),
    ("'EVERYWHERE','ONROAD','NOX','ALL','ALL',0.5,'UNIT','m',", "'NOX' is not on the file of stream ONROAD"),
    ("'EVERYWHERE','ONROAD','NO','ALL','ALL',-0.5,'UNIT','m',", "factor -0.5"),
    ("'EVERYWHERE','ALL','XYL','ALL','ALL',0.5,'UNIT','m',", "'XYL' is multiplied before it is mapped"),
    ("'EVERYWHERE','ALL','NO','NOPE','GAS',0.5,'UNIT','a',", "no species 'NOPE' in the species namelists"),
    ("'EVERYWHERE','ONROAD','NO','ALL','ALL',0.5,'UNIT',", "values are no rows of 8"),
])  # fmt: skip
def test_rows_that_desid_ignores_or_aborts_on(folder: Path, row: str, text: str) -> None:
    add(folder, " " + row)
    assert text in told(folder)


def test_too_many_stacked_factors(folder: Path) -> None:
    for _ in range(101):
        add(folder, " 'EVERYWHERE','ONROAD','CO','ALL','ALL',0.999,'UNIT','m',")
    assert "101 factors for CO of ONROAD" in told(folder)


# 6 unused variables --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "units"), [("XYL", "moles/s"), ("BENZENE", "moles/s"), ("PM2_5", "g/s")])
def test_variables_that_would_be_dropped(
    folder: Path, own: Path, grid: Grid, name: str, units: str, files: Any
) -> None:
    files.write_fields(emissions(own), {"NO": "moles/s", name: units}, grid, DAY, layered=False)
    assert f"emis_ONROAD_20170701.nc:{name}: no rule maps it: its emission would be lost" in told(folder)


# 7 mechanism ---------------------------------------------------------------------------------------------------------


def test_namelists_of_another_mechanism(folder: Path, own: Path) -> None:
    edit(own, "'SOAALK', 10.0, '', -1, 'Yes',\n", "", "gc.nml")
    assert "no species 'SOAALK' in the species namelists -> give the namelists of cb6r5_ae7" in told(folder)


def test_photolysis_data_of_another_mechanism(city: CmaqDriver, own: Path, tmp_path: Path) -> None:
    other = own / "CSQY_DATA_saprc07tic_ae7i_aq"
    other.write_text("synthetic\n")
    settings = replace(city.settings, inputs={**city.settings.inputs, "CSQY_DATA": other})
    run = replace(city, settings=settings).prepare(tmp_path / "runs")[0]
    assert "photolysis data do not name the mechanism" in told(run.folder)


def test_the_executable(city: CmaqDriver, tmp_path: Path) -> None:
    settings = replace(city.settings, executable=Path("/nowhere/CCTM.exe"))
    run = replace(city, settings=settings).prepare(tmp_path / "runs")[0]
    assert "cmaq.executable=/nowhere/CCTM.exe: is not there" in told(run.folder)


# 8 layers and met ----------------------------------------------------------------------------------------------------


def test_layers_of_initial_and_boundary_files(folder: Path, own: Path, grid: Grid, files: Any) -> None:
    fewer = (1.0, 0.9, 0.0)
    files.write_fields(own / "INIT_20170701.nc", {"O3": "ppmV"}, grid, DAY, step=0, levels=fewer)
    assert "INIT_20170701.nc: 2 layers, the met has 3" in told(folder)


def test_levels_of_emissions(folder: Path, own: Path, grid: Grid, files: Any) -> None:
    files.write_fields(emissions(own), {"NO": "moles/s"}, grid, DAY, levels=(1.0, 0.95, 0.9, 0.0))
    assert "its sigma levels are not those of the met" in told(folder)
    files.write_fields(emissions(own), {"NO": "moles/s"}, grid, DAY, levels=(1.0, 0.99, 0.9, 0.5, 0.0))
    assert "4 layers, the met has 3 -> write at most as many" in told(folder)


def test_met_variables_that_cctm_needs(folder: Path, own: Path) -> None:
    with netCDF4.Dataset(own / "met" / "METCRO2D_20170701.nc", "a") as file:
        file.renameVariable("TEMPG", "TEMPX")
        file.renameVariable("LH", "QFX")
    found = told(folder)
    assert "METCRO2D_20170701.nc:TEMPG: is missing; CCTM: segmentation fault without a message" in found
    assert "QFX" not in found  # it may stand for LH


def test_land_use_may_stand_in_either_file(folder: Path, own: Path) -> None:
    (own / "met" / "LUFRAC_CRO_20170701.nc").unlink()
    assert "LUFRAC_CRO=" in told(folder)
    with netCDF4.Dataset(own / "met" / "GRIDCRO2D_20170701.nc", "a") as file:
        file.renameVariable("DLUSE", "LUFRAC_01")
    assert "LUFRAC_CRO=" not in told(folder)


def test_exchanged_initial_and_boundary_files(folder: Path, own: Path) -> None:
    shutil.copy(own / "INIT_20170701.nc", own / "BNDY_20170701.nc")
    assert "BNDY_20170701.nc: is no boundary file" in told(folder)


@pytest.mark.parametrize("name", ["UPNAM", "HISTORY", "VGTOP", "P_ALP", "SDATE"])
def test_attributes_without_which_cctm_aborts(folder: Path, own: Path, name: str) -> None:
    with netCDF4.Dataset(emissions(own), "a") as file:
        file.delncattr(name)
    assert f"emis_ONROAD_20170701.nc:{name}: is missing" in told(folder)


def test_a_file_that_is_no_netcdf(folder: Path, own: Path) -> None:
    emissions(own).write_text("not netCDF")
    assert "emis_ONROAD_20170701.nc: cannot be opened" in told(folder)


# 10 ranks, stale files, paths ----------------------------------------------------------------------------------------


def test_outputs_of_a_run_that_did_not_end(folder: Path) -> None:
    (folder / "20170701" / "output").mkdir()
    assert "holds the outputs of a run that did not end" in told(folder)
    (folder / "20170701" / "exit_status").write_text("0\n")
    assert told(folder) == ""


def test_ranks(folder: Path) -> None:
    manifest = read_manifest(folder)
    run = manifest.runs[0]
    changed = replace(run, environment={**run.environment, "NPCOL_NPROW": "2 3"})
    damaged: Manifest = replace(manifest, runs=(changed,))
    (folder / "run.json").write_text(damaged.text(), encoding="utf-8")
    assert "NPCOL_NPROW 2 x 3 is not 1 ranks" in told(folder)


def test_a_path_with_a_blank(city: CmaqDriver, own: Path, tmp_path: Path) -> None:
    """The I/O API takes what follows a blank for a mark."""
    shutil.copytree(own / "met", own / "my met")
    settings = replace(city.settings, met=city.settings.met.replace("/met/", "/my met/"))
    run = replace(city, settings=settings).prepare(tmp_path / "runs")[0]
    assert "the path holds a blank" in told(run.folder)


def test_missing_small_inputs(city: CmaqDriver, tmp_path: Path) -> None:
    run = replace(city, settings=replace(city.settings, inputs={})).prepare(tmp_path / "runs")[0]
    found = told(run.folder)
    assert all(f"cmaq.inputs.{name}: is not given" in found for name in ("OMI", "OPTICS_DATA", "CSQY_DATA"))
