"""What a scenario makes of emissions and inflow in each hour of the modelled days, its windows included."""

import numpy as np
import numpy.typing as npt
import xarray as xr

from drivers.box_model.box_case import AFTERNOON, ZoneEmissions, emission_dataset, inflow_factors, passes, scaled_inflow
from observations.model_days import HOURS, ModelDays
from scenarios.window_factors import HourFactors

Array = npt.NDArray[np.float64]


def local_hours(days: ModelDays) -> npt.NDArray[np.datetime64]:
    """Return the local hours of the days of each pass: (which, day, hour), datetime64[h]."""
    midnights = [data["date"].to_numpy().astype("datetime64[D]").astype("datetime64[h]") for data in passes(days)]
    hours = np.stack(midnights)[:, :, None] + np.arange(HOURS).astype("timedelta64[h]")
    return np.asarray(hours, dtype="datetime64[h]")


def hourly_emission(streams: ZoneEmissions, days: ModelDays, hours: HourFactors, timezone: str) -> xr.DataArray:
    """Return the anthropogenic emission (species, which, day, hour, zone), mol s-1 or g s-1, under factors by hour.

    `hours` are the factors at `local_hours(days)`. The emission is made once for each state that occurs.
    """
    states = np.unique(hours.state).tolist()
    own = [emission_dataset(streams, days, days.zones, hours.factors.isel(state=n, drop=True), timezone)
           for n in states]  # fmt: skip
    emission = own[0]
    for number, other in zip(states[1:], own[1:], strict=True):
        at = hours.state == number
        emission.values[:, at] = other.to_numpy()[:, at]
    return emission


def hourly_inflow(inflow: xr.Dataset, hours: HourFactors) -> xr.Dataset:
    """Return the inflow times the factors of each hour of the modelled days; aloft by the mean of the afternoon's."""
    species = [str(name) for name in hours.background["species"].to_numpy()]
    rows = [dict(zip(species, map(float, row), strict=True)) for row in hours.background.to_numpy()]
    if hours.count == 1:
        return scaled_inflow(inflow, rows[0])
    names = [str(name) for name in inflow["bg_species"].to_numpy()]
    by_hour: Array = np.array([inflow_factors(names, row) for row in rows])[hours.state[-1]]
    dims = ("day", "hour", "bg_species")
    factor = xr.DataArray(by_hour, {"bg_species": names}, dims).transpose("bg_species", "day", "hour")
    aloft = factor.isel(hour=AFTERNOON).mean("hour")
    return inflow.assign(background=inflow["background"] * factor, aloft=inflow["aloft"] * aloft)
