"""What a `[[set]]` of `scenarios.toml` may hold, and the scenarios it stands for."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from aqcore.errors import Faults, InputError, did_you_mean
from scenarios.sampled import Axis, Method, sample
from scenarios.scenario import BASE, Scenario, base
from scenarios.scenario_entry import Factor, Name, Names
from scenarios.sets import NOTHING_LEFT, change, joint
from scenarios.vocabulary import Vocabulary, check_names

#: Stands for every sector, district or park of the city.
EVERY = "*"


class _PartsEntry(BaseModel):
    """What is changed one after another."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    of: str = BASE
    pollutants: Annotated[Names, Field(min_length=1)]
    sectors: Names = ()
    districts: Names = ()
    parks: Names = ()


class ZeroEntry(_PartsEntry):
    """Each part at zero."""

    kind: Literal["zero_out"]
    change_pct: tuple[int, ...] = (NOTHING_LEFT,)


class ChangeEntry(_PartsEntry):
    """Each part changed by each percentage."""

    kind: Literal["change"]
    change_pct: tuple[int, ...]


class JointEntry(BaseModel):
    """City and neighbours apart."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["joint"]
    of: str


class AxisEntry(BaseModel):
    """One axis of a sampled design."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    pollutants: Annotated[Names, Field(min_length=1)]
    sectors: Names = ()
    districts: Names = ()
    low: Factor = 0.0
    high: Factor = 1.0


class SampleEntry(BaseModel):
    """A design for a response surface."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["sample"]
    of: str = BASE
    prefix: Name = "sample"
    method: Method = "latin_hypercube"
    size: Annotated[int, Field(ge=1)]
    seed: int
    margins: bool = True
    axes: Annotated[tuple[AxisEntry, ...], Field(min_length=1)]


SetEntry = Annotated[ZeroEntry | ChangeEntry | JointEntry | SampleEntry, Field(discriminator="kind")]
SET_ENTRY: TypeAdapter[ZeroEntry | ChangeEntry | JointEntry | SampleEntry] = TypeAdapter(SetEntry)


def set_scenarios(
    where: str,
    entry: ZeroEntry | ChangeEntry | JointEntry | SampleEntry,
    named: Mapping[str, Scenario],
    vocabulary: Vocabulary,
    faults: Faults,
) -> list[Scenario]:
    """Return the scenarios of one set; unknown names and what cannot be made are noted."""
    start = named.get(entry.of) or (base() if entry.of == BASE else None)
    known = len(faults)
    if start is None:
        faults.add(f"{where}:of", f"{entry.of!r} is no scenario", did_you_mean(entry.of, [BASE, *named]))
    if isinstance(entry, ZeroEntry | ChangeEntry):
        entry = _with_every(where, entry, vocabulary, faults)
    if isinstance(entry, SampleEntry):
        _check_axes(where, entry, vocabulary, faults)
    if start is None or len(faults) > known:
        return []
    try:
        return _made(entry, start)
    except InputError as error:
        for fault in error.faults:
            faults.add(f"{where}: {fault.where}", fault.what, fault.remedy)
        return []


def _made(entry: ZeroEntry | ChangeEntry | JointEntry | SampleEntry, start: Scenario) -> list[Scenario]:
    """Return the scenarios of a set whose names are all known."""
    if isinstance(entry, JointEntry):
        return joint(start)
    if isinstance(entry, SampleEntry):
        axes = [Axis(own.name, own.pollutants, own.sectors, own.districts, own.low, own.high) for own in entry.axes]
        design = sample(axes, entry.size, method=entry.method, seed=entry.seed, margins=entry.margins)
        return design.scenarios(prefix=entry.prefix, of=start)
    return change(entry.pollutants, entry.change_pct, sectors=entry.sectors, districts=entry.districts,
                  parks=entry.parks, of=start)  # fmt: skip


def _with_every(
    where: str, entry: ZeroEntry | ChangeEntry, vocabulary: Vocabulary, faults: Faults
) -> ZeroEntry | ChangeEntry:
    """Return a set with `*` replaced by every name of the city."""
    check_names(faults, f"{where}:pollutants", entry.pollutants, vocabulary.pollutants)
    lists: dict[str, tuple[str, ...]] = {}
    for part in ("sectors", "districts", "parks"):
        names = getattr(entry, part)
        lists[part] = vocabulary.every(part, entry.pollutants) if names == (EVERY,) else names
        if names == (EVERY,) and not lists[part]:
            what = f"the city has no {part} that emit {', '.join(entry.pollutants)}"
            faults.add(f"{where}:{part}", what, "leave the line out")
        elif part in vocabulary.names:
            check_names(faults, f"{where}:{part}", lists[part], vocabulary.names[part])
    return entry.model_copy(update=lists)


def _check_axes(where: str, entry: SampleEntry, vocabulary: Vocabulary, faults: Faults) -> None:
    """Note unknown names of the axes of a design."""
    for axis in entry.axes:
        for part in ("sectors", "districts"):
            if part in vocabulary.names:
                check_names(faults, f"{where}:{axis.name}:{part}", getattr(axis, part), vocabulary.names[part])
        check_names(faults, f"{where}:{axis.name}:pollutants", axis.pollutants, vocabulary.pollutants)
