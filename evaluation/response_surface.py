"""A response surface of a few emission factors by Gaussian process, with its own leave-one-out error."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import linalg, optimize

from aqcore.errors import Fault, InputError

Array = npt.NDArray[np.float64]

NUGGET_BOUNDS = (1e-8, 1e-2)
"""Noise variance over signal variance: from rounding to a solver's tolerance."""

LENGTH_BOUNDS = (0.1, 10.0)
"""Length scales in units of the factors' standard deviations (METHODS 8)."""

FIRST_NUGGET = 1e-6

LEAST_ENERGY = 1e-100
"""Floor of y'K^-1 y, for results that do not change at all."""

FIRST_GUESSES = (0.5, 2.0)
"""Length scales from which the likelihood is climbed, so that one bad start does not decide."""

RELATIVE_FLOOR = 1e-12
"""Below this a value is zero for a relative error."""


@dataclass(frozen=True)
class LooError:
    """Leave-one-out error of a surface at its own points.

    Attributes
    ----------
    mne, max_ne
        mean and largest |predicted - run|/|run|, %.
    rmse
        unit of the values.
    n
        points.
    """

    mne: float
    max_ne: float
    rmse: float
    n: int


@dataclass(frozen=True)
class ResponseSurface:
    """A Gaussian process through model runs: constant mean, Matern 5/2 kernel, one length scale a factor.

    Attributes
    ----------
    points
        (n, d) emission factors of the runs (1 = base).
    values
        (n,) results, any unit.
    lengths, nugget, scale, mean, deviation
        hyperparameters: length scales and nugget (of standardised data), standard deviation of the factors, mean and
        standard deviation of the values.
    weights, cholesky
        K^-1 y and the lower Cholesky factor of K, of the standardised values.
    """

    points: Array
    values: Array
    lengths: Array
    nugget: float
    scale: Array
    mean: float
    deviation: float
    weights: Array
    cholesky: Array

    def predict(self, points: npt.ArrayLike) -> Array:
        """Return the surface at (m, d) factors, (m,), unit of the values."""
        return self.mean + self.deviation * (self._cross(points) @ self.weights)

    def uncertainty(self, points: npt.ArrayLike) -> Array:
        """Return the standard deviation of the prediction at (m, d) factors, (m,), unit of the values."""
        cross = self._cross(points)
        explained = linalg.solve_triangular(self.cholesky, cross.T, lower=True)
        signal = float(self.weights @ self._standardised()) / len(self.values)
        variance = np.maximum(1.0 + self.nugget - np.sum(explained**2, axis=0), 0.0)
        return np.asarray(self.deviation * np.sqrt(signal * variance))

    def loo_predictions(self) -> Array:
        """Return the prediction at each run without it: y_i - [K^-1 y]_i/[K^-1]_ii (Rasmussen and Williams 5.12)."""
        inverse = linalg.cho_solve((self.cholesky, True), np.eye(len(self.values)))
        return np.asarray(self.values - self.deviation * self.weights / np.diag(inverse))

    def loo_error(self) -> LooError:
        """Return the leave-one-out error at the surface's own points."""
        residual = self.loo_predictions() - self.values
        relative = 100.0 * np.abs(residual) / np.maximum(np.abs(self.values), RELATIVE_FLOOR)
        rmse = float(np.sqrt(np.mean(residual**2)))
        return LooError(float(relative.mean()), float(relative.max()), rmse, len(self.values))

    def _cross(self, points: npt.ArrayLike) -> Array:
        return _kernel(
            np.atleast_2d(np.asarray(points, dtype=float)) / self.scale, self.points / self.scale, self.lengths
        )

    def _standardised(self) -> Array:
        return (self.values - self.mean) / self.deviation


def fit_surface(points: npt.ArrayLike, values: npt.ArrayLike) -> ResponseSurface:
    """Return the response surface through (n, d) emission factors and (n,) results, by maximum likelihood.

    Raises
    ------
    InputError
        when a value is not finite, fewer runs than three a factor are given, a factor never changes, or two runs have
        the same factors.
    """
    x, y = np.atleast_2d(np.asarray(points, dtype=float)), np.asarray(values, dtype=float)
    _check(x, y)
    scale, mean = x.std(axis=0), float(y.mean())
    deviation = float(y.std()) or 1.0
    standard = (y - mean) / deviation
    squares = _squared_differences(x / scale, x / scale)
    lengths, nugget = _hyperparameters(squares, standard)
    factor = _cholesky(squares, lengths, nugget)
    weights = linalg.cho_solve((factor, True), standard)
    return ResponseSurface(x, y, lengths, nugget, scale, mean, deviation, weights, factor)


def _check(x: Array, y: Array) -> None:
    faults = []
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        faults.append(Fault("response surface", "a factor or result is not a number", "leave out or repeat that run"))
    if x.shape[0] != y.size or y.size < 3 * x.shape[1]:
        found = f"{y.size} results for {x.shape[0]} runs of {x.shape[1]} factors"
        faults.append(Fault("response surface", found, "give one result a run, at least three runs a factor"))
    if np.unique(x, axis=0).shape[0] != x.shape[0]:
        faults.append(Fault("response surface", "two runs have the same factors", "give each run once"))
    if (x.std(axis=0) == 0).any():
        faults.append(Fault("response surface", "a factor never changes", "leave it out"))
    if faults:
        raise InputError(faults)


def _kernel(left: Array, right: Array, lengths: Array) -> Array:
    return _matern(_squared_differences(left, right), lengths)


def _squared_differences(left: Array, right: Array) -> Array:
    """Return (d, n, m): the squared difference of each factor between the points of two sets."""
    return np.asarray((left.T[:, :, None] - right.T[:, None, :]) ** 2)


def _matern(squares: Array, lengths: Array) -> Array:
    """Matern 5/2: (1 + a + a^2/3) exp(-a), a = sqrt(5) r (Rasmussen and Williams 2006, eq. 4.17)."""
    a2 = 5.0 * np.tensordot(lengths**-2.0, squares, axes=1)
    a = np.sqrt(a2)
    return np.asarray((1.0 + a + a2 / 3.0) * np.exp(-a))


def _cholesky(squares: Array, lengths: Array, nugget: float) -> Array:
    kernel = _matern(squares, lengths)
    kernel.flat[:: len(kernel) + 1] += nugget
    return np.asarray(linalg.cholesky(kernel, lower=True, overwrite_a=True, check_finite=False))


def _negative_likelihood(logs: Array, squares: Array, y: Array) -> tuple[float, Array]:
    """Minus the log likelihood but for a constant, the signal variance at its best value, and its gradient.

    With K of unit signal variance: L = n/2 ln(y'K^-1 y/n) + 1/2 ln|K|; dL = -1/2 n (a' dK a)/(y'a) + 1/2 tr(K^-1 dK),
    a = K^-1 y (Rasmussen and Williams 2006, eq. 5.9), by the logarithms of the length scales and of the nugget.
    """
    lengths, nugget = np.exp(logs[:-1]), float(np.exp(logs[-1]))
    factor = _cholesky(squares, lengths, nugget)
    inverse = linalg.cho_solve((factor, True), np.eye(y.size), check_finite=False)
    weights = inverse @ y
    energy = max(float(y @ weights), LEAST_ENERGY)
    value = 0.5 * y.size * float(np.log(energy / y.size)) + float(np.log(np.diag(factor)).sum())
    sensitivity = 0.5 * (inverse - np.outer(weights, weights) * (y.size / energy))
    by_length = np.tensordot(_matern_slopes(squares, lengths), sensitivity, axes=2)
    return value, np.append(by_length, nugget * np.trace(sensitivity))


def _matern_slopes(squares: Array, lengths: Array) -> Array:
    """Return (d, n, n): the derivative of the kernel by the logarithm of each length scale."""
    scaled = squares / (lengths**2)[:, None, None]
    a = np.sqrt(5.0 * scaled.sum(axis=0))
    return np.asarray(5.0 / 3.0 * (1.0 + a) * np.exp(-a) * scaled)


def _hyperparameters(squares: Array, y: Array) -> tuple[Array, float]:
    factors = len(squares)
    bounds = [tuple(np.log(LENGTH_BOUNDS))] * factors + [tuple(np.log(NUGGET_BOUNDS))]
    starts = (np.log([guess] * factors + [FIRST_NUGGET]) for guess in FIRST_GUESSES)
    found = [
        optimize.minimize(_negative_likelihood, start, args=(squares, y), bounds=bounds, jac=True, method="L-BFGS-B")
        for start in starts
    ]
    best = min(found, key=lambda result: float(result.fun))
    return np.exp(best.x[:-1]), float(np.exp(best.x[-1]))
