"""The reduction ratio: isopleth, regime by district, VOC:NOx in its readings, the least cuts."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Drawing

from roadmap.report.drawing import WIDTH, Size, drawings
from roadmap.report.figures import isopleth, maps
from roadmap.report.html_table import Column, as_is, column, number, table
from roadmap.report.numbers import decimal
from roadmap.report.page import Card, Figure, Section, Tabular
from roadmap.report.results import BASE, CITY, Results
from roadmap.report.texts import Bilingual, Language, text, text_or

SMALLEST_ERROR = 0.01
"""Errors of the surface (%) below this are told as such."""
ISOPLETH_WIDTH, MAP_WIDTH = 1.25, 1.0


def section(results: Results) -> Section:
    """Return the section of the reduction ratio."""
    return Section("ratio", text("section_ratio"), findings(results), (figure(results), ratio_table(results)))


def figure(results: Results) -> Figure:
    """Return the isopleth of the city beside the map of the ratio at the start."""
    surfaces = {language: city_isopleth(results, language) for language in ("zh", "en")}

    def paint(fig: Drawing, language: Language) -> None:
        left, right = fig.subplots(1, 2, width_ratios=(ISOPLETH_WIDTH, MAP_WIDTH))
        maps.paint_districts(right, language, results.subject.districts, ratio_panel(results))
        isopleth.paint(fig, left, language, surfaces[language])

    caption = isopleth_caption(surfaces["zh"])
    return Figure("isopleth", caption, drawings(paint, Size(WIDTH, 12.5)), illustrative=results.subject.illustrative)


def isopleth_caption(surface: isopleth.Isopleth) -> Bilingual:
    """Return what the isopleth shows: the line of the limit, or why there is none."""
    low, high = decimal(surface.ozone.min()), decimal(surface.ozone.max())
    key = "caption_isopleth" if surface.holds_limit else "caption_isopleth_no_limit"
    return text(key, limit=decimal(surface.limit), low=low, high=high)


def ratio_panel(results: Results) -> maps.DistrictPanel:
    """Return the map of the ratio that keeps ozone from rising at the first step, by district."""
    rows = results.table("evaluation/ratio")
    rows = rows[rows["zone"].isin(results.subject.districts.codes)]
    values = {str(zone): float(value) for zone, value in zip(rows["zone"], rows["ratio_local"], strict=True)}
    return maps.DistrictPanel(text("map_ratio"), text("map_ratio_axis"), values)


def city_isopleth(results: Results, language: Language) -> isopleth.Isopleth:
    """Return the surface of the city with its ridge and the scenarios of the road on it."""
    rows = results.table("evaluation/matrix")
    surface = rows[rows["zone"] == CITY].pivot_table(index="nox", columns="voc", values="o3")
    limit = float(results.table("evaluation/cuts")["target"].iloc[0])
    nox, voc = surface.index.to_numpy(float), surface.columns.to_numpy(float)
    points = scenario_points(results, language)
    return isopleth.Isopleth(nox, voc, surface.to_numpy(float), city_ridge(results), points, limit)


def scenario_points(results: Results, language: Language) -> pd.DataFrame:
    """Return the NOx and VOC factors of the base, the reviewed scenarios, the start and the milestones."""
    subject = results.subject
    names = [BASE, *(review.scenario for review in subject.reviews), subject.start_scenario]
    names = list(dict.fromkeys([*names, *(stone.scenario for stone in subject.milestones)]))
    factors = {
        key: [1.0 + results.city_change(name, scenario) / 100.0 for scenario in names]
        for key, name in (("nox", "NOx"), ("voc", "VOC"))
    }
    return pd.DataFrame({**factors, "title": [_short(results, name, language) for name in names]})


def _short(results: Results, scenario: str, language: Language) -> str:
    subject = results.subject
    years = {BASE: subject.base_year, subject.start_scenario: subject.start_year}
    years |= {stone.scenario: stone.year for stone in subject.milestones}
    years |= {review.scenario: review.end_year for review in subject.reviews}
    return str(years[scenario]) if scenario in years else results.title(scenario)[language]


def findings(results: Results) -> tuple[Bilingual, ...]:
    """Return regime, ratios and least cut of the city."""
    row = city_row(results, "ratio")
    return (_regime(row), *_ratio(row), *start_finding(results), cut_finding(results))


def city_row(results: Results, name: str) -> dict[str, object]:
    """Return the row of the whole city in a table of the evaluation."""
    rows = results.table(f"evaluation/{name}")
    return {str(key): value for key, value in rows[rows["zone"] == CITY].iloc[0].to_dict().items()}


def _f(value: object) -> float:
    return float(str(value))


def _regime(row: dict[str, object]) -> Bilingual:
    key = "finding_regime" if _f(row["peak_ratio"]) < 1 else "finding_regime_nox"
    return text(key, regime=_regime_name(row["regime"]), peak=decimal(100 * _f(row["peak_ratio"])))


def _regime_name(key: object) -> Bilingual:
    return text_or(f"regime_{key}", str(key))


def _ratio(row: dict[str, object]) -> tuple[Bilingual, ...]:
    if _f(row["peak_ratio"]) >= 1:
        return ()
    local, suggested = decimal(row["ratio_local"], 2), _f(row["ratio_suggested"])
    if not np.isfinite(suggested):
        return (text("finding_ratio_open", local=local),)
    error = _f(row["loo_mne_pct"])
    loo = decimal(error, 2) if error >= SMALLEST_ERROR else f"<{SMALLEST_ERROR}"
    return (text("finding_ratio", local=local, suggested=decimal(suggested, 2), loo=loo),)


def start_finding(results: Results) -> tuple[Bilingual, ...]:
    """Return on which side of the ridge the emissions of the road's start lie; nothing where the ridge is unknown.

    Below the ridge a cut of NOx lowers ozone by itself, whatever the ratio that the base year asks for.
    """
    ridge = city_ridge(results)
    year, scenario = results.subject.start_year, results.subject.start_scenario
    voc, nox = (1.0 + results.city_change(name, scenario) / 100.0 for name in ("VOC", "NOx"))
    if scenario == BASE or ridge.empty or not ridge["voc"].min() <= voc <= ridge["voc"].max():
        return ()
    turn = float(np.interp(voc, ridge["voc"], ridge["nox"]))
    key = "finding_start_below" if nox < turn else "finding_start_above"
    return (text(key, year=year, nox=decimal(100 * nox), ridge=decimal(100 * turn)),)


def city_ridge(results: Results) -> pd.DataFrame:
    """Return the ridge of the city (voc, nox) where it lies inside the matrix, by growing VOC."""
    ridge = results.table("evaluation/ridge")
    return ridge[(ridge["zone"] == CITY) & ~ridge["at_edge"]].sort_values("voc")


def cut_finding(results: Results) -> Bilingual:
    """Return the least local cut that reaches the target, or how far local cuts alone come."""
    row = city_row(results, "cuts")
    target = decimal(row["target"])
    if str(row["reached"]) != "True":
        return text("finding_cut_none", o3=decimal(row["o3"]), target=target)
    return text("finding_cut", target=target, nox=decimal(row["nox_cut_pct"]), voc=decimal(row["voc_cut_pct"]))


def ratio_table(results: Results) -> Tabular:
    """Return regime and ratios of the city and every district."""
    rows = results.table("evaluation/ratio")
    order = rows.assign(first=rows["zone"] != CITY).sort_values(["first", "zone"])
    shown = order.assign(
        name=column(results.zone(str(code)) for code in order["zone"]),
        kind=column(map(_regime_name, order["regime"])),
        city=~order["first"],
    )
    columns = (
        Column("name", text("col_zone"), as_is),
        Column("o3_base", text("col_base_o3"), number(0), numeric=True),
        Column("kind", text("col_regime"), as_is),
        Column("peak_ratio", text("col_peak"), number(2), numeric=True),
        Column("ratio_local", text("col_local"), number(2, sign=True), numeric=True),
        Column("ratio_suggested", text("col_suggested"), number(2), numeric=True),
    )
    html = table(shown, columns, highlight="city")
    return Tabular(text("caption_ratio"), html, illustrative=results.subject.illustrative)


def card(results: Results) -> Card:
    """Return the key number of the city's reduction ratio."""
    row = city_row(results, "ratio")
    value = _f(row["ratio_suggested"])
    shown = value if np.isfinite(value) and value > 0 else _f(row["ratio_local"])
    label = text("card_ratio", year=results.subject.base_year)
    return Card(label, f"{decimal(shown, 1)} : 1", "", text("card_ratio_note"), _regime_name(row["regime"]))
