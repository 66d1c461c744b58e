"""Seasons: the two that matter, and any others that cover the year once."""

import numpy as np
import pytest

from aqcore.errors import InputError
from observations.seasons import check_seasons, default_seasons, season_days, season_of

QUARTERS = {"MAM": (3, 4, 5), "JJA": (6, 7, 8), "SON": (9, 10, 11), "DJF": (12, 1, 2)}


def test_ozone_from_may_to_october_particles_from_november_to_april() -> None:
    days = np.array(["2016-04-30", "2016-05-01", "2016-10-31", "2016-11-01", "2017-01-15"], dtype="datetime64[D]")
    assert season_of(days).tolist() == ["winter", "summer", "summer", "winter", "winter"]


def test_the_two_seasons_make_a_year() -> None:
    assert (season_days("summer"), season_days("winter")) == (184, 181)


@pytest.mark.parametrize("seasons", [default_seasons(), QUARTERS])
def test_each_month_once(seasons: dict[str, tuple[int, ...]]) -> None:
    check_seasons(seasons)
    assert sum(season_days(season, seasons) for season in seasons) == 365


def test_a_month_left_out_and_a_month_twice_are_both_named() -> None:
    with pytest.raises(InputError) as error:
        check_seasons({"a": (1, 2, 3, 4, 5, 6), "b": (6, 7, 8, 9, 10, 11)})
    assert [fault.what for fault in error.value.faults] == [
        "month 6 is in 2 seasons (a, b)",
        "month 12 is in 0 seasons ()",
    ]


def test_quarters_are_used_when_given() -> None:
    assert season_of(np.array(["2016-12-31"], dtype="datetime64[D]"), QUARTERS).tolist() == ["DJF"]
