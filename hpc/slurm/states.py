"""Where one job stands, from its marker, squeue, sacct, in this order of truth; contradictions are suspect."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

from hpc.job import Job, JobState, JobStatus
from hpc.markers import marked, with_tail
from hpc.slurm.journal import Submission
from hpc.slurm.words import Task, in_words


@dataclass(frozen=True)
class Sight:
    """What journal, squeue and sacct said at one moment.

    `latest` is the last submission of each job (by name) with its task number; `queue` and `accounts` are the tasks by
    (token, number), None when the command did not answer.
    """

    submissions: tuple[Submission, ...]
    latest: Mapping[str, tuple[Submission, int]] = field(hash=False)
    queue: Mapping[tuple[str, int], Task] | None = field(hash=False)
    accounts: Mapping[tuple[str, int], Task] | None = field(hash=False)

    @classmethod
    def of(
        cls, submissions: Sequence[Submission], queue: Sequence[Task] | None, accounts: Sequence[Task] | None
    ) -> Self:
        """Return the sight of these answers; of several tries of one task the last one counts."""
        latest = {
            name: (own, number) for own in submissions if not own.refused for number, name in enumerate(own.units)
        }
        return cls(tuple(submissions), latest, _by_task(queue), _by_task(accounts))

    @cached_property
    def queued(self) -> frozenset[str]:
        """Names of the jobs whose last submission is in the queue."""
        return frozenset(name for name in self.latest if self.in_queue(name) is not None)

    def in_queue(self, name: str) -> Task | None:
        """Return what squeue says of a job."""
        return self._task(name, self.queue)

    def in_accounts(self, name: str) -> Task | None:
        """Return what sacct says of a job."""
        return self._task(name, self.accounts)

    def _task(self, name: str, answers: Mapping[tuple[str, int], Task] | None) -> Task | None:
        if answers is None or name not in self.latest:
            return None
        own, number = self.latest[name]
        return answers.get((own.token, number))


def _by_task(tasks: Sequence[Task] | None) -> dict[tuple[str, int], Task] | None:
    """Return tasks by token and number."""
    return None if tasks is None else {(task.token, task.index): task for task in tasks}


def judge(job: Job, sight: Sight) -> JobStatus:
    """Return where a job stands; its directory is read now, after Slurm was asked."""
    own = marked(job)
    if own is not None and own.state in (JobState.DONE, JobState.SUSPECT):
        return own
    queued = sight.in_queue(job.name)
    if queued is not None:
        return JobStatus(job, queued.state, queued.reason if queued.state == JobState.PENDING else "")
    if own is not None:
        return own
    if job.name not in sight.latest:
        return JobStatus(job, JobState.PENDING, "not submitted")
    return _left_the_queue(job, sight)


def _left_the_queue(job: Job, sight: Sight) -> JobStatus:
    """Return where a job stands that was submitted, left no marker, and is not known to be in the queue."""
    submission, _ = sight.latest[job.name]
    if sight.queue is None:
        return JobStatus(job, JobState.UNKNOWN, "squeue does not answer")
    if submission.orphan:
        return JobStatus(job, JobState.UNKNOWN, f"whether {submission.token} was submitted is not known; submit again")
    task = sight.in_accounts(job.name)
    if task is None and submission.cancelled:
        return JobStatus(job, JobState.CANCELLED, "cancelled")
    if task is None:
        return JobStatus(job, JobState.UNKNOWN, "left the queue without a marker, and sacct knows nothing of it")
    if task.state == JobState.DONE:
        return JobStatus(job, JobState.SUSPECT, with_tail("Slurm: COMPLETED, but there is no done.json", job.log))
    if task.state in (JobState.FAILED, JobState.CANCELLED):
        return JobStatus(job, task.state, with_tail(in_words(task), job.log))
    return JobStatus(job, JobState.UNKNOWN, f"sacct says {task.word}, but squeue does not list it")
