"""What each rule of a scenario reached and removed, and the faults of reach: nothing reached, exclusion broken."""

from collections.abc import Container, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from aqcore.errors import Faults
from emissions.inventory import Inventory
from scenarios.library import house_vocabulary
from scenarios.rules import Rule, remaining_of
from scenarios.shapley import shapley_removed
from scenarios.source_groups import SourceGroups, distinct_columns, summed
from scenarios.vocabulary import for_inventory

FloatArray = npt.NDArray[np.float64]
REACH_COLUMNS = ("scenario", "measure", "pollutant", "given", "flag", "sources", "mass_before_t", "removed_t")


def check_targets(rules: Iterable[tuple[Rule, ...]], inventory: Inventory, faults: Faults) -> None:
    """Note target names that the inventory does not have, each rule once."""
    vocabulary = for_inventory(inventory.sources, house_vocabulary())
    distinct = {(rule.name, rule.target): rule for own in rules for rule in own}
    for rule in distinct.values():
        vocabulary.check(faults, rule.where or rule.name, rule.target)


def check_reach(
    where: str,
    rules: Sequence[Rule],
    groups: SourceGroups,
    inventory: Inventory,
    faults: Faults,
    *,
    optional: Container[str] = (),
) -> None:
    """Note rules that reach no emission; those of `optional` names (of a package) may find nothing in a city."""
    emitting = groups.reach_of([rule.target for rule in rules]).astype(float) @ groups.emitting
    for rule, sources in zip(rules, emitting, strict=True):
        columns = [number for number, name in enumerate(inventory.pollutants) if name in rule.given]
        if rule.name not in optional and not sources[columns].any():
            fitting = f"{groups.size[groups.reach(rule.target)].sum()} sources fit {rule.target}"
            what = f"{rule.name} reaches nothing: {fitting}, none emits {', '.join(sorted(rule.given))}"
            faults.add(where, what, "correct its target or leave it out of the scenario")


def check_exclusive(
    where: str, rules: Sequence[Rule], groups: SourceGroups, inventory: Inventory, faults: Faults
) -> None:
    """Note measures of one exclusive group that meet on a source."""
    for group in sorted({rule.group for rule in rules if rule.group}):
        _check_group(where, group, [rule for rule in rules if rule.group == group], groups, inventory, faults)


def _check_group(
    where: str,
    group: str,
    rules: Sequence[Rule],
    groups: SourceGroups,
    inventory: Inventory,
    faults: Faults,
) -> None:
    """Note sources that two measures of one exclusive group reach."""
    reached = np.array([groups.reach(rule.target) for rule in rules])
    shared = reached.sum(axis=0) > 1
    if not shared.any():
        return
    names = ", ".join(rule.name for rule, own in zip(rules, reached, strict=True) if (own & shared).any())
    example = inventory.sources.index[np.flatnonzero(shared[groups.of_source])[0]]
    what = (
        f"{names} exclude each other (group {group!r}) but meet on {groups.size[shared].sum()} sources, e.g. {example}"
    )
    faults.add(where, what, "narrow one target or leave one measure out")


def reach_rows(
    name: str, rules: Sequence[Rule], before: FloatArray, groups: SourceGroups, pollutants: Sequence[str]
) -> list[dict[str, Any]]:
    """Return a row for each (rule, pollutant) of a scenario; `before` is the grown mass (group, pollutant) in t/a."""
    reached = groups.reach_of([rule.target for rule in rules])
    sources = reached.astype(float) @ groups.emitting
    reached_mass = reached.astype(float) @ before
    distinct, of_group = distinct_columns(reached)
    merged = summed(before, of_group, distinct.shape[1])
    removed = shapley_removed(distinct, remaining_of(rules, pollutants), merged)
    return [
        {
            "scenario": name,
            "measure": rule.name,
            "pollutant": pollutant,
            "given": pollutant in rule.given,
            "flag": rule.flags.get(pollutant, ""),
            "sources": int(sources[number, column]),
            "mass_before_t": float(reached_mass[number, column]),
            "removed_t": float(removed[number, column]),
        }
        for number, rule in enumerate(rules)
        for column, pollutant in enumerate(pollutants)
        if pollutant in rule.remaining
    ]
