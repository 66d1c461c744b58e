"""Key industries and quality assurance on the page, from small tables of the report by hand."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from roadmap.report.build import build
from roadmap.report.numbers import MISSING
from roadmap.report.page import Figure, Tabular
from roadmap.report.results import Results
from roadmap.report.sections import key_industries, quality

REPORT = "emissions/report"


def ranking(names: list[tuple[str, str]], columns: tuple[str, str]) -> pd.DataFrame:
    """Two rows: the first has 80 of 100 t OFP and is key, the second 20."""
    table = pd.DataFrame(names, columns=list(columns))
    return table.assign(
        mass_t=[30.0, 20.0], ofp_t=[80.0, 20.0], soa_t=[1.0, 3.0], mass_pct=[60.0, 40.0], ofp_pct=[80.0, 20.0],
        soa_pct=[25.0, 75.0], mir_pct=[90.0, 100.0], rank_ofp=[1, 2], key=[True, False],
    )  # fmt: skip


def tables() -> dict[str, pd.DataFrame]:
    industries = ranking([("炼油", "refining"), ("涂装", "coating <b>")], ("industry_zh", "industry_en"))
    compounds = ranking([("乙烯", "ethylene"), ("甲苯", "toluene")], ("name_zh", "compound"))
    enterprises = ranking([("甲厂", "110101"), ("乙厂", "110102")], ("enterprise_name", "district"))
    months = {f"m{number:02d}": [1.0, 2.0] for number in range(1, 13)}
    dynamic = pd.DataFrame({
        "district": ["110101", "110102"], "park_name": ["园区外", "东园"], "enterprise_name": ["面源", "乙厂"],
        "pollutant": ["VOC", "VOC"], **months, "year_t": [12.0, 24.0],
    })  # fmt: skip
    profiles = pd.DataFrame({"pollutant": ["NOx", "NOx"], "flag": ["read", "knowledge"], "mass_t": [75.0, 25.0]})
    curves = pd.DataFrame([
        ("NOx", cycle, part, "POWER", 1.0)
        for cycle, parts in (("month", 12), ("weekday", 7), ("hour", 24)) for part in range(parts)
    ], columns=["pollutant", "cycle", "part", "sector", "mass_t"])  # fmt: skip
    top = pd.DataFrame({
        "pollutant": ["NOx"] * 6 + ["CO"], "source_id": [f"s{number}" for number in range(7)],
        "name": ["电厂"] + [""] * 6,
        "district": "110101", "sector": "POWER", "mass_t": 10.0, "share_pct": 10.0,
    })  # fmt: skip
    particles = pd.DataFrame({"sector": ["POWER"] * 2, "part": ["PM25_OC", "PM25_OTHER"], "mass_t": [1.0, 3.0]})
    return {
        "key_industry": industries, "key_compound": compounds.assign(cas=["74-85-1", "108-88-3"]), "dynamic": dynamic,
        "key_enterprise": enterprises.assign(industry_zh="炼油", industry_en="refining"),
        "overview": pd.DataFrame({"item": []}), "fine_particles": particles,
        "class_profiles": profiles, "time_curves": curves, "top_emitters": top,
        "unmatched": pd.DataFrame({"name": ["x"]}), "points_outside": pd.DataFrame({"name": []}),
        "even_spreads": pd.DataFrame({"surrogate": ["roads", "population"], "sources": [3, 4]}),
        "statements": pd.DataFrame({"filled": [0, 2]}), "not_speciated": pd.DataFrame({"mass_t": [5.0]}),
    }  # fmt: skip


@pytest.fixture
def results(synthetic: Results, tmp_path: Path) -> Results:
    work = tmp_path / "work"
    shutil.copytree(synthetic.work, work)
    (work / REPORT).mkdir(parents=True)
    for name, table in tables().items():
        table.to_csv(work / REPORT / f"{name}.csv", index=False)
    pd.DataFrame({"source_id": ["a", "b"], "kind": ["area", "point"]}).to_csv(
        work / "emissions/sources.csv", index=False
    )
    ledger = [
        ("placing", "NOx", "kept", 90.0),
        ("placing", "NOx", "outside domain", 10.0),
        ("files", "NOx", "kept", 90.0),
    ]
    columns = ["step", "pollutant", "fate", "mass_t"]
    pd.DataFrame(ledger, columns=columns).to_csv(work / "emissions/ledger.csv", index=False)
    return replace(synthetic, work=work)


def rows(part: Figure | Tabular) -> list[list[str]]:
    assert isinstance(part, Tabular)
    english = re.sub(r'<span lang="zh-CN">.*?</span>', "", str(part.html))
    found = re.findall(r"<tr[^>]*>(.*?)</tr>", english, re.DOTALL)
    return [[re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)] for row in found][1:]


def test_key_industries_in_words(results: Results) -> None:
    ranked, compounds, use = key_industries.findings(results)
    assert (
        "1 industries make up 80% of it and are key, led by refining (80.0% of the OFP, 60.0% of the mass)" in ranked.en
    )
    assert "首位为炼油（占 80.0%，排放量占 60.0%）" in ranked.zh
    assert "ethylene, toluene" in compounds.en
    assert "乙烯、甲苯" in compounds.zh
    assert "94.0%" in compounds.en  # (30 x 90 + 20 x 100) / 50
    assert "rank" in use.en


def test_tables_of_enterprises_compounds_and_months(results: Results) -> None:
    section = key_industries.section(results)
    enterprises, compounds, months = (part for part in section.parts if isinstance(part, Tabular))
    assert [row[1] for row in rows(enterprises)] == ["甲厂", "乙厂"]
    assert rows(compounds)[1][1:4] == ["toluene", "108-88-3", "20"]
    assert [row[1] for row in rows(months)] == ["乙厂 (东园)", "area sources"]
    assert rows(months)[0][-1] == "24"
    assert all(part.folded is not None for part in (enterprises, compounds, months))


def test_names_of_the_data_are_no_markup(results: Results) -> None:
    figures = [part for part in key_industries.section(results).parts if isinstance(part, Figure)]
    assert [figure.key for figure in figures] == ["key_industries"]
    assert all("<b>" not in svg for svg in figures[0].svg.values())


def test_checks_by_hand(results: Results) -> None:
    assert dict(quality.checks(results)) == {
        "check_sources": "2 (1)", "check_ledger": "2.5×10⁻⁸",
        "check_outside_domain": "10", "check_unmatched": "1", "check_points_outside": "0",
        "check_even_spreads": "7", "check_not_speciated": "5", "check_filled": "2",
    }  # fmt: skip
    found = quality.findings(results)[1].en
    assert "Rules that matched no source: 1." in found
    assert "spread evenly over their district for want of data: 7 of 2 sources" in found


def test_flags_of_profiles_and_top_emitters(results: Results) -> None:
    flags = quality.flag_table(results)
    assert rows(flags) == [["NOₓ", "75", "0", "25", "0"]]
    top = [row for row in rows(quality.top_table(results)) if row]
    assert [row[0] for row in top] == ["电厂", "s1", "s2", "s3", "s4"]


def test_region_is_shown_where_there_is_one(results: Results) -> None:
    assert len(quality.section(results).parts) == 5
    compared = pd.DataFrame({"pollutant": ["NOx", "NOx", "CO"], "city_t": [1.0, 2.0, 5.0], "region_t": [2.0, 4.0, 0.0]})
    compared.to_csv(results.work / "emissions/region_comparison.csv", index=False)
    region = quality.section(results).parts[-1]
    assert rows(region) == [["NOₓ", "3", "6", "0.50"], ["CO", "5", "0", MISSING]]


def test_page_has_the_sections_only_with_their_tables(synthetic: Results, results: Results) -> None:
    keys = [section.key for section in build(results, "zh").sections]
    assert keys[1:4] == ["inventory", "key_industries", "quality"]
    assert not {"key_industries", "quality"} & {section.key for section in build(synthetic, "zh").sections}
