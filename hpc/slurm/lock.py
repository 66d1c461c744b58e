"""One driver a batch: a lock directory that names its holder, by renaming only, so that it works on shared disks."""

import json
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aqcore.errors import RunFailed
from hpc.liveness import identity, is_alive

LOCK = "driver.lock"
OWNER = "owner.json"
#: How often a holder says that it lives, and after how much silence one on another host counts as dead (s). Shared
#: disks show a change after up to a minute, clocks differ by less.
HEARTBEAT_SECONDS = 30.0
SILENCE_SECONDS = 600.0


class DriverBusy(RunFailed):
    """Another driver holds the lock of the batch."""


@contextmanager
def driver_lock(folder: Path) -> Iterator[None]:
    """Hold the lock of a batch folder while the block runs.

    Raises `DriverBusy` when another driver holds it, `RunFailed` when the folder cannot be written. A lock is taken
    over whose holder died on this machine, or has been silent for long on another one.
    """
    lock, mine = folder / LOCK, folder / f".{LOCK}.{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(mine, ignore_errors=True)
        mine.mkdir()
        (mine / OWNER).write_text(json.dumps(identity()), encoding="utf-8")
    except OSError as error:
        raise RunFailed(f"{folder} cannot be written ({error.strerror}): nothing was submitted") from error
    try:
        _take(mine, lock)
        try:
            with _heartbeat(lock / OWNER):
                yield
        finally:
            shutil.rmtree(lock)
    finally:
        shutil.rmtree(mine, ignore_errors=True)


@contextmanager
def _heartbeat(owner: Path) -> Iterator[None]:
    """Renew the time of a file while the block runs."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(HEARTBEAT_SECONDS):
            os.utime(owner)

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _take(mine: Path, lock: Path) -> None:
    """Put a lock in place; a directory cannot be renamed onto one that holds a file."""
    try:
        mine.rename(lock)
    except OSError:
        if not lock.is_dir():
            raise
    else:
        return
    _refuse_living(lock)
    stale = lock.with_name(f".{LOCK}.stale.{os.getpid()}")
    lock.rename(stale)
    shutil.rmtree(stale)
    mine.rename(lock)


def _refuse_living(lock: Path) -> None:
    """Raise `RunFailed` when the holder of a lock lives, or is on another host and not silent for long."""
    holder = json.loads((lock / OWNER).read_text(encoding="utf-8"))
    silence = time.time() - (lock / OWNER).stat().st_mtime
    alive = is_alive(holder)
    if alive is True or (alive is None and silence < SILENCE_SECONDS):
        where = f"process {holder['pid']} on {holder['host']}, last heard of {max(silence, 0.0):.0f} s ago"
        raise DriverBusy(f"another driver ({where}) holds {lock}; wait for it, or remove the folder if it is gone")
