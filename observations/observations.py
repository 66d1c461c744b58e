"""What the monitors measured: hourly values by site, in one schema."""

from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from io import StringIO

import numpy as np
import pandas as pd
import xarray as xr

from aqcore.errors import Fault, InputError, did_you_mean
from observations.reference_state import to_reference

HOUR = np.timedelta64(1, "h")

UTC_OFFSET = pd.Timedelta(hours=8)
"""The official clock of Chinese monitors: UTC+8 in the whole country."""

LABEL_TO_START = pd.Timedelta(hours=1)
"""A label of the monitors marks the end of its hour."""

MET_UNITS = {"T": "K", "P": "Pa", "RH": "1", "wind": "m s-1", "wind_from": "degree", "rain": "mm"}
"""Weather that a station may report; `wind_from` is the direction the wind comes from, `rain` the fall of the hour."""


@cache
def pollutants_table() -> pd.DataFrame:
    """Return the monitored pollutants: index pollutant; unit, gas (yes, no), and the limits of quality control."""
    text = files("observations").joinpath("data/pollutants.csv").read_text("utf-8")
    return pd.read_csv(StringIO(text)).set_index("pollutant")


def reported_pollutants() -> dict[str, str]:
    """Return the name in monitoring files (PM2.5) -> ours (PM25)."""
    return {str(reported): str(ours) for ours, reported in pollutants_table()["reported_as"].items()}


def is_gas(pollutant: str) -> bool:
    """Return whether a monitored pollutant's mass refers to a reference state."""
    return bool(pollutants_table().loc[pollutant, "gas"] == "yes")


@dataclass(frozen=True)
class Observations:
    """Hourly observations of a city's sites.

    Attributes
    ----------
    data
        dims (time, site): `time` is the UTC START of the hour, hourly without gaps; `O3 NO2 SO2 PM25 PM10` ug m-3,
        `CO` mg m-3, and weather (`T` K, `P` Pa, `RH` 0..1, `wind` m s-1, `wind_from` degree, `rain` mm) where
        present; NaN = missing.
    sites
        index `code`: name, lon, lat, district, is_control, ...; the order of `site`.
    reference_state_K
        the temperature to which the mass of the gases refers.
    source
        where the values come from, in words.
    timezone
        the city's time zone (its days and seasons are local).

    Raises
    ------
    InputError
        when times are not hourly without gaps, sites and table differ, or a variable is not one of the schema.
    """

    data: xr.Dataset
    sites: pd.DataFrame
    reference_state_K: float  # noqa: N815 (K is the unit)
    source: str
    timezone: str = "Asia/Shanghai"

    def __post_init__(self) -> None:
        faults = [*_time_faults(self.data), *_site_faults(self.data, self.sites), *_name_faults(self.data)]
        if faults:
            raise InputError(faults)

    @property
    def pollutants(self) -> tuple[str, ...]:
        """The monitored pollutants that are present."""
        return tuple(name for name in pollutants_table().index if name in self.data)

    @property
    def evaluation_sites(self) -> tuple[str, ...]:
        """The codes of the sites that count in the city's mean: all but the control sites (HJ 663)."""
        return tuple(str(code) for code in self.sites.index[~self.sites["is_control"].to_numpy(dtype=bool)])

    def at_reference_state(self, temperature: float) -> "Observations":
        """Return the same air with the gases' mass at another reference temperature (K), ideal gas."""
        gases = {
            name: self.data[name].copy(data=to_reference(self.data[name].values, self.reference_state_K, temperature))
            for name in self.pollutants
            if is_gas(name)
        }
        return replace(self, data=self.data.assign(gases), reference_state_K=temperature)

    def without(self, flagged: pd.DataFrame) -> "Observations":
        """Return the observations with the values of a list of flags (time, site, variable) set to missing."""
        data = self.data.copy(deep=True)
        for name, rows in flagged.groupby("variable"):
            at_time = data.indexes["time"].get_indexer(pd.DatetimeIndex(rows["time"]))
            at_site = data.indexes["site"].get_indexer(pd.Index(rows["site"]))
            values = data[str(name)].transpose("time", "site").to_numpy().copy()
            values[at_time, at_site] = np.nan
            data[str(name)] = (("time", "site"), values, data[str(name)].attrs)
        return replace(self, data=data)

    def coverage(self) -> pd.DataFrame:
        """Return the share of valid hours, rows site, columns variable."""
        valid = self.data.count("time") / self.data.sizes["time"]
        shares = {str(name): valid[name].to_numpy() for name in self.data.data_vars}
        return pd.DataFrame(shares, index=pd.Index(self.sites.index, name="site"))


def _time_faults(data: xr.Dataset) -> list[Fault]:
    steps = np.diff(data["time"].to_numpy())
    wrong = np.flatnonzero(steps != HOUR)
    remedy = "give every hour once; a missing value is NaN"
    return [Fault(f"time {data['time'].to_numpy()[step]}", f"next step is {steps[step]}", remedy) for step in wrong[:5]]


def _site_faults(data: xr.Dataset, sites: pd.DataFrame) -> list[Fault]:
    in_data, in_table = [str(site) for site in data["site"].to_numpy()], [str(code) for code in sites.index]
    faults = [
        Fault(f"site {code}", "is not in the site table", "add its row") for code in in_data if code not in in_table
    ]
    faults += [Fault(f"site {code}", "has no data", "remove its row") for code in in_table if code not in in_data]
    if not faults and in_data != in_table:
        faults.append(Fault("sites", "data and table are in different order", "sort the table as the data"))
    return faults


def _name_faults(data: xr.Dataset) -> list[Fault]:
    allowed = [*pollutants_table().index, *MET_UNITS]
    return [
        Fault(f"variable {name}", "is not one of the schema", did_you_mean(str(name), allowed))
        for name in data.data_vars
        if name not in allowed
    ]


def with_units(data: xr.Dataset) -> xr.Dataset:
    """Write the unit of the schema on each variable."""
    units = MET_UNITS | pollutants_table()["unit"].to_dict()
    for name in data.data_vars:
        data[name].attrs["units"] = units[str(name)]
    return data


def hourly_index(first: pd.Timestamp, last: pd.Timestamp) -> pd.DatetimeIndex:
    """Return every hour from `first` to `last`."""
    return pd.date_range(first, last, freq="h", name="time")
