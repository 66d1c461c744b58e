"""Handing runs to a cluster: estimate, scripts, submission, and watching them to the end."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from aqcore.errors import InputError, RunFailed
from drivers.driver import Driver, Run
from hpc.estimate import Estimate, estimate
from hpc.job import Batch, JobState
from hpc.slurm.cluster import Cluster
from hpc.slurm.executor import SlurmExecutor
from hpc.table import write_table
from yice import console
from yice.batch_commands import LOG_LINES, Screen, board_of
from yice.batch_view import estimate_rows
from yice.options import Options
from yice.places import JOBS, RUNS
from yice.stages import jobs, runs
from yice.workspace import Workspace


def hand_over(
    space: Workspace, driver: Driver, written: Sequence[Run], site: Cluster, *, dry_run: bool, wait: bool
) -> None:
    """Hand the runs to a cluster: estimate first, then submit; with `wait` stay until all has ended."""
    batch = jobs.cluster_batch(space, driver, written, site)
    executor = SlurmExecutor(site, space.work / RUNS / JOBS)
    cost = _estimate(batch, space, driver, site, 0 if dry_run else executor.cores(batch))
    if dry_run:
        _show(executor.plan(batch), cost, as_json=space.options.as_json)
        return
    tell = _tell_json if space.options.as_json else _tell_estimate
    tell(cost)
    try:
        executor.submit(batch, lambda: _write_table(space, driver, batch, site.name))
    except InputError as error:
        raise InputError(error.faults, left=runs.NOT_STARTED) from error
    if wait:
        _wait(executor, batch, space.options)
        return
    if cost.jobs == 0:
        console.say("Every run-day is done already; nothing was submitted.")
        return
    waiting = len(executor.find(batch))
    console.say(f"{waiting} of {len(batch.jobs)} jobs wait or run on {site.name}; `yice status --watch` shows them")


def _write_table(space: Workspace, driver: Driver, batch: Batch, cluster: str) -> None:
    folder = space.work / RUNS / JOBS / batch.name
    place = runs.root(space, driver)
    write_table(folder, batch, driver=driver.name, cluster=cluster, root=place, proof=jobs.PROOFS[driver.name])


def _estimate(batch: Batch, space: Workspace, driver: Driver, site: Cluster, cores: int) -> Estimate:
    tasks = max((job.resources.tasks for job in batch.jobs), default=1)
    slots = min(filter(None, (site.max_running, cores // tasks)), default=len(batch.jobs))
    place, disk = runs.root(space, driver), site.need(driver.name).disk_mb
    pattern = jobs.PROOFS[driver.name].replace("{scenario}", "*").replace("{day}", "*")
    return estimate(batch, slots=slots, proofs=sorted(place.glob(pattern)), disk_mb=disk or None)


def _tell_estimate(cost: Estimate) -> None:
    console.table("What is still to do", ("", ""), estimate_rows(cost))


def _tell_json(cost: Estimate) -> None:
    console.document({"estimate": asdict(cost)})


def _show(scripts: Mapping[str, str], cost: Estimate | None, *, as_json: bool) -> None:
    if as_json:
        console.document({"scripts": dict(scripts), **({"estimate": asdict(cost)} if cost else {})})
        return
    for name, text in scripts.items():
        console.out.rule(name)
        console.out.print(text, markup=False, highlight=False, soft_wrap=True)
    if cost:
        _tell_estimate(cost)


def show_commands(batch: Batch, *, as_json: bool) -> None:
    """Print what local processes would execute."""
    _show({"commands": "".join(shlex.join(job.command) + "\n" for job in batch.jobs)}, None, as_json=as_json)


def _wait(executor: SlurmExecutor, batch: Batch, options: Options) -> None:
    """Watch a batch to its end, topping up and trying again; raise `RunFailed` when not all of it is done."""
    with Screen(enabled=not options.as_json) as show:
        statuses = executor.run(batch, lambda now: show(board_of(executor.folder(batch), now)))
    bad = [own for own in statuses if own.state != JobState.DONE]
    if bad:
        lines = [f"{own.job.name}: {own.state}: {own.reason}" for own in bad[:LOG_LINES]]
        raise RunFailed(f"{len(bad)} of {len(statuses)} jobs are not done:\n" + "\n".join(lines))
