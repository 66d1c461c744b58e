"""What a batch will cost: core hours, disk, and when it ends, from what each job needs or from runs already done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hpc.job import Batch, Job
from hpc.markers import seconds_of

MEGABYTE = 1_000_000.0
SAMPLE = 5
"""Run-days whose files are added up to learn how much disk one takes."""


@dataclass(frozen=True)
class Estimate:
    """The cost of what is still to do: jobs, run-days, core hours, disk (MB, None: not known), hours until the end.

    `learned` is the number of done jobs that it rests on; 0: on the time that the jobs ask for, which is a bound.
    """

    jobs: int
    run_days: int
    core_hours: float
    disk_mb: float | None
    hours: float
    learned: int


def estimate(batch: Batch, *, slots: int, proofs: Mapping[str, Path], seconds_a_day: float | None = None) -> Estimate:
    """Return what the unfinished jobs of a batch will cost with `slots` jobs at a time.

    `proofs` are folders of finished run-days (any name -> folder), whose size tells the disk of the others;
    `seconds_a_day` is the work of a run-day where it is known otherwise, for instance from an earlier batch.
    """
    done = [job for job in batch.jobs if job.marker.exists()]
    todo = [job for job in batch.jobs if not job.marker.exists()]
    learned = _seconds_a_day(done) if seconds_a_day is None else seconds_a_day
    seconds = {job.name: _size(job) * learned if learned else float(job.resources.seconds) for job in todo}
    days = sum(map(_size, todo))
    disk = _disk(list(proofs.values())[:SAMPLE])
    return Estimate(
        jobs=len(todo),
        run_days=days,
        core_hours=sum(seconds[job.name] * job.resources.tasks for job in todo) / 3600.0,
        disk_mb=None if disk is None else disk * days,
        hours=_hours(todo, seconds, slots),
        learned=len(done) if learned else 0,
    )


def _size(job: Job) -> int:
    return max(1, len(job.cells))


def _seconds_a_day(done: Sequence[Job]) -> float | None:
    """Return the mean seconds of a run-day of the jobs done, None when none says."""
    pairs = [(seconds, _size(job)) for job in done if (seconds := seconds_of(job)) > 0.0]
    return sum(seconds for seconds, _ in pairs) / sum(size for _, size in pairs) if pairs else None


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
