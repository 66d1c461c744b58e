"""Nitrate equilibrium against published constants and worked cases, and what must hold for any input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.box_model.ammonium_nitrate import (
    M_HNO3,
    M_NH3,
    M_NO3,
    M_SO4,
    deliquescence,
    dissociation_constant,
    dissolved_factor,
    equilibrium,
)

DIGITS = 0.006  # the published constants have three digits
CLOSURE = 1e-9  # sums in double precision
UG = 1e-6


def at(sulfate, ammonia, nitric, temperature, rh):
    """Totals as SO4, NH3, HNO3 in ug m-3."""
    moles = (sulfate / M_SO4 * UG, ammonia / M_NH3 * UG, nitric / M_HNO3 * UG)
    return equilibrium(*(np.array(x) for x in (*moles, temperature, 101325.0, rh)))


@pytest.mark.parametrize(
    ("temperature", "product"),
    [(263.15, 0.00197), (273.15, 0.0450), (283.15, 0.815), (293.15, 12.0), (298.15, 43.1), (303.15, 148.0)],
)
def test_dissociation_constant_of_mozurkewich(temperature, product):
    assert dissociation_constant(np.array(temperature)) == pytest.approx(product, rel=DIGITS)


@pytest.mark.parametrize(
    ("rh", "product"),
    [(0.62, 43.2), (0.65, 38.4), (0.70, 31.2), (0.75, 24.6), (0.80, 18.2), (0.85, 12.2), (0.90, 6.7), (0.95, 2.2)],
)
def test_dissolved_product_at_298(rh, product):
    T = np.array(298.15)
    found = dissociation_constant(T) * dissolved_factor(T, np.array(rh))
    assert found == pytest.approx(product, rel=0.012)  # two digits at the end of the range


@pytest.mark.parametrize(("temperature", "rh"), [(263.15, 0.853), (273.15, 0.771), (298.15, 0.617), (303.15, 0.593)])
def test_deliquescence(temperature, rh):
    assert deliquescence(np.array(temperature)) == pytest.approx(rh, abs=0.001)


@pytest.mark.parametrize(
    ("sulfate", "ammonia", "nitric", "temperature", "rh", "nitrate", "free_nh3"),
    [
        (10, 10, 10, 298.15, 0.5, 0.0, 9.27),
        (10, 10, 10, 298.15, 0.8, 7.72, 6.22),
        (10, 15, 15, 273.15, 0.5, 14.75, 9.74),
        (20, 20, 30, 273.15, 0.8, 29.51, 6.32),
        (30, 10, 30, 273.15, 0.8, 0.0, 0.0),
        (5, 15, 10, 303.15, 0.4, 0.0, 19.3),
    ],
)
def test_worked_cases(sulfate, ammonia, nitric, temperature, rh, nitrate, free_nh3):
    found = at(sulfate, ammonia, nitric, temperature, rh)
    assert found.nitrate * M_NO3 / UG == pytest.approx(nitrate, abs=0.01)
    assert found.nh3 * 1e9 * 8.314462618 * temperature / 101325.0 == pytest.approx(free_nh3, abs=0.03)


def test_ammonia_poor_and_ammonia_rich_regimes():
    """Rich: nitrate follows nitric acid; poor: it follows ammonia."""
    rich, more_acid = at(10, 40, 20, 273.15, 0.6), at(10, 40, 25, 273.15, 0.6)
    assert (more_acid.nitrate - rich.nitrate) * M_HNO3 / UG == pytest.approx(5.0, rel=0.01)
    poor, poor_acid, more_ammonia = (
        at(20, 10, 40, 273.15, 0.6),
        at(20, 10, 50, 273.15, 0.6),
        at(20, 11, 40, 273.15, 0.6),
    )
    assert poor_acid.nitrate == pytest.approx(poor.nitrate, rel=0.01)
    assert (more_ammonia.nitrate - poor.nitrate) * M_NH3 / UG == pytest.approx(1.0, rel=0.01)


def test_less_sulfate_sets_ammonia_free_for_nitrate():
    before, after = at(25, 12, 30, 275.0, 0.7), at(15, 12, 30, 275.0, 0.7)
    assert after.nitrate > before.nitrate


amounts = st.floats(0.0, 200.0)


@given(amounts, amounts, amounts, st.floats(255.0, 312.0), st.floats(0.05, 0.99))
def test_mass_closes_and_nothing_is_negative(sulfate, ammonia, nitric, temperature, rh):
    found = at(sulfate, ammonia, nitric, temperature, rh)
    scale = max(ammonia / M_NH3, nitric / M_HNO3, 1e-6) * UG
    assert found.ammonium + found.nh3 == pytest.approx(ammonia / M_NH3 * UG, abs=CLOSURE * scale)
    assert found.nitrate + found.hno3 == pytest.approx(nitric / M_HNO3 * UG, abs=CLOSURE * scale)
    for part in vars(found).values():
        assert part >= -CLOSURE * scale
    assert found.ammonium <= 2.0 * sulfate / M_SO4 * UG + found.nitrate + CLOSURE * scale


def test_arrays_equal_single_calls():
    T, rh = np.array([270.0, 285.0, 300.0]), np.array([0.8, 0.6, 0.4])
    many = equilibrium(*(np.full(3, x) for x in (1e-7, 6e-7, 3e-7)), T, np.full(3, 1e5), rh)
    for i in range(3):
        one = equilibrium(*(np.array(x) for x in (1e-7, 6e-7, 3e-7, T[i], 1e5, rh[i])))
        assert many.nitrate[i] == pytest.approx(float(one.nitrate))
