"""Emissions of each district as one linear operator on the factors of a scenario.

A box model asks for the same hours under hundreds of scenarios. All that a scenario changes is the factor of each
(source, pollutant); the rest is prepared once: one sparse product and one small dense product a scenario.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from aqcore.errors import Fault, InputError
from emissions.response import ROUNDING, Response


@dataclass(frozen=True)
class ZoneOperator:
    """Emissions of the zones as a function of factors.

    `matrix` is sparse, ((zone, profile, species), (source, pollutant)), mol/a or g/a; `rates` (profile, time) s-1
    per annual amount. A call costs one product with `matrix` (some 75 non-zeros a source) and one of zone x species
    x profile x time multiplications: 0.3 ms for 1000 sources, 16 zones and 24 hours; many scenarios in one call
    share the passes over memory.
    """

    matrix: sp.csr_array
    rates: np.ndarray
    zones: tuple[str, ...]
    species: tuple[str, ...]
    times: np.ndarray

    def annual(self, factors: np.ndarray) -> np.ndarray:
        """Return annual amounts (..., zone, profile, species), mol/a or g/a, of factors (..., source, pollutant).

        Factors that break the nesting of the particles (see `emissions.response`) raise `InputError`.
        """
        values = np.asarray(factors, dtype=float)
        lead = values.shape[:-2]
        result = self.matrix @ values.reshape(-1, self.matrix.shape[1]).T
        result = result.T.reshape(*lead, len(self.zones), len(self.rates), len(self.species))
        self._refuse_negative(result)
        return np.asarray(np.maximum(result, 0.0))

    def emissions(self, factors: np.ndarray) -> np.ndarray:
        """Return rates (..., species, time, zone), mol/s or g/s, of factors (..., source, pollutant)."""
        amounts = np.swapaxes(self.annual(factors), -1, -2) @ self.rates
        return np.asarray(np.moveaxis(amounts, -3, -1))

    def _refuse_negative(self, amounts: np.ndarray) -> None:
        floor = -ROUNDING * max(float(np.abs(amounts).max(initial=0.0)), 1.0)
        if amounts.min(initial=0.0) < floor:
            place = np.unravel_index(int(amounts.argmin()), amounts.shape)
            what = f"factors leave a negative {self.species[place[-1]]} in zone {self.zones[place[-3]]}"
            raise InputError([Fault("factors", what, "keep BC and OC within PM25, and PM25 within PM10")])


def build_zone_operator(
    response: Response,
    zone: np.ndarray,
    profile: np.ndarray,
    rates: np.ndarray,
    zones: tuple[str, ...],
    times: np.ndarray,
) -> ZoneOperator:
    """Build the operator.

    `zone` and `profile` (source,) are the indices of each source's zone and temporal profile; `rates`
    (profile, time) s-1.
    """
    entries = response.matrix.tocoo()
    column, species = entries.coords
    source = column // len(response.pollutants)
    row = (zone[source] * len(rates) + profile[source]) * len(response.species) + species
    shape = (len(zones) * len(rates) * len(response.species), response.matrix.shape[0])
    matrix = sp.coo_array((entries.data, (row, column)), shape).tocsr()
    return ZoneOperator(matrix, rates, zones, response.species, times)
