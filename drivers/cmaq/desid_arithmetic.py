"""What DESID makes of regions and factors, as runs of CCTM 5.5 and 5.5.0.3 showed it.

For each pair the regions named in its rules, and EVERYWHERE, are active. A region nowhere above another is its subset;
a larger region keeps what its subsets leave of it. The emission is the sum over active regions of what they keep, times
the factors of the region and of all regions around it. So disjoint masks are right, nested ones multiply, partly
overlapping ones are counted twice, equal ones cancel, and a mask of ones makes the emission zero.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from drivers.cmaq.desid_rules import ALL, EVERYWHERE, Rule

FloatArray = npt.NDArray[np.float64]


def effective_factor(factors: Sequence[tuple[str, float]], masks: Mapping[str, npt.ArrayLike]) -> FloatArray:
    """Return the factor (y, x) that DESID applies for stacked (region, factor) pairs of one stream and variable.

    `masks` holds the mask (y, x) of every region but EVERYWHERE. Raises KeyError for an unknown region.
    """
    names = list(dict.fromkeys([EVERYWHERE, *(region for region, _ in factors)]))
    shape = np.shape(next(iter(masks.values()), np.ones((1, 1))))
    field = {n: np.ones(shape) if n == EVERYWHERE else np.asarray(masks[n], dtype=np.float64) for n in names}
    inside = {n: [m for m in names if m != n and (field[m] <= field[n]).all()] for n in names}
    kept = _kept(field, inside)
    product = {n: np.prod([factor for region, factor in factors if region == n]) for n in names}
    result = np.zeros(shape)
    for name in names:
        around = [other for other in names if name in inside[other] and other not in inside[name]]
        result += kept[name] * product[name] * np.prod([product[other] for other in around])
    return result


def _kept(field: Mapping[str, FloatArray], inside: Mapping[str, list[str]]) -> dict[str, FloatArray]:
    """Return what each region keeps after its subsets took theirs; equal regions keep nothing."""
    kept: dict[str, FloatArray] = {}
    for name in sorted(field, key=lambda n: len(inside[n])):
        twins = [other for other in inside[name] if name in inside[other]]
        if twins:
            kept[name] = np.zeros_like(field[name])
        else:
            taken = sum((kept[other] for other in inside[name]), start=np.zeros_like(field[name]))
            kept[name] = np.clip(field[name] - taken, 0.0, None)
    return kept


def stream_factor(rules: Iterable[Rule], stream: str, variable: str, masks: Mapping[str, npt.ArrayLike]) -> FloatArray:
    """Return the factor (y, x) that the `m` rows make for one stream and emission variable."""
    stacked = [
        (rule.region, rule.factor)
        for rule in rules
        if rule.op == "m" and rule.stream in {stream, ALL} and rule.variable in {variable, ALL}
    ]
    return effective_factor(stacked, masks)
