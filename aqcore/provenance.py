"""Provenance: what a stage read (content hashes), with which version, and when."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

_BLOCK = 1 << 20


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file's content, or of all files under a folder with their names."""
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            if path.is_dir():
                digest.update(file.relative_to(path).as_posix().encode() + b"\0")
            _feed(digest, file)
    return digest.hexdigest()


def _feed(digest: Any, file: Path) -> None:
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)


def value_hash(value: Any) -> str:
    """Return the SHA-256 of a JSON-like value, whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Stamp:
    """What one stage read and wrote: names to hashes, the version, the time (UTC)."""

    stage: str
    inputs: Mapping[str, str]
    outputs: tuple[str, ...]
    version: str
    finished: str

    @classmethod
    def now(cls, stage: str, inputs: Mapping[str, str], outputs: Iterable[str]) -> "Stamp":
        """Return a stamp of this moment and this version of yice."""
        return cls(
            stage, dict(inputs), tuple(outputs), version("yice"), datetime.now(UTC).isoformat(timespec="seconds")
        )

    def to_json(self) -> str:
        """Return the stamp as JSON text."""
        return json.dumps(self.__dict__ | {"outputs": list(self.outputs)}, indent=1, ensure_ascii=False)

    @classmethod
    def read(cls, path: Path) -> "Stamp":
        """Read a stamp written by `to_json`."""
        raw = json.loads(path.read_text(encoding="utf-8"))
        return cls(raw["stage"], raw["inputs"], tuple(raw["outputs"]), raw["version"], raw["finished"])
