"""How much memory a Dask worker needs for the chunks that it will hold."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aqcore.errors import Fault, InputError

MEGABYTE = 1_000_000
#: Interpreter, numpy, xarray and netCDF before the first chunk, measured on Linux with Python 3.11 (MB).
EMPTY_WORKER_MB = 350
#: Chunks that a thread holds at once: what it reads, what it makes of it, and one result that waits to be fetched.
CHUNKS_HELD = 3
#: Dask writes to disk above this share of a worker's memory (distributed.worker.memory.target): stay below it.
TARGET_SHARE = 0.6


@dataclass(frozen=True)
class ChunkPlan:
    """Chunks of the work: bytes of the largest one, and how many of them a thread holds at once."""

    chunk_bytes: int
    held: int = CHUNKS_HELD

    @classmethod
    def of(
        cls, shape: Mapping[str, int], chunks: Mapping[str, int], *, itemsize: int = 4, variables: int = 1
    ) -> "ChunkPlan":
        """Return the plan of arrays of a shape cut into chunks; a dimension that is not named is not cut."""
        count = variables
        for name, size in shape.items():
            count *= min(size, chunks.get(name, size))
        return cls(count * itemsize)

    @classmethod
    def of_sizes(cls, sizes: Iterable[int]) -> "ChunkPlan":
        """Return the plan of tasks that each load some bytes as a whole."""
        return cls(max(sizes, default=0))

    def worker_mb(self, threads: int) -> int:
        """Return the memory (MB) of a worker with so many threads."""
        held = threads * self.held * self.chunk_bytes / MEGABYTE
        return round(EMPTY_WORKER_MB + held / TARGET_SHARE)

    def check(self, *, memory_mb: int, threads: int, where: str) -> None:
        """Raise `InputError` when a worker of `memory_mb` is too small for the plan."""
        need = self.worker_mb(threads)
        if need > memory_mb:
            chunks = f"chunks of {self.chunk_bytes / MEGABYTE:.0f} MB"
            what = f"{memory_mb} MB a worker, but {threads} threads with {chunks} need {need} MB"
            raise InputError([Fault(where, what, f"give at least {need}, or fewer threads")])
