"""Equilibrium of sulfate, nitrate and ammonium in bulk: ammonium first neutralises sulfate, then nitrate forms.

Dissociation constant of NH4NO3 of Mozurkewich (1993), solid below and dissolved above its deliquescence
(metastable solids are not kept); in mixtures with sulfate the product falls by the ionic-strength fraction of
nitrate (Stelson and Seinfeld 1982). Screening level: with less ammonia than neutralises sulfate there is no nitrate.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

GAS_CONSTANT = 8.314462618
"""J mol-1 K-1."""
M_SO4, M_NO3, M_NH4, M_NH3, M_HNO3 = 96.06, 62.00, 18.04, 17.03, 63.01
"""g mol-1."""
PPB = 1e9
ITERATIONS = 60
DAMPING = 0.5


@dataclass(frozen=True)
class Equilibrium:
    """Where nitrate and ammonium are: particle and gas, all in mol m-3."""

    nitrate: Array
    ammonium: Array
    hno3: Array
    nh3: Array


def dissociation_constant(temperature: Array) -> Array:
    """Return Kp of solid NH4NO3 (ppb^2): ln Kp = 118.87 - 24084/T - 6.025 ln T (Mozurkewich 1993)."""
    return np.asarray(np.exp(118.87 - 24084.0 / temperature - 6.025 * np.log(temperature)))


def deliquescence(temperature: Array) -> Array:
    """Return the deliquescence relative humidity (0..1) of NH4NO3: ln DRH% = 723.7/T + 1.6954."""
    return np.asarray(np.exp(723.7 / temperature + 1.6954) / 100.0)


def dissolved_factor(temperature: Array, rh: Array) -> Array:
    """Return Kp of the solution over Kp of the solid at a relative humidity (0..1) above deliquescence."""
    log_t = np.log(temperature)
    p1 = np.exp(-135.94 + 8763.0 / temperature + 19.12 * log_t)
    p2 = np.exp(-122.65 + 9969.0 / temperature + 16.22 * log_t)
    p3 = np.exp(-182.61 + 13875.0 / temperature + 24.46 * log_t)
    dry = 1.0 - np.minimum(rh, 0.99)  # the fit loses its meaning in near-saturated air
    return np.asarray((p1 - p2 * dry + p3 * dry**2) * dry**1.75)


def _nitrate(free_ammonia: Array, total_nitrate: Array, product: Array) -> Array:
    """Return x that solves (FA - x)(TN - x) = K, 0 when FA TN <= K."""
    root = np.sqrt((free_ammonia - total_nitrate) ** 2 + 4.0 * product)
    x = 0.5 * (free_ammonia + total_nitrate - root)
    return np.asarray(np.where(free_ammonia * total_nitrate > product, np.maximum(x, 0.0), 0.0))


def equilibrium(
    sulfate: Array, total_nh3: Array, total_hno3: Array, temperature: Array, pressure: Array, rh: Array
) -> Equilibrium:
    """Return the equilibrium of totals in mol m-3 (any shape) at K, Pa and relative humidity 0..1."""
    to_ppb = PPB * GAS_CONSTANT * temperature / pressure
    bound = np.minimum(2.0 * sulfate, total_nh3)
    free = (total_nh3 - bound) * to_ppb
    acid = total_hno3 * to_ppb
    wet = rh > deliquescence(temperature)
    dry_product = dissociation_constant(temperature)
    factor = np.where(wet, np.minimum(dissolved_factor(temperature, rh), 1.0), 1.0)
    x = _nitrate(free, acid, dry_product * factor)
    for _ in range(ITERATIONS):
        share = x / np.maximum(x + 3.0 * sulfate * to_ppb, 1e-12)
        update = _nitrate(free, acid, dry_product * factor * np.where(wet, share, 1.0))
        x = np.where(wet, (1.0 - DAMPING) * x + DAMPING * update, x)
    nitrate = x / to_ppb
    return Equilibrium(nitrate, bound + nitrate, total_hno3 - nitrate, total_nh3 - bound - nitrate)
