"""How all jobs of a batch stand according to its journal, as arrays; what was added up before is not read again."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hpc.job import JobState
from hpc.slurm.journal import Journal
from hpc.table import TABLE, Table

CACHE = ".tally.npz"
STATES = tuple(JobState)
CODES: Mapping[JobState, int] = {state: number for number, state in enumerate(STATES)}


@dataclass
class Tally:
    """Arrays over the jobs of a table: state (number in `STATES`), seconds of work, time when the end was noted.

    `reasons` are class and words of those that ended without success, by name; `started` is the first submission.
    """

    state: npt.NDArray[np.uint8]
    seconds: npt.NDArray[np.float64]
    time: npt.NDArray[np.float64]
    reasons: dict[str, tuple[str, str]] = field(default_factory=dict)
    started: float = 0.0

    @classmethod
    def empty(cls, count: int) -> "Tally":
        """Return the tally of jobs of which nothing is known."""
        return cls(np.full(count, CODES[JobState.PENDING], np.uint8), np.zeros(count), np.zeros(count))

    def take(self, events: Iterable[Mapping[str, Any]], index: Mapping[str, int]) -> None:
        """Add events; `index` is the number of each job by name, jobs that are not in it are of an older batch."""
        for event in events:
            kind = event["event"]
            if kind == "done":
                self._done(event, index)
            elif kind == "ended" and event["job"] in index:
                self._ended(event, index[event["job"]])
            elif kind == "intent":
                self.started = self.started or event["time"]
                self._again(event["units"], index)
            elif kind == "retry":
                self._again(event["jobs"], index)

    def _done(self, event: Mapping[str, Any], index: Mapping[str, int]) -> None:
        jobs = {name: seconds for name, seconds in event["jobs"].items() if name in index}
        numbers = np.fromiter((index[name] for name in jobs), np.int64, len(jobs))
        self.state[numbers] = CODES[JobState.DONE]
        self.seconds[numbers] += np.fromiter(jobs.values(), np.float64, len(jobs))
        self.time[numbers] = event["time"]

    def _ended(self, event: Mapping[str, Any], number: int) -> None:
        self.state[number] = CODES[JobState(event["state"])]
        self.seconds[number] += event.get("seconds", 0.0)
        self.time[number] = event["time"]
        self.reasons[event["job"]] = (event.get("failure", ""), event["reason"])

    def _again(self, names: Iterable[str], index: Mapping[str, int]) -> None:
        numbers = [index[name] for name in names if name in index]
        self.state[numbers] = CODES[JobState.PENDING]
        for name in self.reasons.keys() & set(names):
            del self.reasons[name]


def read_tally(folder: Path, table: Table) -> Tally:
    """Return the tally of the batch in a folder.

    It is kept in a file beside the journal; only what was written since is read. The file may be deleted at any time.
    """
    journal = Journal(folder)
    stamp, size = (folder / TABLE).stat().st_mtime_ns, journal.size()
    known, tally = _kept(folder / CACHE, stamp, size, len(table.names))
    if known < size:
        tally.take(journal.events(known), table.index)
        _keep(folder / CACHE, stamp, size, tally)
    return tally


def _kept(path: Path, stamp: int, size: int, count: int) -> tuple[int, Tally]:
    """Return how many bytes of the journal are in the kept tally, and that tally."""
    if path.is_file():
        with np.load(path) as kept:
            own_stamp, own_size, started = kept["head"].tolist()
            if own_stamp == stamp and own_size <= size:
                reasons = {name: (pair[0], pair[1]) for name, pair in json.loads(str(kept["reasons"])).items()}
                return own_size, Tally(kept["state"], kept["seconds"], kept["time"], reasons, started / 1000.0)
    return 0, Tally.empty(count)


def _keep(path: Path, stamp: int, size: int, tally: Tally) -> None:
    part = path.with_name(f".part{path.name}")
    head = np.array([stamp, size, round(1000.0 * tally.started)], np.int64)
    with part.open("wb") as file:
        np.savez(
            file, head=head, reasons=np.array(json.dumps(tally.reasons)), state=tally.state, seconds=tally.seconds,
            time=tally.time,
        )  # fmt: skip
    part.replace(path)
