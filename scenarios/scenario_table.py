"""Reading `scenarios.toml`: every entry checked, then each scenario with what it inherits, all faults at once."""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from aqcore.errors import Faults, did_you_mean
from scenarios.inflow import spelled_out
from scenarios.inheritance import inherited
from scenarios.measure import Measure
from scenarios.packages import packages
from scenarios.part_years import with_part_years
from scenarios.scenario import BASE, Scenario, base
from scenarios.scenario_entry import (
    FactorEntry,
    OverridesEntry,
    ScenarioEntry,
    ShiftEntry,
    TriggerEntry,
    WindowEntry,
)
from scenarios.set_entry import SET_ENTRY, set_scenarios
from scenarios.vocabulary import Vocabulary, check_names
from scenarios.window_checks import check_windows

#: The model of a nested table by its key, outer ones first.
NESTED: Mapping[str, type[BaseModel]] = {
    "windows": WindowEntry,
    "shifts": ShiftEntry,
    "factors": FactorEntry,
    "trigger": TriggerEntry,
}
Entry = TypeVar("Entry", bound=OverridesEntry)


def read_scenarios(
    path: Path,
    measures: Iterable[Measure] | None,
    vocabulary: Vocabulary,
    *,
    background_species: frozenset[str] | None = None,
) -> tuple[Scenario, ...]:
    """Return the scenarios of a file in its order, `base` first (added when the file does not name it).

    `background_species` are those of the city's inflow: what `background` and its groups may name. Names are not
    checked against `measures` or species that are None. Raises `InputError` with every fault: unknown keys and names,
    cyclic or missing `extends`, two values for one key, a measure listed twice, outside its years, or left out though
    it was never in.
    """
    faults = Faults()
    document = _document(path, faults)
    entries = {f"{path.name}:{entry.name}": entry for entry in _entries(path, document, faults)}
    entries = {where: _with_species(where, entry, background_species, faults) for where, entry in entries.items()}
    known = {measure.id: measure for measure in measures or ()}
    for where, entry in entries.items():
        _check_names(where, entry, None if measures is None else known, vocabulary, faults)
    scenarios = inherited(entries, faults, packages())
    for scenario in scenarios:
        _check_years(scenario, known, faults)
        check_names(faults, f"{scenario.where}:rollout", scenario.rollout, scenario.measures)
    scenarios = [with_part_years(scenario, known) for scenario in scenarios]
    for scenario in scenarios:
        check_windows(scenario, faults)
    made = _sets(path, document, scenarios, vocabulary, faults)
    faults.raise_if_any()
    return (*_base_first(scenarios), *made)


def _sets(
    path: Path, document: Mapping[str, Any], scenarios: list[Scenario], vocabulary: Vocabulary, faults: Faults
) -> list[Scenario]:
    """Return the scenarios of every `[[set]]`; names that stand already are noted."""
    named = {scenario.name: scenario for scenario in scenarios}
    made: dict[str, Scenario] = {}
    for number, table in enumerate(document.get("set", []), 1):
        where = f"{path.name}:set {number}"
        try:
            entry = SET_ENTRY.validate_python(table)
        except ValidationError as error:
            _note(where, error, faults)
            continue
        for scenario in set_scenarios(where, entry, named, vocabulary, faults):
            if scenario.name in named or scenario.name in made:
                faults.add(where, f"makes {scenario.name!r}, which stands already", "rename that, or leave one out")
            made[scenario.name] = scenario
    return list(made.values())


def _base_first(scenarios: list[Scenario]) -> tuple[Scenario, ...]:
    """Return the base and then the others."""
    own = [scenario for scenario in scenarios if scenario.name == BASE]
    return (*(own or [base()]), *(scenario for scenario in scenarios if scenario.name != BASE))


def _document(path: Path, faults: Faults) -> dict[str, Any]:
    """Return what the file holds, nothing when it is no TOML; unknown tables are noted."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        faults.add(path.name, f"not valid TOML: {error}", "correct the line that is named")
        return {}
    for key in sorted(set(document) - {"scenario", "set"}):
        faults.add(f"{path.name}:{key}", "unknown table", "allowed: [[scenario]], [[set]]")
    return document


def _entries(path: Path, document: Mapping[str, Any], faults: Faults) -> list[ScenarioEntry]:
    """Return the valid entries of the file; the others are noted."""
    tables = document.get("scenario", [])
    entries = [entry for number, table in enumerate(tables, 1) if (entry := _entry(path.name, number, table, faults))]
    _check_unique(path.name, entries, faults)
    return entries


def _entry(file: str, number: int, table: Mapping[str, Any], faults: Faults) -> ScenarioEntry | None:
    """Return one entry; of a faulty one, after noting each fault, what can be checked further (None without a name)."""
    try:
        return ScenarioEntry.model_validate(table)
    except ValidationError as error:
        _note(f"{file}:{table.get('name', f'scenario {number}')}", error, faults)
        return _sound_part(table, error)


def _sound_part(table: Mapping[str, Any], error: ValidationError) -> ScenarioEntry | None:
    """Return an entry without its faulty keys, so that those who extend it and its other keys are checked as well."""
    faulty = {detail["loc"][0] for detail in error.errors(include_url=False)}
    try:
        return ScenarioEntry.model_validate({key: value for key, value in table.items() if key not in faulty})
    except ValidationError:
        return None


def _note(where: str, error: ValidationError, faults: Faults) -> None:
    """Note every fault that pydantic found in an entry."""
    for detail in error.errors(include_url=False):
        key = ".".join(str(part) for part in detail["loc"])
        faults.add(f"{where}:{key}", _finding(detail), _remedy(detail["type"], key))


def _finding(detail: ErrorDetails) -> str:
    """Return in our words what pydantic found."""
    plain = {"extra_forbidden": "unknown key", "missing": "the key is missing"}
    if detail["type"] == "value_error":
        return detail["msg"].removeprefix("Value error, ")
    return plain.get(detail["type"]) or f"{detail['msg']}, got {detail['input']!r}"


def _remedy(kind: str, key: str) -> str:
    """Return what to do about a fault that pydantic found."""
    if kind == "extra_forbidden":
        depth = [model for part, model in NESTED.items() if part in key.split(".")[:-1]]
        return did_you_mean(key.rsplit(".", 1)[-1], (depth or [ScenarioEntry])[-1].model_fields)
    return "give the missing key" if kind == "missing" else "correct the value"


def _check_unique(file: str, entries: list[ScenarioEntry], faults: Faults) -> None:
    """Note names that stand twice, and a base that is not empty."""
    names = [entry.name for entry in entries]
    for name in sorted({name for name in names if names.count(name) > 1}):
        faults.add(f"{file}:{name}", "the name stands more than once", "give each scenario its own name")
    for entry in entries:
        if entry.name == BASE and (
            entry.measures or entry.growth or entry.factors or entry.background or entry.extends or entry.windows
        ):
            faults.add(f"{file}:{BASE}", "the base changes something", "move its overrides to another scenario")


def _with_species(
    where: str, entry: ScenarioEntry, background_species: frozenset[str] | None, faults: Faults
) -> ScenarioEntry:
    """Return the entry with its factors on the inflow by single species."""
    windows = tuple(_spelled(f"{where}:{own.name}", own, background_species, faults) for own in entry.windows)
    return _spelled(where, entry, background_species, faults).model_copy(update={"windows": windows})


def _spelled(where: str, entry: Entry, species: frozenset[str] | None, faults: Faults) -> Entry:
    """Return an entry or a window of one with its factors on the inflow by single species."""
    background = spelled_out(entry.background, f"{where}:background", species, faults)
    return entry.model_copy(update={"background": background})


def _check_names(
    where: str,
    entry: ScenarioEntry,
    measures: Mapping[str, Measure] | None,
    vocabulary: Vocabulary,
    faults: Faults,
) -> None:
    """Note every unknown name of one entry, and measures listed twice."""
    check_names(faults, f"{where}:growth", entry.growth, vocabulary.sectors)
    _check_overrides(where, entry, measures, vocabulary, faults)
    for window in entry.windows:
        here = f"{where}:{window.name}"
        _check_overrides(here, window, measures, vocabulary, faults)
        check_names(faults, f"{here}:rollout", window.rollouts, window.measures)
        if window.ungraded:
            check_names(faults, f"{here}:ungraded", [window.ungraded], vocabulary.names["grades"])
        for number, shift in enumerate(window.shifts, 1):
            vocabulary.check(faults, f"{here}:shifts {number}", shift.target)
            check_names(faults, f"{here}:shifts {number}:pollutant", shift.pollutants, vocabulary.pollutants)
    names = [window.name for window in entry.windows]  # two of one name are one already in the scenario made of it
    for name in sorted({name for name in names if names.count(name) > 1}):
        faults.add(f"{where}:windows", f"two windows bear the name {name!r}", "give each its own")


def _check_overrides(
    where: str, entry: OverridesEntry, measures: Mapping[str, Measure] | None, vocabulary: Vocabulary, faults: Faults
) -> None:
    """Note unknown measures and targets, and measures listed twice."""
    if measures is not None:
        check_names(faults, f"{where}:measures", entry.measures, measures)
    for name in sorted({name for name in entry.measures if entry.measures.count(name) > 1}):
        faults.add(f"{where}:measures", f"{name!r} stands more than once", "list it once")
    for number, factor in enumerate(entry.factors, 1):
        here = f"{where}:factors {number}"
        for direct in factor.direct_factors(here)[:1]:
            vocabulary.check(faults, here, direct.target)
        check_names(faults, f"{here}:pollutant", factor.pollutants, vocabulary.pollutants)


def _check_years(scenario: Scenario, measures: Mapping[str, Measure], faults: Faults) -> None:
    """Note measures that do not work in the scenario's year."""
    for name in (*scenario.measures, *(name for plan in scenario.windows for name in plan.measures)):
        measure = measures.get(name)
        if measure is not None and not measure.active(scenario.year):
            what = f"{name} works from {measure.start or '...'} to {measure.end or '...'}, not in {scenario.year}"
            faults.add(f"{scenario.where}:measures", what, "leave it out or change its years")
