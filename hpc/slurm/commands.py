"""Running Slurm's commands: argument lists, a time limit, and an answer that is never an exception."""

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

#: Longer than Slurm's own MessageTimeout (10 s); sacct was seen to take 50 s on a loaded disk.
TIMEOUT_SECONDS = 120.0
NOT_FOUND = 127
TIMED_OUT = 124


@dataclass(frozen=True)
class Answer:
    """What a command answered; any `code` but 0 means "do not know"."""

    code: int
    out: str = ""
    err: str = ""

    @property
    def known(self) -> bool:
        """Whether the command answered at all."""
        return self.code == 0


Runner = Callable[[Sequence[str], Path], Answer]


def run_command(arguments: Sequence[str], folder: Path) -> Answer:
    """Run a command in a folder and return its answer."""
    try:
        ended = subprocess.run(
            arguments, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=TIMEOUT_SECONDS, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        return Answer(NOT_FOUND, err=f"{arguments[0]} is not installed on this machine")
    except subprocess.TimeoutExpired:
        return Answer(TIMED_OUT, err=f"{arguments[0]} did not answer within {TIMEOUT_SECONDS:g} s")
    return Answer(ended.returncode, ended.stdout, ended.stderr)
