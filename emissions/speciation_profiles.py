"""Speciation profiles: the shares of model species in a pollutant, from our tables and the user's own.

A profile table is long: `profile, species, <share>, source, flag`; VOC tables have `mass_fraction`
(g per g NMVOC) and `mol_per_g` (mol per g NMVOC), PM2.5 tables `mass_fraction`, NOx tables
`mole_fraction`. A user's file has the same layout and takes the place of our profiles of the same
name. Shares are brought to exactly 1, so that mass closes; a sum that is off by more than
`SUM_TOLERANCE` is a fault.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd

from aqcore.errors import Fault, Faults, InputError, did_you_mean
from emissions.mechanisms import DEFAULT_MECHANISM, VOC_GROUPS, mechanism, species_of

SUM_TOLERANCE = 0.01
"""Largest deviation of a profile's sum from 1: EPA's own sums are off by up to 0.0069."""

OUTSIDE = {
    "IVOC": "intermediate volatility: no species of the mechanism",
    "NVOL": "not volatile: no species of the mechanism",
    "UNR": "unreactive in the mechanism",
    "UNK": "unknown composition",
}
"""VOC that a profile sends out of the mechanism: fate and reason. Its mass is booked, not emitted."""

NOX_SPECIES = ("NO", "NO2", "HONO")
"""Species of a NOx split."""


@dataclass(frozen=True)
class ProfileKind:
    """One sort of profile table: its file, the pollutant it divides, its share column, its species.

    `part` is the column that names the species (`compound` in profiles by compound).
    """

    pollutant: str
    file: str
    share: str
    species: tuple[str, ...]
    numbers: tuple[str, ...]
    part: str = "species"


def profile_kinds(mechanism_name: str = DEFAULT_MECHANISM) -> dict[str, ProfileKind]:
    """Return the three sorts of profile tables, by the pollutant that they divide, for a mechanism."""
    species = species_of(mechanism_name)
    voc = tuple(name for name, one in species.items() if one.group in VOC_GROUPS)
    fine = tuple(name for name, one in species.items() if one.group == "PM25")
    file = mechanism(mechanism_name).voc_splits
    return {
        "VOC": ProfileKind("VOC", file, "mass_fraction", (*voc, *OUTSIDE), ("mass_fraction", "mol_per_g")),
        "PM25": ProfileKind("PM25", "pm25_splits_ae7.csv", "mass_fraction", fine, ("mass_fraction",)),
        "NOx": ProfileKind("NOx", "nox_splits.csv", "mole_fraction", NOX_SPECIES, ("mole_fraction",)),
    }


KINDS = profile_kinds()
"""The sorts of profile tables of the default mechanism."""


def profiles(pollutant: str, local: Path | None = None, *, mechanism_name: str = DEFAULT_MECHANISM) -> pd.DataFrame:
    """Return the profiles of `VOC`, `PM25` or `NOx`, indexed by (profile, species).

    `local` is a user's CSV in the same layout; its profiles replace ours of the same name. Columns:
    the share (sums to 1 over the species of a profile), for VOC `mol_per_g`, and `source`, `flag`.
    Raises `InputError` with every fault of the user's file, and for an unknown mechanism.
    """
    return read_profiles(profile_kinds(mechanism_name)[pollutant], local)


def read_profiles(kind: ProfileKind, local: Path | None = None) -> pd.DataFrame:
    """Return our profiles of a kind and the user's, who go first, indexed by (profile, `kind.part`), each closed."""
    with resources.files("emissions").joinpath("data", kind.file).open(encoding="utf-8") as file:
        table = _numbers(pd.read_csv(file, dtype=str, keep_default_na=False), kind)
    if local is not None:
        own = read_local(local, kind)
        table = pd.concat([table[~table["profile"].isin(own["profile"])], own])
    return normalised(table.set_index(["profile", kind.part]), kind)


def normalised(table: pd.DataFrame, kind: ProfileKind) -> pd.DataFrame:
    """Return the profiles with all numbers divided by the sum of the share, so that it is exactly 1."""
    sums = table.groupby(level="profile")[kind.share].transform("sum")
    return table.assign(**{name: table[name] / sums for name in kind.numbers})


def _numbers(table: pd.DataFrame, kind: ProfileKind) -> pd.DataFrame:
    return table.assign(**{name: pd.to_numeric(table[name]) for name in kind.numbers})


def read_text_table(path: Path) -> pd.DataFrame:
    """Read a user's CSV (UTF-8) as text; raises `InputError` when there is none or when it is no such table."""
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError([Fault(str(path), "no such file", "give the path of the table")]) from None
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError([Fault(str(path), f"not a CSV in UTF-8: {error}", "save it as CSV UTF-8")]) from None


def read_local(path: Path, kind: ProfileKind) -> pd.DataFrame:
    """Read a user's profile table; raises `InputError` with all faults (file, row, column, remedy)."""
    table = read_text_table(path)
    faults = Faults()
    needed = ("profile", kind.part, *kind.numbers)
    for name in needed:
        if name not in table.columns:
            faults.add(f"{path}:1:{name}", "missing column", f"the columns are {', '.join(needed)}")
    faults.raise_if_any()
    for check in (_check_species, _check_numbers, _check_repeats):
        check(path, table, kind, faults)
    faults.raise_if_any()
    table = _numbers(table, kind)
    _check_sums(path, table, kind, faults)
    faults.raise_if_any()
    return table.assign(source=table.get("source", str(path)), flag=table.get("flag", "local"))


Check = Callable[[Path, pd.DataFrame, ProfileKind, Faults], None]


def _check_species(path: Path, table: pd.DataFrame, kind: ProfileKind, faults: Faults) -> None:
    for row, name in enumerate(table[kind.part], start=2):
        if name not in kind.species:
            remedy = did_you_mean(name, kind.species)
            faults.add(f"{path}:{row}:{kind.part}", f"{name!r} is no {kind.part} of a {kind.pollutant} profile", remedy)


def _check_numbers(path: Path, table: pd.DataFrame, kind: ProfileKind, faults: Faults) -> None:
    for column in kind.numbers:
        values = pd.to_numeric(table[column], errors="coerce").to_numpy(float)
        for at in np.flatnonzero(~(np.isfinite(values) & (values >= 0.0))):
            what = f"{table[column].iloc[at]!r} is no share"
            faults.add(f"{path}:{at + 2}:{column}", what, "give a number that is 0 or more")


def _check_repeats(path: Path, table: pd.DataFrame, kind: ProfileKind, faults: Faults) -> None:
    for at in np.flatnonzero(table.duplicated(["profile", kind.part])):
        profile, part = table["profile"].iloc[at], table[kind.part].iloc[at]
        what = f"{part} stands twice in {kind.pollutant} profile {profile!r}"
        faults.add(f"{path}:{at + 2}:{kind.part}", what, "add the two shares in one row")


def _check_sums(path: Path, table: pd.DataFrame, kind: ProfileKind, faults: Faults) -> None:
    for profile, total in table.groupby("profile")[kind.share].sum().items():
        if abs(total - 1.0) > SUM_TOLERANCE:
            rest = [name for name in OUTSIDE if name in kind.species]
            remedy = "complete the profile" + "; what the mechanism cannot hold goes to " * bool(rest) + ", ".join(rest)
            faults.add(f"{path}:{profile}:{kind.share}", f"the shares sum to {total:.4f}, not 1", remedy)
