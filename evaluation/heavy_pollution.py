"""Warnings of heavy pollution: which level the AQI of a run of days calls for, by the rules of 2017 and of 2024."""

from functools import cache

import numpy as np
import pandas as pd
import xarray as xr

from aqcore.errors import Fault, InputError, did_you_mean
from evaluation.day_runs import DAY, Run, day_runs, longest
from evaluation.tables import shipped_table

NO_WARNING = "none"

HEAVY, SEVERE = 200.0, 300.0
"""AQI above which a day is heavily, and severely, polluted (HJ 633)."""

COLUMNS = ("rule", "level", "start", "end", "days", "peak_aqi", "peak_day", "days_above_200", "days_above_300")


@cache
def rules() -> tuple[str, ...]:
    """Return the editions of the warning rules, oldest first."""
    return tuple(dict.fromkeys(str(rule) for rule in shipped_table("warning_rules")["rule"]))


@cache
def levels() -> tuple[str, ...]:
    """Return the levels, lowest first."""
    return tuple(shipped_table("warning_levels").sort_values("rank")["level"].astype(str))


def _rule(rule: str) -> pd.DataFrame:
    table = shipped_table("warning_rules")
    if rule not in rules():
        raise InputError([Fault("warning rule", f"unknown rule {rule!r}", did_you_mean(rule, rules()))])
    return table[table["rule"].astype(str) == rule]


def warning_runs(aqi: xr.DataArray, rule: str, *, gap_days: int = 0) -> pd.DataFrame:
    """Return every run of days that calls for a warning, with the highest level that it reaches.

    `aqi` has the one dimension `day`. A run is the days above the lowest AQI that the rule names (2017: 200, 2024:
    150); a level is reached when every condition of one of its alternatives - so many consecutive days above an AQI -
    holds within the run. What a plan would have had to announce if the forecast had been perfect, from daily means of
    natural days; an AQI that is missing ends a run. Columns: rule, level, start, end, days, peak_aqi, peak_day,
    days_above_200, days_above_300.

    Raises
    ------
    InputError
        for an unknown rule.
    """
    lowest = float(_rule(rule)["aqi_above"].min())
    days, values = aqi["day"].to_numpy(), aqi.to_numpy()
    runs = day_runs(days, values > lowest, gap_days=gap_days)
    rows = [_row(days[run.first : run.last + 1], values[run.first : run.last + 1], rule) for run in runs]
    return pd.DataFrame([row for row in rows if row[1] != NO_WARNING], columns=list(COLUMNS))


def _row(days: np.ndarray, aqi: np.ndarray, rule: str) -> tuple[object, ...]:
    top = int(np.nanargmax(aqi))
    length = int((days[-1] - days[0]) / DAY) + 1
    above = [int((aqi > bound).sum()) for bound in (HEAVY, SEVERE)]
    level = level_of(xr.DataArray(aqi, dims="day", coords={"day": days}), rule)
    return rule, level, days[0], days[-1], length, float(aqi[top]), days[top], *above


def level_of(aqi: xr.DataArray, rule: str) -> str:
    """Return the highest level that the AQI (day) of a run reaches by a rule; `none` where it reaches none."""
    reached = {
        str(level)
        for (level, _), conditions in _rule(rule).groupby(["level", "alternative"])
        if all(
            longest(aqi["day"].to_numpy(), aqi.to_numpy() > above) >= days
            for above, days in zip(conditions["aqi_above"], conditions["days"], strict=True)
        )
    }
    return next((level for level in reversed(levels()) if level in reached), NO_WARNING)


def overlapping_level(warnings: pd.DataFrame, days: np.ndarray, run: Run) -> str:
    """Return the highest level among the warnings (`warning_runs`) that touch a run of days; `none` without one."""
    start, end = days[run.first], days[run.last]
    touching = set(warnings.loc[(warnings["start"] <= end) & (warnings["end"] >= start), "level"])
    return next((level for level in reversed(levels()) if level in touching), NO_WARNING)
