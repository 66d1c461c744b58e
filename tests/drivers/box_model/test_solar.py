"""The sun against hand-worked and published values."""

import numpy as np
import pytest

from drivers.box_model.solar import (
    clear_sky_radiation,
    cloud_photolysis_factor,
    cloud_radiation_factor,
    cos_zenith,
    day_of_year,
    distance_factor,
)

BEIJING = (116.4, 39.9)
DEGREE = 0.2  # noon elevations are published to 0.1 degree, for another point of the city
WM2 = 2.0  # published values are rounded to 1 W m-2, at elevations rounded to 0.1 degree
ROUNDED = 0.0006  # published factors have three digits


def hours(date, step_minutes=1):
    start = np.datetime64(date + "T00:00:00")
    return start + np.arange(0, 24 * 60, step_minutes) * np.timedelta64(60, "s")


@pytest.mark.parametrize(
    ("date", "elevation"), [("2013-01-21", 30.3), ("2013-04-15", 60.0), ("2013-07-15", 71.6), ("2013-10-15", 41.5)]
)
def test_noon_elevation_of_beijing(date, elevation):
    highest = cos_zenith(hours(date), *BEIJING).max()
    assert np.degrees(np.arcsin(highest)) == pytest.approx(elevation, abs=DEGREE)


@pytest.mark.parametrize(
    ("date", "noon"),
    [("2013-01-21", "04:27"), ("2013-04-15", "04:15"), ("2013-07-15", "04:21"), ("2013-10-15", "04:00")],
)
def test_solar_noon_of_beijing_in_utc(date, noon):
    times = hours(date)
    found = times[np.argmax(cos_zenith(times, *BEIJING))]
    wanted = np.datetime64(f"{date}T{noon}:00")
    assert abs((found - wanted) / np.timedelta64(60, "s")) <= 1.0


def test_equinox_day_is_twelve_hours_long_at_every_latitude():
    for latitude in (-50.0, 0.0, 39.9, 60.0):
        up = (cos_zenith(hours("2013-03-20"), 0.0, latitude) > 0.0).mean()
        assert up == pytest.approx(0.5, abs=0.006)  # 8 minutes: the equinox is at an hour, not all day


def test_southern_summer_is_in_december():
    december = cos_zenith(hours("2013-12-21"), 0.0, -35.0).max()
    june = cos_zenith(hours("2013-06-21"), 0.0, -35.0).max()
    assert december > june


def test_day_of_year_counts_from_one_with_fraction():
    assert day_of_year(np.datetime64("2013-01-01T12:00:00")) == 1.5
    assert day_of_year(np.datetime64("2016-12-31T00:00:00")) == 366.0  # a leap year


def test_distance_factor_is_largest_in_january():
    assert distance_factor(np.datetime64("2013-01-03")) == pytest.approx(1.033, abs=1e-4)
    assert distance_factor(np.datetime64("2013-07-04")) == pytest.approx(0.967, abs=1e-3)


@pytest.mark.parametrize(("elevation", "radiation"), [(71.6, 885.0), (30.3, 445.0)])
def test_clear_sky_radiation_at_published_elevations(elevation, radiation):
    assert clear_sky_radiation(np.sin(np.radians(elevation))) == pytest.approx(radiation, abs=WM2)


def test_no_radiation_below_the_horizon():
    assert clear_sky_radiation(np.array([-0.3, 0.0])).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(("cloud", "factor"), [(0.0, 1.0), (0.25, 0.993), (0.5, 0.929), (0.75, 0.718), (1.0, 0.25)])
def test_cloud_factor_of_kasten_and_czeplak(cloud, factor):
    assert cloud_radiation_factor(cloud) == pytest.approx(factor, abs=ROUNDED)


def test_cloud_dims_photolysis_less_than_radiation():
    assert cloud_photolysis_factor(1.0) == pytest.approx(0.3 + 0.7 * 0.25)
    assert cloud_photolysis_factor(0.0) == 1.0
