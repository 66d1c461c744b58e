"""Scenarios and measures: what is cut, by whom, when."""

from collections.abc import Sequence

import pandas as pd

from aqcore.style import colour
from roadmap.report.drawing import WIDTH, Size, drawings
from roadmap.report.figures import effects, timetable
from roadmap.report.figures.scenario_rows import Group, height_cm
from roadmap.report.html_table import Column, as_is, column, number, table
from roadmap.report.numbers import decimal
from roadmap.report.page import Figure, Section, Tabular
from roadmap.report.results import BASE, Results
from roadmap.report.sections import scenario_tables
from roadmap.report.texts import Bilingual, Language, joined, named, pair, text, word, word_list
from roadmap.report.typography import DASH
from roadmap.timetable import RANKED_BY, SHOWN

LISTED, TABLED = 26, 12
"""Measures that the timetable's figure and its table show; the table on disk has all of them."""
TOUCHED_PCT = 1e-9
"""A scenario that changes no pollutant by more than this (%) changes no emission of the city."""
GROUPS = {"single": "1", "timed": "4", "past": "7", "ahead": "3"}
"""Groups of scenarios in their order, with the series colour of each."""
DEPARTMENTS = "、"
"""What stands between departments; the first one leads."""


def section(results: Results) -> Section:
    """Return the section of the scenarios: changes of emission, timetable and largest measures."""
    plan = results.table("roadmap/timetable")
    parts: list[Figure | Tabular] = [emissions_figure(results), scenario_tables.sectors_table(results)]
    if len(plan):
        parts += [timetable_figure(results, plan), measures_table(results, plan)]
    parts += scenario_tables.window_tables(results)
    parts += scenario_tables.category_tables(results)
    found = (*findings(results), *scenario_tables.category_findings(results))
    return Section("scenarios", text("section_scenarios"), found, parts)


def emissions_figure(results: Results) -> Figure:
    """Return the changes of emission by scenario; what changes the inflow only is named instead of drawn."""
    rows = changes(results)
    shown = set(rows["scenario"])
    absent = [name for name in results.subject.scenarios if name != BASE and name not in shown]
    size = Size(WIDTH, height_cm(groups(results, shown, "zh")))
    drawing = drawings(
        lambda fig, language: effects.paint_emissions(fig, language, rows, groups(results, shown, language)), size
    )
    caption = text("caption_emissions")
    if absent:
        caption = text("caption_emissions_without", names=joined(results.title(name) for name in absent))
    return Figure("emissions", caption, drawing, illustrative=results.subject.illustrative)


def changes(results: Results) -> pd.DataFrame:
    """Return scenario, pollutant, change_pct of the whole city, for scenarios that change any emission."""
    mass = results.totals.pivot_table(index="scenario", columns="pollutant", values="mass_t", aggfunc="sum")
    mass = mass[mass.index.isin(list(results.subject.scenarios))]
    percent = 100.0 * (mass / mass.loc[BASE] - 1.0)
    touched = percent[(percent.abs() > TOUCHED_PCT).any(axis=1)]
    return touched.reset_index().melt(id_vars="scenario", value_name="change_pct")


def groups(results: Results, shown: set[str], language: Language) -> list[Group]:
    """Return the scenarios shown in their groups, in the order of `GROUPS`."""
    members: dict[str, list[str]] = {key: [] for key in GROUPS}
    for name in results.subject.scenarios:
        if name in shown and name != BASE:
            members[_group(results, name)].append(name)
    return [
        Group(
            text(f"group_{key}")[language], colour("series", shade),
            {name: results.title(name)[language] for name in members[key]},
        )
        for key, shade in GROUPS.items()
        if members[key]
    ]  # fmt: skip


def _group(results: Results, name: str) -> str:
    subject = results.subject
    if name in subject.single:
        return "single"
    if name in subject.timed:
        return "timed"
    road = {subject.start_scenario, *(stone.scenario for stone in subject.milestones)}
    ahead = name in road or subject.scenario_years.get(name, subject.base_year) >= subject.start_year
    return "ahead" if ahead else "past"


def findings(results: Results) -> tuple[Bilingual, ...]:
    """Return the cut of each milestone from the start of the road."""
    return tuple(cut_finding(results, stone.year) for stone in sorted(results.subject.milestones, key=lambda s: s.year))


def cut_finding(results: Results, year: int) -> Bilingual:
    """Return the cuts of one milestone from the start of the road."""
    rows = results.table("roadmap/cuts")
    row = rows[rows["year"] == year].iloc[0]
    return text(
        "finding_scenarios", start=results.subject.start_year, end=year, nox=decimal(row["NOx_cut_pct"]),
        voc=decimal(row["VOC_cut_pct"]), pm25=decimal(row["PM25_cut_pct"]), ratio=decimal(row["voc_nox_ratio"], 2),
    )  # fmt: skip


def timetable_figure(results: Results, plan: pd.DataFrame) -> Figure:
    """Return the timetable of the measures of the last milestone, the largest first."""
    shown = plan.head(LISTED)
    size = Size(WIDTH, 3.4 + 0.52 * len(shown))
    drawing = drawings(lambda fig, language: timetable.paint(fig, language, bars(shown, language)), size)
    caption = text("caption_timetable", scenario=results.title(results.subject.last.scenario))
    return Figure("timetable", caption, drawing, illustrative=results.subject.illustrative)


def bars(plan: pd.DataFrame, language: Language) -> pd.DataFrame:
    """Return the rows of the timetable's figure: titles and lead departments in one language."""
    titles = [title[language] for title in _titles(plan)]
    leads = [word(str(cell).split(DEPARTMENTS, maxsplit=1)[0])[language] for cell in plan["department"]]
    return plan.assign(title=titles, lead=leads)


def _titles(plan: pd.DataFrame) -> Sequence[Bilingual]:
    return [pair(zh, en) for zh, en in zip(plan["name_zh"], plan["name_en"], strict=True)]


def measures_table(results: Results, plan: pd.DataFrame) -> Tabular:
    """Return the measures that remove most NOx, VOC and PM2.5, with departments, period and tonnes."""
    top = plan.assign(size=plan[list(RANKED_BY)].sum(axis=1)).sort_values("size", ascending=False).head(TABLED)
    rows = top.assign(
        title=column(_titles(top)),
        who=column(word_list(cell, DEPARTMENTS) for cell in top["department"]),
        when=[f"{start:.0f}{DASH}{end:.0f}" for start, end in zip(top["start"], top["end"], strict=True)],
    )
    columns = (
        Column("title", text("col_measure"), as_is),
        Column("who", text("col_department"), as_is),
        Column("when", text("col_period"), numeric=True),
        *(Column(f"{name}_t", text("col_removed", pollutant=named("pollutant", name)), number(0), numeric=True)
          for name in SHOWN),
    )  # fmt: skip
    caption = text("caption_measures", shown=len(rows), count=len(plan))
    return Tabular(caption, table(rows, columns), illustrative=results.subject.illustrative)
