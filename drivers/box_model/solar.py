"""The sun: distance, radiation at the ground, and what clouds leave of it; its place in the sky is `aqcore.solar`.

Clear-sky radiation and cloud factor as in the meteorological preprocessor MPDA and in Kasten and Czeplak (1980).
"""

import numpy as np
import numpy.typing as npt

from aqcore.solar import cos_zenith, day_of_year

__all__ = [
    "clear_sky_radiation",
    "cloud_photolysis_factor",
    "cloud_radiation_factor",
    "cos_zenith",
    "day_of_year",
    "distance_factor",
]

Array = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]

CLEAR_SKY_WM2 = 990.0
"""Global radiation under the zenith sun that the clear-sky formula starts from (W m-2, a mean turbidity included)."""

CLEAR_SKY_EXTINCTION = 0.057
CLOUD_COEFFICIENT = 0.75
CLOUD_EXPONENT = 3.4
PHOTOLYSIS_FLOOR = 0.3
"""Share of photolysis that does not follow global radiation under cloud (a choice: UV is attenuated less)."""


def distance_factor(times_utc: Times) -> Array:
    """Return (mean distance / distance)^2 of the sun: 1 + 0.033 cos(2 pi day / 365)."""
    return np.asarray(1.0 + 0.033 * np.cos(2.0 * np.pi * day_of_year(times_utc) / 365.0))


def clear_sky_radiation(sin_elevation: Array) -> Array:
    """Return global radiation (W m-2) under a clear sky: 990 s exp(-0.057 / s), zero at night."""
    up = np.maximum(sin_elevation, 1e-3)
    return np.where(sin_elevation > 0.0, CLEAR_SKY_WM2 * up * np.exp(-CLEAR_SKY_EXTINCTION / up), 0.0)


def cloud_radiation_factor(cloud: npt.ArrayLike) -> Array:
    """Return what total cloud cover (0..1) leaves of global radiation: 1 - 0.75 N^3.4 (Kasten and Czeplak 1980)."""
    return 1.0 - CLOUD_COEFFICIENT * np.asarray(cloud, np.float64) ** CLOUD_EXPONENT


def cloud_photolysis_factor(cloud: npt.ArrayLike) -> Array:
    """Return what total cloud cover (0..1) leaves of photolysis: 0.3 + 0.7 x the radiation factor (a choice)."""
    return PHOTOLYSIS_FLOOR + (1.0 - PHOTOLYSIS_FLOOR) * cloud_radiation_factor(cloud)
