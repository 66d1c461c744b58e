"""The manifest of a scenario's runs (`run.json`): what was written, from what, for whoever checks or reads it later."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from aqcore.errors import Fault, InputError
from drivers.cmaq.segments import HOURS, Segment
from drivers.cmaq.settings import Kind

MANIFEST = "run.json"


@dataclass(frozen=True)
class SegmentRun:
    """One execution: its day, the folder of the one it continues, the chunk that a spin-up day leads to, its hours.

    `plan` is the number of the day's plan: its slice of the expected emissions. `environment` is what it gets.
    """

    day: str
    previous: str
    environment: Mapping[str, str]
    chunk: str = ""
    hour: int = 0
    hours: int = HOURS
    plan: int = 0

    @classmethod
    def of(cls, segment: Segment, environment: Mapping[str, str], plan: int) -> "SegmentRun":
        """Return the run of a segment."""
        chunk = segment.chunk.isoformat() if segment.chunk else ""
        return cls(segment.day.isoformat(), segment.previous, environment, chunk, segment.hour, segment.hours, plan)

    @cached_property
    def segment(self) -> Segment:
        """The segment."""
        chunk = date.fromisoformat(self.chunk) if self.chunk else None
        return Segment(date.fromisoformat(self.day), self.previous, chunk, self.hour, self.hours)


@dataclass(frozen=True)
class Manifest:
    """A scenario's runs: names, identity (hash of all that decides them), ranks, emission methods, segments.

    `kind` is plain, isam or ddm; `methods` says for each stream `desid` (base file, scaled by rules), `file`
    (rewritten, on some day at least) or `base` (unchanged).
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
    kind: Kind = "plain"

    def text(self) -> str:
        """Return the manifest as JSON; what the environment of all days has in common stands once."""
        common = _common([run.environment for run in self.runs])
        runs = [_reduced(run, common) for run in self.runs]
        head = {
            "driver": "cmaq", "scenario": self.scenario, "kind": self.kind, "identity": self.identity,
            "version": self.version, "mechanism": self.mechanism, "grid": self.grid, "ranks": self.ranks,
            "command": self.command, "methods": self.methods,
        }  # fmt: skip
        return json.dumps({**head, "environment": common, "runs": runs}, ensure_ascii=False) + "\n"

    def folder(self, run: Path, part: SegmentRun) -> Path:
        """Return the folder of an execution below the scenario's folder."""
        return run / part.segment.name

    def read_runs(self) -> tuple[SegmentRun, ...]:
        """Return the executions whose outputs count: those that are no spin-up."""
        return tuple(run for run in self.runs if not run.chunk)


def _common(environments: Sequence[Mapping[str, str]]) -> dict[str, str]:
    first, *others = environments
    if not others:
        return dict(first)
    shared = first.items() & set.intersection(*(set(other.items()) for other in others))
    return {name: value for name, value in first.items() if (name, value) in shared}


def _reduced(run: SegmentRun, common: Mapping[str, str]) -> dict[str, Any]:
    own = {name: value for name, value in run.environment.items() if name not in common}
    return {"day": run.day, "previous": run.previous, "environment": own, "chunk": run.chunk, "hour": run.hour,
            "hours": run.hours, "plan": run.plan}  # fmt: skip


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a scenario's folder. Raises InputError when there is none or it is not one of ours."""
    path = folder / MANIFEST
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        common = raw.pop("environment")
        runs = tuple(SegmentRun(**{**one, "environment": {**common, **one["environment"]}}) for one in raw.pop("runs"))
        raw.pop("driver")
        return Manifest(**{**raw, "command": tuple(raw["command"]), "runs": runs})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError([Fault(str(path), f"no manifest of a CMAQ run ({error})", "write the run again")]) from error
