"""Real days by rule: the quantiles, the weights, the day before, and the districts of the sites."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from aqcore.errors import InputError
from observations.observations import Observations
from observations.observed_days import DaySelection, observed_days
from observations.sites import read_sites
from observations.uci_prsa import read_uci_prsa

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "observations"
SHARED = pytest.mark.skipif(not REAL.is_dir(), reason="the hourly observations (UCI 501) are not at hand")

DAYS = 366
ZONES = ("110101", "110102", "110117")


def record() -> Observations:
    """A synthetic leap year of local days: O3 of a day = its number in the year, PM2.5 = 400 - it, at sites A, B,
    C(ontrol).

    Site B has 10 more of O3. The record starts at a local midnight.
    """
    times = np.datetime64("2015-12-31T16:00", "ns") + np.arange(24 * DAYS).astype("timedelta64[h]")
    number = np.repeat(np.arange(DAYS, dtype=float), 24)[:, None]
    shape = (times.size, 3)
    values = {
        "O3": number + np.array([0.0, 10.0, 500.0]),
        "PM25": np.broadcast_to(400.0 - number, shape),
        "T": np.full(shape, 290.0),
        "P": np.full(shape, 1.0e5),
        "RH": np.full(shape, 0.5),
        "wind": np.broadcast_to(np.array([1.0, 3.0, 9.0]), shape),
    }
    data = xr.Dataset(
        {name: (("time", "site"), np.array(value)) for name, value in values.items()},
        coords={"time": times, "site": ["A", "B", "C"]},
    )
    columns = {"name": ["a", "b", "c"], "district": ["110101", "110102", "110101"], "is_control": [False, False, True]}
    return Observations(data, pd.DataFrame(columns, index=pd.Index(["A", "B", "C"], name="code")), 273.15, "synthetic")


def test_the_days_stand_at_equally_spaced_quantiles() -> None:
    """The 184 summer days rank by O3, that is by date: quantiles 1/8, 3/8, 5/8, 7/8 are ranks 23, 69, 115, 161."""
    days = observed_days(record(), ZONES, DaySelection(days_per_season=4))
    summer = days.data.sel(day=days.data["season"] == "summer")
    first = np.datetime64("2016-05-01")
    assert ((summer["date"].to_numpy() - first) // np.timedelta64(1, "D")).tolist() == [23, 69, 115, 161]


def test_winter_days_rank_by_particles() -> None:
    """The dirtiest winter days come first in this record; the first day of all has no day before and is not used."""
    days = observed_days(record(), ZONES, DaySelection(days_per_season=1))
    winter = days.data.sel(day=days.data["season"] == "winter")
    ranked = [d for d in pd.date_range("2016-01-02", "2016-12-31") if d.month in (11, 12, 1, 2, 3, 4)][::-1]
    assert winter["date"].to_numpy()[0] == ranked[len(ranked) // 2].to_datetime64()


def test_weights_make_a_year() -> None:
    days = observed_days(record(), ZONES, DaySelection(days_per_season=4))
    assert float(days.data["weight"].sum()) == pytest.approx(365.0)
    assert float(days.data["weight"].sel(day=days.data["season"] == "summer").sum()) == pytest.approx(184.0)
    assert days.kind == "observed"


def test_the_day_before_comes_along() -> None:
    days = observed_days(record(), ZONES, DaySelection(days_per_season=3))
    assert days.previous is not None
    np.testing.assert_array_equal(days.data["date"] - days.previous["date"].to_numpy(), np.timedelta64(1, "D"))
    np.testing.assert_allclose(days.data["obs_O3"] - days.previous["obs_O3"].to_numpy(), 1.0)


def test_zones_get_the_sites_of_their_district_or_the_mean_without_control_sites() -> None:
    data = observed_days(record(), ZONES, DaySelection(dates=("2016-07-03",))).data
    number = float((np.datetime64("2016-07-03") - np.datetime64("2016-01-01")) // np.timedelta64(1, "D"))
    assert data["obs_O3"].to_numpy()[0, 12].tolist() == [number, number + 10.0, number + 5.0]
    assert data["has_site"].to_numpy().tolist() == [True, True, False]
    assert data["wind"].to_numpy()[0, 0].tolist() == [2.0, 2.0, 2.0]
    assert "obs_NO2" not in data


def test_a_day_knows_its_kind() -> None:
    cases = observed_days(record(), ZONES, DaySelection(dates=("2016-05-20", "2016-07-03", "2016-12-30"))).cases
    assert cases == ("summer_other", "summer_O3_episode", "winter_clean" if 400 - 364 <= 35 else "winter_moderate")


def test_the_rule_gives_the_same_days_again() -> None:
    first, second = (observed_days(record(), ZONES, DaySelection(days_per_season=5)).data for _ in range(2))
    xr.testing.assert_identical(first, second)


def test_only_days_between_two_dates() -> None:
    days = observed_days(record(), ZONES, DaySelection(days_per_season=2, first="2016-03-01", last="2016-06-30"))
    dates = days.data["date"].to_numpy()
    assert dates.min() >= np.datetime64("2016-03-01")
    assert dates.max() <= np.datetime64("2016-06-30")


def test_too_few_days_are_said_for_each_season() -> None:
    with pytest.raises(InputError) as error:
        observed_days(record(), ZONES, DaySelection(days_per_season=400))
    assert [fault.where for fault in error.value.faults] == ["season summer", "season winter"]


def test_days_without_weather_are_not_chosen_and_not_accepted() -> None:
    whole = record()
    gap = whole.data.copy(deep=True)
    gap["T"][{"time": slice(24 * 184, 24 * 185)}] = np.nan  # 2016-07-03
    holed = Observations(gap, whole.sites, 273.15, "synthetic")
    with pytest.raises(InputError) as error:
        observed_days(holed, ZONES, DaySelection(dates=("2016-07-03", "2016-07-04", "2016-07-05", "2020-01-01")))
    assert [fault.where for fault in error.value.faults] == ["date 2016-07-03", "date 2016-07-04", "date 2020-01-01"]


def test_a_record_without_weather_is_refused() -> None:
    whole = record()
    with pytest.raises(InputError, match="'RH' is missing"):
        observed_days(Observations(whole.data.drop_vars("RH"), whole.sites, 273.15, "synthetic"), ZONES)


@SHARED
def test_real_days_of_beijing_span_the_range_of_ozone() -> None:
    beijing = read_sites(REAL / "beijing_prsa_stations.csv").assign(district="110101")
    whole = read_uci_prsa(REAL / "beijing_prsa_2013-2017_hourly.csv.gz", beijing)
    days = observed_days(whole, ("110101",), DaySelection(days_per_season=8))
    summer = days.data.sel(day=days.data["season"] == "summer")
    highest = summer["obs_O3"].max(["hour", "zone"])
    assert float(highest.min()) < 100.0
    assert float(highest.max()) > 200.0
    assert set(days.cases) >= {"summer_O3_episode", "summer_other", "winter_moderate", "winter_haze"}
