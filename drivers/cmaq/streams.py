"""Emission streams of CCTM: one a sector for its gridded file, and one for its stacks where they are inline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from aqcore.errors import Fault
from emissions.inline_points import emissions_path, groups_path
from emissions.streams import EmissionStreams
from emissions.writing import file_path

POINT_PREFIX = "PT_"
"""Begins the label of a stream of stacks; DESID knows none of these labels from its default rules."""


@dataclass(frozen=True)
class Stream:
    """One emission stream: its label in the rules, its sector, the rows of its sources, and whether it is of stacks."""

    label: str
    sector: str
    rows: npt.NDArray[np.int64]
    inline: bool

    def file(self, folder: Path, day: date) -> Path:
        """Return the file of a day under an emission folder."""
        text = f"{day:%Y-%m-%d}"
        return emissions_path(folder, self.sector, text) if self.inline else file_path(folder, self.sector, text)

    def groups(self, folder: Path) -> Path | None:
        """Return the file of the stacks, None for a gridded stream."""
        return groups_path(folder, self.sector) if self.inline else None


@dataclass(frozen=True)
class StreamFile:
    """A stream in one run: the files that CCTM reads, and whether they are the scenario's own."""

    label: str
    path: Path
    groups: Path | None = None
    rewritten: bool = False


@dataclass(frozen=True)
class Labels:
    """Names in control files: stream labels by sector, region labels by district, and all districts of the city."""

    streams: Mapping[str, Sequence[str]]
    regions: Mapping[str, str]
    districts: Sequence[str]


def streams_of(emissions: EmissionStreams, *, inline_points: bool) -> tuple[Stream, ...]:
    """Return the streams of a city: gridded ones, and with `inline_points` one of stacks where a sector has some."""
    sector = emissions.inventory.sources["sector"].to_numpy()
    found = []
    for name in emissions.sectors:
        rows = np.flatnonzero(sector == name)
        stacks = emissions.inline_rows(name) if inline_points else np.empty(0, dtype=np.int64)
        found.append(Stream(name, name, rows[~np.isin(rows, stacks)], inline=False))
        if len(stacks):
            found.append(Stream(POINT_PREFIX + name, name, stacks, inline=True))
    return tuple(found)


def labels_by_sector(streams: Sequence[Stream]) -> dict[str, list[str]]:
    """Return the labels of each sector."""
    found: dict[str, list[str]] = {}
    for stream in streams:
        found.setdefault(stream.sector, []).append(stream.label)
    return found


def stack_faults(emissions: EmissionStreams, folder: Path, *, inline_points: bool) -> list[Fault]:
    """Return a fault for each sector whose files were written with its stacks elsewhere than the runs look for them."""
    faults = []
    for sector in emissions.sectors:
        written = groups_path(folder, sector).exists()
        expected = inline_points and len(emissions.inline_rows(sector)) > 0
        where = str(groups_path(folder, sector))
        if written and not expected:
            remedy = "set cmaq.inline_points = true, or write the emissions without inline points"
            faults.append(Fault(where, "the stacks stand beside the gridded file", remedy))
        if expected and not written and (folder / sector).is_dir():
            remedy = "write the emissions with inline points, or set cmaq.inline_points = false"
            faults.append(Fault(where, "there is no file of stacks", remedy))
    return faults
