"""The journal of a batch: what was meant, then what happened, one JSON line each, never rewritten.

Only the driver writes it; each line is on the disk before the next act. A torn last line (a crash while writing) is
ignored when reading and cut off before the next line is written.
"""

import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aqcore.errors import RunFailed
from hpc.job import JobStatus
from hpc.slurm.history import History, Submission

JOURNAL = "journal.jsonl"
#: Bytes at the end of a journal in which the end of the last whole line is looked for first.
TAIL_BYTES = 65536


class Journal:
    """The journal in one folder."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / JOURNAL

    def intend(self, submission: Submission) -> None:
        """Note that an array is about to be submitted."""
        keys = ("token", "script", "units", "attempt", "time", "after")
        self._append({"event": "intent", **{key: getattr(submission, key) for key in keys}})

    def submitted(self, token: str, job_id: str, *, adopted: bool = False) -> None:
        """Note the id that Slurm gave, or under which the job was found."""
        self._append({"event": "submitted", "token": token, "job_id": job_id, "adopted": adopted})

    def refused(self, token: str, message: str) -> None:
        """Note that Slurm refused an array for good."""
        self._append({"event": "refused", "token": token, "message": message})

    def cancelled(self, token: str) -> None:
        """Note that the driver cancelled an array."""
        self._append({"event": "cancelled", "token": token})

    def done(self, seconds: Mapping[str, float]) -> None:
        """Note that jobs (by name) are done, and how many seconds each worked."""
        if seconds:
            self._append({"event": "done", "time": time.time(), "jobs": dict(seconds)})

    def ended(self, status: JobStatus, seconds: float) -> None:
        """Note that a job ended without success."""
        self._append({
            "event": "ended", "time": time.time(), "job": status.job.name, "state": status.state.value,
            "failure": status.failure.value if status.failure else "", "reason": status.reason, "seconds": seconds,
        })  # fmt: skip

    def unseen(self, names: Sequence[str]) -> None:
        """Note that nobody knows of jobs that were submitted."""
        self._append({"event": "unseen", "time": time.time(), "jobs": list(names)})

    def seen(self, names: Sequence[str]) -> None:
        """Note that jobs of which nobody knew are known again."""
        self._append({"event": "seen", "jobs": list(names)})

    def retry(self, names: Sequence[str]) -> None:
        """Note that a person wants jobs sent again: their failures no longer count."""
        self._append({"event": "retry", "time": time.time(), "jobs": list(names)})

    def history(self) -> History:
        """Return what the events add up to."""
        return History.of(self.events())

    def submissions(self) -> list[Submission]:
        """Return every array that was ever meant, in order, with what became of it."""
        return list(self.history().submissions.values())

    def events(self, start: int = 0) -> list[dict[str, Any]]:
        """Return the whole lines of the journal from byte `start` on."""
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(start)
            *lines, _torn = file.read().split(b"\n")
        return [json.loads(line) for line in lines]

    def size(self) -> int:
        """Return how many bytes of the journal are whole lines."""
        return _whole(self.path) if self.path.exists() else 0

    def _append(self, event: Mapping[str, Any]) -> None:
        """Write one line and wait until it is on the disk. Raises `RunFailed` when it cannot be written."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab+") as file:
                file.truncate(_whole(self.path))
                file.write(json.dumps(dict(event), ensure_ascii=False).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise RunFailed(f"{self.path} cannot be written ({error.strerror}): nothing more is submitted") from error


def _whole(path: Path) -> int:
    """Return how many bytes of a file are whole lines, reading its end only when that is enough."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        start = max(0, size - TAIL_BYTES)
        file.seek(start)
        end = file.read().rfind(b"\n")
        if end >= 0 or start == 0:
            return start + end + 1
        file.seek(0)
        return file.read().rfind(b"\n") + 1
