"""How true DESID is to the single sources: totals and places of every stream and species under a scenario's rules."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from drivers.cmaq.desid_arithmetic import stream_factor
from drivers.cmaq.desid_rules import EVERYWHERE, Rule
from drivers.cmaq.regions import Regions

COLUMNS = ("sector", "species", "base", "sources", "desid", "total_error", "place_error")


def fit(base: xr.DataArray, controlled: xr.DataArray, rules: Sequence[Rule], regions: Regions) -> pd.DataFrame:
    """Compare what DESID makes of the base with what the single sources emit under control.

    `base` and `controlled` are annual amounts (sector, species, y, x) before and after control. Returns one row for
    each sector and species that is emitted, with annual sums inside the grid: `base`, `sources` (controlled source by
    source), `desid` (base times the rules' factors), `total_error` = (desid - sources) / base, and `place_error`, the
    share of the base that DESID leaves in another cell than the sources do (half the sum of absolute differences of the
    fields, after taking out the difference of the totals).
    """
    masks = {str(name): regions.masks.sel(region=name).to_numpy() for name in regions.masks["region"].to_numpy()}
    rows = []
    for sector in base["sector"].to_numpy():
        own = [rule for rule in rules if rule.stream == sector]
        for species in base["species"].to_numpy():
            before = base.sel(sector=sector, species=species).to_numpy()
            if before.any():
                after = controlled.sel(sector=sector, species=species).to_numpy()
                scaled = before * _factor(own, str(sector), str(species), masks)
                rows.append((sector, species, *_errors(before, after, scaled)))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _factor(rules: Sequence[Rule], stream: str, variable: str, masks: dict[str, np.ndarray]) -> np.ndarray | float:
    own = [rule for rule in rules if rule.variable == variable]
    if all(rule.region == EVERYWHERE for rule in own):
        return float(np.prod([rule.factor for rule in own]))
    return stream_factor(own, stream, variable, masks)


def _errors(before: np.ndarray, after: np.ndarray, scaled: np.ndarray) -> tuple[float, float, float, float, float]:
    total = float(before.sum())
    difference = scaled - after
    total_error = float(difference.sum()) / total
    place_error = 0.5 * max(float(np.abs(difference).sum()) / total - abs(total_error), 0.0)
    return total, float(after.sum()), float(scaled.sum()), total_error, place_error


def unfit(table: pd.DataFrame, total_tolerance: float, place_tolerance: float) -> list[str]:
    """Return the sectors that DESID does not carry within the tolerances."""
    beyond = (table["total_error"].abs() > total_tolerance) | (table["place_error"] > place_tolerance)
    return sorted(set(table.loc[beyond, "sector"]))
