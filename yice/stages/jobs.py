"""Run directories as jobs of a cluster: box-model runs side by side, days of a CMAQ scenario one after another."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from aqcore.provenance import file_hash, value_hash
from drivers.cmaq.driver import CmaqDriver
from drivers.cmaq.manifest import read_manifest
from drivers.driver import Driver, Run
from hpc.job import Batch, Cell, Job, Resources
from hpc.slurm.cluster import Cluster
from yice.places import JOBS, RUNS
from yice.workspace import Workspace

ALL_DAYS = "all"
"""What the board calls the days of a run whose model computes them together."""
PROOFS = {"box_model": "{scenario}/done.json", "cmaq": "{scenario}/{day}/verdict.json"}
"""The file that proves a run-day, below the folder of a driver's runs."""


def cluster_batch(space: Workspace, driver: Driver, runs: Sequence[Run], site: Cluster) -> Batch:
    """Return the jobs of these runs on a cluster.

    The split is over all runs, done or not, so that a second call names the same jobs; a job leaves out what is done.
    """
    folder = space.work / RUNS / JOBS / driver.name
    need = site.need(driver.name)
    if isinstance(driver, CmaqDriver):
        jobs = [job for run in runs for job in _days(driver, run, folder, site)]
    else:
        resources = Resources(need.tasks, need.memory_mb, 60 * need.minutes)
        parts = [runs[start : start + site.chunk_runs] for start in range(0, len(runs), site.chunk_runs)]
        jobs = [_together(driver, part, folder, number, resources) for number, part in enumerate(parts)]
    return Batch(driver.name, tuple(jobs))


def _together(driver: Driver, runs: Sequence[Run], folder: Path, number: int, resources: Resources) -> Job:
    key = value_hash([[run.scenario, file_hash(run.folder / "run.json")] for run in runs])[:12]
    cells = tuple(Cell(run.scenario, ALL_DAYS) for run in runs)
    return Job(f"{driver.name}_{number:03d}", folder / key, driver.command(runs), resources, cells=cells)


def _days(driver: CmaqDriver, run: Run, folder: Path, site: Cluster) -> Iterator[Job]:
    """Yield the jobs of a scenario: chunks of its days, each behind the chunk that it continues."""
    manifest, need = read_manifest(run.folder), site.need(driver.name)
    identity, label, before = file_hash(run.folder / "run.json"), run.folder.name, ""
    for names, continues in _chunks([(own.segment.name, own.previous) for own in manifest.runs], site.chunk_days):
        name = f"{label}.{names[0]}"
        key = value_hash([label, identity, list(names)])[:12]
        resources = Resources(manifest.ranks, need.memory_mb, 60 * need.minutes * len(names))
        command = (*driver.command([run]), "--only", ",".join(names))
        cells = tuple(Cell(label, day) for day in names)
        yield Job(name, folder / key, command, resources, after=before if continues else "", cells=cells)
        before = name


def _chunks(segments: Sequence[tuple[str, str]], longest: int) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Yield names of at most `longest` adjoining segments, and whether they continue the chunk before."""
    names: list[str] = []
    continues = False
    for name, previous in segments:
        if names and (not previous or len(names) == longest):
            yield tuple(names), continues
            names, continues = [], bool(previous)
        names.append(name)
    if names:
        yield tuple(names), continues
