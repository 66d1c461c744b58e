"""Isoprene and terpenes of green cover in boxes, by the equations of MEGAN 2.1 in `emissions.natural.megan`.

A day stands for the past days; leaf age, soil moisture and CO2 are left at their standard (a screening choice).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emissions.natural.megan import (
    leaf_area_activity,
    light_activity,
    light_dependent_temperature,
    light_independent_temperature,
    normalisation,
    photon_flux,
)

__all__ = [
    "ISOPRENE",
    "MONOTERPENES",
    "SESQUITERPENES",
    "Compound",
    "Light",
    "activity",
    "biogenic_emission",
    "leaf_area_activity",
    "light_activity",
    "temperature_activity",
]

Array = npt.NDArray[np.float64]

NORMALISATION = normalisation()
"""1 / activity of isoprene at standard conditions."""
MATURE = 0.95
"""Leaf-age factor of a constant canopy (10 % growing, 80 % mature, 10 % old; isoprene)."""
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


def temperature_activity(compound: Compound, temperature: Array, past: Array) -> Array:
    """Return the light-dependent temperature factor (K now, K mean of the past days); CMAQ's constants."""
    return light_dependent_temperature(compound.ct1, compound.ceo, temperature, past, past)


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
    ppfd = photon_flux(light.radiation)
    lit = light_activity(ppfd, ppfd.mean(axis=0), light.sin_elevation, light.day_of_year)
    dependent = lit * temperature_activity(compound, temperature, temperature.mean(axis=0))
    independent = light_independent_temperature(compound.beta, temperature)
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
