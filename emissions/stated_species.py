"""VOC that an inventory states as species of a mechanism (10^6 mol), and what they are in ours: an explicit table.

MEIC ships its VOC also as species of CB05. CMAQ's CB6 reads no `XYL`, and CB6 has species that CB05 lumps; a name
without a rule is silently not emitted by CMAQ. So every species needs a row here, also those that become nothing.
"""

from dataclasses import dataclass
from functools import cache
from importlib import resources

import pandas as pd

from aqcore.errors import Fault, InputError

MOL_PER_MEGAMOLE = 1.0e6

NO_MODEL_SPECIES = "NO_MODEL_SPECIES"
"""Fate of a stated species that becomes nothing (unreactive, not volatile, methane)."""


@dataclass(frozen=True)
class StatedSpecies:
    """One species of another mechanism: the `species` of ours (None: none) and mol of it per mol."""

    name: str
    species: str | None
    moles: float
    why: str


@cache
def _table() -> pd.DataFrame:
    with resources.files("emissions").joinpath("data", "stated_species.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=str, keep_default_na=False)


@cache
def stated_mechanisms() -> tuple[str, ...]:
    """Return the mechanisms in which an inventory may state its VOC."""
    return tuple(dict.fromkeys(_table()["from_mechanism"]))


@cache
def stated_names() -> tuple[str, ...]:
    """Return the pollutants that are stated species, such as `CB05_PAR`."""
    rows = _table()[["from_mechanism", "from_species"]].itertuples(index=False)
    return tuple(dict.fromkeys(f"{mechanism}_{species}" for mechanism, species in rows))


def stated_species(mechanism: str) -> dict[str, StatedSpecies]:
    """Return what each stated species is in a mechanism of the model (`cb6r5_ae7`), by pollutant.

    Raises `InputError` for a mechanism to which the table has no map.
    """
    table = _table()
    rows = table[[mechanism.upper().startswith(family) for family in table["mechanism"]]]
    if rows.empty:
        what = f"no map from {', '.join(stated_mechanisms())} to {mechanism}"
        remedy = "take the mass of VOC (voc = mass), which has profiles for this mechanism"
        raise InputError([Fault("stated_species.csv", what, remedy)])
    found = {}
    for row in rows.to_dict("records"):
        name = f"{row['from_mechanism']}_{row['from_species']}"
        found[name] = StatedSpecies(name, row["species"] or None, float(row["moles"]), row["why"])
    return found
