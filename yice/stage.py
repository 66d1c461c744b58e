"""A stage of the pipeline: what it reads, what it writes, and whether it is up to date."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from aqcore.provenance import Stamp, file_hash, value_hash
from aqcore.publish import publish_text

STAMPS = ".stages"
"""Folder of the stamps inside the work folder."""

PACKAGES = ("aqcore", "observations", "emissions", "scenarios", "drivers", "hpc", "evaluation", "roadmap", "yice")
SOURCE_SUFFIXES = (".py", ".csv", ".toml", ".j2", ".css", ".js")


@dataclass(frozen=True)
class Stage:
    """One step of the pipeline.

    `inputs` returns what the result depends on (name -> hash), `act` does the work, `outputs`
    names the files and folders, relative to the work folder, that must exist afterwards.
    """

    name: str
    inputs: Callable[[], Mapping[str, str]]
    act: Callable[[], None]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class StageResult:
    """What happened to a stage: it ran (seconds) or was up to date."""

    name: str
    ran: bool
    seconds: float


@cache
def code_hash() -> str:
    """Return the hash of our own source and data tables: other code, other results."""
    roots = [Path(str(files(package))) for package in PACKAGES]
    sources = [file for root in roots for file in sorted(root.rglob("*")) if file.suffix in SOURCE_SUFFIXES]
    return value_hash([[file.name, file_hash(file)] for file in sources])


def files_hash(paths: Iterable[Path]) -> dict[str, str]:
    """Return name -> content hash of existing files."""
    return {path.name: file_hash(path) for path in paths if path.exists()}


def stamp_path(work: Path, name: str) -> Path:
    """Return the file of a stage's stamp."""
    return work / STAMPS / f"{name}.json"


def up_to_date(stage: Stage, work: Path, inputs: Mapping[str, str]) -> bool:
    """Return whether the stage's stamp holds the same inputs and all its outputs exist."""
    path = stamp_path(work, stage.name)
    if not path.exists():
        return False
    same = dict(Stamp.read(path).inputs) == dict(inputs)
    return same and all((work / name).exists() for name in stage.outputs)


def perform(stage: Stage, work: Path, *, force: bool = False) -> StageResult:
    """Run a stage unless it is up to date, and stamp it when it has ended well."""
    inputs = {"code": code_hash(), **stage.inputs()}
    if not force and up_to_date(stage, work, inputs):
        return StageResult(stage.name, ran=False, seconds=0.0)
    stamp_path(work, stage.name).unlink(missing_ok=True)
    start = time.perf_counter()
    stage.act()
    publish_text(stamp_path(work, stage.name), Stamp.now(stage.name, inputs, stage.outputs).to_json())
    return StageResult(stage.name, ran=True, seconds=time.perf_counter() - start)


def stamp_hash(work: Path, name: str) -> str:
    """Return the hash of what an earlier stage read, or "" when it has not run."""
    path = stamp_path(work, name)
    return value_hash(dict(Stamp.read(path).inputs)) if path.exists() else ""
