"""How the species of a gridded class answer to its pollutants: one linear response a class, applied cell by cell.

The response is that of a city's sources (`emissions.response`), found for one unit source a class. One rule is added:
where BC + OC x OM/OC would exceed the PM25 of a cell, the organic matter beside the carbon (PNCOM) is cut to what fits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from aqcore.errors import Fault, InputError
from aqcore.species import emission_species
from aqcore.units import GRAM_PER_TONNE
from emissions.gridded import GriddedInventory
from emissions.inventory import Inventory, inventory_of
from emissions.response import ROUNDING, build_response
from emissions.speciation import INSIDE_PM25, Speciation
from emissions.stated_species import (
    MOL_PER_MEGAMOLE,
    NO_MODEL_SPECIES,
    StatedSpecies,
    stated_names,
    stated_species,
)

UNIT_MASS = {"PM10": 4.0, "PM25": 2.0, "BC": 0.1, "OC": 0.1}
"""t of the unit source, nested as speciation demands; 1 t of any other pollutant."""


@dataclass(frozen=True)
class GriddedResponse:
    """What a class emits per t of each pollutant.

    `amount` (class, pollutant, species): mol of gases or g of aerosols per t (per 10^6 mol of stated species).
    `kept` (class, pollutant, species) is the share of the mass that stands in each species, with PM10 for its coarse
    part and PM25 without stated carbon; `fates` (class, pollutant, fate) what stands in none. `carbon_rest`
    (class, species) takes what is cut from PNCOM, g per t; `matter_per_carbon` (class,) is OM/OC.
    """

    classes: tuple[str, ...]
    pollutants: tuple[str, ...]
    species: tuple[str, ...]
    fate_names: tuple[str, ...]
    amount: np.ndarray
    kept: np.ndarray
    fates: np.ndarray
    carbon_rest: np.ndarray
    matter_per_carbon: np.ndarray

    def cut(self, number: int, mass: np.ndarray) -> np.ndarray:
        """Return the t of PNCOM that do not fit into PM25, (cell,), of mass (pollutant, cell) of one class."""
        names = self.pollutants
        if "OC" not in names or "PM25" not in names:
            return np.zeros(mass.shape[1:])
        carbon = mass[names.index("BC")] if "BC" in names else 0.0
        matter = carbon + self.matter_per_carbon[number] * mass[names.index("OC")]
        return np.asarray(np.maximum(matter - mass[names.index("PM25")], 0.0))

    def species_amounts(self, number: int, mass: np.ndarray) -> np.ndarray:
        """Return (species, cell), mol of gases and g of aerosols, of mass (pollutant, cell) in t of one class.

        Mass that is not nested (factors may break it) raises `InputError`.
        """
        result = self.amount[number].T @ mass
        cut = self.cut(number, mass)
        if cut.any():
            result += self.carbon_rest[number][:, None] * cut
        if result.size and result.min() < -ROUNDING * result.max():
            what = f"in {self.classes[number]} a part keeps more mass than the whole that holds it"
            remedy = "PM10 holds PM25, PM25 holds BC and OC: give the part no larger a factor than the whole"
            raise InputError([Fault("factors", what, remedy)])
        return np.asarray(np.maximum(result, 0.0))

    def totals_amounts(self, number: int, mass: np.ndarray, cut: float) -> np.ndarray:
        """Return (species,), mol or g, of totals (pollutant,) in t of one class whose cells cut `cut` t of PNCOM."""
        return np.asarray(self.amount[number].T @ mass + self.carbon_rest[number] * cut)

    def emitted_under(self, mass: np.ndarray) -> np.ndarray:
        """Return totals (class, pollutant) as they are emitted: PM10 without PM25; BC and OC under PM25."""
        names = self.pollutants
        result = mass.copy()
        for name in ("BC", "OC"):
            if name in names:
                result[:, names.index(name)] = 0.0
        if "PM10" in names and "PM25" in names:
            result[:, names.index("PM10")] -= mass[:, names.index("PM25")]
        return np.asarray(np.maximum(result, 0.0))

    def masses(self, mass: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what totals (class, pollutant) in t become.

        (class, pollutant, species) in species and (class, pollutant, fate) in none; together they are the totals.
        """
        under = self.emitted_under(mass)
        fates = self.fates * under[:, :, None]
        fates[:, :, self.fate_names.index(INSIDE_PM25)] += mass - under
        return self.kept * under[:, :, None], fates


def gridded_response(inventory: GriddedInventory, speciation: Speciation) -> GriddedResponse:
    """Find the response of each class of an inventory.

    Raises `InputError` for a class without a profile of a pollutant that it emits, and for stated species without a
    species of the model.
    """
    emits = _emitted(inventory)
    unit = inventory_of(_unit_row(name, emits[name]) for name in inventory.classes)
    species = tuple(str(name) for name in speciation.fractions["species"].to_numpy())
    stated = {}
    if set(inventory.pollutants) & set(stated_names()):
        stated = stated_species(speciation.mechanism)
    names = inventory.pollutants
    amount = _unit_amounts(unit, speciation, names, species)
    _add_stated(amount, names, species, stated)
    kept, fates, fate_names = _shares(unit, speciation, names, species, stated)
    rest, ratio = _carbon(amount, names, species)
    return GriddedResponse(
        inventory.classes, names, species, fate_names, amount, kept, fates, rest, ratio
    )  # fmt: skip


def _unit_amounts(unit: Inventory, speciation: Speciation, names: Sequence[str], species: Sequence[str]) -> np.ndarray:
    """Return (class, pollutant, species), mol or g per t; zero for pollutants that the unit sources do not have."""
    amount = np.zeros((len(unit.sources), len(names), len(species)))
    if not unit.pollutants:
        return amount
    response = build_response(unit, speciation)
    found = response.matrix.toarray().reshape(len(unit.sources), len(response.pollutants), len(species))
    for column, name in enumerate(response.pollutants):
        amount[:, names.index(name)] = found[:, column] / UNIT_MASS.get(name, 1.0)
    return amount


def _emitted(inventory: GriddedInventory) -> Mapping[str, list[str]]:
    totals = inventory.total()
    some = totals[(totals["mass_t"] > 0.0) & ~totals["pollutant"].isin(stated_names())]
    return {name: list(some.loc[some["source_class"] == name, "pollutant"]) for name in inventory.classes}


def _unit_row(source_class: str, names: Sequence[str]) -> dict[str, object]:
    row: dict[str, object] = {"source_id": source_class, "district": "", "source_class": source_class, "kind": "grid"}
    return row | {name: UNIT_MASS.get(name, 1.0) for name in names}


def _add_stated(
    amount: np.ndarray, names: Sequence[str], species: Sequence[str], stated: Mapping[str, StatedSpecies]
) -> None:
    for column, name in enumerate(names):
        one = stated.get(name)
        if one is not None and one.species is not None:
            amount[:, column, species.index(one.species)] = one.moles * MOL_PER_MEGAMOLE


def _shares(
    unit: Inventory,
    speciation: Speciation,
    names: Sequence[str],
    species: Sequence[str],
    stated: Mapping[str, StatedSpecies],
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Return the shares of mass in species and in fates, (class, pollutant, ...), and the names of the fates."""
    table = speciation.mass_fractions.sel(source_class=list(unit.sources["source_class"]))
    columns = [str(name) for name in table["species"].to_numpy()]
    own = [name for name in columns if name not in species]
    fate_names = (*own, NO_MODEL_SPECIES)
    kept = np.zeros((len(unit.sources), len(names), len(species)))
    fates = np.zeros((len(unit.sources), len(names), len(fate_names)))
    for column, name in enumerate(names):
        one = stated.get(name)
        if one is None:
            part = table.sel(pollutant=name)
            kept[:, column] = part.reindex(species=list(species), fill_value=0.0).to_numpy()
            fates[:, column, : len(own)] = part.sel(species=own).to_numpy()
        elif one.species is None:
            fates[:, column, -1] = 1.0
        else:
            kept[:, column, species.index(one.species)] = 1.0
    return kept, fates, fate_names


def _carbon(amount: np.ndarray, names: Sequence[str], species: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return where cut PNCOM goes, (class, species) g per t, and OM/OC (class,), from the response to OC."""
    rest = np.zeros((amount.shape[0], amount.shape[2]))
    ratio = np.ones(amount.shape[0])
    if "OC" not in names:
        return rest, ratio
    known = emission_species()
    fine = np.array([name in known and known[name].group == "PM25" for name in species])
    takes = np.where(fine & (amount[:, names.index("OC")] < 0.0), -amount[:, names.index("OC")], 0.0)
    total = takes.sum(axis=1)
    has = total > 0.0
    ratio[has] = total[has] / GRAM_PER_TONNE
    rest[has] = takes[has] / ratio[has, None]
    rest[has, species.index("PNCOM")] = -GRAM_PER_TONNE
    return rest, ratio
