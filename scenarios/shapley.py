"""Who removed how much, when rules multiply: the Shapley value, the one split that is fair, complete and order-free.

Of an emission 1, rules with remaining fractions f_j leave prod f_j. The Shapley value of rule m is the mean, over all
orders of applying the rules, of what m takes when its turn comes. By the multilinear extension (Owen 1972, Management
Science 18:64-79) it is

    (1 - f_m) * integral over t from 0 to 1 of prod_{j != m} (1 - t (1 - f_j)) dt,

a polynomial of degree n - 1 in t, so Gauss-Legendre quadrature with ceil(n / 2) nodes is exact; the values of all
rules add up to 1 - prod f_j.
"""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def shapley_shares(remaining: FloatArray) -> FloatArray:
    """Return the share of the emission that each rule removes, (rule, ...) from remaining fractions (rule, ...).

    A rule that does not reach a source has remaining fraction 1 there and gets 0; a fraction above 1 (a rule that
    raises the emission) gets a negative share.
    """
    taken = 1.0 - remaining
    shares = np.zeros_like(taken)
    most = int((taken != 0.0).sum(axis=0).max(initial=0))
    for node, weight in zip(*_unit_gauss(most), strict=True):
        left = 1.0 - node * taken
        shares += weight * taken * np.prod(left, axis=0) / left
    return shares


def _unit_gauss(rules: int) -> tuple[FloatArray, FloatArray]:
    """Return nodes and weights on 0..1 that integrate the product of `rules` - 1 linear factors exactly."""
    nodes, weights = np.polynomial.legendre.leggauss(max(1, (rules + 1) // 2))
    return 0.5 * (nodes + 1.0), 0.5 * weights
