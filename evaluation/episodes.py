"""Episodes of a city: runs of days with heavy PM2.5 or too much ozone, with their peak, AQI and warning levels."""

from collections.abc import Iterator, Mapping
from functools import cache

import numpy as np
import pandas as pd
import xarray as xr

from aqcore.errors import Fault, InputError
from evaluation.aqi import categories, daily_aqi, rounded_concentration
from evaluation.day_runs import DAY, Run, day_runs
from evaluation.heavy_pollution import overlapping_level, rules, warning_runs
from evaluation.hj663 import city_daily, daily_values
from evaluation.tables import shipped_table
from observations.observations import Observations

VALUES = ("PM25", "PM10", "SO2", "NO2", "CO", "O3_MDA8")
"""Daily values that the table of days shows."""


@cache
def episode_kinds() -> dict[str, dict[str, object]]:
    """Return kind -> pollutant, daily (variable of `daily_values`), above (its unit), unit, title_zh, title_en."""
    return {
        str(row["kind"]): {str(key): value for key, value in row.items()}
        for row in shipped_table("episode_kinds").to_dict("records")
    }


def observed_city_daily(observations: Observations) -> xr.Dataset:
    """Return the city's daily values (day) of hourly observations: `daily_values`, mean of the evaluation sites."""
    daily = daily_values(observations.data, timezone=observations.timezone)
    return city_daily(daily, observations.evaluation_sites)


def day_table(daily: xr.Dataset, edition: str) -> pd.DataFrame:
    """Return the days of a city (`city_daily`) with AQI, category and primary pollutants by an edition of HJ 633.

    Columns: day, aqi (NaN = not valid), category (empty without AQI), primary (`;` between ties), then the daily
    values that are there (ug m-3; CO mg m-3).
    """
    index = daily_aqi(daily, edition)
    numbers = index["category"].to_numpy()
    names = [*categories()["category"].astype(str), ""]
    columns = {"day": daily["day"].to_numpy(), "aqi": index["aqi"].to_numpy(), "category": [names[n] for n in numbers]}
    values = {name: daily[name].to_numpy() for name in VALUES if name in daily}
    return pd.DataFrame({**columns, "primary": primary_names(index["primary"]), **values})


def primary_names(primary: xr.DataArray) -> list[str]:
    """Return the primary pollutants of each day, `;` between those that share the highest sub-index."""
    names = [str(name) for name in primary["pollutant"].to_numpy()]
    flags = primary.transpose("day", "pollutant").to_numpy()
    return [";".join(name for name, flag in zip(names, row, strict=True) if flag) for row in flags]


def episodes(daily: xr.Dataset, edition: str, *, gap_days: int = 0, min_days: int = 1) -> pd.DataFrame:
    """Return the episodes of a city's daily values (`city_daily`), AQI by an edition of HJ 633.

    A heavy PM2.5 episode is a run of days above 150 ug m-3, an ozone episode one of MDA8 above 160 ug m-3 (rounded as
    they are reported), of at least `min_days` days; a day without a value ends it, unless `gap_days` bridges it.
    Columns: kind, start, end, days, peak, peak_day, mean, unit (of the pollutant), aqi_max, aqi_mean, primary (most
    days first, `;`), and `warning_<rule>`: the highest warning of heavy pollution that the days around it call for
    (ozone has none: plans answer it with health advice and VOC and NOx supervision). Sorted by start.

    Raises
    ------
    InputError
        when the daily values lack a pollutant of a kind, or of the AQI.
    """
    faults = [
        Fault("daily values", f"{its['daily']!r} is missing", f"give it: {kind} episodes are made of it")
        for kind, its in episode_kinds().items()
        if its["daily"] not in daily
    ]
    if faults:
        raise InputError(faults)
    index = daily_aqi(daily, edition)
    warnings = {rule: warning_runs(index["aqi"], rule, gap_days=gap_days) for rule in rules()}
    rows = [row for kind in episode_kinds() for row in _rows(kind, daily, index, warnings, gap_days)]
    table = pd.DataFrame(rows, columns=_columns())
    return table[table["days"] >= min_days].sort_values(["start", "kind"], ignore_index=True)


def _columns() -> list[str]:
    own = ["kind", "start", "end", "days", "peak", "peak_day", "mean", "unit", "aqi_max", "aqi_mean", "primary"]
    return own + [f"warning_{rule}" for rule in rules()]


def _rows(
    kind: str, daily: xr.Dataset, index: xr.Dataset, warnings: Mapping[str, pd.DataFrame], gap_days: int
) -> Iterator[dict[str, object]]:
    its = episode_kinds()[kind]
    days, values = daily["day"].to_numpy(), daily[str(its["daily"])].to_numpy()
    above = rounded_concentration(values, str(its["pollutant"])) > float(str(its["above"]))
    primary = primary_names(index["primary"])
    for run in day_runs(days, above, gap_days=gap_days):
        inside = slice(run.first, run.last + 1)
        top = run.first + int(np.nanargmax(values[inside]))
        yield {
            "kind": kind,
            "start": days[run.first],
            "end": days[run.last],
            "days": int((days[run.last] - days[run.first]) / DAY) + 1,
            "peak": float(values[top]),
            "peak_day": days[top],
            "mean": float(np.nanmean(values[inside])),
            "unit": its["unit"],
            **_index_columns(index["aqi"].to_numpy()[inside], primary[inside]),
            **{f"warning_{rule}": _warning(kind, table, days, run) for rule, table in warnings.items()},
        }


def _index_columns(aqi: np.ndarray, primary: list[str]) -> dict[str, object]:
    """Return the AQI of an episode; NaN where none of its days has one."""
    valid = aqi[np.isfinite(aqi)]
    counts = pd.Series([name for names in primary for name in names.split(";") if name], dtype=str).value_counts()
    return {
        "aqi_max": float(valid.max()) if valid.size else np.nan,
        "aqi_mean": float(valid.mean()) if valid.size else np.nan,
        "primary": ";".join(counts.index),
    }


def _warning(kind: str, warnings: pd.DataFrame, days: np.ndarray, run: Run) -> str:
    return "" if kind.startswith("O3") else overlapping_level(warnings, days, run)
