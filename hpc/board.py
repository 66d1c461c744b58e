"""Scenarios x days at a glance: what is done, runs, failed and why; throughput, when it ends, what it has cost."""

import json
import time as clock
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hpc.job import Cell, JobState, JobStatus
from hpc.table import Table
from hpc.tally import CODES, STATES, Tally

NOTHING = len(STATES)
"""The code of a cell that the batch does not have."""
OPEN = (JobState.PENDING, JobState.RUNNING, JobState.UNKNOWN)
RECENT_SECONDS = 3600.0
"""Throughput is that of the last hour of work: jobs of the beginning may have been others."""


@dataclass(frozen=True)
class Trouble:
    """One job that a person should look at: its first run-day that is not done, state, class, reason with log's end."""

    scenario: str
    day: str
    state: str
    failure: str
    reason: str


@dataclass(frozen=True)
class Board:
    """The state of a batch.

    Attributes
    ----------
    cells
        code of the state (number in `STATES`, `NOTHING` where there is no such run-day), (scenario, day).
    core_hours, expected_core_hours
        spent so far, and for the whole batch as far as the jobs done tell (None before the first).
    per_hour
        run-days done an hour, of late; None before the first.
    finish
        when the rest is done at this pace (s since 1970), None when nothing tells.
    """

    driver: str
    cluster: str
    scenarios: tuple[str, ...]
    days: tuple[str, ...]
    cells: npt.NDArray[np.uint8]
    troubles: tuple[Trouble, ...]
    core_hours: float
    expected_core_hours: float | None
    per_hour: float | None
    finish: float | None

    @property
    def counts(self) -> dict[str, int]:
        """Run-days by state."""
        numbers = np.bincount(self.cells.ravel(), minlength=NOTHING + 1)
        return {state.value: int(numbers[code]) for state, code in CODES.items() if numbers[code]}

    @property
    def total(self) -> int:
        """Number of run-days."""
        return int(np.count_nonzero(self.cells != NOTHING))

    def document(self) -> dict[str, Any]:
        """Return the board as a JSON document."""
        rows = {
            name: {day: STATES[code].value for day, code in zip(self.days, row, strict=True) if code != NOTHING}
            for name, row in zip(self.scenarios, self.cells.tolist(), strict=True)
        }
        return {
            "driver": self.driver, "cluster": self.cluster, "run_days": self.total, "counts": self.counts,
            "states": rows, "troubles": [own.__dict__ for own in self.troubles], "core_hours": self.core_hours,
            "expected_core_hours": self.expected_core_hours, "run_days_per_hour": self.per_hour, "finish": self.finish,
        }  # fmt: skip


def board(table: Table, tally: Tally, live: Sequence[JobStatus] = (), now: float | None = None) -> Board:
    """Return the board of a batch from its journal (`tally`), and from what was seen just now of jobs still open."""
    now = clock.time() if now is None else now
    state = tally.state.copy()
    reasons = dict(tally.reasons)
    for status in live:
        state[table.index[status.job.name]] = CODES[status.state]
        reasons[status.job.name] = (status.failure.value if status.failure else "", status.reason)
    cells, first_open = _cells(table, state)
    per_hour, finish = _pace(table, state, tally, now)
    cost, expected = _cost(table, tally)
    return Board(
        table.driver, table.cluster, table.scenarios, table.days, cells, _troubles(table, state, reasons, first_open),
        cost, expected, per_hour, finish,
    )  # fmt: skip


def _cells(table: Table, state: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint8], dict[int, Cell]]:
    """Return the code of each cell, and the first run-day that is not done of each job that runs or ended badly."""
    cells = np.full((len(table.scenarios), len(table.days)), NOTHING, np.uint8)
    job, row, column = table.grid
    cells[row, column] = state[job]
    first_open: dict[int, Cell] = {}
    still = (CODES[JobState.DONE], CODES[JobState.PENDING], CODES[JobState.BLOCKED])
    for number in np.flatnonzero(~np.isin(state, still)).tolist():
        own = table.cells_of(number)
        done = [_proved(table, cell) for cell in own]
        first_open[number] = own[done.index(False)] if False in done else own[-1]
        _split(cells, table, own, done, STATES[state[number]])
    return cells, first_open


def _split(
    cells: npt.NDArray[np.uint8], table: Table, own: Sequence[Cell], done: Sequence[bool], state: JobState
) -> None:
    """Give the days of one job their own states: proved days are done, the first other one is what the job is."""
    rest = CODES[JobState.PENDING if state in OPEN else JobState.BLOCKED]
    together = len({cell.day for cell in own}) == 1 or state not in (JobState.RUNNING, JobState.FAILED)
    met = False
    for cell, proved in zip(own, done, strict=True):
        place = table.scenarios.index(cell.scenario), table.days.index(cell.day)
        if proved:
            cells[place] = CODES[JobState.DONE]
        elif met and not together:
            cells[place] = rest
        met = met or not proved


def _proved(table: Table, cell: Cell) -> bool:
    """Return whether the file that proves a run-day is there and holds no reason against it."""
    try:
        record = json.loads(table.proof_of(cell).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return not record.get("reason")


def _troubles(
    table: Table, state: npt.NDArray[np.uint8], reasons: Mapping[str, tuple[str, str]], first_open: Mapping[int, Cell]
) -> tuple[Trouble, ...]:
    calm = (CODES[JobState.DONE], CODES[JobState.PENDING], CODES[JobState.RUNNING], CODES[JobState.BLOCKED])
    found = []
    for number in np.flatnonzero(~np.isin(state, calm)).tolist():
        failure, reason = reasons.get(table.names[number], ("", ""))
        found.append(Trouble(*first_open[number], STATES[state[number]].value, failure, reason))
    return tuple(found)


def _pace(table: Table, state: npt.NDArray[np.uint8], tally: Tally, now: float) -> tuple[float | None, float | None]:
    """Return run-days done an hour of late, and when the rest is done."""
    sizes = np.bincount(table.grid[0], minlength=len(table.names))
    noted = (tally.state == CODES[JobState.DONE]) & (tally.time > 0.0)
    if not noted.any():
        return None, None
    last = tally.time[noted].max()
    begin = max(tally.started, last - RECENT_SECONDS)
    done = sizes[noted & (tally.time >= begin)].sum()
    per_hour = float(done / max(last - begin, 1.0) * 3600.0)
    left = int(sizes[np.isin(state, [CODES[own] for own in OPEN])].sum())
    return per_hour, now + 3600.0 * left / per_hour if left and per_hour else None


def _cost(table: Table, tally: Tally) -> tuple[float, float | None]:
    """Return core hours so far, and for the whole batch when every run-day costs what those done did."""
    tasks = np.array(table.tasks, float)
    spent = tally.seconds * tasks / 3600.0
    sizes = np.bincount(table.grid[0], minlength=len(table.names))
    done = tally.state == CODES[JobState.DONE]
    if not sizes[done].sum():
        return float(spent.sum()), None
    return float(spent.sum()), float(spent[done].sum() / sizes[done].sum() * sizes.sum())
