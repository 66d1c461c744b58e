"""Reading a city's tables: every spelling that cities use, and one broken file for each message.

`broken/expected.tsv` lists each broken file with the place, the finding and the remedy that its single fault must name.
"""

import csv
import re
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from aqcore.errors import InputError
from aqcore.gcj02 import wgs84_to_gcj02
from aqcore.species import pollutants
from emissions.inventory_header import header_aliases
from emissions.inventory_reader import read_inventory
from emissions.speciation import build_speciation

EXACT = 1e-12  # one multiplication
METRE_DEG = 1.0 / 111_000.0
BROKEN = Path(__file__).parent / "broken"
DISTRICTS = {"110101": "东城区", "110102": "西城区", "110105": "朝阳区"}

with (BROKEN / "expected.tsv").open(encoding="utf-8") as file:
    EXPECTED = list(csv.DictReader(file, delimiter="\t"))

AREA = (
    "区县,源类,NOx（吨/年）,VOCs[万吨/年],PM10 (t/a),PM2.5 (kg/a),黑碳(t/a),备注\n"
    "东城区,汽油车尾气,100,0.01,5,4000,1,估算\n"
    "110102,onroad_diesel,200,,,,,\n"
)
POINTS = (
    "企业编号,企业名称,经度,纬度,行政区代码,源类,烟囱高度(m),烟囱内径(cm),烟气温度(℃),烟气流速(m/s),二氧化硫(kg/a),绩效分级\n"
    "A1,甲厂,116.42,39.93,110101,cement,80,150,120,12,5000,B\n"
)


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def read(area: Path) -> dict[str, float]:
    inventory = read_inventory(DISTRICTS, area=area)
    return inventory.mass.isel(source=0).to_series().to_dict()


# ---- what is read ----------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_chinese_headers_units_and_encodings(tmp_path: Path, encoding: str) -> None:
    values = read(write(tmp_path / "area.csv", AREA, encoding))
    assert values == pytest.approx({"NOx": 100.0, "VOC": 100.0, "PM10": 5.0, "PM25": 4.0, "BC": 1.0}, rel=EXACT)


def test_attributes_of_area_rows(tmp_path: Path) -> None:
    sources = read_inventory(DISTRICTS, area=write(tmp_path / "area.csv", AREA)).sources
    first = sources.iloc[0]
    assert sources.index.tolist() == ["110101:onroad_gasoline", "110102:onroad_diesel"]
    assert (first["kind"], first["district"], first["source_class"], first["sector"]) == (
        "area",
        "110101",
        "onroad_gasoline",
        "ONROAD",
    )
    assert (first["file"], first["row"], first["note"]) == ("area.csv", 2, "估算")
    assert sources["states_BC"].tolist() == [True, False]
    assert sources["states_PM10"].tolist() == [True, False]


def test_stacks_come_in_si_units(tmp_path: Path) -> None:
    inventory = read_inventory(DISTRICTS, points=write(tmp_path / "points.csv", POINTS))
    stack = inventory.sources.loc["A1"]
    assert stack["stack_height_m"] == 80.0
    assert stack["stack_diameter_m"] == pytest.approx(1.5, rel=EXACT)
    assert stack["exit_temp_K"] == pytest.approx(393.15, rel=EXACT)
    assert stack["exit_velocity_m_s"] == 12.0
    assert (stack["kind"], stack["name"], stack["grade"]) == ("point", "甲厂", "B")
    assert inventory.mass.item() == 5.0


def test_both_tables_make_one_inventory(tmp_path: Path) -> None:
    area, points = write(tmp_path / "area.csv", AREA), write(tmp_path / "points.csv", POINTS)
    inventory = read_inventory(DISTRICTS, area=area, points=points)
    assert inventory.sources["kind"].tolist() == ["area", "area", "point"]
    assert inventory.pollutants == ("SO2", "NOx", "VOC", "PM10", "PM25", "BC")
    assert float(inventory.mass.sum()) == pytest.approx(100.0 + 100.0 + 5.0 + 4.0 + 1.0 + 200.0 + 5.0, rel=EXACT)


def test_coordinates_in_gcj02(tmp_path: Path) -> None:
    lon, lat = wgs84_to_gcj02(116.42, 39.93)
    text = POINTS.replace("116.42,39.93", f"{float(lon):.9f},{float(lat):.9f}")
    sources = read_inventory(DISTRICTS, points=write(tmp_path / "points.csv", text), datum="gcj02").sources
    assert sources["lon"].item() == pytest.approx(116.42, abs=METRE_DEG)
    assert sources["lat"].item() == pytest.approx(39.93, abs=METRE_DEG)


def test_rows_with_their_own_id_may_share_district_and_class(tmp_path: Path) -> None:
    text = "source_id,district,source_class,NOx (t/a)\na,110101,cement,1\nb,110101,cement,2\n"
    assert read_inventory(DISTRICTS, area=write(tmp_path / "a.csv", text)).sources.index.tolist() == ["a", "b"]


def test_empty_lines_are_no_rows(tmp_path: Path) -> None:
    text = "district,source_class,NOx (t/a)\n\n110101,cement,1\n,,\n"
    inventory = read_inventory(DISTRICTS, area=write(tmp_path / "a.csv", text))
    assert inventory.sources["row"].tolist() == [3]


def test_sizes_are_filled_only_when_asked(tmp_path: Path) -> None:
    rows = ("110101,road_dust,100,", "110102,road_dust,,24.2", "110105,road_dust,50,5")
    text = "\n".join(("district,source_class,PM10 (t/a),PM25 (t/a)", *rows))
    path = write(tmp_path / "a.csv", text)
    with pytest.raises(InputError, match="PM10 is stated but PM25 is not"):
        read_inventory(DISTRICTS, area=path)
    inventory = read_inventory(DISTRICTS, area=path, fill_sizes=True)
    np.testing.assert_allclose(inventory.mass, [[100.0, 24.2], [100.0, 24.2], [50.0, 5.0]], rtol=EXACT)
    filled = inventory.sources["filled"].tolist()
    assert filled == ["PM25 = 0.242 x PM10 (road_dust)", "PM10 = PM25 / 0.242 (road_dust)", ""]


def workbook(path: Path, rows: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def test_excel_reads_as_csv(tmp_path: Path) -> None:
    rows = [
        ["区县代码", "源类", "氮氧化物（吨/年）", "备注"],
        [110101, "水泥", 12.5, None],
        ["西城区", "cement", 3, "x"],
    ]
    inventory = read_inventory(DISTRICTS, area=workbook(tmp_path / "area.xlsx", rows))
    assert inventory.sources["district"].tolist() == ["110101", "110102"]
    assert inventory.mass.to_numpy().ravel().tolist() == [12.5, 3.0]
    assert inventory.sources["row"].tolist() == [2, 3]


def test_an_uncalculated_formula_is_a_fault(tmp_path: Path) -> None:
    rows = [["district", "source_class", "NOx (t/a)"], ["110101", "cement", "=1+1"]]
    with pytest.raises(InputError, match=r"2:C2: this formula holds no value.*let it calculate"):
        read_inventory(DISTRICTS, area=workbook(tmp_path / "area.xlsx", rows))


def test_every_alias_reads_as_its_column() -> None:
    aliases = header_aliases()
    assert set(pollutants()) <= set(aliases.values())
    for alias in ("区县", "源类", "企业名称", "经度", "纬度", "行政区代码", "烟囱高度", "统一社会信用代码", "行业代码"):
        assert alias in aliases
    assert {"一级分类", "二级分类", "三级分类", "四级分类"} <= aliases.keys()


def test_the_example_of_the_documentation_reads(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "inventory.md").read_text(encoding="utf-8")
    blocks = dict(re.findall(r"```csv (\w+)\n(.*?)```", text, flags=re.DOTALL))
    area, points = (write(tmp_path / f"{name}.csv", blocks[name]) for name in ("area", "points"))
    inventory = read_inventory(DISTRICTS, area=area, points=points)
    assert len(inventory.sources) == 4
    assert inventory.mass.sel(pollutant="VOC").sum().item() == pytest.approx(213.0, rel=EXACT)
    assert build_speciation().species(inventory).sum().item() > 0.0


def test_the_documentation_shows_messages_that_exist(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "inventory.md").read_text(encoding="utf-8")
    rows = ["区县,源类,NOx（吨/年）", "东城区,onroad_gasoline,1", *["110102,cement,1", "110105,cement,1"]]
    rows += ["西城区,汽油车,-100", "110101,汽油车尾气,1"]
    area = write(tmp_path / "area.csv", "\n".join(rows))
    with pytest.raises(InputError) as caught:
        read_inventory(DISTRICTS, area=area)
    for fault in caught.value.faults:
        assert str(fault).replace(f"{tmp_path}/", "") in text


# ---- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize("case", EXPECTED, ids=lambda case: case["file"])
def test_each_broken_file_has_its_own_message(case: dict[str, str]) -> None:
    path = BROKEN / case["file"]
    with pytest.raises(InputError) as caught:
        if case["kind"] == "area":
            read_inventory(DISTRICTS, area=path)
        else:
            read_inventory(DISTRICTS, points=path)
    found = [
        fault for fault in caught.value.faults if fault.where == f"{path}{case['place']}" and case["what"] in fault.what
    ]
    assert len(found) == 1, str(caught.value)
    assert case["remedy"] in found[0].remedy
    if case["file"] != "points_no_coordinates.csv":  # which lacks two columns
        assert len(caught.value.faults) == 1, str(caught.value)


def test_the_corpus_is_complete() -> None:
    assert {case["file"] for case in EXPECTED} == {path.name for path in BROKEN.glob("*.csv")}


def test_all_faults_of_both_tables_at_once(tmp_path: Path) -> None:
    area = write(tmp_path / "area.csv", "district,source_class,NOx (t/a)\nx,cement,1\n110101,y,-1\n")
    points = write(tmp_path / "points.csv", POINTS.replace("cement", "cemnt").replace("39.93", "绿"))
    with pytest.raises(InputError) as caught:
        read_inventory(DISTRICTS, area=area, points=points)
    where = [fault.where for fault in caught.value.faults]
    assert where == [
        f"{area}:2:district",
        f"{area}:3:NOx (t/a)",
        f"{area}:3:source_class",
        f"{points}:2:纬度",
        f"{points}:2:source_class",
    ]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_inventory(DISTRICTS, area=tmp_path / "none.csv")
    with pytest.raises(InputError, match=r"no reader for a table of type '\.xls'"):
        read_inventory(DISTRICTS, area=tmp_path / "old.xls")
    (tmp_path / "b.csv").write_bytes(b"\xff\xfe\x00\xff\xff")
    with pytest.raises(InputError, match="neither UTF-8 nor GBK"):
        read_inventory(DISTRICTS, area=tmp_path / "b.csv")
    (tmp_path / "b.xlsx").write_bytes(b"no zip")
    with pytest.raises(InputError, match="not an Excel workbook"):
        read_inventory(DISTRICTS, area=tmp_path / "b.xlsx")


def test_calls_that_make_no_sense(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no table is given"):
        read_inventory(DISTRICTS)
    with pytest.raises(InputError, match="unknown datum 'gps'"):
        read_inventory(DISTRICTS, area=tmp_path / "a.csv", datum="gps")


def test_one_unreadable_table_does_not_hide_the_other(tmp_path: Path) -> None:
    points = write(tmp_path / "points.csv", POINTS.replace("cement", "cemnt"))
    with pytest.raises(InputError) as caught:
        read_inventory(DISTRICTS, area=tmp_path / "none.csv", points=points)
    assert len(caught.value.faults) == 2
