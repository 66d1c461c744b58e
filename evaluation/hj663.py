"""Annual evaluation of a city's air by HJ 663: statistics of a site, of the city, and whether the data suffice."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from aqcore.errors import Fault, InputError
from evaluation.days import CHINA, daily_maximum, daily_mean
from evaluation.mda8 import mda8
from evaluation.standards import Statistic, statistics

MIN_DAYS_YEAR = 324
"""Valid daily values that an annual statistic needs (GB 3095 table 4)."""

MIN_DAYS_MONTH, MIN_DAYS_FEBRUARY = 27, 25
"""Valid daily values that each month, and February, needs (GB 3095 table 4)."""

FEBRUARY = 2
MONTHS = range(1, 13)

CITY = "city"
"""The name of the whole city where a site or zone is asked for."""

DAILY_MEANS = ("SO2", "NO2", "PM10", "PM25", "CO")
"""Pollutants that are judged by their daily mean."""


def daily_values(hourly: xr.Dataset, *, timezone: str = CHINA) -> xr.Dataset:
    """Return the daily values of HJ 663 of the pollutants that are there, (time, ...) -> (day, ...).

    `SO2 NO2 PM10 PM25` (ug m-3) and `CO` (mg m-3) daily means, `O3_MDA8` and `O3_1h` (daily maximum hour), ug m-3.
    """
    daily = {
        name: daily_mean(hourly[name], timezone=timezone)
        for name in ("SO2", "NO2", "PM10", "PM25", "CO")
        if name in hourly
    }
    if "O3" in hourly:
        daily["O3_MDA8"] = mda8(hourly["O3"], timezone=timezone)
        daily["O3_1h"] = daily_maximum(hourly["O3"], timezone=timezone)
    return xr.Dataset(daily)


def percentile(values: npt.ArrayLike, percent: float, weights: npt.ArrayLike | None = None) -> float:
    """Return a percentile of the finite values, unit of `values`; NaN when there is none.

    HJ 663: sorted ascending, at rank k = 1 + (n - 1) p, linear between the ranks. With `weights` a value counts as
    that many equal days: it holds the ranks from the sum of the weights before it plus one to the sum with it; whole
    weights give exactly the percentile of the repeated values.
    """
    data = np.asarray(values, dtype=float).ravel()
    weight = np.ones(data.size) if weights is None else np.asarray(weights, dtype=float).ravel()
    used = np.isfinite(data) & (weight > 0)
    if not used.any():
        return float("nan")
    order = np.argsort(data[used], kind="stable")
    ordered, last = data[used][order], np.cumsum(weight[used][order])
    first = np.concatenate([[1.0], last[:-1] + 1.0])
    rank = 1.0 + max(last[-1] - 1.0, 0.0) * percent / 100.0
    ranks = np.stack([first, np.maximum(first, last)], axis=1).ravel()
    return float(np.interp(rank, ranks, np.repeat(ordered, 2)))


def insufficiency(daily: npt.ArrayLike, days: npt.ArrayLike) -> str:
    """Return why the valid daily values of one year do not suffice for annual statistics; empty when they do.

    GB 3095 table 4: at least 324 days of the year and 27 of each month (25 in February).
    """
    valid = np.asarray(days).astype("datetime64[M]")[np.isfinite(np.asarray(daily, dtype=float))]
    counts = np.bincount(valid.astype(np.int64) % 12 + 1, minlength=13)
    reasons = [f"{valid.size} valid days, {MIN_DAYS_YEAR} needed"] if valid.size < MIN_DAYS_YEAR else []
    for month in MONTHS:
        needed = MIN_DAYS_FEBRUARY if month == FEBRUARY else MIN_DAYS_MONTH
        if counts[month] < needed:
            reasons.append(f"month {month}: {counts[month]} valid days, {needed} needed")
    return "; ".join(reasons)


def annual_statistics(daily: xr.Dataset, year: int) -> pd.DataFrame:
    """Return the annual statistics of each site of daily values (day, site) in a calendar year.

    Columns: year, site, pollutant, statistic, value, unit, n (valid days), sufficient, reason (empty when sufficient).
    The value of an insufficient site is given too: whoever uses it sees that it is not valid.

    Raises
    ------
    InputError
        when the year has no day in `daily`.
    """
    inside = daily.sel(day=daily["day"].dt.year == year)
    if inside.sizes["day"] == 0:
        years = np.unique(daily["day"].dt.year)
        raise InputError([Fault(f"year {year}", "has no data", f"give one of {years[0]}..{years[-1]}")])
    rows = [
        _row(inside, statistic, site, year)
        for statistic in statistics().values()
        if statistic.daily in inside
        for site in inside["site"].to_numpy()
    ]
    return pd.DataFrame(rows)


def _row(daily: xr.Dataset, statistic: Statistic, site: str, year: int) -> dict[str, object]:
    values = daily[statistic.daily].sel(site=site).to_numpy()
    reason = insufficiency(values, daily["day"].to_numpy())
    return {
        "year": year,
        "site": str(site),
        "pollutant": statistic.pollutant,
        "statistic": statistic.name,
        "value": statistic_of(values, statistic),
        "unit": statistic.unit,
        "n": int(np.isfinite(values).sum()),
        "sufficient": not reason,
        "reason": reason,
    }


def statistic_of(values: npt.ArrayLike, statistic: Statistic, weights: npt.ArrayLike | None = None) -> float:
    """Return an annual statistic of daily values, unit of `values`; `weights` are the days each value stands for."""
    if statistic.percent is not None:
        return percentile(values, statistic.percent, weights)
    data = np.asarray(values, dtype=float)
    weight = np.ones(data.shape) if weights is None else np.asarray(weights, dtype=float)
    used = np.isfinite(data)
    return float(np.average(data[used], weights=weight[used])) if weight[used].sum() > 0 else float("nan")


def city_daily(daily: xr.Dataset, evaluation_sites: Iterable[str]) -> xr.Dataset:
    """Return the city's daily values (day): the mean over the evaluation sites that are valid on the day.

    Control sites are left out (HJ 663). The order - site first, city mean second - is what reproduces the published O3
    percentile of Beijing 2016 (198.8 of 199 ug m-3; city mean of the hours first: 197.2).
    """
    return daily.sel(site=list(evaluation_sites)).mean("site", skipna=True)


def city_statistics(daily: xr.Dataset, evaluation_sites: Iterable[str], year: int) -> pd.DataFrame:
    """Return the annual statistics of the city's daily values (`city_daily`); columns as `annual_statistics`.

    Taking each site's statistic first and their mean second gives the same means and O3, but CO-95 of Beijing 2016 as
    3.08 mg m-3 where 3.2 is published (3.22 this way).
    """
    city = city_daily(daily, evaluation_sites).expand_dims(site=[CITY])
    return annual_statistics(city, year)
