"""Trends of annual or monthly values: Sen's slope and the Mann-Kendall test, plain and by month."""

from dataclasses import dataclass
from math import erfc, sqrt

import numpy as np
import numpy.typing as npt
import pandas as pd

from aqcore.errors import Fault, InputError

Array = npt.NDArray[np.float64]

MIN_VALUES = 10
"""Values that the plain test needs: its normal approximation does not hold with fewer."""

MIN_PAIRS = 2


@dataclass(frozen=True)
class Trend:
    """A monotonic trend.

    Attributes
    ----------
    slope, intercept
        Sen's slope (unit of the values a unit of time) and median(values) - slope x median(times).
    s, z, p
        Mann-Kendall score, its normal deviate with continuity correction, two-sided probability of no trend; z and p
        are NaN where there are too few values for the test.
    n
        values.
    """

    slope: float
    intercept: float
    s: float
    z: float
    p: float
    n: int


def trend(times: npt.ArrayLike, values: npt.ArrayLike) -> Trend:
    """Return the trend of the finite values over their times; the test needs ten.

    Sen (1968): median of the pairwise slopes. Mann-Kendall: S = sum of sign(x_j - x_i), Var = (n (n-1) (2n+5) - sum
    t (t-1) (2t+5))/18 over groups of t ties, Z = (S -+ 1)/sqrt(Var). No correction for serial correlation.

    Raises
    ------
    InputError
        when two values have one time.
    """
    t, x = _finite(times, values)
    if t.size < MIN_PAIRS:
        return _no_trend(t.size)
    slope = float(np.median(_slopes(t, x)))
    score, variance = _score(x), _variance(x)
    z, p = _tested(score, variance) if t.size >= MIN_VALUES else (float("nan"), float("nan"))
    return Trend(slope, float(np.median(x)) - slope * float(np.median(t)), score, z, p, t.size)


def seasonal_trend(years: npt.ArrayLike, months: npt.ArrayLike, values: npt.ArrayLike) -> Trend:
    """Return the trend of monthly values a year: scores and variances of the single months added, one slope.

    Hirsch, Slack and Smith (1982): only values of the same month are compared, so that the seasons cancel. Assumes
    that the months are independent; the test needs ten values.
    """
    t, x, month = (np.asarray(part, dtype=float) for part in (years, values, months))
    parts = [_finite(t[month == its], x[month == its]) for its in np.unique(month)]
    slopes = np.concatenate([_slopes(*part) for part in parts])
    n = sum(part[0].size for part in parts)
    if slopes.size == 0:
        return _no_trend(n)
    score = sum(_score(part[1]) for part in parts)
    variance = sum(_variance(part[1]) for part in parts)
    z, p = _tested(score, variance) if n >= MIN_VALUES else (float("nan"), float("nan"))
    slope = float(np.median(slopes))
    centre = [float(np.median(np.concatenate([part[axis] for part in parts]))) for axis in (0, 1)]
    return Trend(slope, centre[1] - slope * centre[0], score, z, p, n)


def trend_table(annual: pd.DataFrame) -> pd.DataFrame:
    """Return the trend of each annual statistic (columns year, statistic, value, unit), a row each.

    Columns: statistic, unit, first_year, last_year, n, slope (unit a year), slope_pct (of the mean), z, p (NaN with
    fewer than ten years: no test). Years that repeat (several editions) count once.
    """
    rows = []
    for name, its in annual.drop_duplicates(["year", "statistic"]).groupby("statistic", sort=False):
        found = trend(its["year"], its["value"])
        rows.append({
            "statistic": name, "unit": its["unit"].iloc[0], "first_year": int(its["year"].min()),
            "last_year": int(its["year"].max()), "n": found.n, "slope": found.slope,
            "slope_pct": 100.0 * found.slope / float(its["value"].mean()), "z": found.z, "p": found.p,
        })  # fmt: skip
    return pd.DataFrame(rows)


def _no_trend(n: int) -> Trend:
    nan = float("nan")
    return Trend(nan, nan, nan, nan, nan, n)


def _finite(times: npt.ArrayLike, values: npt.ArrayLike) -> tuple[Array, Array]:
    t, x = np.asarray(times, dtype=float), np.asarray(values, dtype=float)
    order = np.argsort(t, kind="stable")
    kept = order[np.isfinite(x[order])]
    repeated = t[kept][1:][np.diff(t[kept]) == 0]
    if repeated.size:
        raise InputError([Fault(f"time {time:g}", "has two values", "give one value a time") for time in repeated])
    return t[kept], x[kept]


def _pairs(x: Array) -> Array:
    """Return x_j - x_i of every pair i < j."""
    i, j = np.triu_indices(x.size, k=1)
    return x[j] - x[i]


def _slopes(t: Array, x: Array) -> Array:
    return _pairs(x) / _pairs(t)


def _score(x: Array) -> float:
    return float(np.sign(_pairs(x)).sum())


def _variance(x: Array) -> float:
    _, ties = np.unique(x, return_counts=True)
    n = x.size
    return float(n * (n - 1) * (2 * n + 5) - np.sum(ties * (ties - 1) * (2 * ties + 5))) / 18.0


def _tested(score: float, variance: float) -> tuple[float, float]:
    """Return Z and the two-sided p; no variance (all values equal) is no trend."""
    z = (score - np.sign(score)) / sqrt(variance) if variance > 0 else 0.0
    return float(z), erfc(abs(z) / sqrt(2.0))
