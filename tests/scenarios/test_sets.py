"""Scenarios made by rule: the NOx-VOC matrix and zero-out."""

import pytest

from aqcore.errors import InputError
from scenarios.scenario import Scenario, base, matrix, node_name, zero_out
from scenarios.scenario_factor import DirectFactor
from scenarios.target import Target


def test_the_matrix_names_its_nodes_in_percent():
    nodes = matrix([0.0, 0.6, 1.0], [0.8, 1.05])
    assert [node.name for node in nodes] == [
        "nox_000_voc_080", "nox_000_voc_105", "nox_060_voc_080", "nox_060_voc_105", "nox_100_voc_080",
        "nox_100_voc_105",
    ]  # fmt: skip
    assert node_name(0.6, 0.8) == "nox_060_voc_080"
    assert {node.kind for node in nodes} == {"matrix"}


def test_a_node_scales_nox_and_voc_everywhere():
    (node,) = matrix([0.6], [0.8])
    assert node.factors == (DirectFactor(Target(), "NOx", 0.6), DirectFactor(Target(), "VOC", 0.8))


def test_the_base_node_changes_nothing_at_all():
    (node,) = matrix([1.0], [1.0])
    assert node.is_base


def test_eleven_levels_from_decimal_fractions():
    levels = [round(0.1 * step, 1) for step in range(11)]
    assert len({node.name for node in matrix(levels, levels)}) == 121


def test_a_matrix_on_top_of_a_scenario_keeps_what_it_does():
    start = Scenario("plan", year=2030, measures=("A",), growth={"POWER": 1.1}, background={"O3": 0.9})
    (node,) = matrix([0.5], [1.0], of=start)
    assert (node.year, node.measures, node.growth, node.background) == (2030, ("A",), {"POWER": 1.1}, {"O3": 0.9})
    assert node.extends == ("plan",)


@pytest.mark.parametrize("levels", [[0.125], [-0.1], [0.5, 0.5], [float("nan")]])
def test_levels_that_cannot_be_named(levels):
    with pytest.raises(InputError, match="matrix:NOx"):
        matrix(levels, [1.0])


def test_faults_of_both_axes_come_together():
    with pytest.raises(InputError) as caught:
        matrix([0.125], [-1.0])
    assert len(caught.value.faults) == 2


def test_zero_out_by_sector_and_district():
    scenarios = zero_out(["NOx", "SO2"], sectors=["POWER"], districts=["110105"])
    assert [scenario.name for scenario in scenarios] == ["zero_POWER", "zero_110105"]
    assert scenarios[0].factors == tuple(DirectFactor(Target(sectors=("POWER",)), gas, 0.0) for gas in ("NOx", "SO2"))
    assert scenarios[1].factors[0].target == Target(districts=("110105",))
    assert {scenario.kind for scenario in scenarios} == {"zero_out"}


def test_the_base_is_the_base():
    assert base().is_base
    assert not Scenario("x", growth={"POWER": 1.0}).is_base
