"""A hydrostatic column of air on sigma levels, uniform over the grid."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aqcore.units import GAS_CONSTANT
from emissions.layers import LAPSE_K_PER_M, WRF_SIGMA, Layers

FloatArray = npt.NDArray[np.float64]

GRAVITY = 9.80665
"""Standard gravity, m s-2 (ISO 2533:1975)."""

DRY_AIR = GAS_CONSTANT / 28.9628e-3
"""Gas constant of dry air, J kg-1 K-1 (molar mass of NASA/TM-2016-218, 28.9628 g mol-1)."""

SURFACE_PA = 101325.0
"""Pressure at the ground of the idealised case, Pa: `emissions.layers` puts stacks into layers with the same."""

TROPOPAUSE_K = 216.65
"""Temperature of the lower stratosphere, K (ISO 2533:1975)."""

UPPER_LEVELS = (0.9975, 0.993, 0.985, 0.97, 0.945, 0.91, 0.86, 0.75, 0.55, 0.3, 0.0)
"""Levels above the ground where the emission files give none: a coarse city set-up (constructed)."""

MODEL_TOP_PA = 5000.0

SPECIFIC_HUMIDITY = ((70_000.0, 0.010), (50_000.0, 0.003), (0.0, 0.0003))
"""Specific humidity (kg kg-1) above these pressures (Pa): moist below, dry aloft (constructed)."""


@dataclass(frozen=True)
class Levels:
    """Sigma levels from 1 to 0 (layers + 1), model top (Pa) and I/O API type of the vertical coordinate."""

    vglvls: tuple[float, ...]
    vgtop: float = MODEL_TOP_PA
    vgtyp: int = WRF_SIGMA

    @classmethod
    def of(cls, layers: Layers, upper: Sequence[float] = UPPER_LEVELS) -> "Levels":
        """Return levels that begin with those of emission files, so that both agree, and go on with `upper`."""
        if layers.vglvls is None or layers.vgtop is None or layers.vgtyp is None:
            return cls((1.0, *upper))
        given = layers.vglvls
        return cls((*given, *(level for level in upper if level < given[-1])), layers.vgtop, layers.vgtyp)

    @property
    def count(self) -> int:
        """Number of layers."""
        return len(self.vglvls) - 1


@dataclass(frozen=True)
class Column:
    """The air over one point at several times, (time, layer).

    `height_top` and `height_mid` m above ground, `temperature` K, `pressure` Pa, `density` kg m-3, `jacobian` m (layer
    depth over sigma thickness), `mass` kg m-2 (density x jacobian, the same in all layers), `humidity` kg kg-1.
    """

    height_top: FloatArray
    height_mid: FloatArray
    temperature: FloatArray
    pressure: FloatArray
    density: FloatArray
    jacobian: FloatArray
    mass: FloatArray
    humidity: FloatArray


def column(levels: Levels, surface_temperature: npt.ArrayLike) -> Column:
    """Return the hydrostatic column over air of `surface_temperature` (time,) K that cools by 6.5 K a km.

    Each layer is as thick as hydrostatic balance makes it at its mean temperature: dz = R T / g ln(p1 / p2); two rounds
    make temperature and thickness agree. Density follows from mass: rho x dz / dsigma = (p0 - ptop) / g, which CCTM
    expects to hold exactly (DENSA_J).
    """
    ground = np.asarray(surface_temperature, dtype=np.float64)[:, None]
    sigma = np.asarray(levels.vglvls)
    edges = levels.vgtop + (SURFACE_PA - levels.vgtop) * sigma
    ratio, thickness_sigma = np.log(edges[:-1] / edges[1:]), -np.diff(sigma)
    temperature = np.repeat(ground, levels.count, axis=1)
    for _ in range(3):
        depth = DRY_AIR * temperature / GRAVITY * ratio
        tops = np.cumsum(depth, axis=1)
        temperature = np.maximum(TROPOPAUSE_K, ground - LAPSE_K_PER_M * (tops - depth / 2))
    jacobian = depth / thickness_sigma
    mass = np.full_like(jacobian, (SURFACE_PA - levels.vgtop) / GRAVITY)
    pressure = np.broadcast_to((edges[:-1] + edges[1:]) / 2, mass.shape)
    return Column(tops, tops - depth / 2, temperature, pressure, mass / jacobian, jacobian, mass, _humidity(pressure))


def _humidity(pressure: FloatArray) -> FloatArray:
    bounds, values = zip(*SPECIFIC_HUMIDITY, strict=True)
    return np.select([pressure > bound for bound in bounds], [np.full(pressure.shape, value) for value in values])
