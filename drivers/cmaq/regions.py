"""Regions of DESID: disjoint masks of the districts on the run grid, and where DESID would misread them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from pathlib import Path

import numpy as np
import xarray as xr

from aqcore.errors import Faults
from aqcore.grid import Grid
from aqcore.ioapi_write import write_ioapi
from drivers.cmaq.desid_rules import EVERYWHERE
from drivers.cmaq.names import region_label

ROUNDING = 1e-6
"""Excess over 1 of the summed masks that is taken for rounding (single precision)."""

MASK_FILE_VARIABLE = "YICE_REGIONS"
"""Environment variable that names the mask file."""


@dataclass(frozen=True)
class Regions:
    """Masks of the districts: `masks` (region, y, x) float32 in 0..1, disjoint; `labels` district -> region label.

    A district that alone fills the grid is EVERYWHERE (a mask of ones would make DESID emit nothing); one without
    a cell is None.
    """

    masks: xr.DataArray
    labels: Mapping[str, str | None]

    @cached_property
    def nested(self) -> tuple[tuple[str, str], ...]:
        """Pairs (inner, outer) that DESID takes for nested: nowhere is the inner mask above the outer one.

        Districts are disjoint, so such a pair (a small district seen only in shares of cells) goes wrong in DESID.
        """
        names = [str(name) for name in self.masks["region"].to_numpy()]
        values = self.masks.to_numpy()
        pairs = []
        for one, two in combinations(range(len(names)), 2):
            if (values[one] <= values[two]).all():
                pairs.append((names[one], names[two]))
            elif (values[two] <= values[one]).all():
                pairs.append((names[two], names[one]))
        return tuple(pairs)


def build_regions(zone_mask: xr.DataArray) -> Regions:
    """Return the regions of area fractions `zone_mask` (zone, y, x) of cells in districts.

    Fractions are divided by their sum over districts: streams hold the emissions of these districts only, so the part
    of an edge cell outside them emits nothing and the whole emission of the cell belongs to the districts in it.
    Raises InputError for values outside 0..1, overlapping districts and codes that give no label.
    """
    faults = Faults()
    codes = [str(code) for code in zone_mask["zone"].to_numpy()]
    values = np.asarray(zone_mask.transpose("zone", "y", "x").to_numpy(), dtype=np.float64)
    total = values.sum(axis=0)
    if not np.isfinite(values).all() or values.min(initial=0.0) < 0.0 or total.max(initial=0.0) > 1.0 + ROUNDING:
        faults.add("regions", f"area fractions from {np.nanmin(values):g}, summed up to {np.nanmax(total):g}",
                   "give disjoint districts: overlapping ones are counted twice by DESID")  # fmt: skip
    for code in codes:
        try:
            region_label(code)
        except ValueError as error:
            faults.add(f"regions:{code}", str(error), "use district codes of letters and digits")
    faults.raise_if_any()
    shares = np.divide(values, total, out=np.zeros_like(values), where=total > 0.0).astype(np.float32)
    return _labelled(codes, shares)


def _labelled(codes: list[str], shares: np.ndarray) -> Regions:
    labels: dict[str, str | None] = {}
    kept = []
    for index, code in enumerate(codes):
        if not shares[index].any():
            labels[code] = None
        elif (shares[index] == 1.0).all():
            labels[code] = EVERYWHERE
        else:
            labels[code] = region_label(code)
            kept.append(index)
    names = np.array([region_label(codes[index]) for index in kept], dtype=object)
    masks = xr.DataArray(shares[kept], {"region": names}, ("region", "y", "x"), "mask", {"units": "1"})
    return Regions(masks, labels)


def write_regions(path: Path, regions: Regions, grid: Grid, start: np.datetime64) -> None:
    """Write the masks as a time-independent I/O API file, one variable a region."""
    variables = {
        str(name): (("y", "x"), regions.masks.sel(region=name).to_numpy(),
                    {"units": "fraction", "var_desc": f"share of district {str(name)[1:]} in the cell"})
        for name in regions.masks["region"].to_numpy()
    }  # fmt: skip
    write_ioapi(path, xr.Dataset(variables), grid, start=start, step_seconds=0,
                description="Shares of the districts in the emissions of each cell; disjoint")  # fmt: skip
