"""One row of a table as text, and its cells read as numbers, years and flags, with every fault noted."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from aqcore.errors import Faults
from scenarios.measure import FLAGS

LIST_SEPARATOR = ";"
YEARS = (1980, 2100)
MOMENT = re.compile(r"^(?P<year>\d{4})(?:-(?P<month>0[1-9]|1[0-2]))?$")


@dataclass(frozen=True)
class Row:
    """One (measure, pollutant) as text, with the place it came from."""

    where: str
    cells: Mapping[str, str]

    def text(self, column: str) -> str:
        """Return a cell without surrounding blanks, empty when it is missing."""
        return self.cells.get(column, "").strip()

    def items(self, column: str) -> tuple[str, ...]:
        """Return the parts of a list cell."""
        return tuple(part.strip() for part in self.text(column).split(LIST_SEPARATOR) if part.strip())

    def at(self, column: str) -> str:
        """Return the place of one cell."""
        return f"{self.where}:{column}"


def given(row: Row, column: str, faults: Faults) -> str:
    """Return a cell that may not be empty."""
    if not row.text(column):
        faults.add(row.at(column), "empty", "say where the number comes from")
    return row.text(column)


def flag(row: Row, column: str, faults: Faults) -> str:
    """Return how sure a number is, one of `FLAGS`."""
    word = row.text(column)
    if word not in FLAGS:
        faults.add(row.at(column), f"{word!r} is no flag", f"allowed: {', '.join(FLAGS)}")
    return word


def percent(row: Row, column: str, faults: Faults) -> float:
    """Return a required percentage as a fraction; a missing one is a fault."""
    if not row.text(column):
        faults.add(row.at(column), "empty", "give a percentage from 0 to 100")
    return optional_percent(row, column, faults) or 0.0


def optional_percent(row: Row, column: str, faults: Faults) -> float | None:
    """Return a percentage from 0 to 100 as a fraction, None when the cell is empty."""
    value = number(row, column, faults, low=0.0, high=100.0)
    return None if value is None else value / 100.0


def number(row: Row, column: str, faults: Faults, *, low: float, high: float) -> float | None:
    """Return a number within its range, None when the cell is empty or faulty."""
    text = row.text(column)
    if not text:
        return None
    value = as_number(text)
    if value is not None and low <= value <= high:
        return value
    what = f"{text!r} is no number" if value is None else f"{text} is outside {low:g}..{high:g}"
    faults.add(row.at(column), what, f"give a number from {low:g} to {high:g}")
    return None


def as_number(text: str) -> float | None:
    """Return the number a text spells, None when it spells none."""
    try:
        return float(text)
    except ValueError:
        return None


def moment(row: Row, column: str, faults: Faults) -> tuple[int, int | None] | None:
    """Return a year and, where the cell names one (`2026-06`), a month; None when the cell is empty or faulty."""
    text = row.text(column)
    if not text:
        return None
    match = MOMENT.match(text)
    if match and YEARS[0] <= int(match["year"]) <= YEARS[1]:
        return int(match["year"]), int(match["month"]) if match["month"] else None
    faults.add(row.at(column), f"{text!r} is no year or month", f"give 2026 or 2026-06, {YEARS[0]} to {YEARS[1]}")
    return None
