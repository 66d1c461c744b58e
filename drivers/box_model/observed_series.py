"""Hourly observations of one site as a box is held to them: read from a CSV, every fault named by its hour.

A box runs whole local days of 24 hours. `time` is the local start of the hour; an hourly mean stands at its middle
and values are linear between the middles; each day closes on itself, because each is run on its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from aqcore.errors import Fault, Faults, InputError, did_you_mean, gathering
from drivers.box_model.mechanism import Mechanism
from drivers.box_model.tracers import GAS_ALIASES
from drivers.box_model.weather import HOURS, SECONDS_AN_HOUR
from emissions.voc_compounds import compound_map
from observations.tables import FIRST_LINE, numbers, read_table

Array = npt.NDArray[np.float64]

KELVIN = 273.15
LIMITS = {
    "lon": (-180.0, 180.0),
    "lat": (-90.0, 90.0),
    "T_C": (-60.0, 60.0),
    "RH_pct": (0.0, 100.0),
    "P_hPa": (400.0, 1100.0),
    "pblh_m": (10.0, 6000.0),
    "aod": (0.0, 10.0),
    "cloud": (0.0, 1.0),
    "J_NO2": (0.0, 0.05),
    "J_O1D": (0.0, 1e-3),
}
"""Columns that are no gas, with the range outside which a number is a mistake of unit or column."""
NEEDED = ("time", "lon", "lat", "T_C", "RH_pct", "P_hPa", "NO", "NO2", "CO")
HIGHEST_PPB = 50_000.0
NO_SPECIES = frozenset({"IVOC", "NVOL", "UNR", "UNK"})
"""What the compound map names beside species: it does not react in the mechanism."""


@dataclass(frozen=True)
class ObservedSeries:
    """Whole days of hourly observations: met in SI units, gases ppb by mechanism species, each (day, hour).

    met: `T` K, `P` Pa, `RH` 0..1, and where measured `pblh` m, `aod`, `cloud`, `J_NO2`, `J_O1D` s-1. `unused` names
    the columns whose compound reacts with nothing in the mechanism.
    """

    dates: tuple[np.datetime64, ...]
    lon: float
    lat: float
    met: Mapping[str, Array]
    gases: Mapping[str, Array]
    unused: tuple[str, ...] = ()


def at(values: Array, second: float) -> Array:
    """Return hourly means (day, hour) at a second of the day, linear between the middles of the hours: (day,)."""
    position = second / SECONDS_AN_HOUR - 0.5
    low = int(np.floor(position))
    share = position - low
    return np.asarray((1.0 - share) * values[:, low % HOURS] + share * values[:, (low + 1) % HOURS])


def read_observed_series(path: Path, mechanism: Mechanism) -> ObservedSeries:
    """Return the whole days of a CSV of hourly observations of one site.

    Columns: `time` (local start of the hour), `lon`, `lat`, `T_C`, `RH_pct`, `P_hPa`, gases in ppb by mechanism species
    or compound (`emissions/data/voc_compounds.csv`); optional `pblh_m`, `aod`, `cloud`, `J_NO2`, `J_O1D` (s-1). NO, NO2
    and CO must be there. Raises `InputError` with every fault: a column that nothing knows, a value that is missing,
    negative or impossible, an hour that is missing or given twice, less than one whole day.
    """
    table = read_table(path, NEEDED)
    with gathering() as faults:
        hours = _hours(path, table, faults)
        columns = _columns(path, table, mechanism, faults)
        values = {name: _values(path, table, name, hours, faults) for name in columns}
        _check_place(path, values, faults)
    days = _days(hours, path)
    arranged = {name: column[np.argsort(hours)].reshape(len(days), HOURS) for name, column in values.items()}
    return _series(days, arranged, columns)


def _hours(path: Path, table: pd.DataFrame, faults: Faults) -> npt.NDArray[np.datetime64]:
    times = pd.to_datetime(table["time"], errors="coerce", format="ISO8601")
    for row in np.flatnonzero(np.asarray(times.isna())):
        where = f"{path}:{int(table.index[int(row)]) + FIRST_LINE}:time"
        faults.add(where, f"{table['time'].iloc[row]!r} is no time", "write 2019-07-01 05:00, the local start")
    hours = times.dt.floor("h").to_numpy().astype("datetime64[h]")
    known = hours[~np.isnat(hours)]
    unique, counts = np.unique(known, return_counts=True)
    for hour in unique[counts > 1]:
        faults.add(f"{path}: {_text(hour)}", "the hour is there twice", "give one row an hour")
    if unique.size and not np.isnat(hours).any():
        for gap in _gaps(_missing(unique)):
            one = gap.size == 1
            where = _text(gap[0]) if one else f"{_text(gap[0])} to {_text(gap[-1])}"
            what = "the hour is missing" if one else f"{gap.size} hours are missing"
            faults.add(f"{path}: {where}", what, "fill the gap, or leave the whole day out")
    return hours


def _gaps(missing: npt.NDArray[np.datetime64]) -> list[npt.NDArray[np.datetime64]]:
    """Return the missing hours as runs of neighbours."""
    cuts = np.flatnonzero(np.diff(missing) > np.timedelta64(1, "h")) + 1
    return np.split(missing, cuts) if missing.size else []


def _missing(hours: npt.NDArray[np.datetime64]) -> npt.NDArray[np.datetime64]:
    """Return the hours that the days with observations lack."""
    days = np.unique(hours.astype("datetime64[D]")).astype("datetime64[h]")
    wanted = (days[:, None] + np.arange(HOURS).astype("timedelta64[h]")).ravel()
    return np.setdiff1d(wanted, hours)


def _text(hour: np.datetime64) -> str:
    return str(hour.astype("datetime64[m]")).replace("T", " ")


def _columns(
    path: Path, table: pd.DataFrame, mechanism: Mechanism, faults: Faults
) -> dict[str, tuple[tuple[str, float], ...]]:
    """Return what each column of numbers gives: mechanism species with moles per mole, nothing for met."""
    found: dict[str, tuple[tuple[str, float], ...]] = {}
    compounds = _compounds()
    for name in map(str, table.columns):
        if name == "time":
            continue
        species = GAS_ALIASES.get(name, name)
        if name in LIMITS:
            found[name] = ()
        elif species in mechanism.species or species == "CH4":
            found[name] = ((species, 1.0),)
        elif name in compounds:
            found[name] = tuple((s, n) for s, n in compounds[name] if s in mechanism.species)
        else:
            known = [*LIMITS, *mechanism.species, *compounds]
            faults.add(f"{path}:1:{name}", f"the mechanism has no species {name!r}", did_you_mean(name, known))
    return found


@cache
def _compounds() -> dict[str, tuple[tuple[str, float], ...]]:
    shares: dict[str, list[tuple[str, float]]] = {}
    table = compound_map().reset_index()
    for compound, species, moles in zip(table["compound"], table["species"], table["moles"], strict=True):
        parts = shares.setdefault(str(compound), [])
        if species not in NO_SPECIES:
            parts.append((GAS_ALIASES.get(str(species), str(species)), float(moles)))
    return {name: tuple(parts) for name, parts in shares.items()}


def _values(path: Path, table: pd.DataFrame, name: str, hours: npt.NDArray[np.datetime64], faults: Faults) -> Array:
    low, high = LIMITS.get(name, (0.0, HIGHEST_PPB))
    found = Faults()
    values = numbers(path, table, name, found, low=low, high=high)
    for fault in found:
        line = int(fault.where.rsplit(":", 2)[1])
        row = int(np.flatnonzero(np.asarray(table.index) == line - FIRST_LINE)[0])
        hour = "" if np.isnat(hours[row]) else f" ({_text(hours[row])})"
        faults.add(fault.where + hour, fault.what, fault.remedy)
    return np.asarray(values)


def _check_place(path: Path, values: Mapping[str, Array], faults: Faults) -> None:
    for name in ("lon", "lat"):
        if np.ptp(values[name]) > 0.0:
            faults.add(f"{path}: {name}", "changes along the series", "give one site a file")


def _days(hours: npt.NDArray[np.datetime64], path: Path) -> tuple[np.datetime64, ...]:
    if hours.size < HOURS:
        raise InputError([Fault(str(path), f"has {hours.size} hours", "give at least one whole day of 24 hours")])
    return tuple(np.unique(hours.astype("datetime64[D]")))


def _series(
    days: tuple[np.datetime64, ...],
    values: Mapping[str, Array],
    columns: Mapping[str, tuple[tuple[str, float], ...]],
) -> ObservedSeries:
    met = {"T": values["T_C"] + KELVIN, "P": values["P_hPa"] * 100.0, "RH": values["RH_pct"] / 100.0}
    met |= {"pblh": values["pblh_m"]} if "pblh_m" in values else {}
    met |= {name: values[name] for name in ("aod", "cloud", "J_NO2", "J_O1D") if name in values}
    gases: dict[str, Array] = {}
    for name, parts in columns.items():
        for species, moles in parts:
            gases[species] = gases.get(species, 0.0) + moles * values[name]
    unused = tuple(name for name, parts in columns.items() if not parts and name not in LIMITS)
    return ObservedSeries(days, float(values["lon"][0, 0]), float(values["lat"][0, 0]), met, gases, unused)
