"""The control effect: what each scenario does to the city's statistics."""

from typing import Any

import pandas as pd
from matplotlib.figure import Figure as Drawing

from roadmap.report.drawing import Size, drawings
from roadmap.report.figures import effects
from roadmap.report.page import Figure, Section
from roadmap.report.results import Results
from roadmap.report.texts import Bilingual, Language, text, text_or

PANELS = ("PM25_mean", "O3_MDA8_p90", "NO2_mean")


def section(results: Results) -> Section:
    """Return the section of the control effect."""
    rows = effect_rows(results)
    names = [name for name in results.subject.scenarios if name in set(rows["scenario"])]
    size = Size(26.0, 3.0 + 0.62 * len(names))

    def paint(fig: Drawing, language: Language) -> None:
        titles = {name: results.title(name)[language] for name in names}
        panels = {
            panel: text_or(f"statistic_{panel}", panel)[language] for panel in PANELS if panel in set(rows["panel"])
        }
        effects.paint_concentrations(fig, language, rows, titles, panels)

    figure = Figure("effect", text("caption_effect"), drawings(paint, size), illustrative=results.subject.illustrative)
    return Section("effect", text("section_effect"), findings(results, rows), (figure,))


def effect_rows(results: Results) -> pd.DataFrame:
    """Return panel (statistic), scenario, change, low, high (ug m-3) against the official value of the base year."""
    rows = results.projection[results.projection["against"] == "base"]
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
        sentences.append(_sentence(results, "finding_effect_best", panel, _row(own.iloc[0])))
        if own.iloc[-1]["change"] > 0:
            sentences.append(_sentence(results, "finding_effect_worse", panel, _row(own.iloc[-1])))
    return tuple(sentences)


def _row(row: "pd.Series[Any]") -> dict[str, object]:
    return {str(key): value for key, value in row.items()}


def _sentence(results: Results, key: str, panel: str, row: dict[str, object]) -> Bilingual:
    pattern, name, title = text(key), text_or(f"statistic_{panel}", panel), results.title(str(row["scenario"]))
    numbers = {field: f"{float(str(row[field])):.1f}" for field in ("change", "low", "high")}
    zh = pattern.zh.format(panel=name.zh, scenario=title.zh, **numbers)
    return Bilingual(zh, pattern.en.format(panel=name.en, scenario=title.en, **numbers))
