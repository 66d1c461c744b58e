"""Quality assurance of the inventory: what was checked, what the profiles rest on, who emits most, and when."""

from collections.abc import Iterable

import pandas as pd

from emissions import figures
from roadmap.report.drawing import WIDTH, Size, drawings
from roadmap.report.html_table import Column, as_is, column, number, table
from roadmap.report.numbers import decimal, scientific
from roadmap.report.page import Figure, Section, Tabular
from roadmap.report.results import Results
from roadmap.report.sections.inventory import ledger_finding
from roadmap.report.texts import Bilingual, both, named, text

TABLES = "emissions/report/"
NEEDED = f"{TABLES}overview"
"""The table without which the section is left out: a work folder of before there was a report."""

TIMED = ("NOx", "VOC", "PM25")
"""Pollutants of the curves in time; the first that the inventory has is drawn."""
TOP_OF, TOP = ("NOx", "VOC", "PM25"), 5
FLAGS = ("read", "derived", "knowledge", "constructed")


def section(results: Results) -> Section:
    """Return the section with the checks, the flags of the profiles, curves in time, composition and top emitters."""
    parts: list[Figure | Tabular] = [check_table(results), flag_table(results), *time_figures(results)]
    if results.has(f"{TABLES}fine_particles"):
        parts.append(particle_figure(results))
    parts.append(top_table(results))
    if results.has("emissions/region_comparison"):
        parts.append(region_table(results))
    return Section("quality", text("section_quality"), findings(results), parts)


def findings(results: Results) -> tuple[Bilingual, ...]:
    """Return the closure of the ledger, what matched nothing or lies wrong, and where all tables stand."""
    count = {name: decimal(len(results.table(f"{TABLES}{name}"))) for name in ("unmatched", "points_outside")}
    found = text(
        "finding_quality", unmatched=count["unmatched"], outside=count["points_outside"],
        even=decimal(_even(results)), sources=decimal(len(results.table("emissions/sources"))),
    )  # fmt: skip
    return ledger_finding(results), found, text("finding_quality_files")


def _even(results: Results) -> int:
    return int(results.table(f"{TABLES}even_spreads")["sources"].sum())


def checks(results: Results) -> Iterable[tuple[str, str]]:
    """Yield the key of each check and its result in figures."""
    sources = results.table("emissions/sources")
    points = int((sources["kind"] == "point").sum())
    yield "check_sources", f"{decimal(len(sources))} ({decimal(points)})"
    yield "check_ledger", scientific(float(results.table("emissions/closure")["error"].abs().max()))
    ledger = results.table("emissions/ledger")
    left = (ledger["step"] == "placing") & (ledger["fate"] != "kept") & (ledger["pollutant"] == "NOx")
    yield "check_outside_domain", decimal(ledger.loc[left, "mass_t"].sum())
    for name in ("unmatched", "points_outside"):
        yield f"check_{name}", decimal(len(results.table(f"{TABLES}{name}")))
    yield "check_even_spreads", decimal(_even(results))
    if results.has(f"{TABLES}not_speciated"):
        yield "check_not_speciated", decimal(results.table(f"{TABLES}not_speciated")["mass_t"].sum())
    yield "check_filled", decimal(results.table(f"{TABLES}statements")["filled"].sum())


def check_table(results: Results) -> Tabular:
    """Return each check with its result."""
    rows = pd.DataFrame(checks(results), columns=["key", "result"])
    shown = rows.assign(what=column(text(key) for key in rows["key"]))
    columns = (
        Column("what", text("col_check"), as_is),
        Column("result", text("col_result"), numeric=True),
    )
    return Tabular(text("caption_checks"), table(shown, columns), illustrative=results.subject.illustrative)


def flag_table(results: Results) -> Tabular:
    """Return for each pollutant how much of its mass has profiles of each flag (%)."""
    rows = results.table(f"{TABLES}class_profiles")
    mass = rows.pivot_table(index="pollutant", columns="flag", values="mass_t", aggfunc="sum", sort=False)
    share = mass.mul(100.0).div(mass.sum(axis=1), axis=0).reindex(columns=list(FLAGS)).fillna(0.0).reset_index()
    shown = share.assign(name=column(named("pollutant", str(key)) for key in share["pollutant"]))
    columns = (
        Column("name", text("col_pollutant"), as_is),
        *(Column(flag, text(f"col_{flag}"), number(0), numeric=True) for flag in FLAGS),
    )
    return Tabular(text("caption_profile_flags"), table(shown, columns))


def time_figures(results: Results) -> list[Figure]:
    """Return the curves over the year, the week and the day of the first pollutant that the inventory has."""
    every = results.table(f"{TABLES}time_curves")
    present = [name for name in TIMED if name in set(every["pollutant"])]
    if not present:
        return []
    rows = every[every["pollutant"] == present[0]]
    curves = {
        str(cycle): part.pivot_table(index="part", columns="sector", values="mass_t", sort=False)
        for cycle, part in rows.groupby("cycle", sort=False)
    }
    drawing = drawings(
        lambda fig, language: figures.time_curve(fig, curves, present[0], lang=language), Size(WIDTH, 9.0)
    )
    caption = text("caption_time_curves", pollutant=named("pollutant", present[0]))
    return [Figure("time_curves", caption, drawing, illustrative=results.subject.illustrative)]


def particle_figure(results: Results) -> Figure:
    """Return the composition of the PM2.5 of the sectors."""
    rows = results.table(f"{TABLES}fine_particles")
    parts = rows.pivot_table(index="sector", columns="part", values="mass_t", sort=False)
    drawing = drawings(lambda fig, language: figures.fine_particle_bars(fig, parts, lang=language), Size(WIDTH, 10.0))
    mark = results.subject.illustrative
    return Figure("fine_particles", text("caption_fine_particles"), drawing, illustrative=mark)


def top_table(results: Results) -> Tabular:
    """Return the largest sources of the main pollutants, folded."""
    every = results.table(f"{TABLES}top_emitters")
    rows = every[every["pollutant"].isin(TOP_OF)].groupby("pollutant", sort=False).head(TOP)
    shown = rows.assign(
        what=column(named("pollutant", str(name)) for name in rows["pollutant"]),
        who=column(both(str(row.name) if isinstance(row.name, str) else str(row.source_id))
                   for row in rows[["name", "source_id"]].itertuples(index=False)),
        zone=column(results.zone(code) for code in rows["district"]),
        part=column(named("sector", str(name)) for name in rows["sector"]),
    )  # fmt: skip
    columns = (
        Column("who", text("col_emitter"), as_is),
        Column("zone", text("col_district"), as_is),
        Column("part", text("col_sector"), as_is),
        Column("mass_t", text("col_mass"), number(0), numeric=True),
        Column("share_pct", text("col_share"), number(1), numeric=True),
    )
    mark, folded = results.subject.illustrative, text("fold_top", count=TOP)
    html = table(shown, columns, group="what")
    return Tabular(text("caption_top_emitters"), html, illustrative=mark, folded=folded)


def region_table(results: Results) -> Tabular:
    """Return what the regional inventory has inside the city beside the city's own, by pollutant, folded."""
    rows = results.table("emissions/region_comparison").groupby("pollutant", sort=False)[["city_t", "region_t"]].sum()
    shown = rows.reset_index().assign(
        ratio=(rows["city_t"] / rows["region_t"].where(rows["region_t"] > 0.0)).to_numpy(),
        name=column(named("pollutant", str(key)) for key in rows.index),
    )
    columns = (
        Column("name", text("col_pollutant"), as_is),
        Column("city_t", text("col_city_mass"), number(0), numeric=True),
        Column("region_t", text("col_region_mass"), number(0), numeric=True),
        Column("ratio", text("col_ratio"), number(2), numeric=True),
    )
    return Tabular(text("caption_region"), table(shown, columns), folded=text("fold_region"))
