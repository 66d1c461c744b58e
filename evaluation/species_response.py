"""PM2.5 by species: the response of each measured part, ammonium by the charge it has to balance."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import xarray as xr

from aqcore.errors import Fault, InputError
from evaluation.response_spread import Response, ratio
from observations.composition import Composition

Array = npt.NDArray[np.float64]

SULFATE_G_MOL, NITRATE_G_MOL = 96.06, 62.00
"""Molar masses of SO4(2-) and NO3(-), g mol-1 (IUPAC standard atomic weights)."""

SULFATE_CHARGE, NITRATE_CHARGE = 2.0, 1.0

OWN_VARIABLES: Mapping[str, tuple[str, ...]] = {
    "SO4": ("PM25_SO4",),
    "NO3": ("PM25_NO3",),
    "OM": ("PM25_OM", "PM25_OC"),
    "EC": ("PM25_EC",),
}
"""Measured species -> the first of these output variables that is there responds for it (OM: its carbon at worst)."""

OTHER = "PM25_OTHER"
NAMED = ("PM25_SO4", "PM25_NO3", "PM25_NH4", "PM25_EC")
RESPONDING = (*OWN_VARIABLES, "other")
"""Species with a response of their own; ammonium follows sulfate and nitrate."""


def species_daily(daily: xr.Dataset) -> xr.Dataset:
    """Return daily PM2.5 and the parts that respond (SO4, NO3, OM, EC, other), ug m-3, from daily outputs.

    What the outputs do not name as other matter is PM2.5 less its named parts.

    Raises
    ------
    InputError
        listing every part that the outputs lack.
    """
    chosen = {species: next((name for name in names if name in daily), "") for species, names in OWN_VARIABLES.items()}
    faults = [
        Fault("outputs", f"have no {' or '.join(OWN_VARIABLES[species])}", "write it, or leave out the composition")
        for species, name in chosen.items()
        if not name
    ]
    if OTHER not in daily and "PM25_NH4" not in daily:
        faults.append(Fault("outputs", f"have neither {OTHER} nor PM25_NH4", "write one of them"))
    if faults:
        raise InputError(faults)
    parts = {species: daily[name] for species, name in chosen.items()}
    return xr.Dataset({"PM25": daily["PM25"], **parts, "other": _other(daily, chosen["OM"])})


def _other(daily: xr.Dataset, organic: str) -> xr.DataArray:
    if OTHER in daily:
        return daily[OTHER]
    named = sum((daily[name] for name in NAMED), start=daily[organic])
    return (daily["PM25"] - named).clip(min=0.0)


def by_species(composition: Composition) -> Response:
    """Return how PM2.5 of a measured composition responds: the sum of fraction x response over its species.

    The response of each species is the model's control over base; ammonium balances the charge of the sulfate and
    nitrate that remain, at the measured degree of neutralisation: r_NH4 = (2 f_SO4 r_SO4/96 + f_NO3 r_NO3/62) / (2
    f_SO4/96 + f_NO3/62). Species-wise RRF of the US EPA guidance (SMAT), without water: China weighs at 50 % humidity.
    NaN where the model has no base of a species that was measured.
    """

    def respond(season: str, before: Array, after: Array) -> Array:
        fractions = composition.of_season(season)
        ratios = dict(zip(RESPONDING, (ratio(a, b) for a, b in zip(after[1:], before[1:], strict=True)), strict=True))
        ratios["NH4"] = _ammonium(fractions, ratios)
        parts = [share * ratios[species] for species, share in fractions.items() if share > 0]
        return np.asarray(np.sum(parts, axis=0))

    return respond


def _ammonium(fractions: Mapping[str, float], ratios: Mapping[str, Array]) -> Array:
    charge = {
        "SO4": SULFATE_CHARGE * fractions["SO4"] / SULFATE_G_MOL,
        "NO3": NITRATE_CHARGE * fractions["NO3"] / NITRATE_G_MOL,
    }
    present = {species: value for species, value in charge.items() if value > 0}
    if not present:
        return np.zeros_like(ratios["SO4"])
    kept = np.sum([value * ratios[species] for species, value in present.items()], axis=0)
    return np.asarray(kept / sum(present.values()))
