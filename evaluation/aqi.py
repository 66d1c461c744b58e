"""The air quality index of HJ 633, editions of 2012 and 2026: sub-indices, index, primary pollutants, categories."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from aqcore.errors import Fault, InputError, did_you_mean
from evaluation.tables import shipped_table

LEVELS = (0, 50, 100, 150, 200, 300, 400, 500)
"""The values of IAQI at the breakpoints (HJ 633 table 1)."""

CO_DECIMALS = 1
"""CO (mg m-3) is rounded to one decimal before the index, the others (ug m-3) to integers (HJ 633-2026 4.2.2)."""

FLOAT_NOISE_DECIMALS = 9
"""Rounded away before any rounding: otherwise an index of 100.0000000001 becomes 101, a mean of 35.4999999999 35."""

PRIMARY_ABOVE = 50
"""A day has primary pollutants only when its AQI exceeds this (HJ 633)."""

COMPLETE_NEEDED_UP_TO = 100
"""An AQI up to this counts only when every pollutant is there; a higher one always (HJ 633-2026 5.3.1)."""

DAILY_VARIABLE = {("O3", "8h"): "O3_MDA8", ("O3", "1h"): "O3_1h"}
"""Daily values of ozone; the others are called as their pollutant."""


@dataclass(frozen=True)
class Breakpoints:
    """Concentrations (ug m-3; CO mg m-3) at `LEVELS`, shorter where the standard stops; the index above the last."""

    concentrations: tuple[float, ...]
    above: float


@cache
def breakpoints(edition: str) -> dict[tuple[str, str], Breakpoints]:
    """Return (pollutant, period 24h | 8h | 1h) -> breakpoints of an edition of HJ 633; InputError if unknown."""
    table = shipped_table("aqi_breakpoints")
    rows = table[table["edition"] == edition].to_dict("records")
    if not rows:
        known = sorted(set(table["edition"]))
        raise InputError([Fault("AQI edition", f"unknown edition {edition!r}", did_you_mean(edition, known))])
    return {(str(row["pollutant"]), str(row["period"])): _breakpoints(row) for row in rows}


def _breakpoints(row: dict[object, object]) -> Breakpoints:
    values = [float(str(row[str(level)])) for level in LEVELS]
    return Breakpoints(tuple(value for value in values if np.isfinite(value)), float(str(row["above"])))


def rounded_concentration(values: npt.ArrayLike, pollutant: str) -> npt.NDArray[np.float64]:
    """Return concentrations rounded half to even: integers in ug m-3, one decimal for CO (HJ 633-2026 4.2.2)."""
    decimals = CO_DECIMALS if pollutant == "CO" else 0
    exact = np.asarray(np.round(np.asarray(values, dtype=np.float64), FLOAT_NOISE_DECIMALS), dtype=np.float64)
    return np.asarray(np.round(exact, decimals), dtype=np.float64)


def iaqi(values: npt.ArrayLike, pollutant: str, period: str, edition: str) -> npt.NDArray[np.float64]:
    """Return the sub-index of concentrations (ug m-3; CO mg m-3), rounded up; NaN where missing or not defined.

    HJ 633: linear between breakpoints of the rounded concentration, any fraction rounded up. Above the last
    breakpoint: 500, or what the edition says for 1 h SO2 (2026: 200) and 8 h O3 (2026: 300); the edition of 2012 has
    no index there (NaN).
    """
    table = breakpoints(edition)
    if (pollutant, period) not in table:
        names = [f"{its} {their}" for its, their in table]
        wanted = f"{pollutant} {period}"
        raise InputError([Fault(edition, f"has no index for {wanted}", did_you_mean(wanted, names))])
    points = table[pollutant, period]
    concentration = rounded_concentration(values, pollutant)
    levels = LEVELS[: len(points.concentrations)]
    index = np.interp(concentration, points.concentrations, levels)
    index = np.where(concentration > points.concentrations[-1], points.above, index)
    rounded_up = np.ceil(np.round(index, FLOAT_NOISE_DECIMALS))
    return np.where(np.isfinite(concentration), rounded_up, np.nan)


def indicators(edition: str, report: str = "daily") -> tuple[tuple[str, str], ...]:
    """Return the (pollutant, period) pairs whose highest sub-index is the AQI of a `daily` or `realtime` report."""
    breakpoints(edition)
    table = shipped_table("aqi_indicators")
    rows = table[(table["edition"] == edition) & (table["report"] == report)]
    return tuple(zip(rows["pollutant"].astype(str), rows["period"].astype(str), strict=True))


def daily_aqi(daily: xr.Dataset, edition: str) -> xr.Dataset:
    """Return the AQI of daily values (`daily_values`, dims (day, ...)) by an edition of HJ 633.

    Returns `iaqi` (pollutant, day, ...), `aqi` (day, ...; NaN where not valid), `primary` (pollutant, day, ...; True
    for each pollutant that shares the highest sub-index, when the AQI exceeds 50), `category` (day, ...; 0 excellent
    .. 5 severe, -1 = none). A day lacks an AQI when a pollutant is missing, unless the others' AQI exceeds 100 (HJ
    633-2026 5.3.1).

    Raises
    ------
    InputError
        when `daily` lacks a daily value that the edition needs.
    """
    index = _sub_indices(daily, edition)
    highest = index.max("pollutant", skipna=True)
    complete = index.count("pollutant") == index.sizes["pollutant"]
    aqi = highest.where(complete | (highest > COMPLETE_NEEDED_UP_TO))
    primary = (index == aqi) & (aqi > PRIMARY_ABOVE)
    return xr.Dataset({"iaqi": index, "aqi": aqi, "primary": primary, "category": category(aqi)})


def _sub_indices(daily: xr.Dataset, edition: str) -> xr.DataArray:
    """Return (pollutant, ...) sub-indices; of ozone's two periods the higher one that is defined."""
    pairs = indicators(edition)
    names = {pair: DAILY_VARIABLE.get(pair, pair[0]) for pair in pairs}
    missing = [name for name in names.values() if name not in daily]
    if missing:
        remedy = "give the variables of daily_values"
        raise InputError([Fault("daily values", f"{name!r} is missing", remedy) for name in missing])
    by_pollutant: dict[str, xr.DataArray] = {}
    for (pollutant, period), name in names.items():
        values = daily[name].copy(data=iaqi(daily[name].to_numpy(), pollutant, period, edition))
        earlier = by_pollutant.get(pollutant)
        by_pollutant[pollutant] = values if earlier is None else xr.apply_ufunc(np.fmax, earlier, values)
    return xr.concat(list(by_pollutant.values()), dim=pd.Index(list(by_pollutant), name="pollutant"))


@cache
def categories() -> pd.DataFrame:
    """Return the categories in order: category, low, high (AQI), title_zh, title_en, colour."""
    return shipped_table("aqi_categories")


def category(aqi: xr.DataArray) -> xr.DataArray:
    """Return the category of an AQI as its number in `categories()`: 0 excellent .. 5 severe, -1 without an AQI."""
    tops = categories()["high"].to_numpy()[:-1]
    number = np.searchsorted(tops, aqi.to_numpy(), side="left")
    return aqi.copy(data=np.where(np.isfinite(aqi.to_numpy()), number, -1))


def day_counts(aqi: xr.DataArray) -> dict[str, int]:
    """Return the days of each category, `valid` days, `good_days` (AQI up to 100) and `heavy_days` (AQI above 200).

    `aqi` has the one dimension `day`.
    """
    numbers = category(aqi).to_numpy()
    counts = {str(name): int((numbers == place).sum()) for place, name in enumerate(categories()["category"])}
    good = counts["excellent"] + counts["good"]
    heavy = counts["heavy"] + counts["severe"]
    return counts | {"valid": int((numbers >= 0).sum()), "good_days": good, "heavy_days": heavy}
