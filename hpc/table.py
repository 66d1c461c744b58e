"""A batch as it lies on the disk, so that its state can be told, and its jobs be sent again, without the city's inputs.

`batch.json` holds names and run-days in columns, all that a board needs; `commands.json` where and how each job runs.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from aqcore.errors import Fault, InputError
from aqcore.publish import publish_text
from hpc.job import Batch, Cell, Job, Resources

TABLE = "batch.json"
COMMANDS = "commands.json"
LOCAL = "local"


@dataclass(frozen=True)
class Table:
    """The columns of a batch.

    `cells` are three columns of numbers: job, scenario, day of each run-day. `proof` is the path, below `root`, of the
    file that proves a run-day, with `{scenario}` and `{day}`. `cluster` is where it runs, `local` for this machine.
    """

    driver: str
    cluster: str
    root: str
    proof: str
    names: tuple[str, ...]
    tasks: tuple[int, ...]
    scenarios: tuple[str, ...]
    days: tuple[str, ...]
    cells: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]

    @cached_property
    def index(self) -> Mapping[str, int]:
        """The number of each job by its name."""
        return {name: number for number, name in enumerate(self.names)}

    @cached_property
    def grid(self) -> npt.NDArray[np.int64]:
        """The three columns of the cells as an array (3, cell)."""
        return np.asarray(self.cells, dtype=np.int64).reshape(3, -1)

    def cells_of(self, job: int) -> list[Cell]:
        """Return the run-days of a job, in the order in which it computes them."""
        found = np.flatnonzero(self.grid[0] == job)
        return [Cell(self.scenarios[self.cells[1][k]], self.days[self.cells[2][k]]) for k in found]

    def job_of(self, scenario: str, day: str) -> int | None:
        """Return the number of the job that computes a run-day (empty: any day), None when there is none."""
        for job, row, column in zip(*self.cells, strict=True):
            if self.scenarios[row] == scenario and day in ("", self.days[column]):
                return job
        return None

    def proof_of(self, cell: Cell) -> Path:
        """Return the file that proves a run-day."""
        return Path(self.root) / self.proof.replace("{scenario}", cell.scenario).replace("{day}", cell.day)


def write_table(folder: Path, batch: Batch, *, driver: str, cluster: str, root: Path, proof: str) -> None:
    """Write a batch to the two files in its folder."""
    scenarios = list(dict.fromkeys(cell.scenario for job in batch.jobs for cell in job.cells))
    days = sorted({cell.day for job in batch.jobs for cell in job.cells})
    row, column = ({name: number for number, name in enumerate(names)} for names in (scenarios, days))
    cells = [(n, row[cell.scenario], column[cell.day]) for n, job in enumerate(batch.jobs) for cell in job.cells]
    columns: dict[str, Any] = {
        "driver": driver, "cluster": cluster, "root": str(root), "proof": proof,
        "names": [job.name for job in batch.jobs], "tasks": [job.resources.tasks for job in batch.jobs],
        "scenarios": scenarios, "days": days,
        "cells": [list(part) for part in zip(*cells, strict=True)] or [[], [], []],
    }  # fmt: skip
    commands = [
        [str(job.folder), job.after, list(asdict(job.resources).values()), list(job.command), dict(job.environment)]
        for job in batch.jobs
    ]
    publish_text(folder / COMMANDS, json.dumps(commands, ensure_ascii=False))
    publish_text(folder / TABLE, json.dumps(columns, ensure_ascii=False))


def read_table(folder: Path) -> Table | None:
    """Return the batch that was written to a folder, None when there is none.

    Raises `InputError` for a file that this version did not write.
    """
    if not (folder / TABLE).is_file():
        return None
    raw: dict[str, Any] = json.loads((folder / TABLE).read_text(encoding="utf-8"))
    if raw.keys() != {item.name for item in fields(Table)}:
        what, remedy = (
            "another version of yice wrote it",
            "call `yice submit` again: it writes it anew, and no job twice",
        )
        raise InputError([Fault(str(folder / TABLE), what, remedy)])
    columns: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()}
    return Table(**columns)


def read_batch(folder: Path) -> Batch:
    """Return the jobs of the batch that was written to a folder."""
    table = read_table(folder)
    if table is None:
        raise FileNotFoundError(folder / TABLE)
    commands = json.loads((folder / COMMANDS).read_text(encoding="utf-8"))
    cells: dict[int, list[Cell]] = {}
    for job, row, column in zip(*table.cells, strict=True):
        cells.setdefault(job, []).append(Cell(table.scenarios[row], table.days[column]))
    return Batch(folder.name, tuple(
        Job(name, Path(place), tuple(command), Resources(*need), environment, after, tuple(cells.get(n, ())))
        for n, (name, (place, after, need, command, environment)) in enumerate(zip(table.names, commands, strict=True))
    ))  # fmt: skip
