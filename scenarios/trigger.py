"""Alert triggers: a window that acts on the modelled days whose measured air reaches a value.

Which days an alert would have fallen on is known only when the modelled days are: typical days stand for many days of
a kind, observed ones are a choice. So a trigger looks at each modelled day for itself; the rules of warnings, which
count days in a row, are `evaluation.heavy_pollution`, and their dates may be written as `dates`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from aqcore.errors import Faults
from scenarios.scenario import Scenario
from scenarios.window import DateSpan, DayArray
from scenarios.window_plan import WindowPlan

#: What a trigger may look at: the day's value in ug m-3 (PM25 and PM10 the mean of 24 hours, O3 the MDA8 of HJ 663).
POLLUTANTS = ("PM25", "PM10", "O3")
FEW = 5


def with_trigger_days(scenarios: Iterable[Scenario], values: pd.DataFrame) -> tuple[Scenario, ...]:
    """Return the scenarios with the days of each trigger as the dates of its window.

    `values` has an index of dates (the modelled days) and columns of `POLLUTANTS`, ug m-3. A window with dates and a
    trigger acts on the days that fulfil both. Raises `InputError` for triggers that no day reaches.
    """
    faults = Faults()
    found = tuple(_with_days(scenario, values, faults) for scenario in scenarios)
    faults.raise_if_any()
    return found


def _with_days(scenario: Scenario, values: pd.DataFrame, faults: Faults) -> Scenario:
    if not any(plan.trigger for plan in scenario.windows):
        return scenario
    windows = tuple(_planned(scenario.name, plan, values, faults) for plan in scenario.windows)
    return replace(scenario, windows=windows)


def _planned(name: str, plan: WindowPlan, values: pd.DataFrame, faults: Faults) -> WindowPlan:
    """Return a plan on the days that reach its trigger."""
    trigger = plan.trigger
    if trigger is None:
        return plan
    days = values.index.to_numpy().astype("datetime64[D]")
    own = values[trigger.pollutant].to_numpy() if trigger.pollutant in values else np.full(len(days), np.nan)
    inside = plan.window.holds_days(days)
    reached = inside & (own >= trigger.at_least) & (own < trigger.below)
    if not reached.any():
        where = plan.where or f"scenario {name}:{plan.name}"
        faults.add(f"{where}:trigger", f"no modelled day has {trigger}", _highest(days[inside], own[inside]))
    window = replace(plan.window, dates=tuple(_span(day) for day in days[reached]))
    return replace(plan, window=window, trigger=None, triggered=True)


def _highest(days: DayArray, values: np.ndarray) -> str:
    """Return in words what the days have."""
    known = np.isfinite(values)
    if not known.any():
        return "the modelled days of its dates measure nothing; give dates without a trigger"
    order = np.argsort(values[known])[::-1][:FEW]
    listed = ", ".join(
        f"{day} {value:.0f}" for day, value in zip(days[known][order], values[known][order], strict=True)
    )
    return f"change it: the highest are {listed}"


def _span(day: np.datetime64) -> DateSpan:
    year, month, number = (int(part) for part in str(day).split("-"))
    return DateSpan((year, month, number), (year, month, number))


@dataclass(frozen=True)
class IdleWindow:
    """A window in which none of some days lies."""

    scenario: str
    plan: WindowPlan


def idle_windows(scenarios: Iterable[Scenario], days: DayArray) -> tuple[IdleWindow, ...]:
    """Return the windows, of a city's own (not of packages), that hold none of the days (datetime64[D])."""
    return tuple(
        IdleWindow(scenario.name, plan)
        for scenario in scenarios
        for plan in scenario.windows
        if not plan.optional and plan.trigger is None and not plan.window.holds_days(days).any()
    )
