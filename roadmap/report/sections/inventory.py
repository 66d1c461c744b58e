"""The inventory: who emits what, and the published totals beside."""

import pandas as pd

from roadmap.report.drawing import Size, drawings
from roadmap.report.figures import inventory
from roadmap.report.html_table import Column, as_is, column, number, table
from roadmap.report.page import Figure, Section, Tabular
from roadmap.report.results import Results
from roadmap.report.texts import Bilingual, text, text_or

TEN_KILOTONNES = 1e4


def section(results: Results) -> Section:
    """Return the section of the inventory with its figure and the comparison with published totals."""
    totals = results.table("emissions/totals")
    drawing = drawings(lambda fig, language: inventory.paint(fig, language, totals), Size(26.0, 9.5))
    mark = results.subject.illustrative
    parts: list[Figure | Tabular] = [Figure("inventory", text("caption_inventory"), drawing, illustrative=mark)]
    if len(results.published):
        parts.append(published_table(results))
    return Section("inventory", text("section_inventory"), findings(results, totals), parts)


def findings(results: Results, totals: pd.DataFrame) -> tuple[Bilingual, ...]:
    """Return what the inventory holds, its largest sectors, and the closure of the ledger."""
    mass = totals.pivot_table(index="sector", columns="pollutant", values="mass_t", aggfunc="sum")
    values: dict[str, object] = {
        name.lower(): f"{mass[name].sum() / TEN_KILOTONNES:.1f}" for name in ("NOx", "VOC", "PM25")
    }
    sentence = text("finding_inventory")
    return (_largest(results, mass, values, sentence), ledger_finding(results))


def _largest(results: Results, mass: pd.DataFrame, values: dict[str, object], sentence: Bilingual) -> Bilingual:
    sources = len(results.table("emissions/sources"))
    shares = {name: 100.0 * mass[name] / mass[name].sum() for name in ("NOx", "VOC")}
    names = {name: str(share.idxmax()) for name, share in shares.items()}
    own = {f"{name.lower()}_share": f"{share.max():.0f}" for name, share in shares.items()}
    titles = {name: text_or(f"sector_{sector}", sector) for name, sector in names.items()}
    common = {**values, **own, "year": results.subject.base_year, "sources": sources}
    zh = sentence.zh.format(**common, nox_sector=titles["NOx"].zh, voc_sector=titles["VOC"].zh)
    en = sentence.en.format(**common, nox_sector=titles["NOx"].en, voc_sector=titles["VOC"].en)
    return Bilingual(zh, en)


def ledger_finding(results: Results) -> Bilingual:
    """Return how well the mass ledger closes."""
    closure = results.table("emissions/closure")
    steps = closure["step"].nunique() + 1
    return text("finding_ledger", steps=steps, error=f"{closure['error'].abs().max():.1e}")


def published_table(results: Results) -> Tabular:
    """Return every published total beside what the inventory holds, as the city's table states both."""
    given = results.published
    rows = given.assign(what=column(map(_what, given["quantity"].astype(str), given["scope"].astype(str))))
    columns = (
        Column("what", text("col_quantity"), as_is),
        Column("period", text("col_year"), as_is),
        Column("pollutant", text("col_pollutant"), as_is),
        Column("value", text("col_published"), number(0), numeric=True),
        Column("inventory_value", text("col_total"), number(0), numeric=True),
        Column("unit", text("col_unit"), as_is),
        Column("difference_pct", text("col_difference"), number(1, sign=True), numeric=True),
        Column("source", text("col_source"), as_is),
    )
    return Tabular(text("caption_published"), table(rows, columns), illustrative=results.subject.illustrative)


def _what(quantity: str, scope: str) -> Bilingual:
    title = text_or(f"quantity_{quantity}", quantity)
    return Bilingual(f"{title.zh}（{scope}）", f"{title.en} ({scope})")
