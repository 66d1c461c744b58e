"""The table of alerts: what the shipped one says and how sure it is, whose industry a source is, and bad tables."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from aqcore.errors import InputError
from scenarios.emergency import (
    COLUMNS,
    LEVELS,
    emergency_rules,
    emergency_table,
    read_grading,
    required_share,
    shipped_grading,
)
from scenarios.library import house_vocabulary

GRADING = shipped_grading()


def sources(*rows):
    return pd.DataFrame(
        [{"source_class": "", "industry_code": "", "grade": "", **row} for row in rows],
        index=[f"P{number}" for number in range(len(rows))],
    )


def row(**more):
    cells = dict(zip(COLUMNS, ("industry", "水泥", "cement", "cement", "3011", "A", "red", "30", "production", "plan",
                               "read", "local_plan"), strict=True))  # fmt: skip
    return cells | more


def write(tmp_path, *rows):
    path = tmp_path / "grading.csv"
    pd.DataFrame(rows, columns=list(COLUMNS)).to_csv(path, index=False)
    return path


def test_of_the_industries_only_cement_clinker_is_more_than_an_assumption():
    sure = {(own.kind, own.industry) for own in GRADING if own.certainty != "assumption"}
    assert sure == {("industry", "水泥熟料"), ("city", "全市")}
    assert Counter(own.kind for own in GRADING) == {"industry": 442, "activity": 9, "city": 3}


def test_a_higher_level_and_a_lower_grade_never_ask_for_less():
    found = {(own.industry, own.grade, own.level): own.reduction for own in GRADING}
    order = ["A", "B", "B-", "C", "D"]
    for (industry, grade, level), reduction in found.items():
        for higher in LEVELS[LEVELS.index(level) :]:
            assert found.get((industry, grade, higher), 1.0) >= reduction
        if grade in order:
            for lower in order[order.index(grade) :]:
                assert found.get((industry, lower, level), 1.0) >= reduction, (industry, lower, level)


@pytest.mark.parametrize(("level", "share"), [("yellow", 0.1), ("orange", 0.2), ("red", 0.3)])
def test_what_the_whole_city_has_to_reach(level, share):
    assert required_share(level, GRADING) == (share, "read")


def test_the_industry_follows_the_longest_code_then_the_class():
    own = sources(
        {"source_class": "cement", "grade": "B"},
        {"source_class": "other_industry", "industry_code": "C3011", "grade": "B"},
        {"source_class": "cement", "industry_code": "2110", "grade": "B"},
        {"source_class": "cement", "industry_code": "9999", "grade": "B"},
        {"source_class": "power_coal", "grade": "A"},
    )
    table = emergency_table("orange", own, GRADING)
    assert table["industry"].tolist() == ["水泥熟料", "水泥熟料", "家具制造", "水泥熟料", ""]
    np.testing.assert_array_equal(table["reduction"], [0.2, 0.2, 0.2, 0.2, np.nan])


def test_why_a_source_does_nothing_is_said():
    own = sources(
        {"source_class": "cement"},
        {"source_class": "cement", "grade": "leading"},
        {"source_class": "shoe_adhesive", "grade": "non-leading"},
        {"source_class": "construction_dust"},
    )
    table = emergency_table("red", own, GRADING)
    assert table["why"].tolist() == [
        "has no grade",
        "the table has no grade leading of 水泥熟料 at this level (it has A, B, C, D)",
        "",
        "",
    ]
    assert table["reduction"].tolist()[2:] == [1.0, 0.8]


def test_the_last_of_four_grades_is_the_last_of_two():
    own = sources({"source_class": "shoe_adhesive"}, {"source_class": "cement"})
    table = emergency_table("yellow", own, GRADING, ungraded="D")
    assert table["grade"].tolist() == ["non-leading", "D"]
    assert table["reduction"].tolist() == [0.3, 1.0]


def test_one_rule_an_industry_and_grade_takes_all_pollutants():
    own = sources(*({"source_class": "cement", "grade": grade} for grade in "ABBC"))
    rules = emergency_rules("orange", own, ("NOx", "CO2"), GRADING)
    assert [rule.name for rule in rules] == ["orange 水泥熟料 B", "orange 水泥熟料 C"]
    assert rules[0].target.stacks == ("P1", "P2")
    assert rules[0].remaining == {"NOx": 0.8, "CO2": 0.8}
    assert rules[0].flags == {"NOx": "read", "CO2": "read"}


def test_a_level_that_is_none_is_refused():
    with pytest.raises(ValueError, match="no level 'blue'"):
        emergency_table("blue", sources(), GRADING)


def test_a_city_table_is_read_and_its_flags_kept(tmp_path):
    (own,) = read_grading(write(tmp_path, row()), house_vocabulary())
    assert (own.reduction, own.certainty, own.basis, own.where) == (0.3, "read", "local_plan", "grading.csv:2")
    (own,) = read_grading(write(tmp_path, row(basis="recall")), house_vocabulary())
    assert own.certainty == "assumption"


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"kind": "plant"}, "'plant' is unknown -> allowed: activity, city, industry"),
        ({"level": "blue"}, "'blue' is unknown"),
        ({"grade": "E"}, "'E' is unknown"),
        ({"source_classes": "cemnt"}, "did you mean cement"),
        ({"reduction_pct": "130"}, "130 is outside 0..100"),
        ({"reduction_pct": ""}, "reduction_pct: empty"),
        ({"source": ""}, "source: empty"),
        ({"flag": "sure"}, "'sure' is no flag"),
        ({"basis": ""}, "basis: empty"),
    ],
)
def test_bad_cells_are_named(tmp_path, cells, message):
    with pytest.raises(InputError) as caught:
        read_grading(write(tmp_path, row(**cells)), house_vocabulary())
    assert any(str(fault).startswith("grading.csv:2") and message in str(fault) for fault in caught.value.faults)


def test_rows_that_repeat_and_classes_with_two_industries_are_refused(tmp_path):
    path = write(tmp_path, row(), row(reduction_pct="40"), row(industry_zh="水泥制品", industry_codes=""))
    with pytest.raises(InputError) as caught:
        read_grading(path, house_vocabulary())
    words = [str(fault) for fault in caught.value.faults]
    assert any("says again what grading.csv:2 says" in fault for fault in words)
    assert any("cement belongs to '水泥' already" in fault for fault in words)


def test_a_missing_column_is_named(tmp_path):
    path = tmp_path / "grading.csv"
    path.write_text("kind,level\n", encoding="utf-8")
    with pytest.raises(InputError, match="column 'industry_zh' is missing"):
        read_grading(path, house_vocabulary())
