"""Tables of the page: headings, numbers, groups, and no text of a user that acts."""

import numpy as np
import pandas as pd

from roadmap.report.html_table import Column, as_is, column, number, table
from roadmap.report.texts import Bilingual

NAME = Column("name", Bilingual("名称", "Name"), as_is)
MASS = Column("mass", Bilingual("质量", "Mass"), number(1, sign=True), numeric=True)


def one(name: object, mass: object = 1.0) -> pd.DataFrame:
    return pd.DataFrame({"name": column([name]) if isinstance(name, Bilingual) else [name], "mass": [mass]})


def test_a_table_by_hand() -> None:
    assert table(one("a", -1234.56), (NAME, MASS)) == (
        '<div class="scroll"><table><thead><tr>'
        '<th scope="col"><span lang="zh-CN">名称</span><span lang="en">Name</span></th>'
        '<th scope="col" class="num"><span lang="zh-CN">质量</span><span lang="en">Mass</span></th>'
        '</tr></thead><tbody><tr><td>a</td><td class="num">−1,234.6</td></tr></tbody></table></div>'
    )


def test_texts_of_a_user_come_out_escaped() -> None:
    hostile = '<script>alert("1")</script>'
    for name in (hostile, Bilingual(hostile, hostile), Bilingual("甲", hostile)):
        html = table(one(name), (NAME, MASS))
        assert "<script" not in html
        assert "&lt;script&gt;alert(" in html


def test_headings_are_escaped_too() -> None:
    html = table(one("a"), (Column("name", Bilingual("<i>", "<i>")),))
    assert "<i>" not in html
    assert "&lt;i&gt;" in html


def test_missing_numbers_are_dashes() -> None:
    assert '<td class="num">—</td>' in table(one("a", np.nan), (NAME, MASS))
    assert '<td class="num">—</td>' in table(one("a", None), (NAME, MASS))


def test_rows_set_off() -> None:
    data = pd.DataFrame({"name": ["a", "b"], "mass": [1.0, 2.0], "mine": [False, True]})
    html = table(data, (NAME,), highlight="mine")
    assert html.count('<tr class="set-off">') == 1
    assert '<tr class="set-off"><td>b</td></tr>' in html


def test_a_heading_above_each_group_spans_all_columns() -> None:
    data = pd.DataFrame({"name": ["a", "b", "c"], "mass": [1.0, 2.0, 3.0], "year": ["<2030>", "<2030>", "2031"]})
    html = table(data, (NAME, MASS), group="year")
    assert html.count('<tr class="group">') == 2
    assert '<th colspan="2" scope="colgroup">&lt;2030&gt;</th>' in html
    assert html.index("2031") > html.index("<td>b</td>")


def test_a_column_of_texts_is_not_taken_apart() -> None:
    cells = column(iter([Bilingual("甲", "A"), Bilingual("乙", "B")]))
    assert cells.shape == (2,)
    assert cells[1].en == "B"


def test_an_empty_table_has_its_heading() -> None:
    html = table(pd.DataFrame(columns=["name", "mass"]), (NAME, MASS))
    assert "<tbody></tbody>" in html
    assert "名称" in html
