"""Beijing 2016 from the hourly data of 11 stations against the city's official bulletin of that year."""

from pathlib import Path

import pytest
import xarray as xr

from evaluation.aqi import daily_aqi, day_counts
from evaluation.hj663 import annual_statistics, city_daily, city_statistics, daily_values
from observations.observations import Observations
from observations.sites import read_sites
from observations.uci_prsa import read_uci_prsa

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "observations"
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason="the hourly observations (UCI 501) are not at hand")

OFFICIAL = {"PM25_mean": 73, "SO2_mean": 10, "NO2_mean": 48, "O3_MDA8_p90": 199}
OFFICIAL_CO = 3.2
OFFICIAL_EXCELLENT, OFFICIAL_HEAVY, OFFICIAL_GOOD = 68, 39, 198
GOOD_TOLERANCE = 3  # days: the set misses a few that the city counted
PM10_HERE, PM10_OFFICIAL = 96.1, 92  # the one value that the set does not reproduce; cause unknown, so it is pinned


@pytest.fixture(scope="module")
def record() -> Observations:
    return read_uci_prsa(REAL / "beijing_prsa_2013-2017_hourly.csv.gz", read_sites(REAL / "beijing_prsa_stations.csv"))


@pytest.fixture(scope="module")
def daily(record: Observations) -> xr.Dataset:
    return daily_values(record.data)


@pytest.fixture(scope="module")
def statistics(record: Observations, daily: xr.Dataset) -> dict[str, float]:
    table = city_statistics(daily, record.evaluation_sites, 2016)
    assert table["sufficient"].all()
    return dict(zip(table["statistic"], table["value"], strict=True))


@pytest.mark.parametrize(("name", "value"), OFFICIAL.items())
def test_the_published_statistics(statistics: dict[str, float], name: str, value: int) -> None:
    assert round(statistics[name]) == value


def test_the_published_carbon_monoxide(statistics: dict[str, float]) -> None:
    assert round(statistics["CO_p95"], 1) == OFFICIAL_CO


def test_the_known_difference_of_pm10_stays_what_it_is(statistics: dict[str, float]) -> None:
    assert statistics["PM10_mean"] == pytest.approx(PM10_HERE, abs=0.05)
    assert round(statistics["PM10_mean"]) != PM10_OFFICIAL


def test_the_published_days(record: Observations, daily: xr.Dataset) -> None:
    city = city_daily(daily, record.evaluation_sites)
    counts = day_counts(daily_aqi(city.sel(day=city["day"].dt.year == 2016), "HJ633-2012")["aqi"])
    assert counts["excellent"] == OFFICIAL_EXCELLENT
    assert counts["heavy_days"] == OFFICIAL_HEAVY
    assert abs(counts["good_days"] - OFFICIAL_GOOD) <= GOOD_TOLERANCE


@pytest.mark.parametrize(("year", "days"), [(2014, 125), (2015, 159), (2016, 169)])
def test_the_same_air_under_the_breakpoints_of_2026(
    record: Observations, daily: xr.Dataset, year: int, days: int
) -> None:
    """Good days that an independent computation found under the edition of 2026."""
    city = city_daily(daily, record.evaluation_sites)
    counts = day_counts(daily_aqi(city.sel(day=city["day"].dt.year == year), "HJ633-2026")["aqi"])
    assert counts["good_days"] == days


def test_single_sites_of_2016_do_not_all_suffice(daily: xr.Dataset) -> None:
    table = annual_statistics(daily, 2016)
    assert 0 < table["sufficient"].sum() < len(table)
    assert (table["reason"] == "").equals(table["sufficient"])
