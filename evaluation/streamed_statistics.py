"""Annual statistics of every cell while the days stream by: means, and percentiles from the highest values alone."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Kept = npt.NDArray[np.float32]

ROUNDING = 1e-9
"""Slack of a sum of weights, days."""


def values_needed(weights: Array, percent: float) -> int:
    """Return how many of the highest values hold a percentile, whichever days they fall on.

    The rank 1 + (W - 1) p, counted from the top, lies within the highest values whose weights sum to W minus that
    rank plus one; the smallest weights need the most values.
    """
    positive = np.sort(weights[weights > 0])
    total = float(positive.sum())
    needed = total - max(total - 1.0, 0.0) * percent / 100.0
    enough = int(np.searchsorted(np.cumsum(positive), needed - ROUNDING)) + 1
    return max(min(enough, positive.size), 1)


def _day_weights(daily: Array, weights: Array) -> Array:
    """Return the weight of each value (day, ...): that of its day (day,), 0 where the value is missing."""
    return np.where(np.isfinite(daily), weights.reshape(-1, *[1] * (daily.ndim - 1)), 0.0)


@dataclass
class MeanValues:
    """The weighted mean of each cell."""

    sum: Array = field(default_factory=lambda: np.zeros(()))
    total: Array = field(default_factory=lambda: np.zeros(()))

    def add(self, daily: Array, weights: Array) -> None:
        """Take in daily values (day, ...) and their weights (day,); missing values do not count."""
        weight = _day_weights(daily, weights)
        self.sum = self.sum + (np.where(weight > 0, daily, 0.0) * weight).sum(axis=0)
        self.total = self.total + weight.sum(axis=0)

    def result(self) -> Array:
        """Return the mean; NaN without a valid day."""
        return np.where(self.total > 0, self.sum / np.where(self.total > 0, self.total, 1.0), np.nan)


@dataclass
class HighValues:
    """The `count` highest daily values of each cell with the weights of their days, and the weight of all valid days.

    Memory: count x cells x 8 bytes, however many days stream by.
    """

    percent: float
    count: int
    values: Kept | None = None
    weights: Kept | None = None
    total: Array = field(default_factory=lambda: np.zeros(()))

    def add(self, daily: Array, weights: Array) -> None:
        """Take in daily values (day, ...) and their weights (day,); missing values do not count."""
        weight = _day_weights(daily, weights)
        self.total = self.total + weight.sum(axis=0)
        values, kept = np.where(weight > 0, daily, -np.inf).astype(np.float32), weight.astype(np.float32)
        if self.values is not None and self.weights is not None:
            values, kept = np.concatenate([self.values, values]), np.concatenate([self.weights, kept])
        if len(values) > self.count:
            places = np.argpartition(values, len(values) - self.count, axis=0)[-self.count :]
            values, kept = (np.take_along_axis(part, places, axis=0) for part in (values, kept))
        self.values, self.weights = values, kept

    def result(self) -> Array:
        """Return the percentile of HJ 663 of each cell (`hj663.percentile`, weighted); NaN without a valid day."""
        if self.values is None or self.weights is None:
            return np.full(self.total.shape, np.nan)
        order = np.argsort(-self.values, axis=0, kind="stable")
        sorted_parts = (np.take_along_axis(part, order, axis=0).astype(float) for part in (self.values, self.weights))
        values, weights = sorted_parts
        values = np.where(weights > 0, values, 0.0)  # a missing value is -inf, which no rank may touch
        last = self.total - (np.cumsum(weights, axis=0) - weights)
        first = last - weights + 1.0
        rank = 1.0 + np.maximum(self.total - 1.0, 0.0) * self.percent / 100.0
        return _at_rank(values, first, np.maximum(first, last), rank, weights > 0)


def _at_rank(values: Array, first: Array, last: Array, rank: Array, valid: npt.NDArray[np.bool_]) -> Array:
    """Return the value at a rank: each value (falling along the first axis) holds `first..last`, linear between."""
    found = np.full(rank.shape, np.nan)
    for place in reversed(range(len(values))):
        found = np.where(valid[place] & ((rank >= first[place]) | np.isnan(found)), values[place], found)
        if place > 0:
            between = valid[place] & (rank > last[place]) & (rank < first[place - 1])
            gap = np.where(between, first[place - 1] - last[place], 1.0)
            step = np.where(between, values[place - 1] - values[place], 0.0)
            found = np.where(between, values[place] + (rank - last[place]) / gap * step, found)
    return found
