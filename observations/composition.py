"""What fine particles are made of, as measured: mass fractions by season and species."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from aqcore.errors import Fault, Faults, InputError, did_you_mean, gathering
from observations.tables import choices, numbers, place, read_table

SPECIES = ("SO4", "NO3", "NH4", "OM", "EC", "other")
"""Sulfate, nitrate, ammonium, organic matter, elemental carbon, and all else (dust, salt, metals, water)."""

FLAGS = ("read", "derived", "knowledge", "constructed")

SUM_TOLERANCE = 0.01
"""How far the fractions of a season may be from 1: two decimals in a published table."""


@dataclass(frozen=True)
class Composition:
    """Mass fractions of PM2.5, which sum to 1 in each season.

    Attributes
    ----------
    fractions
        season -> species (`SPECIES`) -> mass fraction.
    table
        the rows as read: season, species, fraction, source, flag.
    """

    fractions: Mapping[str, Mapping[str, float]]
    table: pd.DataFrame

    def of_season(self, season: str) -> Mapping[str, float]:
        """Return the fractions of a season; InputError when the table does not have it."""
        if season not in self.fractions:
            remedy = f"add its rows; {did_you_mean(season, self.fractions)}"
            raise InputError([Fault("composition", f"no season {season!r}", remedy)])
        return self.fractions[season]


def read_composition(path: Path) -> Composition:
    """Return the composition of a table: season, species, fraction, source, flag; six rows a season.

    Fractions are of the mass of PM2.5 and sum to 1 within 0.01; the rest is spread over all species in proportion.

    Raises
    ------
    InputError
        listing every unknown species or flag, fraction outside 0..1, repeated or missing species, and each season
        whose fractions do not sum to 1 or whose ammonium has nothing to neutralise.
    """
    frame = read_table(path, ["season", "species", "fraction", "source", "flag"])
    with gathering() as faults:
        choices(path, frame, "species", faults, SPECIES)
        choices(path, frame, "flag", faults, FLAGS)
        frame["fraction"] = numbers(path, frame, "fraction", faults, low=0, high=1)
    with gathering() as faults:
        for season, rows in frame.groupby("season", sort=False):
            _check_season(path, str(season), rows, faults)
    return Composition({str(season): _fractions(rows) for season, rows in frame.groupby("season", sort=False)}, frame)


def _fractions(rows: pd.DataFrame) -> dict[str, float]:
    values = dict(zip(rows["species"].astype(str), rows["fraction"].astype(float), strict=True))
    total = sum(values.values())
    return {species: values[species] / total for species in SPECIES}


def _check_season(path: Path, season: str, rows: pd.DataFrame, faults: Faults) -> None:
    where = place(path, rows, 0, "season")
    named = rows["species"].tolist()
    for species in SPECIES:
        if named.count(species) != 1:
            faults.add(where, f"season {season!r} has {named.count(species)} rows of {species}", "give one (0 if none)")
    total = float(rows["fraction"].sum())
    if abs(total - 1.0) > SUM_TOLERANCE:
        faults.add(where, f"the fractions of season {season!r} sum to {total:.3f}", "give parts of the mass of PM2.5")
    acids = float(rows.loc[rows["species"].isin(["SO4", "NO3"]), "fraction"].sum())
    if float(rows.loc[rows["species"] == "NH4", "fraction"].sum()) > 0 and acids == 0:
        faults.add(where, f"season {season!r} has ammonium without sulfate and nitrate", "correct the fractions")
