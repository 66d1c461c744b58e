"""The manifest of a scenario's runs (`run.json`): what was written, from what, for whoever checks or reads it later."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from aqcore.errors import Fault, InputError
from drivers.cmaq.segments import Segment

MANIFEST = "run.json"


@dataclass(frozen=True)
class SegmentRun:
    """One execution: its day, the day before it in the chain, and the environment that it gets."""

    day: str
    previous: str
    environment: Mapping[str, str]

    @property
    def segment(self) -> Segment:
        """The segment."""
        return Segment(date.fromisoformat(self.day), date.fromisoformat(self.previous) if self.previous else None)


@dataclass(frozen=True)
class Manifest:
    """A scenario's runs: names, identity (hash of all that decides them), ranks, emission methods, segments.

    `methods` says for each stream `desid` (base file, scaled by rules), `file` (rewritten) or `base` (unchanged).
    """

    scenario: str
    identity: str
    version: str
    mechanism: str
    grid: str
    ranks: int
    command: tuple[str, ...]
    methods: Mapping[str, str]
    runs: tuple[SegmentRun, ...]

    def text(self) -> str:
        """Return the manifest as JSON."""
        return json.dumps({"driver": "cmaq", **asdict(self)}, indent=1, ensure_ascii=False) + "\n"

    def folder(self, run: Path, part: SegmentRun) -> Path:
        """Return the folder of an execution below the scenario's folder."""
        return run / part.segment.name


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a scenario's folder. Raises InputError when there is none or it is not one of ours."""
    path = folder / MANIFEST
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        runs = tuple(SegmentRun(**part) for part in raw.pop("runs"))
        raw.pop("driver")
        return Manifest(**{**raw, "command": tuple(raw["command"]), "runs": runs})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError([Fault(str(path), f"no manifest of a CMAQ run ({error})", "write the run again")]) from error
