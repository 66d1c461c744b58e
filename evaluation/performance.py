"""How well a model meets the monitors: metrics under fixed names, and the benchmarks of the literature.

`model` and `obs` are arrays of one shape and unit; pairs with either missing are left out; NaN when no pair remains.
"""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from aqcore.errors import Fault, InputError, did_you_mean
from evaluation.days import CHINA, daily_mean
from evaluation.mda8 import mda8
from evaluation.tables import shipped_table

Array = npt.NDArray[np.float64]
Metric = Callable[[Array, Array], float]

PERCENT = 100.0


def paired(model: npt.ArrayLike, obs: npt.ArrayLike) -> tuple[Array, Array]:
    """Return the pairs in which both are finite, as two flat arrays; InputError when the shapes differ."""
    m, o = np.asarray(model, dtype=float), np.asarray(obs, dtype=float)
    if m.shape != o.shape:
        raise InputError([Fault("pairs", f"model has shape {m.shape}, obs {o.shape}", "match them by time and place")])
    both = np.isfinite(m) & np.isfinite(o)
    return m[both], o[both]


def mean_bias(m: Array, o: Array) -> float:
    """MB = mean(M - O), unit of the data."""
    return float(np.mean(m - o))


def mean_gross_error(m: Array, o: Array) -> float:
    """MGE = mean |M - O|, unit of the data."""
    return float(np.mean(np.abs(m - o)))


def root_mean_square_error(m: Array, o: Array) -> float:
    """RMSE = sqrt(mean (M - O)^2), unit of the data."""
    return float(np.sqrt(np.mean((m - o) ** 2)))


def centred_rmse(m: Array, o: Array) -> float:
    """CRMSE = sqrt(mean ((M - Mbar) - (O - Obar))^2); RMSE^2 = MB^2 + CRMSE^2."""
    return float(np.sqrt(np.mean((m - m.mean() - o + o.mean()) ** 2)))


def pearson_r(m: Array, o: Array) -> float:
    """Pearson's correlation; NaN where one of the two does not vary."""
    spread = float(m.std() * o.std())
    return float(np.mean((m - m.mean()) * (o - o.mean())) / spread) if spread > 0 else float("nan")


def normalised_mean_bias(m: Array, o: Array) -> float:
    """NMB = sum(M - O)/sum(O), %."""
    return _ratio(PERCENT * float(np.sum(m - o)), float(np.sum(o)))


def normalised_mean_error(m: Array, o: Array) -> float:
    """NME = sum |M - O|/sum(O), %."""
    return _ratio(PERCENT * float(np.sum(np.abs(m - o))), float(np.sum(o)))


def mean_fractional_bias(m: Array, o: Array) -> float:
    """MFB = 2/n sum (M - O)/(M + O), % (-200..200); a pair of two zeros counts as 0."""
    return 2.0 * PERCENT * float(np.mean(_share(m - o, m + o)))


def mean_fractional_error(m: Array, o: Array) -> float:
    """MFE = 2/n sum |M - O|/(M + O), % (0..200); a pair of two zeros counts as 0."""
    return 2.0 * PERCENT * float(np.mean(_share(np.abs(m - o), m + o)))


def factor_of_two(m: Array, o: Array) -> float:
    """FAC2 = share of pairs with 0.5 <= M/O <= 2 (0..1)."""
    return float(np.mean((m >= 0.5 * o) & (m <= 2.0 * o)))


def normalised_mean_square_error(m: Array, o: Array) -> float:
    """NMSE = mean((M - O)^2)/(mean M mean O)."""
    return _ratio(float(np.mean((m - o) ** 2)), float(m.mean() * o.mean()))


def geometric_mean_bias(m: Array, o: Array) -> float:
    """MG = exp(mean ln O - mean ln M); NaN unless all are positive."""
    return float(np.exp(np.mean(np.log(o)) - np.mean(np.log(m)))) if min(m.min(), o.min()) > 0 else float("nan")


def geometric_variance(m: Array, o: Array) -> float:
    """VG = exp(mean (ln O - ln M)^2); NaN unless all are positive."""
    return float(np.exp(np.mean((np.log(o) - np.log(m)) ** 2))) if min(m.min(), o.min()) > 0 else float("nan")


def normalised_sd_difference(m: Array, o: Array) -> float:
    """NMSD = (s_M - s_O)/s_O, s = standard deviation."""
    return _ratio(float(m.std() - o.std()), float(o.std()))


def index_of_agreement_w81(m: Array, o: Array) -> float:
    """IOA_W81 = 1 - sum(M - O)^2/sum(|M - Obar| + |O - Obar|)^2, 0..1 (Willmott 1981)."""
    return 1.0 - _ratio(float(np.sum((m - o) ** 2)), float(np.sum((np.abs(m - o.mean()) + np.abs(o - o.mean())) ** 2)))


def modified_index_d1(m: Array, o: Array) -> float:
    """d1 = 1 - sum|M - O|/sum(|M - Obar| + |O - Obar|), 0..1 (Willmott et al. 1985)."""
    return 1.0 - _ratio(float(np.sum(np.abs(m - o))), float(np.sum(np.abs(m - o.mean()) + np.abs(o - o.mean()))))


def refined_index_dr(m: Array, o: Array) -> float:
    """Dr = 1 - A/B where A <= B, else B/A - 1; A = sum|M - O|, B = 2 sum|O - Obar|; -1..1 (Willmott et al. 2012)."""
    a, b = float(np.sum(np.abs(m - o))), 2.0 * float(np.sum(np.abs(o - o.mean())))
    return 1.0 - _ratio(a, b) if a <= b else b / a - 1.0


def coefficient_of_efficiency(m: Array, o: Array) -> float:
    """COE = 1 - sum|M - O|/sum|O - Obar| (Legates and McCabe 1999)."""
    return 1.0 - _ratio(float(np.sum(np.abs(m - o))), float(np.sum(np.abs(o - o.mean()))))


def _ratio(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator != 0 else float("nan")


def _share(part: Array, whole: Array) -> Array:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole != 0)


METRICS: Mapping[str, Metric] = {
    "MB": mean_bias,
    "MGE": mean_gross_error,
    "RMSE": root_mean_square_error,
    "CRMSE": centred_rmse,
    "r": pearson_r,
    "NMB": normalised_mean_bias,
    "NME": normalised_mean_error,
    "MFB": mean_fractional_bias,
    "MFE": mean_fractional_error,
    "FAC2": factor_of_two,
    "NMSE": normalised_mean_square_error,
    "MG": geometric_mean_bias,
    "VG": geometric_variance,
    "NMSD": normalised_sd_difference,
    "IOA_W81": index_of_agreement_w81,
    "d1": modified_index_d1,
    "dr": refined_index_dr,
    "COE": coefficient_of_efficiency,
}
"""Every metric under its one name; MB, MGE, RMSE, CRMSE in the data's unit, NMB, NME, MFB, MFE in %."""


def metrics(model: npt.ArrayLike, obs: npt.ArrayLike) -> dict[str, float]:
    """Return n and every metric of `METRICS` over the complete pairs."""
    m, o = paired(model, obs)
    values = {name: metric(m, o) if m.size else float("nan") for name, metric in METRICS.items()}
    return {"n": float(m.size), **values}


def contingency(model: npt.ArrayLike, obs: npt.ArrayLike, threshold: float) -> dict[str, float]:
    """Return how exceedances of a threshold (strictly above) are forecast.

    a hits, b false alarms, c misses: POD = a/(a+c), FAR = b/(a+b), CSI = a/(a+b+c), bias = (a+b)/(a+c).
    """
    m, o = paired(model, obs)
    a = float(np.sum((m > threshold) & (o > threshold)))
    b = float(np.sum((m > threshold) & (o <= threshold)))
    c = float(np.sum((m <= threshold) & (o > threshold)))
    rates = {
        "POD": _ratio(a, a + c),
        "FAR": _ratio(b, a + b),
        "CSI": _ratio(a, a + b + c),
        "bias": _ratio(a + b, a + c),
    }
    return rates | {"hits": a, "false_alarms": b, "misses": c}


def benchmarks(pollutant: str, averaging: str) -> pd.DataFrame:
    """Return the published goals and criteria for a pollutant and averaging (1h, MDA8, 24h); empty when none."""
    table = shipped_table("benchmarks")
    return table[(table["pollutant"] == pollutant) & (table["averaging"] == averaging)].reset_index(drop=True)


SMALLER_IS_BETTER = ("NMB", "NME", "MFB", "MFE")
"""Metrics whose benchmark bounds the magnitude from above; r and IOA are bounded from below."""


def judged(values: Mapping[str, float], pollutant: str, averaging: str) -> pd.DataFrame:
    """Return the benchmarks with the value of each metric and the grade that it reaches: goal, criteria, or neither."""
    table = benchmarks(pollutant, averaging)
    value = [values[name] for name in table["metric"]]
    grades = [_grade(*row) for row in zip(table["metric"], value, table["goal"], table["criteria"], strict=True)]
    return table.assign(value=value, grade=grades)


def _grade(metric: str, value: float, goal: float, criteria: float) -> str:
    sign = 1.0 if metric in SMALLER_IS_BETTER else -1.0
    size = abs(value) if metric in SMALLER_IS_BETTER else value
    for name, bound in (("goal", goal), ("criteria", criteria)):
        if sign * size <= sign * bound:
            return name
    return "neither"


AVERAGINGS: Mapping[str, tuple[str, ...]] = {"O3": ("1h", "MDA8")}
"""How pollutants are averaged before they are compared; all others hourly and by day."""


def performance_table(model: xr.Dataset, obs: xr.Dataset, *, timezone: str = CHINA) -> pd.DataFrame:
    """Return the metrics of each pollutant and averaging (1h, 24h, MDA8), over all zones and days and each zone.

    `model` (`in_standard_units`) and `obs` (`ModelDays.observed_hours`) have dims (time, zone) and one unit; they are
    matched by exact time and zone. Columns: pollutant, averaging, zone (`all` = all together), n, then the metrics.

    Raises
    ------
    InputError
        when they share no pollutant, no time or no zone.
    """
    names = [str(name) for name in obs.data_vars if name in model]
    if not names:
        remedy = did_you_mean(str(next(iter(obs.data_vars), "")), map(str, model.data_vars))
        raise InputError([Fault("performance", "model and observations share no pollutant", remedy)])
    ours, theirs = xr.align(model[names], obs[names], join="inner")
    if 0 in (ours.sizes["time"], ours.sizes["zone"]):
        remedy = "give observations of the modelled days and districts"
        raise InputError([Fault("performance", "model and observations share no time or no zone", remedy)])
    return pd.DataFrame([row for name in names for row in _rows(name, ours[name], theirs[name], timezone)])


def _rows(name: str, model: xr.DataArray, obs: xr.DataArray, timezone: str) -> Iterator[dict[str, object]]:
    for averaging in AVERAGINGS.get(name, ("1h", "24h")):
        m, o = (_averaged(values, averaging, timezone).transpose(..., "zone") for values in (model, obs))
        yield {"pollutant": name, "averaging": averaging, "zone": "all", **metrics(m, o)}
        for zone in m["zone"].to_numpy():
            its = metrics(m.sel(zone=zone), o.sel(zone=zone))
            yield {"pollutant": name, "averaging": averaging, "zone": str(zone), **its}


def _averaged(values: xr.DataArray, averaging: str, timezone: str) -> xr.DataArray:
    if averaging == "MDA8":
        return mda8(values, timezone=timezone)
    return daily_mean(values, timezone=timezone) if averaging == "24h" else values
