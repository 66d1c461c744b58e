"""Tables as cities keep them: CSV with a header line, read with every fault named by file, row and column."""

from collections.abc import Collection, Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from aqcore.errors import Fault, Faults, InputError, did_you_mean

HEADER_LINES = 1
"""Lines above the first row, so that a fault names the line that an editor shows."""


def read_table(path: Path, required: Iterable[str]) -> pd.DataFrame:
    """Return the CSV `path` (UTF-8, with or without BOM) as text, stripped; an empty cell is an empty string.

    Raises
    ------
    InputError
        when the file is missing, is not UTF-8, has no rows, or lacks a `required` column (all of them listed).
    """
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig", skipinitialspace=True)
    except FileNotFoundError:
        raise InputError([Fault(str(path), "no such file", "give the path of an existing CSV file")]) from None
    except UnicodeDecodeError:
        raise InputError([Fault(str(path), "is not UTF-8", "save the table as CSV UTF-8")]) from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError([Fault(str(path), f"is no table: {error}", "repair the rows that it names")]) from None
    frame.columns = [column.strip() for column in frame.columns]
    _check_columns(path, frame, required)
    return pd.DataFrame({column: frame[column].str.strip() for column in frame.columns})


def _check_columns(path: Path, frame: pd.DataFrame, required: Iterable[str]) -> None:
    faults = Faults()
    for column in required:
        if column not in frame.columns:
            faults.add(f"{path}:1", f"column {column!r} is missing", f"add it ({did_you_mean(column, frame.columns)})")
    if frame.empty:
        faults.add(str(path), "has no rows", "fill the table")
    faults.raise_if_any()


def place(path: Path, row: int, column: str) -> str:
    """Return `file:line:column` of the 0-based data row `row`."""
    return f"{path}:{row + 1 + HEADER_LINES}:{column}"


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
        faults.add(place(path, int(row), column), found, f"write a number from {low:g} to {high:g}")
    return values


def choices(path: Path, frame: pd.DataFrame, column: str, faults: Faults, allowed: Collection[str]) -> None:
    """Note every cell of `column` that is not one of `allowed`."""
    for row, value in enumerate(frame[column]):
        if value not in allowed:
            faults.add(place(path, row, column), f"unknown value {value!r}", did_you_mean(value, allowed))
