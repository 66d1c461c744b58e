"""The state of a city's air by year and by edition of the standard: days of each quality, statistics, verdicts."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from evaluation.aqi import daily_aqi, day_counts, rounded_concentration
from evaluation.attainment import attainment
from evaluation.hj663 import CITY, annual_statistics
from evaluation.standards import aqi_edition, editions, limits

PERIODS = {"24h": "", "mda8": "_MDA8"}
"""Period of a daily limit -> ending of the daily value that it bounds."""


def calendar_years(daily: xr.Dataset) -> tuple[int, ...]:
    """Return the years that have a day in `daily`."""
    return tuple(int(year) for year in np.unique(daily["day"].dt.year))


def day_status(daily: xr.Dataset, names: Sequence[str] = ()) -> pd.DataFrame:
    """Return the days of each quality by year and edition of GB 3095 (all when `names` is empty).

    `daily` is `city_daily` (day); the concentrations are judged as they are, so gases must be at the reference state
    of the edition for a strict verdict. Columns: year, edition, aqi_edition, valid (days with an AQI), the days of each
    category, good_days, heavy_days, good_pct (good of valid days), `over_<pollutant>` (days above the daily limit of
    grade II), `primary_<pollutant>` (days on which it leads the AQI, ties for each).
    """
    rows = [row for name in names or editions() for row in _day_rows(daily, name)]
    return pd.DataFrame(rows).sort_values(["year", "edition"], ignore_index=True, kind="stable")


def _day_rows(daily: xr.Dataset, edition: str) -> Iterator[dict[str, object]]:
    index = daily_aqi(daily, aqi_edition(edition))
    over = exceedances(daily, edition)
    for year in calendar_years(daily):
        inside = (daily["day"].dt.year == year).to_numpy()
        counts = day_counts(index["aqi"][inside])
        primary = index["primary"].transpose("pollutant", "day").to_numpy()[:, inside].sum(axis=1)
        names = [f"primary_{name}" for name in index["pollutant"].to_numpy()]
        yield {
            "year": year,
            "edition": edition,
            "aqi_edition": aqi_edition(edition),
            **counts,
            "good_pct": 100.0 * counts["good_days"] / counts["valid"] if counts["valid"] else np.nan,
            **{f"over_{name}": int(days[inside].sum()) for name, days in over.items()},
            **dict(zip(names, (int(number) for number in primary), strict=True)),
        }


def exceedances(daily: xr.Dataset, edition: str) -> dict[str, np.ndarray]:
    """Return pollutant -> (day,) whether its daily value, as reported, is above the daily limit of grade II."""
    table = limits(edition)
    bounds = table[table["period"].isin(list(PERIODS))]
    named = {
        str(pollutant): (f"{pollutant}{PERIODS[str(period)]}", float(bound))
        for pollutant, period, bound in zip(bounds["pollutant"], bounds["period"], bounds["grade2"], strict=True)
    }
    return {
        name: rounded_concentration(daily[variable].to_numpy(), name) > bound
        for name, (variable, bound) in named.items()
        if variable in daily
    }


def annual_status(daily: xr.Dataset, names: Sequence[str] = ()) -> pd.DataFrame:
    """Return the annual statistics of HJ 663 by year with the verdict of each edition of GB 3095 (all when empty).

    `daily` is `city_daily` (day). Columns: year, edition, pollutant, statistic, value, unit, limit, attained, margin,
    margin_pct, n (valid days), sufficient, reason. A year with too few days is judged too, and says so.
    """
    city = daily.expand_dims(site=[CITY])
    parts = [annual_statistics(city, year) for year in calendar_years(daily)]
    values = pd.concat(parts, ignore_index=True).dropna(subset="value")
    judged = [attainment(values, edition=name) for name in names or editions()]
    keys = ["year", "statistic"]
    table = pd.concat(judged).merge(values[[*keys, "n", "sufficient", "reason"]], on=keys, validate="many_to_one")
    columns = [
        "year",
        "edition",
        "pollutant",
        "statistic",
        "value",
        "unit",
        "limit",
        "attained",
        "margin",
        "margin_pct",
    ]
    return table[[*columns, "n", "sufficient", "reason"]].sort_values(keys, ignore_index=True, kind="stable")
