"""The words of the page: whole in both languages, every key used, every used key there."""

import ast
import csv
import re
from importlib.resources import files
from pathlib import Path
from string import Formatter

import pytest

from roadmap.report.page import MARKS
from roadmap.report.texts import (
    LANGUAGES,
    TAGS,
    Bilingual,
    both,
    joined,
    named,
    pair,
    text,
    text_or,
    texts,
    word,
    word_list,
    words,
)

SOURCE = Path(str(files("roadmap")))


def keys_in_code() -> tuple[set[str], list[re.Pattern[str]]]:
    """Return every string of code and keys of templates, and a pattern for each string with fields."""
    plain: set[str] = set()
    patterns: list[re.Pattern[str]] = []
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                plain.add(node.value)
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                parts = [
                    re.escape(str(value.value)) if isinstance(value, ast.Constant) else r".+" for value in node.values
                ]
                patterns.append(re.compile("".join(parts)))
    return plain | in_templates(), patterns


def used_as_text() -> set[str]:
    """Return the keys that code passes to `text()` as they stand."""
    calls = [
        node
        for file in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "text" and node.args
    ]
    return {call.args[0].value for call in calls if isinstance(call.args[0], ast.Constant)}


def fields(template: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(template) if name is not None)


def test_the_code_uses_keys_at_all() -> None:
    assert len(used_as_text()) > 50, "the search for keys finds nothing: the tests below would prove nothing"


def in_templates() -> set[str]:
    return {
        key
        for file in SOURCE.rglob("*.j2")
        for key in re.findall(r'texts\["(\w+)"\]', file.read_text(encoding="utf-8"))
    }


def test_every_key_used_is_in_the_table() -> None:
    assert in_templates(), "the search in the templates finds nothing"
    assert (used_as_text() | in_templates()) - set(texts()) == set()


def test_every_key_of_the_table_is_used() -> None:
    plain, patterns = keys_in_code()
    known = [pattern for pattern in patterns if not pattern.pattern.startswith(".+")]
    unused = [key for key in texts() if key not in plain and not any(one.fullmatch(key) for one in known)]
    assert unused == []


@pytest.mark.parametrize("stem", ["texts", "words"])
def test_both_languages_are_there_and_no_key_stands_twice(stem: str) -> None:
    with (SOURCE / f"report/data/{stem}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["key"] for row in rows if not (row["zh"].strip() and row["en"].strip())] == []
    keys = [row["key"] for row in rows]
    assert len(keys) == len(set(keys))
    assert set(rows[0]) == {"key", "zh", "en"}


def test_fields_are_the_same_in_both_languages() -> None:
    assert [key for key, one in texts().items() if fields(one.zh) != fields(one.en)] == []


def test_chinese_texts_hold_chinese() -> None:
    """A text that was never translated would be the same in both languages; formulae and names may be."""
    same = {key for key, one in texts().items() if one.zh == one.en}
    assert same <= {"map_density", "bound_of", "with_averaging", "milestone"}


def test_each_language_takes_its_own_value() -> None:
    filled = Bilingual("{a}和{b}", "{a} and {b}").format(a=Bilingual("甲", "A"), b=3)
    assert (filled.zh, filled.en) == ("甲和3", "A and 3")
    assert [filled[language] for language in LANGUAGES] == ["甲和3", "A and 3"]


def test_a_missing_field_is_an_error() -> None:
    with pytest.raises(KeyError, match="year"):
        text("finding_road_all", edition="e", count=1)


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(KeyError):
        text("no such key")


def test_html_shows_each_language_in_its_element_and_escapes() -> None:
    assert Bilingual("甲<b>", "A & B").__html__() == (
        '<span lang="zh-CN">甲&lt;b&gt;</span><span lang="en">A &amp; B</span>'
    )
    assert Bilingual("<b>", "<b>").__html__() == "&lt;b&gt;"
    assert set(TAGS.values()) == {"zh-CN", "en"}


def test_fields_are_never_filled_twice() -> None:
    """A title with braces is data, not a template."""
    assert text("caption_timetable", scenario=Bilingual("{x}", "{x}")).en.startswith("{x}: ")


def test_titles_of_data_in_one_language_serve_both() -> None:
    assert pair("甲", "") == Bilingual("甲", "甲")
    assert pair(float("nan"), "A O3") == Bilingual("A O₃", "A O₃")
    assert both("PM2.5") == Bilingual("PM₂.₅", "PM₂.₅")


def test_lists_and_words() -> None:
    assert joined([Bilingual("甲", "A"), Bilingual("乙", "B")]) == Bilingual("甲、乙", "A, B")
    assert word("生态环境部门").en == "Ecology and environment"
    assert word("某局") == Bilingual("某局", "某局")
    assert word_list("生态环境部门、某局", "、").en == "Ecology and environment, 某局"
    assert word_list("missed; year from memory", ";").zh == "未吻合；年份凭记忆"
    assert word_list(float("nan"), ";") == Bilingual("", "")
    assert text_or("statistic_PM25_mean", "x").en == "PM₂.₅ annual mean"
    assert text_or("statistic_unknown", "O3 of mine").en == "O₃ of mine"
    assert named("sector", "ONROAD").en == "On-road"


def test_verdicts_have_a_mark_besides_their_colour() -> None:
    assert {tone: bool(mark) for tone, mark in MARKS.items()} == {
        "plain": False,
        "good": True,
        "warn": True,
        "bad": True,
    }
    assert len({mark for mark in MARKS.values() if mark}) == 3


def test_words_of_the_demonstration_are_known_where_the_page_shows_them() -> None:
    """Departments of the shipped city and the steps of the ledger are known in both languages."""
    measures = SOURCE.parent / "examples/beijing/measures.csv"
    with measures.open(encoding="utf-8", newline="") as file:
        departments = {name for row in csv.DictReader(file) for name in row["department"].split("、")}
    steps = {"inventory", "speciation", "placing", "time", "layers", "files"}
    assert (departments | steps) - set(words()) == set()
