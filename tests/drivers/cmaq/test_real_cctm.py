"""Against the real CCTM: `YICE_CCTM` names the folder with its executables and data files; without it all is skipped.

The case is idealised: an hour of analytic weather on the synthetic city's grid.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

from aqcore.errors import RunFailed
from drivers.cmaq.driver import CmaqDriver
from drivers.cmaq.emission_check import TOLERANCE
from drivers.cmaq.execute import main
from drivers.cmaq.idealised.case import write_case
from drivers.cmaq.idealised.column import Levels
from drivers.cmaq.installation import Installation, find_installation
from drivers.cmaq.manifest import Manifest, read_manifest
from drivers.cmaq.outputs import open_defined
from drivers.cmaq.products import open_apportionment, open_sensitivities
from drivers.cmaq.run_script import exported
from drivers.cmaq.settings import CmaqSettings
from drivers.cmaq.smoke_test import smoke_test
from drivers.cmaq.species_definitions import read_definitions
from drivers.cmaq.verification import verdict
from drivers.driver import Run
from yice.stages.cmaq_runs import further_streams

FOLDER = os.environ.get("YICE_CCTM", "")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FOLDER, reason="YICE_CCTM is not set: it names the folder with CCTM and its data files"),
]

DAY, HOUR = date(2017, 7, 1), 4
PARTS = {"O3": 1e-5, "NO2": 1e-5, "SO2": 1e-3}
"""Tags of a gas against the whole; 5.5.0.3 gave 2.8e-4 for SO2 in this case, the others at single precision."""

PERTURBED, SUMMED = 0.25, 0.05
"""First-order sensitivity of CO against a changed emission, by cell and summed over the grid.

Advection is not linear (its limiters act on the whole field, DDM differentiates them): up to 17 % was seen in cells of
steep gradients.
"""

CaseOf = Callable[[int], CmaqDriver]


@pytest.fixture(scope="module")
def build() -> Installation:
    return find_installation(Path(FOLDER))


@pytest.fixture(scope="module")
def city(case_of: CaseOf) -> CmaqDriver:
    return case_of(1)


@pytest.fixture(scope="module")
def case_of(build: Installation, streams: Any, table: Any, tmp_path_factory: pytest.TempPathFactory) -> CaseOf:
    """Return what makes the driver of some hours of idealised weather."""
    return lambda hours: driver_of(build, streams, table, tmp_path_factory.mktemp("real"), hours)


def driver_of(build: Installation, streams: Any, table: Any, work: Path, hours: int) -> CmaqDriver:
    streams.write(work / "emissions", DAY, inline_points=True)
    start = datetime(2017, 7, 1, HOUR, tzinfo=UTC)
    case = write_case(work / "case", streams.grid, start, hours, Levels.of(streams.layers))
    raw = build.settings()
    raw["inputs"] |= {name: str(path) for name, path in case.inputs.items()}
    if "isam" in build.executables:
        raw["isam"] = {"executable": str(build.executables["isam"]), "classes": ["OZONE", "SULFATE", "EC"],
                       "tags": [{"name": "ONR", "sectors": ["ONROAD"], "districts": ["110101"]},
                                {"name": "PWR", "sectors": ["POWER"]}]}  # fmt: skip
    if "ddm" in build.executables:
        raw["ddm"] = {"executable": str(build.executables["ddm"]),
                      "parameters": [{"name": "ENX", "species": ["NOx"], "sectors": ["ONROAD", "POWER"]},
                                     {"name": "EVO", "species": ["VOC"]},
                                     {"name": "ECO", "species": ["CO"], "sectors": ["ONROAD"]}]}  # fmt: skip
    settings = CmaqSettings.read({**raw, "met": case.met, "initial": case.initial, "boundary": case.boundary,
                                  "dates": [DAY], "span": [HOUR, 1], "launcher": []})  # fmt: skip
    return CmaqDriver(settings, streams, table, work / "emissions")


@pytest.fixture(scope="module")
def runs(city: CmaqDriver, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """Return all scenarios, run by the real CCTM."""
    found = city.prepare(tmp_path_factory.mktemp("runs"))
    assert [fault for run in found for fault in city.check(run)] == []
    assert main([str(run.folder) for run in found]) == 0
    return {run.scenario: run for run in found}


def parts(run: Run) -> tuple[Path, Manifest]:
    return run.folder, read_manifest(run.folder)


def values(run: Run, file: str) -> dict[str, np.ndarray]:
    with netCDF4.Dataset(run.folder / "20170701" / "output" / file) as data:
        return {name: np.asarray(data[name][:]) for name in data.variables if name != "TFLAG"}


def test_every_scenario_emits_what_the_ledger_says(city: CmaqDriver, runs: dict[str, Run]) -> None:
    """By stream, region and species, for rules and for rewritten stacks."""
    assert read_manifest(runs["west"].folder).methods["ONROAD"] == "desid"
    assert read_manifest(runs["plant"].folder).methods["PT_POWER"] == "file"
    for run in runs.values():
        folder, manifest = parts(run)
        found = verdict(folder, manifest, manifest.runs[0])
        assert found.reason == ""
        assert found.emissions_compared > 100
        assert city.outcome(run).done
        assert city.outcome(run).cpu_seconds > 0.0


def test_half_by_rules_and_half_by_files_are_bit_identical(
    city: CmaqDriver, runs: dict[str, Run], tmp_path: Path
) -> None:
    by_file = replace(city, settings=replace(city.settings, method="file"))
    run = {run.scenario: run for run in by_file.prepare(tmp_path)}["half"]
    assert "file" in read_manifest(run.folder).methods.values()
    assert main([str(run.folder)]) == 0
    for name in ("CCTM_ACONC.nc", "CCTM_CGRID.nc"):
        one, two = values(runs["half"], name), values(run, name)
        assert one.keys() == two.keys()
        assert [key for key in one if not np.array_equal(one[key], two[key])] == []


def test_a_reduction_is_seen_in_the_air(city: CmaqDriver, runs: dict[str, Run]) -> None:
    with city.open(runs["base"]) as base, city.open(runs["half"]) as half:
        assert base["O3"].dims == ("time", "y", "x")
        assert float((half["NOx"] - base["NOx"]).mean()) < 0.0
        assert 1.0 < float(base["O3"].mean()) < 200.0
        assert float(base["PM25"].min()) > 0.0
        assert float(base["T"].mean()) == pytest.approx(300.0, abs=15.0)


def test_a_rule_that_desid_misreads_is_refused(city: CmaqDriver, tmp_path: Path) -> None:
    """A region of ones emits nothing, in silence: CCTM ends well, and the run is not done."""
    run = {run.scenario: run for run in city.prepare(tmp_path)}["west"]
    with netCDF4.Dataset(tmp_path / "regions.nc", "a") as file:
        file["D110101"][:] = 1.0
    assert any("is 1 everywhere" in str(fault) for fault in city.check(run))
    assert main([str(run.folder)]) == 1
    assert (run.folder / "20170701" / "exit_status").read_text().strip() == "0"
    assert "emissions are not as the scenario says" in city.outcome(run).reason
    with pytest.raises(RunFailed, match="emissions are not"):
        city.open(run)


def test_a_file_that_ends_too_early_is_named(city: CmaqDriver, tmp_path: Path, files: Any, grid: Any) -> None:
    run = city.prepare(tmp_path)[0]
    path = run.folder / "20170701" / "run.sh"
    files.write_fields(tmp_path / "short.nc", {"NH3": "moles/s"}, grid, DAY, steps=3, layered=False)
    text = path.read_text(encoding="utf-8")
    old = city.emissions.resolve() / "AGRICULTURE" / "emis_AGRICULTURE_20170701.nc"
    assert str(old) in text
    path.write_text(text.replace(str(old), str(tmp_path / "short.nc")), encoding="utf-8")
    assert main([str(run.folder)]) == 1
    assert "does not hold the run's date or its 25th hour" in city.outcome(run).reason


def change(name: str, value: Any, place: Any = ...) -> Callable[[netCDF4.Dataset], None]:
    """Return what sets values of a variable."""

    def act(file: netCDF4.Dataset) -> None:
        values = file[name][:]
        values[place] = value
        file[name][:] = values

    return act


def earlier(file: netCDF4.Dataset) -> None:
    """Move a file a week back."""
    change("TFLAG", file["TFLAG"][:, :, 0] - 7, (slice(None), slice(None), 0))(file)
    file.SDATE = np.int32(file.SDATE - 7)


CELL = (slice(None), 0, 1, 1)
FAILURES: dict[str, tuple[str, Callable[[netCDF4.Dataset], None] | None, str]] = {
    "missing": ("GR_EMIS_001", None, "an input file is missing or no I/O API file"),
    "no ozone column": ("OMI", None, "the file of the ozone column is missing"),
    "no photolysis data": ("CSQY_DATA", None, "the photolysis data are missing"),
    "no namelist": ("gc_matrix_nml", None, "a species namelist is missing"),
    "shifted": ("GR_EMIS_001", lambda file: file.setncattr("XORIG", file.XORIG + 600.0), "a file is shifted"),
    "other cells": ("MET_CRO_3D", lambda file: file.setncattr("XCELL", 4000.0), "a file is on another grid"),
    "other date": ("GR_EMIS_001", earlier, "does not hold the run's date or its 25th hour"),
    "met of another date": ("MET_CRO_2D", earlier, "a met file does not hold the run's hours"),
    "NaN": ("GR_EMIS_001", change("NH3", np.nan, CELL), "a field is not finite"),
    "negative": ("GR_EMIS_001", change("NH3", -1.0, CELL), "a stream holds negative values"),
    "no attribute": ("GR_EMIS_001", lambda file: file.delncattr("UPNAM"), "lacks a global attribute"),
}  # fmt: skip
"""What is done to which input, and how the failure is told."""


@pytest.mark.parametrize("kind", FAILURES)
def test_failures_of_the_real_cctm_are_found_and_named(city: CmaqDriver, tmp_path: Path, kind: str) -> None:
    """Each is a fault of the preflight first; and CCTM's own end is named from its logs."""
    name, spoil, told = FAILURES[kind]
    run = city.prepare(tmp_path)[0]
    path = run.folder / "20170701" / "run.sh"
    text = path.read_text(encoding="utf-8")
    given = Path(exported(text)[name] or "")
    spoilt = tmp_path / f"spoilt_{given.name}"
    if spoil is not None:
        shutil.copy(given, spoilt)
        with netCDF4.Dataset(spoilt, "a") as file:
            spoil(file)
    path.write_text(text.replace(f"export {name}={given} ", f"export {name}={spoilt} "), encoding="utf-8")
    assert city.check(run) != []
    assert main([str(run.folder)]) == 1
    assert told in city.outcome(run).reason


RULES_THAT_FAIL = {
    "'EVERYWHERE','ALL','NO','NOSUCH','GAS',1.0,'UNIT','a',": "names a model species that the mechanism has not",
    "'NOWHERE','ALL','NO','ALL','ALL',0.5,'UNIT','m',": "names a region that is not defined",
}


@pytest.mark.parametrize("row", RULES_THAT_FAIL)
def test_rules_that_the_real_cctm_refuses(city: CmaqDriver, tmp_path: Path, row: str) -> None:
    run = city.prepare(tmp_path)[0]
    path = run.folder / "20170701" / "desid_rules.nml"
    head, _, tail = path.read_text(encoding="utf-8").rpartition("/")
    path.write_text(f"{head} {row}\n/{tail}", encoding="utf-8")
    assert city.check(run) != []
    assert main([str(run.folder)]) == 1
    assert RULES_THAT_FAIL[row] in city.outcome(run).reason


RESTARTED = 2e-7
"""Ozone, ppmV: what a restart changed in two hours; the contract saw 4e-8 in three."""


def test_a_restart_is_near_to_running_through(city: CmaqDriver, case_of: CaseOf, tmp_path: Path) -> None:
    """An hour and an hour from its end, against two hours at once: near, but not bit-identical."""
    whole = case_of(2)
    through = hours(whole, tmp_path / "through", (HOUR, 2))
    first = hours(whole, tmp_path / "first", (HOUR, 1))
    restart = first.folder / "20170701" / "output" / "CCTM_CGRID.nc"
    second = hours(whole, tmp_path / "second", (HOUR + 1, 1), initial=str(restart), environment={"NEW_START": "F"})
    one, two = values(through, "CCTM_ACONC.nc")["O3"][1:], values(second, "CCTM_ACONC.nc")["O3"]
    assert np.abs(one - two).max() < RESTARTED
    assert one.mean() > 0.01


def hours(city: CmaqDriver, root: Path, span: tuple[int, int], **more: Any) -> Run:
    """Return the base run of some hours, done."""
    own = replace(city, settings=replace(city.settings, span=span, **more))
    run = own.prepare(root)[0]
    assert own.check(run) == []
    assert main([str(run.folder)]) == 0
    return run


RANKS = 1e-5
"""Largest difference of any species relative to its largest value: 4e-6 was seen, most at single precision."""

NOISE = "SULF"
"""Sulfuric acid vapour lives for seconds: what is left of it is the difference of two large rates (4 % apart)."""


@pytest.mark.skipif(shutil.which("mpirun") is None, reason="mpirun is not installed")
def test_two_ranks_agree_with_one(city: CmaqDriver, runs: dict[str, Run], tmp_path: Path) -> None:
    launcher = ["mpirun", "--oversubscribe", "-np", "{ranks}"]
    if os.geteuid() == 0:
        launcher.insert(1, "--allow-run-as-root")
    settings = replace(city.settings, processors=(2, 1), launcher=tuple(launcher))
    two = hours(replace(city, settings=settings), tmp_path, (HOUR, 1))
    one, other = values(runs["base"], "CCTM_ACONC.nc"), values(two, "CCTM_ACONC.nc")
    assert one.keys() == other.keys()
    apart = {
        name: float(np.abs(one[name] - other[name]).max()) / (float(one[name].max()) or 1.0)
        for name in one
        if name != NOISE
    }
    assert max(apart.values()) < RANKS, max(apart.items(), key=lambda item: item[1])


def test_species_definitions_of_the_build(runs: dict[str, Run]) -> None:
    """Expressions of ACONC and AELMO give what the common schema reads directly."""
    path = next(iter(sorted(Path(FOLDER).glob("SpecDef_cb6*.txt"))), None)
    if path is None:
        pytest.skip("the build folder holds no SpecDef file")
    found = open_defined(runs["base"].folder, read_definitions(path), ["O3", "NOX", "NOY", "PM25_TOT", "RH"])
    means = values(runs["base"], "CCTM_ACONC.nc")
    assert found["O3"].to_numpy() == pytest.approx(1000.0 * means["O3"][:, 0], rel=1e-6)
    assert (found["NOY"] >= found["NOX"]).all()
    assert found["PM25_TOT"].attrs["units"] == "ug m-3"


def test_isam_parts_make_the_whole(city: CmaqDriver, tmp_path: Path) -> None:
    if city.settings.isam is None:
        pytest.skip("the folder holds no CCTM with ISAM")
    run = city.prepare_apportionment(tmp_path)[0]
    assert city.check(run) == []
    assert main([str(run.folder)]) == 0
    tags = open_apportionment(run.folder)
    assert {"ONR", "PWR", "ICO", "BCO", "OTH"} <= set(tags["tag"].to_numpy().tolist())
    with city.open(run) as whole:
        for name, tolerance in PARTS.items():
            total = tags[name].sum("tag").to_numpy()
            assert total == pytest.approx(whole[name].to_numpy(), rel=tolerance)
    power = tags["SO2"].sel(tag="PWR")
    assert float(power.max()) > 0.0


def test_ddm_agrees_with_a_changed_emission(city: CmaqDriver, tmp_path: Path) -> None:
    """CO hardly reacts in an hour: what 100 % of its road emission adds is what halving takes away, twice."""
    if city.settings.ddm is None:
        pytest.skip("the folder holds no CCTM with DDM-3D")
    run = city.prepare_apportionment(tmp_path)[-1]
    assert city.check(run) == []
    assert main([str(run.folder)]) == 0
    sensitivity = open_sensitivities(run.folder)["CO"].sel(parameter="ECO").to_numpy()
    assert set(open_sensitivities(run.folder)["parameter"].to_numpy().tolist()) == {"ENX", "EVO", "ECO"}
    rules = tmp_path / "base" / "20170701" / "desid_rules.nml"
    city.prepare(tmp_path)
    text = rules.read_text(encoding="utf-8")
    head, _, tail = text.rpartition("/")
    rules.write_text(f"{head} 'EVERYWHERE','ONROAD','CO','ALL','ALL',0.5,'UNIT','m',\n/{tail}", encoding="utf-8")
    main([str(tmp_path / "base")])
    with city.open(run) as whole:
        before = whole["CO"].to_numpy()
    after = values(Run("cmaq", "base", tmp_path / "base"), "CCTM_ACONC.nc")["CO"][:, 0] * 1000.0
    change = 2.0 * (before - after)
    big = change > 0.2 * change.max()
    assert sensitivity[big] == pytest.approx(change[big], rel=PERTURBED)
    assert sensitivity.sum() == pytest.approx(change.sum(), rel=SUMMED)


def test_the_smoke_test(streams: Any, table: Any, tmp_path: Path) -> None:
    found = smoke_test(streams, table, Path(FOLDER), tmp_path / "smoke", DAY)
    assert found.passed, found
    assert [run.scenario for run in found.runs] == ["base", "half"]
    assert all(run.emissions_compared > 100 for run in found.runs)


def test_streams_beside_the_city_are_emitted_whole(
    build: Installation, streams: Any, table: Any, write_beside: Any, truth: Any, tmp_path: Path
) -> None:
    """Industry around the city, plants and soils, under a control of the city: as their writers' fields say."""
    plain = driver_of(build, streams, table, tmp_path, 1)
    write_beside(plain.emissions, DAY)
    city = replace(plain, settings=replace(plain.settings, streams=further_streams(plain.emissions)))
    run = next(run for run in city.prepare(tmp_path / "runs") if run.scenario == "half")
    assert city.check(run) == []
    assert main([str(run.folder)]) == 0
    assert city.outcome(run).done
    for label, species in (("REG_INDUSTRY", "NO"), ("BIOGENIC", "ISOP"), ("SOIL", "NO")):
        path = next(run.folder.glob(f"*/output/CCTM_DESID*_{label}_*.nc"))
        with netCDF4.Dataset(path) as file:
            emitted = float(np.asarray(file[species][0], "f8").sum())
        assert emitted == pytest.approx(truth(label, species, HOUR, 1), rel=TOLERANCE)
