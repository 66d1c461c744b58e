"""Emission from activity: the products by hand, the units, the library, rows beside ready emissions."""

import re
from pathlib import Path

import pytest

from emissions.bottom_up import (
    activity_units,
    emission_factors,
    factors_of,
    removal,
    tonnes_per_activity,
    unit_of_activity,
)
from emissions.inventory_reader import read_inventory
from emissions.source_classes import source_classes

EXACT = 1e-12
"""Relative: some multiplications."""

DISTRICTS = {"110101": "东城区", "110102": "西城区"}


def read(tmp_path, *lines):
    path = tmp_path / "area.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_inventory(DISTRICTS, area=path)


def test_activity_times_factor_times_what_is_not_removed(tmp_path):
    inventory = read(
        tmp_path,
        "district,source_class,activity (t/a),ef_SO2 (kg/t),removal_SO2 (%),ef_NOx (g/kg),removal_pct,CO (t/a)",
        "110101,boiler_coal,20000,16,90,3.5,20,70",
    )
    mass = inventory.mass.isel(source=0).to_series().to_dict()
    # 20000 t x 16 kg/t = 320 t, 90 % removed; 20000 t x 3.5 kg/t = 70 t, the row's removal of 20 %
    assert mass == pytest.approx({"SO2": 32.0, "NOx": 56.0, "CO": 70.0}, rel=EXACT)
    filled = inventory.sources["filled"].item()
    assert filled.startswith("bottom-up: SO2 from 20000 t/a x 16 kg/t x (1 - 0.9); NOx from")


def test_chinese_headers_and_a_unit_in_its_own_column(tmp_path):
    inventory = read(
        tmp_path,
        "区县,源类,活动水平,活动水平单位,SO2排放因子(kg/t),SO2去除效率(%),NOx排放因子（g/m3）",
        "东城区,燃煤工业锅炉,2,万吨/年,16,50,",
        "西城区,燃气工业锅炉,300,万立方米/年,,,1.8",
    )
    assert inventory.mass.sel(pollutant="SO2").to_numpy().tolist() == pytest.approx([160.0, 0.0], rel=EXACT)
    assert inventory.mass.sel(pollutant="NOx").to_numpy().tolist() == pytest.approx([0.0, 5.4], rel=EXACT)


def test_ready_rows_stand_beside_calculated_ones(tmp_path):
    inventory = read(
        tmp_path,
        "district,source_class,activity (1e4km/a),ef_NOx (g/km),NOx (t/a)",
        "110101,onroad_diesel,1000,5,",
        "110102,onroad_diesel,,,40",
    )
    assert inventory.mass.to_numpy().ravel().tolist() == pytest.approx([50.0, 40.0], rel=EXACT)
    assert inventory.sources["filled"].tolist()[1] == ""


def test_factors_of_the_library_by_item(tmp_path):
    item = "火力发电-煤炭"
    inventory = read(
        tmp_path,
        "district,source_class,activity (t/a),factor_item,removal_pct,ef_NOx (kg/t)",
        f"110101,power_coal,1000000,{item},,2",
    )
    known = {factor.pollutant: factor for factor in factors_of("power_coal") if factor.item == item}
    assert known["VOC"].ef == 0.15
    mass = inventory.mass.isel(source=0).to_series().to_dict()
    assert mass["VOC"] == pytest.approx(1e6 * 0.15e-3, rel=EXACT)
    assert mass["NOx"] == pytest.approx(2000.0, rel=EXACT)
    assert f"({item}, {known['VOC'].flag})" in inventory.sources["filled"].item()


def test_particles_from_factors_must_nest_as_stated_ones(tmp_path):
    inventory = read(
        tmp_path,
        "district,source_class,activity (t/a),ef_PM10 (kg/t),ef_PM25 (kg/t),removal_PM25_pct",
        "110101,boiler_coal,1000,5,2,50",
    )
    assert inventory.mass.to_series().tolist() == pytest.approx([5.0, 1.0], rel=EXACT)


@pytest.mark.parametrize(
    ("ef", "activity", "tonnes"),
    [
        ("g/kg", "t/a", 1e-3),
        ("kg/t", "万吨/年", 10.0),
        ("g/m3", "万m3/a", 1e-2),
        ("kg/1e4m3", "亿m3", 10.0),
        ("g/km", "万公里", 1e-2),
        ("kg/GJ", "万kWh/a", 0.036),
        ("kg/head", "万头", 10.0),
        ("kg/亩", "ha/yr", 15e-3),
        ("kg/person", "万人", 10.0),
        ("kg/kg N", "t N/a", 1.0),
    ],
)
def test_unit_algebra(ef, activity, tonnes):
    assert tonnes_per_activity(ef, activity) == pytest.approx(tonnes, rel=1e-9)


@pytest.mark.parametrize(
    ("ef", "activity", "message"),
    [
        ("g/kg", "m3/a", "give both in one dimension"),
        ("g", "t/a", "unknown unit of a factor 'g'"),
        ("x/kg", "t/a", "unknown unit of a factor 'x/kg'"),
        ("g/kg", "t/month", "unknown unit of activity 't/month'"),
        ("g/furlong", "km", "unknown unit of activity 'furlong'"),
    ],
)
def test_units_that_do_not_fit(ef, activity, message):
    with pytest.raises(ValueError, match=message):
        tonnes_per_activity(ef, activity)


def test_the_example_of_the_documentation_reads(tmp_path):
    text = (Path(__file__).parents[2] / "docs" / "inventory.md").read_text(encoding="utf-8")
    block = re.search(r"```csv bottom_up\n(.*?)```", text, flags=re.DOTALL)[1]
    inventory = read(tmp_path, *block.splitlines())
    assert inventory.mass.sel(pollutant="SO2").to_numpy().tolist()[0] == pytest.approx(32.0, rel=EXACT)
    assert inventory.mass.sel(pollutant="VOC").to_numpy().tolist()[1] == pytest.approx(150.0, rel=EXACT)


def test_removals():
    assert removal({"removal_SO2_pct": 80.0, "removal_pct": 20.0}, "SO2") == 0.8
    assert removal({"removal_pct": 20.0}, "SO2") == 0.2
    assert removal({"removal_SO2_pct": 0.0, "removal_pct": 20.0}, "SO2") == 0.0
    assert removal({}, "SO2") == 0.0


# ------------------------------------------------------------------------------------------ the library


def test_every_factor_of_the_library_can_be_used():
    codes = {one.level2_code for one in source_classes().values()}
    for factor in emission_factors():
        base = factor.unit.partition("/")[2]
        assert tonnes_per_activity(factor.unit, base) > 0.0
        assert factor.ef >= 0.0
        assert factor.flag in ("read", "knowledge")
        assert factor.source
    used = {factor.level2_code for factor in emission_factors()}
    # classes of our own that no level-2 code of the library reaches are few
    assert len(used & codes) > 0.8 * len(used)


def test_an_item_has_one_factor_for_a_pollutant():
    keys = [(factor.level2_code, factor.item, factor.pollutant) for factor in emission_factors()]
    assert len(keys) == len(set(keys))
    assert len(keys) > 400


def test_units_of_activity_are_positive_and_known_by_their_dimension():
    assert all(factor > 0.0 for _, factor in activity_units().values())
    assert unit_of_activity("万吨/年") == ("mass (kg)", 1e7)
    assert unit_of_activity("km a-1")[0] == "distance (km)"
    assert factors_of("no class") == ()
