"""Tables of the scenarios section, by hand: sectors, windows, alerts, a programme by category."""

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from roadmap.report.page import Tabular
from roadmap.report.results import Results
from roadmap.report.sections import scenario_tables, scenarios

Changed = Callable[..., Results]


def cells(part: Tabular, language: str = "zh-CN") -> list[list[str]]:
    """Return the text of the cells of each row, without the spans of one language."""
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", str(part.html), re.DOTALL)
    other = [re.sub(rf'<span lang="{language}">.*?</span>', "", row) for row in rows]
    return [[re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row)] for row in other]


@pytest.fixture
def tables() -> dict[str, pd.DataFrame]:
    """Return an alert on one day and a summer window, and a programme of one category."""
    windows = pd.DataFrame({
        "scenario": ["past_2017", "now"], "window": ["alert", "summer"], "when": ["2013-01-16", "05-01/10-31"],
        "does": ["orange alert", "..."], "level": ["orange", np.nan], "measures": [0, 1], "factors": [0, 0],
        "inflow": [2, 0], "shifts": [0, 3], "model_days": [1, 2], "days_a_year": [33.0, 184.0],
    })  # fmt: skip
    alerts = pd.DataFrame({
        "scenario": ["past_2017"] * 2, "window": ["alert"] * 2, "level": ["orange"] * 2, "pollutant": ["NOx", "PM10"],
        "reduction_pct": [10.04, 23.6], "assumed_pct": [9.3, 22.9], "required_pct": [20.0, 20.0],
        "met": [False, True],
    })  # fmt: skip
    categories = pd.DataFrame({
        "category": ["coal", "coal", "ALL", "ALL", "ALL"], "pollutant": ["SO2", "NOx", "SO2", "NOx", "VOC"],
        "reduction_kt": [78.5, 30.0, 78.5, 30.0, np.nan], "published_kt": [np.nan, np.nan, 120.0, 31.0, 97.3],
        "difference_pct": [np.nan, np.nan, -34.6, -3.2, np.nan], "flag": ["assumption"] * 4 + [np.nan],
        "miss": [np.nan, np.nan, "SO2: ...", np.nan, "VOC: ..."], "programme": "past_2017",
    })  # fmt: skip
    return {"scenarios/windows": windows, "scenarios/alerts": alerts, "scenarios/categories": categories}


@pytest.fixture
def results(synthetic: Results, changed: Changed, tables: dict[str, pd.DataFrame]) -> Results:
    found = changed()
    for name, table in tables.items():
        table.to_csv(found.work / f"{name}.csv", index=False)
    return found


def test_sectors_stand_by_scenario_with_their_change(synthetic: Results) -> None:
    rows = cells(scenario_tables.sectors_table(synthetic))
    assert rows[0] == ["Sector", "SO₂", "NOₓ", "VOCs", "NH₃", "PM₂.₅"]
    assert rows[1] == ["Now"]
    assert rows[2] == ["On-road", "1,000 (−80%)", "10,000 (−50%)", "18,000 (−40%)", "3,200 (−20%)", "3,200 (−60%)"]
    assert rows[3] == ["Road &lt;script&gt;"]
    assert rows[4][2] == "5,000 (−75%)"


def test_a_sector_that_emits_none_has_a_dash(changed: Changed, synthetic: Results) -> None:
    none = synthetic.totals.assign(sector="SOLVENT", mass_t=0.0)
    found = changed({"scenarios/totals": pd.concat([synthetic.totals, none])})
    assert cells(scenario_tables.sectors_table(found))[3] == ["Solvent use", *["–"] * 5]


def test_windows_tell_when_what_and_how_often(results: Results) -> None:
    rows = cells(scenario_tables.window_tables(results)[0])
    assert rows[1] == ["State of 2017", "2013-01-16", "orange alert, factors on the inflow: 2", "1", "33"]
    assert rows[2] == ["Now", "05-01/10-31", "measures: 1, groups moved to other hours: 3", "2", "184"]
    chinese = cells(scenario_tables.window_tables(results)[0], "en")
    assert chinese[1][2] == "橙色预警、2 项来流系数"


def test_alerts_stand_beside_what_their_level_asks(results: Results) -> None:
    part = scenario_tables.window_tables(results)[1]
    rows = cells(part)
    assert rows[1] == ["State of 2017", "orange alert", "NOₓ", "10.0", "9.3", "20", "no"]
    assert rows[2] == ["State of 2017", "orange alert", "PM₁₀", "23.6", "22.9", "20", "yes"]
    assert part.illustrative


def test_a_programme_stands_beside_the_published_with_its_difference(results: Results) -> None:
    (part,) = scenario_tables.category_tables(results)
    assert cells(part)[1:] == [
        ["Only coal", "78.5", "30.0", "—"], ["All categories", "78.5", "30.0", "0.0"],
        ["Published", "120.0", "31.0", "97.3"], ["Difference (%)", "−34.6", "−3.2", "—"],
    ]  # fmt: skip
    assert part.illustrative


def test_every_miss_is_named_in_both_languages(results: Results) -> None:
    (sentence,) = scenario_tables.category_findings(results)
    assert sentence.en == (
        "State of 2017 misses published reductions: SO₂ 78.5 kt (published 120.0 kt, −35%), VOCs (published 97.3 kt, "
        "none in the scenario)."
    )
    assert "2017年的减排量未达到已公布数值的有：SO₂ 78.5 kt（已公布 120.0 kt，相差 −35%）" in sentence.zh


def test_a_city_without_windows_and_reviews_has_none_of_these(synthetic: Results) -> None:
    assert scenario_tables.window_tables(synthetic) == []
    assert scenario_tables.category_tables(synthetic) == []
    assert scenario_tables.category_findings(synthetic) == ()


def test_they_stand_in_the_section(results: Results) -> None:
    section = scenarios.section(results)
    assert sum(isinstance(part, Tabular) for part in section.parts) == 5
    assert any("misses published reductions" in sentence.en for sentence in section.findings)


def test_scenarios_of_certain_hours_have_a_group_of_their_own(synthetic: Results) -> None:
    timed = replace(synthetic, subject=replace(synthetic.subject, timed=("past_2017",)))
    groups = scenarios.groups(timed, {"only_coal", "past_2017", "now", "target"}, "en")
    assert [(group.title, list(group.scenarios)) for group in groups] == [
        ("One category alone", ["only_coal"]),
        ("Alerts and moved hours", ["past_2017"]),
        ("The road ahead", ["now", "target"]),
    ]
