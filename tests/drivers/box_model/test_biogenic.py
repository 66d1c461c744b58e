"""Biogenic emission against the recomputed numbers of the published equations."""

import numpy as np
import pytest

from drivers.box_model.biogenic import (
    ISOPRENE,
    MONOTERPENES,
    Light,
    activity,
    biogenic_emission,
    leaf_area_activity,
    light_activity,
    temperature_activity,
)

DIGITS = 6e-4  # the published values have three decimals
NOON = np.sin(np.radians(60.0))


@pytest.mark.parametrize(
    ("temperature", "past", "expected"),
    [
        (283.0, 285.0, 0.054), (283.0, 297.0, 0.075), (283.0, 303.0, 0.090),
        (293.0, 297.0, 0.298), (303.0, 285.0, 0.571), (303.0, 297.0, 1.037),
        (308.0, 297.0, 1.674), (308.0, 303.0, 2.241), (313.0, 297.0, 1.995), (313.0, 303.0, 3.349),
    ],
)  # fmt: skip
def test_isoprene_temperature_response(temperature, past, expected):
    found = temperature_activity(ISOPRENE, np.array(temperature), np.array(past))
    assert found == pytest.approx(expected, abs=DIGITS)


@pytest.mark.parametrize(("index", "factor"), [(1.0, 0.447), (2.0, 0.730), (3.0, 0.878), (5.0, 1.000)])
def test_leaf_area_factor(index, factor):
    assert leaf_area_activity(index) == pytest.approx(factor, abs=DIGITS)


def test_light_factor_at_standard_conditions():
    """Phi 0.6, elevation 60 degrees, past flux 400 umol m-2 s-1: 0.99763."""
    day = np.array(10.0)
    ppfd = 0.6 * NOON * (3000.0 + 99.0)
    found = light_activity(np.array(ppfd), np.array(400.0), np.array(NOON), day)
    assert found == pytest.approx(0.99763, abs=5e-5)  # published from a rounded elevation


def test_july_noon_over_beijing():
    found = light_activity(np.array(1700.0), np.array(500.0), np.sin(np.radians(71.6)), np.array(196.0))
    assert found == pytest.approx(1.19, abs=0.01)


def test_no_light_no_isoprene_but_terpenes():
    T = np.full(24, 298.0)
    dark = Light(np.zeros(24), np.full(24, -0.3), np.full(24, 190.0))
    assert activity(ISOPRENE, T, dark, 3.0) == pytest.approx(np.zeros(24))
    assert (activity(MONOTERPENES, T, dark, 3.0) > 0.0).all()


def summer_day():
    hour = np.arange(24) + 0.5
    sun = np.sin(np.pi * (hour - 5.0) / 14.0) * 0.95
    sun = np.where((hour > 5.0) & (hour < 19.0), sun, -0.2)
    return Light(np.maximum(850.0 * sun, 0.0), sun, np.full(24, 190.0)), 299.0 + 5.0 * np.cos(
        2 * np.pi * (hour - 15) / 24
    )


def test_emission_of_a_square_kilometre_by_hand():
    """At activity 1 a factor of 1e4 ug m-2 h-1 over 1 km2 is 10 kg/h, 0.0408 mol/s of isoprene."""
    light, T = summer_day()
    emitted = biogenic_emission(
        {ISOPRENE: 1e4}, np.array([1e6]), T[:, None], Light(*(a[:, None] for a in vars(light).values())), 3.0
    )
    per_activity = emitted["ISOP"][12, 0] / activity(ISOPRENE, T, light, 3.0)[12]
    assert per_activity == pytest.approx(1e4 * 1e6 / 1e6 / 3600.0 / 68.12)


def test_isoprene_peaks_in_the_early_afternoon():
    light, T = summer_day()
    assert np.argmax(activity(ISOPRENE, T, light, 3.0)) in {12, 13, 14}


def test_emission_is_proportional_to_green_area():
    light, T = summer_day()
    wide = Light(*(np.repeat(a[:, None], 2, 1) for a in vars(light).values()))
    emitted = biogenic_emission(
        {ISOPRENE: 5e3, MONOTERPENES: 9e2}, np.array([1e6, 3e6]), np.repeat(T[:, None], 2, 1), wide, 3.0
    )
    for species in ("ISOP", "TERP"):
        assert emitted[species][:, 1] == pytest.approx(3.0 * emitted[species][:, 0])
