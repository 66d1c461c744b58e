"""Measures that begin or end within the year of a scenario: they act in the months that they work, as windows."""

from collections.abc import Mapping
from dataclasses import replace

from scenarios.measure import Measure
from scenarios.scenario import Scenario
from scenarios.window import DateSpan, Window
from scenarios.window_plan import WindowPlan

JANUARY, DECEMBER = 1, 12
#: Last days of the months; 29 February exists in leap years only, which a yearly span allows for.
LAST_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def with_part_years(scenario: Scenario, measures: Mapping[str, Measure]) -> Scenario:
    """Return a scenario whose measures of a part of its year act in a window of those months only.

    A measure from 2026-06 on acts in a scenario of 2026 from 1 June to 31 December of whichever year is modelled; in
    the years after it acts all year. Measures of the same months share a window (`months_06_12`).
    """
    spans: dict[tuple[int, int], list[str]] = {}
    for name in scenario.measures:
        months = _months(measures.get(name), scenario.year)
        if months != (JANUARY, DECEMBER):
            spans.setdefault(months, []).append(name)
    if not spans:
        return scenario
    moved = {name for names in spans.values() for name in names}
    plans = tuple(_plan(scenario, months, names) for months, names in sorted(spans.items()))
    return replace(
        scenario,
        measures=tuple(name for name in scenario.measures if name not in moved),
        rollout={name: value for name, value in scenario.rollout.items() if name not in moved},
        windows=(*scenario.windows, *plans),
    )


def _months(measure: Measure | None, year: int | None) -> tuple[int, int]:
    """Return the first and the last month in which a measure works in a year."""
    if measure is None or year is None:
        return JANUARY, DECEMBER
    first = measure.start_month if measure.start == year else JANUARY
    last = measure.end_month if measure.end == year else DECEMBER
    return first, last


def _plan(scenario: Scenario, months: tuple[int, int], names: list[str]) -> WindowPlan:
    """Return the window of measures that work in the same months."""
    first, last = months
    span = DateSpan((0, first, 1), (0, last, LAST_DAYS[last - 1]))
    rollout = {name: scenario.rollout[name] for name in names if name in scenario.rollout}
    return WindowPlan(
        Window(f"months_{first:02d}_{last:02d}", (span,)), tuple(names), rollout, optional=True, where=scenario.where
    )
