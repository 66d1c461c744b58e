"""What a rule reaches: the sources that satisfy every list it names."""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import pandas as pd

#: Field of `Target` -> columns of `Inventory.sources` that may hold its values, beside the source id for enterprises.
COLUMNS = {
    "sectors": ("sector",),
    "source_classes": ("source_class",),
    "districts": ("district",),
    "grades": ("grade",),
    "parks": ("park",),
    "enterprises": ("enterprise", "name"),
}
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, order=True)
class Target:
    """Sources that carry one of the values of each non-empty list; an empty target is every source.

    `enterprises` holds source ids, or names of enterprises or sources (every stack of that name).
    """

    sectors: tuple[str, ...] = ()
    source_classes: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    parks: tuple[str, ...] = ()
    enterprises: tuple[str, ...] = ()

    def mask(self, sources: pd.DataFrame) -> Mask:
        """Return which rows of an inventory's `sources` table the target holds: (source) bool."""
        mask = np.ones(len(sources), dtype=bool)
        for field, wanted in self.named().items():
            mask &= _matches(sources, field, wanted)
        return mask

    def named(self) -> dict[str, tuple[str, ...]]:
        """Return the non-empty lists by field name."""
        lists = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: values for name, values in lists.items() if values}

    def __str__(self) -> str:
        return "; ".join(f"{name}={','.join(values)}" for name, values in self.named().items()) or "every source"


def _matches(sources: pd.DataFrame, field: str, wanted: tuple[str, ...]) -> Mask:
    """Return the rows with a wanted value in a column of the field; an area source has no enterprise name."""
    values = list(wanted)
    if field == "enterprises":
        named = np.logical_or.reduce([sources[column].isin(values) for column in COLUMNS[field]])
        return np.asarray((named & (sources["kind"] == "point")) | sources.index.isin(values), dtype=bool)
    return np.asarray(sources[COLUMNS[field][0]].isin(values), dtype=bool)
