"""How the species of each source answer to factors on its pollutants.

Speciation is linear in the masses of a source as long as its particles stay nested (BC and organic matter inside
PM2.5, PM2.5 inside PM10; `scenarios` keeps them so). The matrix of this linear map is found once, from the speciation
of parts of the inventory; a scenario then costs one sparse product instead of a speciation, with the same result.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import xarray as xr

from aqcore.errors import Fault, InputError
from emissions.inventory import Inventory
from emissions.speciation import Speciation

PARTICLES = ("PM10", "PM25", "BC", "OC")
"""Nested pollutants, whose species depend on each other."""

ROUNDING = 1e-9
"""A negative amount beyond this share of the source's total is a scenario that breaks the nesting."""


@dataclass(frozen=True)
class Response:
    """Annual amounts of species by source and pollutant.

    `matrix` is sparse, ((source, pollutant) row-major, species): mol/a of gases, g/a of aerosols. Multiplied with
    the factors of a scenario and summed over pollutants it gives the amounts of the scenario.
    """

    matrix: sp.csr_array
    sources: tuple[str, ...]
    pollutants: tuple[str, ...]
    species: tuple[str, ...]

    def amounts(self, factors: np.ndarray | None = None) -> np.ndarray:
        """Return the annual amounts (source, species), mol/a or g/a.

        `factors` (source, pollutant), dimensionless, all 1 when None. Factors that leave more BC and organic matter
        than PM2.5, or more PM2.5 than PM10, raise `InputError` naming the sources.
        """
        weights = np.ones(self.matrix.shape[0]) if factors is None else np.asarray(factors, dtype=float).ravel()
        count = len(self.pollutants)
        pick = sp.csr_array(
            (weights, np.arange(weights.size), np.arange(0, weights.size + 1, count)),
            shape=(len(self.sources), weights.size),
        )
        result = np.asarray((pick @ self.matrix).todense())
        self._refuse_negative(result)
        return np.asarray(np.maximum(result, 0.0))

    def aligned(self, factors: xr.DataArray) -> np.ndarray:
        """Return factors as (source, pollutant) of this inventory.

        `factors` has both dimensions or one of them; what it does not name has factor 1. A source or pollutant that
        the inventory does not have raises `ValueError`.
        """
        own = {"source": list(self.sources), "pollutant": list(self.pollutants)}
        for dim in factors.dims:
            unknown = set(factors[dim].to_numpy().tolist()) - set(own[str(dim)])
            if unknown:
                raise ValueError(f"factors name an unknown {dim}: {sorted(unknown)[:5]}")
        ones = xr.DataArray(np.ones([len(names) for names in own.values()]), own, tuple(own))
        full = factors.reindex({dim: own[str(dim)] for dim in factors.dims}, fill_value=1.0)
        return np.asarray((ones * full).transpose(*own).to_numpy())

    def _refuse_negative(self, amounts: np.ndarray) -> None:
        scale = np.abs(amounts).sum(axis=1)
        broken = np.argwhere(amounts < -ROUNDING * scale[:, None])
        if len(broken):
            faults = [Fault(f"source {self.sources[source]}", f"its factors leave a negative {self.species[species]}",
                            "keep BC and OC within PM25, and PM25 within PM10")
                      for source, species in broken]  # fmt: skip
            raise InputError(faults)


def build_response(inventory: Inventory, speciation: Speciation) -> Response:
    """Find the response of each source's species to its pollutants.

    Raises `InputError` as `Speciation.check` does.
    """
    speciation.check(inventory)
    names = tuple(inventory.pollutants)
    base = _only(inventory, speciation, ())
    columns = {name: _only(inventory, speciation, (name,)) for name in names if name not in PARTICLES}
    present = [name for name in PARTICLES if name in names]
    if "PM10" in present:
        columns["PM10"] = _only(inventory, speciation, ("PM10",))
    dust = [name for name in ("PM10", "PM25") if name in present]
    fine = _only(inventory, speciation, dust)
    if "PM25" in present:
        columns["PM25"] = fine - columns.get("PM10", base)
    for name in ("BC", "OC"):
        if name in present:
            columns[name] = _only(inventory, speciation, (*dust, name)) - fine
    species = tuple(str(name) for name in base["species"].to_numpy())
    stacked = np.stack([columns[name].to_numpy() for name in names], axis=1)
    matrix = sp.csr_array(stacked.reshape(-1, len(species)))
    return Response(matrix, tuple(str(name) for name in inventory.sources.index), names, species)


def _only(inventory: Inventory, speciation: Speciation, kept: Sequence[str]) -> xr.DataArray:
    """Return the species of the inventory with all pollutants but `kept` at zero."""
    names = inventory.pollutants
    factors = xr.DataArray([float(name in kept) for name in names], {"pollutant": list(names)}, ("pollutant",))
    return speciation.species(inventory.scaled(factors))
