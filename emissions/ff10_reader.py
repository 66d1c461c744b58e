"""SMOKE's flat files FF10 (point and nonpoint) as an inventory.

Rows name a source, an SCC, a pollutant and its annual emission, in short tons unless the caller says otherwise; stacks
are in feet, degrees Fahrenheit and feet a second (SMOKE manual, PTINV and ARINV in FF10 format). Two tables say what
SMOKE does not know: the district of each region code and the source class of each SCC.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from aqcore.errors import Fault, Faults, InputError, did_you_mean
from aqcore.units import CELSIUS_ZERO_K
from emissions.inventory import Inventory, inventory_of
from emissions.inventory_checks import Record, check_nesting
from emissions.source_classes import source_classes
from emissions.speciation_profiles import read_text_table

METRE_PER_FOOT = 0.3048
TONNE_PER_SHORT_TON = 0.90718474
"""2000 pounds of 0.45359237 kg."""

TONNES = {"short ton": TONNE_PER_SHORT_TON, "t": 1.0}
"""t of the units that annual values may have."""

POINT_COLUMNS = """
country_cd region_cd tribal_code facility_id unit_id rel_point_id process_id agy_facility_id agy_unit_id
agy_rel_point_id agy_process_id scc poll ann_value ann_pct_red facility_name erptype stkhgt stkdiam stktemp stkflow
stkvel naics longitude latitude
"""

NONPOINT_COLUMNS = "country_cd region_cd tribal_code census_tract_cd shape_id scc emis_type poll ann_value"

FORMATS = {"FF10_POINT": tuple(POINT_COLUMNS.split()), "FF10_NONPOINT": tuple(NONPOINT_COLUMNS.split())}
"""Columns in the order of the formats, for files without a header row."""

IDENTITY = {
    "FF10_POINT": ("facility_id", "unit_id", "rel_point_id", "process_id", "scc"),
    "FF10_NONPOINT": ("region_cd", "scc", "emis_type", "shape_id"),
}
"""What makes one source; rows that differ only in the pollutant belong together."""

MONTHLY = "jan_value"


@dataclass(frozen=True)
class FlatFile:
    """An inventory read from FF10, and what was not taken: code, rows, annual value (unit of the file), why."""

    inventory: Inventory
    unused: pd.DataFrame


@cache
def ff10_pollutants() -> dict[str, str]:
    """Return the pollutant of each code that is read, from `data/ff10_pollutants.csv`."""
    with resources.files("emissions").joinpath("data", "ff10_pollutants.csv").open(encoding="utf-8") as file:
        table = pd.read_csv(file, dtype=str)
    return {str(code): str(name) for code, name in table[["code", "pollutant"]].to_numpy()}


def read_ff10(path: Path, *, classes: Path, regions: Mapping[str, str] | None = None, unit: str = "short ton"
              ) -> FlatFile:  # fmt: skip
    """Read a file of FF10_POINT or FF10_NONPOINT.

    Parameters
    ----------
    path
        The flat file; its line `#FORMAT` says which of the two it is.
    classes
        CSV `scc, source_class`; an SCC that ends with `*` stands for all that begin so, the longest wins.
    regions
        District of each region code; by default the region codes are the districts.
    unit
        Of the annual values: `short ton` (SMOKE's) or `t`.

    Raises
    ------
    InputError
        With all faults: no FF10, columns, codes without class or district, values, sources that stand twice.

    """
    if unit not in TONNES:
        raise InputError([Fault("unit", f"unknown unit {unit!r}", did_you_mean(unit, TONNES))])
    kind, rows = _rows(path)
    rules = _rules(classes)
    faults = Faults()
    sources: dict[tuple[str, ...], Record] = {}
    unused: dict[str, list[float]] = {}
    for line, row in rows:
        place = f"{path}:{line}"
        value = _number(row.get("ann_value", ""), f"{place}:ann_value", faults)
        pollutant = ff10_pollutants().get(row["poll"])
        if pollutant is None:
            unused.setdefault(row["poll"], []).append(value or 0.0)
            continue
        key = tuple(row.get(name, "") for name in IDENTITY[kind])
        if key not in sources:
            sources[key] = _source(kind, row, (path.name, line, place), rules, regions, faults)
        if pollutant in sources[key]:
            what = f"{pollutant} of this source stands already at {sources[key]['place']}"
            faults.add(place, what, "add the two rows up")
        sources[key][pollutant] = None if value is None else value * TONNES[unit]
    for record in sources.values():
        check_nesting(record, faults)
    if not sources and not len(faults):
        faults.add(str(path), "no row of a pollutant that is read", f"codes: {', '.join(ff10_pollutants())}")
    faults.raise_if_any()
    kept = [{k: v for k, v in record.items() if k not in ("place", "faulty")} for record in sources.values()]
    return FlatFile(inventory_of(kept), _unused(unused, rows))


def _unused(codes: Mapping[str, list[float]], rows: list[tuple[int, dict[str, str]]]) -> pd.DataFrame:
    table = [(code, len(values), sum(values), "no pollutant of ours") for code, values in codes.items()]
    monthly = [row for _, row in rows if row.get(MONTHLY)]
    if monthly:
        total = sum(float(row["ann_value"] or 0.0) for row in monthly)
        table.append(("monthly values", len(monthly), total, "the profile of the source class gives the months"))
    return pd.DataFrame(table, columns=["code", "rows", "ann_value", "why"])


def _rows(path: Path) -> tuple[str, list[tuple[int, dict[str, str]]]]:
    """Return the format and the rows of a file, each with its line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError([Fault(str(path), "no such file", "give the path of the flat file")]) from None
    except UnicodeDecodeError:
        raise InputError([Fault(str(path), "the text is not UTF-8", "save it as UTF-8")]) from None
    lines = text.splitlines()
    head = [line.upper().replace("=", " ").split() for line in lines if line.upper().startswith("#FORMAT")]
    kind = head[0][1] if head and len(head[0]) > 1 else ""
    if kind not in FORMATS:
        what = f"format {kind!r}" if kind else "no line #FORMAT"
        raise InputError([Fault(f"{path}:1", what, f"readable are {', '.join(FORMATS)}")])
    numbered = [(k, line) for k, line in enumerate(lines, start=1) if line.strip() and not line.startswith("#")]
    cells = [(k, [cell.strip() for cell in next(csv.reader(io.StringIO(line)))]) for k, line in numbered]
    names = FORMATS[kind]
    if cells and cells[0][1][0].lower() in ("country_cd", "country"):
        names = tuple(name.lower() for name in cells.pop(0)[1])
    faults = Faults()
    for name in ("region_cd", "scc", "poll", "ann_value"):
        if name not in names:
            faults.add(f"{path}:{name}", "missing column", f"the columns of {kind} are {', '.join(FORMATS[kind])}")
    for line, row in cells:
        if "ann_value" in names and len(row) <= names.index("ann_value"):
            faults.add(f"{path}:{line}", f"the row has {len(row)} cells", f"{kind} has {len(names)}")
    faults.raise_if_any()
    return kind, [(line, dict(zip(names, row, strict=False))) for line, row in cells]


def _rules(path: Path) -> dict[str, str]:
    table = read_text_table(path)
    faults = Faults()
    for name in ("scc", "source_class"):
        if name not in table.columns:
            faults.add(f"{path}:1:{name}", "missing column", "the columns are scc, source_class")
    faults.raise_if_any()
    for row, name in enumerate(table["source_class"], start=2):
        if name not in source_classes():
            remedy = did_you_mean(name, source_classes())
            faults.add(f"{path}:{row}:source_class", f"unknown source class {name!r}", remedy)
    faults.raise_if_any()
    return dict(zip(table["scc"], table["source_class"], strict=True))


def _class_of(scc: str, rules: Mapping[str, str]) -> str | None:
    if scc in rules:
        return rules[scc]
    fitting = [rule for rule in rules if rule.endswith("*") and scc.startswith(rule[:-1])]
    return rules[max(fitting, key=len)] if fitting else None


def _number(text: str, where: str, faults: Faults, *, positive: bool = True) -> float | None:
    if text == "":
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        faults.add(where, f"{text!r} is not a number", "write a plain number")
        return None
    if positive and value < 0.0:
        faults.add(where, f"negative value {text}", "values are 0 or more")
        return None
    return value


def _source(
    kind: str,
    row: Mapping[str, str],
    where: tuple[str, int, str],
    rules: Mapping[str, str],
    regions: Mapping[str, str] | None,
    faults: Faults,
) -> Record:
    file, line, place = where
    region, scc = row["region_cd"], row["scc"]
    district = region if regions is None else regions.get(region, "")
    if not district:
        faults.add(f"{place}:region_cd", f"no district for region {region!r}", did_you_mean(region, regions or {}))
    source_class = _class_of(scc, rules)
    if source_class is None:
        faults.add(f"{place}:scc", f"no source class for SCC {scc!r}", "add a row, or a rule such as 2104*")
    identity = ":".join(row.get(name, "") for name in IDENTITY[kind])
    record: dict[str, Any] = {
        "source_id": f"{region}:{identity}" if kind == "FF10_POINT" else identity, "kind": "area", "file": file,
        "row": line, "place": place, "faulty": set(), "district": district, "level4": scc,
        "source_class": source_class or next(iter(source_classes())),
    }  # fmt: skip
    return record | (_stack(row, place, faults) if kind == "FF10_POINT" else {})


def _stack(row: Mapping[str, str], place: str, faults: Faults) -> dict[str, Any]:
    def number(name: str, *, positive: bool = True) -> float | None:
        return _number(row.get(name, ""), f"{place}:{name}", faults, positive=positive)

    lon, lat = number("longitude", positive=False), number("latitude", positive=False)
    if lon is None or lat is None or not (-180.0 <= lon <= 360.0 and -90.0 <= lat <= 90.0):
        faults.add(f"{place}:longitude", f"no place: {row.get('longitude')!r}, {row.get('latitude')!r}",
                   "a point has longitude and latitude in degrees")  # fmt: skip
    height, diameter = number("stkhgt"), number("stkdiam")
    heat, speed, flow = number("stktemp", positive=False), number("stkvel"), number("stkflow")
    if speed is None and flow is not None and diameter:
        speed = flow / (0.25 * np.pi * diameter**2)
    feet = {"stack_height_m": height, "stack_diameter_m": diameter, "exit_velocity_m_s": speed}
    values = {name: None if value is None else value * METRE_PER_FOOT for name, value in feet.items()}
    kelvin = None if heat is None else (heat - 32.0) / 1.8 + CELSIUS_ZERO_K
    place_of = {"kind": "point", "name": row.get("facility_name", ""), "lon": lon, "lat": lat, "exit_temp_K": kelvin}
    return place_of | values
