"""One function gives a Dask client: processes of this machine, or worker jobs of a Slurm cluster."""

import os
import shlex
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from aqcore.errors import Fault, InputError, RunFailed
from aqcore.publish import publish_text
from hpc.dask.memory import ChunkPlan
from hpc.slurm import words
from hpc.slurm.cluster import Cluster
from hpc.slurm.commands import run_command

Item = TypeVar("Item")
Result = TypeVar("Result")

#: How long the first worker may take to start; on a busy cluster it waits in the queue (s).
PATIENCE_SECONDS = 24 * 3600.0
#: A worker that cannot reach its scheduler ends after this time (s).
DEATH_SECONDS = 300
#: A worker hands its results to the others so long before its time limit (s).
FAREWELL_SECONDS = 50
#: How often a task is tried that raised, or whose worker was lost.
TASK_RETRIES = 2
#: Any free port: two people on one login node do not meet.
DASHBOARD = ":0"
SCRIPT = "worker.slurm"


@contextmanager
def dask_client(
    site: Cluster | None = None,
    *,
    folder: Path,
    plan: ChunkPlan | None = None,
    workers: int | None = None,
    memory_mb: int | None = None,
    say: Callable[[str], None] = lambda _: None,
    patience: float = PATIENCE_SECONDS,
) -> Iterator[Any]:
    """Yield a `distributed.Client`; lazy arrays compute on its workers, which end with the block.

    Without `site` the workers are processes of this machine (`workers` of them, default: one a core). With it they are
    Slurm jobs by the site's `[dask]` table, between `least` and `workers` as the work needs, and one that is lost is
    replaced. `plan` tells how large chunks are: a worker gets at least what they need on this machine, and a site whose
    `memory_mb` is too small for them is refused. Logs and scripts go to `folder`; `say` is told the address of the
    dashboard.
    Raises `InputError` for too little memory, `RunFailed` when no worker starts within `patience` (s).
    """
    from distributed import Client

    folder.mkdir(parents=True, exist_ok=True)
    plan = plan or ChunkPlan(0)
    cluster = _local(plan, workers, memory_mb) if site is None else _slurm(site, plan, folder, workers)
    with cluster, Client(cluster) as client:
        say(f"Dask dashboard: {client.dashboard_link}")
        _await_worker(client, patience, folder)
        yield client


def mapped(client: Any, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """Return `function` of every item, computed by the workers, in order; a lost worker's tasks run on another one."""
    futures = client.map(function, items, retries=TASK_RETRIES, pure=False)
    results: list[Result] = client.gather(futures)
    return results


def _local(plan: ChunkPlan, workers: int | None, memory_mb: int | None) -> Any:
    from distributed import LocalCluster

    count = workers or os.cpu_count() or 1
    need = plan.worker_mb(1)
    if memory_mb is not None:
        plan.check(memory_mb=memory_mb, threads=1, where="memory_mb")
    return LocalCluster(
        n_workers=count, threads_per_worker=1, memory_limit=f"{max(memory_mb or 0, need, 1000)}MB",
        dashboard_address=f"127.0.0.1{DASHBOARD}", host="127.0.0.1", local_directory=tempfile.gettempdir(),
    )  # fmt: skip


def _slurm(site: Cluster, plan: ChunkPlan, folder: Path, workers: int | None) -> Any:
    """Return a cluster of worker jobs that grows and shrinks between the site's bounds."""
    own = site.dask
    plan.check(memory_mb=own.memory_mb, threads=own.cores, where=f"clusters/{site.name}.toml:dask.memory_mb")
    cluster = _slurm_cluster_class()(
        queue=site.partition, account=site.account or None, cores=own.cores, processes=1, memory=f"{own.memory_mb}MB",
        walltime=words.duration(60 * own.minutes), job_name=f"yice-dask-{site.name}", python=sys.executable,
        job_extra_directives=words.extra_directives(site.qos, site.directives),
        job_directives_skip=list(own.skip_directives), job_script_prologue=prologue(site), death_timeout=DEATH_SECONDS,
        local_directory=site.scratch or None, log_directory=str(folder), interface=own.interface or None,
        shared_temp_directory=str(folder), scheduler_options={"dashboard_address": DASHBOARD}, config_name="slurm",
        worker_extra_args=["--lifetime", f"{60 * own.minutes - FAREWELL_SECONDS}s", "--lifetime-stagger", "20s"],
    )  # fmt: skip
    _check(cluster, site, folder)
    most = workers or own.workers
    cluster.adapt(minimum_jobs=min(own.least, most), maximum_jobs=most)
    return cluster


def _slurm_cluster_class() -> Any:
    """Return the class; importing dask-jobqueue makes Ctrl-C end the process with status 0, which is undone here."""
    before = signal.getsignal(signal.SIGINT)
    from dask_jobqueue.slurm import SLURMCluster

    signal.signal(signal.SIGINT, before)
    return SLURMCluster


def _check(cluster: Any, site: Cluster, folder: Path) -> None:
    """Write the script of a worker job beside its logs and raise `InputError` when Slurm would refuse it."""
    publish_text(folder / SCRIPT, cluster.job_script())
    answer = run_command(words.test_only(SCRIPT), folder)
    if not answer.known:
        cluster.close()
        where = f"clusters/{site.name}.toml:dask"
        raise InputError([Fault(where, f"Slurm refuses {folder / SCRIPT}: {answer.err.strip()}", "correct the table")])


def prologue(site: Cluster) -> list[str]:
    """Return the lines of shell that a worker job runs before Dask: modules, variables, a safe import path."""
    lines = ["module purge", *(f"module load {shlex.quote(name)}" for name in site.modules)] if site.modules else []
    variables = {"PYTHONSAFEPATH": "1", **dict.fromkeys(words.THREADS, "1"), **site.environment}
    if "PYTHONPATH" in os.environ:
        variables["PYTHONPATH"] = os.environ["PYTHONPATH"]
    return lines + [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]


def _await_worker(client: Any, patience: float, folder: Path) -> None:
    """Wait for the first worker."""
    try:
        client.wait_for_workers(1, timeout=patience)
    except TimeoutError as error:
        raise RunFailed(f"no Dask worker started within {patience:g} s; its logs are in {folder}") from error
