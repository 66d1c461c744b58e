"""Dask for postprocessing: one function gives a client, on this machine or on workers that Slurm starts."""

from hpc.dask.client import dask_client, mapped
from hpc.dask.memory import ChunkPlan

__all__ = ["ChunkPlan", "dask_client", "mapped"]
