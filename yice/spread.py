"""Work that is the same for many scenarios: done here, or by Dask workers while `on_workers` is open."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TypeVar

from aqcore.errors import RunFailed
from hpc.dask import ChunkPlan, dask_client, mapped
from hpc.slurm.cluster import Cluster
from yice import console

Item = TypeVar("Item")
Result = TypeVar("Result")

FOLDER = "dask"
"""In the work folder: scripts and logs of the workers."""

_CLIENT: ContextVar[Any] = ContextVar("dask client", default=None)


@contextmanager
def on_workers(work: Path, site: Cluster | None, plan: ChunkPlan, workers: int | None = None) -> Iterator[None]:
    """Let `spread`, and every lazy array, compute on Dask workers while the block runs.

    They are jobs of the cluster `site`, or processes of this machine (None); `plan` is how large chunks are.
    Raises `InputError` for too little memory, `RunFailed` when no worker starts or one is lost too often.
    """
    from distributed import KilledWorker

    with dask_client(site, folder=work / FOLDER, plan=plan, workers=workers, say=console.say) as client:
        token = _CLIENT.set(client)
        try:
            yield
        except KilledWorker as error:
            what = f"the workers died of {error.args[0]}: probably too little memory"
            raise RunFailed(f"{what}; give more dask.memory_mb (logs in {work / FOLDER})") from error
        finally:
            _CLIENT.reset(token)


def spread(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """Return `function` of every item, in order; on the workers it must be importable and travel light."""
    client = _CLIENT.get()
    return [function(item) for item in items] if client is None else mapped(client, function, items)
