"""Which part of a CMAQ mechanism a reaction belongs to, told by its label; a box needs only some of the parts."""

import csv
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from drivers.box_model.mechanism import Reaction

CORE = "core"


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    text = files("drivers.box_model").joinpath("data/reaction_groups.csv").read_text(encoding="utf-8")
    return tuple((re.compile(row["label_pattern"]), row["group"]) for row in csv.DictReader(text.splitlines()))


@cache
def _counter_names() -> frozenset[str]:
    text = files("drivers.box_model").joinpath("data/species.csv").read_text(encoding="utf-8")
    return frozenset(row["species"] for row in csv.DictReader(text.splitlines()) if row["kind"] == "counter")


def group_of(label: str) -> str:
    """Return the group of a reaction label after `data/reaction_groups.csv`; a label of no pattern is `core`."""
    return next((group for pattern, group in _patterns() if pattern.fullmatch(label)), CORE)


def counters_of(reactions: Iterable[Reaction]) -> frozenset[str]:
    """Return those species of `data/species.csv` with kind `counter` that the reactions name."""
    named = {s for r in reactions for s in (*r.reactants, *(p for p, _ in r.products))}
    return frozenset(named & _counter_names())
