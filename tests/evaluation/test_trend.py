"""Sen's slope and Mann-Kendall by hand and by invariants."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aqcore.errors import InputError
from evaluation.trend import seasonal_trend, trend, trend_table

EXACT = 1e-12
THREE_DIGITS = 5e-4  # of the hand calculation


def test_ten_rising_years_by_hand() -> None:
    """S = 45, Var = 10 x 9 x 25/18 = 125, Z = 44/11.1803 = 3.9355, p = 8.3e-5."""
    its = trend(np.arange(2013, 2023), 2.0 * np.arange(10) + 5.0)
    assert (its.slope, its.s, its.n) == (pytest.approx(2.0), 45.0, 10)
    assert its.z == pytest.approx(3.9355, abs=THREE_DIGITS)
    assert its.p == pytest.approx(8.3e-5, rel=0.01)
    assert its.intercept + its.slope * 2013 == pytest.approx(5.0)


def test_ties_by_hand() -> None:
    """Five threes and five sevens: S = 25, Var = (10 x 9 x 25 - 2 x 5 x 4 x 15)/18 = 91.667, Z = 24/9.5743 = 2.5067."""
    its = trend(np.arange(10), [3.0] * 5 + [7.0] * 5)
    assert its.s == 25.0
    assert its.z == pytest.approx(2.5067, abs=THREE_DIGITS)


def test_the_slope_is_a_median_that_one_odd_year_does_not_move() -> None:
    values = -3.0 * np.arange(11.0)
    values[4] = 200.0
    assert trend(np.arange(11), values).slope == pytest.approx(-3.0)


def test_few_years_have_a_slope_but_no_test() -> None:
    its = trend([2013, 2014, 2015, 2016], [89.5, 85.9, 80.6, 73.0])
    assert its.slope == pytest.approx(np.median([-3.6, -4.45, -5.5, -5.3, -6.45, -7.6]))
    assert np.isnan(its.z)
    assert np.isnan(its.p)


def test_missing_values_do_not_count() -> None:
    with_gap = trend([1, 2, 3, 4], [1.0, np.nan, 3.0, 4.0])
    assert (with_gap.n, with_gap.slope) == (3, pytest.approx(1.0))
    assert np.isnan(trend([1], [2.0]).slope)
    assert trend([], []).n == 0


def test_months_are_compared_with_themselves() -> None:
    """A steep season and a fall of 1 a year: 12 months x S = -6, Var = 12 x 26/3 = 104, Z = -71/10.198 = -6.962."""
    years, months = (part.ravel() for part in np.meshgrid(np.arange(4), np.arange(1, 13), indexing="ij"))
    its = seasonal_trend(years, months, 50.0 * np.cos(months / 6.0 * np.pi) - years)
    assert its.slope == pytest.approx(-1.0)
    assert (its.s, its.n) == (-72.0, 48)
    assert its.z == pytest.approx(-6.962, abs=THREE_DIGITS)
    assert np.isnan(seasonal_trend([1], [1], [1.0]).slope)


@given(st.lists(st.integers(-100, 100), min_size=10, max_size=20))
def test_turning_the_values_round_turns_the_trend(values: list[int]) -> None:
    times = np.arange(len(values))
    up, down = trend(times, values), trend(times, -np.array(values))
    assert down.slope == pytest.approx(-up.slope, abs=EXACT)
    assert (down.s, down.z) == (-up.s, pytest.approx(-up.z, abs=EXACT))
    assert 0.0 <= up.p <= 1.0
    assert up.p == pytest.approx(down.p, abs=EXACT)


@given(st.floats(-5.0, 5.0), st.permutations(range(12)))
def test_the_order_of_the_rows_does_not_matter(slope: float, order: list[int]) -> None:
    times = np.array(order, dtype=float)
    assert trend(times, slope * times + 3.0).slope == pytest.approx(slope, abs=1e-9)


def test_a_table_of_statistics_counts_each_year_once() -> None:
    keys = product((2013, 2014, 2015), ("PM25_mean", "PM10_mean"), ("a", "b"))
    rows = [(year, name, 90.0 - 4.0 * (year - 2013), "ug/m3", edition) for year, name, edition in keys]
    annual = pd.DataFrame(rows, columns=["year", "statistic", "value", "unit", "edition"])
    table = trend_table(annual).set_index("statistic")
    assert table.loc["PM25_mean", ["n", "first_year", "last_year"]].tolist() == [3, 2013, 2015]
    assert table.loc["PM10_mean", "slope"] == pytest.approx(-4.0)
    assert table.loc["PM10_mean", "slope_pct"] == pytest.approx(-400.0 / 86.0)


def test_two_values_at_one_time_are_refused() -> None:
    with pytest.raises(InputError, match="time 2014: has two values"):
        trend([2013, 2014, 2014], [1.0, 2.0, 3.0])
