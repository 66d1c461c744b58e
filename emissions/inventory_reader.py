"""The city's own inventory tables: area sources by district and class, point sources with their stacks."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from aqcore.districts import Districts
from aqcore.errors import Fault, Faults, InputError, did_you_mean, gathering
from aqcore.gcj02 import TO_WGS84
from aqcore.species import pollutants
from emissions.bottom_up import ACTIVITY, fill_bottom_up
from emissions.inventory import NUMBER_COLUMNS, TEXT_COLUMNS, Inventory, inventory_of
from emissions.inventory_checks import (
    Record,
    check_flag,
    check_nesting,
    check_repeats,
    check_required,
    fill_particle_size,
)
from emissions.inventory_header import Column, read_header
from emissions.inventory_table import Row, Table, read_table
from emissions.source_classes import source_classes

TOTAL_WORDS = ("合计", "总计", "小计", "全市", "total", "sum")
"""Words that mark a row of totals where a district should stand."""
EMPTY_WORDS = ("-", "--", "—", "/", "无", "n/a", "na", "null", "none")
"""Words that tables write where a cell should be empty."""
RANGES = {
    "lon": (-180.0, 360.0),
    "lat": (-90.0, 90.0),
    "stack_height_m": (0.0, 500.0),
    "stack_diameter_m": (0.0, 50.0),
    "exit_temp_K": (230.0, 2500.0),
    "exit_velocity_m_s": (0.0, 150.0),
}
"""What the attributes of a point source can be, in the unit of the column's name."""


def read_inventory(
    districts: Districts | Mapping[str, str],
    *,
    area: Path | None = None,
    points: Path | None = None,
    datum: str = "wgs84",
    fill_sizes: bool = False,
) -> Inventory:
    """Read the tables of a city's inventory.

    Parameters
    ----------
    districts
        The districts that a row may name, by code or by Chinese name; a mapping is code -> name.
    area, points
        The tables (.csv in UTF-8 or GBK, .xlsx): `area` has one row a (district, source class),
        `points` one row a stack. Every pollutant column carries its unit in brackets.
    datum
        Datum of the coordinates in `points`: `wgs84`, `gcj02` or `bd09`.
    fill_sizes
        Where a row states only one of PM10 and PM25, fill the other one by the size table of its
        source class; `sources["filled"]` says so. When False such a row of PM10 is a fault.

    Raises
    ------
    InputError
        With every fault of both tables, each with its file, row, column and remedy.

    """
    if area is None and points is None:
        raise InputError([Fault("inventory", "no table is given", "give area.csv, points.csv or both")])
    if datum not in TO_WGS84:
        raise InputError([Fault("inventory:datum", f"unknown datum {datum!r}", did_you_mean(datum, TO_WGS84))])
    names = districts.names_zh if isinstance(districts, Districts) else dict(districts)
    records: list[Record] = []
    with gathering() as faults:
        for kind, path in (("area", area), ("point", points)):
            if path is not None:
                records.extend(_gathered(path, kind, names, fill_sizes, faults))
        check_repeats(records, faults)
    return inventory_of(_finished(record, datum) for record in records)


def _gathered(path: Path, kind: str, names: Mapping[str, str], fill_sizes: bool, faults: Faults) -> Iterator[Record]:
    try:
        table = read_table(path)
    except InputError as error:
        faults.extend(error.faults)
        return
    columns = read_header(table, kind, faults)
    for row in table.rows:
        record = _record(table, row, columns, kind, faults)
        _resolve_district(record, names, faults)
        _resolve_class(record, faults)
        _fill_bottom_up(record, columns, faults)
        check_required(record, kind, faults)
        check_flag(record, faults)
        if fill_sizes:
            fill_particle_size(record)
        check_nesting(record, faults)
        yield record


def _fill_bottom_up(record: Record, columns: list[Column], faults: Faults) -> None:
    """Fill emissions from the activity of a row, where the table has columns for it."""
    ef_units = {column.name: column.unit for column in columns if column.name.startswith("ef_") and column.usable}
    activity = next((column for column in columns if column.name == ACTIVITY), None)
    own = {column.name for column in columns if column.is_bottom_up}
    if not own:
        return
    noted = len(faults)
    fill_bottom_up(record, ef_units, activity.unit if activity else "", faults)
    if len(faults) > noted or own & record["faulty"]:
        record["faulty"] |= set(pollutants())  # what is missing now is a consequence


def _record(table: Table, row: Row, columns: list[Column], kind: str, faults: Faults) -> Record:
    """Return the cells of a row by column; `faulty` names the columns whose cell was noted as a fault."""
    record: Record = {"kind": kind, "file": table.path.name, "row": row.line, "place": f"{table.path}:{row.line}"}
    record["faulty"] = set()
    for column in columns:
        cell = row.cells[column.index] if column.index < len(row.cells) else None
        if not column.is_number:
            record[column.name] = _text(cell)
            continue
        noted = len(faults)
        record[column.name] = _number(cell, column, table.place(row.line, column.header), faults)
        if len(faults) > noted or not column.usable:
            record["faulty"].add(column.name)
    return record


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


def _number(cell: Any, column: Column, where: str, faults: Faults) -> float | None:
    if cell is None or cell == "":
        return None
    value = _parsed(cell)
    if value is None:
        remedy = (
            "leave the cell empty" if str(cell).casefold() in EMPTY_WORDS else "write a plain number such as 1234.5"
        )
        faults.add(where, f"{cell!r} is not a number", remedy)
        return None
    if not np.isfinite(value):
        faults.add(where, f"{cell!r} is not finite", "give a number, or leave the cell empty")
        return None
    if column.is_pollutant and value < 0.0:
        faults.add(where, f"negative emission {cell}", "an emission is 0 or more; removals belong into measures")
        return None
    if column.is_bottom_up and value < 0.0:
        faults.add(where, f"negative value {cell}", "activities, factors and removals are 0 or more")
        return None
    if column.name.startswith("removal_") and value > 100.0:
        faults.add(where, f"removal of {cell} %", "a removal is 0 to 100 %")
        return None
    if not column.usable:
        return None
    value = column.factor * value + column.offset
    low, high = RANGES.get(column.name, (-np.inf, np.inf))
    if not low <= value <= high:
        faults.add(where, f"{column.name} = {value:g} is outside {low:g} to {high:g}", "check the value and its unit")
        return None
    return value


def _parsed(cell: Any) -> float | None:
    if isinstance(cell, bool):
        return None
    try:
        return float(cell)
    except (TypeError, ValueError):
        return None


def _resolve_district(record: Record, names: Mapping[str, str], faults: Faults) -> None:
    text = str(record.get("district") or "")
    if not text:
        return
    codes = {name: code for code, name in names.items()}
    if text in names or text in codes:
        record["district"] = text if text in names else codes[text]
    elif any(word in text.casefold() for word in TOTAL_WORDS):
        faults.add(f"{record['place']}:district", f"{text!r} looks like a row of totals", "delete the row")
    else:
        remedy = did_you_mean(text, [*names.values(), *names])
        faults.add(f"{record['place']}:district", f"unknown district {text!r}", remedy)


def _resolve_class(record: Record, faults: Faults) -> None:
    if "source_class" not in record:
        return
    text = str(record["source_class"])
    known = source_classes()
    by_name = {one.name_zh: slug for slug, one in known.items()}
    if text and text not in known and text not in by_name:
        remedy = did_you_mean(text, [*by_name, *known])
        faults.add(f"{record['place']}:source_class", f"unknown source class {text!r}", remedy)
    record["source_class"] = by_name.get(text, text)


def _finished(record: Record, datum: str) -> Record:
    """Return the record as `inventory_of` takes it: coordinates in WGS84, file and row as the place."""
    filled = "; ".join(text for text in (record.get("filled"), record.get("bottom_up")) if text)
    kept = {*TEXT_COLUMNS, *NUMBER_COLUMNS, *pollutants(), "source_id"}
    record = {name: value for name, value in record.items() if name in kept} | {"filled": filled}
    if record.get("lon") is None or record.get("lat") is None:
        return record
    lon, lat = TO_WGS84[datum](record["lon"], record["lat"])
    return record | {"lon": float(lon), "lat": float(lat)}
