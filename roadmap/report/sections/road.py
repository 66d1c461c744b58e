"""The road: official values, limits of each edition, projections, and whether they attain."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from evaluation.standards import edition_of_year, edition_title, limit, statistic
from roadmap.report.drawing import WIDE, drawings
from roadmap.report.figures import trend
from roadmap.report.html_table import Column, as_is, column, number, table
from roadmap.report.page import Card, Figure, Section, Tabular
from roadmap.report.results import Results
from roadmap.report.texts import Bilingual, text, text_or

PANELS = ("PM25_mean", "PM10_mean", "NO2_mean", "O3_MDA8_p90")


def section(results: Results) -> Section:
    """Return the section of the road with its figure and table."""
    shown = tuple(name for name in PANELS if name in set(results.official["statistic"]))
    last = max(stone.year for stone in results.subject.milestones)
    data = trend.Trend(results.official, limit_steps(shown, results, last), results.road, shown)
    drawing = drawings(lambda fig, language: trend.paint(fig, language, data), WIDE)
    figure = Figure("trend", text("caption_trend"), drawing, illustrative=results.subject.illustrative)
    return Section("road", text("section_road"), findings(results), (figure, road_table(results)))


def limit_steps(names: tuple[str, ...], results: Results, last: int) -> pd.DataFrame:
    """Return statistic, start_year, end_year, limit: the edition in force in every year of the figure."""
    first = int(results.official["year"].min())
    rows = [
        (name, year, limit(edition_of_year(year), statistic(name).pollutant, statistic(name).period))
        for name in names
        for year in range(first, last + 1)
    ]
    years = pd.DataFrame(rows, columns=["statistic", "year", "limit"])
    steps = years.groupby(["statistic", "limit"], sort=False)["year"].agg(["min", "max"]).reset_index()
    return steps.rename(columns={"min": "start_year", "max": "end_year"})


def findings(results: Results) -> tuple[Bilingual, ...]:
    """Return one sentence a milestone: which statistics attain, surely or barely, and which do not."""
    return tuple(_finding(results, year) for year in sorted(set(results.road["year"])))


def _finding(results: Results, year: int) -> Bilingual:
    rows = results.road[results.road["year"] == year]
    edition = str(rows["edition"].iloc[0])
    parts = {
        "sure": rows[rows["attained_surely"]],
        "likely": rows[rows["attained"] & ~rows["attained_surely"]],
        "not": rows[~rows["attained"]],
    }
    sentences = [_sentence(key, part) for key, part in parts.items() if len(part)]
    head = text("finding_road", year=year)
    zh = f"{head.zh}（{edition_title(edition, 'zh')}）：{'；'.join(part.zh for part in sentences)}。"
    en = f"{head.en} ({edition_title(edition, 'en')}): {'; '.join(part.en for part in sentences)}."
    return Bilingual(zh, en)


def _sentence(key: str, rows: pd.DataFrame) -> Bilingual:
    names = [text_or(f"statistic_{name}", str(name)) for name in rows["statistic"]]
    pattern = text(f"finding_road_{key}")
    zh, en = "、".join(name.zh for name in names), ", ".join(name.en for name in names)
    return Bilingual(pattern.zh.format(names=zh), pattern.en.format(names=en))


def road_table(results: Results) -> Tabular:
    """Return the table of milestones."""
    rows = results.road.assign(
        interval=[
            f"{low:.3g} – {high:.3g}" for low, high in zip(results.road["low"], results.road["high"], strict=True)
        ],
        verdict=column(_verdict(row) for row in results.road.to_dict("records")),
        name=column(text_or(f"statistic_{name}", str(name)) for name in results.road["statistic"]),
        title=column(results.title(str(name)) for name in results.road["scenario"]),
        standard=column(_edition(str(name)) for name in results.road["edition"]),
    )
    columns = (
        Column("year", text("col_year"), str),
        Column("title", text("col_scenario"), as_is),
        Column("name", text("col_statistic"), as_is),
        Column("start", text("col_start", year=results.subject.start_year), number(1), numeric=True),
        Column("value", text("col_value"), number(1), numeric=True),
        Column("interval", text("col_interval"), str, numeric=True),
        Column("limit", text("col_limit"), number(0), numeric=True),
        Column("verdict", text("col_attained"), as_is),
        Column("standard", text("col_edition"), as_is),
    )
    return Tabular(text("caption_road"), table(rows, columns), illustrative=results.subject.illustrative)


def _verdict(row: Mapping[Any, Any]) -> Bilingual:
    return text("yes" if row["attained_surely"] else "barely" if row["attained"] else "no")


def _edition(name: str) -> Bilingual:
    return Bilingual(edition_title(name, "zh"), edition_title(name, "en"))


def cards(results: Results) -> tuple[Card, ...]:
    """Return the key numbers of the road: PM2.5 and ozone at the start and at each milestone."""
    chosen = ("PM25_mean", "O3_MDA8_p90")
    rows = results.road[results.road["statistic"].isin(chosen)].to_dict("records")
    return tuple(_card(row) for row in rows)


def _card(row: dict[object, object]) -> Card:
    label = text_or(f"statistic_{row['statistic']}", str(row["statistic"]))
    year = Bilingual(f"{row['year']}年 {label.zh}", f"{label.en}, {row['year']}")
    note = text("card_road", low=_g(row["low"]), high=_g(row["high"]), limit=_g(row["limit"]), start=_g(row["start"]))
    tone = "good" if row["attained"] else "bad"
    return Card(year, f"{float(str(row['value'])):.0f}", "μg/m³", note, tone)


def _g(value: object) -> str:
    return f"{float(str(value)):.3g}"
