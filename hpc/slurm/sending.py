"""Submitting an array exactly once: intent, sbatch, id; after a failure the queue decides whether it was submitted."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from aqcore.errors import RunFailed
from hpc.slurm import words
from hpc.slurm.history import Submission
from hpc.slurm.journal import Journal
from hpc.slurm.slurm import Slurm
from hpc.slurm.waves import Array

#: How often a submission that failed for a passing reason is tried, and the wait before the first retry (s), doubled.
TRIES = 5
BACKOFF_SECONDS = 5.0


@dataclass(frozen=True)
class Sender:
    """What submits the arrays of one batch, and notes each step before the next."""

    slurm: Slurm
    journal: Journal
    sleep: Callable[[float], None]

    def send(self, array: Array, attempt: int) -> None:
        """Note an array and submit it. Raises `RunFailed` when Slurm refuses it or does not take it for long."""
        names = tuple(job.name for job in array.jobs)
        own = Submission(array.token, array.script, names, attempt, time.time(), array.after)
        self.journal.intend(own)
        self._send(own)

    def settle(self) -> None:
        """Find out what became of submissions whose answer was lost: adopt the job, or send the same script again."""
        for own in self.journal.submissions():
            if own.orphan and not self._adopted(own):
                self._send(own)

    def _adopted(self, own: Submission) -> bool:
        """Return whether Slurm knows a job of this name, and note its id; it gets time to appear.

        Raises `RunFailed` when squeue or sacct does not answer: then nobody can tell.
        """
        cluster = self.slurm.cluster
        self.sleep(max(0.0, own.time + cluster.settle_seconds - time.time()))
        asked = [words.squeue([own.token])]
        if cluster.accounting:
            asked.append(words.sacct([own.token], own.time))
        ids: dict[str, str] = {}
        for arguments in asked:
            answer = self.slurm.ask(arguments)
            if not answer.known and not words.NO_ACCOUNTING.search(answer.err):
                what = f"{arguments[0]} does not answer ({answer.err.strip()})"
                raise RunFailed(f"{what}: whether {own.token} was submitted cannot be told; submit again later")
            ids |= words.job_ids(answer.out)
        if own.token in ids:
            self.journal.submitted(own.token, ids[own.token], adopted=True)
        return own.token in ids

    def _send(self, own: Submission) -> None:
        """Submit one array whose intent is noted."""
        wait = BACKOFF_SECONDS
        for left in reversed(range(TRIES)):
            answer = self.slurm.ask(words.sbatch(own.script, self._before(own)))
            if answer.known and (number := words.job_id(answer.out)):
                self.journal.submitted(own.token, number)
                return
            message = answer.err.strip() or f"sbatch ended with {answer.code} and said {answer.out.strip()!r}"
            if words.PERMANENT.search(message):
                self.journal.refused(own.token, message)
                raise RunFailed(f"Slurm refuses {own.script}: {message}")
            if self._adopted(own):
                return
            if left:
                self.sleep(wait)
                wait *= 2.0
        raise RunFailed(f"{own.script} could not be submitted in {TRIES} tries: {message}; submit again later")

    def _before(self, own: Submission) -> str:
        """Return the id of the array that this one waits for, empty when it is no longer in the queue.

        Slurm takes an id that it has forgotten for a dependency that is met, or for another job of the same number:
        it is never given one. The script itself asks for the marker of what it continues.
        """
        if not own.after:
            return ""
        answer = self.slurm.ask(words.squeue([own.after]))
        return words.job_ids(answer.out).get(own.after, "") if answer.known else ""
