"""Weather between the hours: interpolation, light, wind and water."""

import numpy as np
import pytest

from drivers.box_model.photolysis import load_table
from drivers.box_model.weather import Weather, hazy_radiation, saturation_pressure, water_mixing_ratio

HOUR = 3600.0


@pytest.fixture
def weather(inputs, settings):
    return Weather(inputs, 0, settings)


@pytest.mark.parametrize(("celsius", "pascal"), [(0.0, 611.2), (20.0, 2339.0), (30.0, 4246.0), (-10.0, 286.5)])
def test_saturation_pressure_over_water(celsius, pascal):
    assert saturation_pressure(np.array(celsius + 273.15)) == pytest.approx(pascal, rel=0.003)  # Magnus against tables


def test_water_of_a_summer_afternoon():
    """30 C, 50 %, 1000 hPa: 21 mmol mol-1."""
    assert water_mixing_ratio(np.array(303.15), np.array(1e5), np.array(0.5)) == pytest.approx(0.0212, abs=2e-4)


def test_an_hourly_mean_stands_at_the_middle_of_its_hour(weather, inputs):
    found = weather.moment(14.5 * HOUR).T
    assert found == pytest.approx(inputs["T"].isel(which=0, hour=14).to_numpy())


def test_between_the_middles_it_is_linear(weather, inputs):
    T = inputs["T"].isel(which=0)
    expected = 0.5 * (T.isel(hour=8) + T.isel(hour=9)).to_numpy()
    assert pytest.approx(expected) == weather.moment(9.0 * HOUR).T


def test_the_day_joins_its_own_morning(weather, inputs):
    T = inputs["T"].isel(which=0)
    expected = 0.5 * (T.isel(hour=23) + T.isel(hour=0)).to_numpy()
    assert pytest.approx(expected) == weather.moment(0.0).T
    assert pytest.approx(expected) == weather.moment(24.0 * HOUR).T


def test_height_goes_through_the_edges_and_grows_by_a_constant_factor(weather, inputs):
    edges = inputs["height"].isel(which=0)
    low, high = (edges.isel(edge=e).to_numpy() for e in (9, 10))
    assert weather.height(9.0 * HOUR) == pytest.approx(low)
    assert weather.height(9.5 * HOUR) == pytest.approx(np.sqrt(low * high))
    assert weather.height(24.0 * HOUR) == pytest.approx(edges.isel(edge=24).to_numpy())


def test_sun_by_local_time(weather):
    """Local noon is 04:15 UTC in Beijing: sun by day, none at night, more in summer."""
    noon, night = weather.moment(12.3 * HOUR), weather.moment(1.0 * HOUR)
    assert (noon.cosz[0] > 0.9).all()
    assert (noon.cosz[1] < 0.6).all()
    assert (night.cosz < 0.0).all()
    assert (night.radiation == 0.0).all()
    assert (night.daylight == 0.0).all()


def test_photolysis_has_cloud_and_distance(inputs, settings):
    table = load_table()
    clear = Weather(inputs, 0, settings)
    grey = Weather(inputs.assign(cloud=inputs["cloud"] + 1.0), 0, settings)
    noon = 12.0 * HOUR
    J, dimmed = (w.photolysis(w.moment(noon), noon, table) for w in (clear, grey))
    assert J.shape == (len(table.names), 2, 3)
    assert dimmed == pytest.approx(J * 0.475)
    assert (clear.photolysis(clear.moment(0.0), 0.0, table) == 0.0).all()


def test_wind_carries_with_its_steady_part(inputs, settings):
    turning = Weather(inputs.assign(steadiness=inputs["steadiness"] * 0.5), 0, settings)
    steady = Weather(inputs, 0, settings)
    at = 15.0 * HOUR
    assert turning.moment(at).wind == pytest.approx(0.5 * steady.moment(at).wind)
    assert turning.moment(at).wind_at(np.array(10.0)) == pytest.approx(turning.moment(at).ground_wind)


def test_haze_takes_radiation():
    assert hazy_radiation(np.array(0.5), np.array(1.3), np.array(0.0)) == pytest.approx(
        hazy_radiation(np.array(0.5), np.array(0.3), np.array(0.0)) * np.exp(-0.15 * 1.0 / 0.5)
    )
