"""The ledger of a gridded inventory: what lies in the domain, beyond it, and under the city's own inventory."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from aqcore.ledger import KEPT, Ledger
from emissions.accounting import OUTSIDE_DOMAIN, Account, Key
from emissions.gridded import GriddedInventory
from emissions.gridded_response import GriddedResponse

REGION = "region"
"""In place of a district: a gridded inventory has none."""

REPLACED = "replaced by the city's inventory"
"""Fate of what lies inside the city, whose own inventory stands in its place."""


@dataclass(frozen=True)
class Placed:
    """What becomes of each row of a gridded inventory, t (10^6 mol of stated species), all (row,).

    `kept` in the domain, `replaced` inside the city, `outside` the domain. `by_district` (row, district) divides
    `replaced` among `districts`.
    """

    kept: np.ndarray
    replaced: np.ndarray
    outside: np.ndarray
    by_district: np.ndarray
    districts: tuple[str, ...]


def class_totals(inventory: GriddedInventory, values: np.ndarray) -> np.ndarray:
    """Return values (row,) summed over months to (class, pollutant), in the order of the inventory's names."""
    classes = pd.Index(inventory.classes).get_indexer(pd.Index(inventory.rows["source_class"]))
    names = pd.Index(inventory.pollutants).get_indexer(pd.Index(inventory.rows["pollutant"]))
    result = np.zeros((len(inventory.classes), len(inventory.pollutants)))
    np.add.at(result, (classes, names), values)
    return result


def open_regional_ledger(
    inventory: GriddedInventory,
    response: GriddedResponse,
    placed: Placed,
    streams: tuple[str, ...],
    year_sums: np.ndarray,
    layer_sums: np.ndarray,
) -> tuple[Ledger, Account]:
    """Record the steps inventory, speciation, placing, time and layers of a gridded inventory.

    `streams` names the stream of each class; `year_sums` is what each row's hourly shares sum to, (row,), and
    `layer_sums` the sum of the layer shares of each class.
    """
    whole = placed.kept + placed.replaced + placed.outside
    parts = {
        name: class_totals(inventory, values)
        for name, values in (
            ("whole", whole), (KEPT, placed.kept), (REPLACED, placed.replaced), (OUTSIDE_DOMAIN, placed.outside),
            ("timed", placed.kept * year_sums),
        )
    }  # fmt: skip
    species = {name: response.masses(mass)[0] for name, mass in parts.items()}
    fates = response.masses(parts["whole"])[1]

    def keyed(values: np.ndarray) -> dict[Key, float]:
        totals: dict[Key, float] = {}
        for number, stream in enumerate(streams):
            for pollutant, value in zip(inventory.pollutants, values[number], strict=True):
                key = (stream, pollutant, REGION)
                totals[key] = totals.get(key, 0.0) + float(value)
        return totals

    ledger = Ledger()
    ledger.record("inventory", keyed(parts["whole"]))
    ledger.record("speciation", keyed(species["whole"].sum(axis=2)))
    for at, fate in enumerate(response.fate_names):
        ledger.record("speciation", _some(keyed(fates[:, :, at])), fate=fate)
    ledger.record("placing", keyed(species[KEPT].sum(axis=2)))
    for fate in (OUTSIDE_DOMAIN, REPLACED):
        ledger.record("placing", _some(keyed(species[fate].sum(axis=2))), fate=fate)
    ledger.record("time", keyed(species["timed"].sum(axis=2)))
    ledger.record("layers", keyed(species["timed"].sum(axis=2) * layer_sums[:, None]))
    keys = tuple((stream, REGION) for stream in dict.fromkeys(streams))
    mass = np.zeros((len(keys), *species[KEPT].shape[1:]))
    np.add.at(mass, [keys.index((stream, REGION)) for stream in streams], species[KEPT])
    return ledger, Account(keys, inventory.pollutants, mass)


def _some(totals: dict[Key, float]) -> dict[Key, float]:
    return {key: mass for key, mass in totals.items() if mass != 0.0}
