"""What a rule reaches: the sources that satisfy every list it names."""

import string
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import pandas as pd

from emissions.source_classes import source_classes

LEVELS = ("level1", "level2", "level3", "level4")
#: Field of `Target` -> columns of `Inventory.sources` that may hold its values.
COLUMNS = {
    "sectors": ("sector",),
    "source_classes": ("source_class",),
    "districts": ("district",),
    "grades": ("grade",),
    "parks": ("park",),
    "enterprises": ("enterprise", "name"),
    "levels": LEVELS,
    "industries": ("industry_code",),
    "stacks": (),
}
#: Fields that name a single source, beside its columns, by its id.
BY_ID = ("enterprises", "stacks")
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, order=True)
class Target:
    """Sources that carry one of the values of each non-empty list; an empty target is every source.

    `enterprises` holds source ids, or names of enterprises or sources (every stack of that name); `stacks` only source
    ids. `levels` holds names of any of the inventory's four source levels, or names or codes of the levels of a source
    class. `industries` holds codes of GB/T 4754, whole or their first digits (`30` holds `3011`).
    """

    sectors: tuple[str, ...] = ()
    source_classes: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    parks: tuple[str, ...] = ()
    enterprises: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    stacks: tuple[str, ...] = ()

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


def levels_of(source_class: str) -> tuple[str, ...]:
    """Return the codes and names of a source class's own two levels, without empty ones."""
    own = source_classes().get(source_class)
    return tuple(filter(None, (own.level1_code, own.level1_zh, own.level2_code, own.level2_zh))) if own else ()


def _matches(sources: pd.DataFrame, field: str, wanted: tuple[str, ...]) -> Mask:
    """Return the rows with a wanted value in a column of the field, or that the field reaches in its own way."""
    if field in BY_ID:
        return _named(sources, field, wanted)
    if field == "industries":
        digits = tuple(industry_digits(code) for code in wanted)
        return np.asarray(sources["industry_code"].map(industry_digits).str.startswith(digits), dtype=bool)
    mask = np.logical_or.reduce([sources[column].isin(wanted) for column in COLUMNS[field] if column in sources])
    if field == "levels":
        mask = np.logical_or(mask, sources["source_class"].isin(_classes_at(wanted)))
    return np.asarray(mask, dtype=bool)


def _named(sources: pd.DataFrame, field: str, wanted: Sequence[str]) -> Mask:
    """Return the rows with a wanted id, or, as points, a wanted name: an area source has no enterprise name."""
    names = [sources[column].isin(wanted) for column in COLUMNS[field]]
    named = np.logical_or.reduce(names) & (sources["kind"] == "point") if names else np.zeros(len(sources), dtype=bool)
    return np.asarray(named | sources.index.isin(list(wanted)), dtype=bool)


def _classes_at(levels: Sequence[str]) -> list[str]:
    """Return the source classes with one of these levels."""
    return [name for name in source_classes() if not set(levels).isdisjoint(levels_of(name))]


def industry_digits(code: object) -> str:
    """Return an industry code without the letter of its section: `C3011` and `3011` are one."""
    return str(code).lstrip(string.ascii_uppercase)
