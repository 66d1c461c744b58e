"""The split of removed tonnes among rules that multiply, against the definition over all orders."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.shapley import shapley_removed

CLOSE = 1e-12  # products through logarithms of up to a dozen numbers near 1


def by_all_orders(remaining):
    """The definition: the mean over all orders of what each rule takes when its turn comes."""
    shares = np.zeros(len(remaining))
    orders = list(permutations(range(len(remaining))))
    for order in orders:
        left = 1.0
        for rule in order:
            shares[rule] += left * (1.0 - remaining[rule])
            left *= remaining[rule]
    return shares / len(orders)


def one_group(remaining):
    column = np.array(remaining, dtype=float)[:, None]
    return shapley_removed(np.ones((len(remaining), 1), dtype=bool), column, np.ones((1, 1)))[:, 0]


def test_two_rules_by_hand():
    """0.5 and 0.8: first takes (0.5 + 0.5 * 0.8) / 2 = 0.45, second (0.2 + 0.2 * 0.5) / 2 = 0.15, together 0.6."""
    assert one_group([0.5, 0.8]) == pytest.approx([0.45, 0.15], abs=CLOSE)


@pytest.mark.parametrize(
    "remaining", [[0.3], [0.0, 0.5], [0.0, 0.0], [1.0, 0.4], [1.3, 0.5, 0.9], [0.2, 0.4, 0.6, 0.8, 1.0]]
)
def test_against_all_orders(remaining):
    assert one_group(remaining) == pytest.approx(by_all_orders(remaining), abs=CLOSE)


@given(st.lists(st.floats(0.0, 1.2), min_size=1, max_size=12))
@settings(deadline=None, max_examples=50)
def test_the_shares_add_up_to_what_is_removed(remaining):
    assert one_group(remaining).sum() == pytest.approx(1.0 - np.prod(remaining), abs=CLOSE)


def test_sixty_rules_still_add_up():
    remaining = np.linspace(0.0, 1.0, 60)
    assert one_group(remaining).sum() == pytest.approx(1.0, abs=CLOSE)


def test_a_rule_takes_only_from_the_groups_that_it_reaches():
    reached = np.array([[True, False], [True, True]])
    removed = shapley_removed(reached, np.array([[0.5], [0.8]]), np.array([[100.0], [10.0]]))
    assert removed[:, 0] == pytest.approx([45.0, 15.0 + 2.0], abs=100 * CLOSE)


def test_many_groups_go_through_blocks(monkeypatch):
    rng = np.random.default_rng(1)
    reached, remaining, mass = rng.random((5, 23)) < 0.5, rng.random((5, 3)), rng.random((23, 3))
    whole = shapley_removed(reached, remaining, mass)
    monkeypatch.setattr("scenarios.shapley.BLOCK", 4)
    assert shapley_removed(reached, remaining, mass) == pytest.approx(whole, abs=CLOSE)
