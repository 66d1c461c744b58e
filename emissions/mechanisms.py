"""Gas-phase mechanisms that a speciation can aim at: their VOC species, and the tables that split VOC among them.

Inorganic gases and aerosols are the same everywhere (AERO7 species); the VOC species of CB6 stand in `aqcore.species`,
those of the other mechanisms in `data/voc_species.csv`, named as CMAQ's emission control reads them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from aqcore.errors import Fault, InputError, did_you_mean
from aqcore.species import Species, emission_species
from emissions.shipped_tables import shipped_table

DEFAULT_MECHANISM = "cb6r5_ae7"

GAS_UNIT = "mol s-1"

VOC_GROUPS = ("voc", "tracer")
"""Groups of species that VOC is split among; a tracer is emitted on top of the mass."""


@dataclass(frozen=True)
class Mechanism:
    """A mechanism: `voc_splits` is its table of VOC profiles, `compound_map` its name in the map of compounds."""

    name: str
    title: str
    voc_splits: str
    compound_map: str


def _table(name: str) -> list[dict[str, str]]:
    rows = shipped_table(name).to_dict("records")
    return [{str(key): str(value) for key, value in row.items()} for row in rows]


@cache
def mechanisms() -> dict[str, Mechanism]:
    """Return the mechanisms by name, from `data/mechanisms.csv`."""
    rows = _table("mechanisms.csv")
    names = ("mechanism", "title", "voc_splits", "compound_map")
    return {row["mechanism"]: Mechanism(*(row[name] for name in names)) for row in rows}


def mechanism(name: str) -> Mechanism:
    """Return a mechanism; raises `InputError` for an unknown one."""
    if name not in mechanisms():
        remedy = did_you_mean(name, mechanisms())
        raise InputError([Fault("mechanism", f"no VOC profiles for mechanism {name!r}", remedy)])
    return mechanisms()[name]


@cache
def species_of(name: str = DEFAULT_MECHANISM) -> dict[str, Species]:
    """Return the emission species of a mechanism by name, gases first; raises `InputError` for an unknown one."""
    mechanism(name)
    own = [row for row in _table("voc_species.csv") if row["mechanism"] == name]
    if not own:
        return emission_species()
    common = emission_species().items()
    inorganic = {key: one for key, one in common if one.kind == "gas" and one.group not in VOC_GROUPS}
    aerosols = {key: one for key, one in common if one.kind == "aerosol"}
    return {**inorganic, **{row["species"]: _gas(row) for row in own}, **aerosols}


def _gas(row: dict[str, str]) -> Species:
    mass, carbon = float(row["molar_mass_g_mol"]), float(row["carbon_number"])
    text = row["description"]
    return Species(row["species"], "gas", row["group"], GAS_UNIT, mass, carbon, text, row["source"], row["flag"])


@cache
def species_kinds() -> dict[str, str]:
    """Return `gas` or `aerosol` for the species of all mechanisms."""
    return {key: one.kind for name in mechanisms() for key, one in species_of(name).items()}


def rate_units(species: Sequence[str]) -> tuple[str, ...]:
    """Return the unit of the rate of each species: mol/s of gases, g/s of aerosols."""
    kinds = species_kinds()
    return tuple("mol/s" if kinds[name] == "gas" else "g/s" for name in species)
