"""Slurm: batches as arrays, submitted exactly once, topped up, tried again, and where each of their jobs stands."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from aqcore.errors import RunFailed
from aqcore.publish import publish_text
from hpc.failures import grown, may_go_again
from hpc.job import Batch, Job, JobState, JobStatus, Progress, Resources
from hpc.markers import seconds_of
from hpc.slurm import words
from hpc.slurm.cluster import Cluster
from hpc.slurm.commands import Runner, run_command
from hpc.slurm.history import History
from hpc.slurm.journal import Journal
from hpc.slurm.limits import preflight
from hpc.slurm.lock import DriverBusy, driver_lock
from hpc.slurm.render import rendered
from hpc.slurm.sending import Sender
from hpc.slurm.slurm import Slurm
from hpc.slurm.states import LOGS, Sight, judge_all
from hpc.slurm.waves import Array, arrays, startable


class SlurmExecutor:
    """Runs batches on one cluster; everything of a batch lies in `folder / batch.name` (scripts, units, journal, logs).

    Truth about a job is its marker, then squeue, then sacct, else unknown. `runner` runs Slurm's commands, `sleep`
    waits: tests give their own.
    """

    def __init__(
        self,
        cluster: Cluster,
        folder: Path,
        *,
        runner: Runner = run_command,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._cluster = cluster
        self._root = folder
        self._runner = runner
        self._sleep = sleep

    def folder(self, batch: Batch) -> Path:
        """Return where the scripts and the journal of a batch lie."""
        return self._root / batch.name

    def journal(self, batch: Batch) -> Journal:
        """Return the journal of a batch: what was meant and what became of it."""
        return Journal(self.folder(batch))

    def plan(self, batch: Batch) -> dict[str, str]:
        """Return the files that `submit` would write now, by name, without asking Slurm anything (dry run)."""
        done = {job.name for job in batch.jobs if job.marker.exists()}
        todo = startable(batch.jobs, {job.name for job in batch.jobs} - done, done)
        cut = self._cut(batch, todo, self.journal(batch).history())
        return rendered(batch, cut, self._cluster, _next_attempt(self.journal(batch).history()))

    def submit(self, batch: Batch, accepted: Callable[[], None] = lambda: None) -> None:
        """Submit every job that waits, was cancelled, or failed through no fault of its own, as far as limits allow.

        `accepted` is called when the cluster has refused nothing, before the first sbatch.

        What is suspect, unknown, lost, or failed by its model or input stays until `retry`. Raises `InputError` for
        what the cluster refuses, `RunFailed` when Slurm does not answer or another driver is at work. Calling it again
        goes on where the last call stopped.
        """
        with driver_lock(self.folder(batch)):
            self._settle(batch)
            sight = self._look(batch)
            if sight.history.submissions and sight.queue is None:
                raise RunFailed("squeue does not answer: what is queued cannot be told, so nothing was submitted")
            self._go_on(batch, sight, cancelled=True, accepted=accepted)

    def advance(self, batch: Batch) -> Sequence[JobStatus]:
        """Look once, note what ended, submit what has room now or may go again, and return the states."""
        with driver_lock(self.folder(batch)):
            self._settle(batch)
            return self._go_on(batch, self._look(batch), cancelled=False)

    def observe(self, batch: Batch) -> Sequence[JobStatus]:
        """Return the states, and note what ended unless another driver is at work; nothing is submitted."""
        try:
            with driver_lock(self.folder(batch)):
                sight = self._look(batch)
                statuses = judge_all(batch.jobs, sight)
                self._note(batch, statuses, sight)
                return statuses
        except DriverBusy:
            return self.states(batch)

    def cores(self, batch: Batch) -> int:
        """Return the cores of the partition, 0 when Slurm does not say."""
        answer = self._slurm(batch).ask(words.partitions())
        own = words.nodes(answer.out).get(self._cluster.partition) if answer.known else None
        return own.cores * own.count if own else 0

    def retry(self, batch: Batch, names: Sequence[str]) -> None:
        """Forgive jobs their failures and submit them: also what failed by its model or input, is suspect or lost.

        What waits goes on with them; what was cancelled and is not named stays cancelled.
        """
        with driver_lock(self.folder(batch)):
            self._settle(batch)
            sight = self._look(batch)
            chosen = [name for name in names if name not in sight.queued]
            for name in chosen:
                _clear(batch.by_name[name])
            self.journal(batch).retry(chosen)
            fresh = replace(sight, history=self.journal(batch).history())
            statuses = judge_all(batch.jobs, fresh)
            self._send(batch, self._todo(batch, statuses, fresh, cancelled=False, forced=frozenset(chosen)), fresh)

    def find(self, batch: Batch) -> Sequence[Job]:
        """Return the jobs of the batch that wait or run in the queue now, whoever submitted them."""
        sight = self._look(batch)
        return [job for job in batch.jobs if job.name in sight.queued]

    def states(self, batch: Batch) -> Sequence[JobStatus]:
        """Return the state of every job, in order."""
        return judge_all(batch.jobs, self._look(batch))

    def cancel(self, batch: Batch) -> None:
        """Cancel every array of the batch that may still be in the queue. Raises `RunFailed` when scancel fails."""
        journal = self.journal(batch)
        with driver_lock(self.folder(batch)):
            for submission in journal.submissions():
                if not submission.refused and not submission.cancelled:
                    answer = self._slurm(batch).ask(words.scancel(submission.token))
                    if not answer.known:
                        raise RunFailed(f"scancel: {answer.err.strip()}")
                    journal.cancelled(submission.token)

    def run(self, batch: Batch, progress: Progress | None = None) -> Sequence[JobStatus]:
        """Submit the batch, watch it to its end and return the states; an interrupt leaves the jobs in the queue.

        `progress` is called with all states after every look. A Slurm that does not answer is waited for.
        """
        self.submit(batch)
        while True:
            statuses = self.advance(batch)
            if progress is not None:
                progress(statuses)
            if all(status.state.ended for status in statuses):
                return statuses
            self._sleep(self._cluster.poll_seconds)

    def _slurm(self, batch: Batch) -> Slurm:
        return Slurm(self._cluster, self.folder(batch), self._runner)

    def _settle(self, batch: Batch) -> None:
        Sender(self._slurm(batch), self.journal(batch), self._sleep).settle()

    def _look(self, batch: Batch) -> Sight:
        """Return what Slurm says of every array of the batch: one squeue, and one sacct when a job has left the queue.

        The markers are read after this (by `judge`): a job may end between two looks.
        """
        history, slurm = self.journal(batch).history(), self._slurm(batch)
        more = {"folder": slurm.folder, "accounting": self._cluster.accounting, "now": time.time(),
                "lost_seconds": 60.0 * self._cluster.lost_minutes}  # fmt: skip
        open_units = [name for own in history.submissions.values() for name in own.units if name not in history.endings]
        live = [own for own in history.submissions.values() if not own.refused and _open(own.units, history)]
        if not live or not open_units:
            return Sight.of(history, [], [], **more)
        queue = slurm.queue(live)
        sight = Sight.of(history, queue, None if queue is None else [], **more)
        if queue is None or not any(_left(job, sight) for job in batch.jobs):
            return sight
        return Sight.of(history, queue, slurm.accounts(live), **more)

    def _go_on(
        self, batch: Batch, sight: Sight, *, cancelled: bool, accepted: Callable[[], None] = lambda: None
    ) -> Sequence[JobStatus]:
        """Note what has ended, submit what may go, and return the states: what was sent just now is pending."""
        statuses = judge_all(batch.jobs, sight)
        self._note(batch, statuses, sight)
        if sight.queue is None:
            return statuses
        sight = replace(sight, history=self.journal(batch).history())
        sent = self._send(batch, self._todo(batch, statuses, sight, cancelled=cancelled), sight, accepted)
        return [JobStatus(own.job, JobState.PENDING) if own.job.name in sent else own for own in statuses]

    def _note(self, batch: Batch, statuses: Sequence[JobStatus], sight: Sight) -> None:
        """Note in the journal what has ended since the last look, and of what nobody knows."""
        journal, ended = self.journal(batch), sight.history.endings
        fresh = [own for own in statuses if own.job.name in sight.latest and own.job.name not in ended]
        journal.done({own.job.name: seconds_of(own.job) for own in fresh if own.state == JobState.DONE})
        for own in fresh:
            if own.state in (JobState.FAILED, JobState.CANCELLED):
                journal.ended(own, seconds_of(own.job))
        if sight.silent:
            return
        gone = {own.job.name for own in fresh if own.state == JobState.UNKNOWN}
        if new := sorted(gone - sight.history.unseen.keys()):
            journal.unseen(new)
        if back := sorted(name for name in sight.history.unseen if name in sight.queued):
            journal.seen(back)

    def _todo(
        self, batch: Batch, statuses: Sequence[JobStatus], sight: Sight, *, cancelled: bool,
        forced: frozenset[str] = frozenset(),
    ) -> list[Job]:  # fmt: skip
        """Return the jobs that go now, each with the resources of its next attempt."""
        going = {own.job.name for own in statuses if self._goes(own, sight, cancelled=cancelled)} | forced
        blocked = {
            own.job.name for own in statuses if own.state == JobState.BLOCKED and own.job.name not in sight.queued
        }
        done = {own.job.name for own in statuses if own.state == JobState.DONE}
        jobs = startable(batch.jobs, (going | blocked) - sight.queued, done)
        return [replace(job, resources=self._need(job, sight.history)) for job in jobs]

    def _goes(self, status: JobStatus, sight: Sight, *, cancelled: bool) -> bool:
        """Return whether a job is to be submitted, as far as it alone decides."""
        name = status.job.name
        if status.state == JobState.FAILED:
            past = sight.history.failures.get(name, ()) or ((status.failure,) if status.failure else ())
            return may_go_again(status.job.resources, past, retries=self._cluster.retries, **self._most())
        return status.state == JobState.PENDING or (cancelled and status.state == JobState.CANCELLED)

    def _need(self, job: Job, history: History) -> Resources:
        return grown(job.resources, history.failures.get(job.name, ()), **self._most())

    def _most(self) -> dict[str, int]:
        return {"max_seconds": 60 * self._cluster.max_minutes, "max_memory_mb": self._cluster.max_memory_mb}

    def _cut(self, batch: Batch, todo: Sequence[Job], history: History, room: int | None = None) -> list[Array]:
        """Return the arrays of the jobs that go now; later arrays wait when `room` is used up."""
        most = self._cluster.max_array_size - 1
        cut = arrays(batch.name, todo, min(most, room) if room else most, attempt=_next_attempt(history))
        if room is None:
            return cut
        sizes = [sum(len(own.jobs) for own in cut[: number + 1]) for number in range(len(cut))]
        return [own for own, size in zip(cut, sizes, strict=True) if size <= room]

    def _send(
        self, batch: Batch, todo: Sequence[Job], sight: Sight, accepted: Callable[[], None] = lambda: None
    ) -> set[str]:
        """Write the files of the next attempt, ask whether the cluster takes them, submit; return the names sent."""
        if not todo:
            accepted()
            return set()
        slurm, attempt = self._slurm(batch), _next_attempt(sight.history)
        room = slurm.room()
        cut = self._cut(batch, todo, sight.history, room) if room is None or room else []
        (slurm.folder / LOGS).mkdir(parents=True, exist_ok=True)
        for name, text in rendered(batch, cut, self._cluster, attempt).items():
            publish_text(slurm.folder / name, text)
        preflight(slurm, {own.script: own.resources for own in cut}, f"clusters/{self._cluster.name}.toml")
        accepted()
        sender = Sender(slurm, self.journal(batch), self._sleep)
        for array in cut:
            sender.send(array, attempt)
        return {job.name for array in cut for job in array.jobs}


def _open(units: Sequence[str], history: History) -> bool:
    """Return whether a job of an array may still have something to tell."""
    return any(name not in history.endings for name in units)


def _left(job: Job, sight: Sight) -> bool:
    """Return whether a job was submitted, is no longer in the queue, and has not left its marker."""
    if job.name not in sight.latest or job.name in sight.queued or job.name in sight.history.endings:
        return False
    return not job.marker.exists()


def _clear(job: Job) -> None:
    """Take away what contradicts a new attempt: the record of a failure, and a marker that stands beside one."""
    failure = job.folder / "failed.json"
    if failure.exists():
        job.marker.unlink(missing_ok=True)
    failure.unlink(missing_ok=True)


def _next_attempt(history: History) -> int:
    """Return the number of the next attempt at a batch."""
    return max((own.attempt for own in history.submissions.values()), default=0) + 1
