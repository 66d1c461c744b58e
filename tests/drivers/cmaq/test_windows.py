"""Scenarios that act at certain dates and hours: which days get rules or files, and that the mass is the same."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

from aqcore.units import SECOND_PER_HOUR
from drivers.cmaq.driver import CmaqDriver
from drivers.cmaq.emission_check import EXPECTED, EXPECTED_NAMES
from drivers.cmaq.execute import main
from drivers.cmaq.manifest import read_manifest
from drivers.cmaq.namelists import read_rules
from drivers.cmaq.versions import version
from emissions.writing import file_path
from scenarios.resolution import resolve
from scenarios.scenario import DirectFactor, Scenario
from scenarios.target import Target
from scenarios.window import ALL_HOURS, Window, read_hours, read_span
from scenarios.window_plan import WindowPlan

SINGLE = 2e-6
"""Sums of float32 cells."""

HALF = DirectFactor(Target(sectors=("ONROAD",)), "NOx", 0.5)
NOON = read_hours("10-18")
STEPS = np.arange(25)


def city_with(driver: CmaqDriver, dates: Sequence[str], hours: frozenset[int], **more: Any) -> CmaqDriver:
    """Return the driver of one scenario that halves NOx of the roads in a window."""
    window = Window("w", tuple(read_span(one) for one in dates), hours)
    scenario = Scenario("alert", windows=(WindowPlan(window, factors=(HALF,), **more),))
    return replace(driver, table=resolve([scenario], (), driver.streams.inventory))


def written(driver: CmaqDriver, root: Path) -> Path:
    return {run.scenario: run for run in driver.prepare(root)}["alert"].folder


def nox(folder: Path, day: str) -> np.ndarray:
    """Return NO of the roads by step, summed over the grid."""
    with netCDF4.Dataset(file_path(folder / "emissions", "ONROAD", day)) as file:
        return np.asarray(file["NO"][:], dtype=np.float64).sum(axis=(1, 2, 3))


def rows(folder: Path, day: str) -> list[tuple[str, float]]:
    """Return stream and factor of the rows that the scenario adds on a day."""
    rules = read_rules(folder / day / "desid_rules.nml", version("5.5"))
    return [(rule.stream, rule.factor) for rule in rules if rule.op == "m"]


def test_hours_of_a_day_become_a_rewritten_stream(driver: CmaqDriver, inputs: Path, tmp_path: Path) -> None:
    """10 to 18 in China is 2 to 10 UTC; step 24 of the file is the first hour of the next day."""
    folder = written(city_with(driver, ["2017-07-02"], NOON), tmp_path)
    assert read_manifest(folder).methods["ONROAD"] == "file"
    assert [path.name for path in (folder / "emissions").rglob("*.nc")] == ["emis_ONROAD_20170702.nc"]
    ratio = nox(folder, "2017-07-02") / nox(inputs, "2017-07-02")
    assert ratio == pytest.approx(np.where((STEPS >= 2) & (STEPS < 10), 0.5, 1.0), rel=SINGLE)
    scripts = [(folder / day / "run.sh").read_text(encoding="utf-8") for day in ("20170701", "20170702")]
    assert ["../emissions/ONROAD/" in script for script in scripts] == [False, True]


def test_a_local_day_begins_within_a_utc_day(driver: CmaqDriver, inputs: Path, tmp_path: Path) -> None:
    """2 July in China is 16 UTC of the 1st to 16 UTC of the 2nd: both files are the scenario's own."""
    folder = written(city_with(driver, ["2017-07-02"], ALL_HOURS), tmp_path)
    for day, inside in (("2017-07-01", STEPS >= 16), ("2017-07-02", STEPS < 16)):
        assert nox(folder, day) / nox(inputs, day) == pytest.approx(np.where(inside, 0.5, 1.0), rel=SINGLE)


def test_whole_utc_days_get_rules_and_the_others_none(driver: CmaqDriver, tmp_path: Path) -> None:
    """A window that lasts needs rules; one that ends at 16 UTC of the 1st a file that day, and nothing the next."""
    lasting = written(city_with(driver, ["2017-06-30/2017-07-03"], ALL_HOURS), tmp_path / "lasting")
    assert read_manifest(lasting).methods["ONROAD"] == "desid"
    assert set(rows(lasting, "20170701")) == set(rows(lasting, "20170702")) == {("ONROAD", 0.5)}
    ended = written(city_with(driver, ["2017-06-30/2017-07-01"], ALL_HOURS), tmp_path / "ended")
    assert [path.name for path in (ended / "emissions").rglob("*.nc")] == ["emis_ONROAD_20170701.nc"]
    assert rows(ended, "20170702") == []


@pytest.mark.parametrize(("dates", "hours"), [("2017-06-30/2017-07-03", ALL_HOURS), ("2017-07-02", NOON)])
def test_either_way_the_mass_is_that_of_the_ledger(
    driver: CmaqDriver, inputs: Path, tmp_path: Path, dates: str, hours: frozenset[int]
) -> None:
    """What is expected, source by source, is the file times its rules, whether a day has the one or the other."""
    folder = written(city_with(driver, [dates], hours), tmp_path)
    names = json.loads((tmp_path / EXPECTED_NAMES).read_text(encoding="utf-8"))
    stream, species = names["streams"].index("ONROAD"), names["species"].index("NO")
    expected = np.load(folder / EXPECTED)
    for part in read_manifest(folder).runs:
        own = file_path(folder / "emissions", "ONROAD", part.day).exists()
        rules = read_rules(folder / part.segment.name / "desid_rules.nml", version("5.5"))
        factor = float(np.prod([rule.factor for rule in rules if rule.op == "m" and rule.variable == "NO"]))
        total = nox(folder if own else inputs, part.day)[:24].sum() * SECOND_PER_HOUR * factor
        assert total == pytest.approx(expected[part.plan, stream, species], rel=SINGLE)


def test_runs_with_windows_end_well(driver: CmaqDriver, tmp_path: Path) -> None:
    """The stand-in emits rules and files as DESID does; its diagnostics are held against the ledger."""
    own = city_with(driver, ["2017-07-02"], NOON)
    run = {run.scenario: run for run in own.prepare(tmp_path)}["alert"]
    assert own.check(run) == []
    assert main([str(run.folder)]) == 0
    assert own.outcome(run).done


def test_a_window_that_changes_the_inflow(driver: CmaqDriver, inputs: Path, tmp_path: Path) -> None:
    """A boundary without time gets hourly steps on the day in which it changes."""
    folder = written(city_with(driver, ["2017-07-02"], ALL_HOURS, background={"O3": 0.8}), tmp_path)
    with netCDF4.Dataset(folder / "inflow" / "BNDY_20170701.nc") as file:
        ozone, dioxide = np.asarray(file["O3"][:, 0, 0]), np.asarray(file["NO2"][:, 0, 0])
    assert ozone == pytest.approx(np.where(STEPS >= 16, 0.8, 1.0), rel=SINGLE)  # the base is 1 everywhere
    assert dioxide == pytest.approx(1.0, rel=SINGLE)
