"""The place of the sun in the sky.

Geometry as in CMAQ (`czangle.F`, EPA): solar longitude, declination and equation of time as series in the day of the
year.
"""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]

DAYS_A_YEAR = 365.242


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
    """Return the cosine of the solar zenith angle, which is the sine of the elevation (negative below the horizon).

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
