"""Which entries of the Jacobian are not zero, in an order of the species that keeps its factors sparse."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from drivers.box_model.mechanism import Mechanism
from drivers.box_model.rosenbrock.shared_rates import RateRows, keep_apart

Pattern = NDArray[np.bool_]


@dataclass(frozen=True)
class System:
    """A mechanism as numbers, species in elimination order.

    order: (species,) position in the mechanism of each place; reactants: places of each reaction's reactants; net:
    (place, amount) of each reaction; rows: the columns of each row of the factors, fill included, ascending.
    """

    order: tuple[int, ...]
    reactants: tuple[tuple[int, ...], ...]
    net: tuple[tuple[tuple[int, float], ...], ...]
    rows: tuple[tuple[int, ...], ...]
    rates: RateRows

    @cached_property
    def coefficients(self) -> int:
        """Number of rows of coefficients."""
        return 1 + max((row for row in self.rates.rows if isinstance(row, int)), default=-1)

    @property
    def size(self) -> int:
        """Number of species."""
        return len(self.order)

    @property
    def reactions(self) -> int:
        """Number of reactions."""
        return len(self.reactants)

    @cached_property
    def positions(self) -> dict[tuple[int, int], int]:
        """Place in the packed matrix of each (row, column)."""
        pairs = ((row, column) for row, columns in enumerate(self.rows) for column in columns)
        return {pair: place for place, pair in enumerate(pairs)}

    @property
    def entries(self) -> int:
        """Number of stored entries, fill included."""
        return len(self.positions)


def build_system(mechanism: Mechanism, rates: RateRows | None = None) -> System:
    """Return the system of a mechanism, species in Markowitz order; by default each reaction has its coefficient."""
    pattern = jacobian_pattern(mechanism)
    order, filled = markowitz(pattern)
    place = {old: new for new, old in enumerate(order)}
    where = {name: place[i] for i, name in enumerate(mechanism.species)}
    return System(
        tuple(order),
        tuple(tuple(where[s] for s in r.reactants) for r in mechanism.reactions),
        tuple(tuple((where[s], amount) for s, amount in r.net().items()) for r in mechanism.reactions),
        tuple(tuple(int(c) for c in np.flatnonzero(row)) for row in filled),
        keep_apart(mechanism) if rates is None else rates,
    )


def jacobian_pattern(mechanism: Mechanism) -> Pattern:
    """Return (species, species) True where the tendency of the row depends on the column, and on the diagonal."""
    pattern = np.eye(len(mechanism.species), dtype=np.bool_)
    for reaction in mechanism.reactions:
        for row in reaction.net():
            for column in reaction.reactants:
                pattern[mechanism.index(row), mechanism.index(column)] = True
    return pattern


def markowitz(pattern: Pattern) -> tuple[list[int], Pattern]:
    """Return the order of least (row - 1)(column - 1) at each pivot and the filled pattern in that order.

    Pivots are diagonal, which is safe for 1 / (h gamma) I - J. Source: Markowitz (1957), Management Science 3, 255-269.
    """
    filled, left, order = pattern.copy(), list(range(pattern.shape[0])), list[int]()
    while left:
        rest = filled[np.ix_(left, left)]
        cost = (rest.sum(axis=1) - 1) * (rest.sum(axis=0) - 1)
        pivot = left[int(np.argmin(cost))]
        left.remove(pivot)
        order.append(pivot)
        rows = [i for i in left if filled[i, pivot]]
        columns = [j for j in left if filled[pivot, j]]
        filled[np.ix_(rows, columns)] = True
    return order, filled[np.ix_(order, order)]
