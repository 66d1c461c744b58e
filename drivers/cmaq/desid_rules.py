"""Rules of DESID: the default mapping of emission variables to model species, and what a scenario adds to it."""

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from aqcore.errors import Fault, InputError, did_you_mean
from drivers.cmaq.versions import rows_of, versions

EVERYWHERE = "EVERYWHERE"
ALL = "ALL"

SAME = 1e-9
"""Factors closer than this are one factor."""

STACKED_LIMIT = 100
"""Factors that DESID stacks for one pair and stream; it drops further ones without a word (CMAQ 5.5 source)."""


class Rule(NamedTuple):
    """One row of DESID: what happens to an emission variable of a stream in a region.

    `op` is `a` (map the variable onto the species), `m` (multiply what is mapped) or `o` (replace the factor).
    """

    region: str
    stream: str
    variable: str
    species: str
    phase: str
    factor: float
    basis: str
    op: str


@cache
def default_rules(mechanism: str) -> tuple[Rule, ...]:
    """Return the rules that come with a mechanism (`data/desid_rules_<mechanism>.csv`).

    Raises InputError for a mechanism without a table.
    """
    known = {name for version in versions().values() for name in version.listed("mechanisms")}
    if mechanism not in known:
        remedy = did_you_mean(mechanism, sorted(known))
        raise InputError([Fault("cmaq.mechanism", f"no rule table for {mechanism!r}", remedy)])
    rows = rows_of(f"desid_rules_{mechanism}.csv")
    return tuple(
        Rule(row["region"], row["stream"], row["emission_variable"], row["cmaq_species"], row["phase"],
             float(row["factor"]), row["basis"], row["op"])
        for row in rows
    )  # fmt: skip


def rules_for(mechanism: str, streams: Iterable[str]) -> tuple[Rule, ...]:
    """Return the default rules that apply to these streams; a rule for an unknown stream is only a warning to CCTM."""
    present = {ALL, *streams}
    return tuple(rule for rule in default_rules(mechanism) if rule.stream in present)


def mapped_variables(rules: Iterable[Rule]) -> set[str]:
    """Return the emission variables that reach a model species; all others are dropped by CCTM in silence."""
    return {rule.variable for rule in rules if rule.op == "a" and rule.factor != 0.0}


def multiply(region: str, stream: str, variable: str, factor: float) -> Rule:
    """Return the row that scales an emission variable of a stream in a region.

    Species and phase are ALL, so that a variable that feeds several model species (POC) is scaled as a whole; `m`
    ignores the basis, UNIT says that nothing is converted.
    """
    return Rule(region, stream, variable, ALL, ALL, factor, "UNIT", "m")
