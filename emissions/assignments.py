"""Which profile each source was given, and why; and what was given but matched nothing."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from emissions.inventory import Inventory
from emissions.source_classes import source_classes
from emissions.speciation import Speciation, build_speciation
from emissions.speciation_profiles import read_text_table
from emissions.streams import EmissionStreams
from emissions.surrogates import AREA, Surrogates
from emissions.voc_emissions import VocEmissions, voc_compounds

SHORT = {"VOC": "voc", "PM25": "pm25", "NOx": "nox"}
"""Begin of the names of the columns of each pollutant that profiles divide."""

UNMATCHED = ("item", "name", "what", "remedy")


@dataclass(frozen=True)
class OwnTables:
    """The tables of a user that go before ours.

    Profiles of species by pollutant, `assignment` of profiles to classes, `composition` by compound, and temporal and
    vertical profiles (these two only for what of them matched nothing).
    """

    voc: Path | None = None
    pm25: Path | None = None
    nox: Path | None = None
    assignment: Path | None = None
    composition: Path | None = None
    temporal: Path | None = None
    vertical: Path | None = None

    def speciation(self, mechanism: str) -> Speciation:
        """Return the speciation with these tables; raises `InputError` with all their faults."""
        return build_speciation(mechanism, voc=self.voc, pm25=self.pm25, nox=self.nox, assignment=self.assignment)

    def voc_emissions(self, inventory: Inventory, speciation: Speciation) -> VocEmissions:
        """Return the VOC by compound with these tables."""
        return voc_compounds(inventory, speciation=speciation, composition=self.composition)


def source_profiles(streams: EmissionStreams, speciation: Speciation) -> pd.DataFrame:
    """Return one row a source with each profile that it has and why, for the pollutants that it emits.

    Columns: source_id, kind, name, sector, district, source_class, temporal_profile, vertical_profile, inside, then
    `voc_profile`, `voc_why`, `pm25_...`, `nox_...` (empty where the source emits none), file, row.
    """
    inventory = streams.inventory
    table = streams.source_report().join(inventory.sources[["name", "file", "row"]]).reset_index()
    for pollutant, short in SHORT.items():
        emits = np.zeros(len(table), dtype=bool)
        if pollutant in inventory.pollutants:
            emits = inventory.mass.sel(pollutant=pollutant).to_numpy() > 0.0
        chosen = speciation.profiles.xs(pollutant, level="pollutant").loc[table["source_class"]]
        table[f"{short}_profile"] = np.where(emits, chosen["profile"], "")
        table[f"{short}_why"] = np.where(emits, chosen["why"], "")
    first = ["source_id", "kind", "name", "sector", "district", "source_class"]
    table = table.rename(columns={table.columns[0]: "source_id"})
    return table[[*first, *(name for name in table.columns if name not in first)]]


def unmatched(
    streams: EmissionStreams,
    speciation: Speciation,
    *,
    own: OwnTables | None = None,
    surrogates: Surrogates | None = None,
) -> pd.DataFrame:
    """Return what was given but reached no source, one row each: columns `UNMATCHED`.

    `own` are the user's tables, `surrogates` the given ones.
    """
    rows: list[tuple[str, str, str, str]] = []
    if own is not None:
        rows += _unused_assignments(streams.inventory, own.assignment)
        rows += _unused_profiles(streams.inventory, speciation, own)
        for path, used in ((own.temporal, streams.profiles.ids), (own.vertical, streams.assignment.vertical_ids)):
            if path is not None:
                rows += _unused(path, used, "no source has this profile")
    used_surrogates = set(streams.placement.report["used"])
    rows += [
        ("surrogate", name, "no area source needs it", "check the surrogates of the source classes")
        for name in surrogates or {}
        if name not in used_surrogates
    ]
    return pd.DataFrame(rows, columns=list(UNMATCHED))


def _unused(path: Path, used: Collection[str], what: str) -> list[tuple[str, str, str, str]]:
    names = dict.fromkeys(map(str, read_text_table(path)["profile"]))
    return [(path.name, name, what, "assign it to a source class, or delete it") for name in names if name not in used]


def _unused_assignments(inventory: Inventory, path: Path | None) -> Iterable[tuple[str, str, str, str]]:
    if path is None:
        return []
    table = read_text_table(path)
    present = set(inventory.sources["source_class"])
    return [
        (f"{path.name}:{row}", f"{name} {pollutant}", "no source has this class", "delete the row, or check the class")
        for row, (name, pollutant) in enumerate(table[["source_class", "pollutant"]].to_numpy(), start=2)
        if name not in present
    ]


def _unused_profiles(
    inventory: Inventory, speciation: Speciation, own: OwnTables
) -> Iterable[tuple[str, str, str, str]]:
    present = [name for name in source_classes() if name in set(inventory.sources["source_class"])]
    files: Sequence[tuple[str, Path | None]] = (
        ("VOC", own.voc), ("PM25", own.pm25), ("NOx", own.nox), ("VOC", own.composition),
    )  # fmt: skip
    rows = []
    for pollutant, path in files:
        if path is not None:
            used = set(speciation.profiles["profile"].xs(pollutant, level="pollutant").loc[present])
            rows += _unused(path, used, f"no source has this {pollutant} profile")
    return rows


def even_spreads(placing: pd.DataFrame) -> pd.DataFrame:
    """Return where a surrogate was asked for but the sources were spread evenly, and why (columns of the placing)."""
    fell_back = (placing["surrogate"] != AREA) & (placing["used"] == AREA)
    return placing[fell_back].reset_index(drop=True)
