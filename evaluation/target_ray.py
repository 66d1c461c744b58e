"""The VOC:NOx ratio read from a target: which ray of cuts reaches it soonest, and the line of pairs that reach it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from evaluation.matrix import FINE_STEP, along_ray
from evaluation.response_surface import ResponseSurface

Array = npt.NDArray[np.float64]

RATIOS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0, float("inf"))
"""Percent of VOC for each percent of NOx; 0 cuts NOx alone, infinity VOC alone."""
FEWEST = 3
"""Pairs that a line needs."""


@dataclass(frozen=True)
class TargetRay:
    """The ray on which the target is reached with the least total cut (percent of NOx + `voc_weight` x percent of VOC).

    `reached` is False when no ray of the matrix reaches it; then the numbers are NaN.
    """

    target: float
    reached: bool
    ratio: float
    nox_cut_pct: float
    voc_cut_pct: float


@dataclass(frozen=True)
class TargetLine:
    """The straight line VOC cut = `slope` x NOx cut + `intercept` (fractions) through `n` pairs that reach the target.

    As published for Chengdu 2017: VOCs = 0.77 NOx + 0.18 (Acta Sci. Circum. 38(10), 2018, as cited to us). NaN where
    fewer than three pairs reach it.
    """

    slope: float
    intercept: float
    r2: float
    n: int


def target_rays(
    o3: xr.DataArray,
    surface: ResponseSurface,
    target: float,
    ratios: Sequence[float] = RATIOS,
    *,
    voc_weight: float = 1.0,
) -> pd.DataFrame:
    """Return for each ray VOC cut = ratio x NOx cut the first point at which ozone is at the target (unit of `o3`).

    Columns: ratio, reached, nox_cut_pct, voc_cut_pct, total_cut_pct (NOx + `voc_weight` x VOC), o3 (there, or at the
    end of the ray when it does not reach the target; the cuts are NaN then). Ozone between points of 1 % is linear.
    """
    return pd.DataFrame([_row(along_ray(o3, surface, ratio), ratio, target, voc_weight) for ratio in ratios])


def target_ray(rays: pd.DataFrame, target: float) -> TargetRay:
    """Return the ray of a table of `target_rays` that reaches the target with the least total cut."""
    there = rays[rays["reached"]]
    if there.empty:
        return TargetRay(target, False, float("nan"), float("nan"), float("nan"))
    best = int(there["total_cut_pct"].to_numpy().argmin())
    ratio, nox, voc = (float(there[name].iloc[best]) for name in ("ratio", "nox_cut_pct", "voc_cut_pct"))
    return TargetRay(target, True, ratio, nox, voc)


def target_line(o3: xr.DataArray, surface: ResponseSurface, target: float) -> TargetLine:
    """Return the line through the least VOC cuts that reach the target with NOx cut by 0, 1, 2 ... percent.

    Where NOx cuts first harm, the pairs end at the one that needs the most VOC: beyond it, past the ridge, NOx cuts
    help, which is another line. Pairs that need no VOC cut at all are left out.
    """
    deepest = {axis: 1.0 - max(float(o3[axis].min()), 0.0) for axis in ("nox", "voc")}
    nox, voc = (np.arange(0.0, deepest[axis] + FINE_STEP / 2, FINE_STEP) for axis in ("nox", "voc"))
    n, v = np.meshgrid(nox, voc, indexing="ij")
    values = surface.predict(np.stack([1.0 - n.ravel(), 1.0 - v.ravel()], axis=1)).reshape(n.shape)
    needed = np.array([first_at(voc, row, target) for row in values])
    x, y = _first_branch(nox, needed)
    if x.size < FEWEST:
        return TargetLine(float("nan"), float("nan"), float("nan"), int(x.size))
    slope, intercept = np.polyfit(x, y, 1)
    spread = float(((y - y.mean()) ** 2).sum())
    left = float(((y - slope * x - intercept) ** 2).sum())
    return TargetLine(float(slope), float(intercept), 1.0 - left / spread if spread > 0.0 else 1.0, int(x.size))


def _first_branch(x: Array, y: Array) -> tuple[Array, Array]:
    """Return the points from the first that is wanted (finite, above zero) to the largest, or all when they fall."""
    wanted = np.flatnonzero(np.isfinite(y) & (y > 0.0))
    if not wanted.size:
        return x[:0], y[:0]
    gaps = np.flatnonzero(np.diff(wanted) > 1)
    run = wanted[: gaps[0] + 1] if gaps.size else wanted
    top = int(np.argmax(y[run]))
    chosen = run[: top + 1] if top > 0 else run
    return x[chosen], y[chosen]


def first_at(x: Array, y: Array, target: float) -> float:
    """Return the first x at which y is at or below the target, linear between points; NaN where it never is."""
    below = np.flatnonzero(y <= target)
    if below.size == 0:
        return float("nan")
    place = int(below[0])
    if place == 0:
        return float(x[0])
    share = (y[place - 1] - target) / (y[place - 1] - y[place])
    return float(x[place - 1] + share * (x[place] - x[place - 1]))


def _row(ray: pd.DataFrame, ratio: float, target: float, voc_weight: float) -> dict[str, float | bool]:
    path = np.linspace(0.0, 1.0, len(ray))
    at = first_at(path, ray["o3"].to_numpy(), target)
    nox, voc = (float(np.interp(at, path, ray[name].to_numpy())) for name in ("nox_cut_pct", "voc_cut_pct"))
    reached = bool(np.isfinite(at))
    return {
        "ratio": ratio,
        "reached": reached,
        "nox_cut_pct": nox if reached else float("nan"),
        "voc_cut_pct": voc if reached else float("nan"),
        "total_cut_pct": nox + voc_weight * voc if reached else float("nan"),
        "o3": float(np.interp(at, path, ray["o3"].to_numpy())) if reached else float(ray["o3"].iloc[-1]),
    }
