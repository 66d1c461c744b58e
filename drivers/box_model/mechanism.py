"""A gas-phase mechanism: reactions, the species that vary, and the names of its photolysis and uptake rates."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from aqcore.errors import Fault, InputError, did_you_mean
from drivers.box_model.rate_forms import Form, Rate

THIRD_BODIES = ("M", "O2", "N2", "H2O", "H2", "CH4")  # never vary in a box: folded into the coefficient
DEFAULT_GROUPS = ("core", "chlorine", "hetero", "soa_counter")
COUNTER_GROUP = "soa_counter"


@dataclass(frozen=True)
class Reaction:
    """One reaction; `reactants` and `products` hold varying species only, a reactant twice when it meets itself."""

    label: str
    reactants: tuple[str, ...]
    third_bodies: tuple[str, ...]
    products: tuple[tuple[str, float], ...]
    rate: Rate
    group: str = "core"
    source: str = ""
    note: str = ""

    @property
    def order(self) -> int:
        """Number of varying reactants: 0, 1 or 2."""
        return len(self.reactants)

    def net(self) -> dict[str, float]:
        """Return the net change of every species per reaction event; what cancels exactly is left out."""
        change: dict[str, float] = {}
        for species in self.reactants:
            change[species] = change.get(species, 0.0) - 1.0
        for species, amount in self.products:
            change[species] = change.get(species, 0.0) + amount
        return {species: amount for species, amount in change.items() if amount != 0.0}

    def equation(self) -> str:
        """Return the reaction as text, `A + M -> 2 B - 0.5 C`."""
        left = " + ".join((*self.reactants, *self.third_bodies))
        return f"{left} -> {_products_text(self.products)}".rstrip()


def _products_text(products: Iterable[tuple[str, float]]) -> str:
    text = ""
    for species, amount in products:
        sign = " - " if amount < 0 else " + "
        size = "" if abs(amount) == 1.0 else f"{abs(amount):g} "
        text += sign + size + species
    return text.removeprefix(" + ").strip()


@dataclass(frozen=True)
class Mechanism:
    """A mechanism; every array over species or reactions in this package follows the order of these tuples."""

    name: str
    reactions: tuple[Reaction, ...]
    counters: frozenset[str] = frozenset()
    mixing_ratios: tuple[tuple[str, float], ...] = ()  # mol mol-1 of the constant gases O2, N2, H2, CH4
    source: str = ""

    @cached_property
    def species(self) -> tuple[str, ...]:
        """Varying species, in order of first appearance."""
        named = (s for r in self.reactions for s in (*r.reactants, *(p for p, _ in r.products)))
        return tuple(dict.fromkeys(named))

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Reaction labels."""
        return tuple(r.label for r in self.reactions)

    @cached_property
    def photolysis(self) -> tuple[str, ...]:
        """Names of the photolysis frequencies that the mechanism needs, without repetition."""
        return self._referred(Form.PHOTOLYSIS)

    @cached_property
    def heterogeneous(self) -> tuple[str, ...]:
        """Names of the first-order uptake rates that the mechanism needs, without repetition."""
        return self._referred(Form.HETEROGENEOUS)

    @cached_property
    def constants(self) -> Mapping[str, float]:
        """Mixing ratios (mol mol-1) of the constant gases."""
        return dict(self.mixing_ratios)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the chemistry and its rates: the name alone does not tell two mechanisms apart."""
        parts = (f"{r.label}|{r.equation()}|{r.products!r}|{r.rate!r}" for r in self.reactions)
        return hashlib.sha256("\n".join((*parts, repr(self.mixing_ratios))).encode()).hexdigest()

    def index(self, species: str) -> int:
        """Return the row of a species; raise `InputError` with near names when there is none."""
        if species not in self._positions:
            fault = Fault(f"mechanism {self.name}", f"no species {species!r}", did_you_mean(species, self.species))
            raise InputError([fault])
        return self._positions[species]

    def stoichiometry(self) -> NDArray[np.float64]:
        """Return the net change (species, reaction) per reaction event."""
        matrix = np.zeros((len(self.species), len(self.reactions)))
        for column, reaction in enumerate(self.reactions):
            for species, amount in reaction.net().items():
                matrix[self._positions[species], column] = amount
        return matrix

    def subset(self, groups: Iterable[str]) -> "Mechanism":
        """Return the mechanism with the reactions of some groups only.

        Counters (species that follow a reaction without being part of its mass) leave with the group `soa_counter`.
        Raises `InputError` on a group that no reaction has, or when a kept rate refers to a reaction that left.
        """
        wanted = tuple(groups)
        self._check_groups(wanted)
        dropped = frozenset() if COUNTER_GROUP in wanted else self.counters
        kept = tuple(_without(r, dropped) for r in self.reactions if r.group in wanted)
        chosen = Mechanism(self.name, kept, self.counters - dropped, self.mixing_ratios, self.source)
        chosen.check()
        return chosen

    def check(self) -> None:
        """Raise `InputError` with every fault: labels that repeat, unknown references, more than two reactants."""
        faults = [fault for r in self.reactions for fault in _reaction_faults(r, self.labels)]
        repeated = {label for label in self.labels if self.labels.count(label) > 1}
        faults += [Fault(f"{self.name}:{x}", "the label is used twice", "give each reaction its own") for x in repeated]
        if faults:
            raise InputError(faults)

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {species: row for row, species in enumerate(self.species)}

    def _referred(self, form: Form) -> tuple[str, ...]:
        return tuple(dict.fromkeys(r.rate.of for r in self.reactions if r.rate.form is form))

    def _check_groups(self, groups: tuple[str, ...]) -> None:
        known = sorted({r.group for r in self.reactions})
        unknown = [g for g in groups if g not in known and g != COUNTER_GROUP]
        if unknown:
            raise InputError(
                Fault(f"mechanism {self.name}", f"no reaction group {g!r}", did_you_mean(g, known)) for g in unknown
            )


def _without(reaction: Reaction, dropped: frozenset[str]) -> Reaction:
    products = tuple((s, y) for s, y in reaction.products if s not in dropped)
    return Reaction(
        reaction.label,
        reaction.reactants,
        reaction.third_bodies,
        products,
        reaction.rate,
        reaction.group,
        reaction.source,
        reaction.note,
    )


def _reaction_faults(reaction: Reaction, labels: tuple[str, ...]) -> list[Fault]:
    faults = []
    if reaction.order > 2:
        faults.append(
            Fault(reaction.label, f"{reaction.order} varying reactants", "write at most two beside third bodies")
        )
    if reaction.rate.form is Form.RELATIVE and reaction.rate.of not in labels:
        remedy = did_you_mean(reaction.rate.of, labels)
        faults.append(Fault(reaction.label, f"rate relative to {reaction.rate.of!r}, which is not there", remedy))
    return faults
