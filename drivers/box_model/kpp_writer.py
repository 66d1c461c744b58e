"""A mechanism in the language of KPP (the Kinetic PreProcessor), on which BOXMOX and many models are built.

Rates are Fortran expressions of KPP's TEMP (K) and of concentrations in molecule cm-3; third bodies are fixed species.
Photolysis frequencies and uptake rates are variables `J_<name>` and `KHET_<name>` (s-1), declared in KPP's global
module, which the model that runs the mechanism fills.
"""

import re

from aqcore.errors import Fault, InputError
from drivers.box_model.mechanism import THIRD_BODIES, Mechanism, Reaction
from drivers.box_model.rate_forms import Arrhenius, Form, Rate
from drivers.box_model.rates import T_REFERENCE

NO_PRODUCT = "NOTHING"
"""A species that only names what a reaction leaves nothing of: KPP wants a right-hand side."""
AIR = "C(ind_M)"
FALL_OFF = """#INLINE F90_RATES
  REAL(kind=dp) FUNCTION FALL_OFF(low, high, F, N)
    REAL(kind=dp), INTENT(IN) :: low, high, F, N
    FALL_OFF = low/(1.0D0 + low/high)*F**(1.0D0/(1.0D0 + (LOG10(low/high)/N)**2))
  END FUNCTION FALL_OFF
#ENDINLINE
"""


def kpp_files(mechanism: Mechanism, stem: str) -> dict[str, str]:
    """Return `<stem>.spc`, `.eqn` and `.def` as texts by file name.

    Raises `InputError` for rates over open sea, which need the land mask of another model.
    """
    sea = [r.label for r in mechanism.reactions if r.rate.form is Form.SEA_SURFACE]
    if sea:
        remedy = "take the mechanism without its sea group"
        raise InputError(Fault(label, "KPP has no rate of the open sea", remedy) for label in sea)
    return {
        f"{stem}.spc": species_text(mechanism),
        f"{stem}.eqn": equation_text(mechanism),
        f"{stem}.def": definition_text(mechanism, stem),
    }


def species_text(mechanism: Mechanism) -> str:
    """Return the species: those that vary, and as fixed ones the third bodies that take part."""
    varying = "\n".join(f"{name} = IGNORE;" for name in (*mechanism.species, NO_PRODUCT))
    fixed = "\n".join(f"{name} = IGNORE;" for name in fixed_species(mechanism))
    return f"#DEFVAR\n{varying}\n#DEFFIX\n{fixed}\n"


def fixed_species(mechanism: Mechanism) -> tuple[str, ...]:
    """Return the third bodies that take part: KPP knows no species without an equation."""
    return tuple(body for body in THIRD_BODIES if any(body in r.third_bodies for r in mechanism.reactions))


def equation_text(mechanism: Mechanism) -> str:
    """Return one equation a reaction; its label stands in angle brackets."""
    by_label = dict(zip(mechanism.labels, mechanism.reactions, strict=True))
    return "#EQUATIONS\n" + "".join(f"{_equation(r, by_label)}\n" for r in mechanism.reactions)


def definition_text(mechanism: Mechanism, stem: str) -> str:
    """Return the file that includes the others and declares the rates that the model fills."""
    names = [*map(photolysis_name, mechanism.photolysis), *map(uptake_name, mechanism.heterogeneous)]
    declared = "\n".join(f"  REAL(kind=dp) :: {name} = 0.0_dp" for name in names)
    head = f"#INCLUDE {stem}.spc\n#INCLUDE {stem}.eqn\n#LOOKATALL\n"
    return f"{head}#INLINE F90_GLOBAL\n{declared}\n#ENDINLINE\n{FALL_OFF}"


def photolysis_name(name: str) -> str:
    """Return the Fortran variable of a photolysis frequency."""
    return "J_" + re.sub(r"\W", "_", name)


def uptake_name(name: str) -> str:
    """Return the Fortran variable of an uptake rate."""
    return "KHET_" + re.sub(r"\W", "_", name)


def rate_expression(rate: Rate, by_label: dict[str, Reaction]) -> str:
    """Return a rate as a Fortran expression, without its third bodies. Source of each form: `rate_forms`."""
    match rate.form:
        case Form.RELATIVE:
            return f"{_real(rate.scale)}*({rate_expression(by_label[rate.of].rate, by_label)})"
        case Form.PHOTOLYSIS:
            return f"{_real(rate.scale)}*{photolysis_name(rate.of)}"
        case Form.HETEROGENEOUS:
            return f"{_real(rate.scale)}*{uptake_name(rate.of)}"
        case Form.TROE:
            low, high = (_arrhenius(term) for term in rate.terms)
            return f"FALL_OFF({low}*{AIR}, {high}, {_real(rate.F)}, {_real(rate.N)})"
        case Form.PRESSURE_SUM:
            return f"{_arrhenius(rate.terms[0])} + {_arrhenius(rate.terms[1])}*{AIR}"
        case Form.NITRIC_ACID:
            low = f"{_arrhenius(rate.terms[2])}*{AIR}"
            return f"{_arrhenius(rate.terms[0])} + {low}/(1.0D0 + {low}/({_arrhenius(rate.terms[1])}))"
        case _:
            return _arrhenius(rate.terms[0])


def _arrhenius(term: Arrhenius) -> str:
    text = _real(term.A)
    if term.B:
        text += f"*(TEMP/{_real(T_REFERENCE)})**({_real(term.B)})"
    if term.C:
        text += f"*EXP({_real(-term.C)}/TEMP)"
    return text


def _real(value: float) -> str:
    """Return a number as Fortran's double precision."""
    mantissa, exponent = f"{value:.10e}".split("e")
    digits = mantissa.rstrip("0")
    return f"{digits}{'0' if digits.endswith('.') else ''}D{int(exponent)}"


def _equation(reaction: Reaction, by_label: dict[str, Reaction]) -> str:
    light = ("hv",) if reaction.rate.form is Form.PHOTOLYSIS else ()
    left = " + ".join((*reaction.reactants, *reaction.third_bodies, *light))
    right = "".join(f" {'-' if n < 0 else '+'} {abs(n):.10g} {name}" for name, n in reaction.products)
    products = right.removeprefix(" + ") or NO_PRODUCT
    return f"<{reaction.label}> {left} = {products} : {rate_expression(reaction.rate, by_label)};"
