"""From the emissions of single sources to factors of (stream, region, emission variable): all that DESID can say."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import xarray as xr

from drivers.cmaq.desid_rules import EVERYWHERE


def region_factors(
    base: xr.DataArray, controlled: xr.DataArray, masks: Mapping[str, npt.NDArray[np.float32]]
) -> xr.DataArray:
    """Return the factor of each (sector, region, species): controlled over base emission under the region's mask.

    `base` and `controlled` are annual amounts (sector, species, y, x) of the single sources before and after control;
    `masks` are disjoint and cover all that is emitted. Summed over regions, factor x mask x base is then exactly the
    controlled total of every stream and species, also where districts share a cell; where within a region the
    reduction falls is lost (`fit` says how much). NaN where nothing is emitted. Without masks the region is EVERYWHERE.
    """
    fields = np.array([mask.ravel() for mask in masks.values()], dtype=np.float64) if masks else _ones(base)
    before, after = (_under(fields, amounts) for amounts in (base, controlled))
    with np.errstate(invalid="ignore", divide="ignore"):
        factors = np.where(before > 0.0, after / before, np.nan)
    coords = {"sector": base["sector"], "region": np.array(list(masks) or [EVERYWHERE], dtype=object),
              "species": base["species"]}  # fmt: skip
    return xr.DataArray(factors, coords, ("sector", "region", "species"), "factor", {"units": "1"})


def _ones(base: xr.DataArray) -> npt.NDArray[np.float64]:
    return np.ones((1, base.sizes["y"] * base.sizes["x"]))


def _under(fields: npt.NDArray[np.float64], amounts: xr.DataArray) -> npt.NDArray[np.float64]:
    """Return sums (sector, region, species) of amounts (sector, species, y, x) under fields (region, cell)."""
    flat = amounts.to_numpy().reshape(*amounts.shape[:2], -1)
    return np.asarray(np.einsum("rc,sec->sre", fields, flat, optimize=True))
