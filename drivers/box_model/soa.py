"""Secondary organic aerosol: yields of what has reacted, partitioned over volatility.

Bins and yields are `data/soa_bins.csv` and `data/soa_yields.csv`. Aromatics and alkanes arrive as the mechanism's own
semivolatile products (CMAQ AERO7: SVAVB1..4); isoprene, terpenes, sesquiterpenes and intermediate-volatility vapours
as the amounts that reacted (its counters). Partition: absorptive equilibrium, F = 1 / (1 + C* / C_OA).
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

GAS_CONSTANT = 8.314462618
"""J mol-1 K-1."""
REFERENCE_T = 298.0
"""K of the tabulated saturation concentrations."""
ITERATIONS = 12
"""Newton's; from far above (all in particles of clean air) it halves at first, then squares the error."""
ABSENT = 0.01
"""ug m-3 of organic aerosol that is always there to absorb (keeps the partition defined in clean air)."""


@dataclass(frozen=True)
class Bins:
    """Volatility bins: names, saturation concentration at 298 K (ug m-3), enthalpy (J mol-1), carbon share of mass."""

    names: tuple[str, ...]
    saturation: Array
    enthalpy: Array
    om_per_oc: Array


@dataclass(frozen=True)
class Yield:
    """Mass (g) that one mole of a mechanism species leaves in a bin."""

    species: str
    bin: str
    g_per_mol: float


def _rows(name: str) -> list[dict[str, str]]:
    text = files("drivers.box_model").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def bins() -> Bins:
    """Return the shipped bins in table order."""
    rows = _rows("soa_bins.csv")
    column = {key: np.array([float(row[key]) for row in rows]) for key in ("c_star_ug_m3", "dh_kj_mol", "om_oc")}
    names = tuple(row["bin"] for row in rows)
    return Bins(names, column["c_star_ug_m3"], column["dh_kj_mol"] * 1e3, column["om_oc"])


@cache
def yields() -> tuple[Yield, ...]:
    """Return the shipped yields: molar yield times the product's molar mass, or mass yield times the precursor's."""
    return tuple(
        Yield(row["species"], row["bin"], float(row["yield"]) * float(row["molar_mass_g_mol"]))
        for row in _rows("soa_yields.csv")
    )


def saturation(temperature: Array) -> Array:
    """Return C* (bin, ...) ug m-3 at a temperature (K): Clausius-Clapeyron from 298 K."""
    table = bins()
    shape = (len(table.names), *(1,) * temperature.ndim)
    exponent = table.enthalpy.reshape(shape) / GAS_CONSTANT * (1.0 / REFERENCE_T - 1.0 / temperature)
    return np.asarray(table.saturation.reshape(shape) * REFERENCE_T / temperature * np.exp(exponent))


def particle_share(total: Array, absorber: Array, temperature: Array) -> Array:
    """Return the share of each bin in particles (bin, ...).

    `total` (bin, ...) ug m-3 is gas plus particle, `absorber` (...) ug m-3 the non-volatile organic aerosol.
    Solves C_OA = absorber + sum F total by Newton's method: the right side is concave in C_OA, so from above the
    iterates fall towards the root and never pass it.
    """
    c_star = saturation(temperature)
    fixed = absorber + ABSENT
    organic = fixed + total.sum(axis=0)
    for _ in range(ITERATIONS):
        held = total / (organic + c_star)  # F total = held x organic; its slope is held x (1 - F)
        slope = (held * c_star / (organic + c_star)).sum(axis=0)
        organic = (fixed + organic * (held.sum(axis=0) - slope)) / (1.0 - slope)
    return np.asarray(organic / (organic + c_star))
