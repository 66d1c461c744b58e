"""What single sources emit in the hours of a run, under the factors of a scenario that may change from hour to hour."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from aqcore.calendar import to_local
from drivers.cmaq.segments import Segment
from emissions.dynamics import HourlyShares, hourly_shares
from emissions.source_hours import SourceHours
from emissions.streams import EmissionStreams
from scenarios.control_table import ControlTable

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Times = npt.NDArray[np.datetime64]


def hours_of(segment: Segment) -> Times:
    """Return the hours that a segment runs through, by their start (UTC)."""
    return np.datetime64(segment.start.replace(tzinfo=None), "h") + np.arange(segment.hours)


def states_of(table: ControlTable, scenario: str, timezone: str, times: Times) -> tuple[FloatArray, IntArray]:
    """Return the factors of a scenario (state, source, pollutant) and the state of each UTC time."""
    found = table.factors_at(scenario, to_local(times, timezone))
    return found.factors.transpose("state", "source", "pollutant").to_numpy(), found.state


@dataclass(frozen=True, eq=False)
class DayShares:
    """The hours of a segment: shares of a year by profile (profile, hour), and what is known instead of profiles."""

    emissions: EmissionStreams
    shares: FloatArray
    known: HourlyShares | None

    @classmethod
    def of(cls, emissions: EmissionStreams, times: Times) -> "DayShares":
        """Return the shares of UTC hours."""
        known = hourly_shares(
            emissions.dynamics, emissions.inventory, emissions.profiles, emissions.assignment.temporal, times
        )
        return cls(emissions, emissions.profiles.shares(times), known)

    @property
    def key(self) -> bytes:
        """The same for segments in which every source has the same hours; empty where something is known of them."""
        return b"" if self.known is not None else self.shares.tobytes()

    @cached_property
    def by_source(self) -> FloatArray:
        """Shares of a year (source, hour), the activity that is known included."""
        shares = self.shares[self.emissions.assignment.temporal]
        return np.asarray(shares if self.known is None else shares * self.known.activity)

    def hours(self, factors: FloatArray, amounts: FloatArray) -> SourceHours:
        """Return the sources in these hours under factors (source, pollutant) that make annual `amounts`."""
        temporal = self.emissions.assignment.temporal
        return SourceHours(self.shares, temporal, self.known, self.emissions.response, factors, amounts)


def day_amounts(day: DayShares, rows: IntArray, states: Sequence[SourceHours], state: IntArray) -> FloatArray:
    """Return what sources emit in all hours together, (row, species), mol or g.

    `states` are the sources under each set of factors, `state` (hour,) which of them holds in which hour.
    """
    total = np.zeros((len(rows), len(day.emissions.species)))
    for number, hours in enumerate(states):
        chosen = state == number
        total += day.by_source[rows][:, chosen].sum(axis=1)[:, None] * hours.amounts[rows]
        measured = np.flatnonzero(hours.own(rows))
        if len(measured):
            plain = day.by_source[rows[measured]][:, chosen].sum(axis=1)[:, None] * hours.amounts[rows[measured]]
            total[measured] += hours.emitted(rows[measured])[chosen].sum(axis=0).T - plain
    return total
