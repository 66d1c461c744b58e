"""A past period looked back on."""

import pandas as pd

from roadmap.report.drawing import WIDTH, Size, drawings
from roadmap.report.figures import review as figure
from roadmap.report.html_table import Column, as_is, column, number, table
from roadmap.report.numbers import decimal, span
from roadmap.report.page import Figure, Section, Tabular
from roadmap.report.results import Results, Review
from roadmap.report.texts import Bilingual, Language, both, pair, text, text_or
from roadmap.report.typography import DASH

NAMED = ("PM25_mean", "O3_MDA8_p90")
OWN_COLUMNS = {"key", "name_zh", "name_en", "modelled", "low", "high"}
"""Columns of the table of categories that hold no published study."""


def section(results: Results, review: Review) -> Section:
    """Return the section of one past period."""
    stem = f"{review.start_year}_{review.end_year}"
    rows = results.table(f"evaluation/review_{stem}")
    parts: list[Figure | Tabular] = [review_figure(results, review, stem, rows)]
    if results.has(f"evaluation/shares_{stem}"):
        parts.append(shares_table(results.table(f"evaluation/shares_{stem}")))
    said = findings(rows, tuned=results.subject.illustrative)
    return Section(f"review_{stem}", text("section_review", name=review.name), said, parts)


def review_figure(results: Results, review: Review, stem: str, rows: pd.DataFrame) -> Figure:
    """Return the figure of changes and contributions."""
    changes = changes_table(rows, _optional(results, f"evaluation/normalised_{stem}"))
    given = _optional(results, f"evaluation/categories_{stem}")
    drawing = drawings(
        lambda fig, language: figure.paint(fig, language, changes, categories(given, language), studies(given)),
        Size(WIDTH, 11.0),
    )
    caption = text("caption_review", period=f"{review.start_year}{DASH}{review.end_year}")
    return Figure(f"review_{stem}", caption, drawing, illustrative=results.subject.illustrative)


def _optional(results: Results, name: str) -> pd.DataFrame:
    return results.table(name) if results.has(name) else pd.DataFrame()


def changes_table(rows: pd.DataFrame, normalised: pd.DataFrame) -> pd.DataFrame:
    """Return pollutant, official_pct, normalised_pct, model_pct of the statistics with an official change."""
    known = rows[rows["official_change_pct"].notna()]
    weather = dict(zip(normalised["statistic"], normalised["published_pct"], strict=True)) if len(normalised) else {}
    return pd.DataFrame({
        "pollutant": [str(name).split("_", maxsplit=1)[0] for name in known["statistic"]],
        "official_pct": known["official_change_pct"].to_numpy(float),
        "normalised_pct": [float(weather.get(name, float("nan"))) for name in known["statistic"]],
        "model_pct": known["modelled_change_pct"].to_numpy(float),
    })  # fmt: skip


def categories(rows: pd.DataFrame, language: Language) -> pd.DataFrame:
    """Return title, model, low, high and published (mean of the studies) of each category of measures."""
    if rows.empty:
        return pd.DataFrame(columns=["title", "model", "low", "high", "published"])
    names = [name for name in rows.columns if name not in OWN_COLUMNS]
    published = rows[names].mean(axis=1) if names else pd.Series(float("nan"), index=rows.index)
    titles = [pair(zh, en)[language] for zh, en in zip(rows["name_zh"], rows["name_en"], strict=True)]
    model = {"model": rows["modelled"], "low": rows["low"], "high": rows["high"]}
    return pd.DataFrame({"title": titles, **model, "published": published})


def studies(rows: pd.DataFrame) -> str:
    """Return the names of the studies of the published contributions."""
    return ", ".join(str(name) for name in rows.columns if name not in OWN_COLUMNS)


def findings(rows: pd.DataFrame, *, tuned: bool) -> tuple[Bilingual, ...]:
    """Return the official and the modelled change of PM2.5 and ozone, and what their agreement is worth.

    `tuned`: constructed inputs were adjusted with knowledge of what they are compared with.
    """
    chosen = rows[rows["statistic"].isin(NAMED) & rows["official_change_pct"].notna()].to_dict("records")
    said = (
        text(
            "finding_review", statistic=text_or(f"statistic_{row['statistic']}", str(row["statistic"])),
            official=decimal(row["official_change_pct"], sign=True),
            model=decimal(row["modelled_change_pct"], sign=True),
            interval=span(row["modelled_change_pct_low"], row["modelled_change_pct_high"], sign=True),
        )
        for row in chosen
    )  # fmt: skip
    note = (text("finding_tuned"),) if tuned else ()
    return (*said, text("finding_review_weather"), *note)


def shares_table(rows: pd.DataFrame) -> Tabular:
    """Return the published attribution of the change."""
    shown = rows.assign(
        name=column(map(pair, rows["name_zh"], rows["name_en"])), origin=column(map(both, rows["source"].astype(str)))
    )
    columns = (
        Column("study", text("col_study")),
        Column("name", text("col_origin"), as_is),
        Column("share_pct", text("col_share"), number(1), numeric=True),
        Column("official_part", text("col_part"), number(1, sign=True), numeric=True),
        Column("origin", text("col_source"), as_is),
    )
    return Tabular(text("caption_shares"), table(shown, columns))
