"""Whose air a district breathes in: its neighbours' before the region's.

A square district of side L_z is flushed at U / L_z. If it drew regional air alone, a small district in a large
city would be far too clean; so the air that enters is partly the mixed air of the districts around it. Nested
in a city of side L_c, the share of city air is 1 - L_z / L_c: then the city as a whole is flushed at U / L_c, and
mass closes, when the mixed air is the mean of the districts weighted by the width L_z of their outflow. The same
rule nests districts in the built-up core and the core in the city. (A choice of this model; one wind for all.)
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Inflow:
    """Inflow of each zone: `weights` (zone, zone) of the zones' air, `outside` (zone,) of the regional air; sum 1."""

    weights: Array
    outside: Array

    def air(self, zones: Array, region: Array) -> Array:
        """Return the air that enters each zone, from (..., zone) inside and (..., zone) outside."""
        return np.asarray(zones @ self.weights.T + region * self.outside)


def inflow(area_m2: Array, core: npt.NDArray[np.bool_]) -> Inflow:
    """Return the nested inflow of zones with areas (m2); `core` marks the built-up core (may be all False)."""
    side = np.sqrt(area_m2)
    city = np.sqrt(area_m2.sum())
    weights, outside = np.zeros((len(side), len(side))), np.zeros(len(side))
    core_side = np.sqrt(area_m2[core].sum()) if core.any() else 0.0
    for zone in range(len(side)):
        share_of_outer = 1.0
        outer = side[zone]
        if core[zone]:
            share = 1.0 - side[zone] / core_side
            weights[zone] += share * np.where(core, side, 0.0) / side[core].sum()
            share_of_outer, outer = 1.0 - share, core_side
        in_city = share_of_outer * (1.0 - outer / city)
        weights[zone] += in_city * _city_mix(side, core, core_side)
        outside[zone] = share_of_outer - in_city
    return Inflow(weights, outside)


def _city_mix(side: Array, core: npt.NDArray[np.bool_], core_side: float) -> Array:
    width = side.copy()
    if core.any():  # the core lets out its mixed air through its own width
        width[core] = side[core] / side[core].sum() * core_side
    return np.asarray(width / width.sum())
