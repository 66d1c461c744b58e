"""Tables of the scenarios: what is left of each sector, what acts at certain times, a programme by category."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from roadmap.report.html_table import Column, as_is, column, number, table
from roadmap.report.numbers import decimal
from roadmap.report.page import Tabular
from roadmap.report.results import BASE, Results
from roadmap.report.texts import Bilingual, both, joined, named, text

POLLUTANTS = ("SO2", "NOx", "VOC", "NH3", "PM25")
CATEGORY_POLLUTANTS = ("SO2", "NOx", "VOC", "PM10", "PM25")
WINDOWS, ALERTS, CATEGORIES = "scenarios/windows", "scenarios/alerts", "scenarios/categories"
ALL, ONLY = "ALL", "only_"
ILLUSTRATIVE = {"constructed", "assumption"}
COUNTS = ("measures", "factors", "inflow", "shifts")


def sectors_table(results: Results) -> Tabular:
    """Return the emission of each sector (t/a, % of the base) where the road starts and at its milestones."""
    subject = results.subject
    names = [subject.start_scenario, *(stone.scenario for stone in sorted(subject.milestones, key=lambda s: s.year))]
    totals = results.totals
    mass = totals.pivot_table(index=["scenario", "sector"], columns="pollutant", values="mass_t", aggfunc="sum")
    sectors = list(dict.fromkeys(totals.loc[totals["scenario"] == BASE, "sector"]))
    rows = [
        {"scenario": results.title(name), "sector": named("sector", sector)}
        | {key: _left(mass[key].get((name, sector)), mass[key].get((BASE, sector))) for key in _shown(totals)}
        for name in dict.fromkeys(names)
        for sector in sectors
        if (name, sector) in mass.index
    ]
    columns = (
        Column("sector", text("col_sector"), as_is),
        *(Column(key, named("pollutant", key), as_is, numeric=True) for key in _shown(totals)),
    )
    data = pd.DataFrame({key: column(row[key] for row in rows) for key in ("scenario", "sector", *_shown(totals))})
    html = table(data, columns, group="scenario")
    return Tabular(text("caption_sectors"), html, illustrative=subject.illustrative)


def _shown(totals: pd.DataFrame) -> list[str]:
    return [name for name in POLLUTANTS if (totals["pollutant"] == name).any()]


def _left(mass: Any, start: Any) -> Bilingual:
    """Return a mass with its change against the base, a dash where the sector emits none."""
    if not start or pd.isna(start) or pd.isna(mass):
        return both("–")
    return both(f"{decimal(mass)} ({decimal(100.0 * (mass / start - 1.0), sign=True)}%)")


def window_tables(results: Results) -> list[Tabular]:
    """Return the table of what acts at certain dates and hours, and of alerts against what they have to reach."""
    found = []
    if results.has(WINDOWS):
        windows = results.table(WINDOWS)
        rows = windows.assign(
            title=column(results.title(name) for name in windows["scenario"]),
            what=column(does(row) for row in windows.to_dict("records")),
        )
        columns = (
            Column("title", text("col_scenario"), as_is), Column("when", text("col_when")),
            Column("what", text("col_acts"), as_is), Column("model_days", text("col_model_days"), numeric=True),
            Column("days_a_year", text("col_days_a_year"), number(0), numeric=True),
        )  # fmt: skip
        caption = text("caption_windows", days=results.subject.days_count)
        found.append(Tabular(caption, table(rows, columns), illustrative=results.subject.illustrative))
    return [*found, *([_alerts(results)] if results.has(ALERTS) else [])]


def does(row: Mapping[Hashable, Any]) -> Bilingual:
    """Return what a window does in a few words."""
    alert = [text(f"alert_{row['level']}")] if isinstance(row["level"], str) and row["level"] else []
    return joined([*alert, *(text(f"window_{name}", count=decimal(row[name])) for name in COUNTS if row[name])])


def _alerts(results: Results) -> Tabular:
    """Return what each alert takes from the city's emission beside the share that its level asks for."""
    alerts = results.table(ALERTS)
    rows = alerts.assign(
        title=column(results.title(name) for name in alerts["scenario"]),
        what=column(text(f"alert_{level}") for level in alerts["level"]),
        gas=column(named("pollutant", name) for name in alerts["pollutant"]),
        verdict=column(text("alert_met" if met else "alert_missed") for met in alerts["met"]),
    )
    columns = (
        Column("title", text("col_scenario"), as_is), Column("what", text("col_acts"), as_is),
        Column("gas", text("col_pollutant"), as_is),
        Column("reduction_pct", text("col_alert_share"), number(1), numeric=True),
        Column("assumed_pct", text("col_alert_assumed"), number(1), numeric=True),
        Column("required_pct", text("col_alert_required"), number(0), numeric=True),
        Column("verdict", text("col_verdict"), as_is),
    )  # fmt: skip
    mark = bool((alerts["assumed_pct"] > 0.0).any()) or results.subject.illustrative
    return Tabular(text("caption_alerts"), table(rows, columns), illustrative=mark)


def category_tables(results: Results) -> list[Tabular]:
    """Return each past programme by category, its sum and the published totals beside (kt/a)."""
    if not results.has(CATEGORIES):
        return []
    parts = results.table(CATEGORIES)
    return [_programme(results, str(name), own) for name, own in parts.groupby("programme", sort=False)]


def _programme(results: Results, programme: str, parts: pd.DataFrame) -> Tabular:
    taken = parts.pivot_table(index="category", columns="pollutant", values="reduction_kt", aggfunc="sum", sort=False)
    own = parts[parts["category"] == ALL].set_index("pollutant")
    shown = [name for name in CATEGORY_POLLUTANTS if name in taken]
    keys = [key for key in taken.index if key != ALL]
    titles = [*(results.title(f"{ONLY}{key}") for key in keys), text("row_sum"), text("row_published"),
              text("row_difference")]  # fmt: skip
    values = pd.concat([
        taken.loc[[*keys, ALL], shown], own["published_kt"].to_frame().T[shown],
        own["difference_pct"].to_frame().T[shown],
    ])  # fmt: skip
    rows = values.reset_index(drop=True).assign(title=column(titles))
    columns = (
        Column("title", text("col_category"), as_is),
        *(Column(name, named("pollutant", name), number(1), numeric=True) for name in shown),
    )
    caption = text("caption_categories", programme=results.title(programme))
    return Tabular(caption, table(rows, columns), illustrative=bool(ILLUSTRATIVE & set(own["flag"].dropna())))


def category_findings(results: Results) -> tuple[Bilingual, ...]:
    """Return a sentence that names every published reduction that a programme misses."""
    if not results.has(CATEGORIES):
        return ()
    parts = results.table(CATEGORIES)
    found = []
    for programme, own in parts[parts["category"] == ALL].groupby("programme", sort=False):
        missed = own[own["miss"].notna()]
        misses = joined(_miss(row) for row in missed.to_dict("records"))
        if len(missed):
            found.append(text("finding_categories", programme=results.title(str(programme)), misses=misses))
    return tuple(found)


def _miss(row: Mapping[Hashable, Any]) -> Bilingual:
    """Return one missed reduction: ours, the published one, the difference."""
    values = {"pollutant": named("pollutant", str(row["pollutant"])), "published": decimal(row["published_kt"], 1)}
    if pd.isna(row["reduction_kt"]):
        return text("category_none", **values)
    difference = decimal(row["difference_pct"], sign=True)
    return text("category_miss", **values, own=decimal(row["reduction_kt"], 1), difference=difference)
