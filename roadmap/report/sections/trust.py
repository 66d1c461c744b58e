"""How sure the page is, and where its numbers come from."""

from roadmap.report.html_table import Column, as_is, table
from roadmap.report.page import Section, Tabular
from roadmap.report.results import Results
from roadmap.report.texts import Bilingual, text


def section(results: Results) -> Section:
    """Return the section of provenance: days, constructed shares, closure of the ledger."""
    return Section("trust", text("section_trust"), findings(results), (closure_table(results),))


def findings(results: Results) -> tuple[Bilingual, ...]:
    """Return the days modelled, the constructed share of the inventory, and where the tables are."""
    subject = results.subject
    kind, pattern = text(f"days_{subject.days_kind}"), text("finding_days")
    zh = pattern.zh.format(count=subject.days_count, kind=kind.zh, source=subject.days_source)
    en = pattern.en.format(count=subject.days_count, kind=kind.en, source=subject.days_source)
    return (Bilingual(zh, en), *constructed(results), text("caption_files"))


def constructed(results: Results) -> tuple[Bilingual, ...]:
    """Return the share of the inventory's mass that its flags call constructed."""
    rows = results.table("emissions/flags")
    share = {}
    for pollutant, name in (("NOx", "nox"), ("VOC", "voc"), ("PM25", "pm25")):
        own = rows[rows["pollutant"] == pollutant]
        part = own.loc[own["flag"] == "constructed", "mass_t"].sum() / own["mass_t"].sum()
        share[name] = f"{100 * part:.0f}"
    return (text("finding_flags", **share),) if any(value != "0" for value in share.values()) else ()


def closure_table(results: Results) -> Tabular:
    """Return the largest relative error of each step of the mass ledger."""
    rows = results.table("emissions/closure")
    worst = rows.assign(size=rows["error"].abs()).groupby(["previous", "step"], sort=False)["size"].max().reset_index()
    columns = (
        Column("previous", text("col_previous"), as_is),
        Column("step", text("col_step"), as_is),
        Column("size", text("col_error"), lambda value: f"{float(str(value)):.1e}", numeric=True),
    )
    return Tabular(text("caption_ledger"), table(worst, columns))
