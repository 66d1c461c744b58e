"""Who carries what: emission species, inflow parts, names."""

import numpy as np
import pytest

from drivers.box_model import tracers
from drivers.box_model.tracers import background_faults, background_tracers, names, split_emission

MECHANISM = ("NO", "BENZENE", "PCVOC", "O3")
EXACT = 1e-12


def test_every_species_goes_to_exactly_one_place():
    species = ["NO", "BENZ", "NH3", "POC", "PNCOM", "PFE", "PMOTHR", "UNR"]
    split = split_emission(species, np.arange(1.0, 9.0)[:, None], MECHANISM, 0.0)
    assert split.gas[:, 0].tolist() == [1.0, 2.0, 0.0, 0.0]
    by_name = dict(zip(names(), split.tracer[:, 0], strict=True))
    assert by_name["NH3"] == pytest.approx(3.0 * 17.03)
    assert by_name["APOC"] == 4.0
    assert by_name["APNCOM"] == 5.0
    assert by_name["AOTHR"] == 6.0 + 7.0
    assert split.unused == ("UNR",)


def test_intermediate_vapours_follow_the_organic_aerosol():
    split = split_emission(["POC", "PNCOM"], np.array([[10.0], [4.0]]), MECHANISM, 1.5)
    assert split.gas[MECHANISM.index("PCVOC"), 0] == pytest.approx(1.5 * 14.0 / 170.0)


def test_every_aerosol_species_of_the_house_is_known():
    from aqcore.species import aerosols

    assert set(aerosols()) == set(tracers.EMITTED_AS)


def test_every_gas_of_the_house_has_a_place(cb6):
    from aqcore.species import gases

    known = {*cb6.species, "NH3", *tracers.GAS_ALIASES}
    assert set(gases()) <= known


def test_parts_of_the_inflow_add_up():
    given = {
        "PM25": np.array([50.0]), "PM10": np.array([80.0]), "PM25_SO4": np.array([10.0]), "PM25_NO3": np.array([8.0]),
        "PM25_NH4": np.array([6.0]), "PM25_OC": np.array([7.5]), "PM25_EC": np.array([2.0]),
    }  # fmt: skip
    parts = background_tracers(given)
    fine = sum(value for name, value in parts.items() if name != "ACOARSE")
    assert fine == pytest.approx([50.0], rel=EXACT)
    assert parts["APOC"] + parts["APNCOM"] == pytest.approx([12.0])
    assert parts["AOTHR"] == pytest.approx([12.0])
    assert parts["ACOARSE"] == pytest.approx([30.0])


def test_parts_larger_than_their_total_keep_the_parts():
    given = {name: np.array([10.0]) for name in tracers.PARTS} | {"PM25": np.array([20.0]), "PM10": np.array([25.0])}
    parts = background_tracers(given)
    assert parts["AOTHR"] == [0.0]
    assert parts["ACOARSE"] == [0.0]


def test_a_stated_remainder_is_taken():
    given = {name: np.array([5.0]) for name in (*tracers.PARTS, "PM25_OTHER")}
    assert background_tracers(given)["AOTHR"] == [5.0]


def test_no_inflow_of_aerosol_is_none():
    assert all((value == 0.0).all() for value in background_tracers({"O3": np.ones(3)}).values())


def test_a_total_without_parts_is_a_fault():
    (fault,) = background_faults(["O3", "PM25", "PM25_SO4"], "winter")
    assert "PM25_NO3" in fault.what
    assert "PM25_SO4," not in fault.what
    assert background_faults(["O3"], "winter") == []


def test_each_tracer_has_a_deposition_name():
    assert len(tracers.deposition_names()) == len(names()) == len(set(names()))
