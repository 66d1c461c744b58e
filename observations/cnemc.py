"""Reader of the daily files that Chinese city teams exchange: `china_sites_YYYYMMDD.csv`.

Columns date, hour, type, then one column a station; of the types PM2.5, PM10, SO2, NO2, O3 (ug m-3) and CO (mg m-3)
are read, the derived ones (AQI, running means) are not. Labels are local time and mark the END of the hour. The
station columns change from day to day: they are aligned by name.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from aqcore.errors import Fault, Faults, InputError, gathering
from observations.observations import (
    LABEL_TO_START,
    UTC_OFFSET,
    Observations,
    hourly_index,
    is_gas,
    reported_pollutants,
    with_units,
)
from observations.reference_state import reference_temperature, to_reference

MISSING = ("", "—", "-", "NA", "null")
KEYS = ("date", "hour", "type")
HOUR_LABELS = 24
SOURCE = "hourly values of the national monitoring network (CNEMC)"


def daily_files(folder: Path) -> tuple[Path, ...]:
    """Return the daily files of a folder in order of date; InputError when there is none."""
    found = tuple(sorted(folder.glob("china_sites_*.csv")))
    if not found:
        raise InputError([Fault(str(folder), "no file china_sites_YYYYMMDD.csv", "give the folder of the daily files")])
    return found


def read_cnemc(paths: Sequence[Path], sites: pd.DataFrame, *, reference_state_K: float | None = None) -> Observations:
    """Return the observations of the sites of a table (`read_sites`), whatever columns a day's file has.

    Gases are brought to one reference state (K): the given one, or that of the last day (GB 3095 changed it on
    2018-09-01). An hour or a station that a file lacks is missing; `Observations.coverage` shows how much.

    Raises
    ------
    InputError
        listing every file that is not of this format, value that is no number, repeated hour, and site in no file.
    """
    codes = [str(code) for code in sites.index]
    with gathering() as faults:
        days = [_read_day(path, codes, faults) for path in paths]
        for code in codes:
            if not any(code in day.columns for day in days):
                faults.add(
                    f"site {code}", f"occurs in none of {len(days)} files", "correct the code or remove the site"
                )
    long = pd.concat(days, ignore_index=True)
    _check_unique(long)
    data = _dataset(long, codes)
    state = reference_state_K or float(reference_temperature(_local_labels(data))[-1])
    return Observations(with_units(_at_state(data, state)), sites, state, SOURCE)


def _read_day(path: Path, codes: list[str], faults: Faults) -> pd.DataFrame:
    frame = pd.read_csv(path, dtype=str, encoding="utf-8-sig", keep_default_na=False)
    missing = [name for name in KEYS if name not in frame.columns]
    if missing:
        faults.add(f"{path}:1", f"columns {missing} are missing", "give a file with date, hour, type, <station codes>")
        return pd.DataFrame({"time": pd.DatetimeIndex([]), "type": []})
    rows = frame[frame["type"].isin(reported_pollutants())]
    hours = pd.to_numeric(rows["hour"], errors="coerce")
    dates = pd.to_datetime(rows["date"], format="%Y%m%d", errors="coerce")
    for row in rows.index[(dates.isna() | ~hours.isin(range(HOUR_LABELS + 1))).to_numpy()]:
        found = f"date {frame['date'].iloc[row]!r}, hour {frame['hour'].iloc[row]!r}"
        faults.add(f"{path}:{row + 2}", found, "write the date as 20230120, the hour as 0..24")
    start = dates + pd.to_timedelta(hours, unit="h") - LABEL_TO_START - UTC_OFFSET
    present = {code: _values(path, rows[code], faults) for code in codes if code in rows.columns}
    return pd.DataFrame({"time": start, "type": rows["type"], **present})


def _values(path: Path, column: pd.Series, faults: Faults) -> pd.Series:
    text = column.str.strip()
    values = pd.to_numeric(text.mask(text.isin(MISSING)), errors="coerce")
    for row in values.index[(values.isna() & ~text.isin(MISSING)).to_numpy()]:
        found = f"{text.loc[row]!r} is no number"
        faults.add(f"{path}:{row + 2}:{column.name}", found, 'write a number, or leave the cell empty ("—")')
    return values.astype(float)


def _check_unique(long: pd.DataFrame) -> None:
    repeated = long[long.duplicated(["type", "time"])]
    if len(repeated):
        first = repeated.iloc[0]
        found = f"{len(repeated)} repeated hours, the first {first['type']} {first['time']} UTC"
        raise InputError([Fault("china_sites files", found, "give each day once")])


def _dataset(long: pd.DataFrame, codes: list[str]) -> xr.Dataset:
    times = hourly_index(long["time"].min(), long["time"].max())
    by_type = {str(kind): rows.set_index("time").reindex(times)[codes] for kind, rows in long.groupby("type")}
    names = reported_pollutants()
    return xr.Dataset(
        {names[kind]: (("time", "site"), frame.to_numpy(dtype=float)) for kind, frame in by_type.items()},
        coords={"time": times.to_numpy(), "site": codes},
    )


def _local_labels(data: xr.Dataset) -> np.ndarray:
    return np.asarray(data["time"].to_numpy() + UTC_OFFSET.to_timedelta64())


def _at_state(data: xr.Dataset, state: float) -> xr.Dataset:
    """Bring the gases to one reference state from the one in force on each local day."""
    reported_at = reference_temperature(_local_labels(data))[:, None]
    gases = {
        name: (("time", "site"), to_reference(data[name].to_numpy(), reported_at, state))
        for name in map(str, data.data_vars)
        if is_gas(name)
    }
    return data.assign(gases)
