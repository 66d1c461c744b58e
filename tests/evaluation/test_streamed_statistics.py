"""Means and percentiles of cells that stream by in blocks, against the same with all days at once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.hj663 import percentile
from evaluation.streamed_statistics import HighValues, MeanValues, values_needed

SINGLE = 2e-6  # values are kept in single precision


def streamed(daily: np.ndarray, weights: np.ndarray, percent: float, block: int) -> np.ndarray:
    values = HighValues(percent, values_needed(weights, percent))
    for start in range(0, len(daily), block):
        values.add(daily[start : start + block], weights[start : start + block])
        assert values.values is not None
        assert len(values.values) <= values.count
    return values.result()


@pytest.mark.parametrize("percent", [50.0, 90.0, 95.0, 98.0])
@pytest.mark.parametrize("block", [1, 7, 400])
def test_a_year_of_days(percent: float, block: int) -> None:
    daily = np.random.default_rng(3).lognormal(3.0, 0.8, (365, 4, 5))
    found = streamed(daily, np.ones(365), percent, block)
    np.testing.assert_allclose(found, np.percentile(daily, percent, axis=0), rtol=SINGLE)


def test_only_the_highest_values_are_kept() -> None:
    """Of 365 equal days P90 has the rank 1 + 364 x 0.9 = 328.6: the 38 highest hold it."""
    assert values_needed(np.ones(365), 90.0) == 38
    assert values_needed(np.ones(365), 98.0) == 9
    assert values_needed(np.ones(3), 90.0) == 2
    assert values_needed(np.full(12, 365 / 12), 90.0) == 2
    assert values_needed(np.array([1.0, 1.0, 100.0]), 90.0) == 3


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.one_of(st.floats(1.0, 500.0, width=32), st.just(float("nan"))), st.sampled_from([1.0, 2.0, 15.0, 30.5])
        ),
        min_size=1,
        max_size=40,
    ),
    st.sampled_from([75.0, 90.0, 95.0, 98.0]),
    st.integers(1, 9),
)
def test_weights_and_gaps_as_the_percentile_of_the_standard(
    rows: list[tuple[float, float]], percent: float, block: int
) -> None:
    values, weights = (np.array(column) for column in zip(*rows, strict=True))
    found = streamed(values[:, None], weights, percent, block)[0]
    expected = percentile(values, percent, weights)
    assert found == pytest.approx(expected, rel=1e-4, abs=1e-4, nan_ok=True)  # ranks of single-precision weights


def test_the_weighted_mean_skips_missing_days() -> None:
    values = MeanValues()
    values.add(np.array([[1.0, np.nan]]), np.array([3.0]))
    values.add(np.array([[5.0, np.nan], [np.nan, np.nan]]), np.array([1.0, 7.0]))
    assert values.result().tolist() == [2.0, pytest.approx(np.nan, nan_ok=True)]


def test_nothing_gives_nothing() -> None:
    assert np.isnan(HighValues(90.0, 3).result()).all()
    assert np.isnan(streamed(np.full((4, 2), np.nan), np.ones(4), 90.0, 2)).all()
