"""The Chinese ambient air quality standard in its editions: limits, dates, and the statistics of HJ 663."""

import datetime as dt
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cache

import pandas as pd

from aqcore.errors import Fault, InputError, did_you_mean
from evaluation.tables import shipped_table

GRADES = (1, 2)


@dataclass(frozen=True)
class Statistic:
    """An annual statistic of HJ 663.

    Attributes
    ----------
    name
        such as `PM25_mean` or `O3_MDA8_p90`.
    pollutant
        O3, NO2, SO2, PM25, PM10 or CO.
    daily
        the daily value it is made of (a variable of `daily_values`): daily mean, or `O3_MDA8`.
    percent
        percentile of the daily values of a year; None = their mean.
    period
        the averaging period of the limit that bounds it: annual, 24h, mda8.
    unit
        ug/m3 or mg/m3.
    """

    name: str
    pollutant: str
    daily: str
    percent: float | None
    period: str
    unit: str
    title_zh: str
    title_en: str


def editions() -> tuple[str, ...]:
    """Return the editions of GB 3095, oldest first."""
    return tuple(str(name) for name in shipped_table("editions")["edition"])


def edition(date: str | dt.date) -> str:
    """Return the edition of GB 3095 in force on a date (`2028-06-30` or a date).

    Raises
    ------
    InputError
        for a date before the first edition of the table, or text that is no date.
    """
    day = _iso(date)
    table = shipped_table("editions")
    in_force = table[(table["first_day"] <= day) & (day <= table["last_day"])]
    if in_force.empty:
        first = str(table["first_day"].iloc[0])
        raise InputError([Fault(f"date {day}", "is before the first edition known", f"give a date from {first}")])
    return str(in_force["edition"].iloc[0])


def _iso(date: str | dt.date) -> str:
    try:
        return dt.date.fromisoformat(str(date)).isoformat()
    except ValueError:
        raise InputError([Fault("date", f"{date!r} is no date", "write it as 2031-01-01")]) from None


def edition_of_year(year: int) -> str:
    """Return the edition that judges a calendar year: the one in force on its last day."""
    return edition(dt.date(year, 12, 31))


def aqi_edition(name: str) -> str:
    """Return the edition of HJ 633 (AQI) that goes with an edition of GB 3095."""
    return str(_edition_row(name)["aqi_edition"])


def rounding_decimals(name: str, pollutant: str) -> int:
    """Return the decimals to which an annual value is rounded before it is judged (HJ 663, by edition)."""
    return int(str(_edition_row(name)["decimals_CO" if pollutant == "CO" else "decimals"]))


def edition_title(name: str, language: str) -> str:
    """Return an edition's title in `zh` or `en`."""
    return str(_edition_row(name)[f"title_{language}"])


def _edition_row(name: str) -> dict[str, object]:
    rows = {str(row["edition"]): row for row in shipped_table("editions").to_dict("records")}
    if name not in rows:
        raise InputError([Fault("edition", f"unknown edition {name!r}", did_you_mean(name, rows))])
    return {str(key): value for key, value in rows[name].items()}


def limits(name: str) -> pd.DataFrame:
    """Return the limits of an edition: pollutant, period (annual, 24h, mda8, 1h), unit, grade1, grade2, source."""
    _edition_row(name)
    table = shipped_table("limits")
    return table[table["edition"] == name].drop(columns="edition").reset_index(drop=True)


def limit(name: str, pollutant: str, period: str, *, grade: int = 2) -> float:
    """Return the limit of a pollutant and period in an edition (ug/m3; CO mg/m3).

    Raises
    ------
    InputError
        when the edition has no such limit or the grade is neither 1 nor 2.
    """
    known = _limit_values(name, grade)
    if (pollutant, period) not in known:
        names = [f"{its} {their}" for its, their in known]
        wanted = f"{pollutant} {period}"
        raise InputError([Fault(name, f"has no limit for {wanted}", did_you_mean(wanted, names))])
    return known[pollutant, period]


@cache
def _limit_values(name: str, grade: int) -> dict[tuple[str, str], float]:
    if grade not in GRADES:
        raise InputError([Fault("grade", f"{grade} is no grade", "give 1 (protected areas) or 2 (all others)")])
    table = limits(name)
    keys = zip(table["pollutant"].astype(str), table["period"].astype(str), strict=True)
    return dict(zip(keys, table[f"grade{grade}"].astype(float), strict=True))


@cache
def statistics() -> dict[str, Statistic]:
    """Return the annual statistics of HJ 663 by name, in the order of the standard."""
    return {str(row["statistic"]): _statistic(row) for row in shipped_table("statistics").to_dict("records")}


def _statistic(row: Mapping[Hashable, object]) -> Statistic:
    percent = float(str(row["percent"]))
    return Statistic(
        name=str(row["statistic"]),
        pollutant=str(row["pollutant"]),
        daily=str(row["daily"]),
        percent=None if percent != percent else percent,  # an empty cell is NaN, the only value unequal to itself
        period=str(row["period"]),
        unit=str(row["unit"]),
        title_zh=str(row["title_zh"]),
        title_en=str(row["title_en"]),
    )


def statistic(name: str) -> Statistic:
    """Return one annual statistic; InputError with the nearest names for an unknown one."""
    if name not in statistics():
        raise InputError([Fault("statistic", f"unknown statistic {name!r}", did_you_mean(name, statistics()))])
    return statistics()[name]
