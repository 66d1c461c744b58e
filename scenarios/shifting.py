"""Work moved to other hours of the day: factors that keep the emission of every local day as it is.

With the weights w(h) of a source's daily cycle, the part s of A = sum of w over the hours it leaves goes to the hours
with B = sum of w: they get the factor 1 - s and 1 + s A / B. The cycle of the day is the same on every day of the year
(`emissions.profiles`), so this holds on each of them.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from aqcore.errors import Faults
from emissions.inventory import Inventory
from emissions.profiles import TimeProfiles
from emissions.source_classes import source_classes
from scenarios.window import Window, spelled_hours
from scenarios.window_factors import WindowFactors
from scenarios.window_plan import Shift, WindowPlan

FloatArray = npt.NDArray[np.float64]


def shift_factors(
    scenario: str, plan: WindowPlan, inventory: Inventory, profiles: TimeProfiles, faults: Faults
) -> list[WindowFactors]:
    """Return the factors of the shifts of a plan: one set for the hours that are left, one for the others.

    Shifts that reach nothing, and hours in which a source's cycle has no emission to add to, are noted.
    """
    found = []
    for shift in plan.shifts:
        where = shift.where or f"scenario {scenario}:{plan.name}"
        chosen = _reached(shift, inventory)
        if not chosen.any() and shift.optional:
            continue
        if not chosen.any():
            faults.add(where, f"the shift {shift} reaches nothing", "correct its target or leave it out")
            continue
        rows = np.flatnonzero(chosen.any(axis=1))
        leaving, gaining = np.where(chosen, 1.0 - shift.share, 1.0), np.ones(chosen.shape)
        gaining[rows] = _gains(shift, inventory.sources.iloc[rows], profiles, where, faults)[:, None]
        name = f"{plan.name}: shift"
        found += [
            WindowFactors(scenario, Window(name, plan.window.dates, hours), values)
            for hours, values in ((shift.away, leaving), (shift.to, np.where(chosen, gaining, 1.0)))
        ]
    return found


def _reached(shift: Shift, inventory: Inventory) -> npt.NDArray[np.bool_]:
    """Return which emissions a shift moves: (source, pollutant)."""
    columns = np.array([not shift.pollutants or name in shift.pollutants for name in inventory.pollutants])
    emitted = inventory.mass.to_numpy() > 0.0
    return np.asarray(shift.target.mask(inventory.sources)[:, None] & columns & emitted)


def _gains(shift: Shift, sources: pd.DataFrame, profiles: TimeProfiles, where: str, faults: Faults) -> FloatArray:
    """Return the factor in the hours that gain: (source)."""
    names = [source_classes()[name].temporal_profile for name in sources["source_class"]]
    hour = profiles.hour[profiles.rows(names)]
    left, gained = (hour[:, sorted(hours)].sum(axis=1) for hours in (shift.away, shift.to))
    if not (gained > 0.0).all():
        what = f"{sources.index[int(np.argmin(gained))]} emits nothing in the hours {spelled_hours(shift.to)}"
        faults.add(where, what, "choose hours in which its daily cycle is above 0")
    return np.asarray(1.0 + shift.share * left / np.where(gained > 0.0, gained, 1.0))


def check_shifts(plans: Sequence[WindowPlan], inventory: Inventory, scenario: str, faults: Faults) -> None:
    """Note shifts whose hours meet, and two shifts that move one source's emission at the same dates."""
    shifts = [(plan, shift, _reached(shift, inventory)) for plan in plans for shift in plan.shifts]
    for number, (plan, shift, reached) in enumerate(shifts):
        where = shift.where or f"scenario {scenario}:{plan.name}"
        if shift.away & shift.to:
            what = f"the hours {spelled_hours(shift.away & shift.to)} are left and filled"
            faults.add(where, what, "keep the two spans apart")
        for other_plan, other, also in shifts[:number]:
            one, two = (Window("", own.window.dates) for own in (plan, other_plan))
            if (reached & also).any() and one.overlaps(two):
                example = inventory.sources.index[int(np.argmax((reached & also).any(axis=1)))]
                faults.add(where, f"{shift} and {other} both move {example}", "narrow one target or join them")
