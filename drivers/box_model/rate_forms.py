"""The forms of a rate coefficient that CMAQ's mechanism files know, as plain data.

T is the temperature in K, [M] the number density of air in molecule cm-3, k in (molecule cm-3)^(1-n) s-1.
Source of the forms: the rate expressions of CMAQ's chemical mechanism compiler (US EPA), checked against its generated
code.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Form(StrEnum):
    """How the parameters of a rate make a coefficient."""

    ARRHENIUS = "arrhenius"  # k0(T)
    TROE = "troe"  # k0[M] / (1 + x) F^(1 / (1 + (log10(x) / N)^2)), x = k0[M] / k1
    PRESSURE_SUM = "pressure_sum"  # k0 + k1[M]
    NITRIC_ACID = "nitric_acid"  # k0 + k2[M] / (1 + k2[M] / k1)
    PHOTOLYSIS = "photolysis"  # scale J<of>
    HETEROGENEOUS = "heterogeneous"  # scale k_het<of>
    RELATIVE = "relative"  # scale k<of>, `of` being another reaction
    SEA_SURFACE = "sea_surface"  # min(A0 exp(B0 P) + A1 exp(B1 P), cap) over open sea, P in atm; 0 over land


class Arrhenius(NamedTuple):
    """A (T / 300 K)^B exp(-C / T), C in K."""

    A: float
    B: float = 0.0
    C: float = 0.0


TERMS = {
    Form.ARRHENIUS: 1,
    Form.TROE: 2,
    Form.PRESSURE_SUM: 2,
    Form.NITRIC_ACID: 3,
    Form.PHOTOLYSIS: 0,
    Form.HETEROGENEOUS: 0,
    Form.RELATIVE: 0,
    Form.SEA_SURFACE: 2,
}
REFERRING = frozenset({Form.PHOTOLYSIS, Form.HETEROGENEOUS, Form.RELATIVE})
TROE_F = 0.6  # broadening factor and
TROE_N = 1.0  # width where a mechanism file names none (CMAQ's defaults)


@dataclass(frozen=True)
class Rate:
    """One rate coefficient: form, Arrhenius terms, and what else the form needs."""

    form: Form
    terms: tuple[Arrhenius, ...] = ()
    F: float = TROE_F
    N: float = TROE_N
    scale: float = 1.0
    of: str = ""
    cap: float = 0.0
