"""The executor on a real Slurm that this test starts for itself and stops again: exactly once, whatever dies."""

import os
import random
import shutil
import subprocess
import sys
import time

import pytest

from aqcore.errors import InputError
from hpc.job import Batch, Job, JobState
from hpc.slurm.cluster import Cluster
from hpc.slurm.executor import SlurmExecutor
from hpc.slurm.journal import Journal

PATIENCE = 90.0  # s; jobs of a fraction of a second, on a machine with other work
#: Kills at random moments: few here, to keep CI short; YICE_KILLS=200 is the whole proof (docs/clusters.md says when).
KILLS = int(os.environ.get("YICE_KILLS", "5"))


pytestmark = pytest.mark.slow


def executor(tmp_path, accounting, **cluster):
    own = {"poll_seconds": 0.3, "settle_seconds": 2.0, **cluster}
    return SlurmExecutor(
        Cluster("private", own.pop("partition", "main"), accounting=accounting, **own), tmp_path / "jobs"
    )


def job(tmp_path, name, code):
    return Job(name, tmp_path / "runs" / name, ("bash", "-c", code))


def wait_for(condition, look=0.1):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(look)


def test_a_batch_end_to_end_and_its_resume(tmp_path, accounting):
    names = ["a", "b c", "情景", "$(touch x)", "fails"]
    jobs = [job(tmp_path, name, 'echo run >> runs; [ "${PWD##*/}" != fails ] || [ -e fixed ]') for name in names]
    batch, own = Batch("end to end", tuple(jobs)), executor(tmp_path, accounting, max_array_size=3, max_running=2)
    statuses = own.run(batch)
    assert [status.state.value for status in statuses] == ["done"] * 4 + ["failed"]
    assert statuses[-1].reason == "exit status 1; the log is empty"
    (jobs[-1].folder / "fixed").touch()
    assert own.run(batch)[-1].state == JobState.FAILED  # a failure of the model's own waits for a person
    own.retry(batch, ["fails"])
    assert {status.state for status in own.run(batch)} == {JobState.DONE}
    assert [len((each.folder / "runs").read_text().split()) for each in jobs] == [1, 1, 1, 1, 2]
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == sorted(names)


def test_a_second_submission_while_the_first_runs_adds_nothing(tmp_path, accounting):
    batch = Batch("twice", tuple(job(tmp_path, f"j{number}", "echo run >> runs; sleep 1") for number in range(4)))
    executor(tmp_path, accounting).submit(batch)
    assert {status.state for status in executor(tmp_path, accounting).run(batch)} == {JobState.DONE}
    assert [(own.folder / "runs").read_text() for own in batch.jobs] == ["run\n"] * 4


@pytest.mark.parametrize(
    ("cluster", "message"),
    [
        ({"partition": "nowhere"}, "there is no partition 'nowhere' -> allowed: "),
        ({"partition": "closed"}, "a job asks for 0-01:00:00, the partition allows 0-00:05:00"),
        ({"directives": ("--nodelist=n77",)}, "Slurm refuses .*array_1_00.slurm: .*Invalid node name"),
        ({"max_array_size": 9999}, "9999, but Slurm's MaxArraySize is 1001"),
    ],
)
def test_what_slurm_would_refuse_is_found_before_submission(tmp_path, accounting, cluster, message):
    batch = Batch("refused", (job(tmp_path, "a", "true"),))
    with pytest.raises(InputError, match=message):
        executor(tmp_path, accounting, **cluster).submit(batch)
    assert executor(tmp_path, accounting).run(batch)[0].state == JobState.DONE


def test_cancel_and_go_on(tmp_path, accounting):
    batch = Batch("cancel", (job(tmp_path, "a", "[ -e fixed ] || sleep 600"), job(tmp_path, "b", "true")))
    own = executor(tmp_path, accounting)
    own.submit(batch)
    wait_for(lambda: [status.state.value for status in own.states(batch)] == ["running", "done"])
    own.cancel(batch)
    wait_for(lambda: own.states(batch)[0].state == JobState.CANCELLED)
    (batch.jobs[0].folder / "fixed").touch()
    assert {status.state for status in own.run(batch)} == {JobState.DONE}


def test_scancel_from_outside_is_seen_where_there_are_accounts(tmp_path, accounting):
    batch, own = Batch("outside", (job(tmp_path, "a", "sleep 600"),)), executor(tmp_path, accounting)
    own.submit(batch)
    wait_for(lambda: own.states(batch)[0].state == JobState.RUNNING)
    (submission,) = own.journal(batch).submissions()
    subprocess.run(["scancel", submission.job_id], check=True)
    expected = JobState.CANCELLED if accounting else JobState.UNKNOWN
    wait_for(lambda: own.states(batch)[0].state == expected)


UNITS = 12
DRIVER = """
import sys
from pathlib import Path
from hpc.job import Batch, Job
from hpc.slurm.cluster import Cluster
from hpc.slurm.executor import SlurmExecutor
root, accounting, units = Path(sys.argv[1]), sys.argv[2] == "True", int(sys.argv[3])
jobs = [Job(f"j{n}", root / "runs" / f"j{n}", ("bash", "-c", "echo run >> runs; sleep 0.0$((RANDOM % 10))"))
        for n in range(units)]
cluster = Cluster("private", "main", accounting=accounting, max_array_size=3, poll_seconds=0.1, settle_seconds=0.2)
SlurmExecutor(cluster, root / "jobs").run(Batch("killed", tuple(jobs)))
"""


def drive(tmp_path, accounting, units=UNITS):
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    arguments = [sys.executable, "-c", DRIVER, tmp_path, str(accounting), str(units)]
    return subprocess.Popen(arguments, start_new_session=True, env={**os.environ, "PATH": path})


def check_once(tmp_path, accounting, units=UNITS):
    assert drive(tmp_path, accounting, units).wait(timeout=PATIENCE + units) == 0
    runs = [(tmp_path / "runs" / f"j{number}" / "runs").read_text() for number in range(units)]
    assert runs == ["run\n"] * units
    submissions = Journal(tmp_path / "jobs" / "killed").submissions()
    assert len({own.job_id for own in submissions}) == len(submissions)
    assert sum(len(own.units) for own in submissions) == units


#: Every third call kills the driver before Slurm hears of the array, every third after Slurm has taken it.
DEADLY = """#!/bin/bash
echo call >> {folder}/calls
case $(($(wc -l < {folder}/calls) % 3)) in
    1) kill -9 0 ;;
    2) {sbatch} "$@" > /dev/null; kill -9 0 ;;
esac
exec {sbatch} "$@"
"""


def test_a_driver_that_dies_at_every_other_sbatch_runs_every_unit_once(tmp_path, accounting):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "sbatch").write_text(DEADLY.format(folder=tmp_path, sbatch=shutil.which("sbatch")))
    (tmp_path / "bin" / "sbatch").chmod(0o755)
    deaths = 0
    while drive(tmp_path, accounting).wait(timeout=PATIENCE) == -9:
        deaths += 1
        # Only a guard against a loop without end: without accounts an array whose answer was lost is sent again, and on
        # a loaded machine that can happen more than once for each of them.
        assert deaths < 5 * UNITS
    check_once(tmp_path, accounting)
    adopted = [event.get("adopted") for event in Journal(tmp_path / "jobs" / "killed").events()].count(True)
    assert deaths >= 3
    assert adopted >= 1 or not accounting  # without accounts a job that has ended is sent again, and finds its claim


def test_a_driver_that_is_killed_at_random_moments_runs_every_unit_once(tmp_path, accounting):
    """Each driver dies within 60 ms of its first line in the journal: before, during or after an sbatch of 10 ms.

    There are enough units that no driver finds all of them submitted.
    """
    chance = random.Random(20250101)  # noqa: S311 - moments of killing, no secret
    journal, units, cut_short = Journal(tmp_path / "jobs" / "killed"), 10 * KILLS, 0
    for _ in range(KILLS):
        lines = journal.size()
        driver = drive(tmp_path, accounting, units)
        wait_for(lambda: journal.size() > lines or driver.poll() is not None, look=0.001)  # noqa: B023 - at once
        time.sleep(chance.random() * 0.06)
        cut_short += driver.poll() is None
        os.killpg(driver.pid, 9)
        driver.wait()
    assert cut_short == KILLS
    check_once(tmp_path, accounting, units)
