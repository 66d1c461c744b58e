"""The NOx-VOC matrix of the runs: ozone over emission factors, ridge, regime, ratios, least cuts."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from evaluation.hj663 import CITY
from evaluation.matrix import matrix_of, matrix_reading, ridge_line
from evaluation.standards import edition_of_year, limit
from yice.spread import spread
from yice.stages.outputs import Outputs

OZONE_SHARE = 0.15
"""Share of the year that the ozone days stand for: the tenth above the 90th percentile, and some days around it."""


def matrix_tables(outputs: Outputs) -> dict[str, pd.DataFrame]:
    """Return the matrix of every zone, its ridge and reading, and the least cuts that reach the MDA8 limit.

    Ozone is the mean MDA8 (ug m-3) of the base's ozone days (`ozone_days`).
    """
    ozone = matrix_by_zone(outputs)
    reading = matrix_reading(ozone, mda8_limit(outputs))
    rows = ozone.rename("o3").to_dataframe().reset_index()[["zone", "nox", "voc", "o3"]]
    return {
        "matrix": rows.sort_values(["zone", "nox", "voc"]),
        "ridge": pd.concat([ridge_line(ozone.sel(zone=zone)).assign(zone=zone) for zone in ozone["zone"].to_numpy()]),
        "ratio": reading.ratio,
        "cuts": reading.cuts,
    }


def matrix_by_zone(outputs: Outputs) -> xr.DataArray:
    """Return ozone on the ozone days over (nox, voc, zone), the city among the zones, ug m-3."""
    base = outputs.comparison.daily_ozone(outputs.space.city.scenarios.matrix_of)
    weights = outputs.days["weight"].reindex(pd.DatetimeIndex(base["day"].to_numpy())).to_numpy(float)
    high = ozone_days(base.sel(zone=CITY).to_numpy(), weights)
    names = [node.name for node in outputs.space.nodes]
    ozone = spread(outputs.comparison.daily_ozone, names)
    values = {name: _high_mean(own, high, weights) for name, own in zip(names, ozone, strict=True)}
    zones = [str(zone) for zone in base["zone"].to_numpy()]
    by_zone = [matrix_of({name: float(row[k]) for name, row in values.items()}) for k in range(len(zones))]
    return xr.concat(by_zone, pd.Index(zones, name="zone")).transpose("nox", "voc", "zone")


def ozone_days(ozone: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Return the days of highest MDA8 (day) that together stand for at least `OZONE_SHARE` of the year's weight.

    They hold the 90th percentile by which HJ 663 judges ozone. Whole days are taken, without interpolation: with a few
    typical days a percentile between two of them would switch a class of days on and off.
    """
    order = np.argsort(-ozone, kind="stable")
    before = np.cumsum(weights[order]) - weights[order]
    chosen = np.zeros(ozone.size, dtype=bool)
    chosen[order[before < OZONE_SHARE * weights.sum()]] = True
    return chosen


def _high_mean(
    ozone: xr.DataArray, high: npt.NDArray[np.bool_], weights: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    return np.average(ozone.to_numpy()[high], axis=0, weights=weights[high])


def mda8_limit(outputs: Outputs) -> float:
    """Return the MDA8 limit (ug m-3) of the first target's year."""
    years = [target.year for target in outputs.space.city.roadmap.targets] or [outputs.space.city.roadmap.base_year]
    return limit(edition_of_year(min(years)), "O3", "mda8")
