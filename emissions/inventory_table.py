"""Reading a table of an inventory, CSV or Excel, into cells with their places; nothing is interpreted here."""

import csv
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from aqcore.errors import Fault, Faults, InputError

ENCODINGS = ("utf-8-sig", "gb18030")
"""Encodings of CSV tables, tried strictly in this order; GB18030 holds GBK and GB 2312."""
SUFFIXES = (".csv", ".xlsx")
"""Types of tables that can be read."""
OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "，": "full-width commas"}
"""Separators that are not a comma, with their names for the message."""


@dataclass(frozen=True)
class Row:
    """One row: its line in the file (from 1) and its cells (text, number or None)."""

    line: int
    cells: tuple[Any, ...]


@dataclass(frozen=True)
class Table:
    """A table as it stands in a file: headers and rows that are not wholly empty."""

    path: Path
    headers: tuple[str, ...]
    rows: tuple[Row, ...]

    def place(self, line: int, column: str) -> str:
        """Return `file:row:column` for the message of a fault."""
        return f"{self.path}:{line}:{column}"


def read_table(path: Path) -> Table:
    """Read a table by its suffix.

    Raises `InputError`: no such file, other suffix, unreadable, empty, header without rows, rows
    longer than the header, Excel formulas that were never calculated.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise _error(path, f"no reader for a table of type {path.suffix!r}", f"save it as {' or '.join(SUFFIXES)}")
    if not path.exists():
        raise _error(path, "no such file", "give the path of the inventory table")
    lines = _excel_lines(path) if path.suffix.lower() == ".xlsx" else _csv_lines(path)
    filled = [row for row in lines if any(cell not in (None, "") for cell in row.cells)]
    if not filled:
        raise _error(path, "the table is empty", "give a header row and one row a source")
    head, *rows = filled
    headers = tuple(str(cell or "").strip() for cell in head.cells)
    _check_separator(path, headers)
    if not rows:
        raise _error(path, "the table has a header but no rows", "give one row a source")
    _check_width(path, headers, rows)
    return Table(path, headers, tuple(rows))


def _error(path: Path, what: str, remedy: str) -> InputError:
    return InputError([Fault(str(path), what, remedy)])


def _csv_lines(path: Path) -> list[Row]:
    reader = csv.reader(io.StringIO(_decoded(path), newline=""), strict=True)
    try:
        return [Row(reader.line_num, tuple(cell.strip() for cell in cells)) for cells in reader]
    except csv.Error as error:
        raise _error(path, f"line {reader.line_num}: {error}", "close the quotation mark, or remove it") from None


def _decoded(path: Path) -> str:
    data = path.read_bytes()
    for encoding in ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _error(path, "the text is neither UTF-8 nor GBK", "save it as CSV UTF-8")


def _excel_lines(path: Path) -> list[Row]:
    try:
        values = openpyxl.load_workbook(path, read_only=True, data_only=True)
        formulas = openpyxl.load_workbook(path, read_only=True)
    except (InvalidFileException, zipfile.BadZipFile, OSError, KeyError, ValueError) as error:
        raise _error(path, f"not an Excel workbook: {error}", "save it as .xlsx again") from None
    faults = Faults()
    rows = []
    sheets = zip(values.worksheets[0].iter_rows(), formulas.worksheets[0].iter_rows(), strict=True)
    for line, (cells, sources) in enumerate(sheets, start=1):
        for cell, source in zip(cells, sources, strict=True):
            if cell.value is None and source.value is not None:
                remedy = "open the workbook in Excel, let it calculate, and save it"
                faults.add(f"{path}:{line}:{source.coordinate}", "this formula holds no value", remedy)
        rows.append(Row(line, tuple(_cell(cell.value) for cell in cells)))
    values.close()
    formulas.close()
    faults.raise_if_any()
    return rows


def _cell(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _check_separator(path: Path, headers: tuple[str, ...]) -> None:
    named = [header for header in headers if header]
    if len(named) == 1:
        for separator, name in OTHER_SEPARATORS.items():
            if separator in named[0]:
                raise _error(path, f"the columns are separated by {name}", "save the table with commas (CSV UTF-8)")


def _check_width(path: Path, headers: tuple[str, ...], rows: list[Row]) -> None:
    faults = Faults()
    for row in rows:
        if any(cell not in (None, "") for cell in row.cells[len(headers) :]):
            what = f"the row has {len(row.cells)} cells but the header {len(headers)}"
            faults.add(f"{path}:{row.line}", what, "quote cells that hold a comma, or give the column a header")
    faults.raise_if_any()
