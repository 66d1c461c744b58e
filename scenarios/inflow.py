"""Factors on the inflow written shortly: a species, a group of species (`VOC`), or a pattern (`PM25_*`)."""

import csv
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files

from aqcore.errors import Faults, did_you_mean

#: Which way of writing wins where several reach one species, nearest first.
WAYS = ("species", "group", "pattern")


@cache
def background_groups() -> Mapping[str, tuple[str, ...]]:
    """Return the species of each group of the inflow (`data/background_groups.csv`)."""
    text = files("scenarios").joinpath("data/background_groups.csv").read_text(encoding="utf-8")
    groups: dict[str, tuple[str, ...]] = {}
    for row in csv.DictReader(text.splitlines()):
        groups[row["group"]] = (*groups.get(row["group"], ()), row["species"])
    return groups


def spelled_out(
    factors: Mapping[str, float], where: str, species: frozenset[str] | None, faults: Faults
) -> dict[str, float]:
    """Return the factor of every single species; a species' own factor wins over its group's, that over a pattern's.

    `species` are those of the city's inflow; None takes those of the shipped groups, and any other name as a species.
    Names that mean nothing, patterns that match nothing, and two factors of one rank on a species are noted.
    """
    found: dict[str, tuple[int, str, float]] = {}
    for key, factor in factors.items():
        rank, reached = _reached(key, species)
        if not reached:
            faults.add(f"{where}:{key}", f"{key!r} is unknown", did_you_mean(key, _names(species)))
        for name in reached:
            before = found.get(name)
            if before is not None and before[0] == rank and before[2] != factor:
                what = f"{name} is {before[2]:g} by {before[1]} and {factor:g} here"
                faults.add(f"{where}:{key}", what, f"state {name} itself")
            if before is None or rank < before[0]:
                found[name] = (rank, key, factor)
    return {name: factor for name, (_, _, factor) in found.items()}


def _reached(key: str, species: frozenset[str] | None) -> tuple[int, tuple[str, ...]]:
    """Return how a key is written (its rank in `WAYS`) and the species it reaches, in a fixed order."""
    known = _all_species() if species is None else tuple(sorted(species))
    if "*" in key:
        return WAYS.index("pattern"), tuple(name for name in known if fnmatchcase(name, key))
    if key in background_groups() and key not in known:
        return WAYS.index("group"), _known(background_groups()[key], species)
    return WAYS.index("species"), _known((key,), species)


def _known(names: Iterable[str], species: frozenset[str] | None) -> tuple[str, ...]:
    return tuple(name for name in names if species is None or name in species)


def _names(species: frozenset[str] | None) -> list[str]:
    """Return the species and groups that mean something in a city's inflow, sorted."""
    groups = [name for name, members in background_groups().items() if _known(members, species)]
    return sorted({*(_all_species() if species is None else species), *groups})


@cache
def _all_species() -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for names in background_groups().values() for name in names))
