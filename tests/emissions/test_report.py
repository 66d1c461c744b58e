"""The workbook and the report: what Excel will show, closure of every table, what matched nothing, hostile names."""

from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from aqcore.districts import District, Districts
from aqcore.errors import InputError
from aqcore.grid import Grid
from aqcore.polygon import Polygon
from emissions.assignments import OwnTables, even_spreads, source_profiles, unmatched
from emissions.inventory import inventory_of
from emissions.report import EmissionReport, emission_report
from emissions.speciation import build_speciation
from emissions.streams import EmissionStreams, build_streams
from emissions.surrogates import Surrogate, WeightedPoints
from emissions.workbook import HEADER_ROWS, Sheet, column_of, report_columns, write_tables, write_workbook

SUMMED = 1e-9  # sums over hundreds of rows
FORMULA = '=HYPERLINK("http://example.invalid","x")'

ROWS = [
    {"source_id": "P1", "district": "110111", "source_class": "petrochemical", "lon": 116.0, "lat": 39.7,
     "name": FORMULA, "park": "东区", "industry_code": "2614", "VOC": 100.0, "NOx": 10.0, "flag": "constructed"},
    {"source_id": "P2", "district": "110101", "source_class": "cement", "lon": 116.19, "lat": 39.8,
     "name": "边界水泥厂", "NOx": 30.0, "PM10": 9.0, "PM25": 4.0, "SO2": 3.0},
    {"district": "110101", "source_class": "onroad_gasoline", "VOC": 50.0, "NOx": 80.0, "PM25": 2.0, "BC": 0.5},
    {"district": "110111", "source_class": "road_dust", "PM10": 10.0, "PM25": 2.0},
]  # fmt: skip
"""P2 states the eastern district but lies 1 km west of its border: inside the tolerance, and reported."""


def box(west: float, east: float) -> tuple[Polygon, ...]:
    return (Polygon(np.array([[west, 39.5], [east, 39.5], [east, 40.1], [west, 40.1], [west, 39.5]])),)


@pytest.fixture(scope="module")
def districts() -> Districts:
    two = (District("110111", "房山区", box(115.6, 116.2)), District("110101", "东城区", box(116.2, 116.8)))
    return Districts(two, "synthetic")


@pytest.fixture(scope="module")
def streams(districts: Districts) -> EmissionStreams:
    return build_streams(inventory_of(ROWS), districts, Grid.covering("T", 115.6, 116.8, 39.5, 40.1, 9000.0))


@pytest.fixture(scope="module")
def report(streams: EmissionStreams, districts: Districts) -> EmissionReport:
    return emission_report(streams, districts, year=2020)


# --- the workbook --------------------------------------------------------------------------------------------------

TABLE = pd.DataFrame({
    "name": [FORMULA, "+1", "普通", "bad\x07char"], "NOx": [1234.5678, 0.0, np.nan, 2.0], "sources": [3, 4, 5, 6],
    "key": [True, False, True, False], "unknown_column": ["a", None, "b", "c"],
})  # fmt: skip


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> openpyxl.Workbook:
    path = tmp_path_factory.mktemp("book") / "deep" / "a.xlsx"
    sheet = Sheet("one", "第一/表", "first", TABLE, "说明")
    return openpyxl.load_workbook(write_workbook(path, [sheet], title="标题"))


def test_contents_and_sheets(book: openpyxl.Workbook) -> None:
    assert book.sheetnames == ["目录", "第一 表"]
    assert book["目录"]["A1"].value.startswith("标题")
    assert [cell.value for cell in book["目录"][HEADER_ROWS + 1]] == ["第一 表", "first", 4, "说明"]


def test_headers_in_two_languages_with_units(book: openpyxl.Workbook) -> None:
    page = book["第一 表"]
    assert page["A1"].value == "第一/表  first    说明"
    assert [cell.value for cell in page[2]] == ["名称", "氮氧化物", "源数", "重点", "unknown_column"]
    assert [cell.value for cell in page[3]][:3] == ["name", "NOx", "sources"]
    assert page["B4"].value == "t/a"
    assert page.freeze_panes == "B5"
    assert page.auto_filter.ref == "A4:E8"


def test_values_and_formats(book: openpyxl.Workbook) -> None:
    page = book["第一 表"]
    assert page["B5"].value == pytest.approx(1234.5678)
    assert page["B5"].number_format == "#,##0.0##"
    assert page["B7"].value is None
    assert page["C5"].number_format == "#,##0"
    assert [page[f"D{row}"].value for row in (5, 6)] == ["是", None]


def test_a_name_never_becomes_a_formula(book: openpyxl.Workbook) -> None:
    page = book["第一 表"]
    assert page["A5"].value == FORMULA
    assert {page[f"A{row}"].data_type for row in range(5, 9)} == {"s"}
    assert page["A8"].value == "badchar"


def test_widths_hold_their_texts(book: openpyxl.Workbook) -> None:
    widths = [book["第一 表"].column_dimensions[letter].width for letter in "ABCDE"]
    assert min(widths) >= 9.0
    assert widths[0] >= 40.0


def test_two_sheets_with_one_key(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one key"):
        write_workbook(tmp_path / "a.xlsx", [Sheet("a", "甲", "a", TABLE), Sheet("a", "乙", "b", TABLE)])


def test_tables_keep_the_names_of_the_code(tmp_path: Path) -> None:
    path = write_tables(tmp_path / "tables", [Sheet("one", "甲", "a", TABLE)])[0]
    assert path.name == "one.csv"
    assert pd.read_csv(path).columns.tolist() == list(TABLE.columns)


def test_columns_have_names_in_both_languages() -> None:
    assert all(one.zh and one.en for one in report_columns().values())
    assert column_of("VOC").unit == "t/a"


# --- the report ----------------------------------------------------------------------------------------------------


def test_all_columns_of_the_report_are_known(report: EmissionReport) -> None:
    unknown = {name for sheet in report.sheets for name in sheet.table.columns if name not in report_columns()}
    assert unknown == set()


def test_totals_of_every_table_are_the_inventory(report: EmissionReport, streams: EmissionStreams) -> None:
    total = streams.inventory.mass.sum("source").to_series().to_dict()
    for key in ("by_sector", "by_district", "by_class", "by_sector_district", "by_flag"):
        last = report[key].iloc[-1]
        assert last.iloc[0] == "TOTAL"
        for name, mass in total.items():
            assert last[name] == pytest.approx(mass, rel=SUMMED), (key, name)
            assert report[key][name].iloc[:-1].sum() == pytest.approx(mass, rel=SUMMED)
    for key in ("voc_sectors", "voc_groups", "key_industry", "key_district", "key_park", "key_compound", "voc_fates"):
        assert report[key]["mass_t"].sum() == pytest.approx(total["VOC"], rel=SUMMED), key
    dynamic = report["dynamic"].groupby("pollutant")["year_t"].sum()
    assert dynamic.to_dict() == pytest.approx({"VOC": total["VOC"], "NOx": total["NOx"]}, rel=SUMMED)


def test_closure_and_overview(report: EmissionReport) -> None:
    assert report["closure"]["error"].max() < 1e-9
    overview = report["overview"].set_index("item")["value"]
    assert overview["源数 sources"] == 4
    assert overview["VOC"] == pytest.approx(150.0)
    assert overview["VOC 示意数据占比 illustrative share"] == pytest.approx(100.0 * 100.0 / 150.0)
    assert overview["坐标在区县外的点源 points outside their district"] == 1


def test_each_source_has_its_profiles_and_the_reason(report: EmissionReport) -> None:
    table = report["source_profiles"].set_index("source_id")
    assert len(table) == 4
    assert table.loc["P1", "voc_profile"] != ""
    assert table.loc["P1", "voc_why"] == "table of source classes"
    assert table.loc["P2", "voc_profile"] == ""  # it emits none
    assert table.loc["110111:road_dust", "temporal_profile"] != ""


def test_points_outside_and_even_spreads(report: EmissionReport) -> None:
    outside = report["points_outside"]
    assert outside["source_id"].tolist() == ["P2"]
    assert outside["lies_in"].tolist() == ["110111"]
    assert not report["even_spreads"].empty  # no surrogate data were given
    assert report["unmatched"].empty


def test_names_beside_codes(report: EmissionReport) -> None:
    table = report["by_sector_district"]
    assert list(table.columns[:4]) == ["sector", "sector_zh", "district", "district_name"]
    assert "房山区" in table["district_name"].tolist()


def test_an_unknown_table(report: EmissionReport) -> None:
    with pytest.raises(KeyError, match="no table 'sums'"):
        report["sums"]


def test_the_files(report: EmissionReport, tmp_path: Path) -> None:
    paths = report.write(tmp_path)
    assert paths[0].name == "emissions_report.xlsx"
    assert len(paths) == 1 + len(report.sheets)
    book = openpyxl.load_workbook(paths[0])
    assert len(book.sheetnames) == 1 + len(report.sheets)
    emitters = book["主要排放源"]
    cells = [cell for row in emitters.iter_rows() for cell in row if cell.value == FORMULA]
    assert cells
    assert all(cell.data_type == "s" for cell in cells)


# --- what matched nothing ------------------------------------------------------------------------------------------


@pytest.fixture
def own(tmp_path: Path) -> OwnTables:
    voc, assignment, composition = (tmp_path / name for name in ("voc.csv", "assignment.csv", "compounds.csv"))
    voc.write_text(
        "profile,species,mass_fraction,mol_per_g\nMINE,TOL,1.0,0.0108\nNEVER,PAR,1.0,0.07\n", encoding="utf-8"
    )
    assignment.write_text("source_class,pollutant,profile\npetrochemical,VOC,MINE\nbrick,VOC,MINE\n", encoding="utf-8")
    composition.write_text("profile,compound,mass_fraction\nMINE,toluene,1.0\nGONE,benzene,1.0\n", encoding="utf-8")
    return OwnTables(voc=voc, assignment=assignment, composition=composition)


def test_what_was_given_but_matched_nothing(streams: EmissionStreams, own: OwnTables) -> None:
    speciation = own.speciation("cb6r5_ae7")
    point = WeightedPoints(np.array([116.0]), np.array([39.7]), np.array([1.0]))
    given_ = {"crops": Surrogate(point)}
    found = unmatched(streams, speciation, own=own, surrogates=given_)
    assert found[["item", "name"]].to_numpy().tolist() == [
        ["assignment.csv:3", "brick VOC"], ["voc.csv", "NEVER"], ["compounds.csv", "GONE"], ["surrogate", "crops"],
    ]  # fmt: skip
    assert (found["remedy"] != "").all()


def test_profiles_in_time_and_height_that_no_source_has(streams: EmissionStreams, tmp_path: Path) -> None:
    used = streams.profiles.ids[0]
    temporal, vertical = tmp_path / "time.csv", tmp_path / "height.csv"
    temporal.write_text(f"profile,cycle\n{used},month\n{used},hour\nT_MINE,month\n", encoding="utf-8")
    vertical.write_text("profile,bottom_m\nV_MINE,0\nV_SURFACE,0\n", encoding="utf-8")
    own = OwnTables(temporal=temporal, vertical=vertical)
    found = unmatched(streams, build_speciation(), own=own)
    assert found["name"].tolist() == ["T_MINE", "V_MINE"]


def test_the_report_with_tables_of_the_user(streams: EmissionStreams, districts: Districts, own: OwnTables) -> None:
    report = emission_report(streams, districts, year=2020, own=own)
    assert len(report["unmatched"]) == 3
    profiles = report["source_profiles"].set_index("source_id")
    assert profiles.loc["P1", "voc_profile"] == "MINE"
    assert profiles.loc["P1", "voc_why"].endswith("assignment.csv")
    assert report["key_compound"]["compound"].iloc[0] == "toluene"
    assert report["not_speciated"].empty


def test_faults_of_the_user_reach_the_user(streams: EmissionStreams, districts: Districts, tmp_path: Path) -> None:
    path = tmp_path / "assignment.csv"
    path.write_text("source_class,pollutant,profile\npetrochemical,VOC,NONE\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"assignment.csv:2:profile: unknown profile 'NONE'"):
        emission_report(streams, districts, year=2020, own=OwnTables(assignment=path))


def test_a_spread_by_data_is_not_listed_as_even(districts: Districts) -> None:
    point = WeightedPoints(np.array([116.0, 116.5]), np.array([39.7, 39.8]), np.array([1.0, 1.0]))
    grid = Grid.covering("T", 115.6, 116.8, 39.5, 40.1, 9000.0)
    roads = build_streams(
        inventory_of(ROWS), districts, grid, surrogates={"road": Surrogate(point), "roads": Surrogate(point)}
    )
    spread = even_spreads(roads.placement.report)
    assert not set(spread["surrogate"]) & {"road", "roads"}


def test_profiles_of_an_inventory_without_voc(districts: Districts) -> None:
    rows = [{"district": "110101", "source_class": "cement", "NOx": 30.0}]
    grid = Grid.covering("T", 115.6, 116.8, 39.5, 40.1, 9000.0)
    made = build_streams(inventory_of(rows), districts, grid)
    table = source_profiles(made, build_speciation())
    assert table["voc_profile"].tolist() == [""]
    assert table["nox_profile"].iloc[0] != ""
    report = emission_report(made, districts, year=2020)
    assert report["key_industry"].empty
    assert report["dynamic"]["pollutant"].tolist() == ["NOx"]
