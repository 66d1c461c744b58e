"""Reactions that share a coefficient: a mechanism of some 280 reactions has some 160 coefficients that can vary.

Where the engine evaluates the coefficients itself, equal ones take one row, and those that never vary become literals
in the code: less to move at every step. Where the caller gives coefficients, each reaction keeps its own row.
"""

from dataclasses import dataclass

from drivers.box_model.mechanism import Mechanism, Reaction
from drivers.box_model.rate_forms import Form, Rate


@dataclass(frozen=True)
class SharedRate:
    """A coefficient as reactions share it: a rate of its own (no reference), a factor, and third bodies."""

    rate: Rate
    factor: float
    third_bodies: tuple[str, ...]

    @property
    def literal(self) -> float | None:
        """The value where it depends on nothing."""
        if self.rate.form is not Form.ARRHENIUS or self.third_bodies:
            return None
        (term,) = self.rate.terms
        return term.A * self.factor if (term.B, term.C) == (0.0, 0.0) else None


@dataclass(frozen=True)
class RateRows:
    """For each reaction its row of the coefficients or its literal value (float), and what the distinct rows are."""

    rows: tuple[int | float, ...]
    distinct: tuple[SharedRate, ...]


def share(mechanism: Mechanism) -> RateRows:
    """Return the rows of a mechanism whose coefficients the engine evaluates."""
    by_label = dict(zip(mechanism.labels, mechanism.reactions, strict=True))
    shared = [_resolve(reaction, by_label) for reaction in mechanism.reactions]
    distinct = tuple(dict.fromkeys(rate for rate in shared if rate.literal is None))
    row = {rate: number for number, rate in enumerate(distinct)}
    return RateRows(tuple(row[r] if r.literal is None else r.literal for r in shared), distinct)


def keep_apart(mechanism: Mechanism) -> RateRows:
    """Return one row for each reaction, for coefficients that the caller gives."""
    return RateRows(tuple(range(len(mechanism.reactions))), ())


def _resolve(reaction: Reaction, by_label: dict[str, Reaction]) -> SharedRate:
    rate, factor = reaction.rate, 1.0
    while rate.form is Form.RELATIVE:
        factor *= rate.scale
        rate = by_label[rate.of].rate
    return SharedRate(rate, factor, reaction.third_bodies)
