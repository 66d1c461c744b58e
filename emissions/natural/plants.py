"""Which plants cover the ground, and what they emit at standard conditions.

Land use categories of WRF become plant types of MEGAN by a table of shares (`land_use_plants.csv`, a choice), with
tropical, temperate and boreal variants by latitude. Emission factors of plant types are those of Guenther et al. (2012,
Tables 2 and 3) as two public codes hold them (`megan_factors.csv`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from aqcore.errors import Fault, Faults, InputError, did_you_mean
from emissions.mechanisms import DEFAULT_MECHANISM, mechanism
from emissions.shipped_tables import numbers, shipped_table

Array = npt.NDArray[np.float64]

TROPIC_LATITUDE = 23.5
BOREAL_LATITUDE = 50.0
"""Latitudes (degrees) that part the variants of plant types; a climate classification would be finer."""

ZONES = ("tropical", "temperate", "boreal")
ANYWHERE = "all"

WHOLE = 1e-3
"""How far the shares of the land use of a cell may be from 1 (WRF rounds them)."""


@dataclass(frozen=True)
class LandUse:
    """Shares of land use categories in cells: `shares` (category, y, x) sum to 1; `classification` as MCIP names it."""

    classification: str
    categories: tuple[str, ...]
    shares: Array
    latitude: Array

    def __post_init__(self) -> None:
        known = land_use_categories()
        if self.classification not in known:
            remedy = did_you_mean(self.classification, known)
            raise InputError([Fault("land use", f"unknown classification {self.classification!r}", remedy)])
        faults = Faults()
        for name in self.categories:
            if name not in known[self.classification]:
                remedy = did_you_mean(name, known[self.classification])
                faults.add(f"land use {self.classification}", f"unknown category {name!r}", remedy)
        total = self.shares.sum(axis=0)
        for row, column in np.argwhere(~(np.abs(total - 1.0) <= WHOLE))[:5]:
            what = f"the shares of cell row {row}, column {column} sum to {total[row, column]:.4f}"
            faults.add(f"land use {self.classification}", what, "give the shares of all categories, 0 to 1")
        faults.raise_if_any()


@cache
def plant_types() -> pd.DataFrame:
    """Return `data/plant_types.csv` indexed by plant type: names, `form` (woody, herb), soil NO (ng N m-2 s-1)."""
    return numbers(shipped_table("plant_types.csv"), ("soil_no_ng_n_m2_s",)).set_index("plant_type")


@cache
def land_use_categories() -> dict[str, tuple[str, ...]]:
    """Return the categories of each classification in the order of their numbers."""
    table = shipped_table("land_use_plants.csv")
    return {
        str(name): tuple(dict.fromkeys(rows["category"])) for name, rows in table.groupby("classification", sort=False)
    }


@cache
def megan_compounds() -> pd.DataFrame:
    """Return `data/megan_compounds.csv`: compound, plant_class, factors, share_woody, share_herb, molar mass."""
    table = shipped_table("megan_compounds.csv").set_index("compound")
    return numbers(table, ("share_woody", "share_herb", "molar_mass_g_mol"))


@cache
def emission_factors() -> pd.DataFrame:
    """Return emission factors (ug m-2 h-1), one row a compound, one column a plant type."""
    types, compounds = plant_types(), megan_compounds()
    table = numbers(shipped_table("megan_factors.csv").set_index("factors"), tuple(types.index))[list(types.index)]
    woody = (types["form"] == "woody").to_numpy()
    share = np.where(woody[None, :], compounds[["share_woody"]].to_numpy(), compounds[["share_herb"]].to_numpy())
    values = table.loc[compounds["factors"]].to_numpy(float) * share
    return pd.DataFrame(values, compounds.index, list(types.index))


def natural_species(mechanism_name: str = DEFAULT_MECHANISM) -> pd.DataFrame:
    """Return mol of species per mol of compound (columns compound, species, moles); what has no row has no species."""
    table = numbers(shipped_table("natural_species.csv"), ("moles",))
    rows = table[table["map"] == mechanism(mechanism_name).compound_map]
    return rows[["compound", "species", "moles"]].reset_index(drop=True)


def _zone_of(latitude: Array) -> npt.NDArray[np.int64]:
    """Return the index in `ZONES` of each latitude."""
    away = np.abs(latitude)
    return np.asarray((away >= TROPIC_LATITUDE).astype(np.int64) + (away >= BOREAL_LATITUDE))


def plant_cover(land: LandUse) -> Array:
    """Return the share of each cell under each plant type, (plant type, y, x)."""
    types = list(plant_types().index)
    table = numbers(shipped_table("land_use_plants.csv"), ("share",))
    table = table[(table["classification"] == land.classification) & (table["plant_type"] != "")]
    zone = _zone_of(land.latitude)
    cover = np.zeros((len(types), *land.latitude.shape))
    order = {name: number for number, name in enumerate(land.categories)}
    for category, where, kind, share in table[["category", "zone", "plant_type", "share"]].to_numpy():
        if category in order:
            here = 1.0 if where == ANYWHERE else (zone == ZONES.index(where)).astype(float)
            cover[types.index(kind)] += share * here * land.shares[order[category]]
    return cover


def cover_by_zone(shares: Mapping[str, float]) -> Array:
    """Return a cover (plant type, 1, 1) from shares of the ground by plant type, for a place without a land use map.

    Raises `InputError` for an unknown plant type, a share outside 0 to 1, and a sum above 1.
    """
    types, faults = list(plant_types().index), Faults()
    for name, share in shares.items():
        if name not in types:
            faults.add(f"plant cover:{name}", "unknown plant type", did_you_mean(name, types))
        if not 0.0 <= share <= 1.0:
            faults.add(f"plant cover:{name}", f"{share!r} is no share of the ground", "give 0 to 1")
    if sum(shares.values()) > 1.0 + WHOLE:
        faults.add("plant cover", f"the shares sum to {sum(shares.values()):g}", "they are shares of all the ground")
    faults.raise_if_any()
    return np.array([shares.get(name, 0.0) for name in types]).reshape(-1, 1, 1)
