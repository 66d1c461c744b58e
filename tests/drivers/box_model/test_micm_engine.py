"""MICM behind the engine interface: units, sub-steps, held species, what it refuses."""

import numpy as np
import pytest

from aqcore.errors import InputError
from drivers.box_model.engine import Held
from drivers.box_model.micm_engine import MicmEngine

# MICM's own tolerance here is 1e-6; the coefficients are constant, so nothing else errs. Its trapezoid mean over
# 300 s sub-steps of e^(-t/10000 s) is high by (300/10000)^2 / 12 = 7.5e-5.
SOLVER, TRAPEZOID = 1e-5, 1e-4

HOURS = np.array([0.0, 3600.0, 7200.0])


def engine(mechanism):
    return MicmEngine(mechanism, rtol=1e-6, atol=1.0)


def test_first_order_decay_and_its_mean(toy, solve_toy):
    s = solve_toy(engine(toy(("A", "B", 1e-4))), [[1e12] * 3, [0.0] * 3], HOURS, HOURS[1:])
    expected = 1e12 * np.exp([-0.36, -0.72])
    np.testing.assert_allclose(s.end[:, 0, :], np.repeat(expected[:, None], 3, axis=1), rtol=SOLVER)
    np.testing.assert_allclose(s.mean[0, 0], 1e12 * (1.0 - np.exp(-0.36)) / 0.36, rtol=TRAPEZOID)
    assert s.status.tolist() == [0, 0, 0]
    assert (s.steps > 0).all()


def test_second_order_units(toy, solve_toy):
    # dA/dt = -2 k A^2: A = A0 / (1 + 2 k A0 t); 1 + 2 x 1e-16 x 1e12 x 3600 = 1.72
    s = solve_toy(engine(toy(("A + A", "B", 1e-16))), [[1e12], [0.0]], HOURS[:2], HOURS[1:2])
    np.testing.assert_allclose(s.end[0, 0, 0], 1e12 / 1.72, rtol=SOLVER)


def test_emission_against_loss(toy, solve_toy):
    s = solve_toy(engine(toy(("A", "B", 0.0))), np.zeros((2, 1)), [0, 1e6], [1e6], emission=1e6, loss=1e-4)
    np.testing.assert_allclose(s.end[0, :, 0], 1e10, rtol=SOLVER)


def test_more_boxes_than_one_state_each_its_own(toy, solve_toy):
    y0 = np.stack([np.linspace(1e11, 1e12, 19), np.zeros(19)])
    s = solve_toy(engine(toy(("A", "B", 1e-4))), y0, HOURS, HOURS[1:])
    np.testing.assert_allclose(s.end[1, 0], y0[0] * np.exp(-0.72), rtol=SOLVER)


def test_one_box_alone_equals_the_same_box_among_others(toy, solve_toy):
    # one box goes through MICM's standard-order solver, many through its vector solver
    decay = engine(toy(("A + A", "B", 1e-16), ("B", "A + A", 1e-5)))
    many = solve_toy(decay, [[1e12, 3e11], [0.0, 1e11]], HOURS, HOURS[1:])
    alone = solve_toy(decay, [[1e12], [0.0]], HOURS, HOURS[1:])
    np.testing.assert_allclose(alone.end[..., 0], many.end[..., 0], rtol=SOLVER)


def test_held_species_follow_their_values_and_still_react(toy, solve_toy):
    # A rises from 1e12 to 2e12 in an hour; B gathers k times its integral, 1e-8 x 1.5e12 x 3600
    mask = np.array([[True, True], [False, False]])
    values = np.array([1e12, 2e12])[:, None, None] * np.ones((2, 2, 2))
    s = solve_toy(
        engine(toy(("A", "B", 1e-8))), [[1e12] * 2, [0.0] * 2], HOURS[:2], HOURS[1:2], held=Held(mask, values)
    )
    np.testing.assert_allclose(s.end[0, 0], 2e12, rtol=1e-12)
    np.testing.assert_allclose(s.end[0, 1], 1e-8 * 1.5e12 * 3600, rtol=SOLVER)


def test_holding_in_some_boxes_only_is_refused(toy, solve_toy):
    mask = np.array([[True, False], [False, False]])
    with pytest.raises(InputError, match="A held in some boxes only"):
        solve_toy(engine(toy(("A", "B", 1e-8))), np.ones((2, 2)), HOURS[:2], HOURS[1:2], held=Held(mask))


def test_a_box_that_fails_does_not_take_its_neighbours_along(toy, solve_toy):
    # A -> 2 A with 1/s doubles beyond every double; the neighbours hold none of A
    y0 = np.array([[1e12, 0.0, 0.0], [1e12, 1e12, 1e12]])
    s = solve_toy(engine(toy(("A", "2 A", 1.0), ("B", "2 B", 1e-9))), y0, HOURS[:2], HOURS[1:2])
    assert s.status.tolist()[1:] == [0, 0]
    assert s.status[0] != 0
    assert np.isnan(s.end[0, :, 0]).all()
    np.testing.assert_allclose(s.end[0, 1, 1:], 1e12 * np.exp(3.6e-6), rtol=SOLVER)
