"""Jobs in memory, for tests."""

from hpc.memory.executor import MemoryExecutor

__all__ = ["MemoryExecutor"]
