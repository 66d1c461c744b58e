"""What a scenario does to emissions, as rules: a measure is one, the direct factors on one target are one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from scenarios.coupling import with_components
from scenarios.measure import Measure
from scenarios.scenario_factor import DirectFactor
from scenarios.target import Target


@dataclass(frozen=True)
class Rule:
    """Remaining fractions by pollutant on the sources of a target.

    `name` is the measure's id, or `factor <target>`; `given` are the pollutants that it states itself, the others
    follow their parent. `flags` says how sure each number is. `group` is the exclusive group, empty for none.
    """

    name: str
    target: Target
    remaining: Mapping[str, float] = field(hash=False)
    given: frozenset[str]
    flags: Mapping[str, str] = field(default_factory=dict, hash=False)
    group: str = ""
    where: str = ""


class Overrides(Protocol):
    """What rules are made of: a scenario, or one of its windows."""

    @property
    def measures(self) -> tuple[str, ...]:
        """Identifiers of measures."""

    @property
    def rollout(self) -> Mapping[str, float]:
        """The stage of the roll-out by measure."""

    @property
    def factors(self) -> tuple[DirectFactor, ...]:
        """Direct factors."""


def rules_of(scenario: Overrides, measures: Mapping[str, Measure]) -> tuple[Rule, ...]:
    """Return the rules of a scenario or window, ordered by name, so that no order of writing can matter."""
    rules = [_measure_rule(measures[name], scenario.rollout.get(name, 1.0)) for name in scenario.measures]
    return tuple(sorted([*rules, *_factor_rules(scenario)], key=lambda rule: rule.name))


def remaining_of(rules: Sequence[Rule], pollutants: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return what each rule leaves of what it reaches: (rule, pollutant), 1 for what it does not touch."""
    table = [[rule.remaining.get(pollutant, 1.0) for pollutant in pollutants] for rule in rules]
    return np.array(table, dtype=float).reshape(len(rules), len(pollutants))


def _measure_rule(measure: Measure, rollout: float) -> Rule:
    """Return the rule of one measure at a stage of its roll-out."""
    remaining = measure.remaining(rollout)
    given = frozenset(measure.effects) | ({"CO2"} & set(remaining))
    flags = {pollutant: measure.certainty(pollutant) for pollutant in remaining}
    return Rule(measure.id, measure.target, remaining, given, flags, measure.group, measure.where)


def factor_rule(target: Target) -> str:
    """Return the name of the rule of the direct factors on a target."""
    return f"factor {target}"


def _factor_rules(scenario: Overrides) -> list[Rule]:
    """Return one rule a target of the direct factors; several factors on one key multiply (a matrix on a scenario)."""
    targets: dict[Target, dict[str, float]] = {}
    places: dict[Target, str] = {}
    for direct in scenario.factors:
        own = targets.setdefault(direct.target, {})
        own[direct.pollutant] = own.get(direct.pollutant, 1.0) * direct.factor
        places.setdefault(direct.target, direct.where)
    return [
        Rule(factor_rule(target), target, with_components(own), frozenset(own), where=places[target])
        for target, own in targets.items()
    ]
