"""What DESID makes of regions and factors, as runs of CCTM 5.5 and 5.5.0.3 showed it.

For each pair the regions named in its rules, and EVERYWHERE, are active. A region nowhere above another is its subset;
a larger region keeps what its subsets leave of it. The emission is the sum over active regions of what they keep, times
the factors of the region and of all regions around it. So disjoint masks are right, nested ones multiply, partly
overlapping ones are counted twice, equal ones cancel, and a mask of ones makes the emission zero.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt

from drivers.cmaq.desid_rules import EVERYWHERE

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Partition:
    """How DESID divides the grid among active regions: what each keeps (y, x), and the regions around each."""

    kept: Mapping[str, FloatArray]
    around: Mapping[str, tuple[str, ...]]

    def factor(self, factors: Mapping[str, float]) -> FloatArray:
        """Return the factor (y, x) for factors by region; a region that is not named has 1."""
        shape = self.kept[EVERYWHERE].shape
        total = np.zeros(shape)
        for name, field in self.kept.items():
            total += field * (factors.get(name, 1.0) * prod(factors.get(other, 1.0) for other in self.around[name]))
        return total


def partition(names: Sequence[str], masks: Mapping[str, npt.ArrayLike]) -> Partition:
    """Return the partition for active regions `names`; `masks` holds the mask (y, x) of every one but EVERYWHERE."""
    shape = np.shape(next(iter(masks.values()), np.ones((1, 1))))
    active = [EVERYWHERE, *(name for name in names if name != EVERYWHERE)]
    fields = {n: np.ones(shape) if n == EVERYWHERE else np.asarray(masks[n], dtype=np.float64) for n in active}
    inside = {n: [m for m in active if m != n and bool((fields[m] <= fields[n]).all())] for n in active}
    around = {n: tuple(m for m in active if n in inside[m] and m not in inside[n]) for n in active}
    return Partition(_kept(fields, inside), around)


def _kept(fields: Mapping[str, FloatArray], inside: Mapping[str, list[str]]) -> dict[str, FloatArray]:
    """Return what each region keeps after its subsets took theirs; equal regions keep nothing."""
    kept: dict[str, FloatArray] = {}
    for name in sorted(fields, key=lambda n: len(inside[n])):
        if any(name in inside[other] for other in inside[name]):
            kept[name] = np.zeros_like(fields[name])
        else:
            taken = sum((kept[other] for other in inside[name]), start=np.zeros_like(fields[name]))
            kept[name] = np.clip(fields[name] - taken, 0.0, None)
    return kept


def effective_factor(factors: Sequence[tuple[str, float]], masks: Mapping[str, npt.ArrayLike]) -> FloatArray:
    """Return the factor (y, x) that DESID applies for stacked (region, factor) pairs of one stream and variable.

    Raises KeyError for an unknown region.
    """
    names = list(dict.fromkeys(region for region, _ in factors))
    stacked = {name: prod(factor for region, factor in factors if region == name) for name in names}
    return partition(names, masks).factor(stacked)
