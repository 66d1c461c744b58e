"""The shipped library: large enough, every number sourced and flagged, every target known, and physically sound."""

import csv
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest

from emissions.inventory import inventory_of
from emissions.source_classes import source_classes
from scenarios import Scenario, measure_library, resolve

FACTS = Path(__file__).parents[2].parent / "shared" / "facts" / "measures" / "measures.csv"
NAMES = {"VOCs": "VOC", "PM2.5": "PM25"}


def test_it_is_a_library():
    library = measure_library()
    assert len(library) >= 60
    assert len({measure.id for measure in library}) == len(library)


def test_every_usual_sector_has_measures():
    reached = {source_classes()[name].sector for own in measure_library() for name in own.target.source_classes}
    assert reached == {
        "POWER", "BOILERS", "INDUSTRY", "ONROAD", "OFFROAD", "RESIDENTIAL", "SOLVENT", "STORAGE", "DUST", "AGRICULTURE",
        "WASTE", "COOKING",
    }  # fmt: skip


def test_every_number_has_a_source_a_flag_and_names_its_assumptions():
    for own in measure_library():
        assert own.name_zh != own.name_en
        assert own.department
        for effect in own.effects.values():
            assert effect.source
            assert effect.flag in ("read", "knowledge")
            assert "coverage" in effect.assumed
            assert (effect.cost is not None) == ("cost" in effect.assumed)
            assert (effect.stage_share < 1.0) == ("stage_share" in effect.assumed)


def test_no_measure_is_without_target():
    assert all(own.target.source_classes for own in measure_library())


@pytest.mark.parametrize("pm10_over_pm25", [1.0, 1.3, 4.0])
def test_every_measure_resolves_alone_on_a_source_of_each_class_and_keeps_particles_nested(pm10_over_pm25):
    fine = {"PM10": 10.0 * pm10_over_pm25, "PM25": 10.0, "BC": 4.0, "OC": 6.0}
    gases = dict.fromkeys(("SO2", "NOx", "VOC", "NH3", "CO", "CO2"), 100.0)
    rows = [{"district": "110101", "source_class": name, **gases, **fine} for name in source_classes()]
    inventory = inventory_of(rows)
    nested = [own for own in measure_library() if own.id not in _STRONGER_ON_COARSE or pm10_over_pm25 > 3.0]
    table = resolve([Scenario(own.id, measures=(own.id,)) for own in nested], nested, inventory)
    assert len(table.names) == len(nested) + 1


#: Dust measures that take more of PM10 than of PM2.5: on a source whose PM10 is nearly all fine that cannot be.
_STRONGER_ON_COARSE = {"M012", "M070", "M071", "M072", "M073", "M074", "M075"}


@pytest.mark.skipif(not FACTS.exists(), reason="the table of facts is not beside the clone")
def test_removals_and_costs_are_those_of_the_facts():
    with FACTS.open(encoding="utf-8-sig") as file:
        facts = {
            (row["measure_id"], NAMES.get(row["pollutant"], row["pollutant"])): row for row in csv.DictReader(file)
        }
    library = {own.id: own for own in measure_library()}
    left_out = {name for name, _ in facts} - set(library)
    assert left_out == {
        "M023",
        "M091",
        "M098",
    }  # no source class for ceramics and fireworks; emergency levels are dates
    for (name, pollutant), row in facts.items():
        if name not in left_out:
            effect = library[name].effects[pollutant]
            assert effect.removal == pytest.approx(float(row["removal_central_pct"]) / 100.0)
            assert effect.flag == row["flag_efficiency"]
            assert effect.cost == (float(row["cost_cny_per_t_removed"]) if row["cost_cny_per_t_removed"] else None)


def test_the_table_is_plain():
    text = files("scenarios").joinpath("data/measures.csv").read_text(encoding="utf-8")
    counts = Counter(len(row) for row in csv.reader(text.splitlines()))
    assert len(counts) == 1
