"""Which temporal and vertical profile each source has, by its class."""

from dataclasses import dataclass

import numpy as np

from emissions.inventory import Inventory
from emissions.layers import Layers, VerticalProfiles, default_vertical_profiles
from emissions.profiles import TimeProfiles
from emissions.source_classes import source_classes

SURFACE = "V_SURFACE"
"""Vertical profile of area sources."""


@dataclass(frozen=True)
class Assignment:
    """Which profiles each source has.

    `temporal` and `vertical` (source,) are indices into `TimeProfiles.ids` and `vertical_ids`; `layer_shares` is
    (vertical profile, layer), rows summing to 1.
    """

    temporal: np.ndarray
    vertical: np.ndarray
    vertical_ids: tuple[str, ...]
    layer_shares: np.ndarray


def assign_profiles(
    inventory: Inventory, clock: TimeProfiles, vertical: VerticalProfiles | None, layers: Layers
) -> tuple[Assignment, TimeProfiles]:
    """Return the profiles of each source by its class, and the temporal profiles that are used.

    Area sources have the vertical profile `SURFACE`, points that of their class. Unknown profiles raise `InputError`.
    """
    classes = source_classes()
    temporal = [classes[name].temporal_profile for name in inventory.sources["source_class"]]
    rows = inventory.sources[["kind", "source_class"]].itertuples(index=False)
    stacks = [classes[name].vertical_profile if kind == "point" else SURFACE for kind, name in rows]
    temporal_ids, vertical_ids = tuple(dict.fromkeys(temporal)), tuple(dict.fromkeys(stacks))
    shares = (vertical or default_vertical_profiles()).fractions(vertical_ids, layers)
    used = clock.select(temporal_ids)
    return Assignment(used.rows(temporal), _index(vertical_ids, stacks), vertical_ids, shares), used


def _index(ids: tuple[str, ...], names: list[str]) -> np.ndarray:
    order = {name: number for number, name in enumerate(ids)}
    return np.array([order[name] for name in names], dtype=np.int64)
