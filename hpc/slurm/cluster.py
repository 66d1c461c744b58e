"""The cluster file: what a site wants to see in every job script, what it allows, and how Dask works there."""

import tomllib
from collections.abc import Mapping
from dataclasses import field, fields
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from aqcore.errors import Faults, did_you_mean

#: What may stand in an `#SBATCH` line: nothing that ends the value or begins a comment.
Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.,:@/+-]*$")]
OptionalWord = Annotated[str, Field(pattern=r"^([A-Za-z0-9_][A-Za-z0-9_.,:@/+-]*)?$")]
Directive = Annotated[str, Field(pattern=r"^--[a-z][a-z0-9-]*(=[A-Za-z0-9_.,:@/%+*&|()\[\]-]+)?$")]
Text = Annotated[str, Field(pattern=r"^[^\x00-\x1f]+$")]
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Value = Annotated[str, Field(pattern=r"^[^\x00-\x1f]*$")]
Count = Annotated[int, Field(ge=1)]
CountOrNone = Annotated[int, Field(ge=0)]
Amount = Annotated[float, Field(ge=0)]
STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, config=STRICT)
class DaskSettings:
    """How Dask works on the cluster: worker jobs that come and go with the work.

    At least `least` and at most `workers` worker jobs, each of `cores` threads and `memory_mb`, for `minutes`.
    `interface` is the network that scheduler and workers share (`ib0`; empty: the host's own address).
    `skip_directives` leaves out lines that the site refuses, such as `--mem`.
    """

    workers: Count = 4
    least: Count = 1
    cores: Count = 1
    memory_mb: Count = 4000
    minutes: Count = 60
    interface: OptionalWord = ""
    skip_directives: tuple[Directive, ...] = ()


@dataclass(frozen=True, config=STRICT)
class Need:
    """What one job of a driver needs: processes, memory (MB), minutes (of a CMAQ job: for each of its days).

    `disk_mb` is what a run-day leaves, for the estimate before any is done (0: not known).
    """

    tasks: Count = 1
    memory_mb: Count = 2000
    minutes: Count = 60
    disk_mb: CountOrNone = 0


@dataclass(frozen=True, config=STRICT)
class Cluster:
    """One Slurm cluster as its users see it; 0 for a limit means: what Slurm says.

    Attributes
    ----------
    launcher
        how MPI programs are started there, in place of `[cmaq] launcher`; `{ranks}` is the number of ranks.
    scratch
        a fast folder for temporary files of jobs and for what Dask spills.
    max_array_size
        Slurm's MaxArraySize (`scontrol show config`): a larger batch becomes several arrays.
    max_running
        tasks of one array that run at once (0: all).
    max_submit
        tasks that one user may have in the queue; the rest is topped up as room appears.
    max_minutes, max_memory_mb
        what a retry with more time or memory may ask for at most.
    retries
        how often a job is sent again by itself after a failure that is not its own.
    chunk_days
        days of a CMAQ scenario that one job runs; the next job of the scenario waits for it.
    chunk_runs
        runs of the box model that one job computes, together in one batch of boxes.
    template
        path of a template of the site's own, empty for the shipped one.
    settle_seconds
        how long a submission whose answer was lost may take to appear: Slurm's MessageTimeout with a margin.
    marker_seconds
        how long a marker may stay hidden after it was written on another host (NFS keeps attributes for up to 60 s).
    lost_minutes
        how long nobody may know of a job before it counts as lost.
    accounting
        False where there is no `sacct`.
    resources
        what a job of each driver needs.
    """

    name: Word
    partition: Word
    account: OptionalWord = ""
    qos: OptionalWord = ""
    modules: tuple[Text, ...] = ()
    directives: tuple[Directive, ...] = ()
    environment: Mapping[Variable, Value] = field(default_factory=dict, hash=False)
    launcher: tuple[Text, ...] = ()
    scratch: Value = ""
    max_array_size: Annotated[int, Field(ge=2)] = 1001
    max_running: CountOrNone = 0
    max_submit: CountOrNone = 0
    max_minutes: CountOrNone = 0
    max_memory_mb: CountOrNone = 0
    retries: CountOrNone = 3
    chunk_days: Count = 5
    chunk_runs: Count = 8
    template: str = ""
    settle_seconds: Amount = 15.0
    poll_seconds: Annotated[float, Field(gt=0)] = 30.0
    marker_seconds: CountOrNone = 60
    lost_minutes: Amount = 10.0
    accounting: bool = True
    resources: Mapping[str, Need] = field(default_factory=dict, hash=False)
    dask: DaskSettings = DaskSettings()

    def need(self, driver: str) -> Need:
        """Return what a job of a driver needs here."""
        return self.resources.get(driver, Need())


def read_cluster(path: Path) -> Cluster:
    """Return the cluster of a TOML file; a relative `template` is looked for beside it.

    Raises `InputError` with every unknown key, bad value and missing template.
    """
    faults = Faults()
    table = _table(path, faults)
    template = str(table.get("template", ""))
    if template:
        table["template"] = str((path.parent / template).resolve())
        if not Path(table["template"]).is_file():
            faults.add(
                f"{path.name}:template", f"{table['template']} does not exist", "correct the path or leave it out"
            )
    try:
        cluster = TypeAdapter(Cluster).validate_python(table)
    except ValidationError as error:
        _note(path.name, error, faults)
        faults.raise_if_any()
        raise
    faults.raise_if_any()
    return cluster


def _table(path: Path, faults: Faults) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        faults.add(path.name, f"not valid TOML: {error}", "correct the line that is named")
        faults.raise_if_any()
        raise


def _note(file: str, error: ValidationError, faults: Faults) -> None:
    """Note every fault that pydantic found."""
    for detail in error.errors(include_url=False):
        key = ".".join(str(part) for part in detail["loc"])
        if detail["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
            faults.add(f"{file}:{key}", "unknown key", did_you_mean(key.rpartition(".")[2], _keys(detail["loc"])))
        elif detail["type"].startswith("missing"):
            faults.add(f"{file}:{key}", "is missing", "give it")
        else:
            faults.add(f"{file}:{key}", f"{detail['msg']}, got {detail['input']!r}", "correct the value")


def _keys(place: tuple[int | str, ...]) -> list[str]:
    """Return the keys that may stand where a key is unknown."""
    owner = {"dask": DaskSettings, "resources": Need}.get(str(place[0]), Cluster) if len(place) > 1 else Cluster
    return [item.name for item in fields(owner)]
