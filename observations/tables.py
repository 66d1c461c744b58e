"""Tables as cities keep them: CSV with a header line, read with every fault named by file, row and column."""

import csv
import io
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from aqcore.errors import Fault, Faults, InputError, did_you_mean, gathering

FIRST_LINE = 2
"""The line on which an editor shows the first row below the header."""


def read_table(path: Path, required: Iterable[str]) -> pd.DataFrame:
    """Return the CSV `path` (UTF-8, with or without BOM) as text, stripped; an empty cell is an empty string.

    Blank lines are skipped; the index counts them, so that `place` names the line that an editor shows.

    Raises
    ------
    InputError
        when the file is missing, is not UTF-8, has no header, has no rows, a row has too many or too few cells, or a
        `required` column is missing (all of them listed).
    """
    header, rows = _cells(path)
    with gathering() as faults:
        for line, cells in rows.items():
            if len(cells) != len(header):
                found = f"has {len(cells)} cells, the header {len(header)}"
                faults.add(
                    f"{path}:{line + FIRST_LINE}", found, "give one cell a column; quote text that holds a comma"
                )
        _check_columns(path, header, rows, required, faults)
    return pd.DataFrame(list(rows.values()), columns=header, index=list(rows), dtype=object).astype(str)


def _cells(path: Path) -> tuple[list[str], dict[int, list[str]]]:
    """Return the header and, by line below it (0 = the first), the stripped cells of the rows that are not blank."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError([Fault(str(path), "no such file", "give the path of an existing CSV file")]) from None
    except UnicodeDecodeError:
        raise InputError([Fault(str(path), "is not UTF-8", "save the table as CSV UTF-8")]) from None
    reader = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True)
    header = [cell.strip() for cell in next(reader, [])]
    rows, line = {}, reader.line_num
    for cells in reader:
        if any(cell.strip() for cell in cells):
            rows[line - 1] = [cell.strip() for cell in cells]
        line = reader.line_num
    return header, rows


def _check_columns(
    path: Path, header: list[str], rows: Mapping[int, list[str]], required: Iterable[str], faults: Faults
) -> None:
    for column in required:
        if column not in header:
            faults.add(f"{path}:1", f"column {column!r} is missing", f"add it ({did_you_mean(column, header)})")
    for column in dict.fromkeys(name for name in header if header.count(name) > 1):
        faults.add(f"{path}:1", f"column {column!r} is there {header.count(column)} times", "keep one")
    if not rows:
        faults.add(str(path), "has no rows", "fill the table")


def place(path: Path, frame: pd.DataFrame, row: int | np.integer, column: str) -> str:
    """Return `file:line:column` of the row at position `row` of a table of `read_table`."""
    return f"{path}:{int(frame.index[int(row)]) + FIRST_LINE}:{column}"


def numbers(
    path: Path, frame: pd.DataFrame, column: str, faults: Faults, *, low: float, high: float, optional: bool = False
) -> npt.NDArray[np.float64]:
    """Return a column as numbers; note every cell that is no number or lies outside `low..high`.

    An empty cell is NaN where `optional`, a fault otherwise.
    """
    text = frame[column]
    values = np.asarray(pd.to_numeric(text, errors="coerce"), dtype=float)
    empty = np.asarray(text == "", dtype=bool)
    wrong = np.isnan(values) & ~(empty & optional)
    outside = (values < low) | (values > high)
    for row in np.flatnonzero(wrong | outside):
        found = "is empty" if empty[row] else f"value {text.iloc[row]!r} is not a number in {low:g}..{high:g}"
        faults.add(place(path, frame, row, column), found, f"write a number from {low:g} to {high:g}")
    return values


def choices(path: Path, frame: pd.DataFrame, column: str, faults: Faults, allowed: Collection[str]) -> None:
    """Note every cell of `column` that is not one of `allowed`."""
    for row, value in enumerate(frame[column]):
        if value not in allowed:
            faults.add(place(path, frame, row, column), f"unknown value {value!r}", did_you_mean(value, allowed))
