"""The examples of docs/scenarios.md are read by the readers."""

import re
from pathlib import Path

from scenarios import house_vocabulary, read_measures, read_scenarios
from scenarios.measure_table import COLUMNS

TEXT = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")


def example(kind):
    return "".join(re.findall(rf"^```\w+ {kind}\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE))


def test_the_examples_read(tmp_path):
    (tmp_path / "measures.csv").write_text(example("measures"), encoding="utf-8")
    (tmp_path / "scenarios.toml").write_text(example("scenarios"), encoding="utf-8")
    measures = read_measures(tmp_path / "measures.csv", house_vocabulary())
    scenarios = {own.name: own for own in read_scenarios(tmp_path / "scenarios.toml", measures, house_vocabulary())}
    assert list(scenarios)[:3] == ["base", "bau_2030", "plan_2030"]
    assert [plan.name for plan in scenarios["winter_and_alert"].windows] == [
        "orange_december", "summer_noon", "paint_at_night"]  # fmt: skip
    assert scenarios["plan_2030"].growth == {"ONROAD": 1.15, "POWER": 0.9}


def test_every_column_is_documented():
    table = TEXT.partition("## scenarios.toml")[0]
    assert [name for name in COLUMNS if f"`{name}`" not in table] == []
