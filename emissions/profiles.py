"""Temporal profiles: the share of a year's emission that each hour gets, closing to 1 for every calendar year.

The share of an hour is month share x (weekday weight x hour weight) / (their sum over all hours of that month), so a
month of 28, 30 or 31 days emits exactly its month, whatever weekdays it holds, and a year exactly its year. The
usual `month * 0.25` for a week makes a month of 31 days emit 110.7 % of its total.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import numpy as np
import pandas as pd

from aqcore.calendar import CHINA, Holidays, hours_of_year, to_local, to_utc, weekdays
from aqcore.errors import Fault, Faults, InputError, did_you_mean
from aqcore.units import SECOND_PER_HOUR

CYCLES = {"month": 12, "weekday": 7, "hour": 24}
"""Weights of each cycle: January to December; Monday to Sunday; local hour 0 (00:00-01:00) to 23."""


SUM_TOLERANCE = 0.005
"""A cycle of shares whose sum is further from 1 is a fault; a smaller rounding is normalised away."""


@dataclass(frozen=True)
class TimeProfiles:
    """Temporal profiles in the time zone of a city.

    `ids` (profile,); `month` (profile, 12), `weekday` (profile, 7), `hour` (profile, 24), each row summing to 1;
    `holidays` None treats every day by its weekday.
    """

    ids: tuple[str, ...]
    month: np.ndarray
    weekday: np.ndarray
    hour: np.ndarray
    timezone: str = CHINA
    holidays: Holidays | None = None
    _years: dict[int, np.ndarray] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.ids)}

    def rows(self, names: Sequence[str]) -> np.ndarray:
        """Return the row of each profile name; unknown names raise `InputError` together."""
        faults = Faults()
        for name in dict.fromkeys(names):
            if name not in self._rows:
                faults.add("temporal_profile", f"unknown profile {name!r}", did_you_mean(name, self.ids))
        faults.raise_if_any()
        return np.array([self._rows[name] for name in names], dtype=np.int64)

    def select(self, names: Sequence[str]) -> "TimeProfiles":
        """Return the profiles called `names`, in that order."""
        rows = self.rows(names)
        return TimeProfiles(
            tuple(names), self.month[rows], self.weekday[rows], self.hour[rows], self.timezone, self.holidays
        )

    def replaced(self, own: "TimeProfiles") -> "TimeProfiles":
        """Return these profiles with those of `own` in place of the same name, and its others beside them."""
        kept = np.array([name not in own.ids for name in self.ids])
        month = np.concatenate([self.month[kept], own.month])
        weekday = np.concatenate([self.weekday[kept], own.weekday])
        hour = np.concatenate([self.hour[kept], own.hour])
        ids = (*(name for name in self.ids if name not in own.ids), *own.ids)
        return TimeProfiles(ids, month, weekday, hour, self.timezone, self.holidays)

    def year_shares(self, year: int) -> np.ndarray:
        """Return the share of the year in each of its hours, (profile, hour), rows summing to 1.

        Hours are those of the local calendar year in order (8760 or 8784, see `aqcore.calendar.hours_of_year`).
        """
        if year not in self._years:
            self._years[year] = self._year_shares(year)
        return self._years[year]

    def _year_shares(self, year: int) -> np.ndarray:
        local = to_local(hours_of_year(year, self.timezone), self.timezone)
        days = local.astype("datetime64[D]")
        day_types = weekdays(days) if self.holidays is None else self.holidays.day_types(days)
        month = local.astype("datetime64[M]").astype(np.int64) % 12
        hour = (local.astype("datetime64[h]") - days).astype(np.int64)
        weight = self.weekday[:, day_types] * self.hour[:, hour]
        starts = np.searchsorted(month, np.arange(12))
        in_month = np.add.reduceat(weight, starts, axis=1)
        return np.asarray(weight * (self.month / in_month)[:, month])

    def month_sums(self, year: int) -> np.ndarray:
        """Return what the shares of each month's hours sum to in a calendar year, (profile, 12)."""
        local = to_local(hours_of_year(year, self.timezone), self.timezone)
        month = local.astype("datetime64[M]").astype(np.int64) % 12
        return np.asarray(np.add.reduceat(self.year_shares(year), np.searchsorted(month, np.arange(12)), axis=1))

    def shares(self, times_utc: np.ndarray) -> np.ndarray:
        """Return the share of its calendar year in the hour that holds each UTC time, (profile, time)."""
        times = np.asarray(times_utc, dtype="datetime64[h]")
        local_years = to_local(times, self.timezone).astype("datetime64[Y]").astype(np.int64) + 1970
        result = np.empty((len(self.ids), len(times)))
        for year in np.unique(local_years):
            chosen = local_years == year
            first = hours_of_year(int(year), self.timezone)[0]
            result[:, chosen] = self.year_shares(int(year))[:, (times[chosen] - first).astype(np.int64)]
        return result

    def rates(self, times_utc: np.ndarray) -> np.ndarray:
        """Return the rate of emission per annual emission in the hour of each UTC time, s-1, (profile, time)."""
        return self.shares(times_utc) / SECOND_PER_HOUR

    def factor(self, name: str, times_local: np.ndarray) -> np.ndarray:
        """Return the share of its year in the hour that holds each local time (time,), for the profile `name`."""
        return np.asarray(self.select([name]).shares(to_utc(times_local, self.timezone))[0])


def _weights(table: pd.DataFrame, cycle: str, ids: Sequence[str], name: str, faults: Faults) -> np.ndarray:
    """Return the normalised weights of one cycle, (profile, n), noting every fault of its rows."""
    count = CYCLES[cycle]
    columns = [f"s{number:02d}" for number in range(1, count + 1)]
    rows = table[table.cycle == cycle].drop_duplicates("profile").set_index("profile")
    weights = np.full((len(ids), count), 1.0 / count)
    for number, profile in enumerate(ids):
        where = f"{name}:{profile}:{cycle}"
        if profile not in rows.index:
            faults.add(where, "this cycle is missing", f"add a row with {count} shares")
            continue
        values = pd.to_numeric(rows.loc[[profile], columns].iloc[0], errors="coerce").to_numpy(dtype=float)
        if _sound(values, where, faults):
            weights[number] = values / values.sum()
    return weights


def _sound(values: np.ndarray, where: str, faults: Faults) -> bool:
    if not np.isfinite(values).all():
        faults.add(where, f"share s{np.flatnonzero(~np.isfinite(values))[0] + 1:02d} is no number",
                   f"give {len(values)} numbers")  # fmt: skip
    elif (values < 0).any():
        faults.add(where, f"negative share {values.min():g}", "shares are 0 or more")
    elif abs(values.sum() - 1.0) > SUM_TOLERANCE:
        faults.add(where, f"the shares sum to {values.sum():.4f}", "divide each by the sum, so that they sum to 1")
    else:
        return True
    return False


def read_time_profiles(
    path: Path | Traversable, *, timezone: str = CHINA, holidays: Holidays | None = None
) -> TimeProfiles:
    """Read temporal profiles.

    CSV with the columns profile, cycle (`month`, `weekday`, `hour`), s01.. (12, 7 or 24 shares, see `CYCLES`), and
    any others such as flag, source, note. Each profile needs its three cycles, each summing to 1 within
    `SUM_TOLERANCE`; the rest is normalised exactly. All faults are raised at once.
    """
    with path.open(encoding="utf-8-sig") as file:
        table = pd.read_csv(file, dtype=str)
    faults = Faults()
    missing = [c for c in ("profile", "cycle", *(f"s{n:02d}" for n in range(1, 25))) if c not in table.columns]
    if missing:
        raise InputError([Fault(path.name, f"missing columns {', '.join(missing)}", "see temporal_profiles.csv")])
    for line, (_, row) in enumerate(table.iterrows(), start=2):
        if row.cycle not in CYCLES:
            faults.add(
                f"{path.name}:{line}:cycle", f"unknown cycle {row.cycle!r}", did_you_mean(str(row.cycle), CYCLES)
            )
    for _, row in table[table.duplicated(["profile", "cycle"])].iterrows():
        faults.add(f"{path.name}:{row.profile}:{row.cycle}", "stands more than once", "delete one of the rows")
    ids = tuple(dict.fromkeys(table.profile))
    weights = {cycle: _weights(table, cycle, ids, path.name, faults) for cycle in CYCLES}
    faults.raise_if_any()
    return TimeProfiles(ids, weights["month"], weights["weekday"], weights["hour"], timezone, holidays)


def default_time_profiles(*, timezone: str = CHINA, holidays: Holidays | None = None) -> TimeProfiles:
    """Return the temporal profiles that ship with yice (`data/temporal_profiles.csv`)."""
    return read_time_profiles(_shipped(), timezone=timezone, holidays=holidays)


def _shipped() -> Traversable:
    return resources.files("emissions") / "data" / "temporal_profiles.csv"


def profile_flags() -> Mapping[str, str]:
    """Return the weakest flag of each shipped profile (`constructed` before `read`), for the reports."""
    with _shipped().open(encoding="utf-8") as file:
        flags = pd.read_csv(file, dtype=str).groupby("profile").flag
    return {str(profile): min(values) for profile, values in flags}
