"""A past period looked back on."""

import pandas as pd

from roadmap.report.drawing import WIDE, drawings
from roadmap.report.figures import review as figure
from roadmap.report.html_table import Column, as_is, column, number, table
from roadmap.report.page import Figure, Section, Tabular
from roadmap.report.results import Results, Review
from roadmap.report.texts import Bilingual, Language, text, text_or


def section(results: Results, review: Review) -> Section:
    """Return the section of one past period."""
    stem = f"{review.start_year}_{review.end_year}"
    changes = results.table(f"evaluation/review_{stem}")
    categories = results.table(f"evaluation/categories_{stem}")
    drawing = drawings(
        lambda fig, language: figure.paint(fig, language, _changes(changes), _categories(categories, language)), WIDE
    )
    caption = text("caption_review", period=f"{review.start_year}–{review.end_year}")
    parts: list[Figure | Tabular] = [Figure("review", caption, drawing, illustrative=results.subject.illustrative)]
    if results.has(f"evaluation/shares_{stem}"):
        parts.append(shares_table(results.table(f"evaluation/shares_{stem}")))
    pattern = text("section_review")
    title = Bilingual(pattern.zh.format(name=review.name.zh), pattern.en.format(name=review.name.en))
    return Section(f"review_{stem}", title, findings(changes), parts)


def _changes(rows: pd.DataFrame) -> pd.DataFrame:
    known = rows[rows["official_change_pct"].notna()]
    names = [str(name).split("_", maxsplit=1)[0] for name in known["statistic"]]
    columns = {"official_pct": known["official_change_pct"], "model_pct": known["modelled_change_pct"]}
    return pd.DataFrame({**columns, "pollutant": names})


def _categories(rows: pd.DataFrame, language: Language) -> pd.DataFrame:
    fixed = {"key", "name_zh", "name_en", "modelled", "low", "high"}
    studies = [name for name in rows.columns if name not in fixed]
    published = rows[studies].mean(axis=1) if studies else pd.Series(float("nan"), index=rows.index)
    return pd.DataFrame({"title": rows[f"name_{language}"], "model": rows["modelled"], "published": published})


def findings(rows: pd.DataFrame) -> tuple[Bilingual, ...]:
    """Return the official and the modelled change of PM2.5 and ozone."""
    chosen = rows[rows["statistic"].isin(["PM25_mean", "O3_MDA8_p90"])].to_dict("records")
    return tuple(_finding({str(key): value for key, value in row.items()}) for row in chosen)


def _finding(row: dict[str, object]) -> Bilingual:
    name, pattern = text_or(f"statistic_{row['statistic']}", str(row["statistic"])), text("finding_review")
    fields = {
        "official": "official_change_pct",
        "model": "modelled_change_pct",
        "low": "modelled_change_pct_low",
        "high": "modelled_change_pct_high",
    }
    numbers = {key: f"{float(str(row[column])):+.0f}" for key, column in fields.items()}
    return Bilingual(pattern.zh.format(statistic=name.zh, **numbers), pattern.en.format(statistic=name.en, **numbers))


def shares_table(rows: pd.DataFrame) -> Tabular:
    """Return the published attribution of the change."""
    shown = rows.assign(name=column(map(Bilingual, rows["name_zh"], rows["name_en"])))
    columns = (
        Column("study", text("col_study"), as_is),
        Column("name", text("col_origin"), as_is),
        Column("share_pct", text("col_share"), number(1), numeric=True),
        Column("official_part", text("col_part"), number(1, sign=True), numeric=True),
        Column("source", text("col_source"), as_is),
    )
    return Tabular(text("caption_shares"), table(shown, columns))
