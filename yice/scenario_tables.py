"""What is known of scenarios before any run, as tables: emissions, windows, alerts, nearest ones, categories."""

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from scenarios.categories import category_reductions
from scenarios.cost import cost_table
from scenarios.periods import alert_shares
from scenarios.preview import nearest
from scenarios.year_totals import Year, with_windows, year_totals
from yice.run_costs import run_costs
from yice.workspace import Workspace

ONLY = "only_"
"""Scenarios of one category of measures alone are named so, with the key of the category behind."""
REDUCTION = "reduction"
"""The quantity of published totals that a programme's reductions are held against."""
WINDOW_COLUMNS = ("scenario", "window", "when", "does", "level", "measures", "factors", "inflow", "shifts",
                  "model_days", "days_a_year")  # fmt: skip
TOLERANCE_PCT = 5.0
"""A reduction nearer than this to the published one meets it (published totals are rounded to 1 to 4 %)."""


def totals(space: Workspace) -> pd.DataFrame:
    """Return the emissions of the named scenarios by sector, windows included (`scenarios.year_totals`)."""
    return year_totals(space.named_table, space.inventory, year(space))


def year(space: Workspace) -> Year:
    """Return the year of the inventory, in which windows are counted; triggers by the weights of the modelled days."""
    days = space.days.day_table()
    weights = {str(day.date()): float(weight) for day, weight in zip(days.index, days["weight"], strict=True)}
    return Year(space.streams.profiles, space.city.inventory.year, weights)


def windows(space: Workspace) -> pd.DataFrame:
    """Return one row a window, with columns `WINDOW_COLUMNS`.

    `does` is all that acts, `level` its alert, `measures, factors, inflow, shifts` how many act; `model_days` are the
    modelled days on which it acts, `days_a_year` the days of a year for which these stand.
    """
    days = space.days.day_table()
    dates = days.index.to_numpy().astype("datetime64[D]")
    rows = []
    for scenario in space.scenarios:
        for plan in scenario.windows:
            acts = plan.window.holds_days(dates)
            counts = (len(own) for own in (plan.measures, plan.factors, plan.background, plan.shifts))
            rows.append((scenario.name, plan.name, str(plan.window), str(plan).removeprefix(f"{plan.window}: "),
                         plan.emergency, *counts, int(acts.sum()), float(days["weight"].to_numpy()[acts].sum())),
                        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(WINDOW_COLUMNS))


def neighbours(space: Workspace) -> pd.DataFrame:
    """Return the nearest other named scenario of each by the emission of the year (`scenarios.preview.nearest`)."""
    return nearest(with_windows(space.named_table, space.inventory, year(space)), space.inventory)


def alerts(space: Workspace) -> pd.DataFrame:
    """Return what each alert takes from the city beside what its level asks for (`scenarios.periods.alert_shares`)."""
    return alert_shares(space.named_table, space.inventory, grading=space.grading)


def costs(space: Workspace) -> pd.DataFrame:
    """Return what each measure of each scenario costs a year (`scenarios.cost.cost_table`)."""
    return cost_table(space.named_table, space.measures)


def categories(space: Workspace) -> pd.DataFrame:
    """Return the reductions of each past programme by category beside the published ones, misses named; may be empty.

    A programme is the scenario of a `[[roadmap.review]]`, its categories the scenarios `only_<key>` that together have
    its measures; published are the rows `reduction` of `[inventory] published`. Columns: `programme` and those of
    `scenarios.categories`.
    """
    published = _published(space)
    own = {one.name: frozenset(one.measures) for one in space.scenarios}
    frames = []
    for review in space.city.roadmap.review:
        parts = {name.removeprefix(ONLY): name for name, measures in own.items()
                 if name.startswith(ONLY) and measures and measures <= own[review.scenario]}  # fmt: skip
        named = [measure for name in parts.values() for measure in own[name]]
        if parts and sorted(named) == sorted(own[review.scenario]):
            found = category_reductions(space.named_table, review.scenario, parts, published,
                                        tolerance_pct=TOLERANCE_PCT)  # fmt: skip
            frames.append(found.assign(programme=review.scenario))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=["programme"])


def _published(space: Workspace) -> pd.DataFrame:
    """Return the published reductions in kt by pollutant, empty when the city names none."""
    name = space.city.inventory.published
    if not name:
        return pd.DataFrame(columns=["pollutant", "reduction_kt", "source", "flag"])
    rows = pd.read_csv(space.city.path(name)).query("quantity == @REDUCTION")
    kilotonnes = rows["value"] / 1e3
    return rows.assign(reduction_kt=kilotonnes)[["pollutant", "reduction_kt", "source", "flag"]]


def plans(space: Workspace) -> list[dict[str, Any]]:
    """Return for each model: scenarios, model days, core hours, hours on the cores at hand, where these are from."""
    return [
        {
            "model": one.model, **asdict(one.plan), "model_days": one.plan.model_days,
            "core_hours": _known(one.plan.core_hours), "hours": _known(one.plan.hours), "basis": one.basis,
            "core_seconds_per_day": _known(one.plan.core_seconds_per_day),
        }
        for one in run_costs(space)
    ]  # fmt: skip


def _known(value: float) -> float | None:
    """Return a number, None where it is not known."""
    return None if np.isnan(value) else value


def city_rows(table: pd.DataFrame, values: str) -> pd.DataFrame:
    """Return t/a or % of the whole city, (scenario, pollutant), of a table of totals; `values` mass_t or change_pct."""
    mass = table.pivot_table(index="scenario", columns="pollutant", values="mass_t", aggfunc="sum", sort=False)
    return mass if values == "mass_t" else 100.0 * (mass / mass.loc["base"] - 1.0)
