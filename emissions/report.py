"""The report on the emissions of a city: what was read, what was applied and why, where the mass is, who emits most.

What SMOKE's Smkreport and REPINVEN, its logs of assignments and its totals are used for, as one workbook and as CSV.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from aqcore import style
from aqcore.districts import Districts
from emissions import quality
from emissions.assignments import OwnTables, even_spreads, source_profiles, unmatched
from emissions.figure_data import CURVES, fine_particle_parts, time_curves
from emissions.key_industries import described, industry_basis, ranking
from emissions.mechanisms import DEFAULT_MECHANISM
from emissions.monthly import dynamic_table
from emissions.natural.streams import NaturalStreams
from emissions.source_classes import SECTORS, source_classes
from emissions.speciation import Speciation
from emissions.streams import EmissionStreams
from emissions.surrogates import Surrogates
from emissions.voc_compounds import compound_groups
from emissions.voc_emissions import VocEmissions
from emissions.workbook import Sheet, write_tables, write_workbook

WORKBOOK = "emissions_report.xlsx"
TABLES = "report"
"""Folder of the CSV files beside the workbook."""

TOP = 30
"""Emitters that are listed for a pollutant."""
TIMED = ("NOx", "VOC", "PM25")
"""Pollutants whose emission over the year, the week and the day is listed."""
TOP_OF = ("NOx", "VOC", "PM25", "SO2", "NH3")
"""Pollutants whose largest emitters are listed."""


@dataclass(frozen=True)
class EmissionReport:
    """The tables of the report in their order."""

    sheets: tuple[Sheet, ...]

    def __getitem__(self, key: str) -> pd.DataFrame:
        """Return the table called `key`; raises `KeyError` when there is none."""
        for sheet in self.sheets:
            if sheet.key == key:
                return sheet.table
        raise KeyError(f"no table {key!r}: {', '.join(sheet.key for sheet in self.sheets)}")

    def write(self, folder: Path, *, title: str = "排放清单报告 Emission report") -> list[Path]:
        """Write `<folder>/emissions_report.xlsx` and `<folder>/report/<table>.csv`, and return the paths."""
        return [
            write_workbook(folder / WORKBOOK, self.sheets, title=title),
            *write_tables(folder / TABLES, self.sheets),
        ]


def emission_report(
    streams: EmissionStreams,
    districts: Districts,
    *,
    year: int,
    own: OwnTables | None = None,
    surrogates: Surrogates | None = None,
    mechanism: str = DEFAULT_MECHANISM,
    natural: NaturalStreams | None = None,
    natural_dates: Sequence[str] = (),
) -> EmissionReport:
    """Make the report of the emissions.

    Parameters
    ----------
    streams, districts
        The emissions and the districts they were built with.
    year
        Year of the table by month.
    own, surrogates
        What was given in place of ours, to find what matched nothing.
    mechanism
        Mechanism whose species the streams have.
    natural, natural_dates
        Natural streams and the days of which their totals are listed.

    Raises
    ------
    InputError
        With the faults of the user's tables.

    """
    tables = own or OwnTables()
    speciation = tables.speciation(mechanism)
    voc = tables.voc_emissions(streams.inventory, speciation)
    names = {code: districts[code].name_zh for code in districts.codes}
    sheets = [
        *_mass_sheets(streams, names),
        *_assignment_sheets(streams, districts, speciation, tables, surrogates),
        *_species_sheets(streams, speciation),
        *_voc_sheets(voc, streams, names, year),
        Sheet(
            "time_curves", "时间曲线", "over year, week and day", time_table(streams), "各周期之和为全年；月与周从 1 起"
        ),
        *_natural_sheets(natural, natural_dates),
    ]
    return EmissionReport((_overview(streams, sheets), *sheets))


def _overview(streams: EmissionStreams, sheets: Sequence[Sheet]) -> Sheet:
    """Return how much there is, whether it closes, and how much of it is illustrative."""
    inventory, tables = streams.inventory, {sheet.key: sheet.table for sheet in sheets}
    made = (inventory.sources["flag"] == "constructed").to_numpy()
    rows: list[tuple[str, object, str]] = [
        ("源数 sources", len(inventory.sources), ""),
        ("点源 point sources", int((inventory.sources["kind"] == "point").sum()), ""),
        ("区县 districts", len(inventory.districts), ""),
        ("账目最大误差 largest error of the ledger", float(tables["closure"]["error"].abs().max()), "relative"),
        ("坐标在区县外的点源 points outside their district", len(tables["points_outside"]), ""),
        ("未匹配的规则 rules that matched nothing", len(tables["unmatched"]), ""),
        ("均匀分配的代用指标 surrogates replaced by an even spread", len(tables["even_spreads"]), ""),
    ]
    for name in inventory.pollutants:
        mass = inventory.mass.sel(pollutant=name).to_numpy()
        share = 100.0 * mass[made].sum() / (mass.sum() or 1.0)
        rows.append((f"{name}", float(mass.sum()), "t/a"))
        rows.append((f"{name} 示意数据占比 illustrative share", float(share), "%"))
    return Sheet("overview", "概况", "overview", pd.DataFrame(rows, columns=["item", "value", "unit"]))


def _mass_sheets(streams: EmissionStreams, names: dict[str, str]) -> Iterable[Sheet]:
    inventory = streams.inventory
    nested = "BC、OC 含于 PM2.5，PM2.5 含于 PM10，各列不可相加"
    for key, zh, en, by in (
        ("by_sector", "分行业部门", "by sector", ["sector"]),
        ("by_district", "分区县", "by district", ["district"]),
        ("by_class", "分源类", "by source class", ["sector", "source_class"]),
        ("by_sector_district", "部门×区县", "by sector and district", ["sector", "district"]),
        ("by_flag", "分数据标记", "by flag", ["flag"]),
    ):
        table = quality.totals(inventory, by).reset_index()
        yield Sheet(key, zh, en, _with_names(table, names), nested)
    yield Sheet("ledger", "质量账", "ledger", _ledger(streams), "每一步的去向；单位 t/a")
    yield Sheet("closure", "质量闭合", "closure", _closure(streams), "相对误差须小于 1e-6")


def _with_names(table: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    """Return the table with the names of its districts, source classes and sectors beside their codes."""
    for code, title, known in (
        ("district", "district_name", names),
        ("source_class", "class_zh", {name: one.name_zh for name, one in source_classes().items()}),
        ("sector", "sector_zh", {name: style.name("sector", name) for name in SECTORS}),
    ):
        if code in table and title not in table:
            table.insert(list(table.columns).index(code) + 1, title, table[code].map(known).fillna(""))
    return table


def _ledger(streams: EmissionStreams) -> pd.DataFrame:
    frame = streams.ledger.frame()
    return frame.groupby(["step", "sector", "pollutant", "fate"], sort=False)["mass_t"].sum().reset_index()


def _closure(streams: EmissionStreams) -> pd.DataFrame:
    """Return for each step and pollutant the mass before and after, and the largest error of its places."""
    table = streams.ledger.closure()
    groups = table.assign(error=table["error"].abs()).groupby(["step", "pollutant"], sort=False)
    return groups.agg(before_t=("before_t", "sum"), after_t=("after_t", "sum"), error=("error", "max")).reset_index()


def _assignment_sheets(
    streams: EmissionStreams,
    districts: Districts,
    speciation: Speciation,
    own: OwnTables,
    surrogates: Surrogates | None,
) -> Iterable[Sheet]:
    inventory, placing = streams.inventory, streams.placement.report
    yield Sheet("source_profiles", "各源所用谱", "profiles of each source", source_profiles(streams, speciation))
    applied = quality.speciation_applied(inventory, speciation)
    yield Sheet("class_profiles", "源类所用成分谱", "speciation profiles by class", applied)
    yield Sheet("placing", "空间分配", "placing", placing)
    spread = even_spreads(placing)
    yield Sheet("even_spreads", "均匀分配", "even spreads", spread, "缺少代用指标数据，在区县内均匀分配")
    found = unmatched(streams, speciation, own=own, surrogates=surrogates)
    yield Sheet("unmatched", "未匹配的规则", "rules that matched nothing", found)
    outside = quality.points_outside(inventory, districts).rename_axis("source_id").reset_index()
    yield Sheet("points_outside", "区县外点源", "points outside", outside, "大量偏移 300-600 m 说明坐标系为 GCJ-02")
    yield Sheet("statements", "颗粒物填报", "what is stated of particles", quality.statements(inventory))
    yield Sheet("top_emitters", "主要排放源", "top emitters", top_emitters(streams))


def top_emitters(streams: EmissionStreams, count: int = TOP) -> pd.DataFrame:
    """Return the largest emitters of the main pollutants, one row a pollutant and source."""
    inventory = streams.inventory
    parts = [
        quality.top_emitters(inventory, name, count=count).rename_axis("source_id").reset_index().assign(pollutant=name)
        for name in TOP_OF
        if name in inventory.pollutants
    ]
    table = pd.concat(parts, ignore_index=True)
    return table[["pollutant", *(name for name in table.columns if name != "pollutant")]]


def _species_sheets(streams: EmissionStreams, speciation: Speciation) -> Iterable[Sheet]:
    inventory = streams.inventory
    species = quality.species_totals(inventory, speciation)
    yield Sheet("species", "模式物种", "species", species, f"机理 mechanism: {speciation.mechanism}")
    if "PM25" in inventory.pollutants:
        parts = fine_particle_parts(inventory, speciation).reset_index()
        parts = parts.melt("sector", var_name="part", value_name="mass_t")
        yield Sheet("fine_particles", "PM2.5 组分", "parts of PM2.5", parts, "t/a")
    yield Sheet("voc_fates", "VOCs 进入机理的去向", "VOC by species", quality.voc_by_species(inventory, speciation))


def time_table(streams: EmissionStreams) -> pd.DataFrame:
    """Return what sectors emit in the months, weekdays and hours of a year (t): `pollutant, cycle, part, sector`."""
    inventory = streams.inventory
    names = [name for name in TIMED if name in inventory.pollutants and inventory.mass.sel(pollutant=name).sum() > 0.0]
    parts = [
        time_curves(streams, name, cycle)
        .rename_axis(index="part", columns="sector")
        .reset_index()
        .melt("part", value_name="mass_t")
        .assign(pollutant=name, cycle=cycle)
        for name in names
        for cycle in CURVES
    ]
    columns = ["pollutant", "cycle", "part", "sector", "mass_t"]
    return pd.concat(parts)[columns] if parts else pd.DataFrame(columns=columns)


def _voc_sheets(voc: VocEmissions, streams: EmissionStreams, names: dict[str, str], year: int) -> Iterable[Sheet]:
    note = "OFP = 排放 × MIR（Carter 2010）；SOA = 排放 × 产率（Wu 等 2017）；仅用于排序"
    table = _with_names(voc.reactivity(("sector",)), names)
    yield Sheet("voc_sectors", "VOCs 反应活性（部门）", "VOC reactivity by sector", table, note)
    groups = voc.groups(("sector",))
    titles = {name: (one.name_zh, one.name_en) for name, one in compound_groups().items()}
    groups["group_zh"] = groups["group"].map({name: pair[0] for name, pair in titles.items()})
    groups["group_en"] = groups["group"].map({name: pair[1] for name, pair in titles.items()})
    yield Sheet("voc_groups", "VOCs 类别", "groups of compounds by sector", _with_names(groups, names), note)
    for subject, zh, en in (
        ("industry", "重点行业", "key industries"),
        ("district", "重点区县", "key districts"),
        ("park", "重点园区", "key parks"),
        ("enterprise", "重点企业", "key enterprises"),
        ("compound", "重点组分", "key compounds"),
    ):
        yield Sheet(f"key_{subject}", zh, en, _with_names(ranking(voc, subject), names), note)
    yield Sheet("industry_basis", "行业判定依据", "how industries were found", industry_basis(streams.inventory))
    missing = voc.not_speciated()
    yield Sheet("not_speciated", "无化合物谱", "VOC without compounds", missing, "这些谱只有模式物种，没有化合物组成")
    pollutants = [name for name in ("VOC", "NOx") if name in streams.inventory.pollutants]
    if pollutants:
        by_month = _with_names(dynamic_table(streams, year, pollutants), names)
        yield Sheet(
            "dynamic", "县-园-企动态清单", "district, park, enterprise by month", by_month, f"{year} 年，按时间谱分月"
        )


def _natural_sheets(natural: NaturalStreams | None, dates: Sequence[str]) -> Iterable[Sheet]:
    if natural is None:
        return
    parts = [natural.day_totals(date).assign(date=str(np.datetime64(date, "D"))) for date in dates]
    if parts:
        note = "t/d；" + "；".join(natural.met.assumed)
        yield Sheet("natural", "天然源", "natural sources", pd.concat(parts, ignore_index=True), note)


def described_sources(streams: EmissionStreams) -> pd.DataFrame:
    """Return the sources of the inventory with their industry, park and enterprise, and their mass."""
    inventory = streams.inventory
    mass = pd.DataFrame(inventory.mass.to_numpy(), inventory.sources.index, list(inventory.pollutants))
    return described(inventory.sources).join(mass)
