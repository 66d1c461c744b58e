"""The run script: the variables that CCTM needs, and text that stays data."""

import shutil
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from aqcore.errors import InputError
from aqcore.grid import Grid
from drivers.cmaq.environment import Place, RunEnvironment, environment, scenario_values
from drivers.cmaq.run_script import render
from drivers.cmaq.segments import Segment, segments
from drivers.cmaq.settings import CmaqSettings, filled
from drivers.cmaq.streams import StreamFile

GRID = Grid("BJ09", "LCC", 2, 25.0, 40.0, 116.0, 116.0, 40.0, -90e3, -81e3, 9e3, 9e3, 5, 4)
DAY = date(2017, 7, 1)

SETTINGS = CmaqSettings(
    version="5.5", mechanism="cb6r5_ae7", executable=Path("/opt/cmaq/CCTM_v55.exe"), met="/met/{date}/{file}_bj.nc",
    initial="/ic/ICON_{date}.nc", boundary="/bc/{scenario}/BCON_{julian}.nc",
    namelists={"gc_matrix_nml": Path("/n/gc.nml")}, inputs={"OMI": Path("/in/omi.dat")}, dates=(DAY,),
    processors=(4, 8),
)  # fmt: skip

NEEDED = """
CTM_APPL CTM_STDATE CTM_STTIME CTM_RUNLEN CTM_TSTEP NEW_START GRIDDESC GRID_NAME NPCOL_NPROW EXECUTION_ID OUTDIR
CTM_MAXSYNC CTM_MINSYNC PROMPTFLAG IOAPI_OFFSET_64 FL_ERR_STOP CTM_CKSUM AVG_CONC_SPCS ACONC_BLEV_ELEV
CTM_OCEAN_CHEM PX_VERSION CLM_VERSION NOAH_VERSION N_EMIS_GR N_EMIS_PT N_EMIS_TR CTM_EMISCHK DESID_CTRL_NML
DESID_CHEM_CTRL_NML GRID_CRO_2D GRID_DOT_2D MET_CRO_2D MET_CRO_3D MET_DOT_3D MET_BDY_3D LUFRAC_CRO INIT_CONC_1
BNDY_CONC_1 INIT_MEDC_1 OMI gc_matrix_nml S_CGRID CTM_CONC_1 A_CONC_1 CTM_DRY_DEP_1 CTM_WET_DEP_1 CTM_ELMO_1
CTM_AELMO_1 CTM_BUDGET FLOOR_FILE MIE_TABLE
"""
"""What the contract lists for a plain run (files of the user's that these settings name)."""


def place(scenario: str = "base", segment: Segment | None = None) -> Place:
    return Place(Path("/data/runs/cmaq"), scenario, segment or Segment(DAY), "abc123")


def variables(settings: CmaqSettings = SETTINGS, at: Place | None = None) -> RunEnvironment:
    streams = [
        StreamFile("ONROAD", Path("/emis/ONROAD/a.nc")), StreamFile("POWER", Path("/emis/POWER/b.nc")),
        StreamFile("PT_POWER", Path("/emis/POWER/s.nc"), Path("/emis/POWER/g.nc")),
    ]  # fmt: skip
    return environment(settings, GRID, at or place(), streams)


def values(settings: CmaqSettings = SETTINGS, at: Place | None = None) -> dict[str, str]:
    return dict(variables(settings, at).values)


# environment -------------------------------------------------------------------------------------------------------


def test_every_variable_of_the_contract_is_set() -> None:
    assert [name for name in NEEDED.split() if name not in values()] == []


def test_no_variable_is_set_twice() -> None:
    names = [setting.variable for group in variables().groups.values() for setting in group]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("own", [{}, {"CTM_APPL": "mine", "BNDY_CONC_1": "/my/bc.nc", "KZMIN": "N"}])
def test_another_scenario_differs_in_its_names_alone(own: dict[str, str]) -> None:
    """What scenarios share is made once: the result is the environment that each would get of its own."""
    settings = replace(SETTINGS, environment=own)
    other = place("cleaner")
    shared, alone = variables(settings, place("base")), variables(settings, other)
    quick = shared.with_values(scenario_values(settings, other))
    assert quick.groups == alone.groups
    assert list(quick.values.items()) == list(alone.values.items())
    assert quick.groups["science"] is shared.groups["science"]
    changed = {name for name in alone.values if alone.values[name] != shared.values[name]}
    assert changed == {"CTM_APPL", "EXECUTION_ID", "BNDY_CONC_1"} - own.keys()
    assert render(settings, other, quick) == render(settings, other, alone)


def test_values_of_the_day() -> None:
    found = values()
    assert (found["CTM_STDATE"], found["CTM_STTIME"], found["CTM_RUNLEN"]) == ("2017182", "000000", "240000")
    assert found["NPCOL_NPROW"] == "4 8"
    assert found["MET_CRO_3D"] == "/met/20170701/METCRO3D_bj.nc"
    assert found["BNDY_CONC_1"] == "/bc/base/BCON_2017182.nc"
    assert (found["NEW_START"], found["INIT_CONC_1"]) == ("T", "/ic/ICON_20170701.nc")
    assert found["GRIDDESC"] == "../../GRIDDESC"
    assert (found["GR_EMIS_002"], found["GR_EMIS_LAB_002"]) == ("/emis/POWER/b.nc", "POWER")
    assert (found["N_EMIS_GR"], found["N_EMIS_PT"]) == ("2", "1")
    assert (found["STK_EMIS_001"], found["STK_EMIS_LAB_001"]) == ("/emis/POWER/s.nc", "PT_POWER")
    assert (found["STK_GRPS_001"], found["STK_EM_SYM_DATE_001"]) == ("/emis/POWER/g.nc", "F")
    assert found["A_CONC_1"] == "output/CCTM_ACONC.nc -v"
    assert [found[f"{name}_VERSION"] for name in ("PX", "CLM", "NOAH")] == ["N", "N", "Y"]
    assert found["CTM_OCEAN_CHEM"] == "N"


def test_a_following_day_starts_from_the_end_of_the_day_before() -> None:
    found = values(at=place(segment=Segment(date(2017, 7, 2), "20170701")))
    assert (found["NEW_START"], found["INIT_CONC_1"]) == ("F", "../20170701/output/CCTM_CGRID.nc")


def test_values_of_the_city_file_win() -> None:
    found = values(replace(SETTINGS, environment={"CTM_MAXSYNC": "120", "MY_OWN": "1"}))
    assert (found["CTM_MAXSYNC"], found["MY_OWN"]) == ("120", "1")


def test_an_ocean_file_switches_ocean_chemistry_on() -> None:
    found = values(replace(SETTINGS, inputs={"OCEAN_1": Path("/in/ocean.nc")}))
    assert (found["CTM_OCEAN_CHEM"], found["OCEAN_1"]) == ("Y", "/in/ocean.nc")


def test_a_version_with_one_control_file() -> None:
    found = values(replace(SETTINGS, version="5.3.3", mechanism="cb6r3_ae7"))
    assert found["EMISSCTRL_NML"] == "emission_control.nml"
    assert "DESID_CTRL_NML" not in found


def test_days_are_chained_where_they_adjoin() -> None:
    days = [date(2017, 7, 3), date(2017, 7, 1), date(2017, 7, 2), date(2017, 7, 2), date(2017, 8, 1)]
    assert [(s.name, s.previous) for s in segments(days)] == [
        ("20170701", ""), ("20170702", "20170701"), ("20170703", "20170702"), ("20170801", "")]  # fmt: skip


def test_chunks_are_cut_and_led_to() -> None:
    """Five days in chunks of two, each after a day of spin-up."""
    days = [date(2017, 7, number) for number in range(1, 6)]
    found = segments(days, spin_up_days=1, chunk_days=2)
    assert [(s.name, s.previous) for s in found] == [
        ("20170701-spinup-20170630", ""), ("20170701", "20170701-spinup-20170630"), ("20170702", "20170701"),
        ("20170703-spinup-20170702", ""), ("20170703", "20170703-spinup-20170702"), ("20170704", "20170703"),
        ("20170705-spinup-20170704", ""), ("20170705", "20170705-spinup-20170704")]  # fmt: skip
    assert [s.day for s in found if not s.spin_up] == days


def test_part_of_a_day() -> None:
    found = values(replace(SETTINGS, span=(4, 1)), place(segment=Segment(DAY, hour=4, hours=1)))
    assert (found["CTM_STTIME"], found["CTM_RUNLEN"]) == ("040000", "010000")


def test_further_streams_come_behind_the_sectors() -> None:
    found = values(replace(SETTINGS, streams={"BIOGENIC": "/megan/{date}.nc"}))
    assert (found["N_EMIS_GR"], found["GR_EMIS_003"], found["GR_EMIS_LAB_003"]) == (
        "3", "/megan/20170701.nc", "BIOGENIC")  # fmt: skip


# script ------------------------------------------------------------------------------------------------------------

EVIL = "x'; touch pwned; $(touch pwned) `touch pwned`\ntouch pwned #"


def script(settings: CmaqSettings = SETTINGS, at: Place | None = None) -> str:
    return render(settings, at or place(), variables(settings, at))


def test_script_is_valid_and_starts_cctm() -> None:
    text = script()
    assert subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True).stderr == ""
    assert "mpirun -np 32 /opt/cmaq/CCTM_v55.exe > cctm.out" in text
    assert "export CTM_STDATE=2017182  # first day (YYYYDDD, UTC)" in text


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_script_passes_shellcheck(tmp_path: Path) -> None:
    path = tmp_path / "run.sh"
    path.write_text(script(), encoding="utf-8")
    done = subprocess.run(["shellcheck", "-S", "style", str(path)], capture_output=True, text=True)
    assert done.stdout == ""


def test_text_of_the_user_is_never_executed(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    settings = replace(SETTINGS, environment={"NOTE": EVIL}, launcher=("printf", "%s", EVIL), executable=Path("true"))
    (folder / "run.sh").write_text(script(settings, place(EVIL)), encoding="utf-8")
    done = subprocess.run(["bash", str(folder / "run.sh")], capture_output=True, text=True)
    assert done.returncode == 0
    assert list(tmp_path.rglob("pwned")) == []
    assert (folder / "cctm.out").read_text().startswith("x'; touch pwned")


def test_script_hands_every_variable_to_the_program(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    settings = replace(SETTINGS, environment={"NOTE": "two words; $HOME"}, launcher=("env",), executable=Path("env"))
    (folder / "run.sh").write_text(script(settings), encoding="utf-8")
    assert subprocess.run(["bash", str(folder / "run.sh")], capture_output=True).returncode == 0
    told = dict(line.split("=", 1) for line in (folder / "cctm.out").read_text().splitlines() if "=" in line)
    assert {name: told[name] for name in values(settings)} == values(settings)
    assert (folder / "exit_status").read_text().strip() == "0"


def test_script_refuses_a_folder_that_holds_a_run(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text(script(replace(SETTINGS, launcher=(), executable=Path("true"))), encoding="utf-8")
    (tmp_path / "CTM_LOG_000.base").write_text("")
    done = subprocess.run(["bash", str(tmp_path / "run.sh")], capture_output=True, text=True)
    assert done.returncode == 3
    assert "already holds a run" in done.stderr


def test_script_passes_the_exit_status_on(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text(script(replace(SETTINGS, launcher=(), executable=Path("false"))), encoding="utf-8")
    assert subprocess.run(["bash", str(tmp_path / "run.sh")]).returncode == 1
    assert (tmp_path / "exit_status").read_text().strip() == "1"


# settings ----------------------------------------------------------------------------------------------------------

RAW = {
    "version": "5.5", "mechanism": "cb6r5_ae7", "executable": "CCTM.exe", "met": "met/{file}", "initial": "ic",
    "boundary": "bc", "namelists": {"gc_matrix_nml": "gc.nml"}, "inputs": {},
}  # fmt: skip


def test_paths_are_relative_to_the_city_folder() -> None:
    found = CmaqSettings.read(RAW, folder=Path("/city"))
    assert found.executable == Path("/city/CCTM.exe")
    assert found.met == "/city/met/{file}"
    assert found.namelists == {"gc_matrix_nml": Path("/city/gc.nml")}
    assert CmaqSettings.read({**RAW, "executable": "/opt/CCTM"}, folder=Path("/city")).executable == Path("/opt/CCTM")


def test_all_faults_of_the_settings_at_once() -> None:
    raw = {**RAW, "procesors": [2, 2], "method": "best", "processors": [0, 2], "environment": {"A B": "1"}}
    del raw["met"]
    with pytest.raises(InputError) as caught:
        CmaqSettings.read(raw)
    told = "\n".join(str(fault) for fault in caught.value.faults)
    assert len(caught.value.faults) == 5
    assert "cmaq.procesors" in told
    assert "did you mean processors" in told
    assert "cmaq.met: is missing" in told


def test_marks_are_replaced_as_text() -> None:
    found = filled("/a/{date}/{julian}_{file}_{0.__class__}", DAY, file="MET")
    assert found == Path("/a/20170701/2017182_MET_{0.__class__}")
