"""Uptake of gases by particles and by the ground: first-order rates."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

GAS_CONSTANT = 8.314462618
"""J mol-1 K-1."""
M_N2O5, M_SO2, M_NO2 = 0.10801, 0.06406, 0.04601
"""kg mol-1."""
PARTICLE_DENSITY = 1.4e12
"""ug m-3: mean of ammonium salts (1.75) and organics (1.2), g cm-3."""
KAPPA = 0.3
"""Hygroscopicity of urban aerosol (0.2 to 0.4, from memory)."""
RH_CAP = 0.95
DIFFUSIVITY_273 = 0.0855e-4
"""m2 s-1 of N2O5 in air at 273 K and 1 atm (CMAQ); used for every gas here."""
NO2_PARTICLE = 1e-4
"""s-1 per m2 m-3: NO2 on particles (Vogel et al. 2003, as in CMAQ)."""
GROUND_AREA = 1.7
"""Geometric surface of a city over its plan area."""
LIGHT_REFERENCE = 400.0
LIGHT_GAMMA = 2e-5
"""W m-2 and uptake coefficient: photo-enhanced conversion of NO2 on the ground in sunlight (from memory)."""


def mean_speed(temperature: Array, molar_mass: float) -> Array:
    """Return the mean molecular speed (m s-1): sqrt(8 R T / (pi M)), M in kg mol-1."""
    return np.sqrt(8.0 * GAS_CONSTANT * temperature / (np.pi * molar_mass))


def wet_surface(dry_mass: Array, rh: Array, dry_radius_m: float) -> tuple[Array, Array]:
    """Return surface (m2 m-3) and effective radius (m) of particles of `dry_mass` ug m-3, grown by kappa-Koehler."""
    rh_held = np.minimum(rh, RH_CAP)
    growth = (1.0 + KAPPA * rh_held / (1.0 - rh_held)) ** (1.0 / 3.0)
    dry_surface = 3.0 * dry_mass / PARTICLE_DENSITY / dry_radius_m
    return dry_surface * growth**2, dry_radius_m * growth


def uptake_rate(gamma: Array | float, surface: Array, radius: Array, temperature: Array, molar_mass: float) -> Array:
    """Return k = S / (r / Dg + 4 / (c gamma)) (s-1), diffusion and surface in series."""
    diffusivity = DIFFUSIVITY_273 * (temperature / 273.15) ** 1.75
    speed = mean_speed(temperature, molar_mass)
    return np.asarray(surface / (radius / diffusivity + 4.0 / (speed * np.maximum(gamma, 1e-12))))


def n2o5_gamma(
    temperature: Array, rh: Array, sulfate: Array, nitrate: Array, ammonium: Array, gamma_max: float
) -> Array:
    """Return the uptake coefficient of N2O5 on aqueous sulfate and nitrate (amounts in mol m-3).

    Source: Davis et al. (2008), aqueous branch, as in CMAQ's aerosol chemistry.
    """
    anions = np.maximum(sulfate + nitrate, 1e-15)
    x3 = nitrate / anions
    x2 = np.clip(np.minimum(1.0 - x3, ammonium / anions - 1.0), 0.0, None)
    x1 = np.maximum(1.0 - x2 - x3, 0.0)
    l2 = -3.64849 + 9.553 * np.minimum(rh - 0.46, 0.0)
    l1 = l2 + 0.97579 - 0.20427 * np.maximum(temperature - 291.0, 0.0)
    g3 = np.minimum(_logistic(-8.10774 + 4.902 * rh), 0.0154)
    g2, g1 = np.minimum(_logistic(l2), 0.053), np.minimum(_logistic(l1), 0.08585)
    return np.asarray(np.minimum(x1 * g1 + x2 * g2 + x3 * g3, gamma_max))


def _logistic(value: Array) -> Array:
    return np.asarray(1.0 / (1.0 + np.exp(-value)))


def so2_gamma(rh: Array, dry: float, wet: float) -> Array:
    """Return the uptake coefficient of SO2: `dry` up to RH 0.5, linear to `wet` at RH 1."""
    return np.asarray(dry + (wet - dry) * np.clip((rh - 0.5) / 0.5, 0.0, 1.0))


def no2_ground_rate(gamma: float, radiation: Array, temperature: Array, height_m: Array) -> Array:
    """Return the loss of NO2 on the ground (s-1), half of which leaves as HONO: gamma c / 4 x 1.7 / h.

    In light the coefficient rises to 2e-5 at 400 W m-2 and with it above (VandenBoer et al. 2013 type values).
    """
    if gamma == 0.0:
        return np.zeros(np.broadcast_shapes(radiation.shape, temperature.shape, height_m.shape))
    lit = np.where(radiation > LIGHT_REFERENCE, LIGHT_GAMMA * radiation / LIGHT_REFERENCE, gamma)
    return np.asarray(lit * mean_speed(temperature, M_NO2) / 4.0 * GROUND_AREA / height_m)
