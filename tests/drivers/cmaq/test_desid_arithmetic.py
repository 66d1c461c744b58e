"""The arithmetic of DESID's regions: each case that runs of CCTM 5.5 and 5.5.0.3 showed."""

import numpy as np
import pytest

from drivers.cmaq.desid_arithmetic import effective_factor
from drivers.cmaq.desid_rules import EVERYWHERE

ROUNDING = 1e-12
"""A few operations in double precision."""

ONE = np.ones((1, 1))
WEST, EAST = np.array([[1.0, 1.0, 0.0, 0.0]]), np.array([[0.0, 0.0, 1.0, 1.0]])


def close(found: np.ndarray, expected: list[float]) -> bool:
    return bool(np.allclose(found, [expected], atol=ROUNDING, rtol=0))


def test_disjoint_regions_are_right() -> None:
    assert close(effective_factor([("W", 0.5), ("E", 0.8)], {"W": WEST, "E": EAST}), [0.5, 0.5, 0.8, 0.8])


def test_nested_regions_multiply() -> None:
    city, core = np.array([[1.0, 1.0, 1.0, 0.0]]), np.array([[0.0, 1.0, 0.0, 0.0]])
    for order in ([("CITY", 0.5), ("CORE", 0.5)], [("CORE", 0.5), ("CITY", 0.5)]):
        assert close(effective_factor(order, {"CITY": city, "CORE": core}), [0.5, 0.25, 0.5, 1.0])


def test_shares_of_border_cells_are_right() -> None:
    west, east = np.array([[1.0, 0.3, 0.0]]), np.array([[0.0, 0.7, 1.0]])
    expected = [0.5, 0.3 * 0.5 + 0.7 * 0.8, 0.8]
    assert close(effective_factor([("W", 0.5), ("E", 0.8)], {"W": west, "E": east}), expected)


def test_uniform_shares_are_taken_for_nested() -> None:
    """The run gave 0.73 where 0.695 was meant."""
    found = effective_factor([("A", 0.5), ("B", 0.8)], {"A": 0.35 * ONE, "B": 0.65 * ONE})
    assert close(found, [0.73])


def test_a_mask_of_ones_makes_the_emission_zero() -> None:
    assert close(effective_factor([("ALL_OF_IT", 0.5)], {"ALL_OF_IT": np.ones((1, 3))}), [0.0, 0.0, 0.0])


def test_equal_masks_cancel() -> None:
    assert close(effective_factor([("A", 0.5), ("B", 0.5)], {"A": WEST, "B": WEST}), [1.0, 1.0, 1.0, 1.0])


def test_overlapping_masks_are_counted_twice() -> None:
    one, two = np.array([[1.0, 1.0, 0.0]]), np.array([[0.0, 1.0, 1.0]])
    assert close(effective_factor([("A", 0.9), ("B", 0.9)], {"A": one, "B": two}), [0.9, 1.8, 0.9])


def test_everywhere_and_a_region_multiply() -> None:
    """Combined measures on one cell: 0.7 then 0.8 is 0.56."""
    assert close(effective_factor([(EVERYWHERE, 0.7), ("W", 0.8)], {"W": WEST}), [0.56, 0.56, 0.7, 0.7])


def test_factors_of_one_region_multiply() -> None:
    assert close(effective_factor([("W", 0.7), ("W", 0.8)], {"W": WEST}), [0.56, 0.56, 1.0, 1.0])


def test_no_rule_changes_nothing() -> None:
    assert close(effective_factor([], {"W": WEST}), [1.0, 1.0, 1.0, 1.0])


def test_an_unknown_region() -> None:
    with pytest.raises(KeyError):
        effective_factor([("X", 0.5)], {"W": WEST})
