"""The days that a model runs: their weather, and what the monitors measured on them, in one schema."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from aqcore.calendar import to_utc
from aqcore.errors import Fault, InputError

MET_UNITS = {"T": "K", "P": "Pa", "RH": "1", "wind": "m s-1"}
"""Weather that every model day has."""

OPTIONAL_UNITS = {"pblh": "m", "cloud": "1"}
"""Weather that a model day may have."""

OBSERVED_UNITS = {
    "obs_O3": "ug m-3",
    "obs_NO2": "ug m-3",
    "obs_SO2": "ug m-3",
    "obs_PM25": "ug m-3",
    "obs_PM10": "ug m-3",
    "obs_CO": "mg m-3",
}
"""What the monitors measured; NaN where nothing."""

DIMS = ("day", "hour", "zone")
HOURS = 24


@dataclass(frozen=True)
class ModelDays:
    """Days to model: weather and observations by day, local hour and zone.

    Attributes
    ----------
    data
        dims (day, hour, zone); `hour` 0..23 is the START of a local hour; on `day` the coords `date` (datetime64,
        local), `season`, `weight` (days of a year that this day stands for), `label`, optional `case` (the kind of
        day, for which a background may have its own row); variables `T` K, `P` Pa,
        `RH` 0..1, `wind` m s-1, optional `pblh` m and `cloud` 0..1, and `obs_O3`, `obs_NO2`, `obs_SO2`, `obs_PM25`,
        `obs_PM10` ug m-3, `obs_CO` mg m-3 (NaN where none).
    reference_state_K
        the temperature to which the gases' mass concentrations refer.
    kind
        `typical` (composites of many days) or `observed` (real days).
    source
        where the days come from, in words for a reader.
    previous
        the day before each day in the same layout and order, for the spin-up; None for typical days (they repeat).

    Raises
    ------
    InputError
        when a dimension, coordinate or variable is missing, or a weather value is missing or impossible.
    """

    data: xr.Dataset
    reference_state_K: float  # noqa: N815 (K is the unit)
    kind: Literal["typical", "observed"]
    source: str
    previous: xr.Dataset | None = None

    def __post_init__(self) -> None:
        faults = _schema_faults(self.data, "model days")
        if self.previous is not None:
            faults += _schema_faults(self.previous, "the days before")
        if faults:
            raise InputError(faults)

    @property
    def zones(self) -> tuple[str, ...]:
        """The zones (district codes), in the order of the arrays."""
        return tuple(str(zone) for zone in self.data["zone"].to_numpy())

    @property
    def cases(self) -> tuple[str, ...]:
        """The kind of each day (`summer_O3_episode`), for which a background may have its own rows; else its season."""
        name = "case" if "case" in self.data.coords else "season"
        return tuple(str(case) for case in self.data[name].to_numpy())

    @property
    def seasons(self) -> tuple[str, ...]:
        """The seasons that occur, in order of their first day."""
        return tuple(dict.fromkeys(str(season) for season in self.data["season"].to_numpy()))

    def times_utc(self, timezone: str = "Asia/Shanghai") -> npt.NDArray[np.datetime64]:
        """Return the UTC start of each local hour, (day, hour) datetime64[ns]."""
        return utc_hours(self.data["date"].to_numpy(), timezone)

    def day_table(self) -> pd.DataFrame:
        """Return the days that evaluation needs: index `day` (local date), season, weight (days of a year), label."""
        columns = {name: self.data[name].to_numpy() for name in ("season", "weight", "label")}
        return pd.DataFrame(columns, index=pd.DatetimeIndex(self.data["date"].to_numpy(), name="day"))

    def observed_hours(self, timezone: str = "Asia/Shanghai") -> xr.Dataset:
        """Return what was measured in the layout of model outputs: (time, zone), time = UTC START of the hour.

        Variables O3, NO2, SO2, PM25, PM10 (ug m-3), CO (mg m-3); zones without a site of their own are left out.
        """
        own = self.data["has_site"].to_numpy() if "has_site" in self.data.coords else slice(None)
        hours = self.data[[name for name in OBSERVED_UNITS if name in self.data]].isel(zone=own)
        times = self.times_utc(timezone).ravel()
        zones = hours["zone"].to_numpy()
        fields = {
            str(name).removeprefix("obs_"): (
                ("time", "zone"),
                values.transpose(*DIMS).to_numpy().reshape(times.size, zones.size),
                values.attrs,
            )
            for name, values in hours.items()
        }
        return xr.Dataset(fields, coords={"time": times, "zone": zones})

    def zone_weather(self, name: str) -> xr.DataArray:
        """Return one weather variable as (day, hour, zone), in the unit of the schema."""
        return self.data[name].transpose(*DIMS)


def utc_hours(dates: npt.ArrayLike, timezone: str) -> npt.NDArray[np.datetime64]:
    """Return the UTC start of the 24 local hours of each local date, (day, 24) datetime64[ns]."""
    midnight = np.asarray(dates).astype("datetime64[D]").astype("datetime64[h]")
    return to_utc(midnight[:, None] + np.arange(HOURS).astype("timedelta64[h]"), timezone)


_LIMITS = {"T": (190.0, 335.0), "P": (40000.0, 110000.0), "RH": (0.0, 1.0), "wind": (0.0, 100.0)}
"""Outside these a weather value is a mistake of unit or column (K, Pa, 1, m s-1)."""


def _schema_faults(data: xr.Dataset, where: str) -> list[Fault]:
    needed = [*DIMS, "date", "season", "weight", "label", *MET_UNITS]
    missing = [name for name in needed if name not in data.variables and name not in data.dims]
    faults = [Fault(where, f"{name!r} is missing", "see ModelDays for the schema") for name in missing]
    if "hour" in data.dims and data.sizes["hour"] != HOURS:
        faults.append(Fault(where, f"has {data.sizes['hour']} hours", "give the 24 hours 0..23 of each day"))
    for name, (low, high) in _LIMITS.items():
        if name in data:
            values = data[name].to_numpy()
            bad = int(np.count_nonzero(~((values >= low) & (values <= high))))
            if bad:
                found = f"{name}: {bad} of {values.size} values are missing or outside {low:g}..{high:g}"
                faults.append(Fault(where, found, f"give {name} in {MET_UNITS[name]}"))
    return faults
