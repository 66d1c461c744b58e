"""The control table by hand, its reach, its totals, and what it refuses."""

import numpy as np
import pytest

from aqcore.errors import InputError
from emissions.inventory import inventory_of
from scenarios import BASE, DirectFactor, Effect, Measure, Scenario, Target, matrix, resolve, zero_out

CLOSE = 1e-12  # relative: products and sums of a handful of numbers


def plain(name, removal, pollutants=("NOx",), now=0.0, planned=1.0, group="", **target):
    effects = {pollutant: Effect(removal, now, planned, flag="read") for pollutant in pollutants}
    return Measure(name, name, name, Target(**target), effects, group=group)


@pytest.fixture
def inventory():
    """Two districts; a power plant and a furniture plant as points."""
    return inventory_of(
        [
            {"district": "110101", "source_class": "onroad_diesel", "NOx": 200.0, "VOC": 10.0, "PM10": 5.0,
             "PM25": 5.0},
            {"district": "110105", "source_class": "onroad_diesel", "NOx": 100.0, "VOC": 5.0, "PM10": 2.0, "PM25": 2.0},
            {"source_id": "P1", "name": "热电厂", "district": "110105", "source_class": "power_coal", "lon": 116.5,
             "lat": 39.9, "grade": "B", "level3": "热电联产", "industry_code": "4412",
             "NOx": 50.0, "SO2": 80.0, "PM10": 30.0, "PM25": 20.0, "BC": 1.0, "OC": 2.0},
            {"source_id": "P2", "enterprise": "家具厂", "name": "喷漆线", "district": "110101", "park": "东园",
             "source_class": "furniture_coating", "lon": 116.4, "lat": 39.9, "grade": "C", "industry_code": "C2110",
             "VOC": 40.0},
        ]
    )  # fmt: skip


def factor(table, scenario, source, pollutant):
    return float(table.of(scenario).sel(source=source, pollutant=pollutant))


def faults_of(scenarios, measures, inventory):
    with pytest.raises(InputError) as caught:
        resolve(scenarios, measures, inventory)
    return [str(fault) for fault in caught.value.faults]


def test_two_measures_one_after_the_other_on_what_is_left(inventory):
    """50 % then 20 % leave 0.5 x 0.8 = 0.4; a third covers half of it now and all of it later."""
    measures = [
        plain("A", 0.5, sectors=("POWER",)),
        plain("B", 0.2, districts=("110105",)),
        plain("C", 0.4, now=0.5, planned=1.0, source_classes=("power_coal",)),
    ]
    table = resolve([Scenario("s", measures=("A", "B", "C"))], measures, inventory)
    assert factor(table, "s", "P1", "NOx") == pytest.approx(0.5 * 0.8 * (0.6 / 0.8), rel=CLOSE)
    assert factor(table, "s", "110105:onroad_diesel", "NOx") == pytest.approx(0.8, rel=CLOSE)
    assert factor(table, "s", "110101:onroad_diesel", "NOx") == 1.0


def test_growth_comes_before_control(inventory):
    table = resolve([Scenario("s", measures=("A",), growth={"ONROAD": 1.5})], [plain("A", 0.5)], inventory)
    assert factor(table, "s", "110101:onroad_diesel", "NOx") == pytest.approx(0.75, rel=CLOSE)
    assert factor(table, "s", "110101:onroad_diesel", "VOC") == pytest.approx(1.5, rel=CLOSE)
    rows = table.reach.set_index("measure").loc["A"]
    assert rows["mass_before_t"] == pytest.approx(300.0 * 1.5 + 50.0, rel=CLOSE)
    assert rows["removed_t"] == pytest.approx(250.0, rel=CLOSE)


@pytest.mark.parametrize(
    ("target", "reached"),
    [
        ({}, {"110101:onroad_diesel", "110105:onroad_diesel", "P1", "P2"}),
        ({"sectors": ("SOLVENT",)}, {"P2"}),
        ({"grades": ("B", "C")}, {"P1", "P2"}),
        ({"parks": ("东园",)}, {"P2"}),
        ({"enterprises": ("家具厂",)}, {"P2"}),
        ({"enterprises": ("热电厂", "P2")}, {"P1", "P2"}),
        ({"enterprises": ("110101:onroad_diesel",)}, {"110101:onroad_diesel"}),
        ({"sectors": ("ONROAD",), "districts": ("110105",)}, {"110105:onroad_diesel"}),
        ({"stacks": ("P2",)}, {"P2"}),
        ({"levels": ("溶剂使用源",)}, {"P2"}),
        ({"levels": ("0301",)}, {"110101:onroad_diesel", "110105:onroad_diesel"}),
        ({"levels": ("热电联产",)}, {"P1"}),
        ({"industries": ("21",)}, {"P2"}),
        ({"industries": ("4412", "C211")}, {"P1", "P2"}),
    ],
)
def test_targets(inventory, target, reached):
    own = plain("A", 0.5, pollutants=("NOx", "VOC"), **target)
    factors = resolve([Scenario("s", measures=("A",))], [own], inventory).of("s").sel(pollutant="VOC").to_series()
    assert set(factors.index[factors < 1.0]) == reached


def test_the_base_is_first_and_exactly_one(inventory):
    table = resolve([Scenario("s", measures=("A",))], [plain("A", 0.5)], inventory)
    assert table.names == (BASE, "s")
    assert (table.of(BASE) == 1.0).all()


def test_the_matrix_scales_nox_and_voc_and_nothing_else(inventory):
    table = resolve(matrix([0.6, 1.0], [0.8, 1.0]), [], inventory)
    node = table.of("nox_060_voc_080")
    assert (node.sel(pollutant="NOx") == 0.6).all()
    assert (node.sel(pollutant="VOC") == 0.8).all()
    assert (node.drop_sel(pollutant=["NOx", "VOC"]) == 1.0).all()
    assert (table.of("nox_100_voc_100") == 1.0).all()


def test_a_matrix_on_top_of_a_plan_multiplies_it(inventory):
    everywhere = Scenario("plan", factors=(DirectFactor(Target(), "NOx", 0.5),))
    table = resolve([everywhere, *matrix([0.6, 1.0], [1.0], of=everywhere)], [], inventory)
    assert factor(table, "nox_060_voc_100", "P1", "NOx") == pytest.approx(0.3, rel=CLOSE)
    assert (table.of("nox_100_voc_100") == table.of("plan")).all()


def test_zero_out_leaves_nothing_of_the_sector(inventory):
    table = resolve(zero_out(inventory.pollutants, sectors=inventory.sectors, districts=["110105"]), [], inventory)
    assert float(table.inventory("zero_ONROAD", inventory).mass.sel(source="110101:onroad_diesel").sum()) == 0.0
    totals = table.totals(inventory).set_index(["scenario", "sector", "pollutant"])
    assert totals.loc[("zero_ONROAD", "ONROAD", "NOx"), "change_pct"] == -100.0
    assert totals.loc[("zero_ONROAD", "POWER", "NOx"), "change_pct"] == 0.0
    assert totals.loc[("zero_110105", "ONROAD", "NOx"), "mass_t"] == pytest.approx(200.0, rel=CLOSE)


def test_totals_by_hand(inventory):
    table = resolve(
        [Scenario("s", measures=("A",), growth={"POWER": 1.2})], [plain("A", 0.5, sectors=("ONROAD",))], inventory
    )
    totals = table.totals(inventory).set_index(["scenario", "sector", "pollutant"])
    assert list(totals.columns) == ["mass_t", "change_pct"]
    assert totals.loc[("s", "ONROAD", "NOx")].tolist() == pytest.approx([150.0, -50.0], rel=CLOSE)
    assert totals.loc[("s", "POWER", "SO2")].tolist() == pytest.approx([96.0, 20.0], rel=CLOSE)
    assert totals.loc[("s", "SOLVENT", "NOx"), "mass_t"] == 0.0
    assert np.isnan(totals.loc[("s", "SOLVENT", "NOx"), "change_pct"])


def test_diff_of_two_scenarios(inventory):
    scenarios = [Scenario("a", measures=("A",)), Scenario("b", growth={"ONROAD": 2.0})]
    table = resolve(scenarios, [plain("A", 0.5, sectors=("ONROAD",))], inventory)
    first = table.diff(inventory, "a", "b").iloc[0]
    assert first[["sector", "pollutant", "a_t", "b_t", "difference_t"]].tolist() == [
        "ONROAD", "NOx", pytest.approx(150.0), pytest.approx(600.0), pytest.approx(450.0),
    ]  # fmt: skip
    assert first["change_pct"] == pytest.approx(300.0)


def test_factors_by_sector_and_district_carry_the_same_mass(inventory):
    measures = [plain("A", 0.5, grades=("B",)), plain("B", 0.3, pollutants=("VOC",), districts=("110101",))]
    table = resolve([Scenario("s", measures=("A", "B"))], measures, inventory)
    cells = table.by_sector_district(inventory)
    assert cells.dims == ("scenario", "sector", "district", "pollutant")
    start = inventory.total(("sector", "district", "pollutant")).set_index(["sector", "district", "pollutant"])[
        "mass_t"
    ]
    after = table.inventory("s", inventory).total(("sector", "district", "pollutant"))
    for row in after.itertuples():
        own = float(cells.sel(scenario="s", sector=row.sector, district=row.district, pollutant=row.pollutant))
        assert own * start[row.sector, row.district, row.pollutant] == pytest.approx(row.mass_t, rel=CLOSE)


def test_the_background_is_one_where_a_scenario_is_silent(inventory):
    table = resolve([Scenario("a", background={"O3": 0.9}), Scenario("b", background={"CO": 0.8})], [], inventory)
    assert table.background.dims == ("scenario", "species")
    assert table.background.to_pandas().to_numpy().tolist() == [[1.0, 1.0], [1.0, 0.9], [0.8, 1.0]]
    assert table.background["species"].to_numpy().tolist() == ["CO", "O3"]


def test_reach_by_hand(inventory):
    measures = [plain("A", 0.5, pollutants=("PM25",), sectors=("POWER",)), plain("B", 0.2, pollutants=("PM25",))]
    reach = resolve([Scenario("s", measures=("B", "A"))], measures, inventory).reach.set_index(["measure", "pollutant"])
    assert reach.loc[("A", "PM25"), ["given", "flag", "sources"]].tolist() == [True, "read", 1]
    assert reach.loc[("A", "PM10"), ["given", "flag", "sources"]].tolist() == [False, "read", 1]
    # the plant: 20 t, A takes (0.5 + 0.5 * 0.8) / 2, B (0.2 + 0.2 * 0.5) / 2; the roads: 7 t, B takes 0.2
    assert reach.loc[("A", "PM25"), "removed_t"] == pytest.approx(20.0 * 0.45, rel=CLOSE)
    assert reach.loc[("B", "PM25"), "removed_t"] == pytest.approx(20.0 * 0.15 + 7.0 * 0.2, rel=CLOSE)
    assert reach.loc[("B", "PM25"), "sources"] == 3
    assert set(reach["scenario"]) == {"s"}


def test_direct_factors_stand_in_the_reach_table_too(inventory):
    own = Scenario("s", factors=(DirectFactor(Target(sectors=("POWER",)), "PM10", 0.5),))
    reach = resolve([own], [], inventory).reach.set_index("pollutant")
    assert set(reach["measure"]) == {"factor sectors=POWER"}
    assert reach["removed_t"].to_dict() == pytest.approx({"PM10": 15.0, "PM25": 10.0, "BC": 0.5, "OC": 1.0}, rel=CLOSE)


def test_a_measure_that_reaches_nothing_is_an_error(inventory):
    measures = [plain("A", 0.5, sectors=("SOLVENT",)), plain("B", 0.5, grades=("A",))]
    faults = faults_of([Scenario("s", measures=("A", "B"))], measures, inventory)
    end = ", none emits NOx -> correct its target or leave it out of the scenario"
    assert faults == [
        f"scenario s: A reaches nothing: 1 sources fit sectors=SOLVENT{end}",
        f"scenario s: B reaches nothing: 0 sources fit grades=A{end}",
    ]


def test_a_follower_alone_does_not_count_as_reach():
    inventory = inventory_of([{"district": "110101", "source_class": "cooking", "BC": 1.0, "NOx": 1.0}])
    (fault,) = faults_of([Scenario("s", measures=("A",))], [plain("A", 0.5, pollutants=("PM25",))], inventory)
    assert "reaches nothing" in fault


def test_exclusive_measures_that_meet_are_an_error(inventory):
    reaches = {"A": ("110101",), "B": ("110105",), "C": ("110101", "110105")}
    measures = [plain(name, 0.5, group="truck", districts=districts) for name, districts in reaches.items()]
    resolve([Scenario("s", measures=("A", "B"))], measures, inventory)
    (fault,) = faults_of([Scenario("s", measures=("A", "C"))], measures, inventory)
    assert fault == (
        "scenario s: A, C exclude each other (group 'truck') but meet on 2 sources, e.g. 110101:onroad_diesel"
        " -> narrow one target or leave one measure out"
    )


def test_growth_of_a_sector_without_sources_is_an_error(inventory):
    (fault,) = faults_of([Scenario("s", growth={"DUST": 1.1})], [], inventory)
    assert "'DUST' has no sources in the inventory" in fault


def test_unknown_names_in_targets_are_named_once(inventory):
    own = plain("A", 0.5, districts=("110106",), enterprises=("热电长",))
    faults = faults_of([Scenario(name, measures=("A",)) for name in "st"], [own], inventory)
    assert sum("'110106' is unknown -> did you mean 110105, 110101?" in fault for fault in faults) == 1
    assert sum("'热电长' is unknown -> did you mean 热电厂?" in fault for fault in faults) == 1


def test_unknown_measures_repeated_names_and_a_false_base(inventory):
    assert "'Z' is unknown" in faults_of([Scenario("s", measures=("Z",))], [], inventory)[0]
    assert "stands more than once" in faults_of([Scenario("s"), Scenario("s")], [], inventory)[0]
    assert "the base changes something" in faults_of([Scenario(BASE, growth={"POWER": 1.1})], [], inventory)[0]


def test_particles_that_would_outgrow_what_holds_them_are_an_error(inventory):
    effects = {"PM10": Effect(0.9, 0.0, 1.0), "PM25": Effect(0.1, 0.0, 1.0)}
    own = Measure("A", "a", "a", Target(sectors=("POWER",)), effects)
    (fault,) = faults_of([Scenario("s", measures=("A",))], [own], inventory)
    assert "PM25 comes out above PM10 at 1 sources, e.g. P1 (A)" in fault


def test_an_inventory_that_does_not_state_pm10_is_not_blamed():
    inventory = inventory_of([{"district": "110101", "source_class": "cooking", "PM25": 1.0, "PM10": 0.0}])
    own = Measure("A", "a", "a", Target(), {"PM10": Effect(0.9, 0.0, 1.0), "PM25": Effect(0.1, 0.0, 1.0)})
    assert factor(resolve([Scenario("s", measures=("A",))], [own], inventory), "s", "110101:cooking", "PM25") == 0.9


def test_an_unknown_scenario_is_no_scenario(inventory):
    with pytest.raises(KeyError):
        resolve([], [], inventory).of("s")
