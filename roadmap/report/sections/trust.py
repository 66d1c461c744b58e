"""How sure the page is, and where its numbers come from."""

from roadmap.report.html_table import Column, as_is, column, table
from roadmap.report.numbers import decimal, scientific
from roadmap.report.page import Section, Tabular
from roadmap.report.results import Results
from roadmap.report.texts import Bilingual, both, text, word


def section(results: Results) -> Section:
    """Return the section of provenance: days, constructed shares, closure of the ledger."""
    return Section("trust", text("section_trust"), findings(results), (closure_table(results),))


def findings(results: Results) -> tuple[Bilingual, ...]:
    """Return the days modelled, what intervals hold, the constructed share of the inventory, where the tables are."""
    subject = results.subject
    kind, count = text(f"days_{subject.days_kind}"), subject.days_count
    days = text("finding_days", count=count, kind=kind, source=both(subject.days_source))
    return (days, text(f"interval_{subject.days_kind}"), *constructed(results), text("finding_files"))


def constructed(results: Results) -> tuple[Bilingual, ...]:
    """Return the share of the inventory's mass that its flags call constructed."""
    rows = results.table("emissions/flags")
    share = {}
    for pollutant, name in (("NOx", "nox"), ("VOC", "voc"), ("PM25", "pm25")):
        own = rows[rows["pollutant"] == pollutant]
        part = own.loc[own["flag"] == "constructed", "mass_t"].sum() / own["mass_t"].sum()
        share[name] = decimal(100.0 * part)
    return (text("finding_flags", **share),) if any(value != "0" for value in share.values()) else ()


def closure_table(results: Results) -> Tabular:
    """Return the largest relative error of each step of the mass ledger."""
    rows = results.table("emissions/closure")
    worst = rows.assign(size=rows["error"].abs()).groupby(["previous", "step"], sort=False)["size"].max().reset_index()
    shown = worst.assign(before=column(map(word, worst["previous"])), after=column(map(word, worst["step"])))
    columns = (
        Column("before", text("col_previous"), as_is),
        Column("after", text("col_step"), as_is),
        Column("size", text("col_error"), lambda value: scientific(float(str(value))), numeric=True),
    )
    return Tabular(text("caption_ledger"), table(shown, columns))
