"""Tables for the quality assurance of an inventory: totals by any key, what was applied and why, who emits most."""

from collections.abc import Sequence
from importlib import resources

import numpy as np
import pandas as pd

from aqcore.districts import Districts
from aqcore.units import GRAM_PER_TONNE
from emissions.inventory import STATED, Inventory
from emissions.source_classes import source_classes
from emissions.speciation import FATES, Speciation
from emissions.speciation_assignment import PROFILE_COLUMN

TOTAL = "TOTAL"
"""Name of the row that sums all others."""


def totals(inventory: Inventory, by: Sequence[str] = ("sector",)) -> pd.DataFrame:
    """Return t/a, one row a key (columns of the sources), one column a pollutant, and a last row `TOTAL`.

    BC and OC are part of PM25, and PM25 of PM10: columns must not be added up.
    """
    keys = list(by)
    table = inventory.table().groupby(keys, sort=False)[list(inventory.pollutants)].sum()
    last = table.sum().to_frame().T
    last.index = pd.MultiIndex.from_tuples([(TOTAL,) * len(keys)], names=keys) if len(keys) > 1 else pd.Index([TOTAL])
    return pd.concat([table, last]).rename_axis(index=keys)


def top_emitters(inventory: Inventory, pollutant: str, *, count: int = 20, kind: str | None = None) -> pd.DataFrame:
    """Return the `count` sources that emit most of a pollutant, with `mass_t`, `share_pct` and `cumulative_pct`.

    `kind` limits the list to `area` or `point` sources; shares refer to all sources.
    """
    mass = pd.Series(inventory.mass.sel(pollutant=pollutant).to_numpy(), inventory.sources.index, name="mass_t")
    columns = ["kind", "name", "district", "source_class", "sector", "grade", "file", "row"]
    table = inventory.sources[columns].join(mass)
    listed = table if kind is None else table[table["kind"] == kind]
    listed = listed[listed["mass_t"] > 0.0].sort_values("mass_t", ascending=False, kind="stable").head(count)
    share = 100.0 * listed["mass_t"] / mass.sum()
    return listed.assign(share_pct=share, cumulative_pct=share.cumsum())


def speciation_applied(inventory: Inventory, speciation: Speciation) -> pd.DataFrame:
    """Return which profile each source class got for VOC, PM25 and NOx, and why, where it emits any.

    Columns: pollutant, source_class, name_zh, sector, profile, profile_name, why, source, flag,
    sources (number), mass_t (t/a).
    """
    mass = inventory.long()
    mass = mass[mass["pollutant"].isin(PROFILE_COLUMN) & (mass["mass_t"] > 0.0)]
    table = mass.groupby(["pollutant", "source_class"], sort=False)["mass_t"].agg(["size", "sum"]).reset_index()
    table = table.rename(columns={"size": "sources", "sum": "mass_t"})
    table = table.merge(speciation.profiles.reset_index(), on=["source_class", "pollutant"], how="left")
    table["name_zh"] = [source_classes()[name].name_zh for name in table["source_class"]]
    table["sector"] = [source_classes()[name].sector for name in table["source_class"]]
    table["profile_name"] = table["profile"].map(profile_names()).fillna("local profile")
    order = ["pollutant", "source_class", "name_zh", "sector", "profile", "profile_name", "why", "source", "flag"]
    return table[[*order, "sources", "mass_t"]]


def profile_names() -> dict[str, str]:
    """Return the name of each of our profiles, from `data/profile_names.csv`."""
    with resources.files("emissions").joinpath("data", "profile_names.csv").open(encoding="utf-8") as file:
        table = pd.read_csv(file, dtype=str)
    return {str(profile): str(name) for profile, name in table[["profile", "name"]].to_numpy()}


def species_totals(inventory: Inventory, speciation: Speciation, by: Sequence[str] = ("sector",)) -> pd.DataFrame:
    """Return the annual emission of each species by keys: columns of `by`, species, amount, unit (Mmol/a or t/a)."""
    amount = speciation.species(inventory)
    table = pd.DataFrame(amount.to_numpy() / GRAM_PER_TONNE, inventory.sources.index, list(speciation.names))
    keys = [inventory.sources[name] for name in by]
    sums = table.groupby(keys, sort=False).sum().rename_axis(columns="species").reset_index()
    sums = sums.melt(id_vars=list(by), var_name="species", value_name="amount")
    units = {name: "Mmol/a" if unit == "mol/a" else "t/a" for name, unit in speciation.species_units.items()}
    return sums.assign(unit=sums["species"].map(units))[sums["amount"] > 0.0].reset_index(drop=True)


def voc_by_species(inventory: Inventory, speciation: Speciation, by: Sequence[str] = ("sector",)) -> pd.DataFrame:
    """Return t/a of NMVOC by keys and by the species, or the fate outside of CB6, that holds it.

    Columns: keys of `by`, species, in_mechanism, mass_t, share_pct (of the key's NMVOC).
    """
    if "VOC" not in inventory.pollutants:
        return pd.DataFrame(columns=[*by, "species", "in_mechanism", "mass_t", "share_pct"])
    masses = speciation.masses(inventory).sel(pollutant="VOC")
    names = [str(name) for name in masses["species"].to_numpy()]
    table = pd.DataFrame(masses.to_numpy(), inventory.sources.index, names)
    sums = table.groupby([inventory.sources[name] for name in by], sort=False).sum().reset_index()
    sums = sums.melt(id_vars=list(by), var_name="species", value_name="mass_t")
    sums = sums[sums["mass_t"] > 0.0].reset_index(drop=True)
    whole = sums.groupby(list(by))["mass_t"].transform("sum")
    columns = [sums[name] for name in by]
    inside = (~sums["species"].isin(FATES)).rename("in_mechanism")
    share = (100.0 * sums["mass_t"] / whole).rename("share_pct")
    return pd.concat([*columns, sums["species"], inside, sums["mass_t"], share], axis=1)


def statements(inventory: Inventory) -> pd.DataFrame:
    """Return for PM10, PM25, BC and OC: sources that state it, that leave it empty, and that were filled by size."""
    sources = inventory.sources
    rows = []
    for name in STATED:
        stated = sources[f"states_{name}"]
        filled = sources["filled"].str.startswith(f"{name} ")
        rows.append((name, int((stated & ~filled).sum()), int((~stated).sum()), int(filled.sum())))
    return pd.DataFrame(rows, columns=["pollutant", "stated", "empty", "filled"])


def by_flag(inventory: Inventory) -> pd.DataFrame:
    """Return t/a by the flag of the rows (read, derived, knowledge, constructed; empty when none) and pollutant."""
    return totals(inventory, by=("flag",))


def points_outside(inventory: Inventory, districts: Districts) -> pd.DataFrame:
    """Return the point sources whose coordinates lie outside the district that their row states.

    Columns: name, district (stated), lies_in (code of the district found, empty when none), lon,
    lat, file, row. A shift of 300 to 600 m for many points means coordinates in GCJ-02 or BD-09.
    """
    points = inventory.sources[np.isfinite(inventory.sources["lon"])]
    columns = ["name", "district", "lon", "lat", "file", "row"]
    inside = [
        code in districts.codes and bool(districts[code].contains(lon, lat))
        for code, lon, lat in zip(points["district"], points["lon"], points["lat"], strict=True)
    ]
    outside: pd.DataFrame = points.loc[~np.array(inside, bool), columns]
    outside["lies_in"] = [
        districts.locate(lon, lat) or "" for lon, lat in zip(outside["lon"], outside["lat"], strict=True)
    ]
    return outside
