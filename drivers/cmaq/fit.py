"""How true DESID is to the single sources: totals and places of every stream and species under a scenario's rules."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from drivers.cmaq.desid_arithmetic import Partition, partition
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
    rows = []
    for number, sector in enumerate(base["sector"].to_numpy()):
        factors = _stream_factors([rule for rule in rules if rule.stream == sector], regions)
        for index, species in enumerate(base["species"].to_numpy()):
            before = base.to_numpy()[number, index]
            if before.any():
                scaled = before * factors.get(str(species), 1.0)
                rows.append((sector, species, *_errors(before, controlled.to_numpy()[number, index], scaled)))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _stream_factors(rules: Sequence[Rule], regions: Regions) -> dict[str, np.ndarray | float]:
    """Return the factor of each emission variable that a stream's rules name: a number, or a field (y, x)."""
    parts: dict[tuple[str, ...], Partition] = {}
    found: dict[str, np.ndarray | float] = {}
    for variable in dict.fromkeys(rule.variable for rule in rules):
        factors = {rule.region: rule.factor for rule in rules if rule.variable == variable}
        names = tuple(factors)
        if names == (EVERYWHERE,):
            found[variable] = factors[EVERYWHERE]
            continue
        if names not in parts:
            parts[names] = partition(names, {name: regions.masks[name] for name in names})
        found[variable] = parts[names].factor(factors)
    return found


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
