"""Whole local days from the fields of a met model, the mean of each district: what MCIP's and WRF's files share.

A met model's values are of a moment; a model day holds means of hours, here the mean of both ends of the hour.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from aqcore.calendar import to_utc
from aqcore.errors import Fault, InputError
from observations.model_days import HOURS, MET_UNITS, OPTIONAL_UNITS, ModelDays
from observations.reference_state import reference_temperature
from observations.seasons import season_days, season_of

Array = npt.NDArray[np.float64]
Dates = npt.NDArray[np.datetime64]

EPSILON = 0.622
"""Molar mass of water over that of dry air."""
HOUR, DAY = np.timedelta64(1, "h"), np.timedelta64(1, "D")


def relative_humidity(vapour: Array, temperature: Array, pressure: Array) -> Array:
    """Return relative humidity 0..1 from kg kg-1, K and Pa, with Magnus' saturation over water, at most 1."""
    celsius = temperature - 273.15
    saturation = 611.2 * np.exp(17.62 * celsius / (243.12 + celsius))
    return np.clip(vapour * pressure / (EPSILON + vapour) / saturation, 0.0, 1.0)


def zone_means(cells: Mapping[str, Array], mask: xr.DataArray, cell_area: Array) -> dict[str, Array]:
    """Return fields (time, y, x) as means (time, zone) over the cells of each zone by the area that they share.

    mask: area fraction of each cell in each zone (zone, y, x); cell_area m2 (y, x). Raises `InputError` for a zone
    without a cell.
    """
    weight = mask.transpose("zone", "y", "x").to_numpy() * cell_area
    total = weight.sum(axis=(1, 2))
    empty = [str(zone) for zone, area in zip(mask["zone"].to_numpy(), total, strict=True) if not area > 0.0]
    if empty:
        remedy = "give met files that cover it, or leave the zone out"
        raise InputError(Fault(f"zone {zone}", "has no cell of the met grid", remedy) for zone in empty)
    return {name: np.einsum("tyx,zyx->tz", values, weight) / total for name, values in cells.items()}


@dataclass(frozen=True)
class Period:
    """Which days of the files are wanted: the time zone that makes a day, the first and last local date (None: all)."""

    timezone: str = "Asia/Shanghai"
    first: date | None = None
    last: date | None = None

    def of(self, dates: Dates) -> Dates:
        """Return the dates that lie in the period."""
        after = dates >= np.datetime64(self.first, "D") if self.first else np.ones(dates.size, dtype=bool)
        before = dates <= np.datetime64(self.last, "D") if self.last else np.ones(dates.size, dtype=bool)
        return dates[after & before]


ANY = Period()


def days_of(
    fields: Mapping[str, Array], times: Dates, zones: Sequence[str], period: Period, source: Sequence[Path], kind: str
) -> ModelDays:
    """Return every whole local day of hourly moments in a period as model days, without observations.

    fields: schema names (`T` K, `P` Pa, `RH` 1, `wind` m s-1, optional `pblh` m, `cloud` 1) by (time, zone); times UTC,
    rising. The days of a season share its weight; the spin-up is the day before where the files hold it, else the day
    itself; gases refer to the state in force on the last day. Raises `InputError` when no local day is whole, and
    when none lies in the period.
    """
    whole = whole_days(times, period.timezone)
    if not len(whole):
        what = f"{len(times)} hours hold no whole day of {period.timezone}"
        raise InputError([Fault(str(source[0]), what, "give the files from one local midnight to the next")])
    dates = period.of(whole)
    if not len(dates):
        what = f"the files hold {whole[0]} to {whole[-1]}, none of it from {period.first} to {period.last}"
        raise InputError([Fault(str(source[0]), what, "change days.start and days.end, or name other files")])
    before = np.where(np.isin(dates - DAY, whole), dates - DAY, dates)
    data, previous = (_arranged(fields, times, own, zones, period.timezone) for own in (dates, before))
    names = source[0].name if len(source) == 1 else f"{source[0].name} and {len(source) - 1} more"
    return ModelDays(data, float(reference_temperature(dates[-1:])[0]), "observed", f"{kind} {names}", previous)


def whole_days(times: Dates, timezone: str) -> Dates:
    """Return the local dates of which both ends of all 24 hours are there."""
    local = pd.DatetimeIndex(times).tz_localize("UTC").tz_convert(timezone).tz_localize(None)
    dates = np.unique(local.to_numpy().astype("datetime64[D]"))
    return np.array([day for day in dates if np.isin(_ends(day, timezone), times).all()], dtype="datetime64[D]")


def _ends(day: np.datetime64, timezone: str) -> Dates:
    """Return the UTC moments of the 25 ends of a local day's hours."""
    midnight = to_utc(np.array([day], dtype="datetime64[h]"), timezone)[0]
    return np.asarray(midnight + np.arange(HOURS + 1) * HOUR, dtype="datetime64[ns]")


def _arranged(
    fields: Mapping[str, Array], times: Dates, dates: Dates, zones: Sequence[str], timezone: str
) -> xr.Dataset:
    rows = np.array([np.searchsorted(times, _ends(day, timezone)) for day in dates])
    units = MET_UNITS | OPTIONAL_UNITS
    values = {
        name: (("day", "hour", "zone"), 0.5 * (series[rows[:, :-1]] + series[rows[:, 1:]]), {"units": units[name]})
        for name, series in fields.items()
    }
    season = season_of(dates)
    count = {name: int((season == name).sum()) for name in np.unique(season)}
    coords = {
        "day": np.arange(dates.size),
        "hour": np.arange(HOURS),
        "zone": list(zones),
        "date": ("day", dates.astype("datetime64[ns]")),
        "season": ("day", season),
        "weight": ("day", np.array([season_days(str(name)) / count[name] for name in season])),
        "label": ("day", dates.astype(str)),
    }
    return xr.Dataset(values, coords)
