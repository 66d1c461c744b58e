"""Speciation: from the pollutants of an inventory to the species of a mechanism, with mass followed exactly."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from aqcore.errors import Faults
from aqcore.ledger import KEPT, Entry
from aqcore.species import pollutants
from aqcore.units import GRAM_PER_TONNE
from emissions.fine_particles import ROUNDING, om_per_oc, split_fine_particles
from emissions.inventory import Inventory, place
from emissions.mechanisms import DEFAULT_MECHANISM, species_kinds, species_of
from emissions.source_classes import source_classes
from emissions.speciation_assignment import PROFILE_COLUMN, assigned_profiles
from emissions.speciation_profiles import OUTSIDE, profiles

SPECIES = tuple(species_of(DEFAULT_MECHANISM))
"""The species of the default mechanism: gases (mol) first, then aerosols (g)."""

INSIDE_PM25 = "INSIDE_PM25"
"""Fate of BC, OC and the fine part of PM10 in the books: their mass is emitted under PM25."""
NO_SPECIES = "NO_SPECIES"
"""Fate of a pollutant that no mechanism has a species for (CO2)."""
FATES = (*OUTSIDE, INSIDE_PM25, NO_SPECIES)
"""What can become of mass that is not emitted as a species."""

SIMPLE = {"SO2": "SO2", "NH3": "NH3", "CO": "CO"}
"""Pollutants that are one species."""
INSIDE = ("BC", "OC")
"""Pollutants whose mass is emitted with the PM2.5 that holds it."""


@dataclass(frozen=True)
class Speciation:
    """Shares of species in pollutants by source class.

    `fractions` is (source_class, pollutant, species): mol of a gas, or g of an aerosol, per g of
    pollutant. `mass_fractions` is (source_class, pollutant, species) over species and `FATES`: g
    per g of pollutant, and sums to 1 over what a class may emit. In both, PM10 stands for its
    coarse part (PM10 - PM2.5), PM25 for particles whose inventory states no BC or OC.
    `profiles` has one row for each (source_class, pollutant): `profile` (empty when the class
    emits none), `why`, `source`, `flag`. `mechanism` is the one whose species these are.
    """

    fractions: xr.DataArray
    mass_fractions: xr.DataArray
    profiles: pd.DataFrame
    mechanism: str = DEFAULT_MECHANISM

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The species that the speciation yields: gases (mol) first, then aerosols (g)."""
        return tuple(str(name) for name in self.fractions["species"].to_numpy())

    @cached_property
    def species_units(self) -> dict[str, str]:
        """Unit of what `species` returns by species: `mol/a` or `g/a`."""
        kinds = species_kinds()
        return {name: "mol/a" if kinds[name] == "gas" else "g/a" for name in self.names}

    def check(self, inventory: Inventory) -> None:
        """Raise `InputError` naming every source whose class has no profile for a pollutant that it emits."""
        faults = Faults()
        mass = inventory.mass
        for pollutant in (name for name in PROFILE_COLUMN if name in inventory.pollutants):
            empty = self._empty_classes(pollutant)
            emits = mass.sel(pollutant=pollutant).to_numpy() > 0.0
            for _, row in inventory.sources[
                emits & inventory.sources["source_class"].isin(empty).to_numpy()
            ].iterrows():
                what = f"source class {row['source_class']!r} has no {pollutant} profile but emits {pollutant}"
                faults.add(place(row), what, "choose another source class, or assign a profile to this one")
        self._check_carbon(inventory, faults)
        _check_coarse(inventory, faults)
        faults.raise_if_any()

    def _check_carbon(self, inventory: Inventory, faults: Faults) -> None:
        pm25, bc, oc = (np.nan_to_num(_stated(inventory, name)) for name in ("PM25", "BC", "OC"))
        shares = self.mass_fractions.sel(pollutant="PM25").to_numpy()[self._class_index(inventory)]
        names = list(self.mass_fractions["species"].to_numpy())
        ratio = om_per_oc(shares[:, names.index("POC")], shares[:, names.index("PNCOM")])
        for at in np.flatnonzero(bc + oc * ratio > pm25 * (1.0 + ROUNDING)):
            row = inventory.sources.iloc[at]
            what = f"BC {bc[at]:g} + OC {oc[at]:g} x {ratio[at]:.2f} (OM/OC) exceeds PM25 {pm25[at]:g} t/a"
            faults.add(place(row), what, "correct BC or OC, or leave them empty so that the PM2.5 profile gives them")

    def _class_index(self, inventory: Inventory) -> list[int]:
        position = {str(name): k for k, name in enumerate(self.mass_fractions["source_class"].to_numpy())}
        return [position[name] for name in inventory.sources["source_class"]]

    def _empty_classes(self, pollutant: str) -> list[str]:
        table = self.profiles.xs(pollutant, level="pollutant")
        return [str(name) for name in table.index[table["profile"] == ""]]

    def masses(self, inventory: Inventory) -> xr.DataArray:
        """Return t/a (source, pollutant, species), species and `FATES`: what becomes of each pollutant's mass.

        The sum over species is the inventory's mass, to rounding. Raises `InputError` as `check` does.
        """
        self.check(inventory)
        table = self.mass_fractions
        mass = _emitted_under(inventory)
        names = [str(name) for name in inventory.pollutants]
        shares = table.sel(pollutant=names).to_numpy()[self._class_index(inventory)]
        out = mass[:, :, None] * shares
        if "PM25" in names:
            out[:, names.index("PM25"), :] = self._fine(inventory, shares[:, names.index("PM25"), :])
        inside = list(table["species"].to_numpy()).index(INSIDE_PM25)
        out[:, :, inside] += inventory.mass.to_numpy() - mass
        coords = {
            "source": inventory.mass["source"],
            "pollutant": inventory.mass["pollutant"],
            "species": table["species"],
        }
        return xr.DataArray(out, coords, ("source", "pollutant", "species"), "mass", {"units": "t/a"})

    def _fine(self, inventory: Inventory, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        names = tuple(str(name) for name in self.mass_fractions["species"].to_numpy())
        pm25, bc, oc = (_stated(inventory, name) for name in ("PM25", "BC", "OC"))
        return split_fine_particles(np.nan_to_num(pm25), bc, oc, shares, names)

    def species(self, inventory: Inventory) -> xr.DataArray:
        """Return the annual emission (source, species): mol/a of gases, g/a of aerosols (`species_units`).

        Divide by the seconds of the year, or multiply with shares of the year, for mol s-1 and g s-1.
        Raises `InputError` as `check` does.
        """
        self.check(inventory)
        out = np.zeros((len(inventory.sources), len(self.names)))
        index = self._class_index(inventory)
        grams = _emitted_under(inventory) * GRAM_PER_TONNE
        for k, pollutant in enumerate(inventory.pollutants):
            if pollutant != "PM25":
                out += grams[:, [k]] * self.fractions.sel(pollutant=pollutant).to_numpy()[index]
        if "PM25" in inventory.pollutants:
            shares = self.mass_fractions.sel(pollutant="PM25").to_numpy()[index]
            out += GRAM_PER_TONNE * self._fine(inventory, shares)[:, : len(self.names)]
        coords = {"source": inventory.mass["source"], "species": np.array(self.names, dtype=object)}
        return xr.DataArray(out, coords, ("source", "species"), "emission")

    def ledger_entries(self, inventory: Inventory, step: str = "speciation") -> list[Entry]:
        """Return the ledger entries of the step: mass by sector, pollutant, district, kept or with its fate."""
        masses = self.masses(inventory)
        keys = pd.MultiIndex.from_frame(inventory.sources[["sector", "district"]])
        entries: list[Entry] = []
        for fate in (KEPT, *FATES):
            part = masses.sel(species=list(self.names) if fate == KEPT else [fate]).sum("species")
            for pollutant in inventory.pollutants:
                values = pd.Series(part.sel(pollutant=pollutant).to_numpy(), keys)
                sums = values.groupby(level=["sector", "district"], sort=False).sum()
                for (sector, district), mass in zip(sums.index, sums.to_numpy(float), strict=True):
                    if fate == KEPT or mass != 0.0:
                        entries.append(Entry(step, sector, pollutant, district, fate, float(mass)))
        return entries


def _check_coarse(inventory: Inventory, faults: Faults) -> None:
    pm10, pm25 = (_stated(inventory, name) for name in ("PM10", "PM25"))
    for at in np.flatnonzero(pm25 > pm10 * (1.0 + ROUNDING)):
        what = f"PM25 {pm25[at]:g} t/a exceeds PM10 {pm10[at]:g} t/a, which holds it"
        remedy = "correct the two values; factors on them must keep PM25 inside PM10"
        faults.add(place(inventory.sources.iloc[at]), what, remedy)


def _stated(inventory: Inventory, pollutant: str) -> NDArray[np.float64]:
    """Return t/a (source,) of a pollutant, NaN where the inventory does not state it."""
    if pollutant not in inventory.pollutants:
        return np.full(len(inventory.sources), np.nan)
    stated = inventory.sources[f"states_{pollutant}"].to_numpy(bool)
    return np.where(stated, inventory.mass.sel(pollutant=pollutant).to_numpy(), np.nan)


def _emitted_under(inventory: Inventory) -> NDArray[np.float64]:
    """Return t/a (source, pollutant) emitted under each name: PM10 without PM25; no BC and OC, which are in PM25."""
    mass = inventory.mass.to_numpy().copy()
    names = inventory.pollutants
    for name in INSIDE:
        if name in names:
            mass[:, names.index(name)] = 0.0
    if "PM10" in names:
        pm25 = inventory.mass.sel(pollutant="PM25").to_numpy() if "PM25" in names else 0.0
        coarse = mass[:, names.index("PM10")] - pm25
        stated = inventory.sources["states_PM10"].to_numpy(bool)
        mass[:, names.index("PM10")] = np.where(stated, np.maximum(coarse, 0.0), 0.0)
    return mass


def build_speciation(
    mechanism: str = DEFAULT_MECHANISM,
    *,
    voc: Path | None = None,
    pm25: Path | None = None,
    nox: Path | None = None,
    assignment: Path | None = None,
) -> Speciation:
    """Build the speciation of all source classes.

    Parameters
    ----------
    mechanism
        The mechanism whose species are wanted: `cb6r5_ae7`, `cb6r3_ae7`, `saprc07tic_ae7i` or `cb05`.
    voc, pm25, nox
        A user's own profile tables (see `emissions.speciation_profiles`); their profiles replace
        ours of the same name.
    assignment
        A user's CSV `source_class, pollutant, profile`: which profile a class gets instead of ours.

    Raises
    ------
    InputError
        With all faults of the user's files, and for an unknown mechanism.

    """
    files = {"VOC": voc, "PM25": pm25, "NOx": nox}
    tables = {name: profiles(name, path, mechanism_name=mechanism) for name, path in files.items()}
    species = list(species_of(mechanism))
    assigned = assigned_profiles(tables, assignment)
    classes, names = list(source_classes()), list(pollutants())
    columns = [*species, *FATES]
    amount = np.zeros((len(classes), len(names), len(columns)))
    mass = np.zeros_like(amount)
    for k, name in enumerate(names):
        if name in tables:
            chosen = assigned["profile"].xs(name, level="pollutant").reindex(classes)
            amount[:, k], mass[:, k] = _profile_shares(name, tables[name], chosen, columns)
        elif name not in INSIDE:
            target, per_gram = _single_species(name)
            amount[:, k, columns.index(target)], mass[:, k, columns.index(target)] = per_gram, 1.0
    dims = ("source_class", "pollutant", "species")
    coords = {d: np.array(v, dtype=object) for d, v in zip(dims, (classes, names, columns), strict=True)}
    fractions = xr.DataArray(amount, coords, dims, "fractions").sel(species=species)
    return Speciation(fractions, xr.DataArray(mass, coords, dims, "mass_fractions"), assigned, mechanism)


def _profile_shares(
    pollutant: str, table: pd.DataFrame, chosen: pd.Series, columns: list[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (source_class, species): mol or g per g, and g per g, of the profiles `chosen` by class."""

    def by_class(name: str) -> NDArray[np.float64]:
        wide = table.reset_index().pivot_table(name, "profile", "species", aggfunc="sum", fill_value=0.0)
        return wide.reindex(index=chosen, columns=columns).fillna(0.0).to_numpy(float)

    if pollutant == "VOC":
        return by_class("mol_per_g"), by_class("mass_fraction")
    if pollutant == "NOx":
        mole_fraction = by_class("mole_fraction")
        return mole_fraction / molar_mass("NOx"), mole_fraction
    return by_class("mass_fraction"), by_class("mass_fraction")


def _single_species(pollutant: str) -> tuple[str, float]:
    """Return the one species (or fate) of a pollutant, and mol or g of it per g."""
    if pollutant == "PM10":
        return "PMC", 1.0
    if pollutant in SIMPLE:
        return SIMPLE[pollutant], 1.0 / molar_mass(pollutant)
    return NO_SPECIES, 0.0


def molar_mass(pollutant: str) -> float:
    """Return the molar mass (g mol-1) in which a pollutant's mass is counted; NOx counts as NO2."""
    value = pollutants()[pollutant].molar_mass_g_mol
    if value is None:
        raise ValueError(f"{pollutant} is a mixture and has no molar mass")
    return value
