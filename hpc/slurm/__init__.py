"""Batches on a Slurm cluster."""

from hpc.slurm.cluster import Cluster, read_cluster
from hpc.slurm.executor import SlurmExecutor
from hpc.slurm.render import render

__all__ = ["Cluster", "SlurmExecutor", "read_cluster", "render"]
