"""What every engine checks before it starts and says when it ends."""

import numpy as np
import pytest

from aqcore.errors import InputError, RunFailed
from drivers.box_model.engine import Held, Solution, Status, interpolate, problem


@pytest.fixture
def two(toy):
    return toy(("A", "B", 1e-4))


def arguments(**own):
    """Two species, three boxes, nodes at 0, 1 and 2 h."""
    given = {
        "y0": np.ones((2, 3)),
        "k_nodes": np.ones((3, 1, 3)),
        "node_times": np.array([0.0, 3600.0, 7200.0]),
        "emission": np.zeros((3, 2, 3)),
        "loss": np.zeros((3, 2, 3)),
        "output_times": np.array([3600.0, 7200.0]),
    }
    return given | own


def faults_of(mechanism, **own):
    with pytest.raises(InputError) as error:
        problem(mechanism, **arguments(**own))
    return str(error.value)


def test_good_arguments_pass(two):
    task = problem(two, **arguments(keep=["B"], first_step=np.array([5.0, 0.0, 7.0])), default_step=10.0)
    assert task.boxes == 3
    assert task.kept.tolist() == [1]
    assert task.first_step.tolist() == [5.0, 10.0, 7.0]


def test_a_negative_emission_names_species_node_and_box(two):
    emission = np.zeros((3, 2, 3))
    emission[1, 1, 2] = -5.0
    text = faults_of(two, emission=emission)
    assert "node 1, box 2" in text
    assert "emission of B is -5" in text


def test_values_that_are_no_numbers_are_refused_all_at_once(two):
    text = faults_of(two, y0=np.full((2, 3), np.nan), k_nodes=np.full((3, 1, 3), np.inf), loss=np.full((3, 2, 3), -1.0))
    assert "y0 of A is nan" in text
    assert "coefficient of R0 is inf" in text
    assert "loss of A is -1" in text


def test_shapes_that_disagree_are_all_named(two):
    text = faults_of(two, emission=np.zeros((2, 2, 3)), k_nodes=np.zeros((3, 2, 3)))
    assert "emission: shape (2, 2, 3) -> give (3, 2, 3)" in text
    assert "k_nodes: shape (3, 2, 3) -> give (3, 1, 3)" in text


def test_times_out_of_order_and_series_that_are_too_short(two):
    assert "not at least two times" in faults_of(two, node_times=np.array([0.0, 7200.0, 3600.0]))
    assert "leave the nodes 0 .. 7200 s" in faults_of(two, output_times=np.array([3600.0, 7201.0]))
    assert "empty or not increasing" in faults_of(two, output_times=np.array([]))


def test_unknown_species_to_keep(two):
    assert "no species 'OZONE'" in faults_of(two, keep=["OZONE"])


def test_held_values_are_checked_where_they_hold(two):
    values = np.full((3, 2, 3), np.nan)
    values[:, 0] = 1.0
    mask = np.array([[True] * 3, [False] * 3])
    problem(two, **arguments(held=Held(mask, values)))  # what is not held may be missing
    values[2, 0, 1] = np.nan
    assert "node 2, box 1: held concentration of A is nan" in faults_of(two, held=Held(mask, values))


def test_interpolation_takes_the_right_side_of_a_jump():
    times = np.array([0.0, 10.0, 10.0, 20.0])
    nodes = np.array([0.0, 1.0, 5.0, 6.0])[:, None, None]
    at = [interpolate(nodes, times, t).item() for t in (0.0, 5.0, 10.0, 15.0, 20.0)]
    assert at == [0.0, 0.5, 5.0, 5.5, 6.0]


def test_a_failed_box_is_named_with_its_time():
    ok = np.zeros(2)
    solution = Solution(
        ("A",),
        np.array([1.0]),
        np.zeros((1, 1, 2)),
        np.zeros((1, 1, 2)),
        np.array([Status.DONE, Status.NOT_FINITE], dtype=np.int8),
        ok.astype(int),
        ok.astype(int),
        np.array([np.nan, 1800.0]),
        ok,
    )
    with pytest.raises(RunFailed, match="box 1: a concentration became infinite or not a number at 1800 s"):
        solution.raise_if_failed()
    assert len(solution.failures()) == 1
