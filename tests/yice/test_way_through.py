"""The whole way once, on a synthetic city of two districts, by the command line as a user calls it."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import xarray as xr

CITY = Path(__file__).parent / "tiny_city"
CONTRACT = (
    "emissions/ledger.csv",
    "scenarios/totals.csv",
    "evaluation/effect.csv",
    "roadmap/roadmap.csv",
    "report/index.html",
)
LEDGER_TOLERANCE = 1e-6  # DESIGN law 1

pytestmark = pytest.mark.slow


def yice(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    code = "import sys; from yice.entry import main; main()"
    # A test dependency registers an xarray engine whose import warns about its own source.
    engine = "ignore:Engine 'pseudonetcdf' loading failed"
    command = [sys.executable, "-W", "error", "-W", engine, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city") / "tiny"
    shutil.copytree(CITY, folder)
    return folder


@pytest.fixture(scope="module")
def first(city: Path) -> dict[str, object]:
    """Run everything once and return the JSON document."""
    result = yice("run", city, "--processes", "2", "--json")
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    assert isinstance(document, dict)
    return document


def test_every_promised_file_is_there(city: Path, first: dict[str, object]) -> None:
    assert [name for name in CONTRACT if not (city / "work" / name).is_file()] == []
    assert [stage["ran"] for stage in first["stages"]] == [True] * 6  # type: ignore[index,attr-defined]
    assert first["days"] == {"kind": "typical", "source": "synthetic", "count": 2}


def test_second_run_does_nothing_and_says_so(city: Path, first: dict[str, object]) -> None:
    before = {path: path.stat().st_mtime_ns for path in (city / "work").rglob("*") if path.is_file()}
    result = yice("run", city)
    assert result.returncode == 0
    assert "nothing was done" in result.stderr
    assert {path: path.stat().st_mtime_ns for path in (city / "work").rglob("*") if path.is_file()} == before


def test_ledger_closes_and_holds_the_inventory(city: Path, first: dict[str, object]) -> None:
    closure = pd.read_csv(city / "work/emissions/closure.csv")
    assert closure["error"].abs().max() < LEDGER_TOLERANCE
    ledger = pd.read_csv(city / "work/emissions/ledger.csv")
    nox = ledger[(ledger["step"] == "inventory") & (ledger["pollutant"] == "NOx")]["mass_t"].sum()
    assert nox == pytest.approx(6000 + 900 + 3000)
    assert {"inventory", "speciation", "placing", "time", "files"} <= set(ledger["step"])


def test_emission_files_open_as_ioapi(city: Path, first: dict[str, object]) -> None:
    files = sorted((city / "work/emissions").rglob("*.nc"))
    assert [file.name for file in files] == [f"emis_{name}_20130710.nc" for name in ("BOILERS", "ONROAD", "SOLVENT")]
    with xr.open_dataset(files[1], engine="ioapi") as emission:
        assert emission.sizes["time"] == 25
        assert emission["NO"].attrs["units"].strip() == "moles/s"
        assert float(emission["NO"].min()) >= 0.0


def test_scenarios_act_as_worked_by_hand(city: Path, first: dict[str, object]) -> None:
    totals = pd.read_csv(city / "work/scenarios/totals.csv").set_index(["scenario", "sector", "pollutant"])["mass_t"]
    # half of the cars lose 80 %: 9000 x (1 - 0.5 x 0.8)
    assert totals["cleaner", "ONROAD", "NOx"] == pytest.approx(9000 * 0.6)
    # 60 % of the paint loses 70 %
    assert totals["cleaner", "SOLVENT", "VOC"] == pytest.approx(2500 * (1 - 0.6 * 0.7))
    # coal: 80 % x 90 %, inherited from only_coal
    assert totals["cleaner", "BOILERS", "SO2"] == pytest.approx(1500 * (1 - 0.8 * 0.9))


def test_control_lowers_what_it_must(city: Path, first: dict[str, object]) -> None:
    effect = pd.read_csv(city / "work/evaluation/effect.csv", dtype={"zone": str})
    year = effect[(effect["season"] == "year") & (effect["zone"] == "city") & (effect["statistic"] == "mean")]
    change = year.set_index(["scenario", "pollutant"])["change"]
    for pollutant in ("NO2", "SO2", "CO", "PM25"):
        if pollutant != "CO":
            assert change["cleaner", pollutant] < 0, pollutant
    assert change["only_coal", "SO2"] < 0


def test_road_has_every_statistic_with_its_interval(city: Path, first: dict[str, object]) -> None:
    road = pd.read_csv(city / "work/roadmap/roadmap.csv")
    assert set(road["statistic"]) == {"PM25_mean", "PM10_mean", "NO2_mean", "SO2_mean", "O3_MDA8_p90"}
    assert (road["low"] <= road["value"]).all()
    assert (road["value"] <= road["high"]).all()
    assert set(road["edition"]) == {"GB3095-2026-transition"}


def test_page_stands_alone_and_says_illustrative(city: Path, first: dict[str, object]) -> None:
    page = (city / "work/report/index.html").read_text(encoding="utf-8")
    assert re.findall(r'(?:src|href)="(?:https?:)?//', page) == []
    assert "示意数据" in page
    assert "Synthetic City" in page


def test_status_and_dry_run(city: Path, first: dict[str, object]) -> None:
    status = yice("status", city, "--json")
    assert json.loads(status.stdout)["done"] == 12
    plan = yice("submit", city, "--dry-run", "--json")
    assert plan.returncode == 0, plan.stderr
    commands = json.loads(plan.stdout)["scripts"]["commands"].splitlines()
    named = [word for line in commands for word in line.split() if "/runs/box_model/" in word]
    assert len(named) == len(set(named)) == 12


def test_cmaq_runs_of_the_same_scenarios(city: Path, first: dict[str, object]) -> None:
    result = yice("write", city, "--driver", "cmaq", "--json")
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    assert [run["scenario"] for run in document["runs"]] == ["base", "only_coal", "cleaner"]
    script = city / "work/runs/cmaq/cleaner/20130710/run.sh"
    assert "CTM_APPL" in script.read_text(encoding="utf-8")
    # no CCTM and no met in a synthetic city: the preflight says so, with remedies
    assert any("CCTM" in fault["where"] + fault["remedy"] for fault in document["faults"])


def test_a_killed_stage_is_done_again(city: Path, first: dict[str, object]) -> None:
    (city / "work/roadmap/roadmap.csv").unlink()
    result = yice("run", city, "--json")
    ran = {stage["name"]: stage["ran"] for stage in json.loads(result.stdout)["stages"]}
    assert ran == {
        "emissions": False,
        "scenarios": False,
        "runs": False,
        "evaluation": False,
        "roadmap": True,
        "report": False,
    }
