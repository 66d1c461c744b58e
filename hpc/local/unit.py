"""One attempt at one job, as a process of its own: claim the directory, run the command, publish how it ended.

Started as `python -P -m hpc.local.unit FOLDER ATTEMPT` by the local executor. It outlives the executor: when that is
killed, the job still ends with its marker, and the next executor finds it done.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from hpc.liveness import identity
from hpc.markers import FAILED, write_done, write_failed

UNIT = "unit.json"
OWNER = "owner.json"
NOT_STARTED = 127  # as a shell says of a command that it cannot find


def claim(folder: Path, attempt: int) -> Path:
    """Return the directory that stands for an attempt: whoever makes it owns the attempt."""
    return folder / f"claim.{attempt}"


def take_claim(folder: Path, attempt: int) -> bool:
    """Return whether this process is the one that owns the attempt.

    The claim appears complete with its owner or not at all: a directory cannot be renamed onto one that holds a file.
    """
    part = folder / f".claim.{attempt}.{os.getpid()}"
    part.mkdir()
    (part / OWNER).write_text(json.dumps(identity()), encoding="utf-8")
    try:
        part.rename(claim(folder, attempt))
    except OSError:
        shutil.rmtree(part)
        if claim(folder, attempt).is_dir():
            return False
        raise
    return True


def run_unit(folder: Path, attempt: int) -> int:
    """Run the command of `unit.json` in `folder` and return its exit status; a lost claim is 0 and runs nothing."""
    if not take_claim(folder, attempt):
        return 0
    (folder / FAILED).unlink(missing_ok=True)
    command = json.loads((folder / UNIT).read_text(encoding="utf-8"))["command"]
    started = time.monotonic()
    code, reason = _run(command, folder)
    record = {"exit_code": code, "attempt": attempt, "seconds": round(time.monotonic() - started, 3)}
    if code == 0:
        write_done(folder, record)
    else:
        write_failed(folder, record | ({"reason": reason} if reason else {}))
    return code


def _run(command: list[str], folder: Path) -> tuple[int, str]:
    """Return the exit status of a command whose output goes to the log, and why it did not even start."""
    with (folder / "job.log").open("ab") as log:
        try:
            ended = subprocess.run(
                command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, check=False
            )
        except OSError as error:
            return NOT_STARTED, f"{command[0]!r} could not be started: {error.strerror}"
    return ended.returncode, ""


if __name__ == "__main__":
    sys.exit(abs(run_unit(Path(sys.argv[1]), int(sys.argv[2]))))
