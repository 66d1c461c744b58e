"""A city's matrix end to end on a real Slurm by the command line: submit, status, logs, evaluation on Dask workers."""

import filecmp
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

CITY = Path(__file__).parents[1] / "yice" / "tiny_city"
SCENARIOS = 12  # base, two named ones, nine nodes of the matrix
SITE = """
name = "private"
partition = "main"
poll_seconds = 0.3
settle_seconds = 2
marker_seconds = 5
chunk_runs = 6
[resources.box_model]
memory_mb = 1500
minutes = 30
[dask]
workers = 2
interface = "lo"
memory_mb = 1500
minutes = 30
"""


def command(*arguments):
    return [sys.executable, "-c", "from yice.entry import main; main()", *map(str, arguments)]


def yice(*arguments):
    return subprocess.run(command(*arguments), capture_output=True, text=True, timeout=600)


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    folder = tmp_path_factory.mktemp("city") / "tiny"
    shutil.copytree(CITY, folder)
    (folder / "clusters").mkdir()
    (folder / "clusters" / "private.toml").write_text(SITE)
    (folder / "clusters" / "wrong.toml").write_text('name = "wrong"\npartition = "man"\nscratch = "/no/such"\n')
    return folder


def faults(ended):
    assert ended.returncode == 2
    document = json.loads(ended.stdout[ended.stdout.index('{\n "error"') :])
    return " ".join(f"{fault['where']}: {fault['what']} -> {fault['remedy']}" for fault in document["faults"])


def test_a_wrong_cluster_ends_with_status_2_and_submits_nothing(city, slurm):
    said = faults(yice("submit", city, "--cluster", "wrong", "--json"))
    assert "there is no partition 'man' -> did you mean main?" in said
    assert "clusters/wrong.toml:scratch: /no/such is no folder that can be written here" in said
    assert subprocess.run(["squeue", "-h"], capture_output=True, text=True).stdout == ""
    assert "clusters/privat.toml -> did you mean private?" in faults(
        yice("submit", city, "--cluster", "privat", "--json")
    )


def test_without_slurm_on_this_machine_it_says_so(city, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    ended = yice("submit", city, "--cluster", "private")
    assert ended.returncode == 2
    assert "scontrol is not installed on this machine" in " ".join(ended.stderr.split())


@pytest.fixture(scope="module")
def submitted(city, slurm):
    """The matrix submitted by a driver that is killed twice on its way, and then watched to the end."""
    for seconds in (12.0, 3.0):
        driver = subprocess.Popen(
            command("submit", city, "--cluster", "private", "--wait"), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        time.sleep(seconds)
        os.killpg(driver.pid, signal.SIGKILL)
        driver.wait()
    return yice("submit", city, "--cluster", "private", "--wait")


def test_the_matrix_survives_kills_of_its_driver_and_every_run_is_computed_once(city, submitted):
    assert submitted.returncode == 0, submitted.stderr
    logs = [path.read_text() for path in (city / "work" / "runs" / "jobs" / "box_model").glob("*/job.log")]
    assert len(logs) == SCENARIOS // 6
    assert all("6 run(s) done, 0 already up to date" in log for log in logs)


def test_status_knows_the_whole_board(city, submitted):
    board = json.loads(yice("status", city, "--json").stdout)
    assert (board["run_days"], board["counts"], board["troubles"]) == (SCENARIOS, {"done": SCENARIOS}, [])
    assert board["core_hours"] > 0.0
    assert set(board["states"]["base"].values()) == {"done"}
    shown = yice("status", city).stdout
    assert "12 of 12 run-days are done" in shown
    assert "nox_050_voc_100" in shown


def test_logs_and_retry_by_name(city, submitted):
    assert "run(s) done" in yice("logs", city, "base").stdout
    wrong = yice("logs", city, "bas")
    assert (wrong.returncode, "did you mean base?" in wrong.stderr) == (2, True)
    assert "Nothing to send again" in yice("retry", city).stderr
    assert yice("retry", city, "nobody").returncode == 2


def test_a_second_submission_has_nothing_to_do(city, submitted):
    before = subprocess.run(["sacct", "-n", "-X", "-P", "-o", "jobid"], capture_output=True, text=True).stdout
    ended = yice("submit", city, "--cluster", "private", "--json")
    assert json.loads(ended.stdout)["estimate"]["jobs"] == 0
    assert subprocess.run(["sacct", "-n", "-X", "-P", "-o", "jobid"], capture_output=True, text=True).stdout == before


def test_evaluation_on_workers_that_slurm_started_gives_what_evaluation_here_gives(city, submitted, tmp_path):
    there = yice("evaluate", city, "--cluster", "private")
    assert there.returncode == 0, there.stderr
    assert "Dask dashboard: http://" in there.stderr
    assert list((city / "work" / "dask").glob("yice-dask-private-*.err"))
    shutil.copytree(city / "work" / "evaluation", tmp_path / "there")
    (city / "work" / ".stages" / "evaluation.json").unlink()
    assert yice("evaluate", city).returncode == 0
    here = filecmp.dircmp(tmp_path / "there", city / "work" / "evaluation")
    assert (here.left_only, here.right_only, here.diff_files) == ([], [], [])
    assert len(here.same_files) > 5
