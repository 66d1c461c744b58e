"""What scenarios emit in a year, what acts at certain dates and hours included."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from aqcore.calendar import hours_of_year, to_local, to_utc
from emissions.inventory import Inventory
from emissions.profiles import TimeProfiles
from emissions.source_classes import source_classes
from scenarios.control_table import ControlTable
from scenarios.scenario import BASE, Scenario

FloatArray = npt.NDArray[np.float64]
HOURS = 24
COLUMNS = ("scenario", "sector", "pollutant", "mass_t", "change_pct", "windows_t")


def year_totals(
    table: ControlTable, inventory: Inventory, profiles: TimeProfiles, *, year: int, weights: Mapping[str, float],
    names: Sequence[str] = (),
) -> pd.DataFrame:  # fmt: skip
    """Return the columns `COLUMNS`: t/a, % of the base, and the part `windows_t` of the mass that is due to windows.

    Windows act in the calendar year `year`, or in the year that their dates name. A scenario with a trigger is counted
    on the modelled days instead: `weights` are days of a year by date (`2013-01-16`), so that a typical day counts as
    often as it stands for. What is moved to other hours stays 0. `names` chooses scenarios, all when empty.
    """
    totals = table.totals(inventory)
    shape = (len(table.names), len(inventory.sectors), len(inventory.pollutants))
    added = np.zeros(shape)
    for number, scenario in enumerate(table.scenarios):
        if scenario.windows and (not names or scenario.name in names):
            mass = _window_mass(table, scenario, inventory, profiles, year, weights)
            added[number] = _by_sector(mass, inventory)
    whole = totals["mass_t"].to_numpy(dtype=float).reshape(shape) + added
    start = whole[table.names.index(BASE)]
    with np.errstate(invalid="ignore", divide="ignore"):
        change = np.where(start > 0.0, 100.0 * (whole / start - 1.0), np.nan)
    found = totals.assign(mass_t=whole.ravel(), change_pct=change.ravel(), windows_t=added.ravel())
    return found.loc[found["scenario"].isin(names or table.names), list(COLUMNS)]


def _window_mass(
    table: ControlTable, scenario: Scenario, inventory: Inventory, profiles: TimeProfiles, year: int,
    weights: Mapping[str, float],
) -> FloatArray:  # fmt: skip
    """Return what the windows of a scenario add to each source: (source, pollutant), t/a (negative: removed)."""
    times, count = _hours(scenario, year, weights, profiles.timezone)
    hours = table.factors_at(scenario.name, to_local(times, profiles.timezone))
    shares = profiles.shares(times) * count
    rows = profiles.rows([source_classes()[name].temporal_profile for name in inventory.sources["source_class"]])
    permanent, mass = table.all_year(scenario.name).to_numpy(), inventory.mass.to_numpy()
    added = np.zeros_like(mass)
    for state, factors in enumerate(hours.factors.to_numpy()):
        added += mass * (factors - permanent) * shares[:, hours.state == state].sum(axis=1)[rows][:, None]
    return added


def _hours(
    scenario: Scenario, year: int, weights: Mapping[str, float], timezone: str
) -> tuple[npt.NDArray[np.datetime64], FloatArray]:
    """Return UTC hours and how often each counts in a year."""
    if not any(plan.triggered for plan in scenario.windows):
        times = hours_of_year(year_of(scenario, year), timezone)
        return times, np.ones(len(times))
    days = np.array(list(weights), dtype="datetime64[D]").astype("datetime64[h]")
    local = days[:, None] + np.arange(HOURS).astype("timedelta64[h]")
    return to_utc(local.ravel(), timezone), np.repeat(np.array(list(weights.values()), dtype=float), HOURS)


def year_of(scenario: Scenario, year: int) -> int:
    """Return the year in which the windows of a scenario are counted: `year` unless their dates name others only."""
    named = {end[0] for plan in scenario.windows for span in plan.window.dates for end in (span.first, span.last)}
    years = sorted(named - {0})
    return year if not years or year in years else years[0]


def _by_sector(mass: FloatArray, inventory: Inventory) -> FloatArray:
    """Return mass (sector, pollutant) of mass (source, pollutant)."""
    codes = pd.Categorical(inventory.sources["sector"], categories=list(inventory.sectors)).codes
    return np.asarray((np.arange(len(inventory.sectors))[:, None] == codes).astype(float) @ mass)
