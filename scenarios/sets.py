"""Sets of scenarios made by rule: one part of the city's emission changed at a time, and city against neighbours."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

from aqcore.errors import Faults
from scenarios.scenario import BASE, Scenario, base
from scenarios.scenario_factor import DirectFactor
from scenarios.target import Target

#: Changes are named in whole percent.
NOTHING_LEFT = -100


def zero_out(
    pollutants: Iterable[str],
    *,
    sectors: Iterable[str] = (),
    districts: Iterable[str] = (),
    parks: Iterable[str] = (),
    of: Scenario | None = None,
) -> list[Scenario]:
    """Return one scenario a sector, district and park with its `pollutants` at zero: `zero_POWER`, `zero_110105`."""
    return change(pollutants, [NOTHING_LEFT], sectors=sectors, districts=districts, parks=parks, of=of)


def change(
    pollutants: Iterable[str],
    percents: Sequence[int],
    *,
    sectors: Iterable[str] = (),
    districts: Iterable[str] = (),
    parks: Iterable[str] = (),
    of: Scenario | None = None,
) -> list[Scenario]:
    """Return one scenario a percentage and part of the city: `minus_20_POWER`, `plus_10_110105`, `zero_park_01`.

    Without any part the whole city changes (`minus_20_city`). Parks are numbered in the order given, their names stand
    in the titles. On top of a scenario other than the base its name stands in front. Raises `InputError` for a
    percentage below -100, of 0, or that repeats.
    """
    start, gases = of or base(), tuple(pollutants)
    _check(percents, gases)
    parts = [(name, name, Target(sectors=(name,))) for name in sectors]
    parts += [(name, name, Target(districts=(name,))) for name in districts]
    parts += [(f"park_{number:02d}", name, Target(parks=(name,))) for number, name in enumerate(parks, 1)]
    parts = parts or [("city", "city", Target())]
    return [_changed(start, percent, *part, gases) for percent in percents for part in parts]


def joint(of: Scenario) -> list[Scenario]:
    """Return the two halves of a scenario of regional joint control: `<name>_city` acts alone, `<name>_neighbours` too.

    The city's half has the measures and the unchanged inflow, the neighbours' the unchanged city and the changed
    inflow; the scenario itself is both. Raises `InputError` when it does not change the inflow, or only the inflow.
    """
    local = replace(of, background={}, windows=tuple(replace(plan, background={}) for plan in of.windows))
    local = replace(local, windows=tuple(plan for plan in local.windows if not plan.is_empty))
    inflow = tuple(replace(plan, measures=(), rollout={}, factors=(), emergency="", ungraded="", shifts=())
                   for plan in of.windows if plan.background)  # fmt: skip
    around = replace(base(), year=of.year, background=of.background, windows=inflow)
    faults = Faults()
    if around.is_base:
        faults.add(
            f"scenario {of.name}", "does not change the inflow", "give it a background of its neighbours' action"
        )
    if local.is_base:
        faults.add(f"scenario {of.name}", "changes the inflow only", "choose a scenario in which the city acts as well")
    faults.raise_if_any()
    return [
        _named(local, f"{of.name}_city", f"{of.title_zh}:仅本市", f"{of.title_en}: the city alone", of, "joint"),
        _named(around, f"{of.name}_neighbours", f"{of.title_zh}:仅周边", f"{of.title_en}: the neighbours alone", of,
               "joint"),
    ]  # fmt: skip


def _check(percents: Sequence[int], pollutants: Sequence[str]) -> None:
    """Raise `InputError` for percentages that cannot be, and when no pollutant is named."""
    faults = Faults()
    for percent in percents:
        if percent < NOTHING_LEFT or percent == 0 or int(percent) != percent:
            faults.add("change", f"{percent:g} %", "give whole percentages from -100 up, but not 0")
    if len(set(percents)) < len(percents):
        faults.add("change", f"percentages repeat: {list(percents)}", "give each once")
    if not pollutants:
        faults.add("change", "names no pollutant", "name at least one")
    faults.raise_if_any()


def _changed(
    start: Scenario, percent: int, slug: str, name: str, target: Target, pollutants: Sequence[str]
) -> Scenario:
    """Return the scenario in which the emission of one part changes by a percentage."""
    stem = "zero" if percent == NOTHING_LEFT else f"{'plus' if percent > 0 else 'minus'}_{abs(percent)}"
    front = "" if start.name == BASE else f"{start.name}_"
    own = tuple(DirectFactor(target, gas, 1.0 + percent / 100.0, where=f"{stem}_{slug}") for gas in pollutants)
    kind: Literal["zero_out", "change"] = "zero_out" if percent == NOTHING_LEFT else "change"
    zh, en = (f"{name} 归零", f"{name} at zero") if percent == NOTHING_LEFT else (f"{name} {percent:+d} %",) * 2
    changed = replace(start, factors=start.factors + own)
    return _named(changed, f"{front}{stem}_{slug}", zh, en, start, kind)


def _named(
    scenario: Scenario,
    name: str,
    title_zh: str,
    title_en: str,
    of: Scenario,
    kind: Literal["zero_out", "change", "joint"],
) -> Scenario:
    """Return a scenario under a name and titles of its own."""
    return replace(scenario, name=name, title_zh=title_zh, title_en=title_en, kind=kind, extends=(of.name,), changes=())
