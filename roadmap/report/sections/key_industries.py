"""Key industries, enterprises and compounds of VOC: what forms most ozone for its mass."""

from emissions import figures
from roadmap.report.drawing import WIDTH, Size, drawings
from roadmap.report.html_table import Column, as_is, column, number, table
from roadmap.report.numbers import decimal
from roadmap.report.page import Figure, Section, Tabular
from roadmap.report.results import Results
from roadmap.report.sections.inventory import amount
from roadmap.report.texts import Bilingual, both, joined, pair, text

TABLES = "emissions/report/"
NEEDED = f"{TABLES}key_industry"
"""The table without which the section is left out: an inventory without VOC."""

BARS, ROWS, MONTH_ROWS = 12, 12, 10
LEADING = 5
"""Compounds that the text names."""
OUTSIDE_PARKS, AREA_SOURCES = "园区外", "面源"
"""How the tables call what belongs to no park, and the area sources of a district."""


def section(results: Results) -> Section:
    """Return the section with the ranking of industries, enterprises and compounds, and the table by month."""
    parts: list[Figure | Tabular] = [industry_figure(results)]
    if len(results.table(f"{TABLES}key_enterprise")):
        parts.append(enterprise_table(results))
    parts += [compound_table(results), month_table(results)]
    return Section("key_industries", text("section_key_industries"), findings(results), parts)


def findings(results: Results) -> tuple[Bilingual, ...]:
    """Return the city's ozone formation potential, its key industries and compounds, and the use of it."""
    industries = results.table(f"{TABLES}key_industry")
    key = industries[industries["key"]]
    first = industries.iloc[0]
    ranked = text(
        "finding_key_industries",
        ofp=amount(industries["ofp_t"].sum()), count=len(key), covered=decimal(key["ofp_pct"].sum()),
        first=pair(first["industry_zh"], first["industry_en"]), share=decimal(first["ofp_pct"], 1),
        mass_share=decimal(first["mass_pct"], 1),
    )  # fmt: skip
    compounds = results.table(f"{TABLES}key_compound").head(LEADING)
    covered = (industries["mir_pct"] * industries["mass_t"]).sum() / industries["mass_t"].sum()
    named = joined(_compound(row) for row in compounds.to_dict("records"))
    return ranked, text("finding_key_compounds", names=named, mir=decimal(covered, 1)), text("finding_key_use")


def industry_figure(results: Results) -> Figure:
    """Return the bars of the first industries."""
    ranking, mark = results.table(f"{TABLES}key_industry"), results.subject.illustrative
    size = Size(WIDTH, 11.0)
    drawing = drawings(
        lambda fig, language: figures.key_bars(fig, ranking, f"industry_{language}", count=BARS, lang=language), size
    )
    return Figure("key_industries", text("caption_key_industries"), drawing, illustrative=mark)


RANKED = (
    Column("mass_t", text("col_mass"), number(0), numeric=True),
    Column("ofp_t", text("col_ofp"), number(0), numeric=True),
    Column("ofp_pct", text("col_ofp_pct"), number(1), numeric=True),
    Column("soa_t", text("col_soa"), number(0), numeric=True),
)
"""The columns of every ranking."""


def enterprise_table(results: Results) -> Tabular:
    """Return the first enterprises, folded."""
    rows = results.table(f"{TABLES}key_enterprise").head(ROWS)
    shown = rows.assign(
        name=column(both(str(name)) for name in rows["enterprise_name"]),
        zone=column(results.zone(code) for code in rows["district"]),
        field=column(pair(zh, en) for zh, en in zip(rows["industry_zh"], rows["industry_en"], strict=True)),
    )
    columns = (
        Column("rank_ofp", text("col_rank"), number(0), numeric=True),
        Column("name", text("col_enterprise"), as_is),
        Column("zone", text("col_district"), as_is),
        Column("field", text("col_industry"), as_is),
        *RANKED,
    )
    mark, folded = results.subject.illustrative, text("fold_enterprises", count=len(rows))
    return Tabular(text("caption_key_enterprises"), table(shown, columns), illustrative=mark, folded=folded)


def compound_table(results: Results) -> Tabular:
    """Return the first compounds, folded."""
    rows = results.table(f"{TABLES}key_compound").head(ROWS)
    shown = rows.assign(name=column(_compound(row) for row in rows.to_dict("records")), number=rows["cas"].fillna(""))
    columns = (
        Column("rank_ofp", text("col_rank"), number(0), numeric=True),
        Column("name", text("col_compound"), as_is),
        Column("number", both("CAS")),
        *RANKED,
    )
    mark, folded = results.subject.illustrative, text("fold_compounds", count=len(rows))
    return Tabular(text("caption_key_compounds"), table(shown, columns), illustrative=mark, folded=folded)


def _compound(row: dict[object, object]) -> Bilingual:
    return pair(row["name_zh"], row["compound"])


def month_table(results: Results) -> Tabular:
    """Return the largest rows of the dynamic table (VOC) by month, folded."""
    every = results.table(f"{TABLES}dynamic")
    rows = every[every["pollutant"] == "VOC"].nlargest(MONTH_ROWS, "year_t").fillna({"park_name": ""})
    shown = rows.assign(
        zone=column(results.zone(code) for code in rows["district"]),
        name=column(_place(row) for row in rows.to_dict("records")),
    )
    months = [name for name in rows.columns if name.startswith("m") and name[1:].isdigit()]
    columns = (
        Column("zone", text("col_district"), as_is),
        Column("name", text("col_enterprise"), as_is),
        *(Column(name, both(str(int(name[1:]))), number(0), numeric=True) for name in months),
        Column("year_t", text("col_mass"), number(0), numeric=True),
    )
    mark, folded = results.subject.illustrative, text("fold_dynamic", count=len(rows))
    return Tabular(text("caption_dynamic"), table(shown, columns), illustrative=mark, folded=folded)


def _place(row: dict[object, object]) -> Bilingual:
    """Return the enterprise of a row with its park; the area sources of a district in both languages."""
    if row["enterprise_name"] == AREA_SOURCES:
        return Bilingual(AREA_SOURCES, "area sources")
    park = "" if row["park_name"] in (OUTSIDE_PARKS, "") else f" ({row['park_name']})"
    return both(f"{row['enterprise_name']}{park}")
