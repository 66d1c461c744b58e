"""The journal of a batch: what was meant, then what happened, one JSON line each, never rewritten.

Only the driver writes it; each line is on the disk before the next act. A torn last line (a crash while writing) is
ignored when reading and cut off before the next line is written.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

JOURNAL = "journal.jsonl"


@dataclass(frozen=True)
class Submission:
    """One array that was meant to be submitted: `job_id` is empty while nobody knows whether it was."""

    token: str
    script: str
    units: tuple[str, ...]
    attempt: int
    time: float
    job_id: str = ""
    refused: str = ""
    cancelled: bool = False
    rank: int = field(default=0, compare=False)

    @property
    def orphan(self) -> bool:
        """Whether the driver died, or lost the answer, between the intent and the id."""
        return not self.job_id and not self.refused


class Journal:
    """The journal in one folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / JOURNAL

    def intend(self, submission: Submission) -> None:
        """Note that an array is about to be submitted."""
        keys = ("token", "script", "units", "attempt", "time")
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

    def submissions(self) -> list[Submission]:
        """Return every array that was ever meant, in order, with what became of it."""
        found: dict[str, Submission] = {}
        for event in self.events():
            token = event["token"]
            if event["event"] == "intent":
                found[token] = Submission(token, event["script"], tuple(event["units"]), event["attempt"],
                                          event["time"], rank=len(found))  # fmt: skip
            else:
                found[token] = replace(found[token], **_change(event))
        return list(found.values())

    def events(self) -> list[dict[str, Any]]:
        """Return the whole lines of the journal."""
        if not self._path.exists():
            return []
        *lines, _torn = self._path.read_bytes().split(b"\n")
        return [json.loads(line) for line in lines]

    def _append(self, event: Mapping[str, Any]) -> None:
        """Write one line and wait until it is on the disk."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab+") as file:
            file.truncate(_whole(file.seek(0, os.SEEK_END), self._path))
            file.write(json.dumps(dict(event), ensure_ascii=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


def _whole(size: int, path: Path) -> int:
    """Return how many bytes of the journal are whole lines."""
    return path.read_bytes().rfind(b"\n") + 1 if size else 0


def _change(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a later event changes of a submission."""
    if event["event"] == "submitted":
        return {"job_id": event["job_id"], "refused": ""}
    if event["event"] == "refused":
        return {"refused": event["message"]}
    return {"cancelled": True}
