"""An hour of the user's CCTM on the city's own grid, emissions and control: does the whole set-up work.

Weather and air are idealised; what is tested is everything else: executable, namelists, grid, files, rules, masks,
stacks, and whether CCTM emits what the ledger says.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from aqcore.errors import Fault, InputError, RunFailed, did_you_mean
from drivers.cmaq.driver import CmaqDriver
from drivers.cmaq.execute import execute
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
    installation = find_installation(cctm)
    if work.exists() and any(work.iterdir()):
        raise InputError([Fault(str(work), "is not empty", "name a new folder for the test")])
    emissions.write(work / EMISSIONS, day, inline_points=True)
    start = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    case = write_case(work / CASE, emissions.grid, start, hours, Levels.of(emissions.layers))
    raw = installation.settings()
    raw["inputs"] |= {name: str(path) for name, path in case.inputs.items()}
    launcher = ("mpirun", "-np", "{ranks}") if processors != (1, 1) else ()
    settings = CmaqSettings.read(
        {**raw, "met": case.met, "initial": case.initial, "boundary": case.boundary, "dates": [day],
         "span": [hour, hours], "processors": list(processors), "launcher": list(launcher)}
    )  # fmt: skip
    driver = CmaqDriver(settings, emissions, chosen(table, scenarios), work / EMISSIONS)
    runs = driver.prepare(work / RUNS)
    faults = tuple(dict.fromkeys(fault for run in runs for fault in driver.check(run)))
    done = () if faults else tuple(_run(run) for run in runs)
    return SmokeReport(settings.version, settings.mechanism, faults, done, time.perf_counter() - began)


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


def _run(run: Run) -> SmokeRun:
    began = time.perf_counter()
    reason = ""
    try:
        execute(run.folder)
    except RunFailed as error:
        reason = str(error)
    manifest = read_manifest(run.folder)
    compared = verdict(run.folder, manifest, manifest.runs[0]).emissions_compared
    return SmokeRun(run.scenario, time.perf_counter() - began, compared, reason)
