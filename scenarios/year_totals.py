"""What scenarios emit in a year, what acts at certain dates and hours included."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from aqcore.calendar import hours_of_year, to_local, to_utc
from emissions.inventory import Inventory
from emissions.profiles import TimeProfiles
from emissions.source_classes import source_classes
from scenarios.control_table import ControlTable
from scenarios.scenario import Scenario

FloatArray = npt.NDArray[np.float64]
HOURS = 24
COLUMNS = ("scenario", "sector", "pollutant", "mass_t", "change_pct", "windows_t")


@dataclass(frozen=True)
class Year:
    """The year in which windows are counted, along the daily cycles of `profiles`.

    Windows act in the calendar year `year`, or in the year that their dates name. A scenario with a trigger is counted
    on the modelled days instead: `weights` are days of a year by date (`2013-01-16`), so that a typical day counts as
    often as it stands for.
    """

    profiles: TimeProfiles
    year: int
    weights: Mapping[str, float] = field(default_factory=dict, hash=False)


def with_windows(table: ControlTable, inventory: Inventory, year: Year) -> ControlTable:
    """Return a table whose factors are those of the whole year, what acts in windows included.

    Its annual masses are true, its hours are not: models ask the table itself. What is moved to other hours stays 1.
    """
    mass = inventory.mass.to_numpy()
    factors = table.factors.copy(deep=any(own.windows for own in table.scenarios))
    for number, scenario in enumerate(table.scenarios):
        if scenario.windows:
            added = _window_mass(table, scenario, inventory, year)
            factors[number] += np.divide(added, mass, out=np.zeros_like(mass), where=mass > 0.0)
    return replace(table, factors=factors)


def year_totals(table: ControlTable, inventory: Inventory, year: Year) -> pd.DataFrame:
    """Return the columns `COLUMNS`: t/a, % of the base, and the part `windows_t` of the mass that is due to windows."""
    totals = with_windows(table, inventory, year).totals(inventory)
    totals["windows_t"] = totals["mass_t"] - table.totals(inventory)["mass_t"]
    return totals


def _window_mass(table: ControlTable, scenario: Scenario, inventory: Inventory, year: Year) -> FloatArray:
    """Return what the windows of a scenario add to each source: (source, pollutant), t/a (negative: removed)."""
    profiles = year.profiles
    times, count = _hours(scenario, year)
    hours = table.factors_at(scenario.name, to_local(times, profiles.timezone))
    shares = profiles.shares(times) * count
    rows = profiles.rows([source_classes()[name].temporal_profile for name in inventory.sources["source_class"]])
    permanent, mass = table.all_year(scenario.name).to_numpy(), inventory.mass.to_numpy()
    added = np.zeros_like(mass)
    for state, factors in enumerate(hours.factors.to_numpy()):
        added += mass * (factors - permanent) * shares[:, hours.state == state].sum(axis=1)[rows][:, None]
    return added


def _hours(scenario: Scenario, year: Year) -> tuple[npt.NDArray[np.datetime64], FloatArray]:
    """Return UTC hours and how often each counts in a year."""
    timezone = year.profiles.timezone
    if not any(plan.triggered for plan in scenario.windows):
        times = hours_of_year(year_of(scenario, year.year), timezone)
        return times, np.ones(len(times))
    days = np.array(list(year.weights), dtype="datetime64[D]").astype("datetime64[h]")
    local = days[:, None] + np.arange(HOURS).astype("timedelta64[h]")
    return to_utc(local.ravel(), timezone), np.repeat(np.array(list(year.weights.values()), dtype=float), HOURS)


def year_of(scenario: Scenario, year: int) -> int:
    """Return the year in which the windows of a scenario are counted: `year` unless their dates name others only."""
    named = {end[0] for plan in scenario.windows for span in plan.window.dates for end in (span.first, span.last)}
    years = sorted(named - {0})
    return year if not years or year in years else years[0]
