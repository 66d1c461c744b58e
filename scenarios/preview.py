"""Before any run: what scenarios emit, which of them are nearly the same, what they cost, how two of them differ."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from emissions.inventory import Inventory
from scenarios.control_table import ControlTable
from scenarios.scenario import Scenario

FloatArray = npt.NDArray[np.float64]
#: The row of `emission_table` that sums all sectors.
ALL = "ALL"
#: Two scenarios nearer than this in every sense are one (%): rounding of factors.
SAME_PCT = 1e-9


def emission_table(table: ControlTable, inventory: Inventory, names: Sequence[str] = ()) -> pd.DataFrame:
    """Return the totals with a row `ALL` of the whole city for each (scenario, pollutant), and the names of windows.

    Columns of `ControlTable.totals` and `windows`: the windows of the scenario, which annual masses do not hold (empty
    for none). `names` chooses scenarios, all when empty.
    """
    totals = table.totals(inventory)
    totals = totals[totals["scenario"].isin(names)] if names else totals
    city = totals.groupby(["scenario", "pollutant"], sort=False)["mass_t"].sum().reset_index()
    base = table.totals(inventory).query("scenario == 'base'").groupby("pollutant")["mass_t"].sum()
    start = city["pollutant"].map(base)
    city["change_pct"] = np.where(start > 0.0, 100.0 * (city["mass_t"] / start.where(start > 0.0) - 1.0), np.nan)
    whole = pd.concat([totals, city.assign(sector=ALL)], ignore_index=True)
    windows = {own.name: ", ".join(plan.name for plan in own.windows) for own in table.scenarios}
    return whole.assign(windows=whole["scenario"].map(windows))


def nearest(table: ControlTable, inventory: Inventory, existing: Sequence[str] = ()) -> pd.DataFrame:
    """Return for each scenario the nearest other one in emission space.

    Columns: `scenario, nearest, distance_pct, inflow_pct, same`. The distance of two scenarios is, over pollutants, the
    root mean square of the emission that differs (sum over sectors and districts of |difference|) in % of the city's
    base; `inflow_pct` that of the factors on the inflow. Nearest is the smallest sum of both; `same` tells that both
    are 0 and neither has windows of its own. `existing` limits what a scenario is held against (all when empty).
    """
    where = _places(table, inventory)
    names = list(table.names)
    others = [names.index(name) for name in existing] if existing else list(range(len(names)))
    rows = []
    for number, name in enumerate(names):
        own = [other for other in others if other != number]
        if not own:
            continue
        emitted = _rms(np.abs(where[own] - where[number]).sum(axis=1))
        inflow = _rms(100.0 * np.abs(table.background.to_numpy()[own] - table.background.to_numpy()[number]))
        best = int(np.argmin(emitted + inflow))
        twin = table.scenarios[own[best]]
        same = emitted[best] + inflow[best] < SAME_PCT and twin.windows == table.scenarios[number].windows
        rows.append((name, twin.name, float(emitted[best]), float(inflow[best]), bool(same)))
    return pd.DataFrame(rows, columns=["scenario", "nearest", "distance_pct", "inflow_pct", "same"])


def _places(table: ControlTable, inventory: Inventory) -> FloatArray:
    """Return the emission of each scenario in % of the city's base: (scenario, sector and district, pollutant)."""
    keys = inventory.sources["sector"] + "|" + inventory.sources["district"]
    codes, parts = pd.factorize(keys)
    member = (np.arange(len(parts))[:, None] == codes).astype(float)
    mass = inventory.mass.to_numpy()
    whole = mass.sum(axis=0)
    scale = np.divide(100.0, whole, out=np.zeros_like(whole), where=whole > 0.0)
    return np.stack([member @ (mass * factors) * scale for factors in table.factors.to_numpy()])


def _rms(values: FloatArray) -> FloatArray:
    """Return the root mean square over the last axis, 0 where it is empty."""
    return np.sqrt((values**2).mean(axis=-1)) if values.shape[-1] else np.zeros(values.shape[:-1])


@dataclass(frozen=True)
class Plan:
    """What the runs of scenarios will take: model days, core hours and hours on so many cores (NaN: not known)."""

    scenarios: int
    days: int
    core_seconds_per_day: float
    cores: int

    @property
    def model_days(self) -> int:
        """Scenarios times days."""
        return self.scenarios * self.days

    @property
    def core_hours(self) -> float:
        """Core hours of all model days."""
        return self.model_days * self.core_seconds_per_day / 3600.0

    @property
    def hours(self) -> float:
        """Hours when all cores work all the time."""
        return self.core_hours / self.cores


def plan_runs(
    scenarios: Sequence[str], days: int, *, recorded: Sequence[tuple[float, int]] = (), cores: int = 1
) -> Plan:
    """Return what runs will take, from what runs took: `recorded` holds (core seconds, model days) of ended runs.

    The cost of a day is the ratio of the sums, NaN without a record. Raises `ValueError` for no cores.
    """
    if cores < 1:
        raise ValueError(f"cores must be at least 1, not {cores}")
    seconds, done = sum(own for own, _ in recorded), sum(count for _, count in recorded)
    return Plan(len(scenarios), days, seconds / done if done else float("nan"), cores)


def compare(table: ControlTable, a: str, b: str) -> pd.DataFrame:
    """Return what the definition of `b` has other than that of `a`: `key, a, b`, empty text where one has nothing.

    Raises `KeyError` for an unknown name. What it comes to is `ControlTable.diff`.
    """
    known = {own.name: _settings(own) for own in table.scenarios}
    first, second = known[a], known[b]
    rows = [
        (key, first.get(key, ""), second.get(key, ""))
        for key in dict.fromkeys([*first, *second])
        if first.get(key) != second.get(key)
    ]
    return pd.DataFrame(rows, columns=["key", "a", "b"])


def _settings(scenario: Scenario) -> dict[str, str]:
    """Return every override of a scenario by key, as text."""
    settings = {"year": str(scenario.year)} if scenario.year is not None else {}
    settings |= {f"measure {name}": f"{100.0 * scenario.rollout.get(name, 1.0):g} %" for name in scenario.measures}
    settings |= {f"growth {name}": f"{value:g}" for name, value in scenario.growth.items()}
    settings |= {f"inflow {name}": f"{value:g}" for name, value in scenario.background.items()}
    for own in scenario.factors:
        key = f"factor {own.pollutant} of {own.target}"
        settings[key] = f"{settings[key]} x {own.factor:g}" if key in settings else f"{own.factor:g}"
    return settings | {f"window {plan.name}": str(plan) for plan in scenario.windows}
