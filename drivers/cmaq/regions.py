"""Regions of DESID: disjoint masks of the districts on the run grid."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xarray as xr

from aqcore.errors import Faults
from aqcore.grid import Grid
from aqcore.ioapi_write import write_ioapi
from drivers.cmaq.names import region_label

ROUNDING = 1e-6
"""Excess over 1 of summed area fractions that is taken for rounding."""

MASK_FILE_VARIABLE = "YICE_REGIONS"
"""Environment variable that names the mask file."""


@dataclass(frozen=True)
class Regions:
    """Masks (y, x) float32 in 0..1 by region label, disjoint, none of them 1 everywhere; `districts` by label."""

    masks: Mapping[str, npt.NDArray[np.float32]]
    districts: Mapping[str, str]

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, in the order of the districts."""
        return tuple(self.masks)


def build_regions(zone_mask: xr.DataArray) -> Regions:
    """Return the regions of area fractions `zone_mask` (zone, y, x) of cells in districts.

    Fractions are divided by their sum over districts: streams hold the emissions of these districts only, so the part
    of an edge cell outside them emits nothing, and the whole emission of the cell belongs to the districts in it. A
    district without a cell has no region, nor has one that alone fills the grid (DESID would emit nothing for a mask
    of ones; EVERYWHERE does it). Raises InputError for values outside 0..1, overlapping districts, and codes that give
    no label.
    """
    faults = Faults()
    codes = [str(code) for code in zone_mask["zone"].to_numpy()]
    values = np.asarray(zone_mask.transpose("zone", "y", "x").to_numpy(), dtype=np.float64)
    total = values.sum(axis=0)
    if not np.isfinite(values).all() or values.min(initial=0.0) < 0.0 or total.max(initial=0.0) > 1.0 + ROUNDING:
        what = f"area fractions from {values.min():g}, summed up to {total.max():g}"
        faults.add("regions", what, "give disjoint districts: DESID counts the overlap of two twice")
    labels = [_label(code, faults) for code in codes]
    faults.raise_if_any()
    shares = np.divide(values, total, out=np.zeros_like(values), where=total > 0.0).astype(np.float32)
    kept = [i for i in range(len(codes)) if shares[i].any() and not (shares[i] == 1.0).all()]
    return Regions({labels[i]: shares[i] for i in kept}, {labels[i]: codes[i] for i in kept})


def _label(code: str, faults: Faults) -> str:
    try:
        return region_label(code)
    except ValueError as error:
        faults.add(f"regions:{code}", str(error), "use district codes of letters and digits")
        return ""


def write_regions(path: Path, regions: Regions, grid: Grid, start: np.datetime64) -> None:
    """Write the masks as a time-independent I/O API file, one variable a region."""
    variables = {
        label: (("y", "x"), mask, {"units": "fraction", "var_desc": f"share of district {regions.districts[label]}"})
        for label, mask in regions.masks.items()
    }
    text = "Shares of the districts in the emissions of each cell; disjoint"
    write_ioapi(path, xr.Dataset(variables), grid, start=start, step_seconds=0, description=text)
