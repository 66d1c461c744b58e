"""The road: official values, limits of each edition, projections, and whether they attain."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from markupsafe import Markup

from evaluation.standards import edition_of_year, edition_title, limit, statistic
from roadmap.report.drawing import WIDE, drawings
from roadmap.report.figures import trend
from roadmap.report.html_table import Column, as_is, number, table
from roadmap.report.numbers import decimal, digits_of, span
from roadmap.report.page import MARKS, Card, Figure, Section, Tabular, Tone
from roadmap.report.results import Results
from roadmap.report.texts import Bilingual, joined, pair, text, text_or

PANELS = ("PM25_mean", "PM10_mean", "NO2_mean", "O3_MDA8_p90")
CARDS = ("PM25_mean", "O3_MDA8_p90")
TONES: Mapping[str, Tone] = {"yes": "good", "barely": "warn", "no": "bad"}


def section(results: Results) -> Section:
    """Return the section of the road with its figure and table."""
    shown = tuple(name for name in PANELS if name in set(results.official["statistic"]))
    data = trend.Trend(results.official, limit_steps(shown, results, results.subject.last.year), results.road, shown)
    mark = results.subject.illustrative
    parts: list[Figure | Tabular] = []
    if shown:
        drawing = drawings(lambda fig, language: trend.paint(fig, language, data), WIDE)
        parts.append(Figure("trend", text("caption_trend"), drawing, illustrative=mark))
    sentences = (*findings(results), inflow_finding(results))
    return Section("road", text("section_road"), sentences, (*parts, road_table(results)))


def limit_steps(names: tuple[str, ...], results: Results, last: int) -> pd.DataFrame:
    """Return statistic, start_year, end_year, limit: the edition in force in every year of the figure."""
    first = int(results.official["year"].min()) if len(results.official) else last
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
    edition = edition_name(str(rows["edition"].iloc[0]))
    if rows["attained_surely"].all():
        return text("finding_road_all", year=year, edition=edition, count=len(rows))
    parts = {
        "sure": rows[rows["attained_surely"]],
        "likely": rows[rows["attained"] & ~rows["attained_surely"]],
        "not": rows[~rows["attained"]],
    }
    sentences = [text(f"finding_road_{key}", names=_names(part)) for key, part in parts.items() if len(part)]
    return text("finding_road", year=year, edition=edition, parts=joined(sentences, "；", "; "))


def _names(rows: pd.DataFrame) -> Bilingual:
    return joined(text_or(f"statistic_{name}", str(name)) for name in rows["statistic"])


def inflow_finding(results: Results) -> Bilingual:
    """Return what the road assumes of the air that flows in, which the city does not command."""
    subject = results.subject
    change = {
        key: decimal(results.inflow_change(species, subject.last.scenario, subject.start_scenario), sign=True)
        for key, species in (("pm25", "PM25"), ("o3", "O3"), ("no2", "NO2"))
    }
    return text("finding_inflow", start=subject.start_year, end=subject.last.year, **change)


def road_table(results: Results) -> Tabular:
    """Return the table of milestones, each row with the days and districts that it rests on."""
    rows = [_written(row, results) for row in results.road.to_dict("records")]
    columns = (
        Column("name", text("col_statistic"), as_is),
        Column("start", text("col_start", year=results.subject.start_year), numeric=True),
        Column("value", text("col_value"), numeric=True),
        Column("absolute", text("col_absolute"), numeric=True),
        Column("interval", text("col_interval"), as_is, numeric=True),
        Column("limit", text("col_limit"), number(0), numeric=True),
        Column("verdict", text("col_attained"), as_is),
        Column("sample", text("col_sample"), numeric=True),
    )
    html = table(pd.DataFrame(rows), columns, group="stone")
    return Tabular(sample_caption(results), html, illustrative=results.subject.illustrative)


def _written(row: Mapping[Any, Any], results: Results) -> dict[str, object]:
    digits = digits_of(str(row["unit"]))
    return {
        "stone": text(
            "milestone", year=row["year"], scenario=results.title(str(row["scenario"])),
            edition=edition_name(str(row["edition"])),
        ),
        "name": text_or(f"statistic_{row['statistic']}", str(row["statistic"])),
        "start": decimal(row["start"], digits),
        "value": decimal(row["value"], digits),
        "absolute": decimal(row["value_absolute"], digits),
        "interval": span(row["low"], row["high"], digits),
        "limit": row["limit"],
        "verdict": verdict(row),
        "sample": f"{row['n_high']:.0f} × {row['n_zones']:.0f}",
    }  # fmt: skip


def sample_caption(results: Results) -> Bilingual:
    """Return what the interval of the projections holds, and what it cannot."""
    rows = results.road
    days, zones = f"{rows['n_days'].max():.0f}", f"{rows['n_zones'].max():.0f}"
    return text(f"caption_road_{results.subject.days_kind}", days=days, zones=zones)


def verdict(row: Mapping[Any, Any]) -> Markup:
    """Return the verdict of a row in words, with its mark and colour."""
    key = verdict_key(row)
    return Markup('<span class="{}">{} {}</span>').format(key, MARKS[TONES[key]], text(key))


def verdict_key(row: Mapping[Any, Any]) -> str:
    """Return `yes`, `barely` (attained, but not over the whole interval) or `no`."""
    return "yes" if row["attained_surely"] else "barely" if row["attained"] else "no"


def edition_name(edition: str) -> Bilingual:
    """Return the title of an edition of the standard."""
    return pair(edition_title(edition, "zh"), edition_title(edition, "en"))


def cards(results: Results) -> tuple[Card, ...]:
    """Return the key numbers of the road: PM2.5 and ozone at each milestone."""
    rows = results.road[results.road["statistic"].isin(CARDS)]
    return tuple(_card(row, results) for row in rows.to_dict("records"))


def _card(row: Mapping[Any, Any], results: Results) -> Card:
    label = text("card_label", year=row["year"], name=text_or(f"statistic_{row['statistic']}", str(row["statistic"])))
    key = verdict_key(row)
    digits = digits_of(str(row["unit"]))
    note = text(
        "card_road", interval=span(row["low"], row["high"], digits), limit=decimal(row["limit"]),
        start=decimal(row["start"]), year=results.subject.start_year,
    )  # fmt: skip
    return Card(label, decimal(row["value"], digits), "μg/m³", note, text(key), TONES[key])
