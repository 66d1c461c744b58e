"""Jobs that only happen in memory: what uses an executor can be tested without processes or a cluster."""

from collections.abc import Callable, Sequence

from hpc.job import Batch, Job, JobState, JobStatus


class MemoryExecutor:
    """Runs a job by calling `work` with it; True means done. Nothing is written, nothing outlives the object."""

    def __init__(self, work: Callable[[Job], bool] = lambda _: True) -> None:
        self._work = work
        self._states: dict[str, JobState] = {}

    def submit(self, batch: Batch) -> None:
        """Queue every job of the batch that is not done."""
        for job in batch.jobs:
            if self._states.get(job.name) not in (JobState.DONE, JobState.RUNNING):
                self._states[job.name] = JobState.PENDING

    def find(self, batch: Batch) -> Sequence[Job]:
        """Return the jobs of the batch that wait or run."""
        open_states = (JobState.PENDING, JobState.RUNNING)
        return [job for job in batch.jobs if self._states.get(job.name) in open_states]

    def states(self, batch: Batch) -> Sequence[JobStatus]:
        """Return the state of every job, in order; one that was not submitted is pending."""
        known = {job.name: self._states.get(job.name, JobState.PENDING) for job in batch.jobs}
        return [JobStatus(job, self._state(job, known)) for job in batch.jobs]

    def cancel(self, batch: Batch) -> None:
        """Cancel what waits or runs."""
        for job in self.find(batch):
            self._states[job.name] = JobState.CANCELLED

    def step(self, batch: Batch) -> bool:
        """Do the first job that can go and return whether there was one."""
        for job in self.find(batch):
            if not job.after or self._states.get(job.after) == JobState.DONE:
                self._states[job.name] = JobState.DONE if self._work(job) else JobState.FAILED
                return True
        return False

    def run(self, batch: Batch) -> Sequence[JobStatus]:
        """Submit the batch and do all that can be done."""
        self.submit(batch)
        while self.step(batch):
            pass
        return self.states(batch)

    @staticmethod
    def _state(job: Job, known: dict[str, JobState]) -> JobState:
        """Return the state of a job: blocked behind one that ended without success."""
        own, before = known[job.name], known.get(job.after)
        if own == JobState.PENDING and before is not None and before.ended and before != JobState.DONE:
            known[job.name] = JobState.BLOCKED
        return known[job.name]
