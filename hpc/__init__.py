"""Jobs, and where they run: `hpc.local.executor` (processes), `hpc.slurm` (a cluster), `hpc.memory` (tests)."""

from hpc.job import Batch, Cell, Executor, Failure, Job, JobState, JobStatus, Progress, Resources

__all__ = ["Batch", "Cell", "Executor", "Failure", "Job", "JobState", "JobStatus", "Progress", "Resources"]
