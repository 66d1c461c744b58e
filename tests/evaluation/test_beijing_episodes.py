"""Episodes and warnings of Beijing 2013 to 2017 from the hourly data of 11 stations against a known hindcast."""

from pathlib import Path

import pandas as pd
import pytest
import xarray as xr

from evaluation.aqi import daily_aqi
from evaluation.episodes import episodes, observed_city_daily
from evaluation.heavy_pollution import warning_runs
from evaluation.status import annual_status, day_status
from evaluation.trend import trend_table
from observations.sites import read_sites
from observations.uci_prsa import read_uci_prsa

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "observations"
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason="the hourly observations (UCI 501) are not at hand")

EDITION = "HJ633-2012"
RED_RUNS = {
    ("2015-11-27", "2015-12-01"): 476,
    ("2015-12-19", "2015-12-26"): 486,
    ("2016-12-17", "2016-12-21"): 431,
    ("2016-12-30", "2017-01-07"): 470,
}
"""Red runs by the rule of 2024 with their highest AQI, found by an independent computation on the same data."""

RED_RUNS_BY_YEAR = {"2024": (6, 5, 4), "2017": (3, 2, 1)}
"""Red runs that end in 2014, 2015, 2016 by each rule (the same computation)."""

OZONE_RUNS = [("2015-07-05", "2015-07-14"), ("2016-07-02", "2016-07-11")]
GOOD_DAYS = {2014: (166, 125), 2015: (184, 159), 2016: (196, 169)}
"""Good days by the breakpoints of 2012 and of 2026 (the same computation)."""

GOOD_TOLERANCE = 1  # days: rules for days with a missing pollutant differ


@pytest.fixture(scope="module")
def daily() -> xr.Dataset:
    sites = read_sites(REAL / "beijing_prsa_stations.csv")
    return observed_city_daily(read_uci_prsa(REAL / "beijing_prsa_2013-2017_hourly.csv.gz", sites))


def dates(table: pd.DataFrame) -> list[tuple[str, str]]:
    return [(str(start)[:10], str(end)[:10]) for start, end in zip(table["start"], table["end"], strict=True)]


def test_the_known_red_runs(daily: xr.Dataset) -> None:
    runs = warning_runs(daily_aqi(daily, EDITION)["aqi"], "2024")
    red = runs[runs["level"] == "red"]
    peaks = dict(zip(dates(red), red["peak_aqi"], strict=True))
    assert {run: peaks[run] for run in RED_RUNS} == RED_RUNS


@pytest.mark.parametrize(("rule", "counts"), RED_RUNS_BY_YEAR.items())
def test_red_runs_by_year(daily: xr.Dataset, rule: str, counts: tuple[int, ...]) -> None:
    runs = warning_runs(daily_aqi(daily, EDITION)["aqi"], rule)
    years = pd.DatetimeIndex(runs.loc[runs["level"] == "red", "end"]).year
    assert tuple(int((years == year).sum()) for year in (2014, 2015, 2016)) == counts


def test_the_known_ozone_episodes(daily: xr.Dataset) -> None:
    table = episodes(daily, EDITION, min_days=5)
    ozone = table[table["kind"] == "O3_exceedance"]
    assert set(OZONE_RUNS) <= set(dates(ozone))
    assert ozone["primary"].str.startswith("O3").mean() > 0.8  # PM2.5 leads in a few


def test_heavy_episodes_carry_the_warning_of_their_run(daily: xr.Dataset) -> None:
    table = episodes(daily, EDITION)
    heavy = table[table["kind"] == "PM25_heavy"]
    its = heavy[(heavy["start"] <= "2015-11-30") & (heavy["end"] >= "2015-11-30")].iloc[0]
    assert (its["warning_2017"], its["warning_2024"], its["primary"].split(";")[0]) == ("red", "red", "PM25")
    assert (heavy["aqi_max"].dropna() > 200).all()
    assert not (heavy["warning_2024"] == "none").any()


@pytest.mark.parametrize(("year", "days"), GOOD_DAYS.items())
def test_good_days_by_edition(daily: xr.Dataset, year: int, days: tuple[int, int]) -> None:
    table = day_status(daily).set_index(["year", "edition"])["good_days"]
    found = table[year, "GB3095-2012"], table[year, "GB3095-2026-transition"]
    assert found == pytest.approx(days, abs=GOOD_TOLERANCE)


def test_no_year_attains_fine_particles_and_they_fall(daily: xr.Dataset) -> None:
    table = annual_status(daily, ["GB3095-2012"])
    whole = table[table["sufficient"]]
    assert set(whole["year"]) >= {2014, 2015, 2016}
    assert not whole.loc[whole["statistic"] == "PM25_mean", "attained"].any()
    falling = trend_table(whole).set_index("statistic")
    assert falling.loc["PM25_mean", "slope"] < 0
    assert falling.loc["SO2_mean", "slope"] < 0
