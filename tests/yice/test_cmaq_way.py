"""CMAQ by the command line, from city.toml to verified runs and their evaluation, with the stand-in for CCTM."""

import json
import runpy
import shutil
from pathlib import Path

import netCDF4
import pandas as pd
import pytest
import xarray as xr
from typer.testing import CliRunner, Result

from aqcore.errors import InputError
from drivers.driver import Run
from yice.cli import app
from yice.options import Options
from yice.stages.cmaq_evaluation import GridOutputs
from yice.stages.cmaq_runs import cmaq_driver
from yice.workspace import Workspace

CITY = Path(__file__).parent / "tiny_city"
BUILD = runpy.run_path(str(Path(__file__).parents[1] / "drivers" / "cmaq" / "stand_in_build.py"))
O3_PPB, O3_MOLAR_MASS, MOLAR_VOLUME = 40.0, 47.9982, 22.41396954
"""What the stand-in writes; g mol-1; litres a mole at 273.15 K and 1013.25 hPa, to which gases of 2013 refer."""
SINGLE = 1e-5
"""Relative; outputs hold single precision."""

pytestmark = pytest.mark.slow


def yice(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


def document(result: Result, status: int = 0) -> dict[str, object]:
    assert result.exit_code == status, result.output
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return found


def faults(result: Result) -> str:
    """Return the faults as one text."""
    return json.dumps(document(result, 2)["faults"], ensure_ascii=False)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a city whose CMAQ runs are done, two days from the stand-in."""
    folder = tmp_path_factory.mktemp("cmaq") / "tiny"
    shutil.copytree(CITY, folder)
    BUILD["write_build"](folder / "build")
    add(folder, '[cmaq]\ncctm = "build"\ndates = [2013-07-09, 2013-07-10]\nlauncher = []')
    keys = document(yice("cmaq", "idealised", folder, "--json"))["cmaq"]
    assert isinstance(keys, dict)
    named = "\n".join(f'{name} = "{keys[name]}"' for name in ("met", "initial", "boundary"))
    listed = ", ".join(f'{name} = "{path}"' for name, path in keys["inputs"].items())
    tag = '[cmaq.isam]\ntags = [{name = "ONR", sectors = ["ONROAD"]}]'
    ddm = '[cmaq.ddm]\nparameters = [{name = "ENX", species = ["NOx"], sectors = ["ONROAD"]}]'
    add(folder, f"{named}\ninputs = {{{listed}}}\n{tag}\n{ddm}")
    assert yice("submit", folder, "--driver", "cmaq", "--processes", "1").exit_code == 2  # no emissions yet
    assert document(yice("write", folder, "--driver", "cmaq", "--json"))["faults"] == []
    assert yice("submit", folder, "--driver", "cmaq", "--processes", "1").exit_code == 0
    return folder


def add(city: Path, text: str) -> None:
    with (city / "city.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n{text}\n")


@pytest.fixture
def copy(city: Path, tmp_path: Path) -> Path:
    """Return a copy of the city with its runs, to be spoilt."""
    shutil.copytree(city, tmp_path / "tiny")
    return tmp_path / "tiny"


def test_every_run_is_done_and_in_order(city: Path) -> None:
    found = document(yice("status", city, "--driver", "cmaq", "--json"))
    assert [run["scenario"] for run in found["runs"]] == ["base", "only_coal", "cleaner", "base", "base"]  # type: ignore[attr-defined]
    assert [run["reason"] for run in found["runs"]] == [""] * 5  # type: ignore[attr-defined]
    assert found["done"] == 5
    assert document(yice("check", city, "--driver", "cmaq", "--json"))["faults"] == []


def test_sensitivities_of_the_city_file_reach_the_run(city: Path) -> None:
    first, second = (city / "work/runs/cmaq/base.ddm" / day for day in ("20130709", "20130710"))
    assert (first / "sensitivities.txt").read_text(encoding="utf-8").split() == [
        "ENX", "EMIS", "ONROAD", "SPECIES", "NO2,", "NO,", "HONO", "END",
    ]  # fmt: skip
    assert "export DDM3D_RST=N " in (first / "run.sh").read_text(encoding="utf-8")
    assert "export INIT_SENS_1=../20130709/output/CCTM_SENGRID.nc " in (second / "run.sh").read_text(encoding="utf-8")


def test_sensitivities_that_cannot_be(copy: Path) -> None:
    shutil.rmtree(copy / "work" / "runs")  # they name the files of the city that was copied
    text = (copy / "city.toml").read_text(encoding="utf-8")
    wrong = text.replace('name = "ENX", species = ["NOx"]', 'name = "ENX", species = ["NOy"]')
    (copy / "city.toml").write_text(wrong, encoding="utf-8")
    assert "NOy" in faults(yice("write", copy, "--driver", "cmaq", "--json"))


def test_base_against_hours_of_a_station(city: Path, tmp_path: Path) -> None:
    """Ozone of the stand-in is the same at all hours: its bias is what it lacks of the observed."""
    shutil.copytree(CITY, tmp_path / "tiny")
    text = (tmp_path / "tiny/city.toml").read_text(encoding="utf-8")
    told = '[observations]\nstations = "stations.csv"\nhourly = ["hours.csv"]\n'
    (tmp_path / "tiny/city.toml").write_text(text.replace("[observations]\n", told), encoding="utf-8")
    site = "code,name,station,lon,lat,is_control\nS1,synthetic,One,116.0,40.0,N\n"
    (tmp_path / "tiny/stations.csv").write_text(site, encoding="utf-8")
    write_hours(tmp_path / "tiny/hours.csv", ozone=100.0)
    space = Workspace(Options(tmp_path / "tiny", city / "work"))
    table = GridOutputs(space, cmaq_driver(Workspace(Options(city, city / "work")))).performance()
    assert table is not None
    rows = table.set_index(["pollutant", "averaging", "zone"]).loc["O3"]
    bias = O3_PPB * O3_MOLAR_MASS / MOLAR_VOLUME - 100.0
    for averaging, count in (("1h", 24), ("MDA8", 1)):
        for zone in ("all", "S1"):
            assert rows.loc[(averaging, zone), "n"] == count
            assert rows.loc[(averaging, zone), "MB"] == pytest.approx(bias, rel=SINGLE)


def write_hours(path: Path, ozone: float) -> None:
    """Write a local day of a station, synthetic: the label 01 is the hour that begins at midnight."""
    ends = pd.date_range("2013-07-10 01:00", periods=24, freq="h")
    table = pd.DataFrame({"year": ends.year, "month": ends.month, "day": ends.day, "hour": ends.hour, "station": "One"})
    others = {"PM2.5": 50.0, "PM10": 80.0, "SO2": 5.0, "NO2": 30.0, "CO": 500.0, "O3": ozone, "TEMP": 25.0,
              "PRES": 1000.0, "DEWP": 15.0, "RAIN": 0.0, "wd": "N", "WSPM": 2.0}  # fmt: skip
    table.assign(**others).to_csv(path, index=False)


def test_evaluation_of_whole_local_days(city: Path) -> None:
    """Two UTC days hold one whole day of China; the stand-in's ozone is the same at all hours."""
    files = document(yice("evaluate", city, "--driver", "cmaq", "--json"))["files"]
    names = {Path(str(name)).name for name in files}  # type: ignore[attr-defined]
    assert {"days.csv", "effect_districts.csv", "daily_districts.csv", "change_maps.nc"} <= names
    assert {"O3_MDA8_p90_zh.png", "O3_MDA8_p90_en.svg"} <= names
    folder = city / "work" / "evaluation_cmaq"
    assert list(pd.read_csv(folder / "days.csv")["day"]) == ["2013-07-10"]
    effect = pd.read_csv(folder / "effect_districts.csv", dtype={"zone": str})
    ozone = effect[(effect["pollutant"] == "O3") & (effect["statistic"] == "MDA8_mean") & (effect["season"] == "year")]
    assert set(ozone["scenario"]) == {"only_coal", "cleaner"}
    assert set(ozone["zone"]) == {"990101", "990102", "city"}
    assert ozone["base"].to_numpy() == pytest.approx(O3_PPB * O3_MOLAR_MASS / MOLAR_VOLUME, rel=SINGLE)
    assert ozone["change"].to_numpy() == pytest.approx(0.0, abs=1e-9)
    with xr.open_dataset(folder / "change_maps.nc") as maps:
        assert list(maps["scenario"].to_numpy()) == ["only_coal", "cleaner"]
        assert maps["change"].dims == ("scenario", "statistic", "y", "x")
    one = yice("evaluate", city, "--driver", "cmaq", "--scenario", "cleanr", "--json")
    assert "did you mean cleaner" in faults(one)


def test_a_run_that_is_not_done_is_named(copy: Path) -> None:
    (copy / "work/runs/cmaq/cleaner/done.json").unlink()
    (copy / "work/runs/cmaq/cleaner/20130710/exit_status").write_text("1\n", encoding="utf-8")
    shutil.rmtree(copy / "work/evaluation_cmaq", ignore_errors=True)
    result = yice("evaluate", copy, "--driver", "cmaq", "--json")
    assert "cleaner: 20130710: exit status 1" in str(document(result, 1)["message"])
    assert not (copy / "work/evaluation_cmaq").exists()


def test_a_single_utc_day_has_no_mda8(city: Path) -> None:
    space = Workspace(Options(city, city / "work"))
    outputs = GridOutputs(space, Short(space))
    with pytest.raises(InputError) as caught:
        _ = outputs.days
    told = str(caught.value)
    assert "24 hours from 2013-07-10T00 UTC hold no whole day of Asia/Shanghai" in told
    assert "run the UTC day before as well" in told


class Short:
    """The runs of a city as if they had one UTC day only."""

    name = "cmaq"

    def __init__(self, space: Workspace) -> None:
        self.whole = cmaq_driver(space)
        self.runs, self.outcome, self.check = self.whole.runs, self.whole.outcome, self.whole.check
        self.prepare, self.command = self.whole.prepare, self.whole.command

    def open(self, run: Run) -> xr.Dataset:
        return self.whole.open(run).isel(time=slice(24, 48))


def test_faults_of_several_runs_come_together(copy: Path) -> None:
    """A missing DESID file, a stale mask and met without its 25th hour: exit status 2, each with a remedy."""
    shutil.rmtree(copy / "work" / "runs")  # they name the files of the city that was copied
    assert yice("write", copy, "--driver", "cmaq").exit_code == 0
    (copy / "work/runs/cmaq/base/20130709/desid_rules.nml").unlink()
    with netCDF4.Dataset(copy / "work/runs/cmaq/regions.nc", "a") as masks:
        masks["D990101"][:] = 1.0
    shorten(copy / "cmaq/idealised/20130710/METCRO3D.nc")
    told = faults(yice("check", copy, "--driver", "cmaq", "--json"))
    for wanted in ("desid_rules.nml", "is 1 everywhere", "the run needs 2013-07-10 00:00:00 to 2013-07-11 00:00:00"):
        assert wanted in told, wanted
    assert faults(yice("submit", copy, "--driver", "cmaq", "--json")) is not None


def shorten(path: Path) -> None:
    """Take the last step from a file."""
    whole = xr.load_dataset(path, decode_times=False, decode_cf=False)
    whole.isel(TSTEP=slice(0, 24)).to_netcdf(path, format="NETCDF3_64BIT", unlimited_dims=["TSTEP"])


def test_wrong_build_folders(city: Path, tmp_path: Path) -> None:
    nowhere = faults(yice("cmaq", "smoke-test", city, "--cctm", tmp_path / "nothing", "--json"))
    assert "there is no such folder" in nowhere
    empty = faults(yice("cmaq", "smoke-test", city, "--cctm", tmp_path, "--json"))
    for name in ("CCTM*.exe", "PHOT_OPTICS.dat", "GC_*.nml"):
        assert name in empty, name
    bad = faults(yice("cmaq", "smoke-test", city, "--cctm", city / "build", "--processors", "two", "--json"))
    assert "columns x rows" in bad
    assert "is not empty" in faults(yice("cmaq", "idealised", city, "--json"))


def test_the_smoke_test(city: Path) -> None:
    found = document(yice("cmaq", "smoke-test", city, "--cctm", city / "build", "--json"))
    assert found["passed"] is True
    assert [run["scenario"] for run in found["runs"]] == ["base", "only_coal"]  # type: ignore[attr-defined]
    assert all(run["emissions_compared"] > 50 for run in found["runs"])  # type: ignore[attr-defined]


def test_keys_of_cmaq_are_checked_with_all_inputs(copy: Path) -> None:
    text = (copy / "city.toml").read_text(encoding="utf-8")
    (copy / "city.toml").write_text(text.replace("launcher = []", "lancher = []"), encoding="utf-8")
    assert "did you mean launcher" in faults(yice("check", copy, "--json"))
    (copy / "city.toml").write_text(text.replace('cctm = "build"', 'cctm = "bild"'), encoding="utf-8")
    assert yice("check", copy, "--json").exit_code == 0  # CCTM may live on another machine
    assert "there is no folder" in faults(yice("check", copy, "--driver", "cmaq", "--json"))


@pytest.mark.parametrize(("key", "told"), [
    ('mechanism = "cb05"', "the emissions are written for cb05"),
    ('natural = "inline"', "no module of CMAQ is switched on"),
])  # fmt: skip
def test_emissions_that_cctm_would_not_read(copy: Path, key: str, told: str) -> None:
    text = (copy / "city.toml").read_text(encoding="utf-8")
    (copy / "city.toml").write_text(text.replace("[emissions]", f"[emissions]\n{key}", 1), encoding="utf-8")
    assert told in faults(yice("check", copy, "--driver", "cmaq", "--json"))
