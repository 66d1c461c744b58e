"""The driver: run directories that are complete, checked, run as a command, judged and read."""

import json
import subprocess
import sys
from dataclasses import dataclass, replace

import numpy as np
import pytest
import xarray as xr

from aqcore.errors import InputError
from drivers.box_model.driver import BoxDriver, check_folder
from drivers.box_model.run import execute, main
from drivers.driver import Driver, Run
from scenarios.window_factors import hour_factors

EXACT = 0.0  # the same inputs give the same bits


@dataclass(frozen=True)
class FakeTable:
    """Two scenarios: base, and half the NOx with less ozone flowing in."""

    names: tuple[str, ...] = ("base", "nox_050")

    @property
    def background(self):
        coords = {"scenario": list(self.names), "species": ["O3"]}
        values = [[1.0], [0.9]][: len(self.names)]
        return xr.DataArray(values, coords, ("scenario", "species"))

    def of(self, scenario):
        factor = 1.0 if scenario == "base" else 0.5
        coords = {"source": ["s1"], "pollutant": ["NOx", "CO"]}
        return xr.DataArray([[factor, 1.0]], coords, ("source", "pollutant"))

    def factors_at(self, scenario, times_local):
        return hour_factors(self.of(scenario), self.background.sel(scenario=scenario, drop=True), (), times_local)


@pytest.fixture
def short(days):
    """Only the summer day: a run takes seconds."""
    return replace(days, data=days.data.isel(day=[0]))


@pytest.fixture
def driver(streams, short, background, settings):
    return BoxDriver(streams, FakeTable(), short, background, settings)


@pytest.fixture
def runs(driver, tmp_path):
    return driver.prepare(tmp_path)


def test_it_fills_the_interface_of_drivers(driver):
    as_driver: Driver = driver
    assert as_driver.name == "box_model"
    for method in ("prepare", "check", "command", "outcome", "open"):
        assert callable(getattr(as_driver, method))


def test_one_directory_a_scenario(runs, tmp_path):
    assert [run.scenario for run in runs] == ["base", "nox_050"]
    assert runs[1] == Run("box_model", "nox_050", tmp_path / "nox_050")
    assert sorted(path.name for path in runs[0].folder.iterdir()) == ["input.nc", "run.json"]


def test_base_and_control_differ_only_in_what_the_scenario_says(runs):
    base, control = (xr.load_dataset(run.folder / "input.nc") for run in runs)
    for name in base.variables:
        same = np.array_equal(base[name].to_numpy(), control[name].to_numpy())
        assert same == (name not in {"emission", "background", "aloft"}), name
    ratio = (control["emission"] / base["emission"]).isel(which=0, day=0, hour=0, zone=0)
    assert ratio.sel(species="NO") == pytest.approx(0.5)
    assert ratio.sel(species="CO") == pytest.approx(1.0)
    inflow = control["aloft"] / base["aloft"]
    assert inflow.sel(bg_species="O3").to_numpy() == pytest.approx([0.9])
    assert inflow.sel(bg_species="CO").to_numpy() == pytest.approx([1.0])


def test_provenance_of_a_run(runs):
    about = json.loads((runs[0].folder / "run.json").read_text("utf-8"))
    assert about["scenario"] == "base"
    assert about["mechanism"]["name"] == "cb6r5_ae7"
    assert len(about["mechanism"]["digest"]) == 64
    assert "musica" in about["photolysis"]["made_with"]
    assert about["days"]["source"] == "synthetic"
    assert about["settings"]["core_zones"] == ["110101", "110102"]
    assert about["unused_species"] == {}


def test_an_unknown_species_is_listed_with_its_reason(streams, short, background, settings, tmp_path):
    odd = replace(streams, rates={**streams.rates, "UNR": 1.0})
    run = BoxDriver(odd, FakeTable(("base",)), short, background, settings).prepare(tmp_path)[0]
    about = json.loads((run.folder / "run.json").read_text("utf-8"))
    assert list(about["unused_species"]) == ["UNR"]
    assert "cb6r5_ae7" in about["unused_species"]["UNR"]


def test_preparing_again_keeps_what_did_not_change(driver, runs, tmp_path):
    marks = [(run.folder / "input.nc").stat().st_mtime_ns for run in runs]
    again = driver.prepare(tmp_path)
    assert [(run.folder / "input.nc").stat().st_mtime_ns for run in again] == marks


def test_changed_settings_make_the_directory_anew(driver, runs, tmp_path):
    (runs[0].folder / "done.json").write_text("{}")
    other = replace(driver, settings=replace(driver.settings, wind_exponent_day=0.15))
    other.prepare(tmp_path)
    assert not (runs[0].folder / "done.json").exists()


def test_a_sound_run_has_no_faults(driver, runs):
    assert driver.check(runs[0]) == ()
    assert not driver.outcome(runs[0]).done


def test_an_empty_directory_is_told(tmp_path):
    faults = check_folder(tmp_path)
    assert [fault.where.rsplit("/", 1)[1] for fault in faults] == ["input.nc", "run.json"]


def damaged(run, change):
    data = xr.load_dataset(run.folder / "input.nc")
    change(data).to_netcdf(run.folder / "input.nc")
    return check_folder(run.folder)


def test_missing_species_and_broken_values_are_told_together(runs):
    def change(data):
        data = data.sel(species=[s for s in data["species"].to_numpy() if s not in {"NH3", "CO"}])
        data["T"][{"hour": 3}] = np.nan
        data["emission"][{"species": 0, "hour": 5}] = -1.0
        return data

    text = "\n".join(str(fault) for fault in damaged(runs[0], change))
    for expected in ("no NH3", "no CO", "T: 3 values are missing", "emission: 3 values are negative"):
        assert expected in text
    assert "hour 3, zone 110101" in text  # which box and hour
    assert "species NO, " in text


def test_the_command_is_an_argument_list(driver, runs):
    command = driver.command(runs)
    assert command[:3] == (sys.executable, "-m", "drivers.box_model.run")
    assert command[3:] == tuple(str(run.folder) for run in runs)


def test_the_command_line_refuses_nonsense(tmp_path, capsys):
    assert main([]) == 2
    assert main([str(tmp_path / "nowhere")]) == 2
    assert "prepare the run again" in capsys.readouterr().err


@pytest.fixture
def finished(driver, runs):
    assert execute([run.folder for run in runs]) == 2
    return runs


@pytest.mark.slow
def test_a_run_ends_with_its_marker_and_output(driver, finished):
    outcome = driver.outcome(finished[1])
    assert outcome.done
    assert outcome.cpu_seconds > 0.0
    output = driver.open(finished[1])
    assert output.attrs["scenario"] == "nox_050"
    assert output.sizes == {"time": 24, "zone": 3, "bound": 2}
    assert bool(np.isfinite(output["O3"]).all())
    base = driver.open(finished[0])
    assert float(output["NOx"].mean()) < float(base["NOx"].mean())
    # a second call finds nothing to do
    assert execute([run.folder for run in finished]) == 0


@pytest.mark.slow
def test_a_directory_alone_can_be_run_again_elsewhere(driver, finished, tmp_path):
    """Copied away and run by the command, alone instead of batched, it gives the same numbers."""
    import shutil

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("input.nc", "run.json"):
        shutil.copy(finished[0].folder / name, elsewhere / name)
    done = subprocess.run(driver.command([Run("box_model", "base", elsewhere)]), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with xr.open_dataset(elsewhere / "output.nc") as again:
        first = driver.open(finished[0])
        for name in ("O3", "PM25", "OH"):
            assert np.array_equal(again[name].to_numpy(), first[name].to_numpy()), name


@pytest.mark.slow
def test_an_output_of_another_input_is_not_taken(driver, finished):
    about = json.loads((finished[0].folder / "run.json").read_text("utf-8"))
    about["run"] = "0" * 64
    (finished[0].folder / "run.json").write_text(json.dumps(about))
    assert "earlier input" in driver.outcome(finished[0]).reason
    (finished[1].folder / "output.nc").write_bytes(b"broken")
    assert "changed after the run" in driver.outcome(finished[1]).reason


def test_districts_that_do_not_fit_are_refused(streams, short, background, settings, tmp_path):
    foreign = replace(short, data=short.data.assign_coords(zone=["110101", "110102", "310101"]))
    with pytest.raises(InputError, match="310101"):
        BoxDriver(streams, FakeTable(), foreign, background, settings).prepare(tmp_path)
