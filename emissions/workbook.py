"""Tables in a workbook that people read: Chinese and English headers with units, frozen panes, number formats.

What the columns mean stands in `data/report_columns.csv`; a column that it does not know keeps its name. Text stays
text, whatever it begins with: a name from an inventory never becomes a formula.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from aqcore.species import pollutants
from emissions.shipped_tables import shipped_table

HEADER_ROWS = 4
"""Title, Chinese names, English names, units."""

CONTENTS = ("目录", "contents")

HEAD = PatternFill("solid", fgColor="DCE6EC")
TEXT = "@"
NUMBER = "#,##0.0##"
WHOLE = "#,##0"
WIDEST = 44.0
NARROWEST = 9.0
LOOKED_AT = 200
"""Rows that decide the width of a column."""

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""Characters that a workbook cannot hold."""

SHEET_NAME = re.compile(r"[\[\]:*?/\\]")
LONGEST_NAME = 31


@dataclass(frozen=True)
class Column:
    """How a column stands in a workbook: names, unit and number format."""

    zh: str
    en: str
    unit: str
    number_format: str


@dataclass(frozen=True)
class Sheet:
    """One table: `key` names its CSV, `title_zh` and `title_en` head it, `note` says what to know."""

    key: str
    title_zh: str
    title_en: str
    table: pd.DataFrame
    note: str = ""


@cache
def report_columns() -> dict[str, Column]:
    """Return the columns by name, pollutants (t/a) among them."""
    table = {
        str(row["column"]): Column(str(row["zh"]), str(row["en"]), str(row["unit"]), str(row["number_format"]))
        for row in shipped_table("report_columns.csv").to_dict("records")
    }
    own = {name: Column(one.name_zh, name, "t/a", NUMBER) for name, one in pollutants().items()}
    return {**own, **table}


def column_of(name: str) -> Column:
    """Return how a column stands in a workbook."""
    return report_columns().get(name, Column(name, name, "", ""))


def write_workbook(path: Path, sheets: Sequence[Sheet], *, title: str = "") -> Path:
    """Write tables into one .xlsx, a sheet each after a list of contents; the folder is made.

    Raises `ValueError` when two sheets have one key.
    """
    keys = [sheet.key for sheet in sheets]
    if len(set(keys)) != len(keys):
        raise ValueError(f"two sheets have one key: {keys}")
    book = Workbook(write_only=True)
    _write(book.create_sheet(CONTENTS[0]), _contents(sheets, title))
    for sheet in sheets:
        _write(book.create_sheet(_sheet_name(sheet)), sheet)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


def write_tables(folder: Path, sheets: Iterable[Sheet]) -> list[Path]:
    """Write each table as `<folder>/<key>.csv` (UTF-8, column names as in the code) and return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for sheet in sheets:
        paths.append(folder / f"{sheet.key}.csv")
        sheet.table.to_csv(paths[-1], index=False)
    return paths


def _sheet_name(sheet: Sheet) -> str:
    return SHEET_NAME.sub(" ", sheet.title_zh)[:LONGEST_NAME]


def _contents(sheets: Sequence[Sheet], title: str) -> Sheet:
    rows = [(_sheet_name(one), one.title_en, len(one.table), one.note) for one in sheets]
    table = pd.DataFrame(rows, columns=["sheet", "title_en", "rows", "note"])
    return Sheet(CONTENTS[1], title or CONTENTS[0], CONTENTS[1], table)


def _write(page: WriteOnlyWorksheet, sheet: Sheet) -> None:
    columns = [str(name) for name in sheet.table.columns]
    heads = [column_of(name) for name in columns]
    dimensions: Any = getattr(page, "column_dimensions")  # noqa: B009  # there, but not in the stubs
    page.freeze_panes = f"B{HEADER_ROWS + 1}"
    for number, name in enumerate(columns, start=1):
        dimensions[get_column_letter(number)].width = _width(name, sheet.table.iloc[:, number - 1])
    heading = f"{sheet.title_zh}  {sheet.title_en}" + (f"    {sheet.note}" if sheet.note else "")
    page.append([_styled(page, heading, Font(bold=True, size=12))])
    for part in ("zh", "en", "unit"):
        page.append([_styled(page, getattr(head, part), Font(bold=part == "zh"), HEAD) for head in heads])
    last = get_column_letter(max(len(columns), 1))
    filtered: Any = getattr(page, "auto_filter")  # noqa: B009  # there, but not in the stubs
    filtered.ref = f"A{HEADER_ROWS}:{last}{HEADER_ROWS + len(sheet.table)}"
    for row in sheet.table.itertuples(index=False, name=None):
        page.append([_cell(page, value, head) for value, head in zip(row, heads, strict=True)])


def _styled(page: WriteOnlyWorksheet, text: str, font: Font, fill: PatternFill | None = None) -> Cell:
    cell = _text_cell(page, text)
    cell.font = font
    if fill is not None:
        cell.fill = fill
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _text_cell(page: WriteOnlyWorksheet, text: str) -> Cell:
    cell: Cell = WriteOnlyCell(page, CONTROL.sub("", text))
    cell.data_type = "s"  # "=..." stays what it is
    return cell


def _cell(page: WriteOnlyWorksheet, value: Any, head: Column) -> Any:
    if isinstance(value, str):
        return _text_cell(page, value) if value.startswith(("=", "+", "-", "@")) or CONTROL.search(value) else value
    if isinstance(value, bool | np.bool_):
        return "是" if value else ""
    if value is None or value is pd.NaT or (isinstance(value, float | np.floating) and not np.isfinite(value)):
        return None
    if isinstance(value, float | np.floating | int | np.integer):
        plain = value.item() if isinstance(value, np.generic) else value
        cell = WriteOnlyCell(page, plain)
        cell.number_format = head.number_format or (WHOLE if isinstance(plain, int) else NUMBER)
        return cell
    return CONTROL.sub("", str(value))


def _width(name: str, column: pd.Series) -> float:
    head = column_of(name)
    texts = [head.zh, head.en, head.unit, *(_shown(value) for value in column.iloc[:LOOKED_AT])]
    return float(np.clip(max(_length(text) for text in texts) + 2.0, NARROWEST, WIDEST))


def _shown(value: Any) -> str:
    return f"{value:,.1f}" if isinstance(value, float) else str(value)


def _length(text: str) -> float:
    """Return the width of a text: a Chinese character is as wide as two Latin ones."""
    return sum(2.0 if ord(character) > 0x2E80 else 1.0 for character in text)
