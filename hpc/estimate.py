"""What a batch will cost: core hours, disk, and when it ends, from what each job needs or from runs already done."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hpc.job import Batch, Job

MEGABYTE = 1_000_000.0
SAMPLE = 5
"""Run-days whose files are added up to learn how much disk one takes."""


@dataclass(frozen=True)
class Estimate:
    """The cost of what is still to do: jobs, run-days, core hours, disk (MB, None: not known), hours until the end.

    `learned` is the number of run-days done that it rests on; 0: on the time that the jobs ask for, which is a bound.
    """

    jobs: int
    run_days: int
    core_hours: float
    disk_mb: float | None
    hours: float
    learned: int


def estimate(batch: Batch, *, slots: int, proofs: Sequence[Path] = (), disk_mb: float | None = None) -> Estimate:
    """Return what the unfinished jobs of a batch will cost with `slots` jobs at a time.

    `proofs` are the markers of run-days done, of this batch or an earlier one: what they say of CPU time, and the size
    of their folders, tells what the others will take. `disk_mb` is the disk of a run-day when none is done.
    """
    todo = [job for job in batch.jobs if not job.marker.exists()]
    learned = _seconds_a_day(batch, proofs)
    seconds = {job.name: _size(job) * learned if learned else float(job.resources.seconds) for job in todo}
    days = sum(map(_size, todo))
    disk = _disk([path.parent for path in proofs[:SAMPLE]]) if proofs else disk_mb
    return Estimate(
        jobs=len(todo),
        run_days=days,
        core_hours=sum(seconds[job.name] * job.resources.tasks for job in todo) / 3600.0,
        disk_mb=None if disk is None else disk * days,
        hours=_hours(todo, seconds, slots),
        learned=len(proofs) if learned else 0,
    )


def _size(job: Job) -> int:
    return max(1, len(job.cells))


def _seconds_a_day(batch: Batch, proofs: Sequence[Path]) -> float | None:
    """Return the mean wall seconds of a run-day that is done, None when no marker says."""
    tasks = max((job.resources.tasks for job in batch.jobs), default=1)
    found = [float(record["cpu_seconds"]) for path in proofs if "cpu_seconds" in (record := _record(path))]
    return sum(found) / len(found) / tasks or None if found else None


def _record(path: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return record


def _disk(folders: Sequence[Path]) -> float | None:
    """Return the mean size (MB) of folders, None when there are none."""
    sizes = [sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) for folder in folders]
    return sum(sizes) / len(sizes) / MEGABYTE if sizes else None


def _hours(todo: Sequence[Job], seconds: Mapping[str, float], slots: int) -> float:
    """Return how long it takes: the longest chain, or all work over the slots, whichever is more (a lower bound)."""
    ends: dict[str, float] = {}
    for job in todo:
        ends[job.name] = ends.get(job.after, 0.0) + seconds[job.name]
    return max(max(ends.values(), default=0.0), sum(seconds.values()) / max(1, slots)) / 3600.0
