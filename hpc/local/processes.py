"""The processes behind local jobs: starting one, telling whether it lives, stopping its whole group."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aqcore.publish import publish_text
from hpc.job import Job, JobState, JobStatus
from hpc.liveness import is_alive
from hpc.local.unit import OWNER, UNIT, claim
from hpc.markers import marked, with_tail, write_failed

#: Each process computes alone: threads of numerical libraries would compete with the other jobs.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "NUMBA_NUM_THREADS")
#: How long a stopped process group may take to end, and how often it is looked at (s).
GRACE_SECONDS = 3.0
LOOK_SECONDS = 0.01


def start_unit(job: Job) -> subprocess.Popen[bytes]:
    """Start the next attempt at a job as the leader of its own session and process group."""
    publish_text(job.folder / UNIT, json.dumps({"name": job.name, "command": job.command}, ensure_ascii=False))
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "hpc.local.unit", str(job.folder), str(attempts(job) + 1)],
        cwd=job.folder,
        env=_environment(job),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _environment(job: Job) -> dict[str, str]:
    """Return this process's environment with a safe import path, limited threads, and the job's own variables."""
    threads = dict.fromkeys(THREADS, str(job.resources.tasks))
    return {**os.environ, "PYTHONSAFEPATH": "1", **threads, **job.environment}


def attempts(job: Job) -> int:
    """Return how many attempts at a job were claimed."""
    return max((int(path.suffix[1:]) for path in job.folder.glob("claim.*")), default=0)


def proven(job: Job) -> JobStatus:
    """Return what a job's directory proves: its markers, then whether the owner of the last claim lives."""
    own, owner = marked(job), _owner(job)
    if own is not None or owner is None:
        return own or JobStatus(job, JobState.PENDING)
    alive = is_alive(owner)
    if alive is None:
        return JobStatus(job, JobState.UNKNOWN, f"attempt {attempts(job)} was claimed on {owner['host']}")
    if alive:
        return JobStatus(job, JobState.RUNNING)
    return marked(job) or JobStatus(job, JobState.FAILED, with_tail("ended without a word (killed?)", job.log))


def leader(job: Job) -> int:
    """Return the process group of a job that runs on this machine, 0 when none does."""
    owner = _owner(job)
    return int(owner["pid"]) if owner is not None and marked(job) is None and is_alive(owner) else 0


def _owner(job: Job) -> dict[str, Any] | None:
    """Return the identity of the process that holds the last claim, None when there is no claim."""
    attempt = attempts(job)
    if attempt == 0:
        return None
    owner: dict[str, Any] = json.loads((claim(job.folder, attempt) / OWNER).read_text(encoding="utf-8"))
    return owner


def stop_groups(groups: Sequence[tuple[Job, int]]) -> None:
    """End process groups, politely and then by force, and mark the jobs that did not finish as cancelled."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for _, group in groups:
            _signal(group, number)
        _wait_for_end([group for _, group in groups])
    for job, _ in groups:
        if not job.marker.exists():
            write_failed(job.folder, {"cancelled": True})


def _wait_for_end(groups: Sequence[int]) -> None:
    """Wait until no process of the groups runs, at most the time of grace."""
    deadline = time.monotonic() + GRACE_SECONDS
    while any(map(_alive, groups)) and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)


def _alive(group: int) -> bool:
    """Return whether a process of the group runs; members that are only waiting to be reaped do not count."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        fields = _fields(stat)
        if fields and fields[0] != "Z" and int(fields[2]) == group:
            return True
    return False


def _fields(stat: Path) -> list[str]:
    """Return the fields of a process after its name, none when it is gone."""
    try:
        return stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _signal(group: int, number: signal.Signals) -> None:
    """Signal a process group; one that is gone already is what was wanted."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return
