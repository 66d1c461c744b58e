"""What an observation-based run says of its chemistry: one row an hour, and one a day for the daytime."""

import numpy as np
import pandas as pd
import xarray as xr

from drivers.box_model.budget import (
    kleinman_sensitivities,
    oh_reactivity,
    ox_budget,
    oxidation_capacity,
    reaction_rates,
    rox_budget,
)
from drivers.box_model.obm import DAYTIME, FREE, ObmRun
from drivers.box_model.reactivity_groups import reactivity_groups
from drivers.box_model.weather import HOURS, SECONDS_AN_HOUR


def hourly_rates(run: ObmRun) -> pd.DataFrame:
    """Return the base's rates by (day, hour): columns named `quantity: part (unit)`.

    O3 ppb; `P(O3)`, `L(O3)` by path and net, ppb h-1 (left out where O3 or NO was held); OH reactivity by group, s-1;
    ROx initiation and termination, ppb h-1; oxidation capacity, ppb h-1; L_N/Q and Kleinman's sensitivities.
    """
    mechanism = run.case.engine.mechanism
    y, per_hour = run.y[:, :, 0], SECONDS_AN_HOUR / run.per_ppb
    rates = reaction_rates(mechanism, run.k, y)
    days = [str(day) for day in run.case.series.dates]
    columns: dict[str, np.ndarray] = {"O3 (ppb)": y[:, mechanism.index("O3")] / run.per_ppb}
    if not set(FREE) & set(run.case.settings.hold):
        ox = ox_budget(mechanism, rates)
        columns |= _parts("P(O3)", ox["production"], "source", per_hour) | _parts("L(O3)", ox["loss"], "sink", per_hour)
        columns["net P(O3) (ppb h-1)"] = ox["net"].to_numpy() * per_hour
    columns |= _reactivity(oh_reactivity(mechanism, run.k, y))
    rox = rox_budget(mechanism, rates)
    columns |= _parts("ROx from", rox["initiation"], "source", per_hour)
    columns |= _parts("ROx to", rox["termination"], "sink", per_hour)
    columns |= _parts("AOC by", oxidation_capacity(mechanism, rates), "oxidant", per_hour)
    for_nox, for_voc = kleinman_sensitivities(rox["LN_over_Q"])
    ratios = {"L_N/Q": rox["LN_over_Q"], "dlnP/dlnNO": for_nox, "dlnP/dlnVOC": for_voc}
    columns |= {name: values.to_numpy() for name, values in ratios.items()}
    index = pd.MultiIndex.from_product([days, range(HOURS)], names=["day", "hour"])
    return pd.DataFrame({name: values.T.ravel() for name, values in columns.items()}, index)


def daytime(table: pd.DataFrame) -> pd.DataFrame:
    """Return by day what `hourly_rates` comes to from 07 to 19 local time.

    Rates per hour are summed (ppb), O3 is its highest hour, reactivity its mean; L_N/Q is that of the summed budget.
    """
    hours = table[table.index.get_level_values("hour").isin(range(DAYTIME.start, DAYTIME.stop))]
    by_day = hours.groupby(level="day", sort=False)
    parts: dict[str, pd.Series] = {}
    for name in table.columns:
        if name.endswith("(ppb h-1)"):
            parts[name.replace("(ppb h-1)", "(ppb)")] = by_day[name].sum()
        elif name.endswith("(s-1)"):
            parts[name] = by_day[name].mean()
    initiation = [name for name in table.columns if name.startswith("ROx from")]
    q = hours[initiation].sum(axis=1)
    ended = (hours["L_N/Q"] * q).groupby(level="day", sort=False).sum()
    parts = {"highest O3 (ppb)": table["O3 (ppb)"].groupby(level="day", sort=False).max(), **parts}
    return pd.DataFrame({**parts, "L_N/Q": ended / q.groupby(level="day", sort=False).sum()})


def _parts(name: str, values: xr.DataArray, dim: str, per_hour: np.ndarray) -> dict[str, np.ndarray]:
    return {
        f"{name}: {part} (ppb h-1)": values.sel({dim: part}).to_numpy() * per_hour for part in values[dim].to_numpy()
    }


def _reactivity(values: xr.DataArray) -> dict[str, np.ndarray]:
    """Return OH reactivity (s-1) by group; what no group names is `other`."""
    group_of = {s: name for name, members in reactivity_groups().items() if name != "AVOC" for s in members}
    sums: dict[str, np.ndarray] = {}
    for partner in map(str, values["partner"].to_numpy()):
        name = "CH4" if partner == "CH4" else group_of.get(partner, "other")
        sums[name] = sums.get(name, 0.0) + values.sel(partner=partner).to_numpy()
    named = {f"kOH: {name} (s-1)": total for name, total in sorted(sums.items())}
    return {"kOH: all (s-1)": sum(sums.values(), np.zeros(1)), **named}
