"""Reader of the UCI data set 501, "Beijing Multi-Site Air Quality" (12 sites, 2013-03-01 to 2017-02-28, hourly).

The data are licensed CC BY 4.0; cite Zhang et al. 2017, Proc. R. Soc. A 473, 20170457. CO is in ug m-3 there, gases
refer to 273.15 K, hour labels are local time and mark the END of the hour (the set does not document it; the national
network does so).
"""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd
import xarray as xr

from aqcore.errors import Fault, InputError, did_you_mean
from aqcore.units import CELSIUS_ZERO_K
from observations.observations import (
    LABEL_TO_START,
    UTC_OFFSET,
    Observations,
    hourly_index,
    reported_pollutants,
    with_units,
)
from observations.reference_state import reference_temperature

SOURCE = "UCI 501 Beijing Multi-Site Air Quality (CC BY 4.0; Zhang et al. 2017, Proc. R. Soc. A 473, 20170457)"
MET_COLUMNS = ("TEMP", "PRES", "DEWP", "RAIN", "wd", "WSPM")
UG_PER_MG = 1000.0
PASCAL_PER_HPA = 100.0
MAGNUS_A, MAGNUS_B = 17.625, 243.04
"""Magnus formula over water: exp(A t/(B + t)), t in degC (Alduchov and Eskridge 1996, J. Appl. Meteorol. 35, 601)."""

SECTORS = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")
"""The wind comes from sector i x 22.5 degree."""


def read_uci_prsa(path: Path, sites: pd.DataFrame) -> Observations:
    """Return the observations of a CSV (also .gz), the UCI zip, or a folder of the 12 CSV files.

    `sites` is the site table with a column `station` or `prsa_name` (the station name of the set); see `read_sites`.

    Raises
    ------
    InputError
        when the file is missing or is not of this set, a station is not in the table or a site not in the data, or an
        hour occurs twice.
    """
    frame = pd.concat([_read_csv(part, str(path)) for part in _parts(path)], ignore_index=True)
    named = _by_site(frame, sites, path)
    labels = pd.to_datetime(named[["year", "month", "day", "hour"]])
    named["time"] = labels - LABEL_TO_START - UTC_OFFSET
    _check_unique(named, path)
    times = hourly_index(named["time"].min(), named["time"].max())
    cube = named.set_index(["time", "site"])[list(_variables())].to_xarray().reindex(time=times, site=list(sites.index))
    state = np.unique(reference_temperature(labels.to_numpy()))
    return Observations(with_units(_in_schema(cube)), sites, float(state[0]), SOURCE)


def _parts(path: Path) -> Iterator[Path | BinaryIO]:
    if path.is_dir():
        yield from sorted(path.glob("PRSA_Data_*.csv"))
    elif path.suffix == ".zip":
        yield from _zipped(zipfile.ZipFile(path))
    elif path.exists():
        yield path
    else:
        raise InputError([Fault(str(path), "no such file", "give the CSV, the zip or the folder of UCI 501")])


def _zipped(archive: zipfile.ZipFile) -> Iterator[BinaryIO]:
    """Yield the station files of the archive, and of the archive that UCI packs inside it."""
    for name in sorted(archive.namelist()):
        if name.endswith(".zip"):
            yield from _zipped(zipfile.ZipFile(io.BytesIO(archive.read(name))))
        elif Path(name).name.startswith("PRSA_Data_"):
            yield io.BytesIO(archive.read(name))


def _variables() -> tuple[str, ...]:
    return (*reported_pollutants(), *MET_COLUMNS)


def _read_csv(part: Path | BinaryIO, where: str) -> pd.DataFrame:
    frame = pd.read_csv(part)
    needed = ["year", "month", "day", "hour", "station", *_variables()]
    missing = [name for name in needed if name not in frame.columns]
    if missing:
        remedy = "give the file of UCI 501"
        raise InputError([Fault(f"{where}:1", f"column {n!r} is missing", remedy) for n in missing])
    return frame[needed]


def _by_site(frame: pd.DataFrame, sites: pd.DataFrame, path: Path) -> pd.DataFrame:
    if "prsa_name" not in sites.columns and "station" not in sites.columns:
        raise InputError([Fault("site table", "column 'station' is missing", "add the station names of UCI 501")])
    column = "station" if "station" in sites.columns else "prsa_name"
    code_of = {str(name): str(code) for code, name in sites[column].items()}
    there = list(frame["station"].unique())
    faults = [
        Fault(f"{path}:station", f"{name!r} is not in the site table", did_you_mean(name, code_of))
        for name in there
        if name not in code_of
    ]
    faults += [
        Fault(f"site table:{code}", f"station {name!r} has no rows in {path.name}", "remove the site")
        for name, code in code_of.items()
        if name not in there
    ]
    if faults:
        raise InputError(faults)
    return frame.assign(site=frame["station"].map(code_of))


def _check_unique(named: pd.DataFrame, path: Path) -> None:
    repeated = named[named.duplicated(["time", "site"])]
    if len(repeated):
        first = repeated.iloc[0]
        found = f"{len(repeated)} repeated hours, the first {first['station']} {first['time']} UTC"
        raise InputError([Fault(str(path), found, "keep one row an hour and station")])


def _in_schema(cube: xr.Dataset) -> xr.Dataset:
    degrees = {sector: 360.0 / len(SECTORS) * number for number, sector in enumerate(SECTORS)}
    direction = pd.Series(cube["wd"].to_numpy().ravel()).map(degrees).to_numpy(dtype=float)
    data = xr.Dataset({ours: cube[theirs].astype(float) for theirs, ours in reported_pollutants().items()})
    data["CO"] = data["CO"] / UG_PER_MG
    data["T"] = cube["TEMP"] + CELSIUS_ZERO_K
    data["P"] = cube["PRES"] * PASCAL_PER_HPA
    data["RH"] = relative_humidity(cube["TEMP"], cube["DEWP"])
    data["wind"] = cube["WSPM"].astype(float)
    data["wind_from"] = (("time", "site"), direction.reshape(cube["wd"].shape))
    data["rain"] = cube["RAIN"].astype(float)
    return data


def relative_humidity(temperature: xr.DataArray, dew_point: xr.DataArray) -> xr.DataArray:
    """Return relative humidity (0..1) over water from temperature and dew point (degC): Magnus, e(Td)/e(T), at most 1.

    A dew point that was rounded above the temperature is saturation.
    """

    def exponent(celsius: xr.DataArray) -> xr.DataArray:
        return MAGNUS_A * celsius / (MAGNUS_B + celsius)

    ratio = xr.apply_ufunc(np.exp, exponent(dew_point) - exponent(temperature))
    return xr.DataArray(ratio).clip(max=1.0)
