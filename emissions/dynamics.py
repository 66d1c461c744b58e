"""What is known of single hours and days, in place of profiles: stacks that are measured, activity that is counted.

Measured hours (CEMS) give the emission of a source itself; activity gives a factor on what the profile gives the hour:
of a source by hour, or of a sector, class or district by day (an index of traffic or production). A year's total
changes by them on purpose; the ledger books by how much (step `override`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from aqcore.calendar import to_local
from aqcore.errors import Faults, did_you_mean
from emissions.inventory import Inventory
from emissions.profiles import TimeProfiles

SELECTORS = ("sector", "source_class", "district")
"""Columns that choose the sources of a daily factor; an empty cell chooses all."""

MEASURED_COLUMNS = ("source_id", "hour", "pollutant", "tonnes", "place")
ACTIVITY_COLUMNS = ("source_id", "hour", "factor", "place")
DAILY_COLUMNS = ("date", *SELECTORS, "factor", "place")

HOUR = np.timedelta64(1, "h")


def _empty(columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=object) for name in columns})


@dataclass(frozen=True, eq=False)
class Dynamics:
    """Hours and days that are known.

    `measured` has `MEASURED_COLUMNS`: UTC hour (datetime64[h]) and t emitted in it; `activity` has
    `ACTIVITY_COLUMNS`; `daily` has `DAILY_COLUMNS`, local dates. Factors are dimensionless; several that reach one
    source multiply, and none acts on a measured hour. `place` is where a row stands.
    """

    measured: pd.DataFrame
    activity: pd.DataFrame
    daily: pd.DataFrame

    @classmethod
    def of(
        cls,
        *,
        measured: pd.DataFrame | None = None,
        activity: pd.DataFrame | None = None,
        daily: pd.DataFrame | None = None,
    ) -> "Dynamics":
        """Return the dynamics of some of the three tables."""
        return cls(
            _empty(MEASURED_COLUMNS) if measured is None else measured,
            _empty(ACTIVITY_COLUMNS) if activity is None else activity,
            _empty(DAILY_COLUMNS) if daily is None else daily,
        )

    def joined(self, other: "Dynamics") -> "Dynamics":
        """Return what both know."""
        pairs = ((self.measured, other.measured), (self.activity, other.activity), (self.daily, other.daily))
        return Dynamics(*(pd.concat(pair, ignore_index=True) for pair in pairs))

    def hours(self, timezone: str, year: int) -> np.ndarray:
        """Return the UTC hours of a local year of which anything is known, sorted (datetime64[h])."""
        known = [table["hour"].to_numpy(dtype="datetime64[h]") for table in (self.measured, self.activity)]
        days = np.unique(self.daily["date"].to_numpy(dtype="datetime64[D]"))
        span = np.arange(-15, 39) * HOUR  # no zone is further from UTC than 15 hours
        near = (days.astype("datetime64[h]")[:, None] + span).ravel()
        known.append(near[np.isin(to_local(near, timezone).astype("datetime64[D]"), days)])
        hours = np.unique(np.concatenate(known))
        return np.asarray(hours[to_local(hours, timezone).astype("datetime64[Y]").astype(int) + 1970 == year])

    def first_year(self, timezone: str) -> int:
        """Return the local year of the first hour or day."""
        hours = [table["hour"].to_numpy(dtype="datetime64[h]") for table in (self.measured, self.activity)]
        local = to_local(np.concatenate(hours), timezone).astype("datetime64[D]")
        days = np.concatenate([local, self.daily["date"].to_numpy(dtype="datetime64[D]")])
        return int(days.min().astype("datetime64[Y]").astype(int) + 1970)

    def check(self, inventory: Inventory) -> None:
        """Raise `InputError` with all that does not fit the inventory.

        Unknown sources, area sources with measured hours, pollutants that the inventory does not give a measured
        source, selectors that choose no source, and hours that stand twice.
        """
        faults = Faults()
        _check_measured(self.measured, inventory, faults)
        _check_ids(self.activity, inventory, faults)
        for table, key in ((self.measured, ["source_id", "hour", "pollutant"]), (self.activity, ["source_id", "hour"])):
            for _, row in table[table.duplicated(key)].iterrows():
                faults.add(
                    row["place"], f"{row['source_id']} at {row['hour']} UTC stands twice", "keep one of the rows"
                )
        for rule in self.daily.drop_duplicates(list(SELECTORS)).to_dict("records"):
            if not chosen(inventory, rule).any():
                rules = ", ".join(f"{name} {rule[name]}" for name in SELECTORS if rule[name])
                faults.add(rule["place"], f"no source has {rules}", _known(inventory, rule))
        for rule in self.daily[self.daily.duplicated(["date", *SELECTORS])].to_dict("records"):
            faults.add(rule["place"], f"{rule['date']} stands twice for the same sources", "keep one of the rows")
        faults.raise_if_any()


def _known(inventory: Inventory, row: Mapping[Any, Any]) -> str:
    for name in SELECTORS:
        values = [str(value) for value in dict.fromkeys(inventory.sources[name])]
        if row[name] and row[name] not in values:
            return did_you_mean(str(row[name]), values)
    return "each exists, but no source has them together"


def _check_ids(table: pd.DataFrame, inventory: Inventory, faults: Faults) -> None:
    for row in table.drop_duplicates("source_id").to_dict("records"):
        if row["source_id"] not in inventory.sources.index:
            faults.add(row["place"], f"unknown source {row['source_id']!r}",
                       did_you_mean(str(row["source_id"]), inventory.sources.index))  # fmt: skip


def _check_measured(table: pd.DataFrame, inventory: Inventory, faults: Faults) -> None:
    _check_ids(table, inventory, faults)
    for row in table.drop_duplicates(["source_id", "pollutant"]).to_dict("records"):
        source, pollutant = row["source_id"], row["pollutant"]
        if source not in inventory.sources.index:
            continue
        if inventory.sources["kind"][source] != "point":
            faults.add(row["place"], f"{source!r} is no point source", "measured hours belong to stacks")
        elif pollutant not in inventory.pollutants or not inventory.mass.sel(source=source, pollutant=pollutant) > 0.0:
            what = f"{pollutant} of {source!r} is measured, but its inventory states none"
            faults.add(row["place"], what, "state the annual mass, by which species are found, or leave it out")


def chosen(inventory: Inventory, row: Mapping[Any, Any]) -> np.ndarray:
    """Return which sources the selectors of a row choose, (source,) boolean."""
    result = np.ones(len(inventory.sources), dtype=bool)
    for name in SELECTORS:
        if row[name]:
            result &= (inventory.sources[name] == row[name]).to_numpy()
    return result


@dataclass(frozen=True)
class HourlyShares:
    """What the sources emit in some hours, as shares of their annual mass.

    `activity` (source, time) are factors on the shares of the profiles. `rows` are point sources with hours of their
    own, whose `shares` (row, pollutant, time) take the place of both.
    """

    activity: np.ndarray
    rows: np.ndarray
    shares: np.ndarray


def hourly_shares(
    dynamics: Dynamics | None, inventory: Inventory, profiles: TimeProfiles, temporal: np.ndarray, times: np.ndarray
) -> HourlyShares | None:
    """Return what is known of the hours `times` (UTC), None when nothing is.

    `temporal` (source,) is the row of each source's profile.
    """
    if dynamics is None:
        return None
    hours = np.asarray(times, dtype="datetime64[h]")
    days = to_local(hours, profiles.timezone).astype("datetime64[D]")
    measured = _within(dynamics.measured, "hour", hours)
    own = _within(dynamics.activity, "hour", hours)
    daily = _within(dynamics.daily, "date", days)
    if measured.empty and own.empty and daily.empty:
        return None
    activity = np.ones((len(inventory.sources), len(hours)))
    for key, rows in daily.groupby(list(SELECTORS), sort=False):
        row = dict(zip(SELECTORS, key, strict=True))
        by_date = pd.Series(rows["factor"].to_numpy(dtype=float), rows["date"].to_numpy(dtype="datetime64[D]"))
        activity[chosen(inventory, row)] *= by_date.reindex(days).fillna(1.0).to_numpy()
    index = inventory.sources.index.get_indexer(pd.Index(own["source_id"]))
    at = np.searchsorted(hours, own["hour"].to_numpy(dtype="datetime64[h]"))
    activity[index, at] *= own["factor"].to_numpy(dtype=float)
    named = inventory.sources.index.isin([*measured["source_id"], *own["source_id"]])
    rows_of = np.flatnonzero(named & (inventory.sources["kind"] == "point").to_numpy())
    base = profiles.shares(hours)[temporal[rows_of]] * activity[rows_of]
    shares = np.repeat(base[:, None, :], len(inventory.pollutants), axis=1)
    _put_measured(shares, rows_of, measured, inventory, hours)
    return HourlyShares(activity, rows_of, shares)


def _within(table: pd.DataFrame, column: str, wanted: np.ndarray) -> pd.DataFrame:
    return table[np.isin(table[column].to_numpy(dtype=wanted.dtype), wanted)]


FOLLOWS = (("PM25", "PM10"), ("PM10", "PM25"), ("BC", "PM25"), ("OC", "PM25"))
"""A particle that is not measured follows the one that holds it, or that it holds: nested masses stay nested."""


def _put_measured(
    shares: np.ndarray, rows: np.ndarray, measured: pd.DataFrame, inventory: Inventory, hours: np.ndarray
) -> None:
    if measured.empty:
        return
    names = list(inventory.pollutants)
    is_measured = np.zeros(shares.shape, dtype=bool)
    source = np.searchsorted(rows, inventory.sources.index.get_indexer(pd.Index(measured["source_id"])))
    pollutant = np.array([names.index(name) for name in measured["pollutant"]])
    at = np.searchsorted(hours, measured["hour"].to_numpy(dtype="datetime64[h]"))
    mass = inventory.mass.to_numpy()[rows]
    shares[source, pollutant, at] = measured["tonnes"].to_numpy(dtype=float) / mass[source, pollutant]
    is_measured[source, pollutant, at] = True
    for part, other in FOLLOWS:
        if part in names and other in names:
            to, of = names.index(part), names.index(other)
            follows = is_measured[:, of] & ~is_measured[:, to]
            shares[:, to] = np.where(follows, shares[:, of], shares[:, to])
            is_measured[:, to] |= follows


def annual_factors(
    dynamics: Dynamics, inventory: Inventory, profiles: TimeProfiles, temporal: np.ndarray, year: int
) -> np.ndarray:
    """Return what a year's mass becomes over what the inventory states, (source, pollutant).

    1 plus, for each hour of the local `year` that is known, its share less the share of the profile.
    """
    result = np.ones(inventory.mass.shape)
    for hours in _blocks(dynamics.hours(profiles.timezone, year)):
        known = hourly_shares(dynamics, inventory, profiles, temporal, hours)
        if known is None:
            continue
        base = profiles.shares(hours)[temporal]
        change = (base * (known.activity - 1.0)).sum(axis=1)
        change[known.rows] = 0.0
        result += change[:, None]
        result[known.rows] += (known.shares - base[known.rows][:, None, :]).sum(axis=2)
    return np.asarray(np.maximum(result, 0.0))


BLOCK = 744
"""Hours that are summed together (a month): bounds the memory."""


def _blocks(hours: np.ndarray) -> Iterable[np.ndarray]:
    return (hours[first : first + BLOCK] for first in range(0, len(hours), BLOCK))
