"""The weather of a calm clear day, analytic: sun, temperatures, mixing, wind, the same over the whole grid."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aqcore.solar import cos_zenith, day_of_year

FloatArray = npt.NDArray[np.float64]

WIND = (2.0, 1.0)
"""Wind at the ground to the east and to the north, m s-1."""

WIND_GROWTH = 3.0
"""How many times stronger the wind at the model top is, linear in sigma."""

ANNUAL_MEAN_K, ANNUAL_SWING_K, DAILY_SWING_K = 286.0, 14.0, 5.0
"""Temperature of a northern city: mean, half the range from January to July, half the range of a day (constructed)."""

WARMEST_DAY, WARMEST_HOUR = 200.0, 15.0
"""Day of the year and hour of local solar time of the highest temperature."""


@dataclass(frozen=True)
class Weather:
    """Weather at the ground by time, (time,): K, m, m s-1, W m-2; `sun` is the cosine of the zenith angle, 0 at night.

    `skin` is the temperature of the ground, `deep` that of the soil below.
    """

    sun: FloatArray
    air: FloatArray
    skin: FloatArray
    deep: FloatArray
    mixing_height: FloatArray
    friction_velocity: FloatArray
    sensible_heat: FloatArray
    latent_heat: FloatArray
    radiation: FloatArray


def weather(times_utc: npt.NDArray[np.datetime64], longitude: float, latitude: float) -> Weather:
    """Return the weather at a place (degrees) at UTC times (time,): a clear day, warmer in summer and after noon.

    Numbers are constructed: they make a plausible boundary layer, not a forecast.
    """
    sun = np.maximum(cos_zenith(times_utc, longitude, latitude), 0.0)
    day = day_of_year(times_utc)
    local_hour = 24.0 * (day % 1.0) + longitude / 15.0
    season = ANNUAL_MEAN_K + ANNUAL_SWING_K * np.cos(2.0 * np.pi * (day - WARMEST_DAY) / 365.0)
    air = season + DAILY_SWING_K * np.cos(2.0 * np.pi * (local_hour - WARMEST_HOUR) / 24.0)
    return Weather(
        sun=sun, air=air, skin=air + 6.0 * sun - 1.0, deep=season, mixing_height=250.0 + 1300.0 * sun,
        friction_velocity=0.2 + 0.25 * sun, sensible_heat=-10.0 + 210.0 * sun, latent_heat=120.0 * sun,
        radiation=850.0 * sun,
    )  # fmt: skip


def wind(levels: tuple[float, ...]) -> tuple[FloatArray, FloatArray]:
    """Return the wind to the east and to the north (layer,) m s-1 on sigma levels (layers + 1)."""
    sigma = np.asarray(levels)
    growth = 1.0 + (WIND_GROWTH - 1.0) * (1.0 - (sigma[:-1] + sigma[1:]) / 2.0)
    return WIND[0] * growth, WIND[1] * growth
