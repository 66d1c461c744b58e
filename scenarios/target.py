"""What a rule reaches: the sources that satisfy every list it names."""

import string
from collections.abc import Iterable, Sequence
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
#: Stands for the id of a source, which is no column but the index.
ID = ""
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

    def mask(self, sources: "pd.DataFrame | SourceColumns") -> Mask:
        """Return which rows of an inventory's `sources` table the target holds: (source) bool.

        Who asks for many targets gives `SourceColumns`, which reads the table once.
        """
        columns = sources if isinstance(sources, SourceColumns) else SourceColumns(sources)
        mask = np.ones(len(columns.table), dtype=bool)
        for field, wanted in self.named().items():
            mask &= _matches(columns, field, wanted)
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


class SourceColumns:
    """The columns of a `sources` table as codes, each made when it is first asked for."""

    def __init__(self, table: pd.DataFrame) -> None:
        self.table = table
        self._codes: dict[str, tuple[npt.NDArray[np.int64], dict[str, int]]] = {}

    def holds(self, column: str, wanted: Iterable[str]) -> Mask:
        """Return which rows have a wanted value in a column (`ID` is the index); none where there is no column."""
        if column != ID and column not in self.table:
            return np.zeros(len(self.table), dtype=bool)
        codes, places = self._coded(column)
        chosen = np.zeros(len(places) + 1, dtype=bool)  # the last place is that of a missing value, code -1
        chosen[[places[value] for value in wanted if value in places]] = True
        return np.asarray(chosen[codes])

    def beginning(self, column: str, starts: tuple[str, ...]) -> Mask:
        """Return which rows have an industry code that begins with one of some digits."""
        codes, places = self._coded(column)
        chosen = np.array([*(industry_digits(value).startswith(starts) for value in places), False])
        return np.asarray(chosen[codes])

    def _coded(self, column: str) -> tuple[npt.NDArray[np.int64], dict[str, int]]:
        """Return the code of each row (-1: missing) and the code of each value."""
        if column not in self._codes:
            values = self.table.index if column == ID else self.table[column]
            codes, distinct = pd.factorize(values)
            places = {str(value): number for number, value in enumerate(distinct.tolist())}
            self._codes[column] = (codes.astype(np.int64), places)
        return self._codes[column]


def _matches(columns: SourceColumns, field: str, wanted: tuple[str, ...]) -> Mask:
    """Return the rows with a wanted value in a column of the field, or that the field reaches in its own way."""
    if field in BY_ID:
        return _named(columns, field, wanted)
    if field == "industries":
        return columns.beginning("industry_code", tuple(industry_digits(code) for code in wanted))
    mask = np.logical_or.reduce([columns.holds(column, wanted) for column in COLUMNS[field]])
    if field == "levels":
        mask = np.logical_or(mask, columns.holds("source_class", _classes_at(wanted)))
    return np.asarray(mask, dtype=bool)


def _named(columns: SourceColumns, field: str, wanted: Sequence[str]) -> Mask:
    """Return the rows with a wanted id, or, as points, a wanted name: an area source has no enterprise name."""
    mask = columns.holds(ID, wanted)
    for column in COLUMNS[field]:
        mask |= columns.holds(column, wanted) & columns.holds("kind", ("point",))
    return mask


def _classes_at(levels: Sequence[str]) -> list[str]:
    """Return the source classes with one of these levels."""
    return [name for name in source_classes() if not set(levels).isdisjoint(levels_of(name))]


def industry_digits(code: object) -> str:
    """Return an industry code without the letter of its section: `C3011` and `3011` are one."""
    return str(code).lstrip(string.ascii_uppercase)
