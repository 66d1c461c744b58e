"""SMOKE's flat files: units, sources gathered from rows, codes that are not taken."""

import pytest

from aqcore.errors import InputError
from emissions.ff10_reader import read_ff10

EXACT = 1e-9
"""Relative: conversions by exact definitions."""

POINT = """#FORMAT=FF10_POINT
#COUNTRY=CN
#YEAR=2020
country_cd,region_cd,tribal_code,facility_id,unit_id,rel_point_id,process_id,scc,poll,ann_value,facility_name,stkhgt,\
stkdiam,stktemp,stkflow,stkvel,longitude,latitude,jan_value
"CN","110101",,"F1","U1","R1","P1","10100202","NOX",100,"Plant, east",500,20,300,,60,116.4,39.9,9
"CN","110101",,"F1","U1","R1","P1","10100202","SO2",50,"Plant, east",500,20,300,,60,116.4,39.9,
"CN","110102",,"F2","U1","R1","P1","30500606","NOX",10,Kiln,200,10,250,3926.990817,,116.3,39.9,
"CN","110102",,"F2","U1","R1","P1","30500606","71432",2.5,Kiln,200,10,250,3926.990817,,116.3,39.9,
"""

NONPOINT = """#FORMAT FF10_NONPOINT
CN,110101,,,,2104002000,,PM10-PRI,10
CN,110101,,,,2104002000,,PM25-PRI,8
CN,110101,,,,2104002000,,EC,1
CN,110102,,,,2104008000,,VOC,5
"""


@pytest.fixture
def classes(tmp_path):
    path = tmp_path / "scc.csv"
    path.write_text("scc,source_class\n101*,power_coal\n30500606,cement\n2104*,residential_coal\n"
                    "2104008*,residential_biomass\n")  # fmt: skip
    return path


def write(tmp_path, text):
    path = tmp_path / "flat.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_points_in_our_units(tmp_path, classes):
    flat = read_ff10(write(tmp_path, POINT), classes=classes)
    sources = flat.inventory.sources
    plant, kiln = sources.iloc[0], sources.iloc[1]
    assert sources.index.tolist()[0] == "110101:F1:U1:R1:P1:10100202"
    assert (plant["name"], plant["district"], plant["source_class"], plant["kind"]) == (
        "Plant, east", "110101", "power_coal", "point",
    )  # fmt: skip
    assert plant["stack_height_m"] == pytest.approx(152.4, rel=EXACT)
    assert plant["stack_diameter_m"] == pytest.approx(6.096, rel=EXACT)
    assert plant["exit_temp_K"] == pytest.approx((300 - 32) / 1.8 + 273.15, rel=EXACT)
    assert plant["exit_velocity_m_s"] == pytest.approx(18.288, rel=EXACT)
    # without a velocity: flow over the area of the stack, 3926.99 ft3/s over 78.54 ft2 = 50 ft/s
    assert kiln["exit_velocity_m_s"] == pytest.approx(15.24, rel=1e-6)
    mass = flat.inventory.mass
    assert mass.sel(pollutant="NOx").to_numpy().tolist() == pytest.approx([90.718474, 9.0718474], rel=EXACT)
    assert mass.sel(pollutant="SO2").to_numpy().tolist() == pytest.approx([45.359237, 0.0], rel=EXACT)


def test_what_is_not_taken_is_listed(tmp_path, classes):
    unused = read_ff10(write(tmp_path, POINT), classes=classes).unused.set_index("code")
    assert (unused.rows["71432"], unused.ann_value["71432"]) == (1, 2.5)
    assert "profile of the source class" in unused.why["monthly values"]


def test_nonpoint_without_a_header_row_in_tonnes(tmp_path, classes):
    regions = {"110101": "110105", "110102": "110106"}
    inventory = read_ff10(write(tmp_path, NONPOINT), classes=classes, regions=regions, unit="t").inventory
    assert inventory.sources["source_class"].tolist() == ["residential_coal", "residential_biomass"]
    assert inventory.sources["district"].tolist() == ["110105", "110106"]
    assert inventory.mass.isel(source=0).to_series().to_dict() == {"VOC": 0.0, "PM10": 10.0, "PM25": 8.0, "BC": 1.0}
    assert inventory.sources["states_BC"].tolist() == [True, False]


def test_all_faults_come_together(tmp_path, classes):
    text = NONPOINT + "CN,110101,,,,99,,SO2,-1\nCN,330101,,,,2104,,SO2,x\n"
    with pytest.raises(InputError) as caught:
        read_ff10(write(tmp_path, text), classes=classes, regions={"110101": "a", "110102": "b"})
    assert [fault.where.rsplit(":", 2)[1:] for fault in caught.value.faults] == [
        ["6", "ann_value"], ["6", "scc"], ["7", "ann_value"], ["7", "region_cd"],
    ]  # fmt: skip


def test_calls_that_make_no_sense(tmp_path, classes):
    with pytest.raises(InputError, match="unknown unit 'lb'"):
        read_ff10(write(tmp_path, NONPOINT), classes=classes, unit="lb")
    with pytest.raises(InputError, match="no such file"):
        read_ff10(tmp_path / "none.csv", classes=classes)
    classes.write_text("scc,class\n1,x\n")
    with pytest.raises(InputError, match="source_class: missing column"):
        read_ff10(write(tmp_path, NONPOINT), classes=classes)
    classes.write_text("scc,source_class\n1,cemnt\n")
    with pytest.raises(InputError, match="unknown source class 'cemnt' -> did you mean cement"):
        read_ff10(write(tmp_path, NONPOINT), classes=classes)
    (tmp_path / "flat.csv").write_bytes(b"#FORMAT=FF10_POINT\n\xff\xfe")
    with pytest.raises(InputError, match="not UTF-8"):
        read_ff10(tmp_path / "flat.csv", classes=classes)
