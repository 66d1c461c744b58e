"""An hour of the user's CCTM on the city's own grid, emissions and control: does the whole set-up work.

Weather and air are idealised; what is tested is everything else: executable, namelists, grid, files, rules, masks,
stacks, and whether CCTM emits what the ledger says.
"""

import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from aqcore.errors import Fault, InputError, did_you_mean
from drivers.cmaq.driver import CmaqDriver
from drivers.cmaq.idealised.case import write_case
from drivers.cmaq.idealised.column import Levels
from drivers.cmaq.installation import find_installation
from drivers.cmaq.manifest import read_manifest
from drivers.cmaq.settings import CmaqSettings
from drivers.cmaq.verification import verdict
from drivers.driver import Run
from emissions.streams import EmissionStreams
from scenarios.control_table import ControlTable
from scenarios.scenario import BASE

COARSE = (0.985, 0.93, 0.8, 0.5, 0.0)
"""Levels above the ground: what is tested does not need many, and CCTM's time grows with them (constructed)."""

STEP = {"CTM_MAXSYNC": "600", "CTM_MINSYNC": "300"}
"""Synchronisation step (s) of the test: emissions are put in at each, and half as many steps take half the time."""

NOON_HOUR = 4
"""Hour (UTC) that is about noon in China: photolysis works, and so does the boundary layer."""

EMISSIONS, CASE, RUNS = "emissions", "case", "runs"


@dataclass(frozen=True)
class SmokeRun:
    """One run of the test: seconds, how many emission sums equal the ledger, and why it failed (empty: it did not)."""

    scenario: str
    seconds: float
    emissions_compared: int
    reason: str = ""


@dataclass(frozen=True)
class SmokeReport:
    """The outcome: version and mechanism that were found, faults of the preflight, runs, seconds in all."""

    version: str
    mechanism: str
    faults: tuple[Fault, ...]
    runs: tuple[SmokeRun, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether everything ran and emitted what was meant."""
        return not self.faults and bool(self.runs) and all(not run.reason for run in self.runs)


def smoke_test(
    emissions: EmissionStreams, table: ControlTable, cctm: Path, work: Path, day: date, *,
    scenarios: Sequence[str] = (), hours: int = 1, hour: int = NOON_HOUR, processors: tuple[int, int] = (1, 1),
) -> SmokeReport:  # fmt: skip
    """Run base and `scenarios` (default: the first that is not the base) for `hours` from `hour` (UTC) of a day.

    `cctm` is the folder with the executable and its data files, `work` an empty folder for everything written. Raises
    InputError for an incomplete folder, unknown scenarios, or a `work` that holds something.
    """
    began = time.perf_counter()
    wanted = chosen(table, scenarios)
    installation = find_installation(cctm)
    if work.exists() and any(work.iterdir()):
        raise InputError([Fault(str(work), "is not empty", "name a new folder for the test")])
    emissions.write(work / EMISSIONS, day, inline_points=True)
    start = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    case = write_case(work / CASE, emissions.grid, start, hours, Levels.of(emissions.layers, COARSE))
    raw = installation.settings()
    raw["inputs"] |= {name: str(path) for name, path in case.inputs.items()}
    launcher = ("mpirun", "-np", "{ranks}") if processors != (1, 1) else ()
    settings = CmaqSettings.read(
        {**raw, "met": case.met, "initial": case.initial, "boundary": case.boundary, "dates": [day],
         "span": [hour, hours], "processors": list(processors), "launcher": list(launcher), "environment": STEP}
    )  # fmt: skip
    driver = CmaqDriver(settings, emissions, wanted, work / EMISSIONS)
    runs = driver.prepare(work / RUNS)
    faults = tuple(dict.fromkeys(fault for run in runs for fault in driver.check(run)))
    done = () if faults else _side_by_side(driver, runs)
    return SmokeReport(settings.version, settings.mechanism, faults, done, time.perf_counter() - began)


def _side_by_side(driver: CmaqDriver, runs: Sequence[Run]) -> tuple[SmokeRun, ...]:
    """Execute the runs at once, each in a process of its own."""
    with ThreadPoolExecutor(len(runs)) as pool:
        seconds = list(pool.map(lambda run: _executed(driver, run), runs))
    return tuple(_judged(run, took) for run, took in zip(runs, seconds, strict=True))


def _executed(driver: CmaqDriver, run: Run) -> float:
    """Execute a run and return how many seconds it took; how it ended is read from its folder."""
    began = time.perf_counter()
    subprocess.run(driver.command([run]), check=False, capture_output=True)
    return time.perf_counter() - began


def _judged(run: Run, seconds: float) -> SmokeRun:
    manifest = read_manifest(run.folder)
    found = verdict(run.folder, manifest, manifest.runs[0])
    return SmokeRun(run.scenario, seconds, found.emissions_compared, found.reason)


def chosen(table: ControlTable, names: Sequence[str]) -> ControlTable:
    """Return the table with the base and some scenarios, the first after the base when none is named.

    Raises InputError for unknown names.
    """
    faults = [
        Fault("--scenario", f"no scenario {name!r}", did_you_mean(name, table.names))
        for name in names
        if name not in table.names
    ]
    if faults:
        raise InputError(faults)
    wanted = list(dict.fromkeys([BASE, *(names or [name for name in table.names if name != BASE][:1])]))
    return replace(
        table,
        scenarios=tuple(one for one in table.scenarios if one.name in wanted),
        factors=table.factors.sel(scenario=wanted),
        background=table.background.sel(scenario=wanted),
        reach=table.reach[table.reach["scenario"].isin(wanted)],
    )
