"""What model runs will take, before any: from runs that ended in the work folder, else from a measured cost a day."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from drivers.box_model.output import DONE, OUTPUT
from scenarios.preview import Plan, plan_runs
from yice.stages import runs
from yice.workspace import Workspace

BOX_CORE_SECONDS = 0.00175
"""Core seconds of a district and simulated day of the box model, days of spin-up included: 138 runs of 5 days,
each with 2 of spin-up, and 16 districts took 57.9 s of CPU (2026-11-22, one core of an AMD EPYC, many runs a batch)."""
BOX, CMAQ = "box_model", "cmaq"
VERDICTS = "*/*/verdict.json"


@dataclass(frozen=True)
class RunCost:
    """The plan of one model, and where its cost a day is from: `recorded`, `estimate` or `unknown`."""

    model: str
    plan: Plan
    basis: str


def run_costs(space: Workspace) -> tuple[RunCost, ...]:
    """Return the model days and core hours of the box model, and of CMAQ for the dates whose files are written."""
    return _box(space), _cmaq(space)


def _box(space: Workspace) -> RunCost:
    """Return the cost of the named scenarios and the matrix on all modelled days."""
    names, days, cores = space.table.names, space.days.data.sizes["day"], space.options.processes
    recorded = list(_recorded_box(space.work / runs.FOLDER / BOX))
    if recorded:
        return RunCost(BOX, plan_runs(names, days, recorded=recorded, cores=cores), "recorded")
    simulated = 1 + space.box_settings.spinup_days
    a_day = BOX_CORE_SECONDS * len(space.days.zones) * simulated
    return RunCost(BOX, plan_runs(names, days, recorded=[(a_day, 1)], cores=cores), "estimate")


def _recorded_box(root: Path) -> Iterator[tuple[float, int]]:
    """Yield core seconds and days of the runs that ended."""
    for marker in sorted(root.glob(f"*/{DONE}")):
        output = marker.with_name(OUTPUT)
        if output.is_file():
            with xr.open_dataset(output) as data:
                yield float(json.loads(marker.read_text("utf-8"))["cpu_seconds"]), data.sizes["time"] // 24


def _cmaq(space: Workspace) -> RunCost:
    """Return the cost of the named scenarios on the dates of CMAQ."""
    names = [scenario.name for scenario in space.scenarios]
    dates = space.city.cmaq.get("dates", ()) or space.city.emissions.dates
    verdicts = (
        json.loads(path.read_text("utf-8")) for path in sorted((space.work / runs.FOLDER / CMAQ).glob(VERDICTS))
    )
    recorded = [(float(one["cpu_seconds"]), 1) for one in verdicts if not one["reason"] and one["cpu_seconds"]]
    plan = plan_runs(names, len(dates), recorded=recorded, cores=space.options.processes)
    return RunCost(CMAQ, plan, "recorded" if recorded else "unknown")
