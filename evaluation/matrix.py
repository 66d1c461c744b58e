"""The NOx-VOC matrix: ozone over emission factors, its ridge, the regime of the base, and the reduction ratio."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from aqcore.errors import Fault, InputError
from evaluation.response_surface import ResponseSurface, fit_surface

Array = npt.NDArray[np.float64]

SCENARIO_NAME = re.compile(r"nox_(\d{3})_voc_(\d{3})")
"""Names of the matrix's scenarios: emission factors in percent."""

PERCENT = 100.0
BASE = 1.0

VOC_LIMITED, NOX_LIMITED, TRANSITION = "VOC-limited", "NOx-limited", "transition"

FINE_STEP = 0.01
"""Step of emission factors on which ratios and least cuts are sought."""


@dataclass(frozen=True)
class Regime:
    """Where the base stands on the ozone surface.

    Attributes
    ----------
    peak_ratio
        PR: the NOx factor at which ozone is highest with VOC at its base; `beyond` when that is the edge of the
        matrix, so that the true PR lies beyond it.
    name
        VOC-limited (PR below 1: NOx cuts first raise ozone), NOx-limited (PR above 1), transition (PR within half a
        step of the matrix around 1).
    d_nox, d_voc
        change of ozone by one whole emission factor at the base, unit of ozone.
    """

    peak_ratio: float
    beyond: bool
    name: str
    d_nox: float
    d_voc: float


@dataclass(frozen=True)
class ReductionRatio:
    """VOC:NOx reduction ratios (percent of VOC for each percent of NOx) that keep ozone from rising; NaN = not defined.

    Attributes
    ----------
    local
        -(dO3/dNOx)/(dO3/dVOC) at the base; negative where NOx cuts lower ozone by themselves.
    suggested
        the largest v(t)/t over NOx cuts t up to 1 - PR, v(t) the least VOC cut with ozone not above the base (after the
        suggested ratio of pf-RSM, Xing et al. 2018, as this project reads it); 0 when not VOC-limited.
    fitted
        slope of the line through the origin that fits v(t) best.
    reachable
        whether such a v(t) exists in the matrix for every t.
    """

    local: float
    suggested: float
    fitted: float
    reachable: bool


@dataclass(frozen=True)
class LeastCut:
    """The least total cut (NOx % + VOC %) on the surface that brings ozone to a target.

    `o3` and its standard deviation `o3_sd` are the surface's; `reached` is False when no point of the matrix does,
    then the cuts are those of the lowest ozone.
    """

    target: float
    reached: bool
    nox_cut_pct: float
    voc_cut_pct: float
    ratio: float
    o3: float
    o3_sd: float


def matrix_of(values: Mapping[str, float]) -> xr.DataArray:
    """Return (nox, voc) emission factors -> value from scenario names `nox_060_voc_080` -> value.

    Raises
    ------
    InputError
        when a name is not of this form, a node is missing or not a number, or the base `nox_100_voc_100` is not a node.
    """
    nodes = {name: SCENARIO_NAME.fullmatch(name) for name in values}
    wrong = [name for name, match in nodes.items() if match is None]
    if wrong:
        raise InputError(
            [Fault(f"scenario {name}", "is no node of a matrix", "name it nox_060_voc_080") for name in wrong]
        )
    keys = {name: (int(match[1]), int(match[2])) for name, match in nodes.items() if match}
    nox, voc = (sorted({key[axis] for key in keys.values()}) for axis in (0, 1))
    data = xr.DataArray(
        np.full((len(nox), len(voc)), np.nan),
        coords={"nox": np.array(nox) / PERCENT, "voc": np.array(voc) / PERCENT},
        dims=("nox", "voc"),
    )
    for name, (n, v) in keys.items():
        data[nox.index(n), voc.index(v)] = values[name]
    check_matrix(data)
    return data


def check_matrix(o3: xr.DataArray) -> None:
    """Raise `InputError` unless (nox, voc) has at least three levels a side, no hole, and the base (1, 1) as a node."""
    faults = []
    for axis in ("nox", "voc"):
        levels = o3[axis].to_numpy()
        if levels.size < 3 or np.any(np.diff(levels) <= 0):
            faults.append(Fault(f"matrix {axis}", f"levels {levels}", "give at least three rising levels"))
        if not np.isclose(levels, BASE).any():
            faults.append(Fault(f"matrix {axis}", "the base 1 is not a level", "add it: the base must be a node"))
    holes = np.argwhere(~np.isfinite(o3.transpose("nox", "voc").to_numpy()))
    nodes = [(float(o3["nox"][n]), float(o3["voc"][v])) for n, v in holes]
    faults += [Fault(f"matrix node {node}", "has no value", "run its scenario") for node in nodes]
    if faults:
        raise InputError(faults)


def surface_of(o3: xr.DataArray) -> ResponseSurface:
    """Return the response surface through a matrix (nox, voc); its factors are (nox, voc)."""
    check_matrix(o3)
    nox, voc = np.meshgrid(o3["nox"].to_numpy(), o3["voc"].to_numpy(), indexing="ij")
    points = np.stack([nox.ravel(), voc.ravel()], axis=1)
    return fit_surface(points, o3.transpose("nox", "voc").to_numpy().ravel())


def ridge_line(o3: xr.DataArray) -> pd.DataFrame:
    """Return the ridge of a matrix: at each VOC level the NOx factor where dO3/dNOx = 0.

    Columns: voc, nox, o3 (unit of the matrix), at_edge (the highest node is the first or last level: the ridge lies
    beyond). The maximum of the parabola through the highest node and its two neighbours.
    """
    check_matrix(o3)
    nox, values = o3["nox"].to_numpy(), o3.transpose("nox", "voc").to_numpy()
    rows = [(float(level), *_peak(nox, values[:, column])) for column, level in enumerate(o3["voc"].to_numpy())]
    return pd.DataFrame(rows, columns=["voc", "nox", "o3", "at_edge"])


def _peak(x: Array, y: Array) -> tuple[float, float, bool]:
    top = int(np.argmax(y))
    if top in (0, x.size - 1):
        return float(x[top]), float(y[top]), True
    a, b, c = _parabola(x[top - 1 : top + 2], y[top - 1 : top + 2])
    at = -b / (2.0 * a) if a < 0 else float(x[top])
    return at, a * at**2 + b * at + c, False


def _parabola(x: Array, y: Array) -> tuple[float, float, float]:
    a, b, c = np.polyfit(x, y, 2)
    return float(a), float(b), float(c)


def regime(o3: xr.DataArray) -> Regime:
    """Return the regime of the base of a matrix (nox, voc); derivatives by the parabola through three nodes."""
    check_matrix(o3)
    along_nox = o3.sel(voc=BASE, method="nearest").to_numpy()
    along_voc = o3.sel(nox=BASE, method="nearest").to_numpy()
    nox, voc = o3["nox"].to_numpy(), o3["voc"].to_numpy()
    ratio, _, beyond = _peak(nox, along_nox)
    half_step = 0.5 * float(np.min(np.abs(nox[~np.isclose(nox, BASE)] - BASE)))
    near = abs(ratio - BASE) <= half_step
    name = TRANSITION if near else VOC_LIMITED if ratio < BASE else NOX_LIMITED
    return Regime(ratio, beyond, name, _slope_at_base(nox, along_nox), _slope_at_base(voc, along_voc))


def _slope_at_base(x: Array, y: Array) -> float:
    base = int(np.argmin(np.abs(x - BASE)))
    first = min(max(base - 1, 0), x.size - 3)
    a, b, _ = _parabola(x[first : first + 3], y[first : first + 3])
    return 2.0 * a * float(x[base]) + b


def reduction_ratio(o3: xr.DataArray, surface: ResponseSurface) -> ReductionRatio:
    """Return the VOC:NOx reduction ratios of a matrix in three readings, with `surface` between its nodes."""
    its = regime(o3)
    local = -its.d_nox / its.d_voc if its.d_voc > 0 else float("nan")
    if its.name == NOX_LIMITED or its.peak_ratio >= BASE:
        return ReductionRatio(local, 0.0, 0.0, reachable=True)
    cuts, needed = least_voc_cuts(surface, 1.0 - its.peak_ratio, 1.0 - float(o3["voc"].min()))
    if not np.isfinite(needed).all():
        return ReductionRatio(local, float("nan"), float("nan"), reachable=False)
    fitted = float(cuts @ needed / (cuts @ cuts))
    return ReductionRatio(local, float(np.max(needed / cuts)), fitted, reachable=True)


def least_voc_cuts(surface: ResponseSurface, deepest_nox: float, deepest_voc: float) -> tuple[Array, Array]:
    """Return NOx cuts t (0 < t <= `deepest_nox`) and for each the least VOC cut that keeps ozone at or below the base.

    Cuts are fractions of the base emission; NaN where no VOC cut up to `deepest_voc` suffices. Ozone between grid
    points of 1 % is linear.
    """
    nox = np.append(np.arange(FINE_STEP, deepest_nox, FINE_STEP), deepest_nox)
    voc = np.append(np.arange(0.0, deepest_voc, FINE_STEP), deepest_voc)
    n, v = np.meshgrid(1.0 - nox, 1.0 - voc, indexing="ij")
    excess = surface.predict(np.stack([n.ravel(), v.ravel()], axis=1)).reshape(n.shape)
    excess = excess - surface.predict([[BASE, BASE]])[0]
    return nox, np.array([_first_crossing(voc, row) for row in excess])


def _first_crossing(x: Array, y: Array) -> float:
    """Return the first x where y falls to zero, linear between points; NaN where it does not."""
    below = np.flatnonzero(y <= 0)
    if below.size == 0:
        return float("nan")
    place = int(below[0])
    if place == 0:
        return float(x[0])
    share = y[place - 1] / (y[place - 1] - y[place])
    return float(x[place - 1] + share * (x[place] - x[place - 1]))


def least_cut(o3: xr.DataArray, surface: ResponseSurface, target: float) -> LeastCut:
    """Return the least total cut of NOx and VOC (percent of each, added) that brings ozone to `target`.

    `target` has the unit of the matrix. Searched on a grid of 1 % within the matrix and below the base.
    """
    nox, voc = (np.arange(max(float(o3[axis].min()), 0.0), BASE + FINE_STEP / 2, FINE_STEP) for axis in ("nox", "voc"))
    n, v = (part.ravel() for part in np.meshgrid(nox, voc, indexing="ij"))
    points = np.stack([n, v], axis=1)
    values = surface.predict(points)
    meets = values <= target
    order = np.where(meets, 2.0 - n - v, np.inf) if meets.any() else values
    best = int(np.argmin(order))
    n_cut, v_cut = (PERCENT * (1.0 - float(factor[best])) for factor in (n, v))
    ratio = v_cut / n_cut if n_cut > 0 else float("inf") if v_cut > 0 else float("nan")
    spread = float(surface.uncertainty(points[best : best + 1])[0])
    return LeastCut(target, bool(meets.any()), n_cut, v_cut, ratio, float(values[best]), spread)


def along_ray(o3: xr.DataArray, surface: ResponseSurface, ratio: float) -> pd.DataFrame:
    """Return ozone along the ray on which VOC is cut `ratio` percent for each percent of NOx, to the matrix's edge.

    Columns: nox_cut_pct, voc_cut_pct, o3, o3_sd (unit of the matrix). An infinite ratio cuts VOC alone.
    """
    deepest = {axis: 1.0 - max(float(o3[axis].min()), 0.0) for axis in ("nox", "voc")}
    alone = np.isinf(ratio)
    reach = deepest["voc"] if alone else min(deepest["nox"], deepest["voc"] / ratio if ratio > 0 else np.inf)
    steps = np.linspace(0.0, reach, round(reach / FINE_STEP) + 1)
    n_cut, v_cut = (np.zeros_like(steps), steps) if alone else (steps, ratio * steps)
    points = np.stack([1.0 - n_cut, 1.0 - v_cut], axis=1)
    columns = {"o3": surface.predict(points), "o3_sd": surface.uncertainty(points)}
    return pd.DataFrame({"nox_cut_pct": PERCENT * n_cut, "voc_cut_pct": PERCENT * v_cut, **columns})


@dataclass(frozen=True)
class MatrixReading:
    """What the matrices of several zones say, read from one surface a zone.

    Attributes
    ----------
    ratio
        rows zone: `matrix_table`.
    cuts
        rows zone: the columns of `LeastCut`.
    """

    ratio: pd.DataFrame
    cuts: pd.DataFrame


def matrix_reading(o3: xr.DataArray, target: float) -> MatrixReading:
    """Return ratios and least cuts to `target` (unit of the matrix) of each zone's matrix (nox, voc, zone).

    The surface of a zone, which is the costly part, is fitted once for both.
    """
    zones = {str(zone): o3.sel(zone=zone, drop=True) for zone in o3["zone"].to_numpy()}
    ratio, cuts = [], []
    for zone, own in zones.items():
        surface = surface_of(own)
        ratio.append(_matrix_row(zone, own, surface))
        cuts.append({"zone": zone, **vars(least_cut(own, surface, target))})
    return MatrixReading(pd.DataFrame(ratio), pd.DataFrame(cuts))


def matrix_table(o3: xr.DataArray) -> pd.DataFrame:
    """Return the reading of each zone's matrix (nox, voc, zone): regime, ratios and the surface's leave-one-out error.

    Columns: zone, o3_base, regime, peak_ratio, peak_beyond, ratio_local, ratio_suggested, ratio_fitted,
    ratio_reachable, loo_mne_pct, loo_max_ne_pct, loo_rmse, n.
    """
    zones = {str(zone): o3.sel(zone=zone, drop=True) for zone in o3["zone"].to_numpy()}
    return pd.DataFrame([_matrix_row(zone, own, surface_of(own)) for zone, own in zones.items()])


def _matrix_row(zone: str, o3: xr.DataArray, surface: ResponseSurface) -> dict[str, object]:
    its, ratio, loo = regime(o3), reduction_ratio(o3, surface), surface.loo_error()
    return {
        "zone": zone,
        "o3_base": float(o3.sel(nox=BASE, voc=BASE, method="nearest")),
        "regime": its.name,
        "peak_ratio": its.peak_ratio,
        "peak_beyond": its.beyond,
        "ratio_local": ratio.local,
        "ratio_suggested": ratio.suggested,
        "ratio_fitted": ratio.fitted,
        "ratio_reachable": ratio.reachable,
        "loo_mne_pct": loo.mne,
        "loo_max_ne_pct": loo.max_ne,
        "loo_rmse": loo.rmse,
        "n": loo.n,
    }
