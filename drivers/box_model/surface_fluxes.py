"""Sensible heat and friction velocity from temperature, wind and radiation at the ground.

Holtslag and van Ulden (1983), as restated by meteorological preprocessors; the ground takes 20 % of net
radiation (urban). All arrays broadcast together; SI units throughout.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

KARMAN = 0.4
GRAVITY = 9.81
"""m s-2."""
STEFAN_BOLTZMANN = 5.67e-8
"""W m-2 K-4."""
ZERO_CELSIUS = 273.15
"""K."""
SKY_RADIATION = 5.31e-13
"""Longwave radiation of a clear sky over T^6 (W m-2 K-6, Swinbank)."""
CLOUD_RADIATION = 60.0
"""Longwave radiation of a full cloud cover (W m-2)."""
GROUND_LEFT = 0.8
"""Share of net radiation that is not stored in the ground."""
DE_BRUIN_OFFSET = 20.0
"""W m-2: evaporation that does not follow the radiation (De Bruin and Holtslag)."""
HEATING_COEFFICIENT = 0.38
"""Empirical longwave heating coefficient at full soil moisture effect (Holtslag and van Ulden 1983)."""
USTAR_FLOOR = 0.05
"""m s-1."""


@dataclass(frozen=True)
class Surface:
    """A surface: roughness (m), albedo, evaporation parameter (0.5 dense urban, 1 moist grass).

    `anthropogenic_heat` W m-2 is released by day; `wind_height_m` is where the wind was measured.
    """

    roughness_m: float = 1.0
    albedo: float = 0.15
    moisture: float = 0.5
    anthropogenic_heat: float = 0.0
    wind_height_m: float = 10.0


@dataclass(frozen=True)
class Fluxes:
    """Sensible heat flux (W m-2, upward positive), friction velocity (m s-1), Obukhov length (m)."""

    heat: Array
    ustar: Array
    obukhov: Array


def heat_capacity(temperature: Array) -> Array:
    """Return density times specific heat of air (J m-3 K-1): 1305 x 273.16 / T."""
    return np.asarray(1305.0 * 273.16 / temperature)


def _psychrometric_ratio(temperature: Array) -> Array:
    return 1.05 * np.exp((6.42 - (temperature - ZERO_CELSIUS)) / 17.78)


def net_radiation(radiation: Array, temperature: Array, cloud: Array, surface: Surface) -> Array:
    """Return net radiation (W m-2) from global radiation (W m-2), air temperature (K) and cloud cover (0..1).

    Source: Holtslag and van Ulden (1983), with the heating coefficient c3 = 0.38 ((1 - a) + s) / (1 + s).
    """
    s = _psychrometric_ratio(temperature)
    c3 = HEATING_COEFFICIENT * ((1.0 - surface.moisture) + s) / (1.0 + s)
    balance = (
        (1.0 - surface.albedo) * radiation
        + SKY_RADIATION * temperature**6
        - STEFAN_BOLTZMANN * temperature**4
        + CLOUD_RADIATION * cloud
    )
    return np.asarray(balance / (1.0 + c3))


def daytime_heat(radiation: Array, temperature: Array, cloud: Array, surface: Surface) -> Array:
    """Return the sensible heat flux (W m-2) of the energy balance; meaningful where it is positive."""
    s = _psychrometric_ratio(temperature)
    share = ((1.0 - surface.moisture) + s) / (1.0 + s)
    available = GROUND_LEFT * net_radiation(radiation, temperature, cloud, surface)
    return np.asarray(share * available - DE_BRUIN_OFFSET + surface.anthropogenic_heat)


def _unstable_ustar(wind: Array, temperature: Array, heat: Array, surface: Surface) -> Array:
    ratio = surface.roughness_m / surface.wind_height_m
    neutral = np.maximum(KARMAN * wind / np.log(1.0 / ratio), 1e-3)
    d1 = 0.107 if ratio > 0.01 else 0.128 + 0.005 * np.log(ratio)  # the published switch
    d2 = 1.95 + 32.6 * ratio**0.45
    buoyancy = KARMAN * GRAVITY * surface.wind_height_m / (temperature * neutral**3)
    d3 = heat / heat_capacity(temperature) * buoyancy
    return np.asarray(np.maximum(neutral * (1.0 + d1 * np.log1p(d2 * d3)), USTAR_FLOOR))


def _stable(wind: Array, temperature: Array, cloud: Array, surface: Surface) -> tuple[Array, Array]:
    height, log_z = surface.wind_height_m, np.log(surface.wind_height_m / surface.roughness_m)
    limit = KARMAN * temperature * wind**2 / (18.8 * height * GRAVITY * log_z)
    theta_star = np.minimum(0.09 * (1.0 - 0.5 * cloud**2), limit)
    neutral = KARMAN * wind / log_z
    damping = 4.0 * 4.7 * GRAVITY * height * theta_star * log_z / (KARMAN * temperature * np.maximum(wind, 1e-3) ** 2)
    ustar = np.maximum(neutral / 2.0 * (1.0 + np.sqrt(np.maximum(1.0 - damping, 0.0))), USTAR_FLOOR)
    return ustar, -heat_capacity(temperature) * ustar * theta_star


def surface_fluxes(radiation: Array, temperature: Array, wind: Array, cloud: Array, surface: Surface) -> Fluxes:
    """Return the fluxes by day (energy balance) and by night (temperature scale) from hourly met.

    Arguments: global radiation W m-2, air temperature K, wind m s-1 at `surface.wind_height_m`, cloud 0..1.
    """
    heat = daytime_heat(radiation, temperature, cloud, surface)
    day = (heat > 0.0) & (radiation > 0.0)
    stable_ustar, stable_heat = _stable(wind, temperature, cloud, surface)
    ustar = np.where(day, _unstable_ustar(wind, temperature, np.maximum(heat, 0.0), surface), stable_ustar)
    heat = np.where(day, heat, stable_heat)
    safe = np.where(np.abs(heat) < 1e-3, np.copysign(1e-3, heat), heat)  # L is infinite at zero flux
    return Fluxes(heat, ustar, -heat_capacity(temperature) * temperature * ustar**3 / (KARMAN * GRAVITY * safe))
