"""From the windows of scenarios to factors that act in them, and what contradicts itself among them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd

from aqcore.errors import Faults
from emissions.inventory import Inventory
from emissions.profiles import TimeProfiles, default_time_profiles
from scenarios.control_table import DAYS_PER_YEAR, WINDOW_REACH_COLUMNS
from scenarios.emergency import Grading, emergency_rules, shipped_grading
from scenarios.measure import Measure
from scenarios.nesting import check_nesting
from scenarios.reach import check_exclusive, check_reach, reach_rows
from scenarios.rules import Rule, rules_of
from scenarios.scenario import Scenario
from scenarios.shifting import check_shifts, shift_factors
from scenarios.source_groups import SourceGroups, controlled, summed
from scenarios.window_checks import check_windows
from scenarios.window_factors import WindowFactors
from scenarios.window_plan import WindowPlan

FloatArray = npt.NDArray[np.float64]
#: The rules of each window, by (scenario, window).
PlanRules = Mapping[tuple[str, str], tuple[WindowPlan, tuple[Rule, ...]]]


@dataclass(frozen=True, eq=False)
class Setting:
    """What all windows of a control table share."""

    inventory: Inventory
    groups: SourceGroups
    rules: Mapping[str, tuple[Rule, ...]]
    plans: PlanRules
    profiles: TimeProfiles | None


def window_rules(
    scenarios: Sequence[Scenario], measures: Mapping[str, Measure], inventory: Inventory, grading: Grading | None
) -> PlanRules:
    """Return the rules of every window: measures, direct factors, and what an alert asks of each industry and grade."""
    found = {}
    for scenario in scenarios:
        for plan in scenario.windows:
            own = rules_of(plan, measures)
            if plan.emergency:
                table = shipped_grading() if grading is None else grading
                own += emergency_rules(
                    plan.emergency, inventory.sources, inventory.pollutants, table, ungraded=plan.ungraded
                )
            found[scenario.name, plan.name] = (plan, own)
    return found


def resolve_windows(
    scenarios: Sequence[Scenario], factors: FloatArray, setting: Setting, faults: Faults
) -> tuple[tuple[WindowFactors, ...], pd.DataFrame]:
    """Return the factors of all windows, and their reach; `factors` (scenario, source, pollutant) act all year."""
    found: list[WindowFactors] = []
    reach: list[pd.DataFrame] = []
    for scenario, permanent in zip(scenarios, factors, strict=True):
        if scenario.windows:
            _check_plans(scenario, setting, faults)
        for plan in scenario.windows:
            own, rows = _resolved(scenario, plan, permanent, setting, faults)
            found += own
            reach.append(rows)
    empty = pd.DataFrame(columns=list(WINDOW_REACH_COLUMNS))
    return tuple(found), pd.concat(reach, ignore_index=True) if reach else empty


def _resolved(
    scenario: Scenario, plan: WindowPlan, permanent: FloatArray, setting: Setting, faults: Faults
) -> tuple[list[WindowFactors], pd.DataFrame]:
    """Return the factors and the reach of one window."""
    _, rules = setting.plans[scenario.name, plan.name]
    inventory, groups = setting.inventory, setting.groups
    where = f"{scenario.place}:{plan.name}"
    check_reach(where, rules, groups, inventory, faults, optional=scenario.optional)
    if plan.emergency and not any(rule.name.startswith(f"{plan.emergency} ") for rule in rules):
        remedy = "give enterprises their grade, or say `ungraded`"
        faults.add(where, f"the {plan.emergency} alert reaches no source: none has an industry and a grade", remedy)
    values = controlled(rules, groups, inventory.pollutants)[groups.of_source]
    found = [WindowFactors(scenario.name, plan.window, values, plan.background)]
    if plan.shifts:
        profiles = setting.profiles or _shipped_profiles()
        found += shift_factors(scenario.name, plan, inventory, profiles, faults)
    all_year = inventory.mass.to_numpy() * permanent
    for own in found:
        check_nesting(where, [rule.name for rule in rules], inventory, all_year, own.left, faults)
    return found, _reach(scenario.name, plan.name, rules, all_year, setting)


@cache
def _shipped_profiles() -> TimeProfiles:
    return default_time_profiles()


def _reach(name: str, window: str, rules: Sequence[Rule], mass: FloatArray, setting: Setting) -> pd.DataFrame:
    """Return the reach of a window as a mean day of the year; `mass` (source, pollutant) in t/a acts all year."""
    groups = setting.groups
    before = summed(mass, groups.of_source, len(groups.size))
    rows = pd.DataFrame(reach_rows(name, rules, before, groups, setting.inventory.pollutants))
    if rows.empty:
        return pd.DataFrame(columns=list(WINDOW_REACH_COLUMNS))
    rows["window"] = window
    rows["before_t_per_d"] = rows["mass_before_t"] / DAYS_PER_YEAR
    rows["removed_t_per_d"] = rows["removed_t"] / DAYS_PER_YEAR
    return rows[list(WINDOW_REACH_COLUMNS)]


def _check_plans(scenario: Scenario, setting: Setting, faults: Faults) -> None:
    """Note windows of a scenario that contradict each other, or what acts all year."""
    check_windows(scenario, faults)
    rules = {plan.name: setting.plans[scenario.name, plan.name][1] for plan in scenario.windows}
    for plan in scenario.windows:
        where = f"{scenario.place}:{plan.name}"
        if plan.trigger is not None:
            what = f"which days have {plan.trigger} is not known here"
            faults.add(f"{where}:trigger", what, "name the modelled days first: scenarios.trigger")
        _check_exclusive(where, setting.rules[scenario.name], rules[plan.name], setting, faults)
    for one, other in combinations(scenario.windows, 2):
        if one.window.overlaps(other.window):
            _check_exclusive(f"{scenario.place}:{other.name}", rules[one.name], rules[other.name], setting, faults)
    check_shifts(scenario.windows, setting.inventory, scenario.name, faults)


def _check_exclusive(
    where: str, first: Sequence[Rule], second: Sequence[Rule], setting: Setting, faults: Faults
) -> None:
    """Note measures of one exclusive group on a source, one in each of two sets of rules (or both in the second)."""
    names = {rule.name for rule in first}
    both = [*first, *(rule for rule in second if rule.name not in names)]
    shared = {rule.group for rule in second if rule.group}
    check_exclusive(where, [rule for rule in both if rule.group in shared], setting.groups, setting.inventory, faults)
