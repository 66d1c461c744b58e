"""Scenarios and measures: what is cut, by whom, when."""

import pandas as pd

from roadmap.report.drawing import Size, drawings
from roadmap.report.figures import effects, timetable
from roadmap.report.page import Figure, Section
from roadmap.report.results import Results
from roadmap.report.texts import Bilingual, Language, text

LISTED = 26
"""Measures that the timetable's figure shows; the table on disk has all of them."""


def section(results: Results) -> Section:
    """Return the section of the scenarios: changes of emission, and the timetable of the last milestone."""
    mark = results.subject.illustrative
    rows = changes(results)
    chosen = [name for name in results.subject.scenarios if name != "base" and name in set(rows["scenario"])]
    size = Size(26.0, 3.0 + 0.62 * len(chosen))
    drawing = drawings(
        lambda fig, language: effects.paint_emissions(fig, language, rows, _titles(results, chosen, language)), size
    )
    figure = Figure("emissions", text("caption_emissions"), drawing, illustrative=mark)
    return Section("scenarios", text("section_scenarios"), findings(results), (figure, timetable_figure(results)))


def changes(results: Results) -> pd.DataFrame:
    """Return scenario, pollutant, change_pct of the whole city, for scenarios that change any emission."""
    mass = results.totals.pivot_table(index="scenario", columns="pollutant", values="mass_t", aggfunc="sum")
    percent = 100.0 * (mass / mass.loc["base"] - 1.0)
    touched = percent[(percent.abs() > 1e-9).any(axis=1)]
    return touched.reset_index().melt(id_vars="scenario", value_name="change_pct")


def _titles(results: Results, names: list[str], language: Language) -> dict[str, str]:
    return {name: results.title(name)[language] for name in names}


def findings(results: Results) -> tuple[Bilingual, ...]:
    """Return the cut of each milestone from the start of the road."""
    rows = results.table("roadmap/cuts").to_dict("records")
    return tuple(
        text(
            "finding_scenarios", start=results.subject.start_year, end=row["year"],
            nox=f"{row['NOx_cut_pct']:.0f}", voc=f"{row['VOC_cut_pct']:.0f}", pm25=f"{row['PM25_cut_pct']:.0f}",
            ratio=f"{row['voc_nox_ratio']:.2f}",
        )
        for row in rows
    )  # fmt: skip


def timetable_figure(results: Results) -> Figure:
    """Return the timetable of the measures of the last milestone, the largest first."""
    plan = results.table("roadmap/timetable").head(LISTED)
    last = results.subject.milestones[-1]
    size = Size(26.0, 2.5 + 0.5 * len(plan))
    drawing = drawings(lambda fig, language: timetable.paint(fig, language, _rows(plan, language)), size)
    title = results.title(last.scenario)
    pattern = text("caption_timetable")
    caption = Bilingual(pattern.zh.format(scenario=title.zh), pattern.en.format(scenario=title.en))
    return Figure("timetable", caption, drawing, illustrative=results.subject.illustrative)


def _rows(plan: pd.DataFrame, language: Language) -> pd.DataFrame:
    return plan.assign(title=plan[f"name_{language}"], nox_t=plan["NOx_t"], voc_t=plan["VOC_t"])
