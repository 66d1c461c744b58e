"""Reading measures: what a file says is what the measure holds, and every fault of a bad file is named at once."""

import pytest

from aqcore.errors import InputError
from scenarios.library import house_vocabulary
from scenarios.measure import Effect, Measure
from scenarios.measure_table import combined, read_measures
from scenarios.target import Target
from scenarios.vocabulary import Vocabulary

HEADER = (
    "measure_id,name_zh,name_en,department,sectors,source_classes,districts,grades,pollutant,removal_pct,"
    "coverage_now_pct,coverage_planned_pct,start,end,group,cost_cny_per_t,source,flag"
)
GOOD = "B1,电动公交,electric buses,交通委,ONROAD,,110101;110102,,NOx,100,10,40,2014,2017,bus,150000,plan,read"


def write(tmp_path, *lines, header=HEADER, name="measures.csv"):
    path = tmp_path / name
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def faults_of(path, vocabulary=None):
    with pytest.raises(InputError) as caught:
        read_measures(path, vocabulary or house_vocabulary())
    return [str(fault) for fault in caught.value.faults]


def test_a_row_becomes_a_measure(tmp_path):
    (own,) = read_measures(write(tmp_path, GOOD), house_vocabulary())
    effect = Effect(1.0, 0.1, 0.4, cost=150000.0, source="plan", flag="read")
    target = Target(sectors=("ONROAD",), districts=("110101", "110102"))
    assert own == Measure("B1", "电动公交", "electric buses", target, {"NOx": effect}, "交通委", 2014, 2017, "bus")
    assert own.where == "measures.csv:2"


def test_rows_of_one_measure_join_and_excel_marks_are_tolerated(tmp_path):
    path = write(tmp_path, GOOD, "", GOOD.replace(",NOx,100,", ",PM25,80,"))
    path.write_text("\ufeff" + path.read_text(encoding="utf-8"), encoding="utf-8")
    (own,) = read_measures(path, house_vocabulary())
    assert {name: effect.removal for name, effect in own.effects.items()} == {"NOx": 1.0, "PM25": 0.8}


def test_toml_says_the_same_as_csv(tmp_path):
    path = tmp_path / "measures.toml"
    path.write_text(
        """
        [[measure]]
        id = "B1"
        name_zh = "电动公交"
        name_en = "electric buses"
        department = "交通委"
        sectors = ["ONROAD"]
        districts = ["110101", "110102"]
        start = 2014
        end = 2017
        group = "bus"
        [[measure.effect]]
        pollutant = "NOx"
        removal_pct = 100
        coverage_now_pct = 10
        coverage_planned_pct = 40
        cost_cny_per_t = 150000
        source = "plan"
        flag = "read"
        """,
        encoding="utf-8",
    )
    assert read_measures(path, house_vocabulary()) == read_measures(write(tmp_path, GOOD), house_vocabulary())


def test_optional_columns(tmp_path):
    header = HEADER + ",removal_low_pct,removal_high_pct,stage_share_pct,co2_change_pct,assumed,parks,enterprises,note"
    (own,) = read_measures(
        write(tmp_path, GOOD + ",90,100,25,-30,coverage;cost,P1,,x", header=header), house_vocabulary()
    )
    effect = own.effects["NOx"]
    assert (effect.low, effect.high, effect.stage_share, own.co2_change) == (0.9, 1.0, 0.25, -0.3)
    assert (effect.assumed, own.target.parks) == (("coverage", "cost"), ("P1",))


BAD_CELLS = [
    ("pollutant", "NOX", "'NOX' is unknown -> did you mean NOx"),
    ("sectors", "ONRAOD", "'ONRAOD' is unknown -> did you mean ONROAD"),
    ("source_classes", "onroad_deisel", "did you mean onroad_diesel"),
    ("grades", "E", "'E' is unknown -> allowed: A, B"),
    ("removal_pct", "120", "120 is outside 0..100"),
    ("removal_pct", "-1", "-1 is outside 0..100"),
    ("removal_pct", "nan", "nan is outside 0..100"),
    ("removal_pct", "much", "'much' is no number"),
    ("removal_pct", "", "removal_pct: empty -> give a percentage"),
    ("coverage_now_pct", "50", "40 % is below today's 50 %"),
    ("coverage_planned_pct", "101", "101 is outside 0..100"),
    ("start", "2014-06-01", "'2014-06-01' is no year"),
    ("start", "2018", "2017 lies before the start 2018"),
    ("cost_cny_per_t", "cheap", "'cheap' is no number"),
    ("flag", "sure", "'sure' is no flag -> allowed: read"),
    ("source", "", "source: empty -> say where"),
    ("measure_id", "", "measure_id: empty"),
]


@pytest.mark.parametrize(("column", "value", "message"), BAD_CELLS)
def test_each_bad_cell_is_named_with_its_place_and_remedy(tmp_path, column, value, message):
    cells = dict(zip(HEADER.split(","), GOOD.split(","), strict=True)) | {column: value}
    (fault,) = faults_of(write(tmp_path, ",".join(cells.values())))
    assert fault.startswith("measures.csv:2")
    assert message in fault


def test_all_faults_of_a_file_come_together(tmp_path):
    rows = []
    for number, (column, value, _) in enumerate(BAD_CELLS):
        cells = dict(zip(HEADER.split(","), GOOD.split(","), strict=True)) | {"measure_id": f"B{number}", column: value}
        rows.append(",".join(cells.values()))
    assert len(faults_of(write(tmp_path, *rows))) == len(BAD_CELLS)


def test_districts_are_checked_when_the_city_is_known(tmp_path):
    house = house_vocabulary()
    city = Vocabulary({**house.names, "districts": frozenset({"110101", "110105"})}, house.pollutants)
    (fault,) = faults_of(write(tmp_path, GOOD), city)
    assert "'110102' is unknown" in fault


def test_repeated_pollutant_and_rows_that_disagree(tmp_path):
    other = GOOD.replace("交通委", "环境局").replace("2014", "2015")
    faults = faults_of(write(tmp_path, GOOD, other))
    assert len(faults) == 3
    assert any("names NOx twice" in fault for fault in faults)
    assert any(
        "measures.csv:3:department" in fault and "'环境局', but measures.csv:2 says" in fault for fault in faults
    )
    assert any("measures.csv:3:start" in fault for fault in faults)


def test_columns(tmp_path):
    header = HEADER.replace("department", "departement").replace(",coverage_now_pct", ",flag")
    faults = faults_of(write(tmp_path, GOOD, header=header))
    assert any("unknown column 'departement' -> did you mean department?" in fault for fault in faults)
    assert any("column 'coverage_now_pct' is missing" in fault for fault in faults)
    assert any("column 'flag' stands 2 times" in fault for fault in faults)


def test_a_row_with_a_comma_too_many(tmp_path):
    (fault,) = faults_of(write(tmp_path, GOOD + ",x"))
    assert fault == "measures.csv:2: 19 cells under 18 columns -> quote cells that hold a comma"


def test_central_removal_outside_its_own_bounds(tmp_path):
    (fault,) = faults_of(write(tmp_path, GOOD + ",10,90", header=HEADER + ",removal_low_pct,removal_high_pct"))
    assert "outside its own bounds" in fault


def test_a_measure_needs_a_name(tmp_path):
    (fault,) = faults_of(write(tmp_path, GOOD.replace("电动公交,electric buses", ",")))
    assert "has no name" in fault


def test_unknown_keys_of_toml_and_a_measure_without_effect(tmp_path):
    path = tmp_path / "measures.toml"
    path.write_text('x = 1\n[[measure]]\nid = "A"\nname_zh = "甲"\nsector = ["POWER"]\n', encoding="utf-8")
    faults = faults_of(path)
    assert any("measures.toml:x: unknown table" in fault for fault in faults)
    assert any("measure 1:sector: unknown key -> did you mean sectors" in fault for fault in faults)
    assert any("no [[measure.effect]]" in fault for fault in faults)


def test_broken_toml_is_named(tmp_path):
    path = tmp_path / "measures.toml"
    path.write_text("[[measure]\n", encoding="utf-8")
    (fault,) = faults_of(path)
    assert "not valid TOML" in fault


def test_the_city_replaces_the_library():
    def own(name, city):
        return Measure(name, city, city, Target(), {})

    both = combined([own("A", "lib"), own("B", "lib")], [own("B", "city"), own("C", "city")])
    assert [(each.id, each.name_zh) for each in both] == [("A", "lib"), ("B", "city"), ("C", "city")]


COSTED = "lifetime_a,investment_cny,running_cost_cny_per_a,evidence,levels,industries,stacks"


def test_costs_evidence_and_the_rarer_targets(tmp_path):
    row = f"{GOOD},15,2e6,-1000,acceptance report,溶剂使用源,211;C30,P1"
    (own,) = read_measures(write(tmp_path, row, header=f"{HEADER},{COSTED}"), house_vocabulary())
    assert (own.lifetime, own.investment, own.running_cost) == (15.0, 2e6, -1000.0)
    assert own.evidence == "acceptance report"
    assert (own.target.levels, own.target.industries, own.target.stacks) == (("溶剂使用源",), ("211", "C30"), ("P1",))


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (",2e6,,,,,", "lifetime_a: empty beside an investment"),
        ("0,2e6,,,,,", "0 is outside 1..100"),
        ("15,-1,,,,,", "-1 is outside 0..1e+13"),
    ],
)
def test_costs_that_cannot_be(tmp_path, cells, message):
    (fault,) = faults_of(write(tmp_path, f"{GOOD},{cells}", header=f"{HEADER},{COSTED}"))
    assert message in fault
