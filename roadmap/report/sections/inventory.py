"""The inventory: who emits what and where, and the published totals beside."""

from collections.abc import Mapping

import pandas as pd

from roadmap.report.drawing import WIDTH, Size, drawings
from roadmap.report.figures import inventory, maps
from roadmap.report.html_table import Column, as_is, column, number, table
from roadmap.report.numbers import decimal, scientific
from roadmap.report.page import Figure, Section, Tabular
from roadmap.report.results import Results
from roadmap.report.texts import Bilingual, both, named, pair, text, word, word_list
from roadmap.report.written_field import written_field

TEN_KILOTONNES, KILOTONNE = 1e4, 1e3
LARGEST = ("NOx", "VOC")
MAPPED = ("NOx", "VOC", "PM25")
M2_PER_KM2 = 1e6


def section(results: Results) -> Section:
    """Return the section of the inventory with its figures and the comparison with published totals."""
    totals = results.table("emissions/totals")
    drawing = drawings(lambda fig, language: inventory.paint(fig, language, totals), Size(WIDTH, 9.5))
    mark = results.subject.illustrative
    parts: list[Figure | Tabular] = [
        Figure("inventory", text("caption_inventory"), drawing, illustrative=mark),
        map_figure(results, totals),
    ]
    if len(results.published):
        parts.append(published_table(results))
    return Section("inventory", text("section_inventory"), findings(results, totals), parts)


def findings(results: Results, totals: pd.DataFrame) -> tuple[Bilingual, ...]:
    """Return what the inventory holds, its largest sectors, and the closure of the ledger."""
    mass = totals.pivot_table(index="sector", columns="pollutant", values="mass_t", aggfunc="sum")
    values: dict[str, object] = {name.lower(): amount(mass[name].sum()) for name in ("NOx", "VOC", "PM25")}
    for name in LARGEST:
        share = 100.0 * mass[name] / mass[name].sum()
        values[f"{name.lower()}_share"] = decimal(share.max())
        values[f"{name.lower()}_sector"] = named("sector", str(share.idxmax()))
    sources = decimal(len(results.table("emissions/sources")))
    sentence = text("finding_inventory", year=results.subject.base_year, sources=sources, **values)
    return sentence, ledger_finding(results)


def amount(tonnes: float) -> Bilingual:
    """Return a mass as each language counts it: 22.2 万吨, 222 kt."""
    return Bilingual(f"{decimal(tonnes / TEN_KILOTONNES, 1)} 万吨", f"{decimal(tonnes / KILOTONNE)} kt")


def ledger_finding(results: Results) -> Bilingual:
    """Return how well the mass ledger closes."""
    closure = results.table("emissions/closure")
    steps = closure["step"].nunique() + 1
    return text("finding_ledger", steps=steps, error=scientific(float(closure["error"].abs().max())))


def map_figure(results: Results, totals: pd.DataFrame) -> Figure:
    """Return the maps: emission density of each district, and the gridded NOx of a written file where there is one."""
    panels = [density(results, totals, pollutant) for pollutant in MAPPED]
    field = written_field(results.work / "emissions")
    districts = results.subject.districts
    size = Size(WIDTH, 10.0 * maps.rows_for(len(panels) + (field is not None)))
    drawing = drawings(lambda fig, language: maps.paint(fig, language, districts, panels, field), size)
    caption = text("caption_emission_maps") if field is None else text("caption_emission_maps_field")
    return Figure("emission_maps", caption, drawing, illustrative=results.subject.illustrative)


def density(results: Results, totals: pd.DataFrame, pollutant: str) -> maps.DistrictPanel:
    """Return the map of a pollutant's emission by area of the district, t km-2 a-1."""
    mass = totals[totals["pollutant"] == pollutant].groupby("district")["mass_t"].sum()
    values: Mapping[str, float] = {
        district.code: float(mass.get(district.code, 0.0)) / (district.area_m2() / M2_PER_KM2)
        for district in results.subject.districts
    }
    title = text("map_density", pollutant=named("pollutant", pollutant))
    return maps.DistrictPanel(title, both("t/(km²·a)"), values)


def published_table(results: Results) -> Tabular:
    """Return every published total beside what the inventory holds, as the city's table states both."""
    given = results.published
    rows = given.assign(
        what=column(_what(*row) for row in zip(given["quantity"], given["scope"], strict=True)),
        name=column(named("pollutant", str(name)) for name in given["pollutant"]),
        when=column(both(str(period)) for period in given["period"]),
        origin=column(map(both, given["source"].astype(str))),
        remark=column(word_list(note, ";") for note in given.get("note", [""] * len(given))),
    )
    columns = (
        Column("what", text("col_quantity"), as_is),
        Column("when", text("col_year"), as_is, numeric=True),
        Column("name", text("col_pollutant"), as_is),
        Column("value", text("col_published"), number(0), numeric=True),
        Column("inventory_value", text("col_total"), number(0), numeric=True),
        Column("unit", text("col_unit"), as_is),
        Column("difference_pct", text("col_difference"), number(1, sign=True), numeric=True),
        Column("remark", text("col_note"), as_is),
        Column("origin", text("col_source"), as_is),
    )
    mark, folded = results.subject.illustrative, text("fold_published", count=len(given))
    return Tabular(text("caption_published"), table(rows, columns), illustrative=mark, folded=folded)


def _what(quantity: object, scope: object) -> Bilingual:
    title, about = word(quantity), word(scope)
    return pair(f"{title.zh}（{about.zh}）", f"{title.en} ({about.en})")
