"""The coefficients of the methods: order, stiff damping and the mean over a step, in plain numpy."""

import numpy as np
import pytest

from drivers.box_model.rosenbrock.methods import METHODS, RODAS3, RODAS4, ROS3

# Orders are measured by halving a step of 1/64 of the interval: the next term of the error still shows a little.
ORDER = 0.15

ORDERS = {"rodas3": 3, "ros3": 3, "rodas4": 4}


def integrate(method, steps):
    """dy/dt = -y^2 (1 + t), y(0) = 1, and the integral of y, to t = 1: y = 1 / (1 + t + t^2/2)."""
    y, total, h = 1.0, 0.0, 1.0 / steps
    a, c = method.matrices()
    p, q = method.mean_weights()
    for n in range(steps):
        t, K = n * h, np.zeros(method.stages)
        diagonal = 1.0 / (h * method.gamma) + 2.0 * y * (1.0 + t)
        for i in range(method.stages):
            Y = y + a[i] @ K
            f = -(Y**2) * (1.0 + t + method.alpha[i] * h)
            K[i] = (f + c[i] @ K / h + method.gammas[i] * h * -(y**2)) / diagonal
        total += h * (p * y + q @ K)
        y += np.array(method.m) @ K
    return y, total


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_order_on_a_problem_with_time_in_it(method):
    exact = 1.0 / 2.5, 2.0 * (np.arctan(2.0) - np.arctan(1.0))
    for which in (0, 1):
        coarse, fine = (abs(integrate(method, n)[which] - exact[which]) for n in (64, 128))
        assert np.log2(coarse / fine) == pytest.approx(ORDERS[method.name], abs=ORDER)


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_infinitely_fast_decay_is_damped(method):
    # dy/dt = -y / tau with h / tau = 1e12: y(h) / y(0) goes to R(infinity) = 0, L-stability
    a, c = method.matrices()
    z, K = 1e12, np.zeros(method.stages)
    for i in range(method.stages):
        K[i] = (-z * (1.0 + a[i] @ K) + c[i] @ K) / (1.0 / method.gamma + z)
    assert 1.0 + np.array(method.m) @ K == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("method", [ROS3, RODAS3, RODAS4], ids=lambda m: m.name)
def test_the_mean_of_a_constant_is_the_constant(method):
    p, _ = method.mean_weights()
    assert p == pytest.approx(1.0, abs=1e-13)


def test_sums_of_gamma_follow_from_the_other_coefficients():
    # gamma_i = gamma + sum_j gamma_ij, and (gamma_ij) is the inverse of (1/gamma I - C): Hairer & Wanner, section IV.7
    for method in METHODS.values():
        _, c = method.matrices()
        G = np.linalg.inv(np.eye(method.stages) / method.gamma - c)
        np.testing.assert_allclose(G.sum(axis=1), method.gammas, atol=2e-13)
        a, _ = method.matrices()
        np.testing.assert_allclose((a @ G).sum(axis=1), method.alpha, atol=2e-13)
