"""The response surface: exact at its runs, honest about its error, against predictions of refitted surfaces."""

import numpy as np
import pytest
from scipy import linalg

from aqcore.errors import InputError
from evaluation.response_surface import (
    ResponseSurface,
    _cholesky,
    _negative_likelihood,
    _squared_differences,
    fit_surface,
)

AT_RUNS = 1e-4  # of the range: the nugget lets the surface pass beside a run by rounding only
BETWEEN = 0.02  # of the range: a smooth function on an 8 x 8 grid


def function(points: np.ndarray) -> np.ndarray:
    """A smooth ridge in two factors."""
    x, y = points[:, 0], points[:, 1]
    return 100.0 + 60.0 * x * np.exp(-((x - 0.6 * y) ** 2)) + 30.0 * y


def grid(n: int = 8) -> np.ndarray:
    axis = np.linspace(0.0, 2.0, n)
    return np.stack([part.ravel() for part in np.meshgrid(axis, axis, indexing="ij")], axis=1)


@pytest.fixture(scope="module")
def surface() -> ResponseSurface:
    return fit_surface(grid(), function(grid()))


def test_the_gradient_of_the_likelihood_is_its_slope() -> None:
    y = function(grid(5))
    squares = _squared_differences(grid(5), grid(5))
    logs = np.log([0.7, 1.3, 1e-3])
    _, gradient = _negative_likelihood(logs, squares, (y - y.mean()) / y.std())
    for place in range(3):
        step = np.zeros(3)
        step[place] = 1e-5
        up, down = (_negative_likelihood(logs + sign * step, squares, (y - y.mean()) / y.std())[0] for sign in (1, -1))
        assert gradient[place] == pytest.approx((up - down) / 2e-5, rel=1e-5)  # central differences


def test_it_passes_through_its_runs(surface: ResponseSurface) -> None:
    np.testing.assert_allclose(surface.predict(grid()), function(grid()), atol=AT_RUNS * np.ptp(function(grid())))


def test_it_is_close_between_them(surface: ResponseSurface) -> None:
    points = np.random.default_rng(3).uniform(0.1, 1.9, (200, 2))
    np.testing.assert_allclose(surface.predict(points), function(points), atol=BETWEEN * np.ptp(function(grid())))


def test_leaving_a_run_out_really_is_the_loo_prediction(surface: ResponseSurface) -> None:
    """Refit without run i at the same hyperparameters and mean: the formula must give the same number."""
    x, y = surface.points, surface.values
    standard = (y - surface.mean) / surface.deviation
    for i in (0, 17, 40, 63):
        kept = np.delete(np.arange(y.size), i)
        squares = _squared_differences(x[kept] / surface.scale, x[kept] / surface.scale)
        factor = _cholesky(squares, surface.lengths, surface.nugget)
        weights = linalg.cho_solve((factor, True), standard[kept])
        cross = surface._cross(x[i])[:, kept]
        expected = surface.mean + surface.deviation * float((cross @ weights)[0])
        assert surface.loo_predictions()[i] == pytest.approx(expected, rel=1e-6)  # conditioning of the kernel


def test_the_error_is_named_and_larger_where_runs_are_few() -> None:
    few, many = (fit_surface(grid(n), function(grid(n))).loo_error() for n in (4, 9))
    assert few.n == 16
    assert 0.0 < many.mne < few.mne <= few.max_ne
    assert many.rmse < few.rmse


def test_uncertainty_vanishes_at_runs_and_grows_between_and_outside(surface: ResponseSurface) -> None:
    at_run, between, outside = surface.uncertainty([[0.0, 0.0], [1.0 / 7.0, 1.0 / 7.0], [3.0, 3.0]])
    assert at_run < 0.2 * between
    assert between < outside


def test_noise_is_not_followed() -> None:
    points = grid()
    noisy = function(points) + np.random.default_rng(4).normal(0.0, 3.0, len(points))
    fitted = fit_surface(points, noisy)
    inside = np.random.default_rng(5).uniform(0.2, 1.8, (200, 2))
    assert np.abs(fitted.predict(inside) - function(inside)).mean() < 3.0


def test_a_flat_result_stays_flat() -> None:
    flat = fit_surface(grid(4), np.full(16, 7.0))
    np.testing.assert_allclose(flat.predict([[0.3, 1.7], [1.0, 1.0]]), 7.0)


def test_one_factor_is_enough() -> None:
    x = np.linspace(0.0, 2.0, 9)[:, None]
    assert fit_surface(x, np.sin(x[:, 0])).predict([[0.6]])[0] == pytest.approx(np.sin(0.6), abs=0.01)


@pytest.mark.parametrize(
    ("points", "values", "found"),
    [
        (grid(4), np.append(np.zeros(15), np.nan), "not a number"),
        (grid(4)[:5], np.arange(5.0), "at least three runs a factor"),
        (grid(4), np.arange(9.0), "9 results for 16 runs"),
        (np.repeat(grid(4), 2, axis=0), np.arange(32.0), "the same factors"),
        (np.stack([np.arange(9.0), np.ones(9)], axis=1), np.arange(9.0), "never changes"),
    ],
)
def test_runs_that_say_nothing_are_refused(points: np.ndarray, values: np.ndarray, found: str) -> None:
    with pytest.raises(InputError) as error:
        fit_surface(points, values)
    assert found in f"{error.value}{[fault.remedy for fault in error.value.faults]}"
