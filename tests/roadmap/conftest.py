"""A synthetic city of two districts: every table that the page reads, small enough to check by hand."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from aqcore.districts import District, Districts
from aqcore.polygon import Polygon
from evaluation.performance import metrics
from roadmap.path import Milestone, cuts, road_table, with_cuts
from roadmap.report.results import Results, Review, Subject
from roadmap.report.texts import Bilingual
from roadmap.timetable import timetable

ZONES = ("990101", "990102")
SCENARIOS = {
    "base": Bilingual("基准", "Base"),
    "only_coal": Bilingual("仅燃煤", "Only coal"),
    "past_2017": Bilingual("2017年", "State of 2017"),
    "inflow": Bilingual("仅来流", "Only the inflow"),
    "now": Bilingual("现状", "Now"),
    "target": Bilingual("路径<script>", "Road <script>"),
}
"""The titles of `target` are hostile on purpose: no text of a user may act in the page (law 9)."""
FACTORS = {
    "base": {"NOx": 1.0, "VOC": 1.0, "PM25": 1.0, "SO2": 1.0, "NH3": 1.0},
    "only_coal": {"NOx": 0.9, "VOC": 1.0, "PM25": 0.8, "SO2": 0.6, "NH3": 1.0},
    "past_2017": {"NOx": 0.8, "VOC": 0.9, "PM25": 0.6, "SO2": 0.3, "NH3": 1.02},
    "inflow": {"NOx": 1.0, "VOC": 1.0, "PM25": 1.0, "SO2": 1.0, "NH3": 1.0},
    "now": {"NOx": 0.5, "VOC": 0.6, "PM25": 0.4, "SO2": 0.2, "NH3": 0.8},
    "target": {"NOx": 0.25, "VOC": 0.45, "PM25": 0.3, "SO2": 0.1, "NH3": 0.6},
}
"""Remaining emission of each scenario; from now to target NOx falls by 50 %, VOC by 25 %, PM25 by 25 %."""
MASS = {"NOx": 20_000.0, "VOC": 30_000.0, "PM25": 8_000.0, "SO2": 5_000.0, "NH3": 4_000.0, "CO": 90_000.0}
"""Base emission of the city, t/a."""
SHARES = {"ONROAD": 0.75, "SOLVENT": 0.25}
LEVELS = (0.0, 0.5, 1.0, 1.2)


def square(west: float) -> Polygon:
    """Return a square of one degree whose lower left corner lies at (west, 40)."""
    ring = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]], float) + np.array([west, 40.0])
    return Polygon(ring)


@pytest.fixture(scope="session")
def districts() -> Districts:
    """Two squares side by side."""
    items = (
        District(ZONES[0], "甲区", (square(116.0),), "Jia"),
        District(ZONES[1], "乙区", (square(117.0),), "Yi"),
    )
    return Districts(items, "synthetic")


def subject(districts: Districts) -> Subject:
    return Subject(
        name=Bilingual("合成市", "Synthetic City"),
        illustrative=True,
        base_year=2013,
        start_year=2025,
        start_scenario="now",
        milestones=(Milestone(2031, "target", "GB3095-2026-final"),),
        reviews=(Review(Bilingual("行动", "The action"), 2013, 2017, "past_2017"),),
        scenarios=SCENARIOS,
        districts=districts,
        days_kind="typical",
        days_source="synthetic, 3 days with O3 > 160 ug/m3",
        days_count=3,
        version="9.9.9",
        scenario_years={"past_2017": 2017, "now": 2025, "target": 2031},
        single=("only_coal",),
    )


def emission_tables() -> dict[str, pd.DataFrame]:
    rows = [
        (sector, zone, pollutant, mass * share / len(ZONES))
        for pollutant, mass in MASS.items()
        for sector, share in SHARES.items()
        for zone in ZONES
    ]
    closure = [("inventory", "placing", 0.0), ("placing", "files", 2.5e-8)]
    flags = [("constructed", name, 0.25 * mass) for name, mass in MASS.items()]
    flags += [("read", name, 0.75 * mass) for name, mass in MASS.items()]
    return {
        "emissions/totals": pd.DataFrame(rows, columns=["sector", "district", "pollutant", "mass_t"]),
        "emissions/sources": pd.DataFrame({"source_id": ["a", "b"]}),
        "emissions/closure": pd.DataFrame(closure, columns=["previous", "step", "error"]),
        "emissions/flags": pd.DataFrame(flags, columns=["flag", "pollutant", "mass_t"]),
    }


def scenario_totals() -> pd.DataFrame:
    rows = [
        (name, "ONROAD", pollutant, MASS[pollutant] * factor)
        for name, factors in FACTORS.items()
        for pollutant, factor in factors.items()
    ]
    return pd.DataFrame(rows, columns=["scenario", "sector", "pollutant", "mass_t"])


def background() -> pd.DataFrame:
    factors = {"base": (1.0, 1.0, 1.0), "now": (0.5, 1.0, 0.8), "target": (0.4, 0.95, 0.6)}
    rows = [
        (name, species, factor)
        for name, values in factors.items()
        for species, factor in zip(("PM25", "O3", "NO2"), values, strict=True)
    ]
    return pd.DataFrame(rows, columns=["scenario", "species", "factor"])


def design_value(statistic: str, observed: float, value: float, low: float, high: float) -> dict[str, object]:
    return {
        "statistic": statistic, "unit": "mg/m3" if statistic.startswith("CO") else "ug/m3", "observed": observed,
        "value": value, "value_absolute": value + 0.5, "low": low, "high": high, "rrf": value / observed,
        "n_high": 2, "n_days": 3, "n_zones": 2,
    }  # fmt: skip


def projection() -> pd.DataFrame:
    """Return effects of four scenarios, and the road: PM2.5 surely attains 25, NO2 barely 30, O3 misses 160."""
    rows: list[dict[str, object]] = []
    changes = {"only_coal": -5.0, "past_2017": -30.0, "inflow": -12.0, "now": -55.0, "target": -62.0}
    for name, change in changes.items():
        effects = (
            design_value("PM25_mean", 90.0, 90.0 + change, 88.0 + change, 91.0 + change),
            design_value("O3_MDA8_p90", 180.0, 180.0 + (2.0 if name == "only_coal" else change / 3), 150.0, 183.0),
            design_value("NO2_mean", 56.0, 50.0, 49.0, 51.0),
        )
        rows += [{**row, "purpose": "effect", "scenario": name, "against": "base"} for row in effects]
    road = (
        design_value("PM25_mean", 27.0, 22.0, 21.0, 23.0),
        design_value("NO2_mean", 40.0, 29.0, 26.0, 31.0),
        design_value("CO_p95", 0.9, 0.8, 0.7, 0.85),
        design_value("O3_MDA8_p90", 170.0, 165.0, 161.0, 171.0),
    )
    rows += [{**row, "purpose": "road", "scenario": "target", "against": "now"} for row in road]
    return pd.DataFrame(rows)


def effect() -> pd.DataFrame:
    """Return rows by district: the second falls by 2 ug m-3 more than the first; ozone rises in the second."""
    controls = {
        ("now", "PM25", "mean", "year"): (40.0, 50.0),
        ("target", "PM25", "mean", "year"): (30.0, 38.0),
        ("now", "O3", "MDA8_mean", "summer"): (150.0, 150.0),
        ("target", "O3", "MDA8_mean", "summer"): (140.0, 155.0),
    }
    rows = [
        (name, season, zone, pollutant, statistic, 100.0, control, control - 100.0)
        for (name, pollutant, statistic, season), values in controls.items()
        for zone, control in (*zip(ZONES, values, strict=True), ("city", sum(values) / 2))
    ]
    names = ["scenario", "season", "zone", "pollutant", "statistic", "base", "control", "change"]
    return pd.DataFrame(rows, columns=names)


def matrix_tables() -> dict[str, pd.DataFrame]:
    """Return a surface o3 = 150 + 20 voc - 40 (nox - 0.5 - 0.2 voc)^2 with its ridge at nox = 0.5 + 0.2 voc."""
    rows = [
        (zone, nox, voc, 150.0 + 20.0 * voc - 40.0 * (nox - 0.5 - 0.2 * voc) ** 2)
        for zone in (*ZONES, "city")
        for nox in LEVELS
        for voc in LEVELS
    ]
    ridge = [
        (voc, 0.5 + 0.2 * voc, 150.0 + 20.0 * voc, voc == 1.2, zone) for zone in (*ZONES, "city") for voc in LEVELS
    ]
    ratio = {
        "zone": [*ZONES, "city"], "o3_base": [165.0, 160.0, 162.0], "peak_ratio": [0.7, 1.2, 0.7],
        "regime": ["VOC-limited", "NOx-limited", "VOC-limited"], "ratio_local": [1.1, -0.2, 0.8],
        "ratio_suggested": [np.nan, 0.0, 1.2], "loo_mne_pct": [0.1, 0.1, 0.2],
    }  # fmt: skip
    cut = {
        "zone": [*ZONES, "city"], "target": 160.0, "reached": [True, True, True], "nox_cut_pct": 40.0,
        "voc_cut_pct": 30.0, "o3": 159.0,
    }  # fmt: skip
    return {
        "evaluation/matrix": pd.DataFrame(rows, columns=["zone", "nox", "voc", "o3"]),
        "evaluation/ridge": pd.DataFrame(ridge, columns=["voc", "nox", "o3", "at_edge", "zone"]),
        "evaluation/ratio": pd.DataFrame(ratio),
        "evaluation/cuts": pd.DataFrame(cut),
    }


def performance() -> pd.DataFrame:
    """Return metrics of ozone 50 % too high, PM2.5 5 % too low, and hourly NO2 as measured."""
    obs = np.linspace(60.0, 180.0, 12)
    values = {("O3", "MDA8"): 1.5 * obs, ("PM25", "24h"): 0.95 * obs, ("NO2", "1h"): obs}
    return pd.DataFrame(
        [
            {"pollutant": key[0], "averaging": key[1], "zone": "all", **metrics(model, obs)}
            for key, model in values.items()
        ]
    )


def diurnal() -> pd.DataFrame:
    hours = np.arange(24)
    parts = [
        pd.DataFrame({"case": case, "pollutant": name, "hour": hours, "model": 50.0 + hours, "obs": 40.0 + hours})
        for case in ("summer_O3_episode", "a case of the user")
        for name in ("O3", "NO2", "PM25", "SO2", "CO")
    ]
    return pd.concat(parts)


def review_tables() -> dict[str, pd.DataFrame]:
    changes = pd.DataFrame({
        "statistic": ["PM25_mean", "NO2_mean", "O3_MDA8_p90", "PM10_mean"],
        "official_change_pct": [-35.2, -17.9, 5.2, np.nan], "modelled_change_pct": [-33.9, -31.8, -5.1, -35.0],
        "modelled_change_pct_low": [-36.7, -36.1, -6.1, -38.0], "modelled_change_pct_high": [-31.0, -28.9, -3.8, -32.0],
    })  # fmt: skip
    categories = pd.DataFrame({
        "key": ["coal", "voc"], "name_zh": ["仅燃煤", "仅VOCs"], "name_en": ["Only coal", "Only VOC"],
        "modelled": [3.6, 0.1], "low": [2.3, 0.0], "high": [5.0, 0.2], "Study 2019": [5.9, np.nan],
    })  # fmt: skip
    shares = pd.DataFrame({
        "study": ["Study 2019"], "name_zh": ["本地"], "name_en": ["local"], "share_pct": [65.0],
        "official_part": [-20.5], "source": ["Study 2019, PM2.5 2013-2017"],
    })  # fmt: skip
    normalised = pd.DataFrame({"statistic": ["PM25_mean", "CO_mean"], "published_pct": [-34.0, -33.0]})
    stem = "2013_2017"
    named = {"review": changes, "categories": categories, "shares": shares, "normalised": normalised}
    return {f"evaluation/{name}_{stem}": table for name, table in named.items()}


def road_tables() -> dict[str, pd.DataFrame]:
    milestones = [Milestone(2031, "target", "GB3095-2026-final")]
    rows = projection()
    cut = cuts(scenario_totals(), "now", milestones)
    reach = pd.DataFrame(
        [
            ("target", "cars", "NOx", 3000.0, 2), ("target", "cars", "VOC", 1000.0, 2),
            ("target", "paint", "VOC", 5000.0, 1),
            ("target", "paint", "PM25", 0.0, 1), ("target", "heating", "PM25", 40.0, 3),
        ],
        columns=["scenario", "measure", "pollutant", "removed_t", "sources"],
    )  # fmt: skip
    measures = pd.DataFrame({
        "id": ["cars", "paint", "heating"], "name_zh": ["电动车", "涂料", "清洁取暖"],
        "name_en": ["Electric cars", "Paint", "Clean heating"],
        "department": ["交通运输部门、生态环境部门", "生态环境部门", "某局"], "start": [2026, 2028, 2026],
        "end": [np.nan, np.nan, 2029],
    })  # fmt: skip
    return {
        "roadmap/roadmap": with_cuts(road_table(rows[rows["purpose"] == "road"], milestones), cut),
        "roadmap/cuts": cut,
        "roadmap/timetable": timetable(reach, measures, "target", start=2025, end=2031),
    }


def official() -> pd.DataFrame:
    values = {"PM25_mean": (90.0, 27.0), "NO2_mean": (56.0, 40.0), "O3_MDA8_p90": (180.0, 170.0)}
    rows = [
        (year, name, value) for name, pair in values.items() for year, value in zip((2013, 2025), pair, strict=True)
    ]
    return pd.DataFrame(rows, columns=["year", "statistic", "value"])


def published() -> pd.DataFrame:
    return pd.DataFrame({
        "quantity": ["total", "change"], "period": ["2013", "2013-2017"], "scope": ["all anthropogenic", "ours <b>"],
        "pollutant": ["NOx", "PM25"], "value": [23_000.0, -43.0], "inventory_value": [20_000.0, np.nan],
        "unit": ["t/a", "%"], "difference_pct": [-13.0, np.nan], "source": ["Someone 2019", "press"],
        "note": ["missed; year from memory", np.nan],
    })  # fmt: skip


@pytest.fixture(scope="session")
def synthetic(tmp_path_factory: pytest.TempPathFactory, districts: Districts) -> Results:
    """Results of a synthetic city, all its tables on disk. Not to be changed: copy what a test needs otherwise."""
    work = tmp_path_factory.mktemp("synthetic")
    tables = {
        **emission_tables(), **matrix_tables(), **review_tables(), **road_tables(),
        "scenarios/totals": scenario_totals(), "scenarios/background": background(),
        "evaluation/projection": projection(), "evaluation/effect": effect(),
        "evaluation/performance": performance(), "evaluation/diurnal": diurnal(),
    }  # fmt: skip
    for name, table in tables.items():
        write(work, name, table)
    return Results(work, subject(districts), official(), published())


def write(work: Path, name: str, table: pd.DataFrame) -> None:
    path = work / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False)


@pytest.fixture
def changed(synthetic: Results, tmp_path: Path) -> Callable[..., Results]:
    """Return results of the synthetic city with some tables and facts of the subject replaced."""

    def change(tables: dict[str, pd.DataFrame] | None = None, **facts: object) -> Results:
        for file in synthetic.work.rglob("*.csv"):
            name = file.relative_to(synthetic.work).with_suffix("").as_posix()
            write(tmp_path, name, (tables or {}).get(name, pd.read_csv(file, dtype={"zone": str, "district": str})))
        return replace(synthetic, work=tmp_path, subject=replace(synthetic.subject, **facts))

    return change
