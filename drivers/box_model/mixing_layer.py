"""Height of the mixed layer from surface fluxes, when the met brings none.

By day the slab growth of Gryning and Batchvarova, by night the mechanical height 2300 u*^1.5
(Venkatram; AERMOD) with an urban floor; in the evening the layer falls to it with AERMOD's time scale.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from drivers.box_model.surface_fluxes import GRAVITY, KARMAN, Fluxes, heat_capacity

Array = npt.NDArray[np.float64]

ENTRAINMENT_A = 0.2
ENTRAINMENT_B = 2.5
ENTRAINMENT_C = 8.0
"""A, B, C of Gryning and Batchvarova: buoyant entrainment, mechanical entrainment, spin-up."""
MECHANICAL = 2300.0
"""m (m s-1)^-1.5: height of the mechanical layer over u*^1.5 (Venkatram 1980)."""
COLLAPSE_RATE = 2.0
"""beta of AERMOD's smoothing time h / (beta u*)."""
COLLAPSE_LONGEST_S = 3600.0
"""s: convective turbulence dies within an hour after its heating, however weak the wind (a choice)."""
EVENING_SHARE = 0.1
"""Share of the day's largest heat flux below which turbulence decays: the evening transition precedes the change of
sign (a choice)."""
SUBSTEPS = 60
SECONDS_AN_HOUR = 3600.0
HOURS = 24


@dataclass(frozen=True)
class Layer:
    """Parameters of the layer: floor and ceiling (m)."""

    floor_m: float = 100.0
    ceiling_m: float = 3000.0


def growth_rate(height: Array, heat: Array, ustar: Array, temperature: Array, obukhov: Array, gamma: Array) -> Array:
    """Return dh/dt (m s-1) of a convective layer of `height` m under a gradient `gamma` K m-1.

    Source: Gryning and Batchvarova; `heat` W m-2 > 0, `obukhov` m < 0.
    """
    buoyant = height**2 / ((1.0 + 2.0 * ENTRAINMENT_A) * height - 2.0 * ENTRAINMENT_B * KARMAN * obukhov)
    below = gamma * GRAVITY * ((1.0 + ENTRAINMENT_A) * height - ENTRAINMENT_B * KARMAN * obukhov)
    spin_up = ENTRAINMENT_C * ustar**2 * temperature / below
    return np.asarray(heat / (heat_capacity(temperature) * gamma) / (buoyant + spin_up))


def mechanical_height(ustar: Array, layer: Layer) -> Array:
    """Return the height (m) that wind alone mixes: 2300 u*^1.5, not below the floor."""
    return np.clip(MECHANICAL * ustar**1.5, layer.floor_m, layer.ceiling_m)


def _grow(height: Array, heat: Array, ustar: Array, temperature: Array, obukhov: Array, gamma: Array) -> Array:
    step = SECONDS_AN_HOUR / SUBSTEPS
    for _ in range(SUBSTEPS):  # Runge-Kutta of fourth order
        k1 = growth_rate(height, heat, ustar, temperature, obukhov, gamma)
        k2 = growth_rate(height + 0.5 * step * k1, heat, ustar, temperature, obukhov, gamma)
        k3 = growth_rate(height + 0.5 * step * k2, heat, ustar, temperature, obukhov, gamma)
        k4 = growth_rate(height + step * k3, heat, ustar, temperature, obukhov, gamma)
        height = height + step / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return height


def _fall(height: Array, target: Array, ustar: Array) -> Array:
    scale = np.minimum(height / (COLLAPSE_RATE * ustar), COLLAPSE_LONGEST_S)
    share = np.exp(-SECONDS_AN_HOUR / scale)
    return np.asarray(height * share + target * (1.0 - share))


def mixed_layer_height(fluxes: Fluxes, temperature: Array, gamma: Array, layer: Layer) -> Array:
    """Return the height (m) at the 25 edges of the local hours of a repeated day, (edge, ...).

    `fluxes` and `temperature` K are hourly means (hour 24, ...) starting at local midnight; `gamma` (K m-1) has
    the shape of one hour. The day is run twice, so that midnight continues the evening before.
    """
    start = mechanical_height(fluxes.ustar[0], layer)
    edges = np.empty((HOURS + 1, *start.shape))
    for _ in range(2):
        edges[0] = start
        for hour in range(HOURS):
            edges[hour + 1] = _one_hour(edges[hour], hour, fluxes, temperature, gamma, layer)
        start = edges[HOURS].copy()
    edges[0] = start
    return edges


def _one_hour(height: Array, hour: int, fluxes: Fluxes, temperature: Array, gamma: Array, layer: Layer) -> Array:
    heat, ustar, obukhov = fluxes.heat[hour], fluxes.ustar[hour], fluxes.obukhov[hour]
    target = mechanical_height(ustar, layer)
    grown = _grow(height, np.maximum(heat, 1.0), ustar, temperature[hour], np.minimum(obukhov, -1e-2), gamma)
    fallen = np.where(height > target, _fall(height, target, ustar), target)
    heated = heat > EVENING_SHARE * np.maximum(fluxes.heat.max(axis=0), 0.0)
    return np.clip(np.where(heated, np.maximum(grown, target), fallen), layer.floor_m, layer.ceiling_m)


def wind_in_layer(wind: Array, height: Array, exponent: Array, *, wind_height_m: float = 10.0) -> Array:
    """Return the mean wind (m s-1) from the ground to `height` m by a power law.

    The mean of U (z / z_r)^p over the layer is U (h / z_r)^p / (1 + p).
    """
    return np.asarray(wind * (np.maximum(height, wind_height_m) / wind_height_m) ** exponent / (1.0 + exponent))
