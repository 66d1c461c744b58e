"""The base run against the observations."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from roadmap.report.drawing import Size, drawings
from roadmap.report.figures import diurnal
from roadmap.report.html_table import Column, as_is, number, table
from roadmap.report.page import Figure, Section, Tabular
from roadmap.report.results import Results
from roadmap.report.texts import Bilingual, text, text_or

POLLUTANTS = ("O3", "NO2", "PM25", "SO2", "CO")
AVERAGING = {"O3": "MDA8"}
NAMED = {"O3": "O₃ (MDA8)", "PM25": "PM₂.₅"}


def section(results: Results) -> Section:
    """Return the section of the model: curves by hour, metrics."""
    hours, mark = results.table("evaluation/diurnal"), results.subject.illustrative
    shown = tuple(name for name in POLLUTANTS if name in set(hours["pollutant"]))
    cases = list(dict.fromkeys(map(str, hours["case"])))
    drawing = drawings(
        lambda fig, language: diurnal.paint(
            fig, language, hours, {case: text_or(f"case_{case}", case)[language] for case in cases}, shown
        ),
        Size(26.0, 2.0 + 4.2 * len(cases)),
    )
    return Section(
        "model", text("section_model"), findings(results),
        (Figure("diurnal", text("caption_diurnal"), drawing, illustrative=mark), metrics_table(results)),
    )  # fmt: skip


def chosen_metrics(results: Results) -> pd.DataFrame:
    """Return the rows of all districts together: MDA8 of ozone, hourly values of the others."""
    rows = results.table("evaluation/performance")
    rows = rows[rows["zone"] == "all"]
    wanted = [
        AVERAGING.get(str(name), "1h") == averaging
        for name, averaging in zip(rows["pollutant"], rows["averaging"], strict=True)
    ]
    return rows[wanted]


def findings(results: Results) -> tuple[Bilingual, ...]:
    """Return bias and correlation of ozone and PM2.5."""
    rows = {str(row["pollutant"]): row for row in chosen_metrics(results).to_dict("records")}
    return tuple(_finding(title, rows[name]) for name, title in NAMED.items() if name in rows)


def _finding(title: str, row: Mapping[Any, Any]) -> Bilingual:
    bias, correlation = f"{row['NMB']:+.0f}", f"{row['r']:.2f}"
    return text("finding_model", pollutant=title, mb=f"{row['MB']:+.0f}", nmb=bias, r=correlation, n=f"{row['n']:.0f}")


def metrics_table(results: Results) -> Tabular:
    """Return the metrics of every pollutant."""
    columns = (
        Column("pollutant", text("col_pollutant"), as_is),
        Column("averaging", text("col_averaging"), as_is),
        Column("n", text("col_n"), number(0), numeric=True),
        Column("MB", text("col_mb"), number(2, sign=True), numeric=True),
        Column("NMB", text("col_nmb"), number(0, sign=True), numeric=True),
        Column("RMSE", text("col_rmse"), number(2), numeric=True),
        Column("r", text("col_r"), number(2), numeric=True),
    )
    return Tabular(text("caption_performance"), table(chosen_metrics(results), columns))
