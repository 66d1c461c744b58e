"""The cluster file: what a site wants to see in every job script."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from aqcore.errors import Faults, did_you_mean

#: What may stand in an `#SBATCH` line: nothing that ends the value or begins a comment.
Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.,:@/+-]*$")]
Directive = Annotated[str, Field(pattern=r"^--[a-z][a-z0-9-]*(=[A-Za-z0-9_.,:@/%+*&|()\[\]-]+)?$")]
Module = Annotated[str, Field(pattern=r"^[^\x00-\x1f]+$")]
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Value = Annotated[str, Field(pattern=r"^[^\x00-\x1f]*$")]


@dataclass(frozen=True)
class Cluster:
    """One Slurm cluster as its users see it.

    `max_array_size` is Slurm's MaxArraySize (`scontrol show config`): a larger batch becomes several arrays.
    `max_running` limits the tasks of one array that run at once (0: no limit). `template` is the path of a template of
    the site's own, empty for the shipped one. `settle_seconds` is how long a submission whose answer was lost may take
    to appear in the queue: Slurm's MessageTimeout with a margin. `accounting` is False where there is no `sacct`.
    """

    name: str
    partition: str
    account: str = ""
    qos: str = ""
    modules: tuple[str, ...] = ()
    directives: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict, hash=False)
    max_array_size: int = 1001
    max_running: int = 0
    template: str = ""
    settle_seconds: float = 15.0
    poll_seconds: float = 30.0
    accounting: bool = True


class ClusterFile(BaseModel):
    """The keys of a cluster file; the meaning is that of `Cluster`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Word
    partition: Word
    account: Word | None = None
    qos: Word | None = None
    modules: tuple[Module, ...] = ()
    directives: tuple[Directive, ...] = ()
    environment: dict[Variable, Value] = {}
    max_array_size: Annotated[int, Field(ge=2)] = 1001
    max_running: Annotated[int, Field(ge=0)] = 0
    template: str = ""
    settle_seconds: Annotated[float, Field(ge=0)] = 15.0
    poll_seconds: Annotated[float, Field(gt=0)] = 30.0
    accounting: bool = True


def read_cluster(path: Path) -> Cluster:
    """Return the cluster of a TOML file; a relative `template` is looked for beside it.

    Raises `InputError` with every unknown key, bad value and missing template.
    """
    faults = Faults()
    try:
        keys = ClusterFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        faults.add(path.name, f"not valid TOML: {error}", "correct the line that is named")
        faults.raise_if_any()
        raise
    except ValidationError as error:
        _note(path.name, error, faults)
        faults.raise_if_any()
        raise
    template = str((path.parent / keys.template).resolve()) if keys.template else ""
    if template and not Path(template).is_file():
        faults.add(f"{path.name}:template", f"{template} does not exist", "correct the path or leave it out")
    faults.raise_if_any()
    own = {"account": keys.account or "", "qos": keys.qos or "", "template": template}
    return Cluster(**{**keys.model_dump(), **own})


def _note(file: str, error: ValidationError, faults: Faults) -> None:
    """Note every fault that pydantic found."""
    for detail in error.errors(include_url=False):
        key = ".".join(str(part) for part in detail["loc"])
        remedy = "give it" if detail["type"] == "missing" else "correct the value"
        if detail["type"] == "extra_forbidden":
            remedy = did_you_mean(key, ClusterFile.model_fields)
        faults.add(f"{file}:{key}", f"{detail['msg']}, got {detail['input']!r}", remedy)
