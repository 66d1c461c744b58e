"""How the species of each source answer to factors on its pollutants.

Factors act as in `Inventory.scaled`, each on the whole mass of its pollutant; the coarse particles are what PM10 has
left beyond PM25. So the species are linear in the factors. The matrix of this linear map is found once, from the
speciation of parts of the inventory; a scenario then costs one sparse product instead of a speciation, with the same
result.
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
"""Share of the largest amount below which a negative one is rounding."""


def checked(factors: np.ndarray) -> np.ndarray:
    """Return the factors as floats; one that is negative or not finite raises `InputError`."""
    values = np.asarray(factors, dtype=float)
    if not (np.isfinite(values) & (values >= 0.0)).all():
        raise InputError([Fault("factors", "a factor is negative or not finite", "factors are 0 or more")])
    return values


def not_negative(amounts: np.ndarray, owners: Sequence[str]) -> np.ndarray:
    """Return amounts (..., owner, any, species) or (owner, species) with rounding below zero cleared.

    Amounts that are really negative raise `InputError` naming an owner (source or zone): the factors left a part
    more mass than the whole that holds it (PM10 holds PM25, PM25 holds BC and OC).
    """
    if amounts.size and amounts.min() < -ROUNDING * np.abs(amounts).max():
        place = np.unravel_index(int(amounts.argmin()), amounts.shape)
        owner = owners[int(place[0] if amounts.ndim == 2 else place[-3])]
        what = f"at {owner} a part keeps more mass than the whole that holds it (PM10 holds PM25, PM25 holds BC and OC)"
        raise InputError([Fault("factors", what, "give the part no larger a factor than the whole")])
    return np.asarray(np.maximum(amounts, 0.0))


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

        `factors` (source, pollutant), dimensionless, all 1 when None. Raises `InputError` for
        factors that are no factors, or that break the nesting of particles.
        """
        shape = (len(self.sources), len(self.pollutants))
        weights = checked(np.ones(shape) if factors is None else factors).ravel()
        starts = np.arange(0, weights.size + 1, shape[1])
        pick = sp.csr_array((weights, np.arange(weights.size), starts), shape=(shape[0], weights.size))
        return not_negative(np.asarray((pick @ self.matrix).todense()), self.sources)

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
