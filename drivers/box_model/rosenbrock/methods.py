"""Rosenbrock methods for stiff chemistry, in the transformed form of Hairer & Wanner (no matrix-vector products).

    (1 / (h gamma) I - J) K_i = F(t + alpha_i h, Y_i) + sum_j c_ij / h K_j + gamma_i h F_t(t, y),  Y_i = y + sum_j a_ij
    K_j y(t + h) = y + sum_i m_i K_i,  local error = sum_i e_i K_i

Coefficients: ROS3 and RODAS3 after Sandu et al. (1997), Atmos. Environ. 31, 3459-3472, and RODAS4 after Hairer & Wanner
(1996), Solving Ordinary Differential Equations II, section IV.7; tests check their order conditions.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Method:
    """One method; `a` and `c` are strictly lower triangular rows, `error_order` is the order of the error estimate."""

    name: str
    gamma: float
    a: tuple[tuple[float, ...], ...]
    c: tuple[tuple[float, ...], ...]
    m: tuple[float, ...]
    e: tuple[float, ...]
    alpha: tuple[float, ...]
    gammas: tuple[float, ...]
    error_order: float

    @property
    def stages(self) -> int:
        """Number of stages."""
        return len(self.m)

    def matrices(self) -> tuple[Matrix, Matrix]:
        """Return a and c as square arrays."""
        size = self.stages
        a, c = np.zeros((size, size)), np.zeros((size, size))
        for i in range(1, size):
            a[i, :i], c[i, :i] = self.a[i - 1], self.c[i - 1]
        return a, c

    def mean_weights(self) -> tuple[float, Matrix]:
        """Return p and q with integral of y over the step = h (p y + sum_j q_j K_j), of the method's own order.

        They are what the method gives for an added unknown Z with dZ/dt = y, solved in closed form.
        """
        a, c = self.matrices()
        p, q = np.zeros(self.stages), np.zeros((self.stages, self.stages))
        for i in range(self.stages):
            p[i] = self.gamma * (1.0 + c[i] @ p)
            q[i] = self.gamma * (np.eye(self.stages)[i] + a[i] + c[i] @ q)
        m = np.array(self.m)
        return float(m @ p), m @ q


_G3 = 0.43586652150845899941601945119356
_R4 = (
    (1.544,),
    (0.9466785280815826, 0.2557011698983284),
    (3.314825187068521, 2.896124015972201, 0.9986419139977817),
    (1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950),
)

ROS3 = Method(
    name="ros3",
    gamma=_G3,
    a=((1.0,), (1.0, 0.0)),
    c=((-1.0156171083877702091975600115545,), (4.0759956452537699824805835358067, 9.2076794298330791242156818474003)),
    m=(1.0, 6.1697947043828245592553615689730, -0.42772256543218573326238373806514),
    e=(0.5, -2.9079558716805469821718236208017, 0.22354069897811569627360909276199),
    alpha=(0.0, _G3, _G3),
    gammas=(_G3, 0.24291996454816804366592249683314, 2.1851380027664058511513169485832),
    error_order=3.0,
)
RODAS3 = Method(
    name="rodas3",
    gamma=0.5,
    a=((0.0,), (2.0, 0.0), (2.0, 0.0, 1.0)),
    c=((4.0,), (1.0, -1.0), (1.0, -1.0, -8.0 / 3.0)),
    m=(2.0, 0.0, 1.0, 1.0),
    e=(0.0, 0.0, 0.0, 1.0),
    alpha=(0.0, 0.0, 1.0, 1.0),
    gammas=(0.5, 1.5, 0.0, 0.0),
    error_order=3.0,
)
RODAS4 = Method(
    name="rodas4",
    gamma=0.25,
    a=(*_R4, (*_R4[3], 1.0)),
    c=(
        (-5.6688,),
        (-2.430093356833875, -0.2063599157091915),
        (-0.1073529058151375, -9.594562251023355, -20.47028614809616),
        (7.496443313967647, -10.24680431464352, -33.99990352819905, 11.70890893206160),
        (8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136, -6.058818238834054),
    ),
    m=(*_R4[3], 1.0, 1.0),
    e=(0.0, 0.0, 0.0, 0.0, 0.0, 1.0),
    alpha=(0.0, 0.386, 0.21, 0.63, 1.0, 1.0),
    gammas=(0.25, -0.1043, 0.1035, -0.0362, 0.0, 0.0),
    error_order=4.0,
)
METHODS = {method.name: method for method in (RODAS3, ROS3, RODAS4)}
