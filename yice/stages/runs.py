"""Model runs: directories written, faults found before the first job, jobs executed, outcomes judged."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from aqcore.errors import InputError, RunFailed
from aqcore.provenance import file_hash, value_hash
from drivers.box_model.driver import BoxDriver
from drivers.driver import Driver, Run
from hpc.job import Batch, Job
from hpc.local.executor import LocalExecutor
from yice import console, met
from yice.places import JOBS, RUNS
from yice.stage import Stage, files_hash, stamp_hash
from yice.workspace import Workspace

FOLDER = RUNS
JOBS_PER_PROCESS = 4
"""Jobs for each process: enough for a bar that moves, few enough that building the solver costs little."""


def stage(space: Workspace) -> Stage:
    """Return the stage that runs the box model for every scenario."""
    return Stage("runs", lambda: inputs(space), lambda: act(space), (f"{FOLDER}/box_model",))


def inputs(space: Workspace) -> Mapping[str, str]:
    """Return what the runs depend on."""
    city = space.city
    hourly = space.hourly_file
    named = [city.background, city.days.typical, city.observations.stations]
    return {
        **files_hash([*(city.path(name) for name in named if name), *([hourly] if hourly else []), *met.files(city)]),
        "emissions": stamp_hash(space.work, "emissions"),
        "scenarios": stamp_hash(space.work, "scenarios"),
        "city.toml": value_hash([city.box, str(city.days), str(hourly is None)]),
    }


def box_driver(space: Workspace) -> BoxDriver:
    """Return the box model of the city."""
    return BoxDriver(space.typical_streams, space.table, space.days, space.background, space.box_settings)


def act(space: Workspace) -> None:
    """Write the run directories, check them all, and run what is not done yet."""
    driver = box_driver(space)
    runs = prepare(space, driver)
    execute(space, driver, runs)


def prepare(space: Workspace, driver: Driver) -> Sequence[Run]:
    """Write the run directories and raise one `InputError` with the faults of all of them."""
    console.say("writing run directories ...")
    runs = driver.prepare(root(space, driver))
    require_faultless(driver, runs)
    return runs


NOT_STARTED = "run directories are there, nothing was started"
"""What is left when runs are refused after their directories were written."""


def require_faultless(driver: Driver, runs: Sequence[Run]) -> None:
    """Raise one `InputError` with the faults of all runs, equal ones once."""
    faults = list(dict.fromkeys(fault for run in runs for fault in driver.check(run)))
    if faults:
        raise InputError(faults, left=NOT_STARTED)


def root(space: Workspace, driver: Driver) -> Path:
    """Return the folder of a driver's run directories."""
    return space.work / FOLDER / driver.name


def batch(space: Workspace, driver: Driver, runs: Sequence[Run]) -> Batch:
    """Return jobs of several runs each, in run order.

    The split is over all runs, done or not, so that a second call names the same jobs; a job leaves out what is done.
    """
    count = min(len(runs), space.options.processes * JOBS_PER_PROCESS)
    folder = space.work / FOLDER / JOBS / driver.name
    return Batch(driver.name, tuple(_job(driver, runs[number::count], folder, number) for number in range(count)))


def _job(driver: Driver, runs: Sequence[Run], folder: Path, number: int) -> Job:
    # The folder is named after what the runs are: a marker of other runs cannot be taken for these.
    key = value_hash([[run.scenario, file_hash(run.folder / "run.json")] for run in runs])[:12]
    return Job(f"{driver.name}_{number:03d}", folder / key, driver.command(runs))


def execute(space: Workspace, driver: Driver, runs: Sequence[Run]) -> None:
    """Run what is not done and raise `RunFailed` naming every run that did not end well."""
    jobs = batch(space, driver, runs)
    if not all(driver.outcome(run).done for run in runs):
        with console.progress(f"{driver.name}: {len(runs)} runs") as tick:
            _run_here(space.options.processes, jobs, lambda: tick(_done(runs), len(runs)))
    failed = [(run, outcome) for run in runs if not (outcome := driver.outcome(run)).done]
    if failed:
        lines = [f"{run.scenario}: {outcome.reason} ({run.folder})" for run, outcome in failed]
        raise RunFailed(f"{len(failed)} of {len(runs)} runs did not end well:\n" + "\n".join(lines))


def _run_here(processes: int, jobs: Batch, tell: Callable[[], None]) -> None:
    """Run the jobs as processes of this machine."""
    with LocalExecutor(processes=processes) as executor:
        executor.run(jobs, progress=lambda _: tell())


def _done(runs: Sequence[Run]) -> int:
    return sum((run.folder / "done.json").exists() for run in runs)


def existing(space: Workspace, driver: Driver) -> list[Run]:
    """Return the runs of the control table whose directories have been written."""
    return [run for run in driver.runs(root(space, driver)) if run.folder.is_dir()]
