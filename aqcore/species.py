"""Pollutants of an inventory and emission species of CB6r5/AERO7, as tables."""

from dataclasses import dataclass
from functools import cache
from importlib import resources

import pandas as pd


@dataclass(frozen=True)
class Pollutant:
    """A column of an inventory; mass in t/a.

    `molar_mass_g_mol` is that of `mass_basis` (NOx is counted as NO2), None for a mixture;
    `part_of` names the pollutant whose mass already holds this one (BC in PM25, PM25 in PM10).
    """

    name: str
    name_zh: str
    name_en: str
    kind: str
    unit: str
    molar_mass_g_mol: float | None
    mass_basis: str
    part_of: str
    source: str
    flag: str


@dataclass(frozen=True)
class Species:
    """An emission species as CMAQ's DESID knows it: a gas in mol s-1 or an aerosol in g s-1.

    `molar_mass_g_mol` of a lumped VOC is the median over EPA's profiles and only for orientation:
    speciation uses the divisor of each profile.
    """

    name: str
    kind: str
    group: str
    unit: str
    molar_mass_g_mol: float | None
    carbon_number: float | None
    description: str
    source: str
    flag: str


def _table(name: str) -> pd.DataFrame:
    with resources.files("aqcore").joinpath("data", name).open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=str, keep_default_na=False)


def _number(text: str) -> float | None:
    return float(text) if text else None


@cache
def pollutants() -> dict[str, Pollutant]:
    """Return the pollutants by name, in the order in which tables show them."""
    return {
        row["pollutant"]: Pollutant(
            row["pollutant"],
            row["name_zh"],
            row["name_en"],
            row["kind"],
            row["unit"],
            _number(row["molar_mass_g_mol"]),
            row["mass_basis"],
            row["part_of"],
            row["source"],
            row["flag"],
        )
        for row in _table("pollutants.csv").to_dict("records")
    }


@cache
def emission_species() -> dict[str, Species]:
    """Return the CB6r5/AERO7 emission species by name, gases first."""
    return {
        row["species"]: Species(
            row["species"],
            row["kind"],
            row["group"],
            row["unit"],
            _number(row["molar_mass_g_mol"]),
            _number(row["carbon_number"]),
            row["description"],
            row["source"],
            row["flag"],
        )
        for row in _table("emission_species.csv").to_dict("records")
    }


def gases() -> tuple[str, ...]:
    """Return the names of the gaseous emission species (mol s-1)."""
    return tuple(name for name, species in emission_species().items() if species.kind == "gas")


def aerosols() -> tuple[str, ...]:
    """Return the names of the aerosol emission species (g s-1)."""
    return tuple(name for name, species in emission_species().items() if species.kind == "aerosol")
