"""What DESID's default rules make of emission variables: amounts of model species."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drivers.cmaq.desid_rules import ALL, Rule

GAS = "GAS"


@dataclass(frozen=True)
class Share:
    """How much of a model species one unit of an emission variable becomes."""

    variable: str
    species: str
    factor: float


def mapping(
    rules: Sequence[Rule], stream: str, units: Mapping[str, str], molar_masses: Mapping[str, float]
) -> tuple[list[Share], set[str]]:
    """Return what the rules of a stream map, and the model species of which that is not known here.

    `units` are those of the emission variables (mol/s or g/s), `molar_masses` (g mol-1) those of the model species in
    capitals. Basis UNIT converts nothing; MASS makes moles of a gas from grams by the molar mass of the model species
    (CMAQ 5.5: DESID); other conversions do not occur in the rules of the emissions that yice writes.
    """
    factors: dict[tuple[str, str], float] = {}
    unknown: set[str] = set()
    for rule in rules:
        if rule.op == "m" or rule.stream not in {ALL, stream} or rule.variable not in {ALL, *units}:
            continue
        if rule.op == "o" and rule.variable == ALL:
            factors |= {pair: rule.factor for pair in factors if pair[1] == rule.species}
            continue
        share = _converted(rule, units[rule.variable], molar_masses) if rule.variable in units else None
        if share is None:
            unknown.add(rule.species)
            continue
        pair = (rule.variable, rule.species)
        factors[pair] = share if rule.op == "o" else factors.get(pair, 0.0) + share
    return [Share(*pair, factor) for pair, factor in factors.items() if factor], unknown


def _converted(rule: Rule, unit: str, molar_masses: Mapping[str, float]) -> float | None:
    """Return the factor of a rule in units of the model species, None when it needs a conversion not known here."""
    to_moles = rule.phase == GAS
    if rule.basis == "UNIT" or (rule.basis == "MASS" and unit == "g/s" and not to_moles):
        return rule.factor
    mass = molar_masses.get(rule.species.upper())
    if rule.basis == "MASS" and unit == "g/s" and to_moles and mass:
        return rule.factor / mass
    return None
