"""The header of an inventory table: which column holds what, in which unit."""

import re
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

import pandas as pd

from aqcore.errors import Faults, did_you_mean
from aqcore.species import pollutants
from aqcore.units import CELSIUS_ZERO_K, COMMON_MASS_RATES, tonnes_per_year
from emissions.bottom_up import ACTIVITY, ITEM, tonnes_per_activity, unit_of_activity
from emissions.inventory import NUMBER_COLUMNS
from emissions.inventory_table import Table

REQUIRED = {
    "area": ("district", "source_class"),
    "point": ("source_id", "lon", "lat", "district", "source_class"),
}
"""Columns that a table of area sources and one of point sources must have; one pollutant besides."""

METRE = {"m": 1.0, "米": 1.0, "cm": 0.01, "厘米": 0.01, "mm": 0.001, "毫米": 0.001}
"""Metres of the units of length of a stack."""
ATTRIBUTE_UNITS: dict[str, dict[str, tuple[float, float]]] = {
    "stack_height_m": {unit: (factor, 0.0) for unit, factor in METRE.items()},
    "stack_diameter_m": {unit: (factor, 0.0) for unit, factor in METRE.items()},
    "exit_temp_K": {
        "K": (1.0, 0.0),
        "℃": (1.0, CELSIUS_ZERO_K),
        "°C": (1.0, CELSIUS_ZERO_K),
        "C": (1.0, CELSIUS_ZERO_K),
        "摄氏度": (1.0, CELSIUS_ZERO_K),
    },
    "exit_velocity_m_s": {"m/s": (1.0, 0.0), "米/秒": (1.0, 0.0)},
    "lon": {"度": (1.0, 0.0), "°": (1.0, 0.0), "deg": (1.0, 0.0)},
    "lat": {"度": (1.0, 0.0), "°": (1.0, 0.0), "deg": (1.0, 0.0)},
}
"""Units of the attributes of a point source: value = factor x cell + offset in the unit of the column's name."""

BRACKETS = re.compile(r"^(?P<name>[^([（【]*?)\s*[([（【]\s*(?P<unit>[^)\]）】]*?)\s*[)\]）】]\s*$")
"""A header with its unit in brackets, half or full width."""


BOTTOM_UP = re.compile(
    r"ef_(?P<ef>.+)|(?P<ef_zh>.+)排放因子|removal_(?P<removal>(?!pct$).+?)(_pct)?|(?P<removal_zh>.+)去除(效)?率"
)
"""Headers of factors and removals of one pollutant."""

PERCENT = ("%", "％", "pct", "")
"""Units of a removal."""


@dataclass(frozen=True)
class Column:
    """One column of a table: where it stands, what it holds, and value = factor x cell + offset.

    `usable` is False when its unit was noted as a fault, so that its values mean nothing. `unit` is the text of the
    unit of activities and factors, which are converted together.
    """

    index: int
    header: str
    name: str
    factor: float = 1.0
    offset: float = 0.0
    usable: bool = True
    unit: str = ""

    @property
    def is_pollutant(self) -> bool:
        """Whether the column holds the mass of a pollutant (t/a after its factor)."""
        return self.name in pollutants()

    @property
    def is_number(self) -> bool:
        """Whether the column holds numbers."""
        return self.is_pollutant or self.name in NUMBER_COLUMNS or self.is_bottom_up

    @property
    def is_bottom_up(self) -> bool:
        """Whether the column holds numbers that an emission is found from: activity, factors, removals."""
        return self.name == ACTIVITY or self.name.startswith(("ef_", "removal_"))


@cache
def header_aliases() -> dict[str, str]:
    """Return the column of each header that is known, in any spelling, from `data/header_aliases.csv`."""
    with resources.files("emissions").joinpath("data", "header_aliases.csv").open(encoding="utf-8") as file:
        table = pd.read_csv(file, dtype=str)
    return {str(alias): str(column) for alias, column in table[["alias", "column"]].to_numpy()}


def _find(name: str) -> str | None:
    match = BOTTOM_UP.fullmatch(name)
    if match is not None:
        pollutant = _find(match["ef"] or match["ef_zh"] or match["removal"] or match["removal_zh"])
        if pollutant not in pollutants():
            return None
        return f"ef_{pollutant}" if match["ef"] or match["ef_zh"] else f"removal_{pollutant}_pct"
    aliases = header_aliases()
    folded = {alias.casefold(): column for alias, column in aliases.items()}
    return aliases.get(name) or folded.get(name.casefold())


def read_header(table: Table, kind: str, faults: Faults) -> list[Column]:
    """Return the columns of a table of `kind` (`area` or `point`) and note every fault of the header.

    Faults: unknown, repeated or missing columns, columns without header that hold something,
    missing or wrong units.
    """
    columns: list[Column] = []
    for index, header in enumerate(table.headers):
        match = BRACKETS.match(header)
        text, unit = (match["name"].strip(), match["unit"]) if match else (header, None)
        name = _find(text)
        if name is None:
            _note_unknown(table, index, header, faults)
            continue
        noted = len(faults)
        column = Column(index, header, name, unit=unit or "")
        if column.is_bottom_up:
            _check_bottom_up(table.place(1, header), column, faults)
            factor, offset = 1.0, 0.0
        else:
            factor, offset = _factor(table.place(1, header), name, text, unit, faults)
        columns.append(replace(column, factor=factor, offset=offset, usable=len(faults) == noted))
    _check_names(table, columns, kind, faults)
    return columns


def _note_unknown(table: Table, index: int, header: str, faults: Faults) -> None:
    if header:
        faults.add(table.place(1, header), "unknown column", _column_remedy(header))
    elif any(len(row.cells) > index and row.cells[index] not in (None, "") for row in table.rows):
        faults.add(table.place(1, f"column {index + 1}"), "a column without header", "name the column, or delete it")


def _column_remedy(header: str) -> str:
    return did_you_mean(header, header_aliases()) + " Notes go into `note`; delete what no run needs"


def _check_bottom_up(where: str, column: Column, faults: Faults) -> None:
    """Note a unit of an activity, a factor or a removal that is none."""
    if column.name.startswith("removal_") and column.unit not in PERCENT:
        faults.add(where, f"unit {column.unit!r} of a removal", "write %")
    try:
        if column.name.startswith("ef_"):
            tonnes_per_activity(column.unit, column.unit.partition("/")[2])
        elif column.name == ACTIVITY and column.unit:
            unit_of_activity(column.unit)
    except ValueError as error:
        what, _, remedy = str(error).partition(": ")
        faults.add(where, what, remedy)


def _factor(where: str, name: str, text: str, unit: str | None, faults: Faults) -> tuple[float, float]:
    if name in pollutants():
        return _mass_factor(where, name, unit, faults), 0.0
    if unit is None or name not in ATTRIBUTE_UNITS:
        if name == "exit_temp_K" and not text.endswith("_K"):
            faults.add(where, "a temperature without unit", f"write {text}(℃) or {text}(K)")
        return 1.0, 0.0
    if unit not in ATTRIBUTE_UNITS[name]:
        faults.add(where, f"unknown unit {unit!r}", did_you_mean(unit, ATTRIBUTE_UNITS[name]))
    return ATTRIBUTE_UNITS[name].get(unit, (1.0, 0.0))


def _mass_factor(where: str, name: str, unit: str | None, faults: Faults) -> float:
    if not unit:
        faults.add(where, "a pollutant without unit", f"write the unit in brackets: {name} ({COMMON_MASS_RATES[0]})")
        return 1.0
    try:
        return tonnes_per_year(unit)
    except ValueError as error:
        what, _, remedy = str(error).partition(": ")
        faults.add(where, what, remedy)
        return 1.0


def _check_names(table: Table, columns: list[Column], kind: str, faults: Faults) -> None:
    names = [column.name for column in columns]
    for column in columns:
        first = columns[names.index(column.name)]
        if first is not column:
            what = f"a second column for {column.name} (the first is {first.header!r})"
            faults.add(table.place(1, column.header), what, "keep one of them")
    for name in REQUIRED[kind]:
        if name not in names:
            known = [alias for alias, column in header_aliases().items() if column == name]
            faults.add(table.place(1, name), "missing column", f"add it under one of the names {', '.join(known)}")
    if not any(column.is_pollutant or column.name == ITEM or column.name.startswith("ef_") for column in columns):
        remedy = f"add a column a pollutant with its unit, such as NOx ({COMMON_MASS_RATES[0]})"
        faults.add(f"{table.path}:1", "no column of a pollutant", remedy)
