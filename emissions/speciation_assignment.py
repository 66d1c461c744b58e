"""Which speciation profile each source class gets for each pollutant, and why."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from aqcore.errors import Fault, Faults, InputError, did_you_mean
from emissions.source_classes import source_class_table, source_classes
from emissions.speciation_profiles import read_text_table

PROFILE_COLUMN = {"VOC": "voc_profile", "PM25": "pm25_profile", "NOx": "nox_split"}
"""Column of the table of source classes that names the profile of a pollutant."""
COLUMNS = ("source_class", "pollutant", "profile")
"""Columns of a user's own table of assignments."""

ProfileTables = Mapping[str, pd.DataFrame]
"""Profiles by pollutant, each indexed by (profile, species)."""


def assigned_profiles(tables: ProfileTables, path: Path | None) -> pd.DataFrame:
    """Return `profile`, `why`, `source`, `flag` of each (source_class, pollutant).

    `path` is a user's CSV `source_class, pollutant, profile` that goes before our table of source classes. Raises
    `InputError` with all its faults.
    """
    classes = source_class_table()
    parts = [
        pd.DataFrame(
            {
                "source_class": classes["source_class"],
                "pollutant": pollutant,
                "profile": classes[column],
                "why": np.where(classes[column] == "", "the class emits none", "table of source classes"),
            }
        )
        for pollutant, column in PROFILE_COLUMN.items()
    ]
    table = pd.concat(parts).set_index(["source_class", "pollutant"])
    if path is not None:
        own = _read_assignment(path, tables).set_index(["source_class", "pollutant"])
        table.loc[own.index, "profile"] = own["profile"]
        table.loc[own.index, "why"] = str(path)
    return table.join(_origins(tables), on=["pollutant", "profile"]).fillna({"source": "", "flag": ""})


def _origins(tables: ProfileTables) -> pd.DataFrame:
    firsts = {name: table.groupby(level="profile")[["source", "flag"]].first() for name, table in tables.items()}
    return pd.concat(firsts, names=["pollutant", "profile"])


def _read_assignment(path: Path, tables: ProfileTables) -> pd.DataFrame:
    table = read_text_table(path)
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing:
        remedy = f"the columns are {', '.join(COLUMNS)}"
        raise InputError([Fault(f"{path}:1:{name}", "missing column", remedy) for name in missing])
    faults = Faults()
    for row, (source_class, pollutant, profile) in enumerate(table[list(COLUMNS)].to_numpy(), start=2):
        _check_row(f"{path}:{row}", source_class, pollutant, profile, tables, faults)
    for at in np.flatnonzero(table.duplicated(["source_class", "pollutant"])):
        what = "this class has got a profile for this pollutant already"
        faults.add(f"{path}:{at + 2}:profile", what, "keep one of the two rows")
    faults.raise_if_any()
    return table


def _check_row(
    place: str, source_class: str, pollutant: str, profile: str, tables: ProfileTables, faults: Faults
) -> None:
    if source_class not in source_classes():
        remedy = did_you_mean(source_class, source_classes())
        faults.add(f"{place}:source_class", f"unknown source class {source_class!r}", remedy)
    if pollutant not in tables:
        faults.add(f"{place}:pollutant", f"{pollutant!r} has no profiles", did_you_mean(pollutant, tables))
        return
    known = list(dict.fromkeys(tables[pollutant].index.get_level_values("profile")))
    if profile not in known:
        faults.add(f"{place}:profile", f"unknown profile {profile!r}", did_you_mean(profile, known))
