"""Nitric oxide of soils after Yienger and Levy (1995, JGR 100, 11447), in the form of CMAQ's MEGAN.

Emission = A exp(0.103 T) of a wet soil at T (Celsius), less when the soil is dry or cold, times what the canopy lets
through, times the pulse that rain on a dry soil sets off.
"""

import numpy as np
import numpy.typing as npt

from aqcore.units import CELSIUS_ZERO_K
from emissions.natural.plants import plant_types

Array = npt.NDArray[np.float64]

WARMING = 0.103
"""Exponent of a wet soil, K-1."""
WARMEST_C = 30.0
"""Temperature up to which emission rises, Celsius."""
COLD_C = 10.0
"""Below it the emission of a wet soil falls linearly to zero at 0 Celsius."""
COLD_SLOPE = 0.28
DRY_SHARE = 1.0 / 3.0
"""Emission of a dry soil at 30 Celsius over that of a wet one."""
GRAM_N_PER_MOL = 14.007
GRAM_PER_NANOGRAM = 1.0e-9

HALF_WET = 0.5
"""Wetness (0 dry, 1 saturated) where none is known."""

PULSES = ((0.5, 11.19, 0.805, 2), (1.5, 14.68, 0.384, 6), (np.inf, 18.46, 0.208, 13))
"""Rain of a day up to (cm), factor, decay (d-1), days: sprinkle, shower, heavy rain."""
LEAST_RAIN_CM = 0.1
"""Less rain sets off no pulse."""


def soil_temperature(air_temperature: Array) -> Array:
    """Return the temperature of the soil (K) from that of the air (K): 0.72 T + 82.28."""
    return np.asarray(0.72 * air_temperature + 82.28)


def temperature_factor(soil_temperature_k: Array, wetness: npt.ArrayLike = HALF_WET) -> Array:
    """Return the emission over that of a wet soil at 30 Celsius: the mean of wet and dry soil by `wetness` (0 to 1)."""
    celsius = np.clip(soil_temperature_k - CELSIUS_ZERO_K, 0.0, WARMEST_C)
    scale = np.exp(-WARMING * WARMEST_C)
    wet = np.where(celsius <= COLD_C, COLD_SLOPE * celsius, np.exp(WARMING * celsius)) * scale
    dry = DRY_SHARE * celsius / WARMEST_C
    share = np.asarray(wetness, dtype=float)
    return np.asarray(share * wet + (1.0 - share) * dry)


def canopy_factor(leaf_area_index: npt.ArrayLike) -> Array:
    """Return what leaves let through: mean of uptake by stomata and by cuticles (Yienger and Levy)."""
    leaves = np.asarray(leaf_area_index, dtype=float)
    return np.asarray(0.5 * (np.exp(-0.24 * leaves) + np.exp(-0.0525 * leaves)))


def pulse_factor(rain_cm: Array, days_since: Array) -> Array:
    """Return the factor of the pulse that a day of rain (cm) on a dry soil set off `days_since` days ago; 1 without."""
    rain, days = np.broadcast_arrays(np.asarray(rain_cm, dtype=float), np.asarray(days_since, dtype=float))
    factor, least = np.ones(rain.shape), LEAST_RAIN_CM
    for most, height, decay, length in PULSES:
        at_work = (rain >= least) & (rain < most) & (days < length)
        factor = np.where(at_work, np.maximum(height * np.exp(-decay * (days + 1.0)), 1.0), factor)
        least = most
    return factor


def base_emission(cover: Array) -> Array:
    """Return the emission of a wet soil at 30 Celsius, mol NO m-2 s-1 (y, x), of a cover (plant type, y, x)."""
    per_type = plant_types()["soil_no_ng_n_m2_s"].to_numpy(float) * np.exp(WARMING * WARMEST_C)
    return np.asarray(np.tensordot(per_type, cover, axes=1) * GRAM_PER_NANOGRAM / GRAM_N_PER_MOL)


def soil_no(
    cover: Array, soil_temperature_k: Array, leaf_area_index: Array, wetness: npt.ArrayLike = HALF_WET,
    pulse: npt.ArrayLike = 1.0,
) -> Array:  # fmt: skip
    """Return the flux of NO above the canopy, mol m-2 s-1, (time, y, x) or what the arrays broadcast to."""
    flux = base_emission(cover) * temperature_factor(soil_temperature_k, wetness) * np.asarray(pulse, dtype=float)
    return np.asarray(flux * canopy_factor(leaf_area_index))
