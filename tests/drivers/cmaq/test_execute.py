"""Running, judging and reading with a stand-in for CCTM: what is done, what failed and why, what is read."""

import json
import shutil
import subprocess
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from aqcore.errors import RunFailed
from drivers.cmaq.driver import CmaqDriver
from drivers.cmaq.execute import main
from drivers.cmaq.logs import failure
from drivers.driver import Run

SINGLE = 1e-6
"""Values are stored in single precision."""


@pytest.fixture
def run(driver: CmaqDriver, tmp_path: Path) -> Run:
    return driver.prepare(tmp_path / "runs")[0]


@pytest.fixture(scope="module")
def _finished(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {}


@pytest.fixture
def finished(driver: CmaqDriver, _finished: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a run of two days that went well, made once; tests that change it copy it."""
    if "root" not in _finished:
        root = tmp_path_factory.mktemp("finished")
        run = driver.prepare(root)[0]
        assert main([str(run.folder)]) == 0
        _finished["root"] = root
    return Run("cmaq", "base", _finished["root"] / "base")


@pytest.fixture
def copied(finished: Run, tmp_path: Path) -> Run:
    shutil.copytree(finished.folder.parent, tmp_path / "runs")
    return Run("cmaq", "base", tmp_path / "runs" / "base")


def test_a_prepared_run_is_not_done(driver: CmaqDriver, run: Run) -> None:
    found = driver.outcome(run)
    assert not found.done
    assert found.reason == "20170701: not started"


@pytest.mark.slow
def test_the_command_runs_the_days_and_says_when_it_is_done(driver: CmaqDriver, run: Run) -> None:
    done = subprocess.run(driver.command([run]), capture_output=True, text=True, cwd=run.folder)
    assert done.returncode == 0, done.stderr
    assert driver.outcome(run).done
    assert json.loads((run.folder / "done.json").read_text())["days"] == ["2017-07-01", "2017-07-02"]


def test_a_finished_run_is_done(driver: CmaqDriver, finished: Run) -> None:
    assert driver.outcome(finished).done


def test_outputs_carry_the_scenario(finished: Run) -> None:
    with netCDF4.Dataset(finished.folder / "20170702" / "output" / "CCTM_ACONC.nc") as file:
        assert file.EXEC_ID.startswith("yice ")
        assert file.EXEC_ID.strip().endswith(" base")


def test_finished_days_are_not_run_again(finished: Run) -> None:
    path = finished.folder / "20170701" / "output" / "CCTM_ACONC.nc"
    before = path.stat().st_mtime_ns
    assert main([str(finished.folder)]) == 0
    assert path.stat().st_mtime_ns == before


@pytest.mark.slow
def test_a_failed_day_stops_the_chain_and_can_be_repeated(
    driver: CmaqDriver, run: Run, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STAND_IN_FAILS", "2017183")
    assert main([str(run.folder)]) == 1
    assert "an emission file does not hold the run's date" in capfd.readouterr().err
    assert "20170702: exit status 1" in driver.outcome(run).reason
    assert not (run.folder / "done.json").exists()
    monkeypatch.delenv("STAND_IN_FAILS")
    assert main([str(run.folder)]) == 0
    assert (run.folder / "20170702" / "attempt-1" / "exit_status").read_text().strip() == "1"
    assert driver.outcome(run).done


# judging -----------------------------------------------------------------------------------------------------------


def test_a_status_of_another_kind(driver: CmaqDriver, copied: Run) -> None:
    (copied.folder / "20170702" / "exit_status").write_text("139\n")
    assert "20170702: exit status 139" in driver.outcome(copied).reason


def test_a_killed_run(driver: CmaqDriver, copied: Run) -> None:
    (copied.folder / "20170702" / "exit_status").unlink()
    assert driver.outcome(copied).reason == "20170702: did not end"


def test_no_closing_line(driver: CmaqDriver, copied: Run) -> None:
    text = "*** ERROR ABORT in subroutine HRSOLVER on PE 000\nStopping because of EBI convergence failures\n"
    (copied.folder / "20170701" / "cctm.out").write_text(text)
    assert "no closing line: absurd concentrations" in driver.outcome(copied).reason


def test_no_closing_line_in_the_log(driver: CmaqDriver, copied: Run) -> None:
    (copied.folder / "20170701" / "verdict.json").unlink()
    next((copied.folder / "20170701").glob("CTM_LOG_000*")).write_text("cut off\n")
    assert "CTM_LOG_000 has no closing line" in driver.outcome(copied).reason


def test_a_restart_file_of_another_day(driver: CmaqDriver, copied: Run) -> None:
    shutil.copy(copied.folder / "20170701/output/CCTM_CGRID.nc", copied.folder / "20170702/output/CCTM_CGRID.nc")
    assert "CCTM_CGRID.nc is of 2017-07-02" in driver.outcome(copied).reason


def test_a_missing_output(driver: CmaqDriver, copied: Run) -> None:
    (copied.folder / "20170701" / "output" / "CCTM_ACONC.nc").unlink()
    assert "CCTM_ACONC.nc is missing" in driver.outcome(copied).reason


def test_values_that_are_not_finite(driver: CmaqDriver, copied: Run) -> None:
    with netCDF4.Dataset(copied.folder / "20170702" / "output" / "CCTM_ACONC.nc", "a") as file:
        file["O3"][-1, 0, 0, 0] = np.nan
    assert "O3 of CCTM_ACONC.nc is not finite" in driver.outcome(copied).reason


def test_too_few_hours(driver: CmaqDriver, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAND_IN_SHORT", "1")
    assert main([str(run.folder)]) == 1
    assert "CCTM_ACONC.nc has 23 hours instead of 24" in driver.outcome(run).reason


def test_no_manifest(driver: CmaqDriver, tmp_path: Path) -> None:
    assert "no manifest of a CMAQ run" in driver.outcome(Run("cmaq", "x", tmp_path)).reason
    assert main([str(tmp_path)]) == 2


@pytest.mark.parametrize(("log", "told"), [
    ("  *** ERROR ABORT in subroutine INITSCEN on PE 003\n  Could not open MET_CRO_2D\n", "an input file is missing"),
    ("  *** ERROR ABORT in subroutine FOO on PE 003\n  The moon is full\n", "FOO on PE 003 The moon is full"),
    ("all is well\n", "no known message"),
])  # fmt: skip
def test_failures_are_named_from_the_log_of_the_rank_that_died(tmp_path: Path, log: str, told: str) -> None:
    (tmp_path / "CTM_LOG_000.base").write_text("nothing\n")
    (tmp_path / "CTM_LOG_003.base").write_text(log)
    (tmp_path / "cctm.out").write_text("MPI_ABORT\n")
    assert told in failure(tmp_path)


# reading -----------------------------------------------------------------------------------------------------------


def test_outputs_in_the_common_schema(driver: CmaqDriver, finished: Run) -> None:
    with driver.open(finished) as data:
        assert data["O3"].dims == ("time", "y", "x")
        assert data.sizes["time"] == 48
        assert (
            data["time"].to_numpy()[[0, -1]].tolist() == np.array(["2017-07-01T00", "2017-07-02T23"], "M8[ns]").tolist()
        )
        assert (data["time_bounds"][:, 1] - data["time_bounds"][:, 0] == np.timedelta64(1, "h")).all()
        assert {n: data[n].attrs["units"] for n in ("O3", "NOx", "PM25", "T", "P")} == {
            "O3": "ppb", "NOx": "ppb", "PM25": "ug m-3", "T": "K", "P": "Pa"}  # fmt: skip
        assert float(data["O3"].mean()) == pytest.approx(40.0, rel=SINGLE)
        assert float(data["NOx"].max()) == pytest.approx(21.0, rel=SINGLE)
        assert float(data["PM25_EC"].min()) == pytest.approx(2.0, rel=SINGLE)
        assert data["O3"].chunks is not None
        assert data["O3"].attrs["standard_name"] == "mole_fraction_of_ozone_in_air"
        assert data["crs"].attrs["grid_mapping_name"] == "lambert_conformal_conic"
        assert data.attrs["scenario"] == "base"
        assert "FORM" not in data


def test_an_unfinished_run_is_not_read(driver: CmaqDriver, run: Run) -> None:
    with pytest.raises(RunFailed, match="not started"):
        driver.open(run)


def test_a_job_runs_only_its_own_days_and_the_last_one_says_that_all_are_done(driver: CmaqDriver, run: Run) -> None:
    assert main([str(run.folder), "--only", "20170701"]) == 0
    assert (run.folder / "20170701" / "output").is_dir()
    assert not (run.folder / "20170702" / "output").exists()
    assert not (run.folder / "done.json").exists()
    assert main([str(run.folder), "--only", "20170702"]) == 0
    assert driver.outcome(run).done
    assert (run.folder / "done.json").exists()


def test_days_that_are_not_the_scenarios_are_named(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(run.folder), "--only", "20170711,20170702"]) == 2
    assert "has no day '20170711' -> did you mean 20170701" in capsys.readouterr().err
    assert not (run.folder / "20170702" / "output").exists()
