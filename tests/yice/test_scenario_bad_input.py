"""Wrong measures, grading and scenarios by the command line: every fault at once, with its place, exit status 2."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scenarios.emergency import COLUMNS
from yice.cli import app

CITY = Path(__file__).parent / "tiny_city"
RUNNER = CliRunner()


@pytest.fixture
def city(tmp_path):
    shutil.copytree(CITY, tmp_path / "tiny")
    return tmp_path / "tiny"


def faults(city):
    result = RUNNER.invoke(app, ["check", str(city), "--json"])
    assert result.exit_code == 2, result.output
    assert not (city / "work").exists()
    found = json.loads(result.stdout)["faults"]
    assert all(fault["remedy"] and fault["where"] for fault in found)
    return [f"{fault['where']}: {fault['what']} -> {fault['remedy']}" for fault in found]


def add(city, text):
    file = city / "scenarios.toml"
    file.write_text(file.read_text("utf-8") + text, encoding="utf-8")


def told(found, *expected):
    for text in expected:
        assert any(text in fault for fault in found), (text, found)


BAD_ROWS = """evil,x,x,交通,ONROAD,,,,NOx,130,0,50,,,,,synthetic,constructed
half,x,x,交通,ONRAOD,,,,NOx,80,-5,50,,,,,synthetic,constructed
less,x,x,交通,,,990109,,NOx,80,60,50,,,,,synthetic,constructed
late,x,x,交通,,,,,NOy,80,0,50,2026-06,2026-03,,,synthetic,guess
"""
BAD_SCENARIOS = """
[[scenario]]
name = "a"
extends = "b"

[[scenario]]
name = "b"
extends = "a"

[[scenario]]
name = "two_alerts"
[[scenario.windows]]
name = "one"
dates = "07-01/07-20"
emergency = "red"
[[scenario.windows]]
name = "two"
dates = "07-10/07-31"
emergency = "orange"

[[scenario]]
name = "says_twice"
factors = [{sector = "ONROAD", pollutant = "NOx", factor = 0.5}, {sector = "ONROAD", pollutant = "NOx", factor = 0.4}]
growth = {ONROAD = 1.1}

[[scenario]]
name = "grows_less"
growth = {ONROAD = 0.9, ONRAOD = 1.0}

[[scenario]]
name = "of_both"
extends = ["says_twice", "grows_less"]
colour = "red"

[[scenario]]
name = "wild"
factors = [{district = "990103", pollutant = "NOx", factor = -0.5}]
windows = [{name = "never", dates = "2016-12-21/2016-12-16", hours = "25-3", emergency = "purple"}]

[[set]]
kind = "zero_out"
pollutants = "NOx"
sectors = ["ONROADS"]
"""


def test_faults_of_measures_and_scenarios_come_together(city):
    with (city / "measures.csv").open("a", encoding="utf-8") as file:
        file.write(BAD_ROWS)
    add(city, BAD_SCENARIOS)
    found = faults(city)
    told(
        found,
        "measures.csv:8:removal_pct: 130 is outside 0..100",
        "measures.csv:9:sectors: 'ONRAOD' is unknown -> did you mean ONROAD",
        "measures.csv:9:coverage_now_pct: -5 is outside 0..100",
        "measures.csv:10:districts: '990109' is unknown -> did you mean 990",
        "measures.csv:10:coverage_planned_pct: 50 % is below today's 60 %",
        "measures.csv:11:pollutant: 'NOy' is unknown -> did you mean NOx",
        "measures.csv:11:end: 2026-03 lies before the start 2026-06",
        "scenarios.toml:a:extends: extends itself: a -> b -> a",
        "scenarios.toml:two_alerts:two: the orange alert of 07-10/07-31 meets the red alert of 07-01/07-20",
        "scenarios.toml:says_twice:factors 2: factor NOx of sectors=ONROAD is 0.4 here and 0.5 before",
        "scenarios.toml:grows_less:growth: 'ONRAOD' is unknown -> did you mean ONROAD",
        "scenarios.toml:of_both:colour: unknown key -> ",
        "scenarios.toml:of_both:extends: growth ONROAD is 1.1 or 0.9 depending on the parent",
        "scenarios.toml:wild:factors.0.factor: Input should be greater than or equal to 0",
        "scenarios.toml:wild:windows.0.dates: '2016-12-21/2016-12-16' ends before it begins",
        "scenarios.toml:wild:windows.0.hours: '25-3' is no span of hours",
        "scenarios.toml:wild:windows.0.emergency: Input should be '', 'yellow', 'orange' or 'red'",
        "scenarios.toml:set 1:sectors: 'ONROADS' is unknown -> did you mean ONROAD",
    )


def test_conflicting_parents_and_a_district_nobody_has(city):
    add(city, BAD_SCENARIOS.replace('colour = "red"', "").replace("factor = -0.5", "factor = 0.5"))
    told(
        faults(city),
        "scenarios.toml:of_both:extends: growth ONROAD is 1.1 or 0.9 depending on the parent -> state it in 'of_both'",
    )


def test_what_only_the_sources_can_tell_names_the_scenario_once(city):
    """A measure that reaches nothing, in a scenario that the matrix scales: one fault, not one a node."""
    with (city / "measures.csv").open("a", encoding="utf-8") as file:
        file.write("none,x,x,交通,SOLVENT,,990101,,SO2,80,0,50,,,,,synthetic,constructed\n")
    add(city, '[[scenario]]\nname = "empty"\nmeasures = ["none"]\n')
    own = (city / "city.toml").read_text("utf-8")
    (city / "city.toml").write_text(own.replace("[scenarios]", '[scenarios]\nmatrix_of = "empty"'), encoding="utf-8")
    (fault,) = faults(city)
    assert fault.startswith("scenarios.toml:empty: none reaches nothing: 0 sources fit")


def test_windows_and_triggers_that_hold_no_modelled_day(city):
    add(
        city,
        '[[scenario]]\nname = "past"\n[[scenario.windows]]\nname = "w"\ndates = "2016-12-16/2016-12-21"\n'
        'factors = [{sector = "ONROAD", pollutant = "NOx", factor = 0.5}]\n',
    )
    told(
        faults(city),
        "scenarios.toml:past:w: 2016-12-16/2016-12-21 holds none of the modelled days (2013-01-16, 2013-07-10)",
    )
    own = (city / "scenarios.toml").read_text("utf-8")
    trigger = 'trigger = {pollutant = "PM25", at_least = 500}'
    (city / "scenarios.toml").write_text(own.replace('dates = "2016-12-16/2016-12-21"', trigger), encoding="utf-8")
    told(faults(city), "past:w:trigger: no modelled day has PM25 from 500 ug/m3 -> change it: the highest are")


def test_faults_stand_beside_those_of_an_inventory_that_cannot_be_read(city):
    area = (city / "area.csv").read_text("utf-8")
    (city / "area.csv").write_text(area.replace("heating_coal", "heating_cole"), encoding="utf-8")
    add(city, '[[scenario]]\nname = "x"\nmeasures = ["evv"]\nbackground = {O4 = 0.5}\n')
    told(faults(city), "heating_cole", "'evv' is unknown -> did you mean ev")


def test_an_unknown_species_of_the_inflow(city):
    add(city, '[[scenario]]\nname = "x"\nbackground = {O4 = 0.5}\n')
    told(faults(city), "scenarios.toml:x:background:O4: 'O4' is unknown -> ")


def test_the_city_s_own_grading_is_read_and_its_faults_told(city):
    header = ",".join(COLUMNS)
    row = "activity,机动车,cars,onroad_gasoline,,,red,40,emission,the city's plan,read,local_plan"
    (city / "grading.csv").write_text(f"{header}\n{row}\n", encoding="utf-8")
    own = (city / "city.toml").read_text("utf-8")
    own = own.replace("[scenarios]", '[scenarios]\ngrading = "grading.csv"')
    (city / "city.toml").write_text(own, encoding="utf-8")
    add(city, '[[scenario]]\nname = "alert"\n[[scenario.windows]]\nname = "w"\nemergency = "red"\n')
    result = RUNNER.invoke(app, ["check", str(city), "--json"])
    assert result.exit_code == 0, result.output
    bad = row.replace(",40,", ",140,").replace("red", "rouge").replace("onroad_gasoline", "onroad_petrol")
    (city / "grading.csv").write_text(f"{header}\n{bad}\n", encoding="utf-8")
    told(
        faults(city),
        "grading.csv:2:level: 'rouge' is unknown",
        "grading.csv:2:source_classes: 'onroad_petrol' is unknown",
        "grading.csv:2:reduction_pct: 140 is outside 0..100",
    )


def test_a_faulty_scenario_hides_neither_its_other_faults_nor_those_of_its_children(city):
    add(
        city,
        '[[scenario]]\nname = "x"\nyear = "soon"\nmeasures = ["evv"]\nextends = ["target_2028"]\n'
        '[[scenario]]\nname = "y"\nextends = ["x"]\ngrowth = {ONRAOD = 1.1}\n',
    )
    found = faults(city)
    told(
        found,
        "x:year: ",
        "x:measures: 'evv'",
        "x:extends: 'target_2028' is no scenario -> did you mean target_2",
        "y:growth: 'ONRAOD'",
    )
    assert not any("'x' is no scenario" in fault for fault in found)


def test_a_place_is_printed_as_it_is(city):
    """`:x:` is no picture."""
    add(city, '[[scenario]]\nname = "x"\nyear = "soon"\n')
    result = RUNNER.invoke(app, ["check", str(city)])
    assert result.exit_code == 2
    assert "scenarios.toml:x:year" in result.stderr
