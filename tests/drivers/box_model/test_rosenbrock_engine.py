"""The generated solver against closed solutions, and its promises: each box on its own, a status for each."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from aqcore.errors import InputError, RunFailed
from drivers.box_model.engine import Held, Status
from drivers.box_model.mechanism import Mechanism
from drivers.box_model.rosenbrock import RosenbrockEngine, native

# rtol 1e-6 a step; some hundred steps add up to a few of them at worst.
TIGHT = 2e-5
# What is linear in time, or held, the method follows exactly but for rounding.
EXACT = 1e-10

HOURS = np.array([0.0, 3600.0, 7200.0])
METHODS = ["rodas3", "ros3", "rodas4"]


def engine(mechanism, method="rodas3", **own):
    return RosenbrockEngine(mechanism, method, **({"rtol": 1e-6, "atol": 1.0} | own))


@pytest.mark.parametrize("method", METHODS)
def test_first_order_decay_and_its_mean(toy, solve_toy, method):
    s = solve_toy(engine(toy(("A", "B", 1e-4)), method), [[1e12] * 3, [0.0] * 3], HOURS, HOURS[1:])
    np.testing.assert_allclose(s.end[:, 0, 0], 1e12 * np.exp([-0.36, -0.72]), rtol=TIGHT)
    means = 1e12 * (np.exp([0.0, -0.36]) - np.exp([-0.36, -0.72])) / 0.36
    np.testing.assert_allclose(s.mean[:, 0, 0], means, rtol=TIGHT)
    np.testing.assert_allclose(s.end.sum(axis=1), 1e12, rtol=EXACT)  # what A loses B gains
    assert (s.status == Status.DONE).all()


@pytest.mark.parametrize("method", METHODS)
def test_coefficients_linear_in_time(toy, solve_toy, method):
    # k rises from 0 to 2e-4 s-1 in an hour and stays: A = exp(-(2e-4/3600) t^2/2), then exp(-2e-4 (t - 3600)) of that
    k = np.array([0.0, 2e-4, 2e-4])[:, None, None]
    s = solve_toy(engine(toy(("A", "B", 0.0)), method), [[1e12], [0.0]], HOURS, [1800.0, 3600.0, 7200.0], k=k)
    np.testing.assert_allclose(s.end[:, 0, 0], 1e12 * np.exp([-0.09, -0.36, -1.08]), rtol=TIGHT)


@pytest.mark.parametrize("method", METHODS)
def test_emission_linear_in_time_against_loss(toy, solve_toy, method):
    # dA/dt = a t - l A: A = a/l (t - (1 - e^(-l t))/l)
    a, loss = 1e6 / 3600.0, 5e-4
    E = np.zeros((3, 2, 1))
    E[:, 0, 0] = a * HOURS
    s = solve_toy(engine(toy(("A", "B", 0.0)), method), np.zeros((2, 1)), HOURS, HOURS[1:], emission=E, loss=loss)
    t = HOURS[1:]
    np.testing.assert_allclose(s.end[:, 0, 0], a / loss * (t - (1.0 - np.exp(-loss * t)) / loss), rtol=TIGHT)


def test_steady_state_of_emission_and_loss(toy, solve_toy):
    s = solve_toy(engine(toy(("A", "B", 0.0))), np.zeros((2, 1)), [0.0, 1e7], [1e7], emission=1e6, loss=1e-4)
    np.testing.assert_allclose(s.end[0, :, 0], 1e10, rtol=TIGHT)


def test_a_jump_between_two_nodes_at_one_time(toy, solve_toy):
    times = [0.0, 3600.0, 3600.0, 7200.0]
    E = np.zeros((4, 2, 1))
    E[2:, 0] = 1e6
    s = solve_toy(engine(toy(("A", "B", 0.0))), np.zeros((2, 1)), times, [3600.0, 7200.0], emission=E)
    np.testing.assert_allclose(s.end[:, 0, 0], [0.0, 3.6e9], rtol=EXACT, atol=1e-6)
    np.testing.assert_allclose(s.mean[:, 0, 0], [0.0, 1.8e9], rtol=EXACT, atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_robertson(toy, solve_toy, method):
    # Robertson (1966), the published values at t = 0.4, 4, 40, 400 (CVODE's documentation, 5 digits); unit 1e12 cm-3
    unit = 1e12
    stiff = toy(("A", "B", 0.04), ("B + B", "C + B", 3e7 / unit), ("B + C", "A + C", 1e4 / unit))
    times = [0.0, 0.4, 4.0, 40.0, 400.0]
    s = solve_toy(engine(stiff, method, rtol=1e-6, atol=1e-2), [[unit], [0.0], [0.0]], times, times[1:])
    published = [
        [9.8517e-01, 3.3864e-05, 1.4794e-02],
        [9.0553e-01, 2.2404e-05, 9.4452e-02],
        [7.1582e-01, 9.1851e-06, 2.8417e-01],
        [4.5053e-01, 3.2229e-06, 5.4946e-01],
    ]
    np.testing.assert_allclose(s.end[:, :, 0] / unit, published, rtol=1e-4)


def test_held_species_follow_their_values_and_still_react(toy, solve_toy):
    mask = np.array([[True, False], [False, False]])  # held in the first box only
    values = np.array([1e12, 2e12, 1e12])[:, None, None] * np.ones((3, 2, 2))
    decay = engine(toy(("A", "B", 1e-5)))
    s = solve_toy(decay, [[1e12] * 2, [0.0] * 2], HOURS, [1800.0, 3600.0, 7200.0], held=Held(mask, values))
    np.testing.assert_allclose(s.end[:, 0, 0], [1.5e12, 2e12, 1e12], rtol=EXACT)
    np.testing.assert_allclose(
        s.end[:, 1, 0], 1e-5 * np.cumsum([1.25e12 * 1800, 1.75e12 * 1800, 1.5e12 * 3600]), rtol=TIGHT
    )
    np.testing.assert_allclose(s.end[:, 0, 1], 1e12 * np.exp([-0.018, -0.036, -0.072]), rtol=TIGHT)


def test_held_without_values_stays_where_it_began(toy, solve_toy):
    mask = np.array([[True], [False]])
    s = solve_toy(engine(toy(("A", "B", 1e-3))), [[3e11], [0.0]], HOURS, HOURS[1:], held=Held(mask), loss=1e-3)
    assert (s.end[:, 0, 0] == 3e11).all()


def test_only_what_is_asked_for_is_handed_back(toy, solve_toy):
    s = solve_toy(engine(toy(("A", "B", 1e-4))), [[1e12], [0.0]], HOURS, HOURS[1:], keep=["B"])
    assert s.species == ("B",)
    assert s.end.shape == (2, 1, 1)
    np.testing.assert_allclose(s.end[1, 0, 0], 1e12 * (1.0 - np.exp(-0.72)), rtol=TIGHT)


def test_a_box_gives_the_same_bits_alone_and_in_any_batch(cb6, day):
    outputs = np.arange(1, 7) * 3600.0
    one_batch = _solve(RosenbrockEngine(cb6), day, outputs)
    threaded = _solve(RosenbrockEngine(cb6, threads=3), day, outputs)
    turned = _solve(RosenbrockEngine(cb6), day.batch(slice(None, None, -1)), outputs)
    for box in (0, 5, 11):
        alone = _solve(RosenbrockEngine(cb6), day.batch(slice(box, box + 1)), outputs)
        for many, place in ((one_batch, box), (threaded, box), (turned, 11 - box)):
            np.testing.assert_array_equal(alone.end[..., 0], many.end[..., place])
            np.testing.assert_array_equal(alone.mean[..., 0], many.mean[..., place])
            assert alone.steps[0] == many.steps[place]


def test_boxes_that_share_their_weather_share_nothing_else(cb6, day):
    """Groups of one weather reuse its coefficients: those of another in between, and their own y, are their own."""
    outputs = np.array([3600.0])
    weather = np.repeat([0, 3, 0], 2 * native.host().lanes)
    start = np.arange(weather.size) % 12
    mixed = replace(day.batch(weather), y0=day.y0[:, start])
    many = _solve(RosenbrockEngine(cb6), mixed, outputs)
    for box in range(0, weather.size, 5):
        alone = _solve(RosenbrockEngine(cb6), mixed.batch(slice(box, box + 1)), outputs)
        np.testing.assert_array_equal(alone.end[..., 0], many.end[..., box])


@pytest.mark.parametrize("lanes", [2, 4])
def test_narrower_processors_get_the_same_numbers(cb6, day, monkeypatch, lanes):
    outputs = np.array([3600.0, 7200.0])
    wide = _solve(RosenbrockEngine(cb6), day, outputs)
    mine = native.host()
    monkeypatch.setattr("drivers.box_model.rosenbrock.engine.host", lambda: replace(mine, lanes=lanes))
    narrow = _solve(RosenbrockEngine(cb6), day, outputs)
    np.testing.assert_allclose(narrow.end, wide.end, rtol=1e-9, atol=1e-3)
    np.testing.assert_array_equal(narrow.steps, wide.steps)


def test_an_environment_and_its_coefficients_give_the_same(cb6, day):
    from drivers.box_model.rates import rate_coefficients

    own = RosenbrockEngine(cb6)
    outputs = np.array([7200.0])
    k = rate_coefficients(cb6, day.environment)
    given = own.solve(day.y0, k, day.node_times, day.emission, day.loss, outputs)
    np.testing.assert_allclose(_solve(own, day, outputs).end, given.end, rtol=1e-9, atol=1e-3)


def test_an_explosion_stops_its_box_with_a_message_and_no_other(toy, solve_toy):
    y0 = np.array([[1e12, 0.0, 0.0], [1e12, 1e12, 1e12]])
    s = solve_toy(engine(toy(("A", "2 A", 1.0), ("B", "2 B", 1e-9))), y0, HOURS, HOURS[1:])
    assert s.status[0] in {Status.NOT_FINITE, Status.STEP_TOO_SMALL}
    assert s.status[1:].tolist() == [Status.DONE, Status.DONE]
    assert np.isnan(s.end[:, :, 0]).all()
    assert np.isnan(s.mean[:, :, 0]).all()
    assert 0.0 < s.failed_at[0] < 3600.0
    np.testing.assert_allclose(s.end[1, 1, 1:], 1e12 * np.exp(7.2e-6), rtol=TIGHT)
    with pytest.raises(RunFailed, match="box 0"):
        s.raise_if_failed()


def test_too_many_steps_stop_a_box(toy, solve_toy):
    s = solve_toy(engine(toy(("A", "B", 1e-4)), max_steps=3), [[1e12], [0.0]], HOURS, HOURS[1:])
    assert s.status.tolist() == [Status.TOO_MANY_STEPS]
    assert s.steps.tolist() == [3]


def test_what_was_reached_before_a_failure_is_kept(toy, solve_toy):
    k = np.array([0.0, 0.0, 1.0])[:, None, None]  # quiet for an hour, then explosive
    s = solve_toy(engine(toy(("A", "2 A", 0.0))), [[1e12]], HOURS * 10, HOURS[1:] * 10, k=k)
    np.testing.assert_allclose(s.end[0, 0, 0], 1e12, rtol=EXACT)
    assert np.isnan(s.end[1, 0, 0])
    assert s.failed_at[0] > 36000.0


def test_the_last_step_starts_the_next_call_without_waste(cb6, day):
    own = RosenbrockEngine(cb6)
    first = _solve(own, day, np.array([3600.0]))
    fresh, carried = (
        own.solve(first.end[0].clip(0), *_rest(day, 3600.0), first_step=step) for step in (None, first.last_step)
    )
    assert carried.steps.sum() < fresh.steps.sum()


def test_unknown_method(cb6):
    with pytest.raises(InputError, match="did you mean rodas3"):
        RosenbrockEngine(cb6, "rodas33")


def test_a_mechanism_without_reactions_still_moves_what_is_emitted(toy, solve_toy):
    inert = toy(("A", "B", 0.0))
    assert isinstance(inert, Mechanism)
    s = solve_toy(engine(inert), np.zeros((2, 1)), HOURS[:2], HOURS[1:2], emission=2e6)
    np.testing.assert_allclose(s.end[0, :, 0], 7.2e9, rtol=EXACT)


def test_other_threads_run_while_boxes_are_solved(cb6, day):
    own = RosenbrockEngine(cb6, rtol=1e-7, atol=1.0)
    _solve(own, day, np.array([60.0]))  # compiled
    ticks, solving = [], threading.Event()
    solving.set()

    def tick():
        while solving.is_set():
            ticks.append(1)

    other = threading.Thread(target=tick)
    other.start()
    before = len(ticks)
    _solve(own, day, np.array([86400.0]))
    during = len(ticks) - before
    solving.clear()
    other.join()
    assert during > 1000


def _solve(own, case, outputs):
    return own.solve(case.y0, case.environment, case.node_times, case.emission, case.loss, outputs)


def _rest(case, start):
    """Arguments of a solve that goes on at `start` (a node) for an hour."""
    first = int(np.searchsorted(case.node_times, start))
    nodes = slice(first, first + 3)
    env = case.environment
    cut = {n: getattr(env, n)[nodes] for n in ("temperature", "pressure", "water", "photolysis", "heterogeneous")}
    times = case.node_times[nodes]
    return replace(env, **cut), times, case.emission[nodes], case.loss[nodes], times[-1:]
