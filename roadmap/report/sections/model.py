"""The base run against the observations, as it is: curves, metrics, and the published benchmarks that it misses."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from evaluation.performance import judged
from roadmap.report.drawing import WIDTH, Size, drawings
from roadmap.report.figures import diurnal
from roadmap.report.html_table import Column, as_is, column, number, table
from roadmap.report.numbers import decimal
from roadmap.report.page import Figure, Section, Tabular
from roadmap.report.results import Results
from roadmap.report.texts import Bilingual, both, joined, named, text, text_or, word

POLLUTANTS = ("O3", "NO2", "PM25", "SO2", "CO")
METRICS = (("O3", "MDA8"), ("O3", "1h"), ("PM25", "24h"), ("PM10", "24h"), ("NO2", "1h"), ("SO2", "1h"), ("CO", "1h"))
"""Pollutant and averaging of the rows shown, where the table has them."""
BENCHMARKED = (("O3", "MDA8"), ("PM25", "24h"))
PERCENT_METRICS = ("NMB", "NME", "MFB", "MFE")


def section(results: Results) -> Section:
    """Return the section of the model: curves by hour, means by case, metrics, benchmarks."""
    hours, mark = results.table("evaluation/diurnal"), results.subject.illustrative
    shown = tuple(name for name in POLLUTANTS if name in set(hours["pollutant"]))
    cases = list(dict.fromkeys(map(str, hours["case"])))
    drawing = drawings(
        lambda fig, language: diurnal.paint(
            fig, language, hours, {case: text_or(f"case_{case}", case)[language] for case in cases}, shown
        ),
        Size(WIDTH, 2.4 + 3.7 * len(cases)),
    )
    figure = Figure("diurnal", text("caption_diurnal"), drawing, illustrative=mark)
    parts = (figure, case_table(hours), metrics_table(results), benchmark_table(results))
    return Section("model", text("section_model"), findings(results), parts)


def performance(results: Results) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Return the metrics of all districts together by pollutant and averaging."""
    rows = results.table("evaluation/performance")
    rows = rows[rows["zone"] == "all"]
    return {(str(row["pollutant"]), str(row["averaging"])): row for row in rows.to_dict("records")}  # type: ignore[misc]


def findings(results: Results) -> tuple[Bilingual, ...]:
    """Return bias and correlation of ozone and PM2.5, and the benchmarks that they miss."""
    rows = performance(results)
    biases = [_bias(which, rows[which]) for which in BENCHMARKED if which in rows]
    return (*biases, missed_finding(results))


def _bias(which: tuple[str, str], row: Mapping[str, Any]) -> Bilingual:
    return text(
        "finding_model", pollutant=_label(*which), mb=decimal(row["MB"], sign=True), nmb=decimal(row["NMB"], sign=True),
        r=decimal(row["r"], 2), n=decimal(row["n"]),
    )  # fmt: skip


def _label(pollutant: str, averaging: str) -> Bilingual:
    return text("with_averaging", pollutant=named("pollutant", pollutant), averaging=word(averaging))


def graded(results: Results) -> pd.DataFrame:
    """Return the published benchmarks with the value of the base run and the grade that it reaches."""
    rows = performance(results)
    parts = [judged(rows[which], *which) for which in BENCHMARKED if which in rows]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def missed_finding(results: Results) -> Bilingual:
    """Return which benchmarks the base run misses, each with its value; or that it misses none."""
    rows = graded(results)
    missed = rows[rows["grade"] == "neither"] if len(rows) else rows
    if missed.empty:
        return text("finding_benchmarks_met", count=len(rows))
    return text("finding_benchmarks_missed", names=joined(_missed(missed), "；", "; "), count=len(rows))


def _missed(rows: pd.DataFrame) -> Iterable[Bilingual]:
    for (pollutant, averaging, metric), own in rows.groupby(["pollutant", "averaging", "metric"], sort=False):
        row = own.to_dict("records")[0]
        yield text(
            "missed", what=_label(str(pollutant), str(averaging)), metric=metric, value=_metric(row["value"], row),
            bounds=joined(text("bound_of", value=_metric(one["criteria"], one), study=str(one["set"]))
                          for one in own.to_dict("records")),
        )  # fmt: skip


def _metric(value: object, row: Mapping[Any, Any]) -> str:
    percent = row["metric"] in PERCENT_METRICS
    return f"{decimal(value)}%" if percent else decimal(value, 2)


def case_table(hours: pd.DataFrame) -> Tabular:
    """Return highest hourly ozone and mean PM2.5 and NO2 of each case, observed and modelled."""
    columns = [Column("case", text("col_case"), as_is)]
    keys = dict.fromkeys(map(str, hours["case"]))
    cells: dict[str, object] = {"case": column(text_or(f"case_{key}", key) for key in keys)}
    for pollutant, how in (("O3", "max"), ("PM25", "mean"), ("NO2", "mean")):
        grouped = hours[hours["pollutant"] == pollutant].groupby("case")[["obs", "model"]].agg(how).reindex(list(keys))
        for side in ("obs", "model"):
            cells[f"{pollutant}_{side}"] = grouped[side].to_numpy(float)
            heading = text(f"col_{how}_{side}", pollutant=named("pollutant", pollutant))
            columns.append(Column(f"{pollutant}_{side}", heading, number(0), numeric=True))
    return Tabular(text("caption_cases"), table(pd.DataFrame(cells), columns))


def metrics_table(results: Results) -> Tabular:
    """Return the metrics of every pollutant."""
    known = performance(results)
    rows = pd.DataFrame([known[which] for which in METRICS if which in known])
    shown = rows.assign(
        name=column(named("pollutant", str(name)) for name in rows["pollutant"]),
        over=column(map(word, rows["averaging"])),
        unit=["mg/m³" if name == "CO" else "μg/m³" for name in rows["pollutant"]],
    )
    columns = (
        Column("name", text("col_pollutant"), as_is),
        Column("over", text("col_averaging"), as_is),
        Column("unit", text("col_unit")),
        Column("n", text("col_n"), number(0), numeric=True),
        Column("MB", both("MB"), number(1, sign=True), numeric=True),
        Column("NMB", both("NMB (%)"), number(0, sign=True), numeric=True),
        Column("NME", both("NME (%)"), number(0), numeric=True),
        Column("RMSE", both("RMSE"), number(1), numeric=True),
        Column("r", both("r"), number(2), numeric=True),
    )
    return Tabular(text(f"caption_performance_{results.subject.days_kind}"), table(shown, columns))


def benchmark_table(results: Results) -> Tabular:
    """Return every published benchmark of ozone and PM2.5 with the value of the base run."""
    rows = graded(results)
    cells = [
        {
            "what": _label(str(row["pollutant"]), str(row["averaging"])),
            "metric": row["metric"],
            "study": row["set"],
            "value": _metric(row["value"], row),
            "goal": _metric(row["goal"], row),
            "criteria": _metric(row["criteria"], row),
            "grade": word(row["grade"]),
            "flag": word(row["flag"]),
        }
        for row in rows.to_dict("records")
    ]
    columns = (
        Column("what", text("col_pollutant"), as_is),
        Column("metric", text("col_metric")),
        Column("study", text("col_study")),
        Column("value", text("col_value_model"), numeric=True),
        Column("goal", text("col_goal"), numeric=True),
        Column("criteria", text("col_criteria"), numeric=True),
        Column("grade", text("col_grade"), as_is),
        Column("flag", text("col_flag"), as_is),
    )
    folded = text("fold_benchmarks", count=len(cells))
    return Tabular(text("caption_benchmarks"), table(pd.DataFrame(cells), columns), folded=folded)
