"""The VOC of an inventory by compound, with their potential to form ozone (OFP) and secondary organic aerosol.

OFP is emission x MIR (g ozone a g, Carter 2010), the aerosol potential emission x yield (g a g): measures for ranking
what to cut first, not forecasts of a concentration. A compound without a value adds none; how much of the mass has one
stands beside every total.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from emissions.inventory import Inventory
from emissions.speciation import Speciation, build_speciation
from emissions.voc_compounds import (
    NOT_SPECIATED,
    UNKNOWN_GROUP,
    composition_matrix,
    compositions,
    compound_groups,
    compound_name,
    compounds,
)

FloatArray = NDArray[np.float64]

READ = "read"
"""Flag of a value that belongs to the compound itself."""

POTENTIALS = {"ofp_t": "mir_gO3_g", "soa_t": "soa_yield_g_g"}
"""Columns of potentials (t/a) and the property of a compound that each comes from."""


@dataclass(frozen=True, eq=False)
class VocEmissions:
    """NMVOC of an inventory by compound, kept as mass x composition.

    `voc` (source,) t/a; `profile` (source,) is the index of each source's profile in `profiles`; `composition`
    (profile, compound) mass fractions, rows summing to 1; `sources` as in `Inventory.sources`.
    """

    sources: pd.DataFrame
    voc: FloatArray
    profile: NDArray[np.int64]
    profiles: tuple[str, ...]
    compounds: tuple[str, ...]
    composition: FloatArray

    @cached_property
    def properties(self) -> pd.DataFrame:
        """The table of compounds in the order of `compounds`; what is not speciated has no values."""
        table = compounds().reindex(list(self.compounds))
        text = [name for name in table.columns if not pd.api.types.is_numeric_dtype(table[name])]
        return table.fillna(dict.fromkeys(text, "")).assign(group=table["group"].fillna(UNKNOWN_GROUP))

    def _keys(self, by: Sequence[str]) -> tuple[pd.DataFrame, NDArray[np.int64]]:
        """Return the keys (one row each, in order of appearance) and the index of each source's key."""
        if not by:
            return pd.DataFrame(index=range(1)), np.zeros(len(self.sources), dtype=np.int64)
        frame = self.sources.reset_index()[list(by)]
        groups = frame.groupby(list(by), sort=False, dropna=False)
        index: NDArray[np.int64] = groups.ngroup().to_numpy().astype(np.int64)
        return frame.drop_duplicates().reset_index(drop=True), index

    def by_key(self, by: Sequence[str]) -> tuple[pd.DataFrame, FloatArray]:
        """Return the keys and t/a (key, compound); `by` holds columns of `sources`, or `source_id`, or nothing."""
        keys, index = self._keys(by)
        mass = np.zeros((len(keys), len(self.profiles)))
        np.add.at(mass, (index, self.profile), self.voc)
        return keys, np.asarray(mass @ self.composition)

    def mass(self, by: Sequence[str] = ("source_id",)) -> xr.DataArray:
        """Return t/a (source, compound), or (key, compound) of other columns of the sources."""
        keys, mass = self.by_key(by)
        dim = "source" if tuple(by) == ("source_id",) else "key"
        labels = keys["source_id"].tolist() if dim == "source" else [" ".join(map(str, row)) for row in keys.to_numpy()]
        coords = {dim: labels, "compound": list(self.compounds)}
        return xr.DataArray(mass, coords, (dim, "compound"), "voc", {"units": "t/a"})

    def table(self, by: Sequence[str] = ("sector",)) -> pd.DataFrame:
        """Return one row a key and compound that it emits, largest ozone potential first within a key.

        Columns: keys of `by`, compound, name_zh, cas, group, `mass_t`, `ofp_t` (t ozone), `soa_t` (t aerosol) a year;
        the potentials are NaN where the compound has no value. `by` empty sums all sources.
        """
        keys, mass = self.by_key(by)
        row, column = np.nonzero(mass)
        chosen = self.properties.iloc[column]
        table = keys.iloc[row].reset_index(drop=True)
        table["compound"] = np.array(self.compounds, dtype=object)[column]
        for name in ("name_zh", "cas", "group"):
            table[name] = chosen[name].to_numpy()
        table["mass_t"] = mass[row, column]
        for name, factor in POTENTIALS.items():
            table[name] = table["mass_t"] * chosen[factor].to_numpy(float)
        order = pd.DataFrame({"row": row, "ofp": -table["ofp_t"].fillna(0.0), "mass": -table["mass_t"]})
        return table.iloc[order.sort_values(["row", "ofp", "mass"], kind="stable").index].reset_index(drop=True)

    def reactivity(self, by: Sequence[str] = ("sector",)) -> pd.DataFrame:
        """Return one row a key, largest ozone potential first.

        Columns: keys of `by`; `mass_t`, `ofp_t`, `soa_t` (t/a); `ofp_per_mass` (g ozone a g); `mir_pct` the share of
        the mass that has a MIR, `mir_read_pct` that of compounds with a MIR of their own, `soa_pct` with a yield.
        """
        keys, mass = self.by_key(by)
        total = mass.sum(axis=1)
        whole = np.where(total > 0.0, total, 1.0)
        table = keys.assign(mass_t=total)
        for name, factor in POTENTIALS.items():
            table[name] = mass @ np.nan_to_num(self.properties[factor].to_numpy(float))
        table["ofp_per_mass"] = table["ofp_t"] / whole
        for name, has in self._known().items():
            table[name] = 100.0 * (mass @ has) / whole
        return table.sort_values("ofp_t", ascending=False, kind="stable").reset_index(drop=True)

    def _known(self) -> dict[str, FloatArray]:
        """Return for each measure of coverage which compounds count, (compound,) 0 or 1."""
        mir = self.properties["mir_gO3_g"].notna()
        measures = {
            "mir_pct": mir,
            "mir_read_pct": mir & (self.properties["mir_flag"] == READ),
            "soa_pct": self.properties["soa_yield_g_g"].notna(),
        }
        return {name: has.to_numpy().astype(np.float64) for name, has in measures.items()}

    def groups(self, by: Sequence[str] = ()) -> pd.DataFrame:
        """Return one row a key and group of compounds, in the order of the groups: `mass_t`, `ofp_t`, `soa_t` (t/a)."""
        keys = [*by, "group"]
        sums = self.table(by).groupby(keys, sort=False)[["mass_t", *POTENTIALS]].sum().reset_index()
        order = {name: rank for rank, name in enumerate(compound_groups())}
        first = {key: rank for rank, key in enumerate(dict.fromkeys(map(tuple, sums[list(by)].to_numpy())))}
        rank = [(first[tuple(row[:-1])], order[row[-1]]) for row in sums[keys].to_numpy()]
        return sums.iloc[sorted(range(len(sums)), key=rank.__getitem__)].reset_index(drop=True)

    def not_speciated(self) -> pd.DataFrame:
        """Return the profiles without a composition by compound that emit: `profile`, `sources`, `mass_t` (t/a)."""
        column = self.compounds.index(NOT_SPECIATED)
        lost = (self.composition[self.profile, column] > 0.0) & (self.voc > 0.0)
        frame = pd.DataFrame({"profile": np.array(self.profiles)[self.profile[lost]], "mass_t": self.voc[lost]})
        table = frame.groupby("profile", sort=False)["mass_t"].agg(["size", "sum"])
        return table.rename(columns={"size": "sources", "sum": "mass_t"}).reset_index()

    def leading(self, measure: str = "ofp_t", *, count: int = 20) -> pd.DataFrame:
        """Return the compounds with most `mass_t`, `ofp_t` or `soa_t`, with `share_pct` and `cumulative_pct`."""
        table = self.table(()).sort_values(measure, ascending=False, kind="stable").reset_index(drop=True)
        share = 100.0 * table[measure] / table[measure].sum()
        names = [compound_name(name) for name in table["compound"]]
        return table.assign(name_zh=names, share_pct=share, cumulative_pct=share.cumsum()).head(count)


def voc_compounds(
    inventory: Inventory,
    *,
    speciation: Speciation | None = None,
    composition: Path | None = None,
) -> VocEmissions:
    """Divide the NMVOC of an inventory among compounds.

    Parameters
    ----------
    inventory
        The sources; one without VOC gives an empty result.
    speciation
        Says which profile each class has; ours by default. Its mechanism does not matter.
    composition
        A user's CSV `profile, compound, mass_fraction`; its profiles replace ours of the same name. A profile
        without a composition gives `NOT_SPECIATED` (see `VocEmissions.not_speciated`).

    Raises
    ------
    InputError
        With all faults of the user's file, and for a class that emits VOC without a profile.

    """
    spoken = speciation or build_speciation()
    spoken.check(inventory)
    table = compositions(composition)
    assigned = spoken.profiles["profile"].xs("VOC", level="pollutant")
    profiles = list(dict.fromkeys(assigned))
    matrix, names = composition_matrix(table, profiles)
    order = {name: number for number, name in enumerate(profiles)}
    index = np.array([order[assigned[name]] for name in inventory.sources["source_class"]], dtype=np.int64)
    voc = inventory.mass.sel(pollutant="VOC").to_numpy() if "VOC" in inventory.pollutants else np.zeros(len(index))
    return VocEmissions(inventory.sources, voc, index, tuple(profiles), tuple(names), matrix)
