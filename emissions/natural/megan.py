"""The activity of plants: MEGAN 2.1 with the parameterised canopy (PCEEA).

Emission = factor x activity; the activity is 1 for isoprene at standard conditions. Guenther et al. (2012, GMD 5, 1471)
with the parameters of its Table 4; light of the canopy from Guenther et al. (2006, ACP 6, 3181) as HEMCO implements it;
temperature with the constants of CMAQ's MEGAN (Topt 312.5 K, CT2 230, both past temperatures), which at cool past
temperatures differ from HEMCO's by up to half. Soil moisture is left at 1. All functions take and return arrays that
broadcast together.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from emissions.shipped_tables import shipped_table

Array = npt.NDArray[np.float64]

GAS_CONSTANT = 0.00831
"""kJ mol-1 K-1, as the fitted constants of MEGAN take it."""
STANDARD_T = 303.15
"""Temperature of the emission factors, K."""
STANDARD_PAST_T = 297.0
"""Mean temperature of the past days at standard conditions, K."""
CT2 = 230.0
"""kJ mol-1."""
FROZEN_T = 260.0
"""Below this temperature (K) leaves emit nothing that depends on light."""
PAR_SHARE = 0.47
"""Photosynthetically active share of global radiation (0.45 to 0.50, from memory)."""
UMOL_PER_J = 4.766
"""umol of photons in one joule of that radiation (HEMCO)."""
LOWEST_SUN = float(np.sin(np.radians(1.0)))
"""Sine of the elevation below which the canopy counts as dark."""
STANDARD_PPFD = 400.0
"""Mean photon flux of the past days at standard conditions, umol m-2 s-1."""
WARM_T = 303.0
"""Leaf temperature at standard conditions; leaves bud fastest when the mean of ten days is above it, K."""
LARGEST_LAI = 6.0
"""Cap of the leaf area index of the ground that plants cover (HEMCO)."""

CO2_INHIBITION = 1.344
CO2_EXPONENT = 1.4614
CO2_HALF = 585.0
CO2_INSIDE = 0.7
"""Isoprene under CO2: maximum, exponent, concentration (ppm) of half the inhibition, share inside the leaf (Heald)."""


@dataclass(frozen=True)
class PlantClass:
    """A class of compounds: `beta` (K-1), light-dependent share, CT1 (kJ mol-1), Ceo, and its factors by leaf age.

    `ages` are the factors of new, growing, mature and old leaves; `leaf_area` is `canopy` or `bidirectional`;
    `co2` says whether CO2 slows it.
    """

    name: str
    beta: float
    light_dependent: float
    ct1: float
    ceo: float
    ages: tuple[float, float, float, float]
    leaf_area: str = "canopy"
    co2: bool = False


@cache
def plant_classes() -> dict[str, PlantClass]:
    """Return the classes by name, from `data/megan_classes.csv`."""
    return {row["plant_class"]: _plant_class(row) for row in shipped_table("megan_classes.csv").to_dict("records")}


def _plant_class(row: Mapping[Hashable, str]) -> PlantClass:
    beta, light, ct1, ceo = (float(row[name]) for name in ("beta", "light_dependent", "ct1", "ceo"))
    new, growing, mature, old = (float(row[f"age_{name}"]) for name in ("new", "growing", "mature", "old"))
    ages = (new, growing, mature, old)
    return PlantClass(row["plant_class"], beta, light, ct1, ceo, ages, row["leaf_area"], row["co2"] == "yes")


def photon_flux(radiation: Array) -> Array:
    """Return the photon flux (umol m-2 s-1) in global radiation (W m-2)."""
    return radiation * PAR_SHARE * UMOL_PER_J


def light_activity(ppfd: Array, ppfd_day: Array, sin_elevation: Array, day_of_year: Array) -> Array:
    """Return the canopy's light factor (PCEEA) from photon flux (umol m-2 s-1), now and as a mean of past days."""
    top = 3000.0 + 99.0 * np.cos(2.0 * np.pi * (day_of_year - 10.0) / 365.0)
    up = np.maximum(sin_elevation, LOWEST_SUN)
    phi = ppfd / (up * top)
    factor = up * (2.46 * (1.0 + 0.0005 * (ppfd_day - STANDARD_PPFD)) * phi - 0.9 * phi**2)
    return np.where(sin_elevation > LOWEST_SUN, np.maximum(factor, 0.0), 0.0)


def light_dependent_temperature(ct1: float, ceo: float, temperature: Array, day: Array, ten_days: Array) -> Array:
    """Return the temperature factor of light-dependent emission: K now, mean of the past day, of the past ten days."""
    optimum = 312.5 + 0.6 * (ten_days - STANDARD_PAST_T)
    peak = ceo * np.exp(0.05 * (day - STANDARD_PAST_T)) * np.exp(0.05 * (ten_days - STANDARD_PAST_T))
    x = (1.0 / optimum - 1.0 / temperature) / GAS_CONSTANT
    below = CT2 - ct1 * (1.0 - np.exp(CT2 * x))
    factor = np.maximum(peak * CT2 * np.exp(ct1 * x) / below, 0.0)
    return np.where(temperature < FROZEN_T, 0.0, factor)


def light_independent_temperature(beta: float, temperature: Array) -> Array:
    """Return exp(beta (T - 303.15))."""
    return np.asarray(np.exp(beta * (temperature - STANDARD_T)))


def leaf_area_activity(leaf_area_index: npt.ArrayLike) -> Array:
    """Return 0.49 L / sqrt(1 + 0.2 L^2) of the leaf area index of the covered ground."""
    leaves = np.asarray(leaf_area_index, dtype=float)
    return np.asarray(0.49 * leaves / np.sqrt(1.0 + 0.2 * leaves**2))


def bidirectional_leaf_area(leaf_area_index: npt.ArrayLike) -> Array:
    """Return the leaf area factor of compounds that leaves also take up: 0.5 L to L = 2, then falling to 0.75."""
    leaves = np.asarray(leaf_area_index, dtype=float)
    return np.asarray(np.where(leaves <= 2.0, 0.5 * leaves, np.maximum(1.0 - 0.0625 * (leaves - 2.0), 0.75)))


def leaf_age_shares(now: Array, before: Array, interval_days: float, ten_days: Array) -> Array:
    """Return the shares (4, ...) of new, growing, mature and old leaves; they sum to 1.

    `now` and `before` are the leaf area indices of this and the previous period, `interval_days` their distance,
    `ten_days` the mean temperature (K). Source: Guenther et al. (2006), as in HEMCO.
    """
    now, before, ten_days = np.broadcast_arrays(*(np.asarray(one, dtype=float) for one in (now, before, ten_days)))
    budding = np.where(ten_days <= WARM_T, 5.0 + 0.7 * (300.0 - ten_days), 2.9)
    mature_after = 2.3 * budding
    larger = np.maximum(np.maximum(now, before), np.finfo(float).tiny)
    gained, lost = np.maximum(now - before, 0.0) / larger, np.maximum(before - now, 0.0) / larger
    new = gained * np.minimum(budding / interval_days, 1.0)
    grown = gained * np.clip((interval_days - mature_after) / interval_days, 0.0, 1.0)
    growing, mature = gained - new - grown, np.where(gained > 0.0, 1.0 - gained + grown, 1.0 - lost)
    changing = np.stack([new, growing, mature, lost])
    constant = np.array([0.0, 0.1, 0.8, 0.1]).reshape(-1, *[1] * now.ndim)
    return np.where(now == before, constant, changing)


def leaf_age_activity(plant_class: PlantClass, shares: Array) -> Array:
    """Return the factor of the ages of the leaves; `shares` (4, ...) of `leaf_age_shares`."""
    return np.asarray(np.tensordot(np.array(plant_class.ages), shares, axes=1))


def co2_activity(co2_ppm: npt.ArrayLike) -> Array:
    """Return what CO2 (ppm) leaves of isoprene (Heald et al. 2009 as in Guenther et al. 2012): 1.00 at 400 ppm."""
    inside = (CO2_INSIDE * np.asarray(co2_ppm, dtype=float)) ** CO2_EXPONENT
    return np.asarray(CO2_INHIBITION * (1.0 - inside / (CO2_HALF**CO2_EXPONENT + inside)))


@dataclass(frozen=True)
class Canopy:
    """What plants feel, arrays that broadcast together.

    `temperature`, `day_temperature`, `ten_day_temperature` K (now, means of the past day and ten days); `light` the
    factor of `light_activity`; `leaf_area` the index of the covered ground; `ages` (4, ...) of `leaf_age_shares`;
    `co2_ppm`.
    """

    temperature: Array
    day_temperature: Array
    ten_day_temperature: Array
    light: Array
    leaf_area: Array
    ages: Array
    co2_ppm: float


def raw_activity(plant_class: PlantClass, canopy: Canopy) -> Array:
    """Return the activity before it is normalised."""
    one, T = plant_class, canopy.temperature
    warm = light_dependent_temperature(one.ct1, one.ceo, T, canopy.day_temperature, canopy.ten_day_temperature)
    free = light_independent_temperature(one.beta, T)
    mixed = (1.0 - one.light_dependent) * free + one.light_dependent * canopy.light * warm
    leaves = bidirectional_leaf_area if one.leaf_area == "bidirectional" else leaf_area_activity
    slowed = co2_activity(canopy.co2_ppm) if one.co2 else 1.0
    return np.asarray(leaves(canopy.leaf_area) * leaf_age_activity(one, canopy.ages) * slowed * mixed)


@cache
def normalisation() -> float:
    """Return 1 / the activity of isoprene at standard conditions; MEGAN takes this one for all classes.

    Standard: 303 K, past temperatures 297 K, photon flux 0.6 of that at the top of the atmosphere at 60 degrees of
    elevation, 400 umol m-2 s-1 as mean of the past days, leaf area index 5, leaves 80 % mature, 10 % growing and old.
    """
    up = np.sin(np.radians(60.0))
    top = 3000.0 + 99.0  # at the day of the year 10, where the formula of the top of the atmosphere is largest
    light = light_activity(np.array(0.6 * up * top), np.array(STANDARD_PPFD), np.array(up), np.array(10.0))
    past, isoprene = np.array(STANDARD_PAST_T), plant_classes()["isoprene"]
    warm = light_dependent_temperature(isoprene.ct1, isoprene.ceo, np.array(WARM_T), past, past)
    ages = leaf_age_activity(isoprene, np.array([0.0, 0.1, 0.8, 0.1]))
    return float(1.0 / (light * warm * leaf_area_activity(5.0) * ages))


def activity(plant_class: PlantClass, canopy: Canopy) -> Array:
    """Return the activity of a class, dimensionless: its emission is factor x activity."""
    return normalisation() * raw_activity(plant_class, canopy)
