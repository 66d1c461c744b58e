"""Run directories of a synthetic city: rules and rewritten streams give the same totals as the single sources."""

import csv
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
import xarray as xr

from aqcore.errors import InputError
from aqcore.griddesc import read_griddesc
from drivers.cmaq.desid_arithmetic import effective_factor
from drivers.cmaq.desid_rules import Rule
from drivers.cmaq.driver import CmaqDriver
from drivers.cmaq.manifest import read_manifest
from drivers.cmaq.namelists import read_rules
from drivers.cmaq.versions import version
from emissions.inline_points import emissions_path
from emissions.writing import file_path

SINGLE = 2e-6
"""Sums of float32 cells and float32 masks."""

DAY = date(2017, 7, 1)


def totals(path: Path) -> dict[str, float]:
    with xr.open_dataset(path, engine="ioapi") as file:
        return {str(name): float(file[name].astype("f8").sum()) for name in file.data_vars}


def desid_totals(path: Path, stream: str, rules: list[Rule], masks: dict[str, np.ndarray]) -> dict[str, float]:
    """Return a gridded stream's sums after DESID: each cell of the file times the factor of its stacked rows."""
    found = {}
    with xr.open_dataset(path, engine="ioapi") as file:
        for name in map(str, file.data_vars):
            own = [(r.region, r.factor) for r in rules if r.op == "m" and (r.stream, r.variable) == (stream, name)]
            found[name] = float((file[name].astype("f8") * effective_factor(own, masks)).sum())
    return found


def masks_of(root: Path) -> dict[str, np.ndarray]:
    with xr.open_dataset(root / "regions.nc", engine="ioapi") as file:
        return {str(name): file[name].to_numpy()[0] for name in file.data_vars}


@pytest.mark.parametrize("scenario", ["half", "west", "growth"])
def test_desid_and_scaled_streams_give_the_same_totals(
    driver: CmaqDriver, inputs: Path, tmp_path: Path, streams: Any, table: Any, scenario: str
) -> None:
    """The law: either way of applying a measure gives the same emission of every stream and species."""
    root = tmp_path / "runs"
    runs = {run.scenario: run for run in driver.prepare(root)}
    rules = read_rules(runs[scenario].folder / "20170701" / "desid_rules.nml", version("5.5"))
    streams.write(tmp_path / "scaled", DAY, factors=table.of(scenario), inline_points=True)
    assert "file" not in read_manifest(runs[scenario].folder).methods.values()
    for sector in streams.sectors:
        base = file_path(inputs / "emissions", sector, "2017-07-01")
        by_rules = desid_totals(base, sector, rules, masks_of(root))
        by_file = totals(file_path(tmp_path / "scaled", sector, "2017-07-01"))
        assert by_rules == pytest.approx(by_file, rel=SINGLE)
        if scenario == "half" and sector == "ONROAD":
            assert by_file["NO"] == pytest.approx(0.5 * totals(base)["NO"], rel=SINGLE)


def test_what_desid_cannot_say_becomes_a_small_file(
    driver: CmaqDriver, inputs: Path, tmp_path: Path, streams: Any, table: Any
) -> None:
    """One of two stacks of a district: DESID would halve both, so the file of the stacks is rewritten."""
    run = {run.scenario: run for run in driver.prepare(tmp_path)}["plant"]
    manifest = read_manifest(run.folder)
    assert {name for name, method in manifest.methods.items() if method != "base"} == {"PT_POWER"}
    assert manifest.methods["PT_POWER"] == "file"
    streams.write(tmp_path / "scaled", DAY, sectors=["POWER"], factors=table.of("plant"), inline_points=True)
    rewritten = emissions_path(run.folder / "emissions", "POWER", "2017-07-01")
    assert totals(rewritten) == pytest.approx(totals(emissions_path(tmp_path / "scaled", "POWER", "2017-07-01")))
    written = [path.name for path in (run.folder / "emissions").rglob("*.nc")]
    assert sorted(written) == ["STK_EMIS_POWER_20170701.nc", "STK_EMIS_POWER_20170702.nc"]
    environment = manifest.runs[0].environment
    assert environment["STK_EMIS_001"] == "../emissions/POWER/STK_EMIS_POWER_20170701.nc"
    assert environment["STK_GRPS_001"] == str(inputs / "emissions" / "POWER" / "STK_GRPS_POWER.nc")
    rules = read_rules(run.folder / "20170701" / "desid_rules.nml", version("5.5"))
    assert not any(rule.op == "m" for rule in rules)


def test_method_desid_refuses_what_it_cannot_say(driver: CmaqDriver, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"plant:PT_POWER: DESID gives .* in the wrong cell"):
        replace(driver, settings=replace(driver.settings, method="desid")).prepare(tmp_path)


def test_method_file_rewrites_what_changes(driver: CmaqDriver, tmp_path: Path) -> None:
    runs = replace(driver, settings=replace(driver.settings, method="file")).prepare(tmp_path)
    methods = {run.scenario: read_manifest(run.folder).methods for run in runs}
    assert set(methods["base"].values()) == {"base"}
    assert {name for name, method in methods["growth"].items() if method == "file"} == {"ONROAD"}


def test_rows_of_a_scenario_follow_the_default_ones(driver: CmaqDriver, tmp_path: Path) -> None:
    runs = {run.scenario: run for run in driver.prepare(tmp_path)}
    base, west = (read_rules(runs[n].folder / "20170701" / "desid_rules.nml", version("5.5")) for n in ("base", "west"))
    assert west[: len(base)] == base
    added = west[len(base) :]
    assert added
    assert {rule.op for rule in added} == {"m"}
    assert {(rule.species, rule.phase) for rule in added} == {("ALL", "ALL")}
    power = [(rule.region, rule.factor) for rule in added if (rule.stream, rule.variable) == ("POWER", "NO")]
    assert power == [("EVERYWHERE", pytest.approx(0.3))]  # all plants stand in the west
    onroad = {rule.region: rule.factor for rule in added if (rule.stream, rule.variable) == ("ONROAD", "NO")}
    assert onroad["D110101"] == pytest.approx(0.3, abs=0.1)  # the cells of the border hold some of the east
    assert onroad.get("D110102", 1.0) == pytest.approx(1.0, abs=0.1)


def test_what_is_written(driver: CmaqDriver, tmp_path: Path, grid: Any) -> None:
    runs = driver.prepare(tmp_path)
    assert [run.scenario for run in runs] == ["base", "half", "west", "plant", "growth"]
    folder = runs[1].folder
    assert folder == tmp_path / "half"
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert names == [
        "20170701/desid_control.nml", "20170701/desid_rules.nml", "20170701/run.sh", "20170702/desid_control.nml",
        "20170702/desid_rules.nml", "20170702/run.sh", "desid_fit.csv", "expected_emissions.npy", "run.json",
    ]  # fmt: skip
    assert read_griddesc(tmp_path / "GRIDDESC") == {"T09": grid}
    raw = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert (raw["driver"], raw["scenario"], raw["version"]) == ("cmaq", "half", "5.5")
    with (folder / "desid_fit.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["stream"] for row in rows} == {"ONROAD", "RESIDENTIAL", "POWER", "PT_POWER"}  # where NOx or VOC is
    assert max(abs(float(row["total_error"])) for row in rows) < 1e-6


def test_the_second_day_starts_from_the_first(driver: CmaqDriver, tmp_path: Path) -> None:
    manifest = read_manifest(driver.prepare(tmp_path)[0].folder)
    first, second = manifest.runs
    assert (first.environment["NEW_START"], second.environment["NEW_START"]) == ("T", "F")
    assert second.environment["INIT_CONC_1"] == "../20170701/output/CCTM_CGRID.nc"


def test_base_and_control_differ_only_in_what_the_scenario_says(driver: CmaqDriver, tmp_path: Path) -> None:
    runs = {run.scenario: read_manifest(run.folder) for run in driver.prepare(tmp_path)}
    base, half = (runs[name].runs[0].environment for name in ("base", "half"))
    assert {name for name in base if base[name] != half[name]} == {"CTM_APPL", "EXECUTION_ID"}


def test_a_second_preparation_keeps_results(driver: CmaqDriver, tmp_path: Path) -> None:
    run = driver.prepare(tmp_path)[0]
    kept = run.folder / "20170701" / "output" / "CCTM_ACONC.nc"
    kept.parent.mkdir()
    kept.write_text("result")
    assert driver.prepare(tmp_path)[0] == run
    assert kept.read_text() == "result"


def test_results_of_other_inputs_are_not_overwritten(driver: CmaqDriver, tmp_path: Path) -> None:
    run = driver.prepare(tmp_path)[0]
    (run.folder / "20170701" / "output").mkdir()
    changed = replace(driver, settings=replace(driver.settings, environment={"CTM_MAXSYNC": "120"}))
    with pytest.raises(InputError, match="holds results of other inputs"):
        changed.prepare(tmp_path)


def test_changed_inputs_without_results_are_written_anew(driver: CmaqDriver, tmp_path: Path) -> None:
    before = read_manifest(driver.prepare(tmp_path)[0].folder).identity
    changed = replace(driver, settings=replace(driver.settings, environment={"CTM_MAXSYNC": "120"}))
    after = read_manifest(changed.prepare(tmp_path)[0].folder)
    assert after.identity != before
    assert after.runs[0].environment["CTM_MAXSYNC"] == "120"


def test_a_version_with_one_control_file(driver: CmaqDriver, tmp_path: Path) -> None:
    settings = replace(driver.settings, version="5.3.3", mechanism="cb6r3_ae7")
    run = replace(driver, settings=settings).prepare(tmp_path)[1]
    rules = read_rules(run.folder / "20170701" / "emission_control.nml", version("5.3.3"))
    assert any(rule.op == "m" for rule in rules)
    assert not any(rule.variable == "DMS" for rule in rules)


# settings that cannot be ---------------------------------------------------------------------------------------------


def test_all_faults_of_the_settings_before_anything_is_written(driver: CmaqDriver, tmp_path: Path) -> None:
    settings = replace(driver.settings, dates=(), version="5.3.3", namelists={"gc_matrix_nml": Path("gc.nml")})
    with pytest.raises(InputError) as caught:
        replace(driver, settings=settings).prepare(tmp_path / "runs")
    told = "\n".join(map(str, caught.value.faults))
    assert "no day to run" in told
    assert "CMAQ 5.3.3 has no 'cb6r5_ae7' here" in told
    assert "ae_matrix_nml: is missing" in told
    assert not (tmp_path / "runs").exists()


def with_inflow(table: Any, factors: dict[str, float]) -> Any:
    """Return the table with factors on the inflow of the scenario `half`."""
    values = np.ones((len(table.names), len(factors)))
    values[table.names.index("half")] = list(factors.values())
    coords = {"scenario": list(table.names), "species": list(factors)}
    return replace(table, background=xr.DataArray(values, coords, ("scenario", "species")))


def test_a_scenario_that_changes_the_inflow_gets_a_boundary_of_its_own(driver: CmaqDriver, tmp_path: Path) -> None:
    changed = replace(driver, table=with_inflow(driver.table, {"O3": 0.8, "PM25": 0.5}))
    runs = {run.scenario: run for run in changed.prepare(tmp_path)}
    environment = read_manifest(runs["half"].folder).runs[0].environment
    assert environment["BNDY_CONC_1"] == "../inflow/BNDY_20170701.nc"
    with netCDF4.Dataset(runs["half"].folder / "20170701" / environment["BNDY_CONC_1"]) as file:
        values = {name: set(np.asarray(file[name][:]).ravel().tolist()) for name in ("O3", "NO2", "ASO4J")}
        assert file.TSTEP == 0
    assert values == {"O3": {np.float32(0.8)}, "NO2": {1.0}, "ASO4J": {0.5}}
    assert "inflow" not in read_manifest(runs["west"].folder).runs[0].environment["BNDY_CONC_1"]


def test_a_boundary_of_the_user_for_each_scenario(driver: CmaqDriver, tmp_path: Path) -> None:
    changed = replace(driver, table=with_inflow(driver.table, {"O3": 0.8}))
    own = replace(driver.settings, boundary=driver.settings.boundary.replace("BNDY", "{scenario}_BNDY"))
    runs = replace(changed, settings=own).prepare(tmp_path)
    assert "half_BNDY" in read_manifest(runs[1].folder).runs[0].environment["BNDY_CONC_1"]


def test_a_boundary_that_is_not_there_yet_is_for_the_preflight_and_written_when_it_is(
    driver: CmaqDriver, inputs: Path, tmp_path: Path
) -> None:
    """Run directories can be written before the boundaries are: they cannot run, and are written anew afterwards."""
    changed = replace(driver, table=with_inflow(driver.table, {"O3": 0.8}))
    absent = replace(changed, settings=replace(changed.settings, boundary=str(tmp_path / "BNDY_{date}.nc")))
    runs = {run.scenario: run for run in absent.prepare(tmp_path / "runs")}
    assert not (runs["half"].folder / "inflow").exists()
    assert any("BNDY" in fault.where + fault.what for fault in absent.check(runs["half"]))
    for day in ("20170701", "20170702"):
        (tmp_path / f"BNDY_{day}.nc").write_bytes((inputs / f"BNDY_{day}.nc").read_bytes())
    assert any("BNDY" in fault.where + fault.what for fault in absent.check(runs["half"])), "not the unscaled inflow"
    absent.prepare(tmp_path / "runs")
    assert (runs["half"].folder / "inflow/BNDY_20170701.nc").is_file()
    assert not any("BNDY" in fault.where + fault.what for fault in absent.check(runs["half"]))


def test_an_inflow_that_the_boundary_does_not_hold(driver: CmaqDriver, tmp_path: Path) -> None:
    changed = replace(driver, table=with_inflow(driver.table, {"ISOP": 0.8}))
    with pytest.raises(InputError, match=r"cmaq.boundary:half=.*scales ISOP, none of which the file holds"):
        changed.prepare(tmp_path)
