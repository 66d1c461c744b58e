"""Whether a process that left its identity in a file still lives, and is still the same one."""

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def identity() -> dict[str, Any]:
    """Return what tells this process from every other: host, boot, pid, start (clock ticks since boot)."""
    return {"host": socket.gethostname(), "boot": _boot(), "pid": os.getpid(), "start": _start(os.getpid())}


def is_alive(process: Mapping[str, Any]) -> bool | None:
    """Return whether the process lives, None when it is on another host and cannot be told from here."""
    if process["host"] != socket.gethostname():
        return None
    if process["boot"] != _boot():
        return False
    return _exists(int(process["pid"])) and _start(int(process["pid"])) == process["start"]


def _boot() -> str:
    """Return the identity of this boot, empty where the system does not tell."""
    return BOOT_ID.read_text(encoding="ascii").strip() if BOOT_ID.exists() else ""


def _start(pid: int) -> str:
    """Return when a process started, empty for a zombie, one that is gone, or where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if fields[0] == "Z" else fields[19]


def _exists(pid: int) -> bool:
    """Return whether a process with this id exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
