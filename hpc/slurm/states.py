"""Where one job stands, from its marker, squeue, sacct, in this order of truth; contradictions are suspect."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Self

from hpc.failures import by_exit
from hpc.job import Failure, Job, JobState, JobStatus
from hpc.markers import log_tail, marked, with_tail
from hpc.slurm.history import History, Submission
from hpc.slurm.words import FAILURES, SAID, Task, in_words

LOGS = "logs"
NOT_SUBMITTED = "not submitted"


@dataclass(frozen=True)
class Sight:
    """What journal, squeue and sacct said at one moment.

    `queue` and `accounts` are the tasks by (token, number), None when the command did not answer (or there is no
    sacct: `accounting` False). `folder` is that of the batch, `lost_seconds` how long nobody may know of a job.
    """

    history: History
    queue: Mapping[tuple[str, int], Task] | None = field(hash=False)
    accounts: Mapping[tuple[str, int], Task] | None = field(hash=False)
    folder: Path = Path()
    accounting: bool = True
    lost_seconds: float = float("inf")
    now: float = 0.0

    @classmethod
    def of(
        cls, history: History, queue: Sequence[Task] | None, accounts: Sequence[Task] | None, **more: object
    ) -> Self:
        """Return the sight of these answers; of several tries of one task the last one counts."""
        return cls(history, _by_task(queue), _by_task(accounts), **more)  # type: ignore[arg-type]

    @cached_property
    def latest(self) -> Mapping[str, tuple[Submission, int]]:
        """The last submission of each job (by name), with its task number."""
        sent = self.history.submissions.values()
        return {name: (own, number) for own in sent if not own.refused for number, name in enumerate(own.units)}

    @cached_property
    def queued(self) -> frozenset[str]:
        """Names of the jobs whose last submission is in the queue."""
        return frozenset(name for name in self.latest if self.in_queue(name) is not None)

    @property
    def silent(self) -> bool:
        """Whether a command that should have answered did not: then nothing can be said of what it would know."""
        return self.queue is None or (self.accounting and self.accounts is None)

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

    def said(self, name: str) -> str:
        """Return the end of what Slurm itself wrote into the log of a job's task."""
        own, number = self.latest[name]
        return log_tail(self.folder / LOGS / f"{own.token}-{own.job_id}_{number}.log", lines=20)


def _by_task(tasks: Sequence[Task] | None) -> dict[tuple[str, int], Task] | None:
    """Return tasks by token and number."""
    return None if tasks is None else {(task.token, task.index): task for task in tasks}


def judge_all(jobs: Sequence[Job], sight: Sight) -> list[JobStatus]:
    """Return where each job stands, in order; a job whose forerunner ended without success is blocked."""
    known: dict[str, JobStatus] = {}
    for job in jobs:
        known[job.name] = judge(job, sight, known.get(job.after))
    return list(known.values())


def judge(job: Job, sight: Sight, before: JobStatus | None = None) -> JobStatus:
    """Return where a job stands; its directory is read now, after Slurm was asked.

    `before` is the status of the job that it is after.
    """
    noted = sight.history.endings.get(job.name)
    if noted is not None and noted.state == JobState.DONE:
        return JobStatus(job, JobState.DONE)
    own = marked(job)
    if own is not None and own.state in (JobState.DONE, JobState.SUSPECT):
        return own
    queued = sight.in_queue(job.name)
    if queued is not None:
        return JobStatus(job, queued.state, queued.reason if queued.state == JobState.PENDING else "")
    if before is not None and before.state.ended and before.state != JobState.DONE:
        return JobStatus(job, JobState.BLOCKED, f"waits for {before.job.name}, which is {before.state}")
    if noted is not None:
        return JobStatus(job, noted.state, noted.reason, noted.failure)
    if job.name not in sight.latest:
        return JobStatus(job, JobState.PENDING, NOT_SUBMITTED) if own is None else own
    if before is not None and _overtaken(job, sight):
        return JobStatus(job, JobState.PENDING, NOT_SUBMITTED)
    return _with_class(own, sight) if own is not None else _left_the_queue(job, sight)


def _overtaken(job: Job, sight: Sight) -> bool:
    """Return whether the forerunner was submitted again after this job: Slurm cancelled this one by its dependency."""
    mine, theirs = sight.latest[job.name][0], sight.latest.get(job.after)
    return theirs is not None and theirs[0].time > mine.time and theirs[0].token != mine.after


def _with_class(own: JobStatus, sight: Sight) -> JobStatus:
    """Return a status that the job's own directory proves; what Slurm wrote into its log may say why it was killed."""
    why = _why(own.job, sight) if own.state == JobState.FAILED else None
    return JobStatus(own.job, own.state, own.reason, why) if why is not None else own


def _why(job: Job, sight: Sight) -> Failure | None:
    """Return the class of failure that Slurm's own words prove, None when they prove none."""
    task, said = sight.in_accounts(job.name), sight.said(job.name)
    if task is not None and task.word in FAILURES:
        return FAILURES[task.word]
    return next((failure for failure, pattern in SAID.items() if re.search(pattern, said)), None)


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
        return _without_accounts(job, sight)
    if task.state == JobState.DONE:
        return JobStatus(job, JobState.SUSPECT, with_tail("Slurm: COMPLETED, but there is no done.json", job.log))
    if task.state == JobState.CANCELLED:
        return JobStatus(job, task.state, with_tail(in_words(task), job.log))
    if task.state == JobState.FAILED:
        return JobStatus(job, task.state, with_tail(in_words(task), job.log), _class(job, task, sight))
    return _nobody_knows(job, sight, f"sacct says {task.word}, but squeue does not list it")


def _class(job: Job, task: Task, sight: Sight) -> Failure:
    """Return the class of a failure that sacct reports."""
    return _why(job, sight) or by_exit(task.exit_code, f"{log_tail(job.log, lines=20)} {sight.said(job.name)}")


def _without_accounts(job: Job, sight: Sight) -> JobStatus:
    """Return where a job stands that sacct does not know: what Slurm wrote into its log, or nobody knows."""
    why = _why(job, sight)
    if why is not None:
        return JobStatus(job, JobState.FAILED, with_tail(f"Slurm ended it ({why})", job.log), why)
    return _nobody_knows(job, sight, "left the queue without a marker, and sacct knows nothing of it")


def _nobody_knows(job: Job, sight: Sight, reason: str) -> JobStatus:
    """Return unknown, or lost when that has lasted too long."""
    since = sight.history.unseen.get(job.name)
    if since is not None and sight.now - since >= sight.lost_seconds:
        minutes = (sight.now - since) / 60.0
        return JobStatus(job, JobState.LOST, f"{reason} for {minutes:.0f} min; `yice retry --lost` sends it again")
    return JobStatus(job, JobState.UNKNOWN, reason)
