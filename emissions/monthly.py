"""Emission by month: of each source, and of districts, parks and enterprises (the dynamic table of a city).

A month has the share that the temporal profile of the source gives it; hours that are measured and days whose activity
is known (`emissions.dynamics`) take the place of the profile in their months.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from aqcore.calendar import to_local
from aqcore.errors import Fault, InputError, did_you_mean
from emissions.dynamics import hourly_shares
from emissions.key_industries import described
from emissions.streams import EmissionStreams

MONTHS = tuple(range(1, 13))

LEVELS = ("district", "park_name", "enterprise_id", "enterprise_name")
"""Columns that name a row of the dynamic table."""


def monthly_mass(streams: EmissionStreams, year: int, pollutants: Sequence[str] | None = None) -> xr.DataArray:
    """Return t of each source in the months of a year, (source, month, pollutant).

    The months sum to the annual mass where nothing is measured or counted. Raises `InputError` for a pollutant that
    the inventory does not have.
    """
    inventory = streams.inventory
    names = list(inventory.pollutants if pollutants is None else pollutants)
    faults = [
        Fault("pollutant", f"the inventory has no {name!r}", did_you_mean(name, inventory.pollutants))
        for name in names
        if name not in inventory.pollutants
    ]
    if faults:
        raise InputError(faults)
    shares = np.repeat(streams.profiles.month[streams.assignment.temporal][:, :, None], len(names), axis=2)
    _known_hours(streams, year, [inventory.pollutants.index(name) for name in names], shares)
    mass = inventory.mass.sel(pollutant=names).to_numpy()
    coords = {"source": inventory.sources.index.to_numpy(), "month": list(MONTHS), "pollutant": names}
    values = shares * mass[:, None, :]
    return xr.DataArray(values, coords, ("source", "month", "pollutant"), "mass", {"units": "t", "year": year})


def _known_hours(streams: EmissionStreams, year: int, columns: list[int], shares: np.ndarray) -> None:
    """Put what is known of the hours of the year in place of the profiles, in the shares (source, month, pollutant)."""
    if streams.dynamics is None:
        return
    profiles, temporal = streams.profiles, streams.assignment.temporal
    hours = streams.dynamics.hours(profiles.timezone, year)
    known = hourly_shares(streams.dynamics, streams.inventory, profiles, temporal, hours)
    if known is None:
        return
    month = to_local(hours, profiles.timezone).astype("datetime64[M]").astype(np.int64) % 12
    usual = profiles.shares(hours)
    starts = np.unique(month)
    for number in starts:
        at = month == number
        extra = (usual[temporal][:, at] * (known.activity[:, at] - 1.0)).sum(axis=1)
        extra[known.rows] = 0.0
        shares[:, number, :] += extra[:, None]
        own = known.shares[:, columns][:, :, at].sum(axis=2) - usual[temporal[known.rows]][:, at].sum(axis=1)[:, None]
        shares[known.rows, number, :] += own


def dynamic_table(streams: EmissionStreams, year: int, pollutants: Sequence[str] = ("VOC", "NOx")) -> pd.DataFrame:
    """Return the emission of districts, parks and enterprises by month: one row an enterprise and pollutant.

    Columns: `LEVELS`, `sources` (number), `pollutant`, `m01` to `m12` (t), `year_t`, `annual_t` (of the inventory;
    differs from `year_t` where hours are measured). Sources that belong to no enterprise share a row. Sorted by
    district and park, largest first.
    """
    mass = monthly_mass(streams, year, pollutants)
    sources = described(streams.inventory.sources)
    keys = [sources[name] for name in LEVELS]
    parts = []
    for pollutant in map(str, mass["pollutant"].to_numpy()):
        frame = pd.DataFrame(mass.sel(pollutant=pollutant).to_numpy(), sources.index, [f"m{n:02d}" for n in MONTHS])
        frame["annual_t"] = streams.inventory.mass.sel(pollutant=pollutant).to_numpy()
        emits = frame["annual_t"] > 0.0
        grouped = frame[emits].groupby([key[emits] for key in keys], sort=False)
        table = grouped.sum().assign(sources=grouped.size()).reset_index()
        parts.append(table.assign(pollutant=pollutant))
    joined = pd.concat(parts, ignore_index=True)
    joined["year_t"] = joined[[f"m{n:02d}" for n in MONTHS]].sum(axis=1)
    order = joined.assign(size=-joined["annual_t"]).sort_values(
        ["pollutant", "district", "park_name", "size"], kind="stable"
    )
    columns = [*LEVELS, "sources", "pollutant", *(f"m{n:02d}" for n in MONTHS), "year_t", "annual_t"]
    return joined.loc[order.index, columns].reset_index(drop=True)
