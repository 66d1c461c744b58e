"""The seasons of a city's year: ozone from May to October, PM2.5 from November to April."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from io import StringIO

import numpy as np
import numpy.typing as npt
import pandas as pd

from aqcore.errors import Faults, gathering

MONTHS = 12
DAYS_IN_MONTH = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
"""Days of the months of a common year, January first."""


@cache
def seasons_table() -> pd.DataFrame:
    """Return the default seasons: season, months (`;`), title_zh, title_en, source."""
    text = files("observations").joinpath("data/seasons.csv").read_text("utf-8")
    return pd.read_csv(StringIO(text))


def default_seasons() -> dict[str, tuple[int, ...]]:
    """Return season -> months (1..12)."""
    table = seasons_table()
    return {
        str(season): tuple(int(month) for month in str(months).split(";"))
        for season, months in zip(table["season"], table["months"], strict=True)
    }


def check_seasons(seasons: Mapping[str, tuple[int, ...]], where: str = "seasons") -> None:
    """Raise `InputError` unless each month of the year belongs to exactly one season."""
    with gathering() as faults:
        for month in range(1, MONTHS + 1):
            _check_month(seasons, month, where, faults)


def _check_month(seasons: Mapping[str, tuple[int, ...]], month: int, where: str, faults: Faults) -> None:
    its = [season for season, months in seasons.items() if month in months]
    if len(its) != 1:
        found = f"month {month} is in {len(its)} seasons ({', '.join(its)})"
        faults.add(where, found, "give each month to one season")


def season_of(days: npt.ArrayLike, seasons: Mapping[str, tuple[int, ...]] | None = None) -> npt.NDArray[np.str_]:
    """Return the season of each local date (datetime64)."""
    months = np.asarray(days).astype("datetime64[M]").astype(np.int64) % MONTHS + 1
    of_month = {month: season for season, its in (seasons or default_seasons()).items() for month in its}
    return np.array([of_month[int(month)] for month in np.ravel(months)], dtype=str).reshape(np.shape(months))


def season_days(season: str, seasons: Mapping[str, tuple[int, ...]] | None = None) -> int:
    """Return the days of a common year in a season."""
    return sum(DAYS_IN_MONTH[month - 1] for month in (seasons or default_seasons())[season])
