"""Factors on the inflow by species, group and pattern: who wins, and what is refused."""

import pytest

from aqcore.errors import Faults
from scenarios.inflow import background_groups, spelled_out

VOC = background_groups()["VOC"]


def out(factors, species=None):
    faults = Faults()
    return spelled_out(factors, "s", species, faults), [str(fault) for fault in faults]


def test_a_group_and_a_pattern_are_spelled_out():
    found, faults = out({"VOC": 0.85, "PM25_*": 0.8, "O3": 0.95})
    assert faults == []
    assert {name for name, value in found.items() if value == 0.85} == set(VOC)
    assert {name for name, value in found.items() if value == 0.8} == set(background_groups()["PM25_PARTS"])
    assert found["O3"] == 0.95
    assert not {"CH4", "ISOP", "MEOH"} & set(found)


@pytest.mark.parametrize("order", [1, -1])
def test_the_nearer_word_wins_whatever_the_order(order):
    written = [("*", 0.5), ("VOC", 0.6), ("TOL", 0.7)]
    found, faults = out(dict(written[::order]))
    assert faults == []
    assert (found["TOL"], found["PAR"], found["SO2"]) == (0.7, 0.6, 0.5)


def test_only_what_flows_in_is_reached_when_that_is_known():
    found, faults = out({"VOC": 0.9, "PM": 0.8}, frozenset({"TOL", "PM25", "PM25_SO4"}))
    assert (found, faults) == ({"TOL": 0.9, "PM25": 0.8}, [])


def test_a_species_that_bears_the_name_of_a_group_is_itself():
    assert out({"VOC": 0.9}, frozenset({"VOC", "TOL"}))[0] == {"VOC": 0.9}


@pytest.mark.parametrize(
    ("factors", "species", "message"),
    [
        ({"PM52_*": 0.9}, None, "s:PM52_*: 'PM52_*' is unknown"),
        ({"VOCS": 0.9}, frozenset({"TOL"}), "did you mean VOC"),
        ({"BIOGENIC": 0.9}, frozenset({"TOL"}), "'BIOGENIC' is unknown"),
        ({"PM25_*": 0.9, "*_SO4": 0.8}, None, "PM25_SO4 is 0.9 by PM25_* and 0.8 here -> state PM25_SO4 itself"),
    ],
)
def test_what_means_nothing_or_two_things_is_refused(factors, species, message):
    (fault,) = out(factors, species)[1]
    assert message in fault


def test_no_species_stands_in_two_groups():
    names = [name for group in background_groups().values() for name in group]
    assert len(names) == len(set(names))
