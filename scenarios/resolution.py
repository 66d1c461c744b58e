"""From scenarios and measures to the control table: the product of the remaining fractions that reach a source."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from aqcore.errors import Faults, did_you_mean
from emissions.inventory import Inventory
from emissions.profiles import TimeProfiles
from scenarios.control_table import ControlTable
from scenarios.emergency import Grading
from scenarios.library import measure_library
from scenarios.measure import Measure
from scenarios.nesting import check_nesting
from scenarios.reach import REACH_COLUMNS, check_exclusive, check_reach, check_targets, reach_rows
from scenarios.rules import rules_of
from scenarios.scenario import BASE, Scenario, base
from scenarios.source_groups import SourceGroups, controlled, group_sources
from scenarios.window_resolution import Setting, resolve_windows, window_rules

FloatArray = npt.NDArray[np.float64]


def resolve(
    scenarios: Iterable[Scenario],
    measures: Iterable[Measure],
    inventory: Inventory,
    *,
    grading: Grading | None = None,
    profiles: TimeProfiles | None = None,
) -> ControlTable:
    """Return the factors of every scenario on every source and pollutant; the base comes first and is exactly 1.

    factor = growth of the sector x product over the rules that reach the source of their remaining fraction (law 4).
    What acts in windows only stands apart (`ControlTable.windows`); `grading` is the table of alerts (the shipped one
    when None), `profiles` the daily cycles along which work is moved to other hours (the shipped ones when None).
    Raises `InputError` with every fault: unknown names, a rule that reaches nothing, two measures of one exclusive
    group on one source, growth of a sector without sources, particles that come out larger than what holds them,
    windows that contradict each other.
    """
    faults = Faults()
    chosen = _with_base(scenarios, faults)
    known = _known(measures, chosen)
    _check_measures(chosen, known, faults)
    rules = {scenario.name: rules_of(scenario, known) for scenario in chosen}
    plans = window_rules(chosen, known, inventory, grading)
    check_targets([*rules.values(), *(own for _, own in plans.values())], inventory, faults)
    every = [rule.target for own in (*rules.values(), *(own for _, own in plans.values())) for rule in own]
    groups = group_sources(inventory, every)
    mass, factors = inventory.mass.to_numpy(), np.ones((len(chosen), *inventory.mass.shape))
    reach: list[dict[str, Any]] = []
    for number, scenario in enumerate(chosen):
        own, where = rules[scenario.name], scenario.place
        check_reach(where, own, groups, inventory, faults, optional=scenario.optional)
        check_exclusive(where, own, groups, inventory, faults)
        growth = _growth(scenario, groups, faults)
        factors[number] = (growth[:, None] * controlled(own, groups, inventory.pollutants))[groups.of_source]
        check_nesting(scenario.place, [rule.name for rule in own], inventory, mass, factors[number], faults)
        reach += reach_rows(scenario.name, own, growth[:, None] * groups.mass, groups, inventory.pollutants)
    setting = Setting(inventory, groups, rules, plans, profiles)
    windows, window_reach = resolve_windows(chosen, factors, setting, faults)
    faults.raise_if_any()
    return ControlTable(
        chosen, _as_array(chosen, inventory, factors), _background(chosen),
        pd.DataFrame(reach, columns=REACH_COLUMNS), windows, window_reach,
    )  # fmt: skip


def _with_base(scenarios: Iterable[Scenario], faults: Faults) -> tuple[Scenario, ...]:
    """Return the scenarios with the base in front; names that repeat and a base that changes something are faults."""
    given = list(scenarios)
    names = [scenario.name for scenario in given]
    for name in sorted({name for name in names if names.count(name) > 1}):
        faults.add(f"scenario {name}", "the name stands more than once", "give each scenario its own name")
    own = [scenario for scenario in given if scenario.name == BASE]
    if own and not own[0].is_base:
        faults.add(f"scenario {BASE}", "the base changes something", "move its overrides to another scenario")
    faults.raise_if_any()
    return (*(own or [base()]), *(scenario for scenario in given if scenario.name != BASE))


def _known(measures: Iterable[Measure], scenarios: Sequence[Scenario]) -> dict[str, Measure]:
    """Return the measures by id; those of packages come from the shipped library unless the city has its own."""
    wanted = frozenset().union(*(scenario.optional for scenario in scenarios))
    shipped = {own.id: own for own in measure_library() if own.id in wanted} if wanted else {}
    return {**shipped, **{own.id: own for own in measures}}


def _check_measures(scenarios: Sequence[Scenario], known: Mapping[str, Measure], faults: Faults) -> None:
    """Stop when a scenario names a measure that does not exist."""
    for scenario in scenarios:
        for name in scenario.measures:
            if name not in known:
                faults.add(f"{scenario.place}:measures", f"{name!r} is unknown", did_you_mean(name, known))
        for plan in scenario.windows:
            for name in plan.measures:
                if name not in known:
                    where = f"{scenario.place}:{plan.name}:measures"
                    faults.add(where, f"{name!r} is unknown", did_you_mean(name, known))
    faults.raise_if_any()


def _growth(scenario: Scenario, groups: SourceGroups, faults: Faults) -> FloatArray:
    """Return the growth of each group's sector: (group); growth of a sector without sources is a fault."""
    present = set(groups.sector.tolist())
    for sector in scenario.growth:
        if sector not in present:
            remedy = did_you_mean(sector, sorted(present))
            faults.add(f"{scenario.place}:growth", f"{sector!r} has no sources in the inventory", remedy)
    return np.array([scenario.growth.get(sector, 1.0) for sector in groups.sector.tolist()], dtype=float)


def _as_array(scenarios: Sequence[Scenario], inventory: Inventory, factors: FloatArray) -> xr.DataArray:
    """Return the factors with their labels: (scenario, source, pollutant)."""
    names = np.array([scenario.name for scenario in scenarios], dtype=object)
    coords = {"scenario": names, "source": inventory.mass["source"], "pollutant": inventory.mass["pollutant"]}
    return xr.DataArray(factors, coords, ("scenario", "source", "pollutant"), "factor", {"units": "1"})


def _background(scenarios: Sequence[Scenario]) -> xr.DataArray:
    """Return the factors on the inflow: (scenario, species) over the species that any scenario names, 1 elsewhere."""
    species = sorted({name for scenario in scenarios for name in scenario.background})
    values = [[scenario.background.get(name, 1.0) for name in species] for scenario in scenarios]
    names = np.array([scenario.name for scenario in scenarios], dtype=object)
    coords = {"scenario": names, "species": np.array(species, dtype=object)}
    array = np.array(values, dtype=float).reshape(len(scenarios), len(species))
    return xr.DataArray(array, coords, ("scenario", "species"), "background_factor", {"units": "1"})
