"""Bad input ends with every fault in one message, exit status 2, and nothing written."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CITY = Path(__file__).parent / "tiny_city"


def yice(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    code = "import sys; from yice.entry import main; main()"
    # A test dependency registers an xarray engine whose import warns about its own source.
    engine = "ignore:Engine 'pseudonetcdf' loading failed"
    command = [sys.executable, "-W", "error", "-W", engine, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture
def city(tmp_path: Path) -> Path:
    shutil.copytree(CITY, tmp_path / "tiny")
    return tmp_path / "tiny"


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def faults(city: Path) -> list[dict[str, str]]:
    result = yice("run", city, "--json")
    assert result.returncode == 2, result.stderr
    assert not (city / "work").exists()
    found = json.loads(result.stdout)["faults"]
    assert isinstance(found, list)
    return found


def test_faults_of_all_tables_come_together(city: Path) -> None:
    change(city / "area.csv", "990102,onroad_gasoline,10", "990199,onroad_gasoline,-10")
    change(city / "area.csv", "990101,heating_coal", "990101,heating_cole")
    change(city / "background.csv", "summer,O3,55,ppb", "summer,O3,55,furlong")
    change(city / "typical.csv", "hot,summer,2013-07-10,183,all,0,", "hot,summer,2013-07-10,183,all,0,9")
    text = json.dumps(faults(city), ensure_ascii=False)
    for expected in ("990199", "heating_cole", "did you mean heating_coal", "furlong", "area.csv:4", "area.csv:3"):
        assert expected in text, expected
    assert "typical.csv" in text
    assert "-10" in text


def test_wrong_unit_and_missing_column(city: Path) -> None:
    change(city / "area.csv", "NOx (t/a)", "NOx (lb/a)")
    change(city / "area.csv", "district,source_class", "distrikt,source_class")
    text = json.dumps(faults(city), ensure_ascii=False)
    assert "lb/a" in text
    assert "district" in text


def test_city_file_with_several_faults(city: Path) -> None:
    change(city / "city.toml", 'adcode = "990000"', 'adcode = "99"\ncolour = "red"')
    change(city / "city.toml", "year = 2013", 'year = "soon"')
    found = faults(city)
    assert len(found) == 3
    assert all(fault["remedy"] for fault in found)


def test_scenario_that_names_nothing_known(city: Path) -> None:
    change(city / "scenarios.toml", '"ev", "paint"', '"evv", "paint"')
    found = faults(city)
    assert any("evv" in fault["what"] and "ev" in fault["remedy"] for fault in found)


def test_faults_are_readable_for_people_too(city: Path) -> None:
    change(city / "area.csv", "990101,heating_coal", "990101,heating_cole")
    result = yice("check", city)
    assert result.returncode == 2
    assert "1 fault; nothing was written" in result.stderr
    assert result.stdout == ""


def test_no_city(tmp_path: Path) -> None:
    result = yice("run", tmp_path / "nowhere")
    assert result.returncode == 2
    assert "there is no city file" in result.stderr


def test_unknown_observations_file(city: Path) -> None:
    result = yice("run", city, "--observations", city / "none.csv")
    assert result.returncode == 2
    assert "does not exist" in result.stderr


def test_unknown_cluster(city: Path) -> None:
    result = yice("submit", city, "--cluster", "moon", "--dry-run")
    assert result.returncode == 2
    assert "there is no" in result.stderr
