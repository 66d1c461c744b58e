"""Maps of what control changes: annual statistics of HJ 663 in every cell, in memory that does not grow with time."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from aqcore.errors import Fault, InputError, did_you_mean
from evaluation.days import CHINA
from evaluation.grid_effect import checked, on_days
from evaluation.modelled_period import BLOCK_DAYS, Runs, daily_blocks
from evaluation.standards import Statistic, statistic
from evaluation.streamed_statistics import HighValues, MeanValues, values_needed

Array = npt.NDArray[np.float64]

MAPPED = ("PM25_mean", "PM25_p95", "O3_MDA8_p90", "NO2_mean")
"""Statistics that are mapped when none are named."""


def change_maps(
    base: xr.Dataset,
    control: xr.Dataset,
    days: pd.DataFrame,
    names: Sequence[str] = MAPPED,
    *,
    reference_state_K: float,
    timezone: str = CHINA,
    block_days: int = BLOCK_DAYS,
) -> xr.Dataset:
    """Return base, control, change and change_pct (statistic, y, x) of two runs (time, y, x).

    `days` is `period_days`: days count with their weights. The change of a percentile is the difference of the two
    percentiles. Lazy runs stream by in blocks of `block_days`: of a percentile only the highest values of each cell
    are kept. The coordinate `unit` (statistic) tells the unit; gases are mass at `reference_state_K`.

    Raises
    ------
    InputError
        when the runs differ, `days` are not their whole days, or a statistic is unknown or of a pollutant they lack.
    """
    chosen = _chosen(names, base)
    species, variables = sorted({its.pollutant for its in chosen}), sorted({its.daily for its in chosen})
    gridded = checked(base[species], control[species], days, timezone)
    runs = Runs(*(on_days(run, days, reference_state_K, timezone)[variables] for run in gridded))
    weights = days["weight"].to_numpy(dtype=float)
    kept = [[_empty(its, weights) for its in chosen] for _ in runs]
    for places, block in daily_blocks(runs, block_days=block_days):
        for values, run in zip(kept, block, strict=True):
            for value, its in zip(values, chosen, strict=True):
                value.add(run[its.daily].transpose("day", "y", "x").to_numpy(), weights[places])
    before, after = (np.stack([value.result() for value in values]) for values in kept)
    return _maps(base, chosen, before, after)


def _chosen(names: Sequence[str], run: xr.Dataset) -> list[Statistic]:
    chosen = [statistic(name) for name in names]
    known = [str(name) for name in run.data_vars]
    faults = [
        Fault(its.name, f"the outputs have no {its.pollutant}", did_you_mean(its.pollutant, known))
        for its in chosen
        if its.pollutant not in known
    ]
    if faults:
        raise InputError(faults)
    return chosen


def _empty(its: Statistic, weights: Array) -> MeanValues | HighValues:
    if its.percent is None:
        return MeanValues()
    return HighValues(its.percent, values_needed(weights, its.percent))


def _maps(run: xr.Dataset, chosen: Sequence[Statistic], before: Array, after: Array) -> xr.Dataset:
    names, units = [its.name for its in chosen], [its.unit for its in chosen]
    coords = {"statistic": names, "unit": ("statistic", units), "y": run["y"], "x": run["x"]}
    change = after - before
    percent = np.where(before > 0, 100.0 * change / np.where(before > 0, before, 1.0), np.nan)
    fields = {"base": before, "control": after, "change": change, "change_pct": percent}
    return xr.Dataset({name: (("statistic", "y", "x"), values) for name, values in fields.items()}, coords=coords)
