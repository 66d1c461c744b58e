"""Slurm as the driver asks it: what waits and runs, what has ended, what it allows; nothing here decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hpc.slurm import words
from hpc.slurm.cluster import Cluster
from hpc.slurm.commands import Answer, Runner
from hpc.slurm.history import Submission


@dataclass(frozen=True)
class Slurm:
    """The commands of one cluster, run in one folder."""

    cluster: Cluster
    folder: Path
    runner: Runner

    def ask(self, arguments: Sequence[str]) -> Answer:
        """Run a command of Slurm."""
        return self.runner(arguments, self.folder)

    def queue(self, live: Sequence[Submission]) -> list[words.Task] | None:
        """Return the tasks of these arrays that wait or run, None when squeue does not answer."""
        answer = self.ask(words.squeue([own.token for own in live]))
        return words.tasks(answer.out) if answer.known else None

    def accounts(self, live: Sequence[Submission]) -> list[words.Task] | None:
        """Return what sacct says of these arrays, None when it does not answer or the site keeps no accounts."""
        if not self.cluster.accounting:
            return None
        answer = self.ask(words.sacct([own.token for own in live], min(own.time for own in live)))
        return words.tasks(answer.out) if answer.known else None

    def room(self) -> int | None:
        """Return how many tasks may be submitted now, None where nothing limits them or Slurm does not say."""
        limit = self.cluster.max_submit or self._submit_limit()
        if not limit:
            return None
        answer = self.ask(words.own_queue())
        return max(0, limit - len(answer.out.split())) if answer.known else 0

    def _submit_limit(self) -> int:
        """Return the tasks that accounting lets this user have in the queue, 0 for no limit."""
        if not self.cluster.accounting:
            return 0
        limits = []
        for arguments in (words.associations(), words.qualities()):
            answer = self.ask(arguments)
            limits += (
                words.submit_limits(answer.out, account=self.cluster.account, qos=self.cluster.qos)
                if answer.known
                else []
            )
        return min(limits, default=0)
