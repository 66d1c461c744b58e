"""The index of the written files: which streams exist, of what origin and form, on which dates, in which file.

Who reads the emission folder (a model driver, a script) goes by this table, not by guessing names.
"""

from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Literal, get_args

import pandas as pd

from aqcore.errors import Fault, Faults, InputError, did_you_mean
from emissions.inline_points import emissions_path, groups_path

INDEX = "streams.csv"
"""Name of the index in the folder of the emissions."""

Origin = Literal["city", "region", "natural"]
"""Whose emission it is: the city's inventory, the gridded inventory around it, plants and soils."""

Form = Literal["gridded", "stacks"]
"""`gridded` (moles/s and g/s a cell), or `stacks` for the model's own plume rise (STK_EMIS with its STK_GRPS)."""


@dataclass(frozen=True)
class StreamFile:
    """One written file: `stream` (its folder), origin, form, UTC date, `file` and `groups` relative to the folder.

    `groups` is the file of the stacks (STK_GRPS), empty for gridded files.
    """

    stream: str
    origin: Origin
    form: Form
    date: date
    file: str
    groups: str = ""


COLUMNS = tuple(one.name for one in fields(StreamFile))


def listed(folder: Path, paths: Iterable[Path], origin: Origin, day: date) -> Iterator[StreamFile]:
    """Yield the entries of the files that `write` returned for one UTC day, all below `folder`."""
    for path in paths:
        stream = path.parent.name
        groups = groups_path(folder, stream)
        if path == groups:
            continue
        stacks = path == emissions_path(folder, stream, day.isoformat())
        yield StreamFile(
            stream, origin, "stacks" if stacks else "gridded", day, path.relative_to(folder).as_posix(),
            groups.relative_to(folder).as_posix() if stacks else "",
        )  # fmt: skip


def write_index(folder: Path, entries: Iterable[StreamFile]) -> Path:
    """Write `<folder>/streams.csv` and return its path."""
    path = folder / INDEX
    pd.DataFrame([astuple(one) for one in entries], columns=list(COLUMNS)).to_csv(path, index=False)
    return path


def read_index(folder: Path) -> tuple[StreamFile, ...]:
    """Read `<folder>/streams.csv`.

    Raises `InputError` with all faults: no index, columns, words and dates that it does not know, files that are gone.
    """
    path = folder / INDEX
    if not path.is_file():
        raise InputError([Fault(str(path), "no index of the emission files", "run: yice emissions CITY")])
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    faults = Faults()
    for name in COLUMNS:
        if name not in table.columns:
            faults.add(f"{path}:1:{name}", "missing column", f"columns: {', '.join(COLUMNS)}")
    faults.raise_if_any()
    found = [_entry(row, f"{path}:{line}", faults) for line, row in enumerate(table.to_dict("records"), start=2)]
    for one in found:
        for name in filter(None, (one.file, one.groups)):
            if not (folder / name).is_file():
                faults.add(str(folder / name), "the index names it, but there is no such file", "run: yice emissions")
    faults.raise_if_any()
    return tuple(found)


def _entry(row: dict[object, str], where: str, faults: Faults) -> StreamFile:
    for name, allowed in (("origin", get_args(Origin)), ("form", get_args(Form))):
        if row[name] not in allowed:
            faults.add(f"{where}:{name}", f"unknown {name} {row[name]!r}", did_you_mean(row[name], allowed))
    try:
        day = date.fromisoformat(row["date"])
    except ValueError:
        faults.add(f"{where}:date", f"{row['date']!r} is no date", "write it as 2013-07-10")
        day = date.min
    return StreamFile(row["stream"], row["origin"], row["form"], day, row["file"], row["groups"])  # type: ignore[arg-type]
