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
    names = [str(name) for name in base["species"].to_numpy()]
    tables = []
    for sector, before, after in zip(base["sector"].to_numpy(), base.to_numpy(), controlled.to_numpy(), strict=True):
        emitted = np.flatnonzero(before.any(axis=(1, 2)))
        scaled = before.copy()
        for name, factor in _stream_factors([rule for rule in rules if rule.stream == sector], regions).items():
            scaled[names.index(name)] *= factor
        sums = _errors(before[emitted], after[emitted], scaled[emitted])
        species = [names[i] for i in emitted]
        tables.append(pd.DataFrame({"sector": str(sector), "species": species, **sums}, columns=list(COLUMNS)))
    return pd.concat(tables, ignore_index=True)


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


def _errors(before: np.ndarray, after: np.ndarray, scaled: np.ndarray) -> dict[str, np.ndarray]:
    """Return the sums and errors of fields (species, y, x)."""
    total = before.sum(axis=(1, 2))
    difference = scaled - after
    total_error = difference.sum(axis=(1, 2)) / total
    moved = np.abs(difference).sum(axis=(1, 2)) / total - np.abs(total_error)
    return {"base": total, "sources": after.sum(axis=(1, 2)), "desid": scaled.sum(axis=(1, 2)),
            "total_error": total_error, "place_error": 0.5 * np.clip(moved, 0.0, None)}  # fmt: skip


def unfit(table: pd.DataFrame, total_tolerance: float, place_tolerance: float) -> list[str]:
    """Return the sectors that DESID does not carry within the tolerances."""
    beyond = (table["total_error"].abs() > total_tolerance) | (table["place_error"] > place_tolerance)
    return sorted(set(table.loc[beyond, "sector"]))
