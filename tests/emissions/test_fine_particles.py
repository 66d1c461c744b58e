"""Splitting PM2.5: hand-worked cases and closure."""

import numpy as np
import pytest

from emissions.fine_particles import DEFAULT_OM_OC, om_per_oc, split_fine_particles

EXACT = 1e-12  # float64 rounding
SPECIES = ("POC", "PNCOM", "PEC", "PSO4", "PMOTHR")
PROFILE = np.array([[0.20, 0.08, 0.10, 0.12, 0.50]])
NONE = np.array([np.nan])


def split(pm25: float, bc: float = np.nan, oc: float = np.nan, profile: np.ndarray = PROFILE) -> dict[str, float]:
    mass = split_fine_particles(np.array([pm25]), np.array([bc]), np.array([oc]), profile, SPECIES)
    return dict(zip(SPECIES, mass[0].tolist(), strict=True))


def test_nothing_stated_is_the_profile() -> None:
    assert split(10.0) == pytest.approx({"POC": 2.0, "PNCOM": 0.8, "PEC": 1.0, "PSO4": 1.2, "PMOTHR": 5.0}, rel=EXACT)


def test_both_stated() -> None:
    # BC 3, OC 2, OM/OC of the profile 1.4 -> PNCOM 0.8; the rest 4.2 in the ratio 0.12 : 0.50
    expected = {"POC": 2.0, "PNCOM": 0.8, "PEC": 3.0, "PSO4": 4.2 * 0.12 / 0.62, "PMOTHR": 4.2 * 0.50 / 0.62}
    assert split(10.0, 3.0, 2.0) == pytest.approx(expected, rel=EXACT)


def test_black_carbon_alone_leaves_organic_matter_to_the_profile() -> None:
    parts = split(10.0, bc=5.0)
    assert parts["PEC"] == 5.0
    assert parts["POC"] == pytest.approx(5.0 * 0.20 / 0.90, rel=EXACT)
    assert sum(parts.values()) == pytest.approx(10.0, rel=EXACT)


def test_a_stated_zero_counts() -> None:
    parts = split(10.0, 0.0, 0.0)
    assert parts["PEC"] == parts["POC"] == parts["PNCOM"] == 0.0
    assert parts["PSO4"] + parts["PMOTHR"] == pytest.approx(10.0, rel=EXACT)


def test_a_profile_of_carbon_alone_leaves_the_rest_to_other() -> None:
    carbon = np.array([[0.5, 0.3, 0.2, 0.0, 0.0]])
    assert split(10.0, 1.0, 2.0, carbon)["PMOTHR"] == pytest.approx(10.0 - 1.0 - 2.0 * 1.6, rel=EXACT)


def test_a_profile_without_carbon_has_the_default_ratio() -> None:
    mineral = np.array([[0.0, 0.0, 0.0, 0.2, 0.8]])
    assert split(10.0, 1.0, 2.0, mineral)["PNCOM"] == pytest.approx(2.0 * (DEFAULT_OM_OC - 1.0), rel=EXACT)
    assert om_per_oc(np.array([0.0, 0.2]), np.array([0.0, 0.14])).tolist() == pytest.approx([1.4, 1.7])


def test_no_particles_no_species() -> None:
    assert split(0.0) == dict.fromkeys(SPECIES, 0.0)
    assert split(0.0, 0.0, 0.0) == dict.fromkeys(SPECIES, 0.0)


def test_closure_and_positivity_for_any_statement() -> None:
    rng = np.random.default_rng(11)
    pm25 = rng.uniform(0.1, 50.0, 200)
    bc = np.where(rng.random(200) < 0.3, np.nan, pm25 * rng.uniform(0.0, 0.4, 200))
    oc = np.where(rng.random(200) < 0.3, np.nan, pm25 * rng.uniform(0.0, 0.4, 200))
    profile = rng.dirichlet(np.ones(5), 200)
    profile[:, 1] = 0.3 * profile[:, 0]  # OM/OC 1.3
    profile /= profile.sum(axis=1, keepdims=True)
    mass = split_fine_particles(pm25, bc, oc, profile, SPECIES)
    assert (mass >= 0.0).all()
    assert mass.sum(axis=1) == pytest.approx(pm25, rel=EXACT)


def test_too_much_carbon() -> None:
    with pytest.raises(ValueError, match=r"exceed the PM2\.5"):
        split(10.0, 5.0, 4.0)


def test_rounding_of_the_table_is_scaled_away() -> None:
    parts = split(10.0, 3.0 * (1.0 + 4e-7), 5.0 * (1.0 + 4e-7))
    assert sum(parts.values()) == pytest.approx(10.0, rel=EXACT)
    assert parts["PSO4"] == pytest.approx(0.0, abs=1e-12)


def test_vanishing_carbon_is_no_overflow() -> None:
    assert sum(split(1.0e6, 1.0e-310, 0.0).values()) == pytest.approx(1.0e6, rel=EXACT)
