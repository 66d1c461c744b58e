"""What CCTM does not say: every failure that ends in a finished, wrong run is a fault of the preflight.

The order is that of the run-time contract; what `test_preflight.py` holds already is not repeated.
"""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

from aqcore.grid import Grid
from drivers.cmaq.driver import CmaqDriver
from drivers.cmaq.environment import RUN_SCRIPT
from drivers.cmaq.preflight import check
from drivers.cmaq.preflight_rules import mask_value_faults
from drivers.cmaq.run_script import exported
from emissions.inline_points import emissions_path, groups_path
from emissions.writing import file_path

DAY = date(2017, 7, 1)


@pytest.fixture
def folder(city: CmaqDriver, tmp_path: Path) -> Path:
    """Return the folder of the scenario `west`, which has rules by region."""
    return {run.scenario: run for run in city.prepare(tmp_path / "runs")}["west"].folder


def told(folder: Path) -> str:
    return "\n".join(map(str, check(folder)))


def gridded(own: Path, sector: str = "ONROAD") -> Path:
    return file_path(own / "emissions", sector, "2017-07-01")


def script(folder: Path, old: str, new: str) -> None:
    path = folder / "20170701" / RUN_SCRIPT
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


# values --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "text"), [
    (-1e-6, "holds negative values"), (np.nan, "holds values that are not finite"),
    (1e9, "more than 2430 is not plausible"),
])  # fmt: skip
def test_values_in_a_single_cell_of_a_single_hour(folder: Path, own: Path, value: float, text: str) -> None:
    """The limit is 30 mol s-1 a km2, times the 81 km2 of a cell; hour 13 is no round one."""
    with netCDF4.Dataset(gridded(own), "a") as file:
        file["NO"][13, 0, 2, 3] = value
    assert f"emis_ONROAD_20170701.nc:NO: {text}" in told(folder).replace("1e+09 mol s-1 in a cell; ", "")


def test_masks_with_holes(tmp_path: Path) -> None:
    faults = mask_value_faults(tmp_path, {"D1": np.array([[0.5, np.nan]])})
    assert "not finite" in str(next(faults))


# stacks --------------------------------------------------------------------------------------------------------------


def test_stacks_outside_the_grid_are_dropped(folder: Path, own: Path, grid: Grid) -> None:
    with netCDF4.Dataset(groups_path(own / "emissions", "POWER"), "a") as file:
        file["XLOCA"][0, 0, 0, 0] = grid.xorig - 1.0
    assert "1 stacks lie outside the grid: CCTM drops them" in told(folder)


def test_stacks_and_their_emissions_belong_together(folder: Path, own: Path) -> None:
    path = groups_path(own / "emissions", "POWER")
    with netCDF4.Dataset(path) as given:
        rows = given.dimensions["ROW"].size
        attributes = {name: given.getncattr(name) for name in given.ncattrs()}
        variables = {name: (one.dimensions, one.dtype, one[:], one.__dict__) for name, one in given.variables.items()}
        sizes = {name: len(one) for name, one in given.dimensions.items()}
    with netCDF4.Dataset(path, "w", format="NETCDF3_64BIT_OFFSET") as file:
        file.setncatts(attributes | {"NROWS": np.int32(rows - 1)})
        for name, size in sizes.items():
            file.createDimension(name, size - 1 if name == "ROW" else size)
        for name, (dims, kind, values, own_attributes) in variables.items():
            made = file.createVariable(name, kind, dims)
            made.setncatts(own_attributes)
            made[:] = values[:, :, : rows - 1] if name != "TFLAG" else values
    assert f"{rows - 1} stacks, the emissions have {rows}" in told(folder)


def test_stacks_without_their_data(folder: Path, own: Path) -> None:
    with netCDF4.Dataset(groups_path(own / "emissions", "POWER"), "a") as file:
        file.renameVariable("STKVE", "STKVX")
    assert "lacks STKVE" in told(folder)


# species -------------------------------------------------------------------------------------------------------------


def test_air_of_another_mechanism(folder: Path, own: Path, grid: Grid, files: Any) -> None:
    """CCTM takes 1e-30 for what it does not find, and says nothing of what it does not read."""
    strange = {"NO2": "ppmV", "O3": "ppmV", "XYL": "ppmV", "OLE2": "ppmV", "ALD": "ppmV"}
    files.write_fields(own / "INIT_20170701.nc", strange, grid, DAY, step=0)
    assert "INIT_20170701.nc: 4 of 5 species (O3, XYL, OLE2, ALD, ...) are not the mechanism's" in told(folder)
    files.write_fields(own / "BNDY_20170701.nc", {"NO2": "ppmV"}, grid, DAY, step=0, boundary=True)
    assert "BNDY_20170701.nc: holds no O3" in told(folder)


def test_a_variable_that_is_mapped_for_other_streams_only(folder: Path) -> None:
    path = folder / "20170701" / "desid_rules.nml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("'ALL'             ,'PEC'", "'POWER'           ,'PEC'"), encoding="utf-8")
    found = told(folder)
    assert "emis_ONROAD_20170701.nc:PEC: no rule maps it" in found
    assert "emis_POWER_20170701.nc:PEC" not in found


# headers -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("attribute", "value", "text"), [
    ("SDATE", np.int32(2017181), "SDATE, STIME and TSTEP do not agree with the stamps"),
    ("TSTEP", np.int32(20000), "SDATE, STIME and TSTEP do not agree with the stamps"),
    ("VAR-LIST", "NO NO2", "VAR-LIST and NVARS do not name"),
    ("NVARS", np.int32(1), "VAR-LIST and NVARS do not name"),
    ("TSTEP", np.int32(0), "is time-independent"),
])  # fmt: skip
def test_headers_that_disagree_with_themselves(folder: Path, own: Path, attribute: str, value: Any, text: str) -> None:
    with netCDF4.Dataset(gridded(own), "a") as file:
        file.setncattr(attribute, value)
    assert text in told(folder)


def test_an_hour_that_is_missing_in_the_middle(folder: Path, own: Path) -> None:
    with netCDF4.Dataset(gridded(own), "a") as file:
        file["TFLAG"][7, :, 1] = 80000
    assert "do not agree with the stamps" in told(folder)


def test_layers_of_the_met_files(folder: Path, own: Path, grid: Grid, files: Any) -> None:
    names = {"UHAT_JD": "1", "VHAT_JD": "1", "UWINDC": "1", "VWINDC": "1"}
    files.write_fields(own / "met" / "METDOT3D_20170701.nc", names, grid.dot(), DAY, levels=(1.0, 0.5, 0.0))
    assert "METDOT3D_20170701.nc: 2 layers, MET_CRO_3D has 3" in told(folder)


def test_categories_of_land_use(folder: Path, own: Path, grid: Grid, files: Any) -> None:
    levels = tuple(map(float, range(1, 26)))
    files.write_fields(own / "met" / "LUFRAC_CRO_20170701.nc", {"LUFRAC": "1"}, grid, DAY, step=0, levels=levels)
    assert "24 categories, MODIS has 20" in told(folder)


def test_what_ocean_chemistry_reads(city: CmaqDriver, own: Path, grid: Grid, files: Any, tmp_path: Path) -> None:
    files.write_fields(own / "ocean.nc", {"OPEN": "1"}, grid, DAY, step=0, layered=False)
    settings = replace(city.settings, inputs={**city.settings.inputs, "OCEAN_1": own / "ocean.nc"})
    found = told(replace(city, settings=settings).prepare(tmp_path / "sea")[0].folder)
    assert "ocean.nc:SURF: is missing" in found
    assert "ocean.nc:DMS: is missing" in found


# the script as it stands ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("old", "new", "text"), [
    ("export FL_ERR_STOP=Y", "export FL_ERR_STOP=N", "a file of another projection is only a warning"),
    ("export CTM_CKSUM=Y", "", "CTM_CKSUM is not set: it is the guard"),
    ("export NEW_START=T", "export NEW_START=F", "NEW_START is F, the run was written with T"),
    ("export CTM_STDATE=2017182", "export CTM_STDATE='2017183'", "CTM_STDATE is 2017183"),
    ("export N_EMIS_GR=", "export GR_EMIS_APPLY_001=F\nexport N_EMIS_GR=", "CCTM leaves the stream out"),
    ("export AVG_CONC_SPCS=ALL", "", "AVG_CONC_SPCS is not exported any more"),
    ("export CLM_VERSION=N", "export CLM_VERSION=Y", "land surfaces CLM, NOAH: CCTM runs with any number"),
    ("YICE_REGIONS=../../regions.nc", "YICE_REGIONS=../nothing.nc", "the mask file is not there"),
])  # fmt: skip
def test_edits_of_the_script(folder: Path, old: str, new: str, text: str) -> None:
    script(folder, old, new)
    assert text in told(folder)


def test_an_emission_file_that_the_script_exchanges(folder: Path, own: Path, grid: Grid, files: Any) -> None:
    files.write_fields(own / "short.nc", {"NH3": "moles/s"}, grid, DAY, steps=3, layered=False)
    script(folder, str(gridded(own, "AGRICULTURE")), str(own / "short.nc"))
    assert "short.nc: covers 2017-07-01 00:00:00 to 2017-07-01 02:00:00" in told(folder)


def test_days_that_stand_for_others_on_purpose(folder: Path, own: Path, grid: Grid, files: Any) -> None:
    files.write_fields(gridded(own, "AGRICULTURE"), {"NH3": "moles/s"}, grid, date(2017, 6, 24), layered=False)
    assert "covers 2017-06-24" in told(folder)
    number = next(n for n, v in exported((folder / "20170701" / RUN_SCRIPT).read_text()).items() if v == "AGRICULTURE")[
        -3:
    ]
    script(folder, f"export GR_EM_SYM_DATE_{number}=F", f"export GR_EM_SYM_DATE_{number}=T")
    assert told(folder) == ""


def test_a_script_that_is_gone(folder: Path) -> None:
    (folder / "20170701" / RUN_SCRIPT).unlink()
    assert "run.sh: is missing -> write the runs again" in told(folder)


@pytest.mark.parametrize(("line", "values"), [
    ("export A=1  # why", {"A": "1"}), ("  export B='two words' # x", {"B": "two words"}),
    ("export C=$HOME/x", {"C": None}), ("export D='$literal'", {"D": "$literal"}), ("export E=", {"E": ""}),
    ("export F='open", {"F": None}), ("# export G=1", {}), ("export H=a\nexport H=b", {"H": "b"}),
])  # fmt: skip
def test_what_a_script_exports(line: str, values: Mapping[str, str | None]) -> None:
    assert exported(line) == values


# machine -------------------------------------------------------------------------------------------------------------


def test_more_ranks_than_cells(city: CmaqDriver, tmp_path: Path) -> None:
    settings = replace(city.settings, processors=(11, 1), launcher=("env",))
    assert "11 x 1 ranks for 10 x 8 cells" in told(
        replace(city, settings=settings).prepare(tmp_path / "many")[0].folder
    )


@pytest.mark.parametrize(("text", "fault"), [
    ("|   Version 5.4   |", "is CMAQ 5.4 -> set cmaq.version, which is 5.5"),
    ("for the CB6R3_AE7_AQ   photochemical mechanism", "was built with CB6R3_AE7_AQ"),
    ("for the CB6R5_AE7_AQ   photochemical mechanism, Version 5.5 ", ""),
])  # fmt: skip
def test_an_executable_of_another_build(city: CmaqDriver, tmp_path: Path, text: str, fault: str) -> None:
    path = tmp_path / "CCTM.exe"
    path.write_text(f"#!/bin/sh\n# {text}\n")
    path.chmod(0o755)
    found = told(replace(city, settings=replace(city.settings, executable=path)).prepare(tmp_path / "r")[0].folder)
    assert fault in found
    assert bool(found) == bool(fault)


def test_too_little_room(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("U", (), {"free": 1000}))
    assert "5 scenarios need about 0.0 GB, free are 0.0 GB" in told(folder)


def test_the_rewritten_stack_file_is_checked_too(city: CmaqDriver, tmp_path: Path) -> None:
    run = {run.scenario: run for run in city.prepare(tmp_path / "runs")}["plant"]
    with netCDF4.Dataset(emissions_path(run.folder / "emissions", "POWER", "2017-07-01"), "a") as file:
        file["SO2"][3, 0, 1, 0] = np.nan
    assert "STK_EMIS_POWER_20170701.nc:SO2: holds values that are not finite" in told(run.folder)
