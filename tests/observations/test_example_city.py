"""The tables of the demonstration city are read without a fault and fit each other."""

from pathlib import Path

import numpy as np
import pytest

from observations.background import Background, read_background
from observations.model_days import ModelDays
from observations.observations import Observations
from observations.observed_days import DaySelection, observed_days
from observations.quality import suspicious
from observations.sites import read_sites
from observations.typical_days import district_groups, typical_days
from observations.uci_prsa import read_uci_prsa

CITY = Path(__file__).parents[2] / "examples" / "beijing"
REAL = Path(__file__).parents[2].parent / "shared" / "data" / "observations" / "beijing_prsa_2013-2017_hourly.csv.gz"
SHARED = pytest.mark.skipif(not REAL.is_file(), reason="the hourly observations (UCI 501) are not at hand")
pytestmark = pytest.mark.skipif(not (CITY / "days").is_dir(), reason="the demonstration city is not in this clone")

YEAR_TOLERANCE = 0.5  # days: weights are given in whole days


@pytest.fixture(scope="module")
def days() -> ModelDays:
    return typical_days(CITY / "days" / "typical.csv", district_groups(CITY / "districts.csv"))


@pytest.fixture(scope="module")
def background() -> Background:
    return read_background(CITY / "background.csv")


def test_typical_days_stand_for_a_whole_year(days: ModelDays) -> None:
    assert float(days.data["weight"].sum()) == pytest.approx(365.0, abs=YEAR_TOLERANCE)
    assert set(days.seasons) == {"summer", "winter"}
    assert len(days.zones) == 16


def test_every_day_has_an_inflow_with_the_key_species(days: ModelDays, background: Background) -> None:
    for case, season in zip(days.cases, days.data["season"].to_numpy(), strict=True):
        key = background.key_of_day(case, str(season))
        for species in ("O3", "NO2", "CO", "CH4", "PM25"):
            assert background.mixing_ratio(species, key) > 0.0, (key, species)


def test_ozone_days_have_more_ozone_and_haze_more_particles(days: ModelDays) -> None:
    by_case = days.data.assign_coords(day=list(days.cases)).mean("zone")
    afternoon = by_case["obs_O3"].sel(hour=slice(12, 17)).mean("hour")
    assert float(afternoon.sel(day="summer_O3_episode")) > 1.3 * float(afternoon.sel(day="summer_other"))
    particles = by_case["obs_PM25"].mean("hour")
    assert float(particles.sel(day="winter_haze")) > 2.0 * float(particles.sel(day="winter_moderate"))
    assert float(particles.sel(day="winter_moderate")) > float(particles.sel(day="winter_clean"))


def test_ozone_peaks_in_the_afternoon_of_the_start_hours(days: ModelDays) -> None:
    """Labels taken as starts, or UTC as local time, would move the peak."""
    summer = days.data.sel(day=days.data["season"] == "summer")["obs_O3"].mean(["day", "zone"])
    assert int(summer.argmax("hour")) in (14, 15, 16)
    warmest = days.data.sel(day=days.data["season"] == "summer")["T"].mean(["day", "zone"])
    assert int(warmest.argmax("hour")) in (13, 14, 15, 16)


@pytest.fixture(scope="module")
def record() -> Observations:
    return read_uci_prsa(REAL, read_sites(CITY / "stations.csv"))


@SHARED
def test_the_hourly_file_fits_the_station_table(record: Observations) -> None:
    assert record.sites["is_control"].sum() == 1
    assert set(record.sites["district"]) <= set(district_groups(CITY / "districts.csv"))


@SHARED
def test_real_days_by_districts(record: Observations) -> None:
    zones = list(district_groups(CITY / "districts.csv"))
    days = observed_days(record, zones, DaySelection(days_per_season=6))
    assert days.zones == tuple(zones)
    own = days.data["has_site"].to_numpy()
    assert 0 < own.sum() < 16
    hourly = days.data["obs_O3"].to_numpy()
    without = np.flatnonzero(~own)
    np.testing.assert_array_equal(hourly[:, :, without[0]], hourly[:, :, without[1]])
    assert days.observed_hours().sizes["zone"] == own.sum()


@SHARED
def test_suspicious_values_are_few_and_known(record: Observations) -> None:
    flags = suspicious(record)
    assert set(flags["rule"]) == {"at_instrument_cap", "spike", "stuck", "pm25_above_pm10"}
    shares = flags[flags["rule"] != "pm25_above_pm10"].groupby("variable").size() / record.data["O3"].size
    assert (shares < 0.005).all()
    clean = record.without(flags[flags["rule"] == "spike"])
    assert (
        int(record.data["O3"].count()) - int(clean.data["O3"].count())
        == ((flags["rule"] == "spike") & (flags["variable"] == "O3")).sum()
    )
