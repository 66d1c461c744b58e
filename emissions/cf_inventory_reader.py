"""Any gridded inventory in CF netCDF (EDGAR, HTAP, CEDS, CAMS), by a table that says what each field is.

The table (CSV) has one row a field: `file`, `variable`, `select` (`sector=1`; several with `;`), `pollutant`,
`source_class`, `units` (in place of the file's), `nox_as` (`NO2` or `NO`, needed for NOx), `month` (of files of one
month). Fields of one class and pollutant add up.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import netCDF4
import numpy as np

from aqcore.errors import Fault, Faults, InputError, did_you_mean, gathering
from aqcore.species import emission_species, pollutants
from emissions.cf_fields import Field, open_fields
from emissions.flux_units import EmissionUnit, emission_unit
from emissions.gridded import WHOLE_YEAR, GriddedInventory, MonthLayer, Nesting, gridded_inventory, windowed
from emissions.inventory_table import Table, read_table
from emissions.source_cells import Cells, LonLatCells
from emissions.source_classes import source_classes

REQUIRED = ("file", "variable", "pollutant", "source_class")
OPTIONAL = ("select", "units", "nox_as", "month", "note")

NOX_AS = ("NO2", "NO")
"""Compounds as whose mass an inventory may state NOx."""


@dataclass(frozen=True)
class FieldRow:
    """One row of the table; `place` is where it stands."""

    place: str
    file: str
    variable: str
    pollutant: str
    source_class: str
    select: dict[str, int]
    units: str
    nox_as: str
    month: int


def read_cf_inventory(
    table: Path,
    folder: Path,
    *,
    name: str,
    year: int,
    box: tuple[float, float, float, float] | None = None,
    nesting: Nesting = "refuse",
) -> GriddedInventory:
    """Read a gridded inventory by its table of fields.

    Parameters
    ----------
    table, folder
        The table (module text) and the folder that its column `file` starts from.
    name, year
        Name of the inventory for the reports; the year that is taken from fields with several, and whose months
        turn fluxes into mass.
    box
        West, south, east, north (degrees): cells beyond are only summed.
    nesting
        As in `read_meic`.

    Raises
    ------
    InputError
        With all faults of the table and of the files: unknown names, units, times; cells that differ.

    """
    rows = _read_rows(read_table(table))
    with gathering() as faults:
        sums = _gathered(rows, folder, year, faults)
    cells, layers = _windowed(sums, box, str(table))
    return gridded_inventory(name, year, cells, layers, nesting=nesting)


def _read_rows(table: Table) -> list[FieldRow]:
    faults = Faults()
    for header in table.headers:
        if header not in (*REQUIRED, *OPTIONAL):
            faults.add(table.place(1, header), "unknown column", did_you_mean(header, (*REQUIRED, *OPTIONAL)))
    for header in REQUIRED:
        if header not in table.headers:
            faults.add(table.place(1, header), "missing column", f"columns: {', '.join((*REQUIRED, *OPTIONAL))}")
    faults.raise_if_any()
    rows = []
    for row in table.rows:
        cells = {name: str(cell or "") for name, cell in zip(table.headers, row.cells, strict=False)}
        rows.append(_row(f"{table.path}:{row.line}", cells, faults))
    _check_repeats(rows, faults)
    faults.raise_if_any()
    return rows


def _row(place: str, cells: dict[str, str], faults: Faults) -> FieldRow:
    pollutant, source_class = cells["pollutant"], cells["source_class"]
    if pollutant not in pollutants():
        faults.add(f"{place}:pollutant", f"unknown pollutant {pollutant!r}", did_you_mean(pollutant, pollutants()))
    if source_class not in source_classes():
        remedy = did_you_mean(source_class, source_classes())
        faults.add(f"{place}:source_class", f"unknown source class {source_class!r}", remedy)
    nox_as, month = cells.get("nox_as", ""), cells.get("month", "")
    if pollutant == "NOx" and nox_as not in NOX_AS:
        faults.add(f"{place}:nox_as", f"NOx is the mass of {nox_as or '?'}",
                   "say NO2 (EDGAR, CEDS, HTAP, MEIC) or NO (CAMS-GLOB-ANT), as it is documented")  # fmt: skip
    if month and not (month.isdigit() and 1 <= int(month) <= 12):
        faults.add(f"{place}:month", f"month {month!r}", "give 1 to 12, or leave it empty")
        month = ""
    if cells.get("units"):
        _unit(cells["units"], f"{place}:units", faults)
    select = _select(cells.get("select", ""), f"{place}:select", faults)
    return FieldRow(place, cells["file"], cells["variable"], pollutant, source_class, select, cells.get("units", ""),
                    nox_as, int(month or WHOLE_YEAR))  # fmt: skip


def _select(text: str, place: str, faults: Faults) -> dict[str, int]:
    chosen: dict[str, int] = {}
    for part in (part for part in text.split(";") if part.strip()):
        name, _, number = part.partition("=")
        if not number.strip().isdigit():
            faults.add(place, f"{part.strip()!r} chooses nothing", "write dimension=number, such as sector=1")
        else:
            chosen[name.strip()] = int(number)
    return chosen


def _check_repeats(rows: list[FieldRow], faults: Faults) -> None:
    seen: dict[tuple[object, ...], str] = {}
    for row in rows:
        key = (row.file, row.variable, tuple(sorted(row.select.items())))
        if key in seen:
            faults.add(row.place, f"this field stands already at {seen[key]}", "it would count twice: delete one row")
        seen.setdefault(key, row.place)


def _unit(text: str, place: str, faults: Faults) -> EmissionUnit | None:
    try:
        return emission_unit(text)
    except ValueError as error:
        what, _, remedy = str(error).partition(": ")
        faults.add(place, what, remedy)
        return None


@dataclass
class _Sums:
    """Sums of the fields by (class, pollutant, month), and the cells that they share."""

    cells: Cells | None
    mass: dict[tuple[str, str, int], np.ndarray]
    files: dict[tuple[str, str, int], str]


def _gathered(rows: list[FieldRow], folder: Path, year: int, faults: Faults) -> _Sums:
    sums = _Sums(None, {}, {})
    for row in rows:
        try:
            for month, values, cells in _months(row, folder, year, faults):
                _require_same(sums, cells, row)
                key = row.source_class, row.pollutant, month
                sums.mass[key] = sums.mass[key] + values if key in sums.mass else values
                sums.files.setdefault(key, f"{row.place} ({row.file}:{row.variable})")
        except InputError as error:
            faults.extend(error.faults)
    return sums


def _require_same(sums: _Sums, cells: Cells, row: FieldRow) -> None:
    if sums.cells is None:
        sums.cells = cells
    first, second = sums.cells, cells
    same = type(first) is type(second) and first.shape == second.shape
    if not same or not all(np.allclose(a, b) for a, b in zip(vars(first).values(), vars(second).values(), strict=True)):
        what = f"{row.file} has other cells ({second.shape}) than the first file ({first.shape})"
        raise InputError([Fault(row.place, what, "read inventories of different grids one by one")])


def _months(row: FieldRow, folder: Path, year: int, faults: Faults) -> Iterator[tuple[int, np.ndarray, Cells]]:
    """Yield (month, t (y, x), cells) of one field."""
    path = folder / row.file
    if not path.exists():
        raise InputError([Fault(f"{row.place}:file", f"no such file: {path}", "correct the name")])
    try:
        file = netCDF4.Dataset(path)
    except OSError as error:
        raise InputError([Fault(f"{row.place}:file", f"not a netCDF file: {error}", "get the file again")]) from None
    with file:
        field = open_fields(file, row.variable, row.select, row.place)
        unit = _unit(row.units or field.units, f"{row.place}:units", faults)
        if unit is None:
            return
        for month, values in _of_year(field, row, year):
            mass = np.ma.filled(values.astype(float), 0.0) * unit.tonnes_in(year, month)
            if unit.per_area:
                mass = mass * _area(field.cells, row)
            yield month, mass * _as_no2(row), field.cells


def _of_year(field: Field, row: FieldRow, year: int) -> Iterator[tuple[int, np.ma.MaskedArray]]:
    if field.dates is None:
        yield row.month, field.values()
        return
    steps = [number for number, (of, _) in enumerate(field.dates) if of == year]
    if not steps:
        years = ", ".join(map(str, sorted({of for of, _ in field.dates})))
        raise InputError([Fault(row.place, f"{row.file} has no time in {year}, only in {years}", "choose the year")])
    months = [field.dates[step][1] for step in steps]
    if len(steps) > 1 and len(set(months)) < len(steps):
        what = f"{row.file} has {len(steps)} times in {year}, more than one a month"
        raise InputError([Fault(row.place, what, "make means of the months first (cdo monmean)")])
    for step in steps:
        # a single step of a year stands for the year, unless the row says its month
        month = row.month if len(steps) == 1 else field.dates[step][1]
        yield month, field.values(step)


def _area(cells: Cells, row: FieldRow) -> np.ndarray:
    if not isinstance(cells, LonLatCells):
        remedy = "give masses a cell, or fluxes on a rectilinear grid"
        raise InputError([Fault(row.place, "fluxes on curvilinear cells, whose areas are not known", remedy)])
    return cells.area_m2()


def _as_no2(row: FieldRow) -> float:
    """Return the t of NO2 per t as which NOx is stated."""
    if row.pollutant != "NOx" or row.nox_as == "NO2":
        return 1.0
    mass = {name: emission_species()[name].molar_mass_g_mol or 1.0 for name in NOX_AS}
    return mass["NO2"] / mass["NO"]


def _windowed(
    sums: _Sums, box: tuple[float, float, float, float] | None, where: str
) -> tuple[Cells, Iterator[MonthLayer]]:
    cells = sums.cells
    if cells is None:
        raise InputError([Fault(where, "the table names no field", "give one row a field")])
    if box is None or not isinstance(cells, LonLatCells):
        return cells, (MonthLayer(*key, mass.ravel(), 0.0, sums.files[key]) for key, mass in sums.mass.items())
    part, window = windowed(cells, box, where)
    return part, (
        MonthLayer(*key, mass[window].ravel(), float(mass.sum() - mass[window].sum()), sums.files[key])
        for key, mass in sums.mass.items()
    )
