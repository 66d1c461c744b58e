"""A job and a batch of jobs, whatever runs them."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, Protocol


class JobState(StrEnum):
    """Where a job stands; the truth is its marker file first, then the scheduler (DESIGN law 6)."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SUSPECT = "suspect"
    """Marker and scheduler (or exit status) contradict each other: a person looks."""
    UNKNOWN = "unknown"
    BLOCKED = "blocked"
    """The job that it waits for ended without success."""
    LOST = "lost"
    """Nobody has known of it for so long that nothing will come: a person says `retry --lost`."""

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self not in (JobState.PENDING, JobState.RUNNING, JobState.UNKNOWN)


class Failure(StrEnum):
    """Why a job failed, as far as it decides what to do next (`hpc.failures.POLICIES`)."""

    NODE = "node"
    TIME = "time"
    MEMORY = "memory"
    MODEL = "model"
    INPUT = "input"


class Cell(NamedTuple):
    """One run-day: a scenario, and one of its days (`all` where a model runs all days at once)."""

    scenario: str
    day: str


@dataclass(frozen=True, order=True)
class Resources:
    """What one job needs: processes, memory (MB), wall time (s)."""

    tasks: int = 1
    memory_mb: int = 2000
    seconds: int = 3600


@dataclass(frozen=True)
class Job:
    """One command in one directory; it has succeeded when `done.json` stands there.

    `command` is an argument list, never a shell line. Whoever runs the job writes the marker when the command ended
    with status 0, unless the command wrote its own; `failed.json` says how a failed one ended. `after` names the job of
    the same batch that must be done before (empty: none), `cells` the run-days that it computes, in this order.
    """

    name: str
    folder: Path
    command: tuple[str, ...]
    resources: Resources = Resources()
    environment: Mapping[str, str] = field(default_factory=dict, hash=False)
    after: str = ""
    cells: tuple[Cell, ...] = ()

    @property
    def marker(self) -> Path:
        """The file whose presence says that the job is done."""
        return self.folder / "done.json"

    @property
    def log(self) -> Path:
        """The file that takes the job's standard output and error, one attempt after another."""
        return self.folder / "job.log"


@dataclass(frozen=True)
class Batch:
    """Jobs in the order of submission; names and folders are their own, and a job stands behind the one it is after."""

    name: str
    jobs: tuple[Job, ...]

    def __post_init__(self) -> None:
        _refuse_repeated(self.name, "name", [job.name for job in self.jobs])
        _refuse_repeated(self.name, "folder", [str(job.folder) for job in self.jobs])
        seen: set[str] = set()
        for job in self.jobs:
            if job.after and job.after not in seen:
                raise ValueError(
                    f"batch {self.name!r}: {job.name!r} is after {job.after!r}, which does not stand before it"
                )
            seen.add(job.name)

    @cached_property
    def by_name(self) -> Mapping[str, Job]:
        """The jobs by name."""
        return {job.name: job for job in self.jobs}


def _refuse_repeated(batch: str, what: str, values: list[str]) -> None:
    """Raise `ValueError` when two jobs of a batch share what must be their own."""
    if len(set(values)) < len(values):
        counts = Counter(values)
        repeated = next(value for value in values if counts[value] > 1)
        raise ValueError(f"batch {batch!r}: the {what} {repeated!r} stands in more than one job")


@dataclass(frozen=True)
class JobStatus:
    """State of one job, with the reason in words when it is not simply going on."""

    job: Job
    state: JobState
    reason: str = ""
    failure: Failure | None = None


Progress = Callable[[Sequence[JobStatus]], None]


class Executor(Protocol):
    """Something that runs batches: local processes, a Slurm cluster, or memory (for tests)."""

    def submit(self, batch: Batch) -> None:
        """Start every job of the batch that is not done yet."""

    def find(self, batch: Batch) -> Sequence[Job]:
        """Return the jobs of the batch that wait or run there now, whoever submitted them."""

    def states(self, batch: Batch) -> Sequence[JobStatus]:
        """Return the state of every job, in order."""

    def cancel(self, batch: Batch) -> None:
        """Stop every job of the batch that has not ended."""
