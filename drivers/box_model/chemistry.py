"""Rate coefficients of many boxes that share their weather: evaluated once a (day, zone), uptake put in a box."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from drivers.box_model.engine import Engine
from drivers.box_model.mechanism import Mechanism
from drivers.box_model.mechanism_table import load
from drivers.box_model.micm_engine import MicmEngine
from drivers.box_model.photolysis import PhotolysisTable
from drivers.box_model.rate_forms import Form
from drivers.box_model.rates import environment, rate_coefficients
from drivers.box_model.rosenbrock import RosenbrockEngine
from drivers.box_model.settings import BoxSettings
from drivers.box_model.weather import Moment

Array = npt.NDArray[np.float64]

MICM_SUBSTEP_S = 900.0
MICM_FIRST_STEP_S = 60.0
"""s; longer than MICM's own choices, because the coefficients change little in them."""
ABSOLUTE_TOLERANCE = 1e4
"""molecule cm-3."""


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
    """Coefficients for one mechanism and photolysis table."""

    mechanism: Mechanism
    table: PhotolysisTable

    def shared(self, moments: tuple[Moment, ...], light: tuple[Array, ...]) -> Array:
        """Return coefficients (node, reaction, day, zone) without uptake, at the mechanism's own methane.

        `light` (name, day, zone) s-1 a node in the order of the table.
        """
        shape = moments[0].T.shape
        stacked = {
            name: np.stack([getattr(moment, name).ravel() for moment in moments]) for name in ("T", "P", "water")
        }
        photolysis = {
            name: np.stack([node[self.table.names.index(name)].ravel() for node in light])
            for name in self.mechanism.photolysis
        }
        uptake = dict.fromkeys(self.mechanism.heterogeneous, 0.0)
        env = environment(self.mechanism, stacked["T"], stacked["P"], stacked["water"], photolysis, uptake)
        k = rate_coefficients(self.mechanism, env)
        return k.reshape(len(moments), len(self.mechanism.reactions), *shape)

    def of_boxes(self, shared: Array, uptake: Mapping[str, Array], methane: Array) -> Array:
        """Return coefficients (node, reaction, box): the shared ones for every scenario, with uptake and methane.

        `uptake` (scenario, day, zone) s-1 by name; `methane` (scenario, day) mol mol-1, 0 where it is not known.
        """
        full = np.repeat(shared[:, :, None], len(methane), axis=2)
        built_in = self.mechanism.constants["CH4"]
        factor = np.where(methane > 0.0, methane / built_in, 1.0)[:, :, None]
        for row, reaction in enumerate(self.mechanism.reactions):
            if reaction.rate.form is Form.HETEROGENEOUS and reaction.rate.of in uptake:
                full[:, row] = reaction.rate.scale * uptake[reaction.rate.of]
            if "CH4" in reaction.third_bodies:
                full[:, row] *= factor
        return full.reshape(*shared.shape[:2], -1)
