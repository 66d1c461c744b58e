"""A batch as files that `sbatch` takes: array scripts and the tables of their units. Pure: nothing is written here."""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, PackageLoader, StrictUndefined, Template

from aqcore.errors import Faults
from hpc.job import Batch, Job
from hpc.slurm.cluster import Cluster
from hpc.slurm.waves import Array, arrays
from hpc.slurm.words import THREADS, duration

TEMPLATE = "array.slurm.j2"
#: Marks of a comment in a template: jinja's own, `{#`, means the length of an array in a shell script.
COMMENT = ("{##", "##}")
#: The last field of every line of a table of units: without it an empty last word would be lost in the shell.
CLOSING = "."
#: What cannot stand in a table that is cut at tabs and line ends.
UNTABLED = re.compile(r"[\t\n\r\x00]")


def render(batch: Batch, cluster: Cluster, *, attempt: int = 1, most: int = 0) -> dict[str, str]:
    """Return the files of a batch by name: `array_<attempt>_<number>.slurm` and `units_<attempt>_<number>.tsv`.

    `most` is the largest number of tasks of an array (0: Slurm's own bound, `max_array_size` - 1).
    Raises `InputError` when a name, folder or word of a command holds a tab or a line end.
    """
    cut = arrays(batch.name, batch.jobs, most or cluster.max_array_size - 1, attempt=attempt)
    return rendered(batch, cut, cluster, attempt)


def rendered(batch: Batch, cut: Sequence[Array], cluster: Cluster, attempt: int) -> dict[str, str]:
    """Return the files of these arrays of jobs of a batch. Raises `InputError` as `render` does."""
    check([job for array in cut for job in array.jobs])
    template = _template(cluster)
    files: dict[str, str] = {}
    for array in cut:
        files[array.script] = _script(template, array, cluster, attempt)
        files[array.units] = "".join(_line(job, batch) for job in array.jobs)
    return files


def check(jobs: Sequence[Job]) -> None:
    """Raise `InputError` for every text that a table of units cannot hold."""
    faults = Faults()
    for job in jobs:
        for what, text in (
            ("name", job.name),
            ("folder", str(job.folder)),
            *(("command", word) for word in words(job)),
        ):
            if UNTABLED.search(text):
                faults.add(f"job {job.name!r}:{what}", f"{text!r} holds a tab or a line end", "rename it")
        if not job.folder.is_absolute():
            faults.add(f"job {job.name!r}:folder", f"{job.folder} is relative", "give the whole path")
    faults.raise_if_any()


def words(job: Job) -> tuple[str, ...]:
    """Return the words of a job's command, with its own variables set by `env`."""
    variables = tuple(f"{name}={value}" for name, value in job.environment.items())
    return ("env", *variables, *job.command) if variables else job.command


def _line(job: Job, batch: Batch) -> str:
    """Return the line of one job in a table of units."""
    needs = str(batch.by_name[job.after].folder) if job.after else ""
    return "\t".join((job.name, str(job.folder), needs, *words(job), CLOSING)) + "\n"


def _script(template: Template, array: Array, cluster: Cluster, attempt: int) -> str:
    """Return the script of one array."""
    return template.render(
        cluster=cluster,
        token=array.token,
        units=array.units,
        count=len(array.jobs),
        attempt=attempt,
        tasks=array.resources.tasks,
        memory_mb=array.resources.memory_mb,
        time=duration(array.resources.seconds),
        threads=THREADS,
    )


def _template(cluster: Cluster) -> Template:
    """Return the template of the cluster: its own, or the shipped one."""
    own = Path(cluster.template) if cluster.template else None
    loader = FileSystemLoader(own.parent) if own else PackageLoader("hpc.slurm", "templates")
    environment = Environment(  # noqa: S701 - a shell script, not HTML: texts pass the filter `quoted`
        loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
        comment_start_string=COMMENT[0], comment_end_string=COMMENT[1],
    )  # fmt: skip
    environment.filters["quoted"] = shlex.quote
    return environment.get_template(own.name if own else TEMPLATE)
