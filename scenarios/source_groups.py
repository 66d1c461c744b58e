"""Sources that every rule treats alike, taken together: 100,000 sources become a few hundred groups."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from emissions.inventory import Inventory
from scenarios.rules import Rule, remaining_of
from scenarios.target import SourceColumns, Target

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class SourceGroups:
    """Groups of sources with one sector and the same set of targets that reach them.

    `of_source` (source) is the group of each source; `reached` (target, group); `sector` (group);
    `size` (group) sources; `mass` (group, pollutant) t/a; `emitting` (group, pollutant) sources with mass.
    """

    of_source: IntArray
    targets: dict[Target, int]
    reached: BoolArray
    sector: npt.NDArray[np.str_]
    size: IntArray
    mass: FloatArray
    emitting: FloatArray

    def reach(self, target: Target) -> BoolArray:
        """Return which groups a target holds: (group) bool."""
        reached: BoolArray = self.reached[self.targets[target]]
        return reached

    def reach_of(self, targets: Sequence[Target]) -> BoolArray:
        """Return which groups each target holds: (target, group) bool."""
        reached: BoolArray = self.reached[[self.targets[target] for target in targets]]
        return reached


def group_sources(inventory: Inventory, targets: Sequence[Target]) -> SourceGroups:
    """Return the groups of an inventory's sources under the targets of all scenarios."""
    distinct = list(dict.fromkeys(targets))
    columns = SourceColumns(inventory.sources)
    masks = np.array([target.mask(columns) for target in distinct], dtype=bool)
    masks = masks.reshape(len(distinct), len(inventory.sources))
    sector_codes, sectors = pd.factorize(inventory.sources["sector"])
    first, of_source = _distinct(masks, sector_codes)
    mass = inventory.mass.to_numpy()
    return SourceGroups(
        of_source=of_source,
        targets={target: number for number, target in enumerate(distinct)},
        reached=masks[:, first],
        sector=np.asarray(sectors, dtype=str)[sector_codes[first]],
        size=np.bincount(of_source, minlength=len(first)),
        mass=summed(mass, of_source, len(first)),
        emitting=summed((mass > 0.0).astype(float), of_source, len(first)),
    )


def controlled(rules: Sequence[Rule], groups: SourceGroups, pollutants: Sequence[str]) -> FloatArray:
    """Return the product of the remaining fractions on each group: (group, pollutant)."""
    reached, number = distinct_columns(groups.reach_of([rule.target for rule in rules]))
    product = np.ones((reached.shape[1], len(pollutants)))
    for own, left in zip(reached, remaining_of(rules, pollutants), strict=True):
        product[own] *= left
    return np.asarray(product[number])


def distinct_columns(reached: BoolArray) -> tuple[BoolArray, IntArray]:
    """Return the different columns of (rule, group), and which of them each group has.

    Few rules leave few: those of one window a hundred, where all rules of a city make tens of thousands of groups.
    """
    if not len(reached):
        return np.zeros((0, 1), dtype=bool), np.zeros(reached.shape[1], dtype=np.int64)
    keys = np.ascontiguousarray(np.packbits(reached, axis=0).T)
    packed = keys.view(np.dtype((np.void, keys.shape[1]))).ravel()
    _, first, number = np.unique(packed, return_index=True, return_inverse=True)
    return reached[:, first], number.astype(np.int64)


def _distinct(masks: BoolArray, sector_codes: IntArray) -> tuple[IntArray, IntArray]:
    """Return one source of each group and the group of each source."""
    codes = np.asarray(sector_codes, dtype=np.int64)
    for mask in masks:
        codes = pd.factorize(2 * codes + mask)[0].astype(np.int64)
    _, first, of_source = np.unique(codes, return_index=True, return_inverse=True)
    return first.astype(np.int64), of_source.astype(np.int64)


def summed(values: FloatArray, of_source: IntArray, groups: int) -> FloatArray:
    """Return the sums over the sources of each group: (group, pollutant) from (source, pollutant)."""
    columns = [np.bincount(of_source, weights=values[:, column], minlength=groups) for column in range(values.shape[1])]
    return np.stack(columns, axis=1) if columns else np.zeros((groups, 0))
