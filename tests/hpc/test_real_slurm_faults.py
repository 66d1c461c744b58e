"""What a real Slurm does to chains of days: failed days, lost nodes, limits of time and memory, a dead controller."""

import os
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from hpc.job import Batch, Failure, Job, JobState, Resources
from hpc.slurm.cluster import Cluster
from hpc.slurm.executor import SlurmExecutor

pytestmark = pytest.mark.slow
PATIENCE = 240.0  # s; a time limit of a minute is seen after up to a minute and a half, a dead node after half of that


def executor(tmp_path, **cluster):
    own = {"poll_seconds": 0.3, "settle_seconds": 2.0, "marker_seconds": 5, **cluster}
    return SlurmExecutor(Cluster("private", "main", **own), tmp_path / "jobs")


def job(tmp_path, name, code, **more):
    return Job(name, tmp_path / "runs" / name, ("bash", "-c", code), **more)


def states(own, batch):
    return {status.job.name: status.state.value for status in own.states(batch)}


def wait_for(condition, look=0.2):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(look)


#: A first attempt only.
FIRST = 'case "$YICE_ATTEMPT" in 1.*) {} ;; esac'


@pytest.fixture(scope="module", autouse=True)
def over_time(slurm, tmp_path_factory):
    """A job that runs over its time of a minute: submitted before all tests, looked at by the last one."""
    folder = tmp_path_factory.mktemp("time")
    own, need = executor(folder), Resources(seconds=60, memory_mb=100)
    batch = Batch("time", (job(folder, "time", FIRST.format("sleep 300"), resources=need),))
    own.submit(batch)
    return own, batch


DAY = '[ -e ../stop ] && [ "${PWD##*/}" = s1_1 ] && exit 1; echo "${PWD##*/}" >> ../order'


def test_chains_of_days_a_failed_day_and_its_resume(tmp_path, slurm):
    batch = Batch("chain", tuple(
        job(tmp_path, f"s{scenario}_{day}", DAY, after=f"s{scenario}_{day - 1}" if day else "")
        for scenario in range(3) for day in range(3)
    ))  # fmt: skip
    own = executor(tmp_path, max_array_size=3)
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "stop").touch()
    end = {status.job.name: status.state.value for status in own.run(batch)}
    assert [end[f"s1_{day}"] for day in range(3)] == ["done", "failed", "blocked"]
    assert [name for name, state in end.items() if state != "done"] == ["s1_1", "s1_2"]
    (tmp_path / "runs" / "stop").unlink()
    own.retry(batch, ["s1_1"])
    assert {status.state for status in own.run(batch)} == {JobState.DONE}
    order = (tmp_path / "runs" / "order").read_text().split()
    assert sorted(order) == sorted(batch.by_name)
    for scenario in range(3):
        assert [name for name in order if name.startswith(f"s{scenario}")] == [f"s{scenario}_{day}" for day in range(3)]


GREEDY = f"exec python3 -c 'import time; a = bytes([1]) * {400 * 2**20}; time.sleep(60)'"
#: The node is one process here: its job is the one whose folder is open.
NODE = "echo start >> starts; [ $(wc -l < starts) -gt 1 ] || sleep 300"


def test_over_memory_and_a_killed_node_each_by_its_policy(tmp_path, slurm):
    batch = Batch("policies", (
        job(tmp_path, "memory", FIRST.format(GREEDY), resources=Resources(seconds=600, memory_mb=100)),
        job(tmp_path, "node", NODE, resources=Resources(tasks=8, seconds=900, memory_mb=100)),  # a node of its own
    ))  # fmt: skip
    own = executor(tmp_path)
    own.submit(batch)
    wait_for(lambda: states(own, batch)["node"] == "running" and (batch.jobs[1].folder / "starts").exists())
    kill_node_of(own, batch, "node", slurm)
    seen = []
    try:
        statuses = own.run(batch, seen.append)
    finally:
        restart_nodes(slurm)
    assert {status.state for status in statuses} == {JobState.DONE}
    failures = own.journal(batch).history().failures
    assert failures == {"memory": (Failure.MEMORY,)}  # the node's job was requeued by Slurm
    assert (batch.jobs[1].folder / "starts").read_text().count("start") == 2
    assert "#SBATCH --mem=150M" in (own.folder(batch) / "array_2_00.slurm").read_text()


def kill_node_of(own, batch, name, folder):
    """Kill the daemons of the node where a job runs, and the job's own processes, as a power cut would."""
    found = subprocess.run(["squeue", "-h", "-r", "-o", "%i|%N|%j"], capture_output=True, text=True, check=True).stdout
    submissions = {token: sub for token, sub in own.journal(batch).history().submissions.items() if name in sub.units}
    (line,) = [line for line in found.splitlines() for token in submissions if line.endswith(token)]
    node = line.split("|")[1]
    os.kill(int((folder / "state" / f"slurmd-{node}.pid").read_text()), signal.SIGKILL)
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode(errors="replace")
            inside = (process / "cwd").readlink() == batch.by_name[name].folder
        except OSError:
            continue
        if inside or (words.startswith("slurmstepd") and f"[{line.split('_')[0]}." in words):
            os.kill(int(process.name), signal.SIGKILL)


def restart_nodes(folder):
    for node in ("n1", "n2", "n3", "n4"):
        pid = (folder / "state" / f"slurmd-{node}.pid").read_text().strip()
        if not alive(pid):
            launch(folder, "slurmd", "-D", "-N", node)


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


AGAIN = '"$@" < /dev/null >> "$0/log/again" 2>&1 & echo $! >> "$0/pids"'


def launch(folder, *command):
    """Start a daemon again, nobody's child, and note its id for the script that stops them all."""
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    subprocess.run(["bash", "-c", AGAIN, folder, *command], env={**os.environ, "PATH": path}, check=True)


def test_a_controller_that_is_killed_and_comes_back(tmp_path, slurm):
    batch = Batch("controller", tuple(
        job(tmp_path, f"s{scenario}_{day}", "echo run >> runs; sleep 0.5", after=f"s{scenario}_{day - 1}" * bool(day))
        for scenario in range(4) for day in range(3)
    ))  # fmt: skip
    own = executor(tmp_path, lost_minutes=0.1)
    own.submit(batch)
    os.kill(int((slurm / "state" / "slurmctld.pid").read_text()), signal.SIGKILL)
    assert "unknown" in states(own, batch).values()
    threading.Timer(3.0, launch, (slurm, "slurmctld", "-D")).start()
    statuses = watched(own, batch)
    # What it had not written down when it died is forgotten for good: these jobs wait for a person's word.
    if lost := [status.job.name for status in statuses if status.state == JobState.LOST]:
        own.retry(batch, lost)
        statuses = watched(own, batch)
    assert {status.state for status in statuses} == {JobState.DONE}
    assert {(each.folder / "runs").read_text() for each in batch.jobs} == {"run\n"}


def watched(own, batch):
    deadline = time.monotonic() + PATIENCE
    while True:
        statuses = own.advance(batch)
        if all(status.state.ended for status in statuses):
            return statuses
        assert time.monotonic() < deadline, statuses
        time.sleep(0.5)


FAILING = """#!/bin/bash
case "$*" in *--test-only*) exec {sbatch} "$@" ;; esac
{sbatch} "$@" > /dev/null
echo "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation" >&2
exit 1
"""


def test_sbatch_that_fails_and_still_submits(tmp_path, slurm, monkeypatch):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "sbatch").write_text(FAILING.format(sbatch=shutil.which("sbatch")))
    (tmp_path / "bin" / "sbatch").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    batch = Batch("failing", tuple(job(tmp_path, f"j{number}", "echo run >> runs") for number in range(3)))
    own = executor(tmp_path)
    assert {status.state for status in own.run(batch)} == {JobState.DONE}
    assert [(each.folder / "runs").read_text() for each in batch.jobs] == ["run\n"] * 3
    assert [event.get("adopted") for event in own.journal(batch).events() if event["event"] == "submitted"] == [True]


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 64 kB."""
    folder = tmp_path / "runs"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_disk_that_is_full_when_the_end_is_published(tmp_path, slurm, small_disk):
    """The command itself ends well; its end cannot be written, and nothing says that it was."""
    fill = "[ -e ../free ] || { while echo xxxxxxxxxxxxxxxx >> fill; do :; done 2> /dev/null; }; true"
    batch, own = Batch("full", (job(tmp_path, "a", fill),)), executor(tmp_path)
    (status,) = own.run(batch)
    assert (status.state, status.failure) == (JobState.FAILED, Failure.INPUT)
    assert not batch.jobs[0].marker.exists()
    assert "exit code 74" in status.reason
    (batch.jobs[0].folder / "fill").unlink()
    (small_disk / "free").touch()
    own.retry(batch, ["a"])
    assert own.run(batch)[0].state == JobState.DONE


def test_a_job_over_its_time_gets_twice_as_much(over_time):
    own, batch = over_time
    (status,) = own.run(batch)
    assert status.state == JobState.DONE
    assert own.journal(batch).history().failures == {"time": (Failure.TIME,)}
    assert "#SBATCH --time=0-00:02:00" in (own.folder(batch) / "array_2_00.slurm").read_text()
