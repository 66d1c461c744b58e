"""Tables of measured hours and of activity: CSV or Excel, in the city's local time.

Hourly: `source_id`, `time` (start of the local hour, 2013-07-15 08:00), then pollutants with a unit a time
(`NOx (kg/h)`) or `activity` (factor on the profile). Daily: `date`, `factor`, and at least one of `sector`,
`source_class`, `district`. Series have no gaps: an hour that is not known must not be left to chance.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from aqcore.calendar import CHINA, to_utc
from aqcore.errors import Faults, did_you_mean
from aqcore.species import pollutants
from aqcore.units import TIMES_A_YEAR, tonnes_per_year
from emissions.dynamics import SELECTORS, Dynamics
from emissions.inventory_header import BRACKETS, header_aliases
from emissions.inventory_table import Row, Table, read_table

ACTIVITY = "activity"
HOURLY = ("source_id", "time")

TIME_FORMATS = ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d %H:%M",
                "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H")  # fmt: skip
DATE_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y-%m-%d %H:%M:%S")


def read_hourly(path: Path, *, timezone: str = CHINA) -> Dynamics:
    """Read measured hours and hourly activity of sources.

    Raises `InputError` with all faults: columns, units, times that are no start of an hour, gaps inside the series of
    a source, hours twice, values that are no number or negative, PM25 above PM10.
    """
    table = read_table(path)
    faults = Faults()
    factors = _hourly_columns(table, faults)
    faults.raise_if_any()
    rows = [_hour(table, row, factors, faults) for row in table.rows]
    frame = pd.DataFrame(rows, columns=["source_id", "time", "place", *factors])
    _check_series(frame, "time", ["source_id"], np.timedelta64(1, "h"), faults)
    _check_empty(frame, ["source_id"], list(factors), faults)
    _check_nesting(frame, faults)
    faults.raise_if_any()
    frame["hour"] = to_utc(frame["time"].to_numpy(dtype="datetime64[ns]"), timezone).astype("datetime64[h]")
    keys = ["source_id", "hour", "place"]
    masses = [name for name in factors if name != ACTIVITY]
    measured = frame.melt(keys, masses, "pollutant", "tonnes").dropna(subset="tonnes") if masses else None
    activity = frame.rename(columns={ACTIVITY: "factor"}).dropna(subset="factor") if ACTIVITY in factors else None
    if activity is not None:
        activity = activity[[*keys, "factor"]]
    return Dynamics.of(measured=measured, activity=activity)


def _hourly_columns(table: Table, faults: Faults) -> dict[str, float]:
    """Return t in an hour per unit of each column of values, 1 for activity."""
    factors: dict[str, float] = {}
    for header in table.headers:
        match = BRACKETS.match(header)
        text, unit = (match["name"].strip(), match["unit"]) if match else (header, "")
        name = header_aliases().get(text, text)
        if name in HOURLY:
            continue
        if name == ACTIVITY:
            factors[name] = 1.0
        elif name in pollutants():
            factors[name] = _hourly_unit(table.place(1, header), name, unit, faults)
        else:
            remedy = did_you_mean(header, (*HOURLY, ACTIVITY, *(f"{one} (kg/h)" for one in pollutants())))
            faults.add(table.place(1, header), "unknown column", remedy)
    for name in HOURLY:
        if name not in [header_aliases().get(header, header) for header in table.headers]:
            faults.add(table.place(1, name), "missing column", "columns: source_id, time, then NOx (kg/h) ...")
    if not factors:
        faults.add(f"{table.path}:1", "no column of values", "add NOx (kg/h) and others, or activity")
    return factors


def _hourly_unit(where: str, name: str, unit: str, faults: Faults) -> float:
    remedy = f"write {name} (kg/h), (t/h) or (g/s): the rate of the hour"
    try:
        rate = tonnes_per_year(unit)
    except ValueError:
        rate = 0.0
    if not unit or not rate or not unit.replace("／", "/").endswith(("/h", "/hr", "/小时", "/s", "/秒")):
        faults.add(where, f"unit {unit!r} is no rate of an hour", remedy)
        return 1.0
    return rate / TIMES_A_YEAR["h"]


def _hour(table: Table, row: Row, factors: dict[str, float], faults: Faults) -> dict[str, object]:
    place = f"{table.path}:{row.line}"
    record: dict[str, object] = {"place": place}
    for header, cell in zip(table.headers, row.cells, strict=False):
        match = BRACKETS.match(header)
        text = match["name"].strip() if match else header
        name = header_aliases().get(text, text)
        if name == "source_id":
            record[name] = str(cell or "")
            if not cell:
                faults.add(f"{place}:source_id", "the cell is empty", "name the source")
        elif name == "time":
            record[name] = _moment(cell, TIME_FORMATS, f"{place}:time", "2013-07-15 08:00", faults)
        else:
            record[name] = factors[name] * _value(cell, f"{place}:{header}", faults)
    time = record.get("time")
    if isinstance(time, datetime) and (time.minute or time.second):
        faults.add(f"{place}:time", f"{time} is no start of an hour", "give hourly means labelled by their start")
    return record


def _moment(cell: object, formats: tuple[str, ...], where: str, example: str, faults: Faults) -> datetime | None:
    if isinstance(cell, datetime):
        return cell
    for form in formats:
        try:
            return datetime.strptime(str(cell), form)  # noqa: DTZ007  # local time of the city, turned into UTC below
        except ValueError:
            continue
    faults.add(where, f"{cell!r} is no time", f"write it as {example}")
    return None


def _value(cell: object, where: str, faults: Faults) -> float:
    if cell is None or cell == "":
        return float("nan")
    try:
        value = float(str(cell))
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        faults.add(where, f"{cell!r} is not a number", "write a plain number")
        return 0.0
    if value < 0.0:
        faults.add(where, f"negative value {cell}", "values are 0 or more; flagged hours must be replaced first")
    return value


def _check_series(frame: pd.DataFrame, column: str, keys: list[str], step: np.timedelta64, faults: Faults) -> None:
    """Note series (rows of the same keys) with gaps or with a time twice."""
    for key, rows in frame[frame[column].notna()].groupby(keys, sort=False):
        times = rows[column].to_numpy(dtype="datetime64[s]")
        order = np.argsort(times, kind="stable")
        steps = np.diff(times[order])
        label = ", ".join(str(part) for part in key if part)
        for at in np.flatnonzero(steps == np.timedelta64(0, "s")):
            faults.add(rows["place"].iloc[order[at + 1]], f"{label} at {times[order[at]]} stands twice", "keep one row")
        gaps = np.flatnonzero(steps > step)
        if len(gaps):
            missing = int((steps[gaps] / step).sum()) - len(gaps)
            what = f"{label} has {len(gaps)} gaps ({missing} missing), the first after {times[order[gaps[0]]]}"
            faults.add(rows["place"].iloc[order[gaps[0]]], what, "fill them, or divide the series into files")


def _check_empty(frame: pd.DataFrame, keys: list[str], columns: list[str], faults: Faults) -> None:
    """Note empty cells in series that have values; a series that is empty as a whole is left to its profile."""
    for _, rows in frame.groupby(keys, sort=False):
        for column in columns:
            empty = rows[column].isna()
            if empty.any() and not empty.all():
                places = rows["place"][empty]
                what = f"{len(places)} empty cells in a series that has values: a gap"
                faults.add(f"{places.iloc[0]}:{column}", what, "give the values, or leave the whole column empty")


def _check_nesting(frame: pd.DataFrame, faults: Faults) -> None:
    if "PM25" in frame and "PM10" in frame:
        for row in frame[frame["PM25"] > frame["PM10"] * (1.0 + 1e-6)].to_dict("records"):
            what = f"PM25 {row['PM25']:g} t exceeds PM10 {row['PM10']:g} t, which holds it"
            faults.add(row["place"], what, "check both values and their units")


def read_daily(path: Path) -> Dynamics:
    """Read daily factors on the activity of sectors, classes or districts.

    Raises `InputError` with all faults: columns, dates, gaps inside a series, dates twice, values.
    """
    table = read_table(path)
    faults = Faults()
    allowed = ("date", "factor", *SELECTORS, "note")
    for header in table.headers:
        if header not in allowed:
            faults.add(table.place(1, header), "unknown column", did_you_mean(header, allowed))
    for name in ("date", "factor"):
        if name not in table.headers:
            faults.add(table.place(1, name), "missing column", f"columns: {', '.join(allowed)}")
    if not set(SELECTORS) & set(table.headers):
        faults.add(f"{table.path}:1", "no column that chooses sources", f"add one of {', '.join(SELECTORS)}")
    faults.raise_if_any()
    rows = [_day(table, row, faults) for row in table.rows]
    frame = pd.DataFrame(rows, columns=["date", *SELECTORS, "factor", "place"])
    _check_series(frame, "date", list(SELECTORS), np.timedelta64(1, "D"), faults)
    for place in frame["place"][frame["factor"].isna()]:
        faults.add(f"{place}:factor", "the cell is empty", "give the factor, 1 for a usual day")
    faults.raise_if_any()
    frame["date"] = frame["date"].to_numpy(dtype="datetime64[D]").astype("datetime64[s]")
    return Dynamics.of(daily=frame)


def _day(table: Table, row: Row, faults: Faults) -> dict[str, object]:
    place = f"{table.path}:{row.line}"
    cells = dict(zip(table.headers, row.cells, strict=False))
    date = _moment(cells.get("date"), DATE_FORMATS, f"{place}:date", "2013-07-15", faults)
    chosen = {name: str(cells.get(name) or "") for name in SELECTORS}
    return {"date": date, "factor": _value(cells.get("factor"), f"{place}:factor", faults), "place": place, **chosen}


READERS: dict[str, Callable[..., Dynamics]] = {"hourly": read_hourly, "daily": read_daily}
"""Readers by the key of the city file."""
