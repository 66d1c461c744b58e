"""Volatility bins: yields at published concentrations, partition, temperature."""

import numpy as np
import pytest

from drivers.box_model.soa import bins, particle_share, saturation, yields

PUBLISHED = 0.03  # yields are published with two to three digits
T298 = np.array(298.0)
M_TOL, M_XYL, M_BENZENE = 92.1, 106.2, 78.1


def molar(species):
    """Mass (g) left in each bin by one mole of a mechanism species."""
    mass = np.zeros(len(bins().names))
    for item in yields():
        if item.species == species:
            mass[bins().names.index(item.bin)] += item.g_per_mol
    return mass


def mass_yield(products, precursor_mass, c_oa):
    """Particle mass over reacted mass when the organic aerosol is held at `c_oa` ug m-3."""
    made = sum(amount * molar(name) for name, amount in products.items())
    return (made / (1.0 + bins().saturation / c_oa)).sum() / precursor_mass


@pytest.mark.parametrize(
    ("products", "mass", "expected"),
    [
        ({"SVAVB2": 0.016, "SVAVB3": 0.051, "SVAVB4": 0.047}, M_TOL, (0.061, 0.082, 0.119)),
        ({"SVAVB2": 0.015, "SVAVB3": 0.023, "SVAVB4": 0.060}, M_XYL, (0.038, 0.049, 0.073)),
        ({"SVAVB2": 0.034, "SVAVB4": 0.392}, M_BENZENE, (0.103, 0.143, 0.258)),
        ({"ISOPRXN": 1.0}, 68.12, (0.035, 0.046, 0.076)),
        ({"TRPRXN": 1.0}, 136.24, (0.141, 0.168, 0.222)),
        ({"SESQRXN": 1.0}, 204.35, (0.256, 0.439, 0.839)),
    ],
    ids=["toluene", "xylene", "benzene", "isoprene", "monoterpenes", "sesquiterpenes"],
)
def test_yields_at_5_10_30_ug(products, mass, expected):
    assert [mass_yield(products, mass, c) for c in (5.0, 10.0, 30.0)] == pytest.approx(expected, rel=PUBLISHED)


def test_low_nox_branch_of_toluene_is_not_volatile():
    assert mass_yield({"SVAVB1": 0.140}, M_TOL, 10.0) == pytest.approx(0.30, rel=PUBLISHED)


def test_cold_lowers_the_saturation():
    """Over 298 K: 0.56 (18 kJ/mol) and 0.25 (40 kJ/mol) at 273 K."""
    ratio = saturation(np.array(273.0)) / saturation(T298)
    assert ratio[bins().names.index("AVB3")] == pytest.approx(0.56, abs=0.01)
    assert ratio[bins().names.index("ISO1")] == pytest.approx(0.25, abs=0.01)


def test_partition_solves_its_own_equation():
    total = np.linspace(0.5, 6.0, len(bins().names))[:, None] * np.array([1.0, 3.0])
    absorber, T = np.array([5.0, 40.0]), np.array([298.0, 275.0])
    share = particle_share(total, absorber, T)
    organic = absorber + 0.01 + (share * total).sum(axis=0)
    assert share == pytest.approx(1.0 / (1.0 + saturation(T) / organic), rel=1e-6)  # Newton's iterations


def test_partition_is_reached_from_nothing_and_from_much():
    """The two hardest starts: all in particles of clean air, and a load that evaporates but for a trace."""
    total = np.full((len(bins().names), 3), 1.0) * np.array([1e-6, 0.3, 300.0])
    absorber, T = np.array([0.0, 0.0, 1e-3]), np.array([310.0, 305.0, 262.0])
    share = particle_share(total, absorber, T)
    organic = absorber + 0.01 + (share * total).sum(axis=0)
    assert share == pytest.approx(1.0 / (1.0 + saturation(T) / organic), rel=1e-9)


def test_more_absorber_holds_more():
    total = np.ones((len(bins().names), 1))
    shares = [particle_share(total, np.array([c]), np.array([298.0])) for c in (1.0, 10.0, 100.0)]
    assert (np.diff(shares, axis=0) > 0.0).all()


def test_shares_lie_between_nothing_and_all():
    rng = np.random.default_rng(3)
    share = particle_share(
        rng.uniform(0, 50, (len(bins().names), 20)), rng.uniform(0, 80, 20), rng.uniform(260, 310, 20)
    )
    assert ((share > 0.0) & (share <= 1.0)).all()


def test_every_yield_names_a_bin_and_a_species(cb6):
    for item in yields():
        assert item.bin in bins().names
        assert item.species in cb6.species
