"""The shipped mechanisms: what they hold, what they conserve, what a subset leaves out."""

import csv
from importlib.resources import files

import numpy as np
import pytest

from aqcore.errors import InputError
from drivers.box_model.mechanism import Mechanism, Reaction
from drivers.box_model.mechanism_table import load, load_whole, parse_equation, read_reactions, shipped
from drivers.box_model.rate_forms import Arrhenius, Form, Rate

# Yields are published with three decimals: a sum of them is exact to rounding of doubles.
ROUNDING = 1e-12

# The two reactions whose published yields do not close nitrogen: ISPD + NO3 makes, INTR + OH loses a thousandth.
OPEN_IN_NITROGEN = {"R160": 0.001, "R170": -0.001}


def species_table():
    text = files("drivers.box_model").joinpath("data/species.csv").read_text(encoding="utf-8")
    return {row["species"]: row for row in csv.DictReader(text.splitlines())}


@pytest.fixture(scope="module", params=["cb6r5_ae7", "cb6r3_ae7"])
def mechanism(request):
    return load(request.param)


def thermal(label, reactants=("A",), products=(("B", 1.0),), **own):
    return Reaction(label, reactants, (), products, Rate(Form.ARRHENIUS, (Arrhenius(1.0),)), **own)


def test_both_revisions_ship():
    assert shipped() == ("cb6r5_ae7", "cb6r3_ae7")


def test_counts_of_the_published_mechanism():
    # cb6r5_ae7_aq of CMAQ 5.5 and cb6r3_ae7_aq; gas phase with chlorine and uptake is 263 and 261 of their reactions
    assert len(load_whole("cb6r5_ae7").reactions) == 349
    assert len(load_whole("cb6r3_ae7").reactions) == 343
    gas = ("core", "chlorine", "hetero")
    assert [len(load(name, gas).reactions) for name in shipped()] == [263, 261]
    assert [len(load(name, gas).species) for name in shipped()] == [89, 89]


@pytest.mark.parametrize(("element", "open_ones"), [("nitrogen", OPEN_IN_NITROGEN), ("sulfur", {}), ("chlorine", {})])
def test_reactions_conserve_elements(mechanism, element, open_ones):
    table = species_table()
    atoms = {name: float(row[element]) for name, row in table.items() if row["kind"] != "counter"}
    for reaction in mechanism.reactions:
        change = sum(atoms.get(name, 0.0) * amount for name, amount in reaction.net().items())
        assert change == pytest.approx(open_ones.get(reaction.label, 0.0), abs=ROUNDING), reaction.label


def test_every_species_has_a_row_in_the_species_table(mechanism):
    assert set(mechanism.species) <= set(species_table())


def test_counters_change_nothing_of_the_gas_phase(mechanism):
    # a counter may react only in ways that give back what it met
    for reaction in mechanism.reactions:
        if set(reaction.reactants) & mechanism.counters:
            assert set(reaction.net()) <= mechanism.counters, reaction.label


def test_subset_without_counters_drops_them_everywhere(mechanism):
    gas = mechanism.subset(("core", "chlorine", "hetero"))
    assert not gas.counters
    assert not set(gas.species) & mechanism.counters
    assert "SULF" in gas.species


def test_stoichiometry_matches_a_reaction_read_aloud():
    whole = load("cb6r5_ae7")
    column = whole.stoichiometry()[:, whole.labels.index("R24")]  # NO + NO + O2 -> 2 NO2
    assert column[whole.index("NO")] == -2.0
    assert column[whole.index("NO2")] == 2.0
    assert np.count_nonzero(column) == 2


def test_equation_text_reads_back(mechanism):
    for reaction in mechanism.reactions:
        left, products = parse_equation(reaction.equation())
        assert left == (*reaction.reactants, *reaction.third_bodies)
        assert products == reaction.products


def test_digest_follows_the_numbers_and_not_the_notes():
    first = Mechanism("m", (thermal("R1"),))
    assert first.digest == Mechanism("other name", (thermal("R1", note="read"),)).digest
    assert first.digest != Mechanism("m", (thermal("R1", products=(("B", 1.0000001),)),)).digest


def test_unknown_names_get_a_suggestion():
    with pytest.raises(InputError, match="cb6r5_ae7"):
        load("cb6r5_ae6")
    with pytest.raises(InputError, match="did you mean core"):
        load("cb6r5_ae7", ("cor",))
    with pytest.raises(InputError, match="did you mean HNO3"):
        load("cb6r5_ae7").index("HNO33")


def test_check_names_every_fault():
    faulty = Mechanism(
        "m",
        (
            thermal("R1", reactants=("A", "B", "C")),
            thermal("R1"),
            Reaction("R2", ("A",), (), (), Rate(Form.RELATIVE, of="R9")),
        ),
    )
    with pytest.raises(InputError) as error:
        faulty.check()
    text = str(error.value)
    assert "R1: 3 varying reactants" in text
    assert "m:R1: the label is used twice" in text
    assert "R2: rate relative to 'R9'" in text


def test_rows_that_cannot_be_read_are_all_named():
    good = {
        **dict.fromkeys(["B0", "C0", "F", "N", "scale", "of", "cap", "source", "note"], ""),
        "label": "R1",
        "group": "core",
        "equation": "A -> B",
        "form": "arrhenius",
        "A0": "1.0",
    }
    rows = [
        good | {"equation": "A = B"},
        good | {"form": "arhenius"},
        good | {"A0": "one"},
        good | {"form": "photolysis"},
    ]
    with pytest.raises(InputError) as error:
        read_reactions("own.csv", rows)
    text = str(error.value)
    assert [f"own.csv:{line}:R1" in text for line in (2, 3, 4, 5)] == [True] * 4
    assert "no arrow" in text
    assert "needs the column `of`" in text
