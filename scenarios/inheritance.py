"""What a scenario inherits by `extends`: the nearer value wins and is noted; parents that disagree are a fault."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from aqcore.errors import Faults, did_you_mean
from scenarios.rules import factor_rule
from scenarios.scenario import BASE, Scenario
from scenarios.scenario_entry import ScenarioEntry
from scenarios.scenario_factor import DirectFactor
from scenarios.window_plan import WindowPlan

#: What an override names, for instance ("growth", "ONROAD") or ("factor", (target, pollutant)).
Key = tuple[str, Any]


@dataclass
class _Settings:
    """The overrides of a scenario by key, its measures in order, and names of rules that may find nothing."""

    values: dict[Key, Any] = field(default_factory=dict)
    measures: dict[str, None] = field(default_factory=dict)
    optional: set[str] = field(default_factory=set)


def inherited(
    entries: Mapping[str, ScenarioEntry], faults: Faults, packages: Mapping[str, ScenarioEntry]
) -> list[Scenario]:
    """Return every scenario with what it inherits; `entries` are keyed by their place in the file.

    `packages` may be named in `extends` as well, unless the file has a scenario of that name.
    Missing and cyclic `extends`, contradicting overrides and a `without` that was never in are noted.
    """
    places = {entry.name: where for where, entry in entries.items()}
    done = {BASE: _Settings(), **{name: _package(entry) for name, entry in packages.items() if name not in places}}
    scenarios: dict[str, Scenario] = {}
    waiting = {entry.name: entry for entry in entries.values()}
    _check_parents(waiting, places, done, faults)
    while ready := [name for name, entry in waiting.items() if set(entry.extends) <= set(done) - {name}]:
        for name in ready:
            entry = waiting.pop(name)
            done[name], scenarios[name] = _resolved(entry, places[name], done, faults)
    _report_cycles(waiting, places, faults)
    return [scenarios[entry.name] for entry in entries.values() if entry.name in scenarios]


def _check_parents(
    entries: dict[str, ScenarioEntry], places: Mapping[str, str], shipped: Collection[str], faults: Faults
) -> None:
    """Note parents that do not exist; `shipped` are the base and the packages."""
    for name, entry in entries.items():
        for parent in entry.extends:
            if parent not in entries and parent not in shipped:
                remedy = did_you_mean(parent, [*entries, *shipped])
                faults.add(f"{places[name]}:extends", f"{parent!r} is no scenario", remedy)


def _report_cycles(waiting: Mapping[str, ScenarioEntry], places: Mapping[str, str], faults: Faults) -> None:
    """Note each circle among the scenarios that could not be resolved, once."""
    seen: set[str] = set()
    for name in waiting:
        path = _circle(name, waiting)
        if path and not seen & set(path):
            what = "extends itself: " + " -> ".join([*path, path[0]])
            faults.add(f"{places[path[0]]}:extends", what, "break the circle")
        seen |= set(path)


def _circle(start: str, waiting: Mapping[str, ScenarioEntry]) -> list[str]:
    """Return the circle that following unresolved parents from `start` ends in, empty when it ends elsewhere."""
    path = [start]
    while parent := next((name for name in waiting[path[-1]].extends if name in waiting), ""):
        if parent in path:
            return path[path.index(parent) :]
        path.append(parent)
    return []


def _resolved(
    entry: ScenarioEntry, where: str, done: Mapping[str, _Settings], faults: Faults
) -> tuple[_Settings, Scenario]:
    """Return the settings and the scenario of one entry whose parents are all resolved."""
    own = _own(entry, where, faults)
    settings = _parents(entry, where, own, done, faults)
    changes = tuple(
        f"{_spelled(key)}: {_shown(settings.values[key])} -> {_shown(value)}"
        for key, value in own.values.items()
        if key in settings.values and _shown(settings.values[key]) != _shown(value)
    )
    settings.values |= own.values
    settings.measures |= own.measures
    settings.optional -= set(own.measures)
    for name in entry.without:
        if settings.measures.pop(name, "missing") == "missing":
            faults.add(f"{where}:without", f"{name!r} is not inherited", did_you_mean(name, settings.measures))
        settings.values.pop(("rollout", name), None)
    return settings, _scenario(entry, where, settings, changes)


def _package(entry: ScenarioEntry) -> _Settings:
    """Return the settings of a package: nothing in it has to find something in a city."""
    settings = _own(entry, f"package {entry.name}", Faults())
    settings.optional = set(settings.measures)
    for key, plan in settings.values.items():
        if key[0] == "window":
            shifts = tuple(replace(shift, optional=True) for shift in plan.shifts)
            settings.values[key] = replace(plan, shifts=shifts, optional=True)
            settings.optional |= {*plan.measures, *(factor_rule(factor.target) for factor in plan.factors)}
    return settings


def _own(entry: ScenarioEntry, where: str, faults: Faults) -> _Settings:
    """Return the overrides that an entry itself states; two values for one key are a fault."""
    settings = _Settings(measures=dict.fromkeys(entry.measures))
    if entry.year is not None:
        settings.values["year", ""] = entry.year
    settings.values |= {("growth", sector): value for sector, value in entry.growth.items()}
    settings.values |= {("background", species): value for species, value in entry.background.items()}
    settings.values |= {("rollout", measure): value for measure, value in entry.rollouts.items()}
    settings.values |= {("window", window.name): window.plan(f"{where}:{window.name}") for window in entry.windows}
    for number, factors in enumerate(entry.factors, 1):
        for direct in factors.direct_factors(f"{where}:factors {number}"):
            key = ("factor", direct.key)
            if key in settings.values:
                what = f"{_spelled(key)} is {direct.factor:g} here and {_shown(settings.values[key])} before"
                faults.add(direct.where, what, "keep one of them")
            settings.values[key] = direct
    return settings


def _parents(
    entry: ScenarioEntry, where: str, own: _Settings, done: Mapping[str, _Settings], faults: Faults
) -> _Settings:
    """Return the parents' settings together; a key on which they differ and the child is silent is a fault."""
    together = _Settings()
    for parent in entry.extends:
        for key, value in done[parent].values.items():
            before = together.values.setdefault(key, value)
            if _shown(before) != _shown(value) and key not in own.values:
                what = f"{_spelled(key)} is {_shown(before)} or {_shown(value)} depending on the parent"
                faults.add(f"{where}:extends", what, f"state it in {entry.name!r} itself")
        together.measures |= done[parent].measures
        together.optional |= done[parent].optional
    return together


def _scenario(entry: ScenarioEntry, where: str, settings: _Settings, changes: tuple[str, ...]) -> Scenario:
    """Return the scenario that complete settings describe."""
    part = {kind: {key: value for (own, key), value in settings.values.items() if own == kind}
            for kind in ("growth", "background", "rollout", "factor", "window")}  # fmt: skip
    return Scenario(
        name=entry.name, title_zh=entry.title_zh or entry.title_en or entry.name,
        title_en=entry.title_en or entry.title_zh or entry.name, year=settings.values.get(("year", "")),
        measures=tuple(settings.measures), growth=part["growth"], factors=tuple(part["factor"].values()),
        background=part["background"], rollout=part["rollout"], windows=tuple(part["window"].values()),
        optional=frozenset(settings.optional), extends=entry.extends, changes=changes, where=where,
    )  # fmt: skip


def _spelled(key: Key) -> str:
    """Return a key in words."""
    kind, name = key
    return f"{kind} {name[1]} of {name[0]}" if kind == "factor" else f"{kind} {name}".strip()


def _shown(value: Any) -> str:
    """Return the value of an override as text."""
    if isinstance(value, WindowPlan):
        return str(value)
    return f"{value.factor:g}" if isinstance(value, DirectFactor) else f"{value:g}"
