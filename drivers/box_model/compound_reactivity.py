"""Reactivity by compound: what the species of a compound make of it, in a city's own air, beside published MIR."""

import numpy as np
import pandas as pd

from drivers.box_model.budget import family_weights
from drivers.box_model.mechanism import Mechanism
from drivers.box_model.tracers import GAS_ALIASES
from emissions.voc_compounds import compound_map, compounds

OZONE_G_MOL = 47.998


def compound_reactivity(reactivity: pd.DataFrame, mechanism: Mechanism) -> pd.DataFrame:
    """Return grams of ozone a gram of each compound whose reacting species all have a reactivity, largest first.

    `reactivity`: columns species and `mol_per_mol` (ozone a species). A compound gives the sum over its species of
    moles x reactivity, times the ratio of molar masses. Columns: compound, name_zh, group, g_per_g, mir_published (g
    per g, Carter 2010, other air and mechanism), ratio. Species of the map that are none of the mechanism do not react.
    """
    known = dict(zip(reactivity["species"], reactivity["mol_per_mol"], strict=True))
    table = compound_map().reset_index()
    table["species"] = [GAS_ALIASES.get(str(name), str(name)) for name in table["species"]]
    table = table[table["species"].isin(mechanism.species)]
    table = table.assign(made=table["species"].map(known).astype(float) * table["moles"])
    made = table.groupby("compound")["made"].sum(min_count=1).where(table.groupby("compound")["made"].count().eq(
        table.groupby("compound").size()))  # fmt: skip
    about = compounds().loc[:, ["name_zh", "group", "molar_mass_g_mol", "mir_gO3_g"]]
    rows = about.join(made.dropna(), how="inner")
    rows["g_per_g"] = rows["made"] * OZONE_G_MOL / rows["molar_mass_g_mol"]
    rows["ratio"] = rows["g_per_g"] / rows["mir_gO3_g"].replace(0.0, np.nan)
    named = rows.rename(columns={"mir_gO3_g": "mir_published"}).rename_axis("compound").reset_index()
    wanted = ["compound", "name_zh", "group", "g_per_g", "mir_published", "ratio"]
    return named.sort_values("g_per_g", ascending=False)[wanted].reset_index(drop=True)


def by_mass(table: pd.DataFrame, mechanism: Mechanism, o3_per_ppb: float) -> pd.DataFrame:
    """Return a table of incremental reactivities with `mol_per_mol` and `g_per_g`: ozone a species, in the same air.

    `o3_per_ppb` is what a ppb of ozone is in the unit of `ir` (1 for ppb).
    """
    mass = family_weights(mechanism, "molar_mass_g_mol")
    molar = np.array([mass[mechanism.index(name)] for name in table["species"]])
    moles = table["ir"] / o3_per_ppb
    return table.assign(mol_per_mol=moles, g_per_g=moles * mass[mechanism.index("O3")] / molar)
