"""Slurm: batches as arrays, submitted exactly once, and where each of their jobs stands."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from aqcore.errors import RunFailed
from aqcore.publish import publish_text
from hpc.job import Batch, Job, JobState, JobStatus, Progress
from hpc.slurm import words
from hpc.slurm.cluster import Cluster
from hpc.slurm.commands import Answer, Runner, run_command
from hpc.slurm.journal import Journal, Submission
from hpc.slurm.lock import driver_lock
from hpc.slurm.render import arrays, render
from hpc.slurm.states import Sight, judge

#: How often a submission that failed for a passing reason is tried, and the wait before the first retry (s), doubled.
TRIES = 5
BACKOFF_SECONDS = 5.0
#: A job that nobody knows of at so many looks in a row is lost: watching longer tells nothing.
LOST_LOOKS = 20
#: Where Slurm's own words about a task go, beside the scripts; the job's output goes to the job's folder.
LOGS = "logs"
AGAIN = (JobState.PENDING, JobState.FAILED, JobState.CANCELLED)


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

    def plan(self, batch: Batch) -> dict[str, str]:
        """Return the files that `submit` would write now, by name, without asking Slurm anything (dry run)."""
        submissions = self.journal(batch).submissions()
        todo = tuple(job for job in batch.jobs if not job.marker.exists())
        return render(Batch(batch.name, todo), self._cluster, attempt=_next_attempt(submissions))

    def submit(self, batch: Batch) -> None:
        """Submit every job of the batch that waits, failed or was cancelled; what is suspect or unknown stays.

        Raises `RunFailed` when Slurm refuses, when it does not answer, or when another driver is at work, and
        `InputError` for a name that cannot stand in a table. Calling it again goes on where the last call stopped.
        """
        with driver_lock(self.folder(batch)):
            self._settle(batch)
            sight = self._look(batch)
            if sight.submissions and sight.queue is None:
                raise RunFailed("squeue does not answer: what is queued cannot be told, so nothing was submitted")
            todo = [job for job in batch.jobs if judge(job, sight).state in AGAIN and job.name not in sight.queued]
            if todo:
                self._send_all(batch, tuple(todo), _next_attempt(sight.submissions))

    def states(self, batch: Batch) -> Sequence[JobStatus]:
        """Return the state of every job, in order."""
        sight = self._look(batch)
        return [judge(job, sight) for job in batch.jobs]

    def cancel(self, batch: Batch) -> None:
        """Cancel every array of the batch that may still be in the queue. Raises `RunFailed` when scancel fails."""
        journal = self.journal(batch)
        with driver_lock(self.folder(batch)):
            for submission in journal.submissions():
                if not submission.refused and not submission.cancelled:
                    answer = self._run(batch, words.scancel(submission.token))
                    if not answer.known:
                        raise RunFailed(f"scancel: {answer.err.strip()}")
                    journal.cancelled(submission.token)

    def run(self, batch: Batch, progress: Progress | None = None) -> Sequence[JobStatus]:
        """Submit the batch, watch it to its end and return the states; an interrupt leaves the jobs in the queue.

        `progress` is called with all states after every look. Jobs that stay unknown are given up and returned so.
        """
        self.submit(batch)
        lost = 0
        while True:
            statuses = self.states(batch)
            if progress is not None:
                progress(statuses)
            still = {status.state for status in statuses if not status.state.ended}
            lost = lost + 1 if still == {JobState.UNKNOWN} else 0
            if not still or lost == LOST_LOOKS:
                return statuses
            self._sleep(self._cluster.poll_seconds)

    def journal(self, batch: Batch) -> Journal:
        """Return the journal of a batch: what was meant and what became of it."""
        return Journal(self.folder(batch))

    def _run(self, batch: Batch, arguments: Sequence[str]) -> Answer:
        return self._runner(arguments, self.folder(batch))

    def _look(self, batch: Batch) -> Sight:
        """Return what Slurm says of every array of the batch: one squeue, and one sacct when a job has left the queue.

        The markers are read after this (by `judge`): a job may end between two looks.
        """
        submissions = self.journal(batch).submissions()
        live = [own for own in submissions if not own.refused]
        if not live:
            return Sight.of(submissions, [], [])
        answer = self._run(batch, words.squeue([own.token for own in live]))
        queue = words.tasks(answer.out) if answer.known else None
        sight = Sight.of(submissions, queue, None)
        if queue is None or not any(self._left(job, sight) for job in batch.jobs):
            return sight
        return Sight.of(submissions, queue, self._accounts(batch, live))

    def _left(self, job: Job, sight: Sight) -> bool:
        """Return whether a job was submitted, is no longer in the queue, and has not left its marker."""
        return job.name in sight.latest and job.name not in sight.queued and not job.marker.exists()

    def _accounts(self, batch: Batch, live: Sequence[Submission]) -> list[words.Task] | None:
        """Return what sacct says of the arrays, None when it does not answer or the site keeps no accounts."""
        if not self._cluster.accounting:
            return None
        answer = self._run(batch, words.sacct([own.token for own in live], min(own.time for own in live)))
        return words.tasks(answer.out) if answer.known else None

    def _settle(self, batch: Batch) -> None:
        """Find out what became of submissions whose answer was lost: adopt the job, or send the same script again."""
        orphans = [own for own in self.journal(batch).submissions() if own.orphan]
        for own in orphans:
            if not self._adopted(batch, own):
                self._send(batch, own)

    def _adopted(self, batch: Batch, own: Submission) -> bool:
        """Return whether Slurm knows a job of this name, and note its id; it gets time to appear.

        Raises `RunFailed` when squeue or sacct does not answer: then nobody can tell.
        """
        self._sleep(max(0.0, own.time + self._cluster.settle_seconds - time.time()))
        asked = [words.squeue([own.token])]
        if self._cluster.accounting:
            asked.append(words.sacct([own.token], own.time))
        ids: dict[str, str] = {}
        for arguments in asked:
            answer = self._run(batch, arguments)
            if not answer.known and not words.NO_ACCOUNTING.search(answer.err):
                what = f"{arguments[0]} does not answer ({answer.err.strip()})"
                raise RunFailed(f"{what}: whether {own.token} was submitted cannot be told; submit again later")
            ids |= words.job_ids(answer.out)
        if own.token in ids:
            self.journal(batch).submitted(own.token, ids[own.token], adopted=True)
        return own.token in ids

    def _send_all(self, batch: Batch, todo: tuple[Job, ...], attempt: int) -> None:
        """Write the files of the next attempt and submit its arrays one after another."""
        folder, part = self.folder(batch), Batch(batch.name, todo)
        (folder / LOGS).mkdir(parents=True, exist_ok=True)
        for name, text in render(part, self._cluster, attempt=attempt).items():
            publish_text(folder / name, text)
        for array in arrays(part, self._cluster, attempt=attempt):
            own = Submission(array.token, array.script, tuple(job.name for job in array.jobs), attempt, time.time())
            self.journal(batch).intend(own)
            self._send(batch, own)

    def _send(self, batch: Batch, own: Submission) -> None:
        """Submit one array whose intent is noted; after a failure the queue decides whether it was submitted."""
        wait = BACKOFF_SECONDS
        for left in reversed(range(TRIES)):
            answer = self._run(batch, words.sbatch(own.script))
            if answer.known and (number := words.job_id(answer.out)):
                self.journal(batch).submitted(own.token, number)
                return
            message = answer.err.strip() or f"sbatch ended with {answer.code} and said {answer.out.strip()!r}"
            if words.PERMANENT.search(message):
                self.journal(batch).refused(own.token, message)
                raise RunFailed(f"Slurm refuses {own.script}: {message}")
            if self._adopted(batch, own):
                return
            if left:
                self._sleep(wait)
                wait *= 2.0
        raise RunFailed(f"{own.script} could not be submitted in {TRIES} tries: {message}; submit again later")


def _next_attempt(submissions: Sequence[Submission]) -> int:
    """Return the number of the next attempt at a batch."""
    return max((own.attempt for own in submissions), default=0) + 1
