"""The control effect: what each scenario does to the city's statistics, and where in the city."""

from typing import Any

import pandas as pd

from roadmap.report.drawing import WIDTH, Size, drawings
from roadmap.report.figures import effects, maps
from roadmap.report.figures.scenario_rows import height_cm
from roadmap.report.numbers import decimal, span
from roadmap.report.page import Figure, Section
from roadmap.report.results import CITY, Results
from roadmap.report.sections.scenarios import groups
from roadmap.report.texts import Bilingual, both, text, text_or

PANELS = ("PM25_mean", "O3_MDA8_p90", "NO2_mean")
MAPPED = (("PM25", "mean", "year"), ("O3", "MDA8_mean", "summer"))
"""Pollutant, statistic and season of the maps."""


def section(results: Results) -> Section:
    """Return the section of the control effect."""
    rows = effect_rows(results)
    shown = set(rows["scenario"])
    panels = [panel for panel in PANELS if panel in set(rows["panel"])]
    drawing = drawings(
        lambda fig, language: effects.paint_concentrations(
            fig, language, rows, groups(results, shown, language),
            {panel: text_or(f"statistic_{panel}", panel)[language] for panel in panels},
        ),
        Size(WIDTH, height_cm(groups(results, shown, "zh"))),
    )  # fmt: skip
    figure = Figure("effect", text("caption_effect"), drawing, illustrative=results.subject.illustrative)
    return Section("effect", text("section_effect"), findings(results, rows), (figure, map_figure(results)))


def effect_rows(results: Results) -> pd.DataFrame:
    """Return panel (statistic), scenario, change, low, high (ug m-3) against the official value of the base year."""
    rows = results.projection[results.projection["purpose"] == "effect"]
    rows = rows[rows["statistic"].isin(PANELS)]
    bounds = {
        name: rows[source] - rows["observed"]
        for name, source in (("change", "value"), ("low", "low"), ("high", "high"))
    }
    return pd.DataFrame({"panel": rows["statistic"], "scenario": rows["scenario"], **bounds})


def findings(results: Results, rows: pd.DataFrame) -> tuple[Bilingual, ...]:
    """Return for PM2.5 and ozone the scenario that lowers it most, and the one that raises it most, if any."""
    sentences = []
    for panel in PANELS[:2]:
        own = rows[rows["panel"] == panel].sort_values("change")
        if own.empty:
            continue
        sentences.append(_sentence(results, "finding_effect_best", panel, own.iloc[0]))
        if own.iloc[-1]["change"] > 0:
            sentences.append(_sentence(results, "finding_effect_worse", panel, own.iloc[-1]))
    return tuple(sentences)


def _sentence(results: Results, key: str, panel: str, row: "pd.Series[Any]") -> Bilingual:
    return text(
        key, panel=text_or(f"statistic_{panel}", panel), scenario=results.title(str(row["scenario"])),
        change=decimal(row["change"], 1, sign=True), interval=span(row["low"], row["high"], 1, sign=True),
    )  # fmt: skip


def map_figure(results: Results) -> Figure:
    """Return the maps of the last milestone's change by district: against the base, and against the road's start."""
    subject = results.subject
    panels = [
        _panel(results, which, against, year)
        for which in MAPPED
        for against, year in (("base", subject.base_year), (subject.start_scenario, subject.start_year))
    ]
    drawing = drawings(
        lambda fig, language: maps.paint(fig, language, subject.districts, panels),
        Size(WIDTH, 10.0 * maps.rows_for(len(panels))),
    )
    caption = text("caption_effect_maps", scenario=results.title(subject.last.scenario))
    return Figure("effect_maps", caption, drawing, illustrative=subject.illustrative)


def _panel(results: Results, which: tuple[str, str, str], against: str, year: int) -> maps.DistrictPanel:
    pollutant, _, season = which
    last = results.subject.last
    change = district_change(results, which, last.scenario, against)
    title = text("map_change", name=text(f"map_{pollutant}_{season}"), start=year, end=last.year)
    return maps.DistrictPanel(title, both("μg/m³"), change)


def district_change(results: Results, which: tuple[str, str, str], scenario: str, against: str) -> dict[str, float]:
    """Return the change (ug m-3) of the modelled statistic by district, from the base or another scenario."""
    pollutant, statistic, season = which
    rows = results.effect
    keys = (rows["pollutant"] == pollutant) & (rows["statistic"] == statistic) & (rows["season"] == season)
    rows = rows[keys & (rows["zone"] != CITY)]
    after = rows[rows["scenario"] == scenario].set_index("zone")
    if against == "base":
        return {str(zone): float(value) for zone, value in after["change"].items()}
    before = rows[rows["scenario"] == against].set_index("zone")["control"]
    return {str(zone): float(value) for zone, value in (after["control"] - before).items()}
