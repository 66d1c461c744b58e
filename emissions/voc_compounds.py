"""VOC by compound: what the compounds are, how reactive, what each profile holds, and what mechanisms make of them.

Compounds are those of SPECIATE in the profiles of our source classes. Their reactivities come from California's MIR
table of 2010 (17 CCR 94700, from SAPRC-07; Carter 2010), their yields of secondary organic aerosol from Wu W. et al.
(2017, J. Environ. Sci. 53, 224). `mir_basis` says how a value was found: `CAS` and `name` are the compound itself
(flag `read`); a mixture has the value of a `mixture` or `class` of its carbon number, else that of the compound which
SPECIATE takes as its `representative`, or of a `neighbour` (flag `derived`); CFCs have none from the table but 0
(`knowledge`); some have no value.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emissions.mechanisms import DEFAULT_MECHANISM, mechanism
from emissions.shipped_tables import numbers, shipped_table
from emissions.speciation_profiles import ProfileKind, read_profiles

NOT_SPECIATED = "not speciated"
"""In place of a compound: VOC whose profile has no composition by compound (a user's own profile of species)."""

UNKNOWN_GROUP = "unspecified"
"""Group of what is not told apart."""

NUMBERS = ("molar_mass_g_mol", "mir_gO3_g", "koh_cm3_s", "soa_yield_g_g")


@dataclass(frozen=True)
class CompoundGroup:
    """A group of compounds with its names and the colour (hex) of its bars."""

    group: str
    name_zh: str
    name_en: str
    colour: str


@cache
def compounds() -> pd.DataFrame:
    """Return `data/voc_compounds.csv` indexed by compound.

    Numbers: `molar_mass_g_mol`, `mir_gO3_g` (g ozone per g), `koh_cm3_s` (298 K), `soa_yield_g_g` (g per g); NaN where
    none is known. Text: `name_zh`, `cas`, `formula`, `group`, `list` (PAMS57, TO15_47, OVOC13), and for each number
    where it comes from. The table is shared: copy it before changing it.
    """
    table = shipped_table("voc_compounds.csv").set_index("compound")
    return numbers(table, NUMBERS)


@cache
def compound_groups() -> dict[str, CompoundGroup]:
    """Return the groups of compounds in the order in which tables and figures show them."""
    return {
        row["group"]: CompoundGroup(row["group"], row["name_zh"], row["name_en"], row["colour"])
        for row in shipped_table("voc_groups.csv").to_dict("records")
    }


def compound_name(compound: str, lang: str = "zh") -> str:
    """Return the name of a compound; the English one where the table has no Chinese."""
    names = compounds()["name_zh"]
    return str(names.get(compound, "")) or compound if lang == "zh" else compound


def composition_kind() -> ProfileKind:
    """Return the layout of profiles by compound, ours and a user's: `profile, compound, mass_fraction`."""
    return ProfileKind(
        "VOC", "voc_profiles.csv", "mass_fraction", tuple(compounds().index), ("mass_fraction",), "compound"
    )


def compositions(local: Path | None = None) -> pd.DataFrame:
    """Return the mass fractions (of NMVOC) of compounds in profiles, indexed by (profile, compound), each summing to 1.

    `local` is a user's CSV `profile, compound, mass_fraction` (and source, flag); its profiles replace ours of the same
    name. SPECIATE prints shares of organic gas to 0.01 %: smaller ones are lost, others rounded by as much. Raises
    `InputError` with every fault of the user's file.
    """
    return read_profiles(composition_kind(), local)


def compound_map(mechanism_name: str = DEFAULT_MECHANISM) -> pd.Series:
    """Return mol of species per mol of compound, indexed by (compound, species), for a mechanism.

    From the table of EPA's Speciation Tool; besides species it names IVOC, NVOL, UNR and UNK, which are none. Raises
    `InputError` for an unknown mechanism.
    """
    table = shipped_table("voc_compound_maps.csv")
    rows = table[table["map"] == mechanism(mechanism_name).compound_map].set_index(["compound", "species"])
    return pd.to_numeric(rows["moles"])


def lumped(composition: pd.DataFrame, mechanism_name: str = DEFAULT_MECHANISM) -> pd.Series:
    """Return mol of species per g NMVOC of each profile, indexed by (profile, species).

    `composition` as of `compositions`. The moles of a compound are its mass over its molar mass, times the map.
    """
    table = composition.reset_index().merge(compound_map(mechanism_name).reset_index(), on="compound")
    molar_mass = compounds()["molar_mass_g_mol"].reindex(table["compound"]).to_numpy()
    table["mol_per_g"] = table["mass_fraction"] / molar_mass * table["moles"]
    sums: pd.Series = table.groupby(["profile", "species"])["mol_per_g"].sum()
    return sums


def composition_matrix(composition: pd.DataFrame, profiles: list[str]) -> tuple[NDArray[np.float64], list[str]]:
    """Return the mass fractions (profile, compound) of `profiles` and the names of the compounds.

    A profile without a composition is wholly `NOT_SPECIATED`; so is the empty name (a class that emits no VOC).
    """
    wide = composition.reset_index().pivot_table("mass_fraction", "profile", "compound").reindex(profiles)
    unknown = wide.isna().all(axis=1)
    wide = wide.fillna(0.0).assign(**{NOT_SPECIATED: unknown.astype(float)})
    return wide.to_numpy(float), [str(name) for name in wide.columns]
