"""A job and a batch of jobs, whatever runs them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol


class JobState(StrEnum):
    """Where a job stands; the truth is its marker file first, then the scheduler (DESIGN law 6)."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Resources:
    """What one job needs: processes, memory (MB), wall time (s)."""

    tasks: int = 1
    memory_mb: int = 2000
    seconds: int = 3600


@dataclass(frozen=True)
class Job:
    """One command in one directory; it succeeds by writing `done.json` there.

    `command` is an argument list, never a shell line. `log` is the file for its output.
    """

    name: str
    folder: Path
    command: tuple[str, ...]
    resources: Resources = Resources()
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def marker(self) -> Path:
        """The file whose presence says that the job is done."""
        return self.folder / "done.json"

    @property
    def log(self) -> Path:
        """The file that takes the job's standard output and error."""
        return self.folder / "job.log"


@dataclass(frozen=True)
class Batch:
    """Jobs that may run side by side, in the order of submission."""

    name: str
    jobs: tuple[Job, ...]


@dataclass(frozen=True)
class JobStatus:
    """State of one job, with the reason when it failed."""

    job: Job
    state: JobState
    reason: str = ""


class Executor(Protocol):
    """Something that runs batches: local processes or a Slurm cluster."""

    def submit(self, batch: Batch) -> None:
        """Start every job of the batch that is not done yet."""

    def states(self, batch: Batch) -> Sequence[JobStatus]:
        """Return the state of every job, in order."""

    def cancel(self, batch: Batch) -> None:
        """Stop every job of the batch that has not ended."""
