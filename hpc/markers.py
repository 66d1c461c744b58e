"""What a job leaves in its own directory: `done.json`, or `failed.json` with how it ended, and its log."""

import json
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aqcore.publish import publish_text
from hpc.failures import by_exit
from hpc.job import Job, JobState, JobStatus

FAILED = "failed.json"
LOG_LINES = 3
#: The end of a log that is read for its last lines, in bytes.
TAIL_BYTES = 4096


def write_done(folder: Path, record: Mapping[str, Any]) -> None:
    """Publish `done.json` unless the command wrote its own."""
    if not (folder / "done.json").exists():
        publish_text(folder / "done.json", json.dumps(dict(record), ensure_ascii=False))


def write_failed(folder: Path, record: Mapping[str, Any]) -> None:
    """Publish `failed.json`: at least `exit_code` (negative: the signal) or `cancelled`."""
    publish_text(folder / FAILED, json.dumps(dict(record), ensure_ascii=False))


def marked(job: Job) -> JobStatus | None:
    """Return the state that the job's own directory proves, None when it proves nothing."""
    done, failure = job.marker.exists(), read_failure(job.folder)
    if done and failure is not None:
        return JobStatus(job, JobState.SUSPECT, f"done.json stands beside {FAILED}: {in_words(failure)}")
    if done:
        return JobStatus(job, JobState.DONE)
    if failure is None:
        return None
    if failure.get("cancelled"):
        return JobStatus(job, JobState.CANCELLED, with_tail("cancelled", job.log))
    why = by_exit(int(failure.get("exit_code", 1)), log_tail(job.log, lines=20))
    return JobStatus(job, JobState.FAILED, with_tail(in_words(failure), job.log), why)


def seconds_of(job: Job) -> float:
    """Return how long a job that ended worked (s), 0 where its marker does not say."""
    for path in (job.marker, job.folder / FAILED):
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            continue
        return float(record.get("seconds", record.get("cpu_seconds", 0.0)))
    return 0.0


def read_failure(folder: Path) -> dict[str, Any] | None:
    """Return the record of a failed job, None when there is none."""
    try:
        text = (folder / FAILED).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    record: dict[str, Any] = json.loads(text)
    return record


def in_words(failure: Mapping[str, Any]) -> str:
    """Return how a job ended, in words."""
    if failure.get("cancelled"):
        return "cancelled"
    if failure.get("reason"):
        return str(failure["reason"])
    return exit_in_words(int(failure["exit_code"]))


def exit_in_words(code: int) -> str:
    """Return an exit status in words; negative is a signal, as Python counts, or above 128 as a shell counts."""
    number = -code if code < 0 else code - 128 if code > 128 else 0
    if number in set(signal.Signals):
        name = signal.Signals(number).name
        return f"killed by {name}" + (" (out of memory, or by hand)" if name == "SIGKILL" else "")
    return f"exit status {code}"


def with_tail(reason: str, log: Path) -> str:
    """Return a reason with the last lines of the log."""
    tail = log_tail(log)
    return f"{reason}; the log ends: {tail}" if tail else f"{reason}; the log is empty"


def log_tail(log: Path, *, lines: int = LOG_LINES) -> str:
    """Return the last non-empty lines of a log joined by ` | `, empty when there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    return " | ".join([line.strip() for line in text.splitlines() if line.strip()][-lines:])
