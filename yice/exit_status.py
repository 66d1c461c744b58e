"""The exit status of the command line: done, a run failed, bad input."""

from collections.abc import Callable
from typing import TypeVar

import typer

from aqcore.errors import InputError, RunFailed
from yice import console

DONE, FAILED, BAD_INPUT = 0, 1, 2

Result = TypeVar("Result")


def acting(action: Callable[[], Result], *, as_json: bool) -> Result:
    """Return what an action returns; turn what it raises into the exit status, told to people or to scripts."""
    try:
        return action()
    except InputError as error:
        console.faults(error.faults, left=error.left, as_json=as_json)
        raise typer.Exit(BAD_INPUT) from error
    except RunFailed as error:
        console.failure(str(error), as_json=as_json)
        raise typer.Exit(FAILED) from error
