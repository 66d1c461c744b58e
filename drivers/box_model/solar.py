"""The sun: zenith angle, distance, radiation at the ground, and what clouds leave of it.

Geometry as in CMAQ (`czangle.F`, EPA); clear-sky radiation and cloud factor as in the
meteorological preprocessor MPDA and in Kasten and Czeplak (1980).
"""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]

DAYS_A_YEAR = 365.242
CLEAR_SKY_WM2 = 990.0
"""Global radiation under the zenith sun that the clear-sky formula starts from (W m-2, a mean turbidity included)."""

CLEAR_SKY_EXTINCTION = 0.057
CLOUD_COEFFICIENT = 0.75
CLOUD_EXPONENT = 3.4
PHOTOLYSIS_FLOOR = 0.3
"""Share of photolysis that does not follow global radiation under cloud (a choice: UV is attenuated less)."""


def day_of_year(times_utc: Times) -> Array:
    """Return the day of the year with its fraction (1.0 is 1 January 00:00 UTC)."""
    times = np.asarray(times_utc, "datetime64[s]")
    start = times.astype("datetime64[Y]").astype("datetime64[s]")
    return np.asarray(1.0 + (times - start).astype(np.float64) / 86400.0)


def _hour_utc(times_utc: Times) -> Array:
    times = np.asarray(times_utc, "datetime64[s]")
    midnight = times.astype("datetime64[D]").astype("datetime64[s]")
    return np.asarray((times - midnight).astype(np.float64) / 3600.0)


def cos_zenith(times_utc: Times, longitude: npt.ArrayLike, latitude: npt.ArrayLike) -> Array:
    """Return the cosine of the solar zenith angle (negative below the horizon).

    `times_utc`, `longitude` and `latitude` (degrees, east and north positive) broadcast together.
    Source: CMAQ `czangle.F` (solar longitude, declination, equation of time).
    """
    day = day_of_year(times_utc)
    angle = 2.0 * np.pi * day / DAYS_A_YEAR
    sin_w, cos_w, sin_2w, cos_2w = np.sin(angle), np.cos(angle), np.sin(2.0 * angle), np.cos(2.0 * angle)
    solar_longitude = angle + np.radians(
        279.9348 + 1.914827 * sin_w - 0.079525 * cos_w + 0.019938 * sin_2w - 0.00162 * cos_2w
    )
    sin_declination = 0.39785 * np.sin(solar_longitude)
    cos_declination = np.sqrt(1.0 - sin_declination**2)
    equation_of_time = 0.12347 * sin_w - 0.004289 * cos_w + 0.153809 * sin_2w + 0.060783 * cos_2w
    solar_time = _hour_utc(times_utc) + np.asarray(longitude, np.float64) / 15.0 - equation_of_time
    hour_angle = np.radians(15.0 * (solar_time - 12.0))
    phi = np.radians(np.asarray(latitude, np.float64))
    return np.asarray(sin_declination * np.sin(phi) + cos_declination * np.cos(phi) * np.cos(hour_angle))


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
