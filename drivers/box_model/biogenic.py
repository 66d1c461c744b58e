"""Isoprene and terpenes of green cover: MEGAN 2.1 with the parameterised canopy (PCEEA).

Guenther et al. (2012, GMD 5, 1471) with the activity factors of its Table 4; light response of the PCEEA
(Guenther et al. 2006, ACP 6, 3181) as implemented in HEMCO; temperature response with the constants of CMAQ.
Leaf age, soil moisture and CO2 are left at their standard of 1 (a screening choice).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

GAS_CONSTANT = 0.00831
"""kJ mol-1 K-1."""
STANDARD_T = 303.15
STANDARD_PAST_T = 297.0
"""K."""
NORMALISATION = 1.0 / 1.0101
"""1 / activity at standard conditions (HEMCO)."""
MATURE = 0.95
"""Leaf-age factor of a constant canopy (10 % growing, 80 % mature, 10 % old; isoprene)."""
PAR_SHARE = 0.47
"""Photosynthetically active share of global radiation (0.45 to 0.50, from memory)."""
UMOL_PER_J = 4.766
"""umol photons in one joule of that radiation (HEMCO)."""
UG_PER_G = 1e6
SECONDS_AN_HOUR = 3600.0


@dataclass(frozen=True)
class Compound:
    """A compound class: beta (K-1), light-dependent fraction, CT1, Ceo, molar mass (g mol-1), mechanism species."""

    species: str
    beta: float
    light_dependent: float
    ct1: float
    ceo: float
    molar_mass: float


ISOPRENE = Compound("ISOP", 0.13, 1.0, 95.0, 2.0, 68.12)
MONOTERPENES = Compound("TERP", 0.10, 0.4, 80.0, 1.83, 136.24)
SESQUITERPENES = Compound("SESQ", 0.17, 0.5, 130.0, 2.37, 204.35)


def light_activity(ppfd: Array, ppfd_day: Array, sin_elevation: Array, day_of_year: Array) -> Array:
    """Return the canopy's light factor (PCEEA) from photon flux (umol m-2 s-1), now and as a mean of past days."""
    top = 3000.0 + 99.0 * np.cos(2.0 * np.pi * (day_of_year - 10.0) / 365.0)
    up = np.maximum(sin_elevation, np.sin(np.radians(1.0)))
    phi = ppfd / (up * top)
    factor = up * (2.46 * (1.0 + 0.0005 * (ppfd_day - 400.0)) * phi - 0.9 * phi**2)
    return np.where(sin_elevation > np.sin(np.radians(1.0)), np.maximum(factor, 0.0), 0.0)


def temperature_activity(compound: Compound, temperature: Array, past: Array) -> Array:
    """Return the light-dependent temperature factor (K now, K mean of the past days); CMAQ's constants."""
    optimum = 312.5 + 0.6 * (past - STANDARD_PAST_T)
    peak = compound.ceo * np.exp(0.05 * (past - STANDARD_PAST_T)) * np.exp(0.05 * (past - STANDARD_PAST_T))
    x = (1.0 / optimum - 1.0 / temperature) / GAS_CONSTANT
    ct2 = 230.0
    below = ct2 - compound.ct1 * (1.0 - np.exp(ct2 * x))
    return np.asarray(np.maximum(peak * ct2 * np.exp(compound.ct1 * x) / below, 0.0))


def leaf_area_activity(leaf_area_index: float) -> float:
    """Return 0.49 L / sqrt(1 + 0.2 L^2)."""
    return float(0.49 * leaf_area_index / np.sqrt(1.0 + 0.2 * leaf_area_index**2))


@dataclass(frozen=True)
class Light:
    """What plants see: global radiation (W m-2), sine of the sun's elevation, day of the year; (hour, ...)."""

    radiation: Array
    sin_elevation: Array
    day_of_year: Array


def activity(compound: Compound, temperature: Array, light: Light, leaf_area_index: float) -> Array:
    """Return the activity (1 at standard conditions) of a compound through a day, (hour, ...).

    The mean temperature and photon flux of the past days are those of the day itself.
    """
    ppfd = light.radiation * PAR_SHARE * UMOL_PER_J
    lit = light_activity(ppfd, ppfd.mean(axis=0), light.sin_elevation, light.day_of_year)
    dependent = lit * temperature_activity(compound, temperature, temperature.mean(axis=0))
    independent = np.exp(compound.beta * (temperature - STANDARD_T))
    mixed = compound.light_dependent * dependent + (1.0 - compound.light_dependent) * independent
    return np.asarray(NORMALISATION * leaf_area_activity(leaf_area_index) * MATURE * mixed)


def biogenic_emission(
    factors: Mapping[Compound, float], green_area_m2: Array, temperature: Array, light: Light, leaf_area_index: float
) -> dict[str, Array]:
    """Return the emission of each species (mol s-1), (hour, ..., zone).

    `factors` are emission factors in ug m-2 h-1 of green cover, `green_area_m2` (zone,).
    """
    return {
        compound.species: factor
        * green_area_m2
        * activity(compound, temperature, light, leaf_area_index)
        / (UG_PER_G * SECONDS_AN_HOUR * compound.molar_mass)
        for compound, factor in factors.items()
    }
