"""What each verb of the command line does."""

from collections.abc import Sequence
from typing import Any

from aqcore.errors import Fault, InputError
from drivers.box_model.output import OUTPUT
from drivers.cmaq.driver import CmaqDriver
from drivers.driver import Driver, Run
from hpc.dask import ChunkPlan
from hpc.table import LOCAL
from yice import batch_commands, console, emission_summary
from yice.hand_over import hand_over, show_commands
from yice.options import Options
from yice.pipeline import STAGES, up_to
from yice.spread import on_workers
from yice.stage import StageResult, perform
from yice.stages import cmaq_evaluation, cmaq_runs, runs
from yice.stages import emissions as emission_stage
from yice.stages.outputs import EVALUATED
from yice.workspace import Workspace

PAGE = "report/index.html"
HOURS = 24
PACKED = 4
"""Outputs of the box model are compressed: in memory they take at most so many times the size of the file."""


def run(options: Options) -> None:
    """Do all stages and say where the page is."""
    stage(options, "report")


def stage(options: Options, last: str) -> None:
    """Check every input, then do the stages up to `last` that are not up to date."""
    space = checked(options)
    results = [do_stage(space, name) for name in up_to(last)]
    if options.as_json:
        console.document(summary(space, results))
    else:
        _tell(space, results)


def checked(options: Options) -> Workspace:
    """Return the workspace of a city whose inputs are all in order."""
    space = Workspace(options)
    space.check()
    return space


def do_stage(space: Workspace, name: str) -> StageResult:
    """Do one stage unless it is up to date, and tell on stderr."""
    console.say(f"[bold]{name}[/] ...")
    result = perform(STAGES[name](space), space.work)
    console.say(f"[bold]{name}[/] done in {result.seconds:.0f} s" if result.ran else f"[bold]{name}[/] is up to date")
    return result


def summary(space: Workspace, results: Sequence[StageResult]) -> dict[str, Any]:
    """Return what was done, for scripts."""
    return {
        "city": space.city.name_en,
        "work": str(space.work),
        "days": {"kind": space.days.kind, "source": space.days.source, "count": space.days.data.sizes["day"]},
        "stages": [result.__dict__ for result in results],
        "page": str(space.work / PAGE) if (space.work / PAGE).exists() else None,
    }


def _tell(space: Workspace, results: Sequence[StageResult]) -> None:
    days = space.days
    words = "typical days" if days.kind == "typical" else "real days from hourly observations"
    console.say(f"Modelled {days.data.sizes['day']} {words}: {days.source}")
    if not any(result.ran for result in results):
        console.say("[bold green]Everything is up to date; nothing was done.[/]")
    if (space.work / PAGE).exists() and results[-1].name == "report":
        console.out.print(f"The page: {space.work / PAGE}", soft_wrap=True, highlight=False)


def check(options: Options, driver_name: str | None = None) -> None:
    """Read every input, say what the city has, write nothing; with a driver, check its run directories too."""
    space = checked(options)
    if driver_name is not None:
        _check_runs(space, driver_name)
    about = {
        "city": space.city.name_en,
        "districts": len(space.districts),
        "sources": len(space.inventory.sources),
        "sectors": list(space.inventory.sectors),
        "measures": len({name for scenario in space.scenarios for name in scenario.measures}),
        "scenarios": [scenario.name for scenario in space.scenarios],
        "matrix_nodes": len(space.nodes),
        "days": {"kind": space.days.kind, "source": space.days.source, "count": space.days.data.sizes["day"]},
        "grid": f"{space.grid.name}: {space.grid.ncols} x {space.grid.nrows} cells of {space.grid.xcell:g} m",
    }
    if options.as_json:
        console.document({"faults": [], **about})
        return
    console.table(
        f"{space.city.name_zh} {space.city.name_en}", ("input", "value"), [(k, _short(v)) for k, v in about.items()]
    )
    console.say("[bold green]All inputs are in order.[/]")


def _check_runs(space: Workspace, driver_name: str) -> None:
    """Raise one `InputError` with every fault of the run directories of a driver."""
    driver = _driver(space, driver_name)
    found = runs.existing(space, driver)
    if not found:
        where, remedy = str(runs.root(space, driver)), f"yice write {space.city.folder} --driver {driver_name}"
        raise InputError([Fault(where, "no run directory was written yet", remedy)])
    runs.require_faultless(driver, found)
    console.say(f"The {len(found)} run directories of {driver_name} are in order.")


def _short(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return "; ".join(f"{key} {part}" for key, part in value.items())
    return str(value)


def emissions(options: Options) -> None:
    """Write the emissions, and show totals, closure, what matched nothing, the largest sources and the files."""
    space = checked(options)
    results = [do_stage(space, name) for name in up_to("emissions")]
    found = emission_summary.summary(space.work / emission_stage.FOLDER)
    if options.as_json:
        console.document({**summary(space, results), "emissions": found})
    else:
        emission_summary.show(found, space.city.inventory.year)


def _driver(space: Workspace, name: str, launcher: Sequence[str] = ()) -> Driver:
    return cmaq_runs.cmaq_driver(space, launcher) if name == "cmaq" else runs.box_driver(space)


def _prepared(space: Workspace, driver: Driver) -> list[Run]:
    """Write the run directories of a driver, those of ISAM and DDM-3D included, and return them."""
    place = runs.root(space, driver)
    written = list(driver.prepare(place))
    return [*written, *driver.prepare_apportionment(place)] if isinstance(driver, CmaqDriver) else written


def write(options: Options, driver_name: str) -> None:
    """Write the run directories of a driver and check them."""
    space = checked(options)
    for name in up_to("scenarios"):
        do_stage(space, name)
    driver = _driver(space, driver_name)
    written = _prepared(space, driver)
    faults = [fault for run in written for fault in driver.check(run)]
    if options.as_json:
        console.document({
            "driver": driver_name,
            "runs": [{"scenario": run.scenario, "folder": str(run.folder)} for run in written],
            "faults": [fault.__dict__ for fault in faults],
        })  # fmt: skip
        return
    console.say(f"{len(written)} run directories under {space.work / runs.FOLDER / driver_name}")
    console.to_mend(faults)


def submit(options: Options, driver_name: str, cluster: str, *, dry_run: bool, wait: bool = False) -> None:
    """Start the runs that are not done: as local processes, or on a Slurm cluster."""
    site = None if cluster == LOCAL else batch_commands.site_of(options.folder, cluster)
    space = checked(options)
    driver = _driver(space, driver_name, site.launcher if site else ())
    written = _prepared(space, driver)
    if not dry_run:
        runs.require_faultless(driver, written)
    if site is not None:
        hand_over(space, driver, written, site, dry_run=dry_run, wait=wait)
    elif dry_run:
        show_commands(runs.batch(space, driver, written), as_json=options.as_json)
    else:
        runs.execute(space, driver, written)


def status(options: Options, driver_name: str) -> None:
    """Show how many runs on this machine are done, and why the others are not."""
    space = checked(options)
    driver = _driver(space, driver_name)
    found = runs.existing(space, driver)
    outcomes = [(run, driver.outcome(run)) for run in found]
    waiting = [(run, outcome) for run, outcome in outcomes if not outcome.done]
    if options.as_json:
        console.document({
            "driver": driver_name,
            "done": len(outcomes) - len(waiting),
            "runs": [
                {"run": run.folder.name, "scenario": run.scenario, "done": one.done, "reason": one.reason}
                for run, one in outcomes
            ],
        })  # fmt: skip
        return
    said = f"{driver_name}: {len(outcomes) - len(waiting)} of {len(outcomes)} runs are done"
    if not outcomes:
        console.say(f"{said}: none has been written yet, see `yice write`")
    elif waiting:
        rows = [(run.folder.name, outcome.reason) for run, outcome in waiting]
        console.table(said, ("scenario", "why it is not done"), rows)
    else:
        console.say(f"[bold green]{said}.[/]")


def evaluate(options: Options, driver_name: str, only: Sequence[str], cluster: str) -> None:
    """Evaluate the runs of a driver: here, or on Dask workers of a cluster (`local`: processes of this machine)."""

    def work() -> None:
        if driver_name == "cmaq":
            evaluate_grid(options, only)
        else:
            stage(options, "evaluation")

    if not cluster:
        work()
        return
    site = None if cluster == LOCAL else batch_commands.site_of(options.folder, cluster)
    space = checked(options)
    if driver_name != "cmaq":
        for name in up_to("runs"):
            do_stage(space, name)
    with on_workers(space.work, site, _plan_of(space, driver_name), options.processes if site is None else None):
        work()


def _plan_of(space: Workspace, driver_name: str) -> ChunkPlan:
    """Return how large the chunks of the evaluation are: a day of the grid, or the output of a run."""
    if driver_name == "cmaq":
        shape = {"time": HOURS, "y": space.grid.nrows, "x": space.grid.ncols}
        return ChunkPlan.of(shape, {}, variables=len(EVALUATED))
    files = (space.work / runs.FOLDER / driver_name).glob(f"*/{OUTPUT}")
    return ChunkPlan.of_sizes([PACKED * file.stat().st_size for file in files])


def evaluate_grid(options: Options, only: Sequence[str]) -> None:
    """Evaluate the finished CMAQ runs and say where tables, maps and figures are."""
    space = checked(options)
    paths = cmaq_evaluation.evaluate(space, cmaq_runs.cmaq_driver(space), only)
    if options.as_json:
        console.document({"driver": "cmaq", "files": list(map(str, paths))})
        return
    console.say(f"{len(paths)} files under {space.work / cmaq_evaluation.FOLDER}:")
    for path in paths:
        if path.suffix in {".csv", ".nc"}:
            console.out.print(str(path), soft_wrap=True, highlight=False)
