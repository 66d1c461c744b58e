"""The reduction ratio: isopleth, regime by district, VOC:NOx in its readings, the least cuts."""

import numpy as np
import pandas as pd

from roadmap.report.drawing import Size, drawings
from roadmap.report.figures import isopleth
from roadmap.report.html_table import Column, as_is, column, number, table
from roadmap.report.page import Card, Figure, Section, Tabular
from roadmap.report.results import Results
from roadmap.report.texts import Bilingual, Language, text, text_or

CITY = "city"


def section(results: Results) -> Section:
    """Return the section of the reduction ratio."""
    drawing = drawings(
        lambda fig, language: isopleth.paint(fig, language, city_isopleth(results, language)), Size(20.0, 14.0)
    )
    figure = Figure("isopleth", text("caption_isopleth"), drawing, illustrative=results.subject.illustrative)
    return Section("ratio", text("section_ratio"), findings(results), (figure, ratio_table(results)))


def city_isopleth(results: Results, language: Language) -> isopleth.Isopleth:
    """Return the surface of the city with its ridge and the scenarios of the road on it."""
    rows = results.table("evaluation/matrix")
    surface = rows[rows["zone"] == CITY].pivot_table(index="nox", columns="voc", values="o3")
    ridge = results.table("evaluation/ridge")
    ridge = ridge[(ridge["zone"] == CITY) & ~ridge["at_edge"]]
    limit = float(results.table("evaluation/cuts")["target"].iloc[0])
    nox, voc = surface.index.to_numpy(float), surface.columns.to_numpy(float)
    points = scenario_points(results, language)
    return isopleth.Isopleth(nox, voc, surface.to_numpy(float), ridge, points, limit)


def scenario_points(results: Results, language: Language) -> pd.DataFrame:
    """Return the NOx and VOC factors of the base, the reviewed scenarios, the start and the milestones."""
    subject = results.subject
    names = ["base", *(review.scenario for review in subject.reviews), subject.start_scenario]
    names = list(dict.fromkeys([*names, *(stone.scenario for stone in subject.milestones)]))
    factors = {
        key: [1.0 + results.city_change(name, scenario) / 100.0 for scenario in names]
        for key, name in (("nox", "NOx"), ("voc", "VOC"))
    }
    return pd.DataFrame({**factors, "title": [_short(results, name, language) for name in names]})


def _short(results: Results, scenario: str, language: Language) -> str:
    subject = results.subject
    years = {"base": subject.base_year, subject.start_scenario: subject.start_year}
    years |= {stone.scenario: stone.year for stone in subject.milestones}
    years |= {review.scenario: review.end_year for review in subject.reviews}
    return str(years[scenario]) if scenario in years else results.title(scenario)[language]


def findings(results: Results) -> tuple[Bilingual, ...]:
    """Return regime, ratios and least cut of the city."""
    row = _city(results.table("evaluation/ratio"))
    cut = _city(results.table("evaluation/cuts"))
    return (_regime(row), *_ratio(row), _cut(cut))


def _city(rows: pd.DataFrame) -> dict[str, object]:
    return {str(key): value for key, value in rows[rows["zone"] == CITY].iloc[0].to_dict().items()}


def _f(value: object) -> float:
    return float(str(value))


def _regime(row: dict[str, object]) -> Bilingual:
    name = text_or(f"regime_{row['regime']}", str(row["regime"]))
    pattern = text("finding_regime" if _f(row["peak_ratio"]) < 1 else "finding_regime_nox")
    peak = f"{100 * _f(row['peak_ratio']):.0f}"
    return Bilingual(pattern.zh.format(regime=name.zh, peak=peak), pattern.en.format(regime=name.en, peak=peak))


def _ratio(row: dict[str, object]) -> tuple[Bilingual, ...]:
    if _f(row["peak_ratio"]) >= 1:
        return ()
    local, suggested = f"{_f(row['ratio_local']):.2f}", _f(row["ratio_suggested"])
    if not np.isfinite(suggested):
        return (text("finding_ratio_open", local=local),)
    loo = f"{_f(row['loo_mne_pct']):.1f}"
    return (text("finding_ratio", local=local, suggested=f"{suggested:.2f}", loo=loo),)


def _cut(row: dict[str, object]) -> Bilingual:
    target, low = f"{_f(row['target']):.0f}", f"{_f(row['o3']):.0f}"
    if str(row["reached"]) != "True":
        return text("finding_cut_none", o3=low, target=target)
    return text("finding_cut", target=target, nox=f"{_f(row['nox_cut_pct']):.0f}", voc=f"{_f(row['voc_cut_pct']):.0f}")


def ratio_table(results: Results) -> Tabular:
    """Return regime and ratios of the city and every district."""
    rows = results.table("evaluation/ratio")
    order = rows.assign(first=rows["zone"] != CITY).sort_values(["first", "zone"])
    shown = order.assign(
        name=column(results.zone(str(code)) for code in order["zone"]),
        kind=column(text_or(f"regime_{name}", str(name)) for name in order["regime"]),
        city=~order["first"],
    )
    columns = (
        Column("name", text("col_zone"), as_is),
        Column("o3_base", text("col_base_o3"), number(0), numeric=True),
        Column("kind", text("col_regime"), as_is),
        Column("peak_ratio", text("col_peak"), number(2), numeric=True),
        Column("ratio_local", text("col_local"), number(2), numeric=True),
        Column("ratio_suggested", text("col_suggested"), number(2), numeric=True),
    )
    html = table(shown, columns, highlight="city")
    return Tabular(text("caption_ratio"), html, illustrative=results.subject.illustrative)


def card(results: Results) -> Card:
    """Return the key number of the city's reduction ratio."""
    row = _city(results.table("evaluation/ratio"))
    value = _f(row["ratio_suggested"])
    shown = f"{value:.1f} : 1" if np.isfinite(value) and value > 0 else f"{_f(row['ratio_local']):.1f} : 1"
    name = text_or(f"regime_{row['regime']}", str(row["regime"]))
    return Card(text("card_ratio", year=results.subject.base_year), shown, "", name)
