"""The one interface that every model fills."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import xarray as xr

from aqcore.errors import Fault


@dataclass(frozen=True)
class Run:
    """One model run: a driver, a scenario, and the directory that holds everything of it."""

    driver: str
    scenario: str
    folder: Path


@dataclass(frozen=True)
class Outcome:
    """How a run ended: finished and verified or not, with the reason and the CPU seconds."""

    done: bool
    reason: str = ""
    cpu_seconds: float = 0.0


class Driver(Protocol):
    """A model that can be prepared, checked, run as a command, judged, and read."""

    @property
    def name(self) -> str:
        """The name of the driver, which is that of its folder under `runs`."""

    def prepare(self, root: Path) -> Sequence[Run]:
        """Write one run directory a scenario under `root` and return them."""

    def runs(self, root: Path) -> Sequence[Run]:
        """Return the runs that `prepare` writes under `root`, whether they are there or not."""

    def check(self, run: Run) -> Sequence[Fault]:
        """Return every fault that would make the run fail or be wrong."""

    def command(self, runs: Sequence[Run]) -> tuple[str, ...]:
        """Return the argument list that executes the runs, one after another."""

    def outcome(self, run: Run) -> Outcome:
        """Judge a run by its own outputs."""

    def open(self, run: Run) -> xr.Dataset:
        """Return the outputs in the common schema (docs/architecture.md)."""
