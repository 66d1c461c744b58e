"""Uptake rates against worked examples and their limits."""

import numpy as np
import pytest

from drivers.box_model.uptake import (
    M_N2O5,
    M_NO2,
    M_SO2,
    mean_speed,
    n2o5_gamma,
    no2_ground_rate,
    so2_gamma,
    uptake_rate,
    wet_surface,
)

ROUNDED = 0.03  # the worked examples have two to three digits and another diffusivity of the gas
T = np.array(298.0)


def test_mean_speed_of_no2():
    assert mean_speed(T, M_NO2) == pytest.approx(370.0, abs=1.0)


@pytest.mark.parametrize(
    ("gamma", "mass", "rate"),
    [(0.02, M_N2O5, 1.19e-3), (2e-5, M_SO2, 1.57e-6), (5e-5, M_SO2, 3.9e-6), (1e-5, M_NO2, 9.3e-7)],
)
def test_rates_at_a_thousandth_square_metre(gamma, mass, rate):
    """S = 1000 um2 cm-3, r = 0.15 um."""
    assert uptake_rate(gamma, np.array(1e-3), np.array(0.15e-6), T, mass) == pytest.approx(rate, rel=ROUNDED)


def test_diffusion_limits_a_perfect_sink():
    slow, perfect = (uptake_rate(g, np.array(1e-3), np.array(2e-6), T, M_N2O5) for g in (0.5, 1.0))
    assert perfect < 1.3 * slow
    assert perfect < 1e-3 / (2e-6 / (0.0855e-4 * (298.0 / 273.15) ** 1.75))


@pytest.mark.parametrize(
    ("temperature", "rh", "nitrate_share", "gamma"),
    [(283.0, 0.6, 0.6, 0.0136), (273.0, 0.8, 0.6, 0.019), (298.0, 0.8, 0.6, 0.0191)],
)
def test_davis_uptake_of_n2o5(temperature, rh, nitrate_share, gamma):
    """Ammonium neutralises: NO3 x 1 + SO4 x 2."""
    sulfate, nitrate = 1.0 - nitrate_share, nitrate_share
    args = (np.array(x) for x in (temperature, rh, sulfate, nitrate, 2.0 * sulfate + nitrate))
    assert n2o5_gamma(*args, 0.05) == pytest.approx(gamma, rel=0.3)  # published at another composition of the rest


def test_nitrate_slows_n2o5_and_the_cap_holds():
    pure = n2o5_gamma(*(np.array(x) for x in (275.0, 0.8, 1.0, 0.0, 2.0)), 0.05)
    mixed = n2o5_gamma(*(np.array(x) for x in (275.0, 0.8, 0.2, 0.8, 1.2)), 0.05)
    assert mixed < pure <= 0.05


def test_so2_uptake_grows_above_half_saturation():
    found = so2_gamma(np.array([0.2, 0.5, 0.75, 1.0]), 2e-5, 5e-5)
    assert found == pytest.approx([2e-5, 2e-5, 3.5e-5, 5e-5])


def test_wet_surface_of_a_dry_haze():
    """250 ug m-3 of 1.4 g cm-3 and 0.18 um: 3 V / r = 2.98e-3 m2 m-3 when dry."""
    area, radius = wet_surface(np.array(250.0), np.array(0.0), 0.18e-6)
    assert area == pytest.approx(3.0 * 250.0 / 1.4e12 / 0.18e-6)
    assert radius == 0.18e-6


def test_humid_particles_swell():
    dry, humid = (wet_surface(np.array(100.0), np.array(rh), 0.18e-6) for rh in (0.3, 0.85))
    assert humid[0] > 1.3 * dry[0]
    assert humid[0] / dry[0] == pytest.approx((humid[1] / dry[1]) ** 2)


def test_no2_on_the_ground_of_a_night():
    """gamma 2e-6, 370 m/s, 100 m: 3.1e-6 s-1."""
    rate = no2_ground_rate(2e-6, np.array(0.0), T, np.array(100.0))
    assert rate == pytest.approx(3.1e-6, rel=0.02)


def test_light_enhances_it_and_zero_switches_it_off():
    dark, lit = (no2_ground_rate(2e-6, np.array(r), T, np.array(500.0)) for r in (100.0, 800.0))
    assert lit == pytest.approx(20.0 * dark)
    assert no2_ground_rate(0.0, np.array(800.0), T, np.array(500.0)) == 0.0
