"""What contradicts itself among the windows of a scenario, as far as their dates and names alone tell."""

from itertools import combinations

from aqcore.errors import Faults
from scenarios.scenario import Scenario
from scenarios.window_plan import WindowPlan


def check_windows(scenario: Scenario, faults: Faults) -> None:
    """Note windows that bear one name or do nothing, and what two windows of the same hours both do.

    Windows with a trigger are compared once their days are known.
    """
    names = [plan.name for plan in scenario.windows]
    for name in sorted({name for name in names if names.count(name) > 1}):
        faults.add(f"{scenario.place}:{name}", "two windows bear the name", "give each its own")
    for plan in scenario.windows:
        where = f"{scenario.place}:{plan.name}"
        if plan.is_empty:
            remedy = "give it measures, factors, background, emergency or shifts"
            faults.add(where, "nothing happens in the window", remedy)
        for name in sorted(set(plan.measures) & set(scenario.measures)):
            faults.add(where, f"{name!r} acts all year already", "leave it out of the window or of the scenario")
    for one, other in combinations(scenario.windows, 2):
        if not (one.trigger or other.trigger) and one.window.overlaps(other.window):
            _check_pair(f"{scenario.place}:{other.name}", one, other, faults)


def _check_pair(where: str, one: WindowPlan, other: WindowPlan, faults: Faults) -> None:
    """Note what two windows that meet both do."""
    if one.emergency and other.emergency:
        what = f"the {other.emergency} alert of {other.window} meets the {one.emergency} alert of {one.window}"
        faults.add(where, what, "let one end before the other begins")
    for name in sorted(set(one.measures) & set(other.measures)):
        faults.add(where, f"{name!r} acts in the window {one.name!r} of the same hours already", "keep one of them")
    keys = {factor.key for factor in one.factors}
    for factor in other.factors:
        if factor.key in keys:
            what = f"{factor.pollutant} of {factor.target} has a factor in {one.name!r} at the same hours"
            faults.add(factor.where or where, what, "keep one of them")
