"""Reading scenarios.toml: inheritance by hand, and every contradiction listed at once."""

import pytest

from aqcore.errors import InputError
from scenarios.library import house_vocabulary
from scenarios.measure import Effect, Measure
from scenarios.scenario import BASE
from scenarios.scenario_factor import DirectFactor
from scenarios.scenario_table import read_scenarios
from scenarios.target import Target

MEASURES = [
    Measure("A", "甲", "a", Target(), {"NOx": Effect(0.5, 0.0, 1.0)}, start=2025),
    Measure("B", "乙", "b", Target(), {"VOC": Effect(0.5, 0.0, 1.0)}),
    Measure("C", "丙", "c", Target(), {"NH3": Effect(0.5, 0.0, 1.0)}, end=2028),
]


def read(tmp_path, text, **more):
    path = tmp_path / "scenarios.toml"
    path.write_text(text, encoding="utf-8")
    return {scenario.name: scenario for scenario in read_scenarios(path, MEASURES, house_vocabulary(), **more)}


def faults_of(tmp_path, text, **more):
    with pytest.raises(InputError) as caught:
        read(tmp_path, text, **more)
    return [str(fault) for fault in caught.value.faults]


FAMILY = """
[[scenario]]
name = "plan_2030"
extends = "bau_2030"
measures = ["A", "C"]
without = ["B"]
growth = {ONROAD = 1.2}
factors = [{sector = "ONROAD", pollutant = "NOx", factor = 0.7}]
year = 2028

[[scenario]]
name = "bau_2030"
title_zh = "惯性"
year = 2030
measures = ["B"]
growth = {ONROAD = 1.1, POWER = 0.9}
factors = [
  {sector = "ONROAD", pollutant = "NOx", factor = 0.8},
  {districts = ["110105", "110101"], pollutants = ["SO2", "NOx"], factor = 0.5},
]
background = {O3 = 0.95}
"""


def test_a_child_inherits_and_its_own_word_wins(tmp_path):
    own = read(tmp_path, FAMILY)["plan_2030"]
    assert (own.year, own.measures) == (2028, ("A", "C"))
    assert own.growth == {"ONROAD": 1.2, "POWER": 0.9}
    assert own.background == {"O3": 0.95}
    both = Target(districts=("110101", "110105"))
    assert set(own.factors) == {
        DirectFactor(Target(sectors=("ONROAD",)), "NOx", 0.7),
        DirectFactor(both, "SO2", 0.5),
        DirectFactor(both, "NOx", 0.5),
    }


def test_what_an_override_changed_is_told(tmp_path):
    own = read(tmp_path, FAMILY)["plan_2030"]
    assert own.changes == (
        "year: 2030 -> 2028", "growth ONROAD: 1.1 -> 1.2", "factor NOx of sectors=ONROAD: 0.8 -> 0.7",
    )  # fmt: skip


def test_the_base_comes_first_and_the_rest_in_the_order_of_the_file(tmp_path):
    assert list(read(tmp_path, FAMILY)) == [BASE, "plan_2030", "bau_2030"]
    text = '[[scenario]]\nname = "x"\n[[scenario]]\nname = "base"\ntitle_zh = "现状"\n'
    scenarios = read(tmp_path, text)
    assert (list(scenarios), scenarios[BASE].title_zh) == ([BASE, "x"], "现状")


def test_titles_fall_back_on_each_other_and_on_the_name(tmp_path):
    scenarios = read(tmp_path, FAMILY)
    assert (scenarios["bau_2030"].title_zh, scenarios["bau_2030"].title_en) == ("惯性", "惯性")
    assert scenarios["plan_2030"].title_en == "plan_2030"


TWO_PARENTS = """
[[scenario]]
name = "a"
growth = {POWER = 1.1}
measures = ["A"]
[[scenario]]
name = "b"
growth = {POWER = 1.2, ONROAD = 1.5}
measures = ["B"]
[[scenario]]
name = "c"
extends = ["a", "b"]
"""


def test_parents_that_disagree_are_a_fault_unless_the_child_decides(tmp_path):
    (fault,) = faults_of(tmp_path, TWO_PARENTS)
    assert fault == (
        "scenarios.toml:c:extends: growth POWER is 1.1 or 1.2 depending on the parent -> state it in 'c' itself"
    )
    child = read(tmp_path, TWO_PARENTS + "growth = {POWER = 1.3}\n")["c"]
    assert child.growth == {"POWER": 1.3, "ONROAD": 1.5}
    assert child.measures == ("A", "B")


def test_circles_are_named_once_and_those_who_hang_on_them_are_not_blamed(tmp_path):
    text = "".join(
        f'[[scenario]]\nname = "{name}"\nextends = "{parent}"\n' for name, parent in ["ab", "bc", "ca", "da"]
    )
    (fault,) = faults_of(tmp_path, text)
    assert "extends itself: a -> b -> c -> a -> break the circle" in fault


def test_a_scenario_that_extends_itself(tmp_path):
    (fault,) = faults_of(tmp_path, '[[scenario]]\nname = "a"\nextends = "a"\n')
    assert "extends itself: a -> a" in fault


BAD = [
    ('extends = "plam"', "'plam' is no scenario -> did you mean plan?"),
    ('measures = ["D"]', "'D' is unknown -> allowed: A, B, C"),
    ('measures = ["B", "B"]', "'B' stands more than once"),
    ('without = ["B"]', "'B' is not inherited"),
    ("growth = {ONROD = 1.1}", "'ONROD' is unknown -> did you mean ONROAD"),
    ("growth = {ONROAD = 0}", "x:growth.ONROAD: Input should be greater than 0, got 0"),
    ("background = {O3 = -1}", "greater than or equal to 0, got -1"),
    ("year = 30", "greater than or equal to 1980, got 30"),
    ("grwth = {ONROAD = 1.1}", "x:grwth: unknown key -> did you mean growth"),
    ('year = 2024\nmeasures = ["A"]', "A works from 2025 to ..., not in 2024"),
    ('year = 2030\nmeasures = ["C"]', "C works from ... to 2028, not in 2030"),
    ('factors = [{sector = "POWR", pollutant = "NOx", factor = 1}]', "'POWR' is unknown -> did you mean POWER"),
    ('factors = [{sector = "POWER", pollutant = "NO", factor = 1}]', "'NO' is unknown"),
    ('factors = [{sector = "POWER", factor = 1}]', "factors.0.pollutants: the key is missing"),
    ('factors = [{pollutant = "NOx", factor = -0.1}]', "factors.0.factor: Input should be greater than or equal to 0"),
    (
        'factors = [{pollutant = "NOx", factor = 0.5}, {pollutant = "NOx", factor = 0.6}]',
        "factor NOx of every source is 0.6 here and 0.5 before -> keep one of them",
    ),
]


@pytest.mark.parametrize(("line", "message"), BAD)
def test_each_fault_is_named_with_its_place_and_remedy(tmp_path, line, message):
    (fault,) = faults_of(tmp_path, f'[[scenario]]\nname = "plan"\n[[scenario]]\nname = "x"\n{line}\n')
    assert fault.startswith("scenarios.toml:x")
    assert message in fault


def test_all_faults_come_together(tmp_path):
    text = '[[scenario]]\nname = "plan"\n'
    text += "".join(f'[[scenario]]\nname = "x{number}"\n{line}\n' for number, (line, _) in enumerate(BAD))
    assert len(faults_of(tmp_path, text)) == len(BAD)


def test_background_species_are_checked_when_they_are_known(tmp_path):
    text = '[[scenario]]\nname = "x"\nbackground = {O2 = 0.9}\n'
    assert read(tmp_path, text)["x"].background == {"O2": 0.9}
    (fault,) = faults_of(tmp_path, text, background_species=frozenset({"O3", "CO"}))
    assert "'O2' is unknown -> allowed: CO, O3, OTHER" in fault


@pytest.mark.parametrize("name", ["", "a b", "../x", "x/y", "$(id)", "-x", "a" * 65, "情景"])
def test_names_are_safe_as_file_names(tmp_path, name):
    faults = faults_of(tmp_path, f'[[scenario]]\nname = "{name}"\n')
    assert "should match pattern" in faults[0]


def test_repeated_names_and_a_base_that_changes_something(tmp_path):
    text = '[[scenario]]\nname = "x"\n[[scenario]]\nname = "x"\n[[scenario]]\nname = "base"\nmeasures = ["B"]\n'
    faults = faults_of(tmp_path, text)
    assert len(faults) == 2
    assert "scenarios.toml:x: the name stands more than once" in faults[0]
    assert "the base changes something" in faults[1]


def test_unknown_tables_and_broken_toml(tmp_path):
    assert "scenarios.toml:scenarios: unknown table" in faults_of(tmp_path, "[scenarios]\nx = 1\n")[0]
    assert "not valid TOML" in faults_of(tmp_path, "[[scenario]\n")[0]


ROLLOUT = """
[[scenario]]
name = "half"
measures = ["B"]
rollout = 0.5
[[scenario]]
name = "more"
extends = "half"
measures = ["A"]
rollout = {A = 0.2, B = 0.7}
[[scenario]]
name = "none"
extends = "more"
without = ["B"]
"""


def test_the_roll_out_is_inherited_by_measure(tmp_path):
    own = read(tmp_path, ROLLOUT)
    assert own["half"].rollout == {"B": 0.5}
    assert own["more"].rollout == {"A": 0.2, "B": 0.7}
    assert own["more"].changes == ("rollout B: 0.5 -> 0.7",)
    assert own["none"].rollout == {"A": 0.2}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('measures = ["B"]\nrollout = 1.5', "less than or equal to 1"),
        ('measures = ["B"]\nrollout = {A = 0.5}', "'A' is unknown -> allowed: B"),
    ],
)
def test_a_roll_out_is_a_fraction_of_a_measure_of_the_scenario(tmp_path, line, message):
    faults = faults_of(tmp_path, f'[[scenario]]\nname = "s"\n{line}\n')
    assert any(message in fault for fault in faults)


WINDOWS = """
[[scenario]]
name = "alert"
measures = ["A"]
[[scenario.windows]]
name = "orange"
dates = ["2016-12-16/2016-12-21", "2017-01-01"]
emergency = "orange"
ungraded = "D"
background = {PM = 0.8}
[[scenario.windows]]
name = "summer"
dates = "05-01/10-31"
hours = "10-18"
measures = ["B"]
rollout = 0.5
factors = [{sector = "ONROAD", pollutant = "NOx", factor = 0.7}]
[[scenario.windows]]
name = "night"
dates = "05-01/10-31"
shifts = [{source_class = "gas_station", away = "8-20", to = ["20-24", "0-6"], share = 0.8, pollutant = "VOC"}]

[[scenario]]
name = "longer"
extends = "alert"
[[scenario.windows]]
name = "orange"
dates = "2016-12-16/2016-12-31"
emergency = "red"
"""


def test_windows_are_read_and_a_child_replaces_one_by_its_name(tmp_path):
    own = read(tmp_path, WINDOWS)
    orange, summer, night = own["alert"].windows
    assert (str(orange.window), orange.emergency, orange.ungraded) == (
        "2016-12-16/2016-12-21, 2017-01-01",
        "orange",
        "D",
    )
    assert orange.background == {"PM25": 0.8, "PM10": 0.8}
    assert (str(summer.window), summer.measures, summer.rollout) == ("05-01/10-31, hours 10-18", ("B",), {"B": 0.5})
    assert summer.factors == (DirectFactor(Target(sectors=("ONROAD",)), "NOx", 0.7),)
    (shift,) = night.shifts
    assert (shift.target, shift.share, shift.pollutants) == (Target(source_classes=("gas_station",)), 0.8, ("VOC",))
    assert (shift.away, shift.to) == (frozenset(range(8, 20)), frozenset({20, 21, 22, 23, 0, 1, 2, 3, 4, 5}))
    longer = {plan.name: plan for plan in own["longer"].windows}
    assert (longer["orange"].emergency, str(longer["orange"].window)) == ("red", "2016-12-16/2016-12-31")
    assert longer["night"] == night
    assert any(
        change.startswith("window orange: 2016-12-16/2016-12-21, 2017-01-01:") for change in own["longer"].changes
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('dates = "2016-13-01"', "s:windows.0.dates: month must be in 1..12"),
        ('dates = "winter"', "'winter' is no day"),
        ('hours = "10-25"', "'10-25' is no span of hours"),
        ("hours = []", "names no hour"),
        ('emergency = "blue"', "Input should be '', 'yellow', 'orange' or 'red'"),
        ('emergency = "red"\nungraded = "E"', "s:w:ungraded: 'E' is unknown"),
        ('measures = ["Z"]', "s:w:measures: 'Z' is unknown"),
        ('measures = ["B"]\nrollout = {A = 0.5}', "s:w:rollout: 'A' is unknown -> allowed: B"),
        ("background = {VOCS = 0.5}", ""),
        ('shifts = [{away = "8-9", to = "9-10", sector = "SOLVNT"}]', "did you mean SOLVENT"),
        ('shifts = [{away = "8-9", to = "9-10", pollutant = "VOCs"}]', "'VOCs' is unknown"),
        ('shifts = [{away = "8-9"}]', "windows.0.shifts.0.to: the key is missing"),
        ('emergncy = "red"', "did you mean emergency"),
        ('measures = ["C"]', "C works from ... to 2028, not in 2030"),
    ],
)
def test_faults_of_windows_have_their_place(tmp_path, line, message):
    text = f'[[scenario]]\nname = "s"\nyear = 2030\n[[scenario.windows]]\nname = "w"\n{line}\n'
    if not message:
        assert read(tmp_path, text)["s"].windows[0].background == {"VOCS": 0.5}
        return
    faults = faults_of(tmp_path, text)
    assert any(message in fault for fault in faults), faults


def test_two_windows_of_one_name_are_a_fault(tmp_path):
    text = '[[scenario]]\nname = "s"\n' + '[[scenario.windows]]\nname = "w"\nemergency = "red"\n' * 2
    assert any("two windows bear the name 'w'" in fault for fault in faults_of(tmp_path, text))
