"""Typical days: composites of many observed days, one a case, in a table of 24 hours by group of districts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from aqcore.errors import Faults, did_you_mean, gathering
from aqcore.units import CELSIUS_ZERO_K
from observations.model_days import HOURS, MET_UNITS, OBSERVED_UNITS, OPTIONAL_UNITS, ModelDays
from observations.reference_state import reference_temperature
from observations.tables import FIRST_LINE, numbers, place, read_table


@dataclass(frozen=True)
class Column:
    """A number column of the table: its unit, its allowed range, and how it becomes the schema's variable."""

    unit: str
    variable: str
    low: float
    high: float
    scale: float = 1.0
    offset: float = 0.0
    optional: bool = False
    required: bool = True


COLUMNS: Mapping[str, Column] = {
    "T_C": Column("degC", "T", -70.0, 60.0, offset=CELSIUS_ZERO_K),
    "RH_pct": Column("%", "RH", 0.0, 100.0, scale=0.01),
    "P_hPa": Column("hPa", "P", 450.0, 1090.0, scale=100.0),
    "wind_m_s": Column("m/s", "wind", 0.0, 90.0),
    "pblh_m": Column("m", "pblh", 10.0, 6000.0, required=False),
    "cloud": Column("1", "cloud", 0.0, 1.0, required=False),
    "O3": Column("ug/m3", "obs_O3", 0.0, 1500.0, optional=True),
    "NO2": Column("ug/m3", "obs_NO2", 0.0, 4000.0, optional=True),
    "SO2": Column("ug/m3", "obs_SO2", 0.0, 4000.0, optional=True),
    "PM25": Column("ug/m3", "obs_PM25", 0.0, 2000.0, optional=True),
    "PM10": Column("ug/m3", "obs_PM10", 0.0, 10000.0, optional=True),
    "CO": Column("mg/m3", "obs_CO", 0.0, 150.0, optional=True),
}
"""The table's number columns; CO is in mg/m3, as the standard has it."""

UNIT_SUFFIXES = {"ug/m3": "_ug_m3", "mg/m3": "_mg_m3"}
"""`O3 (ug/m3)` may also be written `O3_ug_m3`."""

KEYS = ("case", "season", "date", "weight", "group", "hour")


def district_groups(path: Path) -> dict[str, str]:
    """Return district code -> group of districts, from `code` (or `district`) and `group` of a city's districts.csv.

    Raises
    ------
    InputError
        for a missing column, an empty or repeated code, or an empty group.
    """
    frame = read_table(path, ["group"])
    code = "code" if "code" in frame.columns else "district"
    frame = frame if code in frame.columns else read_table(path, ["district", "group"])
    with gathering() as faults:
        for row in np.flatnonzero((frame[code] == "") | frame[code].duplicated()):
            faults.add(
                place(path, frame, row, code),
                f"code {frame[code].iloc[row]!r} is empty or repeated",
                "one row a code",
            )
        for row in np.flatnonzero(frame["group"] == ""):
            faults.add(place(path, frame, row, "group"), "is empty", "name the district's group of stations")
    return dict(zip(frame[code], frame["group"], strict=True))


def typical_days(path: Path, groups: Mapping[str, str], *, reference_state_K: float | None = None) -> ModelDays:
    """Return the typical days of a city's table, one day a `case`, one zone a district of `groups` (code -> group).

    The table has one row a (case, group, hour): case, season, date, weight, group, hour (START of the local hour),
    T_C, RH_pct, P_hPa, wind_m_s, O3, NO2, SO2, PM25, PM10 (ug/m3), CO (mg/m3), optionally pblh_m and cloud (0..1),
    source, flag, pblh_flag. A unit after a name (`O3 (ug/m3)`, `O3_ug_m3`) is checked. The reference state follows
    from the dates (GB 3095) unless it is given.

    Raises
    ------
    InputError
        listing every bad cell, missing hour, unknown group, and case whose season, date or weight is not one.
    """
    frame = _checked_units(path, read_table(path, ["case"]))
    with gathering() as faults:
        table = _numeric(path, frame, faults)
        _check_cases(path, table, faults)
        _check_groups(path, table, groups, faults)
    with gathering() as faults:
        reference = reference_state_K or _one_reference_state(path, table["date"].to_numpy(), faults)
    source = "; ".join(_distinct(frame, "source")) or f"typical days of {path.name}"
    return ModelDays(_with_flags(_dataset(table, groups), frame), reference, "typical", source)


def _distinct(frame: pd.DataFrame, column: str) -> list[str]:
    return [value for value in dict.fromkeys(frame[column]) if value] if column in frame.columns else []


def _with_flags(data: xr.Dataset, frame: pd.DataFrame) -> xr.Dataset:
    """Write on each variable how sure its numbers are (`read`, `derived`, `knowledge`, `constructed`)."""
    for name in data.data_vars:
        own = f"{str(name).removeprefix('obs_')}_flag"
        data[name].attrs["flag"] = ";".join(_distinct(frame, own if own in frame.columns else "flag"))
    return data


def _checked_units(path: Path, frame: pd.DataFrame) -> pd.DataFrame:
    names: dict[str, str] = {}
    with gathering() as faults:
        for header in frame.columns:
            names[header], unit = _name_and_unit(header)
            expected = COLUMNS[names[header]].unit if unit else unit
            if unit != expected:
                faults.add(f"{path}:1:{header}", f"is in {unit!r}", f"convert it to {expected}")
        for column in [*KEYS, *(name for name, column in COLUMNS.items() if column.required)]:
            if column not in names.values():
                faults.add(f"{path}:1", f"column {column!r} is missing", f"add it ({did_you_mean(column, names)})")
    return frame.rename(columns=names)


def _name_and_unit(header: str) -> tuple[str, str]:
    """Split `O3 (ug/m3)` or `O3_ug_m3` into the column's name and its unit; other headers have no unit."""
    bracket = re.fullmatch(r"(\S+)\s*\((.+)\)", header)
    if bracket and bracket.group(1) in COLUMNS:
        return bracket.group(1), bracket.group(2)
    for unit, suffix in UNIT_SUFFIXES.items():
        if header.endswith(suffix) and header.removesuffix(suffix) in COLUMNS:
            return header.removesuffix(suffix), unit
    return header, ""


def _numeric(path: Path, frame: pd.DataFrame, faults: Faults) -> pd.DataFrame:
    table = frame[["case", "season", "group"]].copy()
    for key in ("case", "season", "group"):
        for row in np.flatnonzero(frame[key] == ""):
            faults.add(place(path, frame, row, key), "is empty", f"name the {key}")
    table["hour"] = numbers(path, frame, "hour", faults, low=0, high=HOURS - 1)
    table["weight"] = numbers(path, frame, "weight", faults, low=0, high=366)
    table["date"] = pd.to_datetime(frame["date"], format="%Y-%m-%d", errors="coerce")
    for row in np.flatnonzero(table["date"].isna()):
        faults.add(
            place(path, frame, row, "date"),
            f"{frame['date'].iloc[row]!r} is no date",
            "write it as 2016-07-15",
        )
    for name, column in _columns_of(frame).items():
        values = numbers(path, frame, name, faults, low=column.low, high=column.high, optional=column.optional)
        table[column.variable] = values * column.scale + column.offset
    return table


def _columns_of(frame: pd.DataFrame) -> dict[str, Column]:
    return {name: column for name, column in COLUMNS.items() if name in frame.columns}


def _check_cases(path: Path, table: pd.DataFrame, faults: Faults) -> None:
    for case, rows in table.groupby("case", sort=False):
        for key in ("season", "date", "weight"):
            values = rows[key].unique()
            if len(values) != 1:
                found = f"case {case!r} has {len(values)} values of {key}"
                faults.add(
                    f"{path}:{rows.index[0] + FIRST_LINE}:{key}",
                    found,
                    "a case is one day: give one value in all its rows",
                )
    expected = set(range(HOURS))
    for (name, group), rows in table.groupby(["case", "group"], sort=False):
        hours = rows["hour"].dropna().tolist()
        if sorted(hours) != sorted(expected):
            wrong = sorted(expected.symmetric_difference(hours)) or "repeated hours"
            faults.add(
                f"{path}:{rows.index[0] + FIRST_LINE}:hour",
                f"case {name!r}, group {group!r}: {wrong}",
                "one row an hour 0..23",
            )


def _check_groups(path: Path, table: pd.DataFrame, groups: Mapping[str, str], faults: Faults) -> None:
    for case, rows in table.groupby("case", sort=False):
        there = set(rows["group"])
        for group in sorted(set(groups.values()) - there):
            zones = ", ".join(zone for zone, its in groups.items() if its == group)
            faults.add(f"{path}:{case}", f"no rows of group {group!r} (districts {zones})", did_you_mean(group, there))


def _one_reference_state(path: Path, dates: npt.ArrayLike, faults: Faults) -> float:
    states = np.unique(reference_temperature(dates))
    if states.size > 1:
        remedy = "convert the gases to one state and name it in the city file"
        faults.add(f"{path}:date", f"the dates fall under {states.size} reference states ({states} K)", remedy)
    return float(states[0])


def _dataset(table: pd.DataFrame, groups: Mapping[str, str]) -> xr.Dataset:
    cases = list(dict.fromkeys(table["case"]))
    first = table.drop_duplicates("case").set_index("case").loc[cases]
    units = {name: unit for name, unit in (MET_UNITS | OPTIONAL_UNITS | OBSERVED_UNITS).items() if name in table}
    cube = table.set_index(["case", "hour", "group"])[list(units)].to_xarray()
    cube = cube.sel(case=cases, group=list(groups.values())).transpose("case", "hour", "group")
    return xr.Dataset(
        {name: (("day", "hour", "zone"), cube[name].to_numpy(), {"units": units[name]}) for name in units},
        coords={
            "day": np.arange(len(cases)),
            "hour": np.arange(HOURS),
            "zone": list(groups),
            "date": ("day", first["date"].to_numpy().astype("datetime64[ns]")),
            "season": ("day", first["season"].to_numpy(dtype=str)),
            "weight": ("day", first["weight"].to_numpy(dtype=float)),
            "label": ("day", np.array(cases, dtype=str)),
            "case": ("day", np.array(cases, dtype=str)),
            "group": ("zone", list(groups.values())),
        },
    )
