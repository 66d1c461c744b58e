"""Where things lie in the work folder, for what starts before everything else is loaded."""

RUNS = "runs"
"""Run directories, one folder a driver."""
JOBS = "jobs"
"""Below `RUNS`: what executes them, one folder a batch."""
