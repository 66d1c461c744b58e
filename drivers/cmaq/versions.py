"""What differs between versions of CCTM, as a table (`data/versions.csv`) and not as branches of code."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from aqcore.errors import Fault, InputError, did_you_mean


@dataclass(frozen=True)
class Version:
    """One version of CCTM: its items of `data/versions.csv`."""

    name: str
    items: Mapping[str, str]

    def item(self, name: str) -> str:
        """Return one item as text."""
        return self.items[name]

    def listed(self, name: str) -> tuple[str, ...]:
        """Return an item that is a list."""
        return tuple(part for part in self.items[name].split(";") if part)

    def has(self, name: str) -> bool:
        """Return an item that is Y or N."""
        return self.items[name] == "Y"


class Setting(NamedTuple):
    """One environment variable with our default, the group that it stands in, and the reason."""

    variable: str
    value: str
    group: str
    why: str


def rows_of(table: str) -> list[dict[str, str]]:
    """Return the rows of a table of this package's `data` folder."""
    text = (files("drivers.cmaq") / "data" / table).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def versions() -> Mapping[str, Version]:
    """Return the known versions by name."""
    rows = rows_of("versions.csv")
    names = [name for name in rows[0] if name[0].isdigit()]
    return {name: Version(name, {row["item"]: row[name] for row in rows}) for name in names}


def version(name: str) -> Version:
    """Return a version. Raises InputError for one that is not known."""
    known = versions()
    if name not in known:
        raise InputError([Fault("cmaq.version", f"CMAQ {name!r} is not known", did_you_mean(name, known))])
    return known[name]


@cache
def default_environment(name: str, kind: str = "plain") -> tuple[Setting, ...]:
    """Return our defaults of the environment for a version and kind of run, in the order of the run script."""
    return tuple(
        Setting(row["variable"], row["value"], row["group"], row["why"])
        for row in rows_of("environment.csv")
        if row["runs"] in {"all", kind} and (row["versions"] == "all" or name in row["versions"].split(";"))
    )
