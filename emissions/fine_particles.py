"""Dividing PM2.5 among AERO7 species, with the inventory's own black and organic carbon when it states them."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

ROUNDING = 1e-6
"""Relative excess of carbon over PM2.5 that is taken for rounding of the inventory's numbers and scaled away."""
DEFAULT_OM_OC = 1.4
"""Organic matter per organic carbon (g/g) where a profile holds no carbon: EPA's value for industrial sources."""


def om_per_oc(poc: FloatArray, pncom: FloatArray) -> FloatArray:
    """Return organic matter per organic carbon (g/g) of each profile, `DEFAULT_OM_OC` where it holds none."""
    return np.where(poc > 0.0, 1.0 + pncom / np.where(poc > 0.0, poc, 1.0), DEFAULT_OM_OC)


def split_fine_particles(
    pm25: FloatArray,
    bc: FloatArray,
    oc: FloatArray,
    profile: FloatArray,
    species: tuple[str, ...],
) -> FloatArray:
    """Return the mass (source, species) that sums to `pm25` for each source.

    Parameters
    ----------
    pm25
        (source,) mass of PM2.5, any unit of mass.
    bc, oc
        (source,) mass of black carbon and of organic carbon in it, same unit; NaN where the
        inventory states none, which leaves the profile's share.
    profile
        (source, species) shares of PM2.5 that sum to 1.
    species
        Names of the species; `PEC`, `POC`, `PNCOM` and `PMOTHR` among them.

    Notes
    -----
    PEC takes BC, POC takes OC, PNCOM = OC x (OM/OC - 1) with the OM/OC of the profile. The species
    that nothing states share the rest in the proportions of the profile; when the profile has none
    of them the rest is PMOTHR.

    Raises
    ------
    ValueError
        When BC + OC x OM/OC exceeds PM2.5 (the reader reports it with its row first).

    """
    at = {name: species.index(name) for name in ("PEC", "POC", "PNCOM", "PMOTHR")}
    ratio = om_per_oc(profile[:, at["POC"]], profile[:, at["PNCOM"]])
    stated = np.full_like(profile, np.nan)
    stated[:, at["PEC"]] = bc
    stated[:, at["POC"]] = oc
    stated[:, at["PNCOM"]] = oc * (ratio - 1.0)
    total = np.nansum(stated, axis=1)
    if (total > pm25 * (1.0 + ROUNDING)).any():
        raise ValueError("black carbon and organic matter exceed the PM2.5 that holds them")
    stated *= np.divide(pm25, total, out=np.ones_like(total), where=total > pm25)[:, None]
    rest = pm25 - np.nansum(stated, axis=1)
    weights = np.where(np.isnan(stated), profile, 0.0)
    empty = weights.sum(axis=1) == 0.0
    weights[empty, at["PMOTHR"]] = 1.0
    shared = np.maximum(rest, 0.0)[:, None] * weights / weights.sum(axis=1, keepdims=True)
    species_mass: FloatArray = np.nan_to_num(stated) + shared
    return species_mass
