"""Jobs, and where they run: `hpc.local.executor` (processes), `hpc.slurm` (a cluster)."""

from hpc.job import Batch, Executor, Job, JobState, JobStatus, Progress, Resources

__all__ = ["Batch", "Executor", "Job", "JobState", "JobStatus", "Progress", "Resources"]
