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
BoolArray = npt.NDArray[np.bool_]
#: Groups handled at once: bounds the memory to some tens of MB.
BLOCK = 8192


def shapley_removed(reached: BoolArray, remaining: FloatArray, mass: FloatArray) -> FloatArray:
    """Return the mass that each rule removes: (rule, pollutant), in the unit of `mass`.

    `reached` (rule, group), `remaining` (rule, pollutant), `mass` (group, pollutant) before control. A remaining
    fraction above 1 (a rule that raises the emission) removes a negative mass. The products over rules are taken as
    exp(reached @ log(1 - t (1 - f))), which Gauss nodes allow as they lie inside 0..1: two matrix products a block.
    """
    taken = 1.0 - remaining
    nodes, weights = _unit_gauss(int(reached.sum(axis=0).max(initial=0)))
    left = 1.0 - nodes * taken[:, :, None]
    reach = reached.astype(float)
    removed = np.zeros_like(left)
    for start in range(0, len(mass), BLOCK):
        block = slice(start, start + BLOCK)
        product = np.exp(np.einsum("mg,mpn->gpn", reach[:, block], np.log(left), optimize=True))
        removed += np.einsum("mg,gpn->mpn", reach[:, block], product * mass[block, :, None], optimize=True)
    return np.asarray((removed * taken[:, :, None] / left) @ weights, dtype=float)


def _unit_gauss(rules: int) -> tuple[FloatArray, FloatArray]:
    """Return nodes and weights on 0..1 that integrate the product of `rules` - 1 linear factors exactly."""
    nodes, weights = np.polynomial.legendre.leggauss(max(1, (rules + 1) // 2))
    return 0.5 * (nodes + 1.0), 0.5 * weights
