"""Streams that no scenario changes: around the city (REG_*), of plants (BIOGENIC) and soils (SOIL).

They are written by the emissions' own writers, found by the index, and CCTM (its stand-in) has to emit the files whole.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

from drivers.cmaq.driver import CmaqDriver
from drivers.cmaq.emission_check import check_emissions
from drivers.cmaq.execute import main
from drivers.cmaq.manifest import read_manifest
from drivers.driver import Run
from yice.stages.cmaq_runs import further_streams

SINGLE = 1e-6
"""Relative: sums of cells in single precision."""

LABELS = ["REG_INDUSTRY", "BIOGENIC", "SOIL"]
SPECIES = {"REG_INDUSTRY": "NO", "BIOGENIC": "ISOP", "SOIL": "NO"}


@pytest.fixture
def beside(city: CmaqDriver, write_beside: Any) -> CmaqDriver:
    """Return the driver of one day with three streams beside the city's."""
    write_beside(city.emissions, city.settings.dates[0])
    streams = further_streams(city.emissions)
    assert list(streams) == LABELS
    return replace(city, settings=replace(city.settings, streams=streams))


def run_of(driver: CmaqDriver, root: Path, scenario: str) -> Run:
    return next(run for run in driver.prepare(root) if run.scenario == scenario)


def test_they_are_emitted_whole_under_base_and_control(beside: CmaqDriver, tmp_path: Path, truth: Any) -> None:
    for scenario in ("base", "half"):
        run = run_of(beside, tmp_path / "runs", scenario)
        assert beside.check(run) == []
        assert main([str(run.folder)]) == 0
        assert beside.outcome(run).done
        for number, label in enumerate(LABELS, start=len(labels_of_the_city(run)) + 1):
            path = next(run.folder.glob(f"*/output/CCTM_DESID{number}_{label}_*.nc"))
            with netCDF4.Dataset(path) as file:
                emitted = float(np.asarray(file[SPECIES[label]][:24], "f8").sum())
            assert emitted == pytest.approx(truth(label, SPECIES[label]), rel=SINGLE)


def labels_of_the_city(run: Run) -> list[str]:
    given = read_manifest(run.folder).runs[0].environment
    return [value for name, value in given.items() if "_EMIS_LAB_" in name and value not in LABELS]


def test_a_rule_that_scales_them_is_refused(beside: CmaqDriver, tmp_path: Path) -> None:
    """Nothing may scale what no scenario changes: one row by hand, and the run's use is refused."""
    run = run_of(beside, tmp_path / "runs", "base")
    path = next(run.folder.glob("*/desid_rules.nml"))
    row = " 'EVERYWHERE','SOIL','NO','ALL','ALL',0.5,'UNIT','m',\n"
    head, end = path.read_text(encoding="utf-8").rsplit("/", 1)
    path.write_text(f"{head}{row}/{end}", encoding="utf-8")
    assert main([str(run.folder)]) == 1
    assert not beside.outcome(run).done
    manifest = read_manifest(run.folder)
    found = check_emissions(run.folder, manifest, manifest.runs[0])
    assert [(one.stream, one.species, one.region) for one in found.deviations] == [("SOIL", "NO", "EVERYWHERE")]
    assert found.deviations[0].emitted == pytest.approx(0.5 * found.deviations[0].meant, rel=SINGLE)


def test_a_file_that_is_gone_is_found_by_the_preflight(beside: CmaqDriver, tmp_path: Path) -> None:
    run = run_of(beside, tmp_path / "runs", "base")
    for path in (beside.emissions / "BIOGENIC").glob("*.nc"):
        path.unlink()
    assert any("BIOGENIC" in str(fault) for fault in beside.check(run))
