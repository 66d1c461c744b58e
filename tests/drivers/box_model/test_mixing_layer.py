"""Growth and fall of the mixed layer against worked day runs and the ranges seen over Beijing."""

import numpy as np
import pytest

from drivers.box_model.mixing_layer import (
    Layer,
    growth_rate,
    mechanical_height,
    mixed_layer_height,
    wind_in_layer,
)
from drivers.box_model.solar import clear_sky_radiation, cos_zenith
from drivers.box_model.surface_fluxes import Fluxes, Surface, heat_capacity, surface_fluxes
from drivers.box_model.weather import hazy_radiation

WORKED = 0.06  # the published day runs give only the peak of the heat flux, not its exact course
LAYER = Layer(floor_m=100.0)


def day_of_heat(peak, ustar, first=6.0, last=18.0):
    """A half sine of heat between sunrise and sunset, constant friction."""
    hour = np.arange(24) + 0.5
    heat = peak * np.sin(np.pi * (hour - first) / (last - first))
    heat = np.where((hour > first) & (hour < last), heat, -10.0)
    u = np.full(24, ustar)
    T = np.full(24, 298.0)
    return Fluxes(heat, u, -heat_capacity(T) * T * u**3 / (0.4 * 9.81 * heat)), T


def heights(fluxes, T, gamma, layer=LAYER):
    return mixed_layer_height(fluxes, T, np.array(gamma), layer)


def test_course_of_a_worked_summer_day():
    """Peak 250 W m-2, u* 0.35 m s-1, gamma 0.005: 1440, 1684, 1856 m at 13, 15, 18 h.

    Earlier the worked run, which starts from 100 m, lies below the height that wind alone mixes here.
    """
    edges = heights(*day_of_heat(250.0, 0.35), 0.005)
    assert edges[[13, 15, 18]] == pytest.approx([1440.0, 1684.0, 1856.0], rel=WORKED)


@pytest.mark.parametrize(
    ("peak", "ustar", "gamma", "height"), [(120.0, 0.25, 0.008, 798.0), (50.0, 0.15, 0.012, 422.0)]
)
def test_afternoon_of_worked_winter_days(peak, ustar, gamma, height):
    """Heat from 8 to 16:30; the worked runs name no hours and, of the first one, no friction."""
    edges = heights(*day_of_heat(peak, ustar, 8.0, 16.5), gamma)
    assert edges[15] == pytest.approx(height, rel=2 * WORKED)


def test_encroachment_bound():
    """Without mechanical mixing h^2 = 2 (1 + 2 A) / gamma x integral of the kinematic heat flux."""
    fluxes, T = day_of_heat(200.0, 0.01)
    integral = (np.maximum(fluxes.heat, 0.0) / heat_capacity(T) * 3600.0).sum()
    expected = np.sqrt(2.0 * 1.4 * integral / 0.005 + 100.0**2)
    assert heights(fluxes, T, 0.005).max() == pytest.approx(expected, rel=0.01)  # C u*^2 is not quite zero


def test_growth_rate_by_hand():
    """h 1000 m, H 200 W m-2, u* 0.3, T 300 K, L -50 m, gamma 0.005."""
    buoyant = 1000.0**2 / (1.4 * 1000.0 + 2.0 * 2.5 * 0.4 * 50.0)
    spin_up = 8.0 * 0.09 * 300.0 / (0.005 * 9.81 * (1.2 * 1000.0 + 2.5 * 0.4 * 50.0))
    by_hand = 200.0 / (1305.0 * 273.16 / 300.0 * 0.005) / (buoyant + spin_up)
    found = growth_rate(*(np.array(x) for x in (1000.0, 200.0, 0.3, 300.0, -50.0, 0.005)))
    assert found == pytest.approx(by_hand)


def test_stronger_inversion_holds_the_layer_down():
    day = day_of_heat(200.0, 0.3)
    assert heights(*day, 0.004).max() > heights(*day, 0.008).max() > heights(*day, 0.012).max()


def test_evening_falls_within_hours_to_the_mechanical_height():
    edges = heights(*day_of_heat(200.0, 0.2), 0.006)
    assert edges[18] > 1000.0
    assert edges[22] < 0.35 * edges[18]
    assert edges[24] == pytest.approx(2300.0 * 0.2**1.5, rel=0.05)  # asymptotically


def test_the_day_closes_on_itself():
    edges = heights(*day_of_heat(200.0, 0.2), 0.006)
    assert edges[0] == pytest.approx(edges[24], rel=1e-9)


def test_floor_and_ceiling_hold():
    layer = Layer(floor_m=180.0, ceiling_m=900.0)
    edges = heights(*day_of_heat(300.0, 0.05), 0.004, layer)
    assert edges.min() == pytest.approx(180.0)
    assert edges.max() == 900.0


def test_mechanical_heights_of_the_published_table():
    ustar = np.array([0.1, 0.2, 0.3])
    assert mechanical_height(ustar, Layer(floor_m=1.0)) == pytest.approx([73.0, 206.0, 378.0], rel=0.005)


def test_boxes_do_not_know_each_other():
    fluxes, T = day_of_heat(200.0, 0.3)
    other, _ = day_of_heat(60.0, 0.1)
    both = Fluxes(*(np.stack([a, b], 1) for a, b in zip(vars(fluxes).values(), vars(other).values(), strict=True)))
    together = mixed_layer_height(both, np.stack([T, T], 1), np.array([0.006, 0.006]), LAYER)
    assert together[:, 0] == pytest.approx(heights(fluxes, T, 0.006))


def course(mean, amplitude):
    """A daily course that peaks at 15 h."""
    return mean + amplitude * np.cos(2.0 * np.pi * (np.arange(24) + 0.5 - 15.0) / 24.0)


@pytest.mark.parametrize(
    ("date", "celsius", "wind", "aod", "gamma", "low", "high"),
    [
        ("2013-07-10", (27.0, 5.0), (1.5, 0.6), 0.9, 0.006, 1200.0, 1900.0),
        ("2013-01-16", (0.0, 4.0), (1.9, 0.5), 0.4, 0.010, 700.0, 1400.0),
        ("2013-01-16", (0.5, 4.0), (1.2, 0.35), 1.2, 0.010, 350.0, 700.0),
    ],
)
def test_daily_maximum_in_the_range_seen_over_beijing(date, celsius, wind, aod, gamma, low, high):
    """Lidar daily maxima: summer 1.5 +- 0.6 km, winter 1.4 +- 0.75 km; haze days 0.4 to 0.6 km."""
    times = np.datetime64(date + "T00:30:00") - np.timedelta64(8, "h") + np.arange(24) * np.timedelta64(1, "h")
    radiation = hazy_radiation(cos_zenith(times, 116.4, 39.9), np.array(aod), np.array(0.0))
    T, U = course(*celsius) + 273.15, course(*wind)
    fluxes = surface_fluxes(radiation, T, U, np.zeros(24), Surface(anthropogenic_heat=20.0))
    edges = mixed_layer_height(fluxes, T, np.array(gamma), Layer(150.0))
    assert low < edges.max() < high
    assert 150.0 <= edges[4] < 400.0


def test_wind_in_the_layer_is_the_mean_of_the_power_law():
    z = np.linspace(1e-3, 400.0, 200_001)
    numeric = np.trapezoid(2.0 * (z / 10.0) ** 0.25, z) / 400.0
    assert wind_in_layer(np.array(2.0), np.array(400.0), np.array(0.25)) == pytest.approx(numeric, rel=1e-4)


def test_clear_radiation_feeds_the_layer_more_than_haze():
    s = np.array([0.3, 0.6, 0.9])
    assert (hazy_radiation(s, np.array(1.5), np.array(0.0)) < clear_sky_radiation(s)).all()
    assert hazy_radiation(s, np.array(0.2), np.array(0.0)) == pytest.approx(clear_sky_radiation(s))
