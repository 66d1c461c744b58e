"""One driver a batch: a lock directory that names its holder, by renaming only, so that it works on shared disks."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aqcore.errors import RunFailed
from hpc.liveness import identity, is_alive

LOCK = "driver.lock"


@contextmanager
def driver_lock(folder: Path) -> Iterator[None]:
    """Hold the lock of a batch folder while the block runs.

    Raises `RunFailed` when another driver holds it; a lock whose holder died on this machine is taken over.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock, mine = folder / LOCK, folder / f".{LOCK}.{os.getpid()}"
    shutil.rmtree(mine, ignore_errors=True)
    mine.mkdir()
    (mine / "owner.json").write_text(json.dumps(identity()), encoding="utf-8")
    try:
        _take(mine, lock)
        try:
            yield
        finally:
            shutil.rmtree(lock)
    finally:
        shutil.rmtree(mine, ignore_errors=True)


def _take(mine: Path, lock: Path) -> None:
    """Put a lock in place; a directory cannot be renamed onto one that holds a file."""
    try:
        mine.rename(lock)
    except OSError:
        if not lock.is_dir():
            raise
    else:
        return
    holder = json.loads((lock / "owner.json").read_text(encoding="utf-8"))
    alive = is_alive(holder)
    if alive is not False:
        where = f"process {holder['pid']} on {holder['host']}"
        raise RunFailed(f"another driver ({where}) holds {lock}; wait for it, or remove the folder if it is gone")
    stale = lock.with_name(f".{LOCK}.stale.{os.getpid()}")
    lock.rename(stale)
    shutil.rmtree(stale)
    mine.rename(lock)
