"""Scenarios made by rule: the NOx-VOC matrix and zero-out."""

import pytest

from aqcore.errors import InputError
from emissions.inventory import inventory_of
from emissions.source_classes import SECTORS
from scenarios.library import house_vocabulary
from scenarios.resolution import resolve
from scenarios.scenario import Scenario, base, matrix, node_name
from scenarios.scenario_factor import DirectFactor
from scenarios.scenario_table import read_scenarios
from scenarios.sets import change, joint, zero_out
from scenarios.target import Target
from scenarios.vocabulary import Vocabulary, for_inventory
from scenarios.window import Window
from scenarios.window_plan import WindowPlan


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


def test_changes_by_percent_and_park_are_named_and_titled():
    plan = Scenario("plan", measures=("A",))
    made = change(["VOC"], [-20, 10], sectors=["SOLVENT"], parks=["东园"], of=plan)
    assert [own.name for own in made] == [
        "plan_minus_20_SOLVENT", "plan_minus_20_park_01", "plan_plus_10_SOLVENT", "plan_plus_10_park_01"]  # fmt: skip
    assert made[1].factors == (DirectFactor(Target(parks=("东园",)), "VOC", 0.8),)
    assert (made[3].title_zh, made[3].measures, made[3].kind) == ("东园 +10 %", ("A",), "change")


def test_without_parts_the_whole_city_changes():
    (own,) = change(["NOx"], [-50])
    assert (own.name, own.factors) == ("minus_50_city", (DirectFactor(Target(), "NOx", 0.5),))


@pytest.mark.parametrize("percents", [[-101], [0], [10, 10], [2.5]])
def test_percentages_that_cannot_be(percents):
    with pytest.raises(InputError, match="change:"):
        change(["NOx"], percents)


def test_joint_control_is_split_into_city_and_neighbours():
    windows = (
        WindowPlan(Window("both"), factors=(DirectFactor(Target(), "NOx", 0.5),), background={"PM25": 0.8}),
        WindowPlan(Window("inflow"), background={"O3": 0.9}),
    )
    both = Scenario("j", "联防", "joint", 2030, ("A",), background={"SO2": 0.5}, windows=windows)
    city, around = joint(both)
    assert (city.name, city.measures, city.background) == ("j_city", ("A",), {})
    assert [(plan.name, plan.factors, plan.background) for plan in city.windows] == [("both", windows[0].factors, {})]
    assert (around.name, around.measures, around.background) == ("j_neighbours", (), {"SO2": 0.5})
    assert [(plan.factors, plan.background) for plan in around.windows] == [((), {"PM25": 0.8}), ((), {"O3": 0.9})]
    assert (around.year, around.title_zh) == (2030, "联防:仅周边")


@pytest.mark.parametrize(
    ("scenario", "message"),
    [
        (Scenario("s", measures=("A",)), "does not change the inflow"),
        (Scenario("s", background={"O3": 0.9}), "changes the inflow only"),
    ],
)
def test_joint_control_needs_both_halves(scenario, message):
    with pytest.raises(InputError, match=message):
        joint(scenario)


SETS = """
[[scenario]]
name = "plan"
growth = {ONROAD = 1.1}
background = {O3 = 0.9}
[[set]]
kind = "zero_out"
pollutants = ["NOx", "VOC"]
sectors = "*"
[[set]]
kind = "change"
of = "plan"
change_pct = [-20]
pollutants = "NOx"
districts = ["110105"]
[[set]]
kind = "joint"
of = "plan"
[[set]]
kind = "sample"
method = "sobol"
size = 8
seed = 1
axes = [{name = "nox", pollutants = "NOx"}, {name = "voc", pollutants = "VOC", sectors = "SOLVENT", high = 1.2}]
"""


def read(tmp_path, text):
    path = tmp_path / "scenarios.toml"
    path.write_text(text, encoding="utf-8")
    house = house_vocabulary()
    city = Vocabulary({**house.names, "districts": frozenset({"110105"}), "parks": frozenset()}, house.pollutants)
    return read_scenarios(path, [], city)


def test_every_sector_means_those_that_emit_the_pollutants(tmp_path):
    inventory = inventory_of([
        {"district": "110105", "source_class": "onroad_diesel", "NOx": 1.0, "PM10": 1.0, "PM25": 1.0},
        {"district": "110105", "source_class": "road_dust", "PM10": 1.0, "PM25": 0.1},
    ])  # fmt: skip
    city = for_inventory(inventory.sources, house_vocabulary(), inventory.mass)
    path = tmp_path / "scenarios.toml"
    path.write_text('[[set]]\nkind = "zero_out"\npollutants = ["NOx", "VOC"]\nsectors = "*"\n', encoding="utf-8")
    scenarios = read_scenarios(path, [], city)
    assert [own.name for own in scenarios] == ["base", "zero_ONROAD"]
    assert float(resolve(scenarios, [], inventory).of("zero_ONROAD").sel(pollutant="NOx").min()) == 0.0


def test_sets_are_read_from_the_file(tmp_path):
    own = read(tmp_path, SETS)
    names = [scenario.name for scenario in own]
    assert names[:2] == ["base", "plan"]
    assert {f"zero_{sector}" for sector in SECTORS} <= set(names)
    assert {"plan_minus_20_110105", "plan_city", "plan_neighbours", "sample_00000", "sample_00007"} <= set(names)
    assert len(names) == 2 + len(SECTORS) + 1 + 2 + 8
    inherited = {scenario.name: scenario for scenario in own}["plan_minus_20_110105"]
    assert inherited.growth == {"ONROAD": 1.1}


TWICE = "\n[[set]]\n".join(['kind = "change"\nchange_pct = [-20]\npollutants = "NOx"'] * 2)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('kind = "zero"', "set 1:"),
        ('kind = "joint"\nof = "paln"', "set 1:of: 'paln' is no scenario -> did you mean plan?"),
        ('kind = "change"\nchange_pct = [0]\npollutants = "NOx"', "0 % -> give whole percentages"),
        ('kind = "zero_out"\npollutants = "NOX"', "'NOX' is unknown"),
        ('kind = "zero_out"\npollutants = "NOx"\nsectors = "POWR"', "did you mean POWER"),
        ('kind = "zero_out"\npollutants = "NOx"\nparks = "*"', "the city has no parks that emit NOx"),
        ('kind = "sample"\nsize = 1\nseed = 1\naxes = [{name = "a", pollutants = "NOx"}]', "1 samples for 2 margins"),
        ('kind = "sample"\nsize = 9\nseed = 1\naxes = [{name = "a", pollutants = "NO"}]', "set 1:a:pollutants"),
        (TWICE, "makes 'minus_20_city', which stands already"),
    ],
)  # fmt: skip
def test_faults_of_sets_have_their_place(tmp_path, line, message):
    with pytest.raises(InputError) as caught:
        read(tmp_path, f'[[scenario]]\nname = "plan"\n[[set]]\n{line}\n')
    assert any(message in str(fault) for fault in caught.value.faults), caught.value.faults
