"""`yice scenarios` and `yice scenarios diff` as a user calls them, on a synthetic city with windows of every kind."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from yice.cli import app

CITY = Path(__file__).parent / "tiny_city"
CLOSE = 1e-9  # relative: sums of shares
RUNNER = CliRunner()

WINDOWS = """
[[scenario]]
name = "haze"
title_en = "Half the cars on haze days"

[[scenario.windows]]
name = "bad_days"
trigger = {pollutant = "PM25", at_least = 60}
factors = [{sector = "ONROAD", pollutant = "NOx", factor = 0.5}]

[[scenario]]
name = "summer"
extends = ["summer_o3"]

[[scenario.windows]]
name = "noon"
dates = "07-01/07-31"
hours = "10-18"
factors = [{sector = "ONROAD", pollutant = "NOx", factor = 0.5}]

[[scenario]]
name = "twin"
extends = "cleaner"
"""
PUBLISHED = """quantity,period,scope,pollutant,value,low,high,unit,source,flag,note
reduction,2013-2017,city,SO2,1600,,,t,synthetic,constructed,
reduction,2013-2017,city,NOx,3600,,,t,synthetic,constructed,
reduction,2013-2017,city,NH3,100,,,t,synthetic,constructed,
"""
REVIEW = """
[[roadmap.review]]
name_zh = "行动"
name_en = "Action"
start_year = 2013
end_year = 2017
scenario = "cleaner"
"""


def call(*words):
    return RUNNER.invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    folder = tmp_path_factory.mktemp("city") / "tiny"
    shutil.copytree(CITY, folder)
    toml = (folder / "scenarios.toml").read_text("utf-8") + WINDOWS
    for name in ("ev", "paint"):
        toml += f'[[scenario]]\nname = "only_{name}"\nyear = 2030\nmeasures = ["{name}"]\n'
    (folder / "scenarios.toml").write_text(toml, encoding="utf-8")
    (folder / "published.csv").write_text(PUBLISHED, encoding="utf-8")
    own = (folder / "city.toml").read_text("utf-8")
    own = own.replace('area = "area.csv"', 'area = "area.csv"\npublished = "published.csv"') + REVIEW
    (folder / "city.toml").write_text(own, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def document(city):
    result = call("scenarios", city, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def mass(document, scenario, sector, pollutant):
    found = [row for row in document["sectors"]
             if (row["scenario"], row["sector"], row["pollutant"]) == (scenario, sector, pollutant)]  # fmt: skip
    return found[0]["mass_t"]


def test_emissions_by_scenario_sector_and_pollutant(document):
    assert mass(document, "cleaner", "ONROAD", "NOx") == pytest.approx(9000 * 0.6, rel=CLOSE)
    assert document["mass_t"]["cleaner"]["SO2"] == pytest.approx(1530 - 1500 * 0.72, rel=CLOSE)


def test_a_triggered_window_counts_every_day_that_its_day_stands_for(document):
    """Both typical days have PM2.5 of 80: the window acts on 183 and 182 days, all of the year but for rounding."""
    left = mass(document, "haze", "ONROAD", "NOx") / 9000
    assert left == pytest.approx(0.5, abs=0.03)  # two days stand for a year of weekdays and months
    window = next(row for row in document["windows"] if row["scenario"] == "haze")
    assert (window["model_days"], window["days_a_year"]) == (2, 365.0)


def test_windows_say_on_which_days_they_act(document):
    found = {(row["scenario"], row["window"]): row for row in document["windows"]}
    noon = found["summer", "noon"]
    assert noon["when"] == "07-01/07-31, hours 10-18"
    assert (noon["model_days"], noon["days_a_year"]) == (1, 183.0)
    assert "summer_hours" in {window for _, window in found}


def test_the_nearest_scenario_is_named_and_a_twin_is_told(document):
    found = {row["scenario"]: row for row in document["nearest"]}
    assert (found["twin"]["nearest"], found["twin"]["same"]) == ("cleaner", True)
    assert not found["haze"]["same"]


def test_model_days_and_their_cost_are_known_before_any_run(document):
    box, cmaq = document["plans"]
    assert box["model_days"] == 2 * (len(document["mass_t"]) + 9)  # named scenarios and nine nodes of the matrix
    assert (box["basis"], cmaq["basis"]) == ("estimate", "unknown")
    assert 0.0 < box["core_hours"] < 0.1
    assert (cmaq["model_days"], cmaq["core_hours"]) == (len(document["mass_t"]), None)


def test_categories_stand_beside_the_published_totals_and_misses_are_named(document):
    whole = {row["pollutant"]: row for row in document["categories"] if row["category"] == "ALL"}
    assert whole["NOx"]["reduction_kt"] == pytest.approx(9.0 * 0.4, rel=CLOSE)
    assert not whole["NOx"]["miss"]
    assert whole["SO2"]["miss"] == "SO2: 1.1 kt instead of the published 1.6 kt (-32 %)"
    assert "the programme takes none" in whole["NH3"]["miss"]
    parts = sum(row["reduction_kt"] for row in document["categories"]
                if row["category"] != "ALL" and row["pollutant"] == "VOC")  # fmt: skip
    assert parts == pytest.approx(whole["VOC"]["reduction_kt"], rel=CLOSE)


def test_tables_stand_in_the_work_folder(city, document):
    files = {path.stem for path in (city / "work/scenarios").glob("*.csv")}
    assert {"totals", "reach", "nearest", "costs", "windows", "window_reach", "categories"} <= files
    totals = pd.read_csv(city / "work/scenarios/totals.csv")
    assert list(totals.columns) == ["scenario", "sector", "pollutant", "mass_t", "change_pct", "windows_t"]


def test_what_people_read(city, document):
    result = call("scenarios", city, "--scenario", "cleaner")
    assert result.exit_code == 0, result.output
    for expected in (
        "haze *",
        "cleaner: emission by sector",
        "Nearest scenarios",
        "Model days and their cost",
        "5,400",
    ):
        assert expected in result.stdout, expected
    assert "missed" in result.stderr


def test_two_scenarios_are_compared(city, document):
    result = call("scenarios", "diff", city, "only_coal", "cleaner", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert {row["key"] for row in found["settings"]} == {"year", "measure ev", "measure paint"}
    first = found["emissions"][0]
    assert (first["sector"], first["pollutant"]) == ("ONROAD", "VOC")
    assert first["difference_t"] == pytest.approx(-10500 * 0.4, rel=CLOSE)
    folder = city / "work/scenario_diffs/only_coal__cleaner"
    assert sorted(path.name for path in folder.iterdir()) == ["emissions.csv", "settings.csv"]


def test_diff_of_the_folder_where_one_stands(city, document, monkeypatch):
    monkeypatch.chdir(city)
    result = call("scenarios", "diff", "base", "nox_050_voc_100")
    assert result.exit_code == 0, result.output
    assert "What nox_050_voc_100 says otherwise than base" in result.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            ("diff", "CITY", "cleanerr", "haaze"),
            ("no scenario 'cleanerr'", "mean cleaner", "mean haze"),
        ),
        (("CITY", "--scenario", "sumer"), ("no scenario 'sumer'", "did you mean summer")),
        (("diff", "cleaner"), ("give [CITY] A B",)),
    ],
)
def test_unknown_names_are_told_with_the_nearest(city, words, expected):
    result = call("scenarios", *(city if word == "CITY" else word for word in words))
    assert result.exit_code == 2
    for text in expected:
        assert text in result.stderr


def test_help_names_both_commands():
    result = call("scenarios", "--help")
    assert result.exit_code == 0
    assert "show" in result.stdout
    assert "diff" in result.stdout
