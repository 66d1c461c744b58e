"""Heat and friction at the ground: hand-worked numbers and signs."""

import numpy as np
import pytest

from drivers.box_model.surface_fluxes import (
    Surface,
    daytime_heat,
    heat_capacity,
    net_radiation,
    surface_fluxes,
)

URBAN = Surface()
EXACT = 1e-9


def flux(radiation, celsius, wind, cloud=0.0, surface=URBAN):
    arrays = (np.atleast_1d(np.asarray(x, float)) for x in (radiation, np.asarray(celsius) + 273.15, wind, cloud))
    return surface_fluxes(*arrays, surface)


def test_heat_capacity_at_the_ice_point():
    assert heat_capacity(np.array(273.16)) == pytest.approx(1305.0)


def test_psychrometric_ratio_sets_the_share_of_heat():
    """s is 1.51, 0.49, 0.28 at 0, 20, 30 C: with a = 0.5 the share (0.5 + s) / (1 + s) is 0.80, 0.66, 0.61."""
    for celsius, share in ((0.0, 0.801), (20.0, 0.664), (30.0, 0.609)):
        T = np.array(celsius + 273.15)
        net = net_radiation(np.array(600.0), T, np.array(0.0), URBAN)
        heat = daytime_heat(np.array(600.0), T, np.array(0.0), URBAN)
        assert (heat + 20.0) / (0.8 * net) == pytest.approx(share, abs=0.002)  # s is given to 0.01


def test_net_radiation_by_hand():
    """20 C, 800 W m-2, clear, a = 0.5: (680 + 336.9 - 418.7) / (1 + 0.252)."""
    T = 293.15
    longwave = 5.31e-13 * T**6 - 5.67e-8 * T**4
    by_hand = (0.85 * 800.0 + longwave) / 1.252
    assert net_radiation(np.array(800.0), np.array(T), np.array(0.0), URBAN) == pytest.approx(by_hand, rel=1e-3)


def test_day_heats_and_night_cools():
    day, night = flux(800.0, 30.0, 2.0), flux(0.0, 15.0, 2.0)
    assert day.heat[0] > 100.0
    assert day.obukhov[0] < 0.0
    assert night.heat[0] < 0.0
    assert night.obukhov[0] > 0.0


def test_friction_grows_with_wind_and_with_heat():
    assert flux(800.0, 30.0, 4.0).ustar[0] > flux(800.0, 30.0, 2.0).ustar[0] > flux(0.0, 30.0, 2.0).ustar[0]


def test_calm_keeps_the_floor():
    assert flux(0.0, 10.0, 0.0).ustar[0] == pytest.approx(0.05)


def test_neutral_limit_of_the_stable_branch():
    """With strong wind the stable correction vanishes: u* = k U / ln(z / z0)."""
    found = flux(0.0, 10.0, 20.0).ustar[0]
    assert found == pytest.approx(0.4 * 20.0 / np.log(10.0), rel=0.02)  # 2 %: theta* is not zero


def test_anthropogenic_heat_adds():
    warm = Surface(anthropogenic_heat=25.0)
    assert flux(600.0, 0.0, 2.0, surface=warm).heat - flux(600.0, 0.0, 2.0).heat == pytest.approx(25.0, rel=EXACT)


def test_obukhov_length_by_its_definition():
    one = flux(700.0, 25.0, 3.0)
    by_hand = -heat_capacity(np.array(298.15)) * 298.15 * one.ustar**3 / (0.4 * 9.81 * one.heat)
    assert one.obukhov == pytest.approx(by_hand)


def test_cloud_at_night_weakens_the_cooling():
    assert flux(0.0, 5.0, 3.0, 1.0).heat[0] > flux(0.0, 5.0, 3.0, 0.0).heat[0]
