"""Local processes: the default executor, bounded by processes and memory."""

import subprocess
import threading
import time
from collections.abc import Container, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from hpc.job import Batch, Job, JobState, JobStatus, Progress
from hpc.local.processes import leader, proven, start_unit, stop_groups
from hpc.markers import FAILED, write_failed

#: How often running jobs are looked at (s).
POLL_SECONDS = 0.02
#: How often progress is told although no job changed: a job may do several things one after another (s).
HEARTBEAT_SECONDS = 1.0


class LocalExecutor:
    """Runs jobs as processes of this machine.

    At most `processes` tasks at a time, and jobs whose memory adds up to at most `memory_mb` (None: not limited); a job
    that asks for more than either runs alone. A job's wall time is not enforced here. Use it as a context manager, or
    call `close`: what still runs is then stopped.
    """

    def __init__(self, *, processes: int, memory_mb: int | None = None) -> None:
        if processes < 1:
            raise ValueError(f"processes must be at least 1, not {processes}")
        self._processes = processes
        self._memory_mb = memory_mb
        self._waiting: list[Job] = []
        self._running: dict[Path, tuple[Job, subprocess.Popen[bytes]]] = {}
        self._refused: dict[Path, str] = {}
        self._before: dict[Path, Job] = {}
        self._blocked: dict[Path, str] = {}
        self._lock = threading.Lock()
        self._feeder: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def submit(self, batch: Batch) -> None:
        """Queue every job of the batch that waits, failed or was cancelled; what is suspect or unknown stays.

        Raises `OSError` when a job's directory cannot be made.
        """
        again = (JobState.PENDING, JobState.FAILED, JobState.CANCELLED)
        with self._lock:
            held = {job.folder for job in self._waiting} | set(self._running)
            self._refused.clear()
            self._blocked.clear()
            self._before |= {job.folder: batch.by_name[job.after] for job in batch.jobs if job.after}
            for status in map(proven, batch.jobs):
                if status.state in again and status.job.folder not in held:
                    _clear(status.job)
                    self._waiting.append(status.job)
            if self._waiting and self._feeder is None:
                self._feeder = threading.Thread(target=self._feed, name="local-executor", daemon=True)
                self._feeder.start()

    def find(self, batch: Batch) -> Sequence[Job]:
        """Return the jobs of the batch that wait here or run on this machine, whoever started them."""
        open_states = (JobState.PENDING, JobState.RUNNING)
        with self._lock:
            held = {job.folder for job in self._waiting} | set(self._running)
        return [job for job in batch.jobs if job.folder in held or (leader(job) and proven(job).state in open_states)]

    def states(self, batch: Batch) -> Sequence[JobStatus]:
        """Return the state of every job, in order, from what its directory proves."""
        return self._states(batch.jobs)

    def _states(self, jobs: Sequence[Job]) -> Sequence[JobStatus]:
        with self._lock:
            waiting, running = {job.folder for job in self._waiting}, set(self._running)
        return [self._state(job, waiting, running) for job in jobs]

    def _state(self, job: Job, waiting: Container[Path], running: Container[Path]) -> JobStatus:
        """Return the state of one job."""
        if job.folder in waiting:
            return JobStatus(job, JobState.PENDING)
        if job.folder in running:
            return JobStatus(job, JobState.RUNNING)
        if job.folder in self._refused:
            return JobStatus(job, JobState.FAILED, self._refused[job.folder])
        if job.folder in self._blocked:
            return JobStatus(job, JobState.BLOCKED, self._blocked[job.folder])
        return proven(job)

    def cancel(self, batch: Batch) -> None:
        """Stop every job of the batch that has not ended, also one that another executor of this machine started.

        The whole process group of a job ends with it.
        """
        self._stop(batch.jobs)

    def _stop(self, jobs: Sequence[Job]) -> None:
        folders = {job.folder for job in jobs}
        with self._lock:
            waiting = [job for job in self._waiting if job.folder in folders]
            self._waiting = [job for job in self._waiting if job.folder not in folders]
            mine = [(job, process.pid) for job, process in self._running.values() if job.folder in folders]
        known = {job.folder for job, _ in mine}
        stop_groups(mine + [(job, pid) for job in jobs if job.folder not in known and (pid := leader(job))])
        for job in waiting:
            write_failed(job.folder, {"cancelled": True})

    def run(self, batch: Batch, progress: Progress | None = None) -> Sequence[JobStatus]:
        """Run the batch to its end and return the states; an interrupt stops every job before it goes on.

        `progress` is called with all states at the start, whenever one of them changed, and once a second.
        """
        try:
            self.submit(batch)
            return self._watch(batch, progress or (lambda _: None))
        except BaseException:
            self.cancel(batch)
            raise

    def close(self) -> None:
        """Stop whatever still runs or waits."""
        with self._lock:
            jobs = [*self._waiting, *(job for job, _ in self._running.values())]
            feeder = self._feeder
        self._stop(jobs)
        if feeder is not None:
            feeder.join()

    def _watch(self, batch: Batch, progress: Progress) -> Sequence[JobStatus]:
        """Return the states once nothing of the batch waits or runs; what has ended is not looked at again."""
        known: dict[Path, JobStatus] = {}
        told = time.monotonic()
        while True:
            open_jobs = [job for job in batch.jobs if job.folder not in known or not _settled(known[job.folder])]
            changed = {
                status.job.folder: status
                for status in self._states(open_jobs)
                if known.get(status.job.folder) != status
            }
            known |= changed
            statuses = [known[job.folder] for job in batch.jobs]
            if changed or not statuses or time.monotonic() - told >= HEARTBEAT_SECONDS:
                progress(statuses)
                told = time.monotonic()
            if all(map(_settled, statuses)):
                return statuses
            time.sleep(POLL_SECONDS)

    def _feed(self) -> None:
        """Start waiting jobs as room appears, until none waits or runs (body of the feeder thread)."""
        while True:
            with self._lock:
                for folder in [folder for folder, (_, process) in self._running.items() if process.poll() is not None]:
                    del self._running[folder]
                while (job := self._next()) is not None and self._has_room(job):
                    self._waiting.remove(job)
                    self._start(job)
                if not (self._waiting or self._running):
                    self._feeder = None
                    return
            time.sleep(POLL_SECONDS)

    def _next(self) -> Job | None:
        """Return the first waiting job that waits for no other; what waits for one that ended badly is blocked."""
        for job in tuple(self._waiting):
            before = self._before.get(job.folder)
            if before is None or before.marker.exists():
                return job
            if before.folder not in self._running and before not in self._waiting:
                self._waiting.remove(job)
                self._blocked[job.folder] = f"waits for {before.name}, which did not end well"
        return None

    def _start(self, job: Job) -> None:
        """Start one job; a directory that has gone or takes no file makes it fail, not the executor."""
        try:
            self._running[job.folder] = (job, start_unit(job))
        except OSError as error:
            self._refused[job.folder] = f"could not be started: {error}"

    def _has_room(self, job: Job) -> bool:
        """Return whether a job may start beside those that run."""
        others = [own.resources for own, _ in self._running.values()]
        tasks = sum(own.tasks for own in others) + job.resources.tasks
        memory = sum(own.memory_mb for own in others) + job.resources.memory_mb
        return not others or (tasks <= self._processes and (self._memory_mb is None or memory <= self._memory_mb))


def _settled(status: JobStatus) -> bool:
    """Return whether waiting longer tells nothing new."""
    return status.state.ended or status.state == JobState.UNKNOWN


def _clear(job: Job) -> None:
    """Make the directory ready for another attempt: what the last one failed by is no longer true."""
    job.folder.mkdir(parents=True, exist_ok=True)
    (job.folder / FAILED).unlink(missing_ok=True)
