"""Reactivity by compound: worked by hand from the species of each compound."""

import pandas as pd
import pytest

from drivers.box_model.compound_reactivity import by_mass, compound_reactivity

HAND = 1e-3  # molar masses of the species table have one digit after the point


def test_grams_of_ozone_a_gram_of_species(cb6):
    """CO: 28 g/mol; one ppb of ozone a ppb of CO is 48 / 28 g a g, whichever unit the metric has."""
    table = pd.DataFrame({"species": ["CO"], "ir": [1.0]})
    assert by_mass(table, cb6, 1.0)["g_per_g"][0] == pytest.approx(48.0 / 28.0, rel=HAND)
    mass = by_mass(table.assign(ir=1.9618), cb6, 1.9618)
    assert mass["g_per_g"][0] == pytest.approx(48.0 / 28.0, rel=HAND)
    assert mass["mol_per_mol"][0] == pytest.approx(1.0)


def test_a_compound_of_one_species(cb6):
    """Ethylene is one ETH of 28.054 g/mol; benzene one BENZENE of 78.11: 3 and 0.5 mol of ozone a mole."""
    table = pd.DataFrame({"species": ["ETH", "BENZENE"], "mol_per_mol": [3.0, 0.5]})
    found = compound_reactivity(table, cb6).set_index("compound")
    assert found.loc["ethylene", "g_per_g"] == pytest.approx(3.0 * 47.998 / 28.054, rel=HAND)
    assert found.loc["benzene", "g_per_g"] == pytest.approx(0.5 * 47.998 / 78.11, rel=HAND)
    assert found.loc["ethylene", "mir_published"] == 9.0
    assert found.loc["ethylene", "ratio"] == pytest.approx(found.loc["ethylene", "g_per_g"] / 9.0)
    assert found.index[0] == "ethylene"


def test_a_compound_of_several_species_adds_them_and_needs_all(cb6):
    """Propylene is OLE + PAR: without PAR it is left out."""
    both = pd.DataFrame({"species": ["OLE", "PAR"], "mol_per_mol": [8.0, 0.4]})
    found = compound_reactivity(both, cb6).set_index("compound")
    assert found.loc["propylene", "g_per_g"] == pytest.approx(8.4 * 47.998 / 42.08, rel=HAND)
    alone = compound_reactivity(both.iloc[:1], cb6).set_index("compound")
    assert "propylene" not in alone.index
