"""The activity of plants against published and recomputed values of MEGAN 2.1, and what holds for any canopy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emissions.natural import megan
from emissions.natural.megan import Canopy, plant_classes
from emissions.natural.plants import emission_factors, megan_compounds

DIGITS = 6e-4  # the published values have three decimals
ROUNDED = 5e-5  # published from a rounded elevation
EXACT = 1e-12
STANDARD_AGES = np.array([0.0, 0.1, 0.8, 0.1])
HEMCO_STANDARD = 1.0101
"""HEMCO's activity of isoprene at standard conditions, with its temperature constants."""
HEMCO_TEMPERATURE = 1.06563
"""HEMCO's temperature factor there (Topt 313, CT2 200, R 8.3144598e-3)."""
TWO_DIGITS = 2e-4  # HEMCO states 1.0101

G12 = {
    283.0: (0.054, 0.075, 0.090), 293.0: (0.210, 0.298, 0.358), 303.0: (0.571, 1.037, 1.280),
    308.0: (0.557, 1.674, 2.241), 313.0: (0.342, 1.995, 3.349),
}  # fmt: skip
"""Temperature factor of isoprene at T for past temperatures of 285, 297 and 303 K, constants of CMAQ."""


def standard_light() -> np.ndarray:
    up = np.sin(np.radians(60.0))
    return megan.light_activity(np.array(0.6 * up * 3099.0), np.array(400.0), np.array(up), np.array(10.0))


def canopy(**changes: object) -> Canopy:
    """Return the canopy at standard conditions with some of it changed."""
    past = np.array(297.0)
    standard = {
        "temperature": np.array(303.0), "day_temperature": past, "ten_day_temperature": past,
        "light": standard_light(), "leaf_area": np.array(5.0), "ages": STANDARD_AGES, "co2_ppm": 400.0,
    }  # fmt: skip
    return Canopy(**{**standard, **changes})


@pytest.mark.parametrize("temperature", G12)
@pytest.mark.parametrize("column", [0, 1, 2])
def test_temperature_factor_of_isoprene(temperature: float, column: int) -> None:
    past = np.array((285.0, 297.0, 303.0)[column])
    isoprene = plant_classes()["isoprene"]
    found = megan.light_dependent_temperature(isoprene.ct1, isoprene.ceo, np.array(temperature), past, past)
    assert found == pytest.approx(G12[temperature][column], abs=DIGITS)


def test_a_warm_day_after_cool_days_counts_twice() -> None:
    """Eopt has one factor of the past day and one of ten days; only the ten days move the optimum."""
    one = megan.light_dependent_temperature(95.0, 2.0, np.array(303.0), np.array(299.0), np.array(297.0))
    base = megan.light_dependent_temperature(95.0, 2.0, np.array(303.0), np.array(297.0), np.array(297.0))
    assert one / base == pytest.approx(np.exp(0.05 * 2.0))


def test_nothing_light_dependent_from_frozen_leaves() -> None:
    past = np.array(258.0)
    assert megan.light_dependent_temperature(95.0, 2.0, np.array(259.9), past, past) == 0.0
    assert megan.light_dependent_temperature(95.0, 2.0, np.array(260.1), past, past) > 0.0


def test_light_factor_at_standard_conditions() -> None:
    assert standard_light() == pytest.approx(0.99763, abs=ROUNDED)


def test_july_noon_over_beijing() -> None:
    """Photon flux 1700, mean of the past days 500: 1.19."""
    up = np.sin(np.radians(71.6))
    found = megan.light_activity(np.array(1700.0), np.array(500.0), np.array(up), np.array(196.0))
    assert found == pytest.approx(1.19, abs=0.01)


@pytest.mark.parametrize(("leaves", "factor"), [(1.0, 0.447), (2.0, 0.730), (3.0, 0.878), (5.0, 1.000)])
def test_leaf_area_factor(leaves: float, factor: float) -> None:
    assert megan.leaf_area_activity(leaves) == pytest.approx(factor, abs=DIGITS)


@pytest.mark.parametrize(
    ("leaves", "factor"), [(0.0, 0.0), (1.0, 0.5), (2.0, 1.0), (4.0, 0.875), (6.0, 0.75), (9.0, 0.75)]
)
def test_leaf_area_factor_of_bidirectional_compounds(leaves: float, factor: float) -> None:
    assert megan.bidirectional_leaf_area(leaves) == pytest.approx(factor)


@pytest.mark.parametrize(("co2", "factor"), [(400.0, 1.002), (425.0, 0.979)])
def test_co2_factor(co2: float, factor: float) -> None:
    assert megan.co2_activity(co2) == pytest.approx(factor, abs=DIGITS)


# --- leaf age ------------------------------------------------------------------------------------------------------


def test_a_constant_canopy() -> None:
    shares = megan.leaf_age_shares(np.array(3.0), np.array(3.0), 30.0, np.array(297.0))
    assert shares == pytest.approx(STANDARD_AGES)
    assert megan.leaf_age_activity(plant_classes()["isoprene"], shares) == pytest.approx(0.95)


def test_a_growing_canopy_by_hand() -> None:
    """From 1 to 2 in 30 days at 290 K: ti = 5 + 0.7 x 10 = 12 d, tm = 27.6 d, half of the leaves came."""
    new, growing, mature, old = megan.leaf_age_shares(np.array(2.0), np.array(1.0), 30.0, np.array(290.0))
    assert new == pytest.approx(12.0 / 30.0 * 0.5)
    assert mature == pytest.approx(0.5 + (30.0 - 27.6) / 30.0 * 0.5)
    assert growing == pytest.approx(1.0 - new - mature)
    assert old == 0.0


def test_all_new_leaves_when_the_period_is_short() -> None:
    new, growing, mature, old = megan.leaf_age_shares(np.array(2.0), np.array(1.0), 8.0, np.array(290.0))
    assert (new, growing, mature, old) == pytest.approx((0.5, 0.0, 0.5, 0.0))


def test_a_canopy_that_sheds_its_leaves() -> None:
    new, growing, mature, old = megan.leaf_age_shares(np.array(1.0), np.array(4.0), 30.0, np.array(290.0))
    assert (new, growing, mature, old) == pytest.approx((0.0, 0.0, 0.25, 0.75))


def test_warm_leaves_bud_faster() -> None:
    warm = megan.leaf_age_shares(np.array(2.0), np.array(1.0), 30.0, np.array(304.0))
    assert warm[0] == pytest.approx(2.9 / 30.0 * 0.5)


@settings(max_examples=200, deadline=None)
@given(
    st.floats(0.0, 8.0), st.floats(0.0, 8.0), st.floats(1.0, 60.0), st.floats(260.0, 315.0),
)  # fmt: skip
def test_ages_are_shares(now: float, before: float, interval: float, warmth: float) -> None:
    shares = megan.leaf_age_shares(np.array(now), np.array(before), interval, np.array(warmth))
    assert (shares >= -EXACT).all()
    assert shares.sum() == pytest.approx(1.0, abs=EXACT)


# --- the activity --------------------------------------------------------------------------------------------------


def test_isoprene_is_one_at_standard_conditions() -> None:
    found = megan.activity(plant_classes()["isoprene"], canopy(co2_ppm=400.0))
    assert found == pytest.approx(float(megan.co2_activity(400.0)), abs=EXACT)


def test_hemco_standard_activity_from_our_factors() -> None:
    """With HEMCO's temperature factor our other factors give HEMCO's activity."""
    product = standard_light() * HEMCO_TEMPERATURE * megan.leaf_area_activity(5.0) * 0.95
    assert product == pytest.approx(HEMCO_STANDARD, abs=TWO_DIGITS)


def test_no_light_no_isoprene_but_terpenes() -> None:
    dark = canopy(light=np.array(0.0))
    assert megan.activity(plant_classes()["isoprene"], dark) == 0.0
    assert megan.activity(plant_classes()["monoterpenes_40"], dark) > 0.0


def test_light_independent_emission_by_hand() -> None:
    """In the dark at 293.15 K: N x gLAI x gAGE x (1 - 0.4) exp(-1)."""
    dark = canopy(light=np.array(0.0), temperature=np.array(293.15))
    ages = 0.1 * 1.8 + 0.8 * 1.0 + 0.1 * 1.05
    expected = megan.normalisation() * megan.leaf_area_activity(5.0) * ages * 0.6 * np.exp(-1.0)
    assert megan.activity(plant_classes()["monoterpenes_40"], dark) == pytest.approx(float(expected))


def test_only_isoprene_feels_co2() -> None:
    low, high = canopy(co2_ppm=400.0), canopy(co2_ppm=600.0)
    for name, one in plant_classes().items():
        slower = megan.activity(one, high) < megan.activity(one, low)
        assert bool(slower) is (name == "isoprene")


@settings(max_examples=60, deadline=None)
@given(
    st.floats(250.0, 320.0), st.floats(260.0, 310.0), st.floats(0.0, 2.5), st.floats(0.0, 6.0),
    st.sampled_from(sorted(plant_classes())),
)  # fmt: skip
def test_activity_is_finite_and_not_negative(T: float, past: float, light: float, leaves: float, name: str) -> None:
    felt = canopy(
        temperature=np.array(T), day_temperature=np.array(past), ten_day_temperature=np.array(past),
        light=np.array(light), leaf_area=np.array(leaves),
    )  # fmt: skip
    found = megan.activity(plant_classes()[name], felt)
    assert np.isfinite(found)
    assert found >= 0.0


# --- the tables ----------------------------------------------------------------------------------------------------


def test_every_class_is_used_and_known() -> None:
    assert set(megan_compounds()["plant_class"]) == set(plant_classes())


def test_shares_of_a_group_sum_to_one() -> None:
    sums = megan_compounds().groupby("factors")[["share_woody", "share_herb"]].sum()
    assert sums.to_numpy() == pytest.approx(1.0)


@pytest.mark.parametrize(("compound", "plant_type", "factor"), [
    ("isoprene", "broad_deciduous_temperate", 10000.0), ("isoprene", "crop", 1.0),
    ("alpha-pinene", "needle_evergreen_temperate", 500.0), ("acetaldehyde", "broad_deciduous_temperate", 200.0),
    ("acetaldehyde", "grass_c3", 20.0), ("ethene", "crop", 174.0), ("methanol", "grass_c4", 500.0),
])  # fmt: skip
def test_emission_factors(compound: str, plant_type: str, factor: float) -> None:
    assert emission_factors().loc[compound, plant_type] == pytest.approx(factor)


def test_totals_of_broadleaf_trees() -> None:
    """The monoterpenes of temperate deciduous trees sum to 990 ug m-2 h-1 and their sesquiterpenes to 180."""
    column = emission_factors()["broad_deciduous_temperate"]
    classes = megan_compounds()["plant_class"]
    assert column[classes.str.startswith("monoterpenes")].sum() == pytest.approx(990.0)
    assert column[classes == "sesquiterpenes"].sum() == pytest.approx(180.0)
