"""Before any run: totals with the city, nearest scenarios, costs, and what two scenarios say differently, by hand."""

import math

import pandas as pd
import pytest

from emissions.inventory import inventory_of
from scenarios import Effect, Measure, Scenario, Target, resolve
from scenarios.categories import category_reductions
from scenarios.preview import compare, emission_table, nearest, plan_runs

CLOSE = 1e-12  # relative: sums and products of a handful of numbers
MEASURES = [
    Measure("A", "甲", "a", Target(sectors=("ONROAD",)), {"NOx": Effect(0.5, 0.0, 1.0, flag="read")}),
    Measure("B", "乙", "b", Target(sectors=("ONROAD",)), {"NOx": Effect(0.2, 0.0, 1.0, flag="constructed")}),
]


@pytest.fixture
def inventory():
    """100 t of lorries, 300 t of boilers."""
    return inventory_of([
        {"district": "110101", "source_class": "onroad_diesel", "NOx": 100.0},
        {"district": "110101", "source_class": "boiler_gas", "NOx": 300.0},
    ])  # fmt: skip


@pytest.fixture
def table(inventory):
    scenarios = [
        Scenario("a", measures=("A",)),
        Scenario("b", measures=("B",), growth={"BOILERS": 1.1}),
        Scenario("both", measures=("A", "B")),
        Scenario("twin", measures=("A",)),
        Scenario("inflow", measures=("A",), background={"O3": 0.9}),
    ]
    return resolve(scenarios, MEASURES, inventory)


def test_the_city_stands_beside_its_sectors(table, inventory):
    rows = emission_table(table, inventory, ["a"]).set_index("sector")
    assert rows["mass_t"].to_dict() == {"ONROAD": 50.0, "BOILERS": 300.0, "ALL": 350.0}
    assert rows.loc["ALL", "change_pct"] == pytest.approx(-12.5, rel=CLOSE)
    assert set(rows["windows"]) == {""}


def test_the_nearest_scenario_and_its_distance(table, inventory):
    """`both` leaves 40 t of the lorries, `a` 50 t: 10 of 400 t differ."""
    rows = nearest(table, inventory).set_index("scenario")
    assert (rows.loc["twin", "nearest"], rows.loc["twin", "same"]) == ("a", True)
    assert rows.loc["both", "nearest"] == "a"
    assert rows.loc["both", "distance_pct"] == pytest.approx(2.5, rel=CLOSE)
    assert not rows.loc["both", "same"]
    only = nearest(table, inventory, ["base"]).set_index("scenario")
    assert only.loc["inflow", "inflow_pct"] == pytest.approx(10.0, rel=CLOSE)
    assert only.loc["b", "distance_pct"] == pytest.approx(100.0 * (20.0 + 30.0) / 400.0, rel=CLOSE)


def test_the_cost_is_learned_from_what_ran():
    plan = plan_runs(["a", "b"], 30, recorded=[(100.0, 10), (260.0, 10)], cores=4)
    assert (plan.model_days, plan.core_seconds_per_day) == (60, 18.0)
    assert plan.core_hours == pytest.approx(0.3, rel=CLOSE)
    assert plan.hours == pytest.approx(0.075, rel=CLOSE)
    assert math.isnan(plan_runs(["a"], 30).core_hours)
    with pytest.raises(ValueError, match="at least 1"):
        plan_runs(["a"], 1, cores=0)


def test_what_two_scenarios_say_differently(table):
    rows = compare(table, "a", "b").set_index("key")
    assert rows["a"].to_dict() == {"measure A": "100 %", "measure B": "", "growth BOILERS": ""}
    assert rows["b"].to_dict() == {"measure A": "", "measure B": "100 %", "growth BOILERS": "1.1"}
    assert compare(table, "a", "twin").empty


PUBLISHED = pd.DataFrame([("NOx", 0.1, "x", "read"), ("SO2", 2.0, "x", "read")],
                         columns=["pollutant", "reduction_kt", "source", "flag"])  # fmt: skip


def test_categories_add_up_and_every_miss_is_named(inventory):
    """50 % and 20 %: 60 t together; each order gives A 50 or 40 t and B 10 or 20 t, so 45 and 15 t."""
    scenarios = [Scenario("all", measures=("A", "B")), Scenario("one", measures=("A",)),
                 Scenario("two", measures=("B",))]  # fmt: skip
    table = resolve(scenarios, MEASURES, inventory)
    found = category_reductions(table, "all", {"x": "one", "y": "two"}, PUBLISHED, tolerance_pct=5.0)
    rows = found.set_index(["category", "pollutant"])
    assert rows.loc[("x", "NOx"), "reduction_kt"] == pytest.approx(0.045, rel=CLOSE)
    assert rows.loc[("y", "NOx"), "reduction_kt"] == pytest.approx(0.015, rel=CLOSE)
    assert rows.loc[("y", "NOx"), "alone_kt"] == pytest.approx(0.02, rel=CLOSE)
    assert rows.loc[("ALL", "NOx"), "flag"] == "constructed"
    assert rows.loc[("ALL", "NOx"), "miss"] == "NOx: 0.1 kt instead of the published 0.1 kt (-40 %)"
    assert rows.loc[("ALL", "SO2"), "miss"] == "SO2: 2 kt published, the programme takes none"
    near = PUBLISHED.head(1).assign(reduction_kt=0.0601)
    within = category_reductions(table, "all", {"x": "one", "y": "two"}, near, tolerance_pct=5.0)
    assert within[within["category"] == "ALL"]["miss"].tolist() == [""]


def test_categories_have_to_split_the_programme(inventory):
    table = resolve([Scenario("all", measures=("A", "B")), Scenario("one", measures=("A",))], MEASURES, inventory)
    with pytest.raises(ValueError, match="missing \\['B'\\]"):
        category_reductions(table, "all", {"x": "one"}, PUBLISHED, tolerance_pct=5.0)
