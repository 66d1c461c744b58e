"""The engine of a city's boxes, and what their rate coefficients depend on: shared weather, each box's own uptake."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from drivers.box_model.engine import Engine
from drivers.box_model.mechanism import Mechanism
from drivers.box_model.mechanism_table import load
from drivers.box_model.micm_engine import MicmEngine
from drivers.box_model.photolysis import PhotolysisTable
from drivers.box_model.rates import Environment
from drivers.box_model.rosenbrock import RosenbrockEngine
from drivers.box_model.settings import BoxSettings
from drivers.box_model.weather import Moment

Array = npt.NDArray[np.float64]

MICM_SUBSTEP_S = 900.0
MICM_FIRST_STEP_S = 60.0
"""s; longer than MICM's own choices, because the coefficients change little in them."""
ABSOLUTE_TOLERANCE = 3e5
"""molecule cm-3: radicals at night are not followed to their last digit."""


def make_engine(settings: BoxSettings) -> Engine:
    """Return the engine of the settings for their mechanism."""
    mechanism = load(settings.mechanism, settings.reaction_groups)
    rtol = settings.relative_tolerance
    if settings.engine == "micm":
        return MicmEngine(
            mechanism, rtol=rtol, atol=ABSOLUTE_TOLERANCE, h_start=MICM_FIRST_STEP_S, substep=MICM_SUBSTEP_S
        )
    return RosenbrockEngine(mechanism, rtol=rtol, atol=ABSOLUTE_TOLERANCE)


@dataclass(frozen=True)
class Rates:
    """What coefficients depend on, for one mechanism and photolysis table."""

    mechanism: Mechanism
    table: PhotolysisTable

    def environment(
        self, moments: tuple[Moment, ...], light: tuple[Array, ...], uptake: Mapping[str, Array], methane: Array
    ) -> Environment:
        """Return what the coefficients of every box depend on; boxes are (scenario, day, zone), weather is shared.

        `light` (name, day, zone) s-1 a node in the order of the table; `uptake` (scenario, day, zone) s-1 by name, what
        it lacks does not act; `methane` (scenario, day) mol mol-1, 0 where the mechanism's own holds.
        """
        shape = (len(moments), len(methane), *moments[0].T.shape)
        constants = self.mechanism.constants
        known = np.where(methane > 0.0, methane, constants["CH4"])
        temperature, pressure, water = (
            _wide(np.stack([getattr(moment, name) for moment in moments])[:, None], shape)
            for name in ("T", "P", "water")
        )
        rows = [self.table.names.index(name) for name in self.mechanism.photolysis]
        photolysis = np.stack([node[rows] for node in light])[:, :, None]
        taken = np.zeros((len(self.mechanism.heterogeneous), *shape[1:]))
        for row, name in enumerate(self.mechanism.heterogeneous):
            taken[row] = uptake.get(name, 0.0)
        return Environment(
            temperature,
            pressure,
            water,
            _wide(photolysis, (len(moments), len(rows), *shape[1:])),
            _wide(taken[None], (len(moments), *taken.shape)),
            mixing_ratios={"CH4": _wide(known[None, :, :, None], shape)},
        )


def _wide(values: Array, shape: tuple[int, ...]) -> Array:
    """Return values broadcast to (..., scenario, day, zone), the boxes as one dimension."""
    return np.broadcast_to(values, shape).reshape(*shape[:-3], -1)
