"""What scenarios emit in any row of hours, windows included, and whether an alert reaches its share of the city."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from aqcore.calendar import to_local
from emissions.inventory import Inventory
from emissions.profiles import TimeProfiles
from emissions.source_classes import source_classes
from scenarios.control_table import DAYS_PER_YEAR, ControlTable
from scenarios.emergency import Grading, required_share, shipped_grading

FloatArray = npt.NDArray[np.float64]
#: Pollutants whose citywide reduction an alert is measured by.
ALERT_POLLUTANTS = ("SO2", "NOx", "PM10", "VOC")


def period_totals(
    table: ControlTable, inventory: Inventory, profiles: TimeProfiles, times_utc: npt.ArrayLike
) -> pd.DataFrame:
    """Return `scenario, sector, pollutant, mass_t, base_t, change_pct` of the hours that begin at UTC times (time).

    The mass is that of the inventory's temporal profiles times the factors of each hour (`ControlTable.factors_at`).
    """
    times = np.asarray(times_utc, dtype="datetime64[h]")
    local = to_local(times, profiles.timezone)
    rows = profiles.rows([source_classes()[name].temporal_profile for name in inventory.sources["source_class"]])
    shares, mass = profiles.shares(times), inventory.mass.to_numpy()
    base = mass * shares.sum(axis=1)[rows][:, None]
    frames = []
    for name in table.names:
        hours = table.factors_at(name, local)
        emitted = np.zeros_like(mass)
        for state, factors in enumerate(hours.factors.to_numpy()):
            emitted += mass * factors * shares[:, hours.state == state].sum(axis=1)[rows][:, None]
        frames.append(_by_sector(name, emitted, base, inventory))
    return pd.concat(frames, ignore_index=True)


def _by_sector(name: str, emitted: FloatArray, base: FloatArray, inventory: Inventory) -> pd.DataFrame:
    """Return one row a (sector, pollutant)."""
    codes = pd.Categorical(inventory.sources["sector"], categories=list(inventory.sectors)).codes
    member = (np.arange(len(inventory.sectors))[:, None] == codes).astype(float)
    index = pd.MultiIndex.from_product([inventory.sectors, inventory.pollutants], names=["sector", "pollutant"])
    columns = {"mass_t": (member @ emitted).ravel(), "base_t": (member @ base).ravel()}
    frame = pd.DataFrame(columns, index).reset_index()
    with np.errstate(invalid="ignore", divide="ignore"):
        frame["change_pct"] = np.where(frame["base_t"] > 0.0, 100.0 * (frame["mass_t"] / frame["base_t"] - 1.0), np.nan)
    frame.insert(0, "scenario", name)
    return frame


def alert_shares(table: ControlTable, inventory: Inventory, *, grading: Grading | None = None) -> pd.DataFrame:
    """Return how much of the city's emission each alert takes away, beside what its level asks for.

    Columns: `scenario, window, level, pollutant, reduction_pct` (of what the scenario emits outside its windows, on a
    mean day), `assumed_pct` (the part of it by rules that are assumptions), `required_pct`, `required_flag`, `met`.
    """
    grading = shipped_grading() if grading is None else grading
    mass, rows = inventory.mass.to_numpy(), []
    for scenario in table.scenarios:
        for plan in scenario.windows:
            if not plan.emergency:
                continue
            before = (mass * table.all_year(scenario.name).to_numpy()).sum(axis=0)
            reach = table.window_reach.query("scenario == @scenario.name and window == @plan.name")
            required, flag = required_share(plan.emergency, grading)
            for number, name in enumerate(inventory.pollutants):
                if name in ALERT_POLLUTANTS:
                    own = reach[reach["pollutant"] == name]
                    share = _percent(own, before[number])
                    assumed = _percent(own[own["flag"] == "assumption"], before[number])
                    met = bool(share >= 100.0 * required)
                    rows.append((scenario.name, plan.name, plan.emergency, name, share, assumed, 100.0 * required, flag,
                                 met))  # fmt: skip
    columns = ["scenario", "window", "level", "pollutant", "reduction_pct", "assumed_pct", "required_pct",
               "required_flag", "met"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _percent(reach: pd.DataFrame, before_t: float) -> float:
    """Return what rules remove as % of the city's annual mass."""
    return float(100.0 * reach["removed_t_per_d"].sum() * DAYS_PER_YEAR / before_t) if before_t > 0.0 else float("nan")
