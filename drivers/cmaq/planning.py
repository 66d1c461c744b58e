"""From the factors of single sources to the rules of each day, and to the streams that rules cannot carry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from aqcore.errors import Fault, InputError
from drivers.cmaq.desid_rules import EVERYWHERE, SAME, STACKED_LIMIT, Rule, multiply
from drivers.cmaq.fit import Divided, Fit, fit_divided, uniform_fit
from drivers.cmaq.regions import Regions
from drivers.cmaq.segments import Segment
from drivers.cmaq.settings import CmaqSettings
from drivers.cmaq.source_days import DayShares, day_amounts, hours_of, states_of
from drivers.cmaq.stream_maps import StreamMap, region_names, stream_maps
from drivers.cmaq.streams import Stream, streams_of
from emissions.source_hours import SourceHours
from emissions.streams import EmissionStreams
from scenarios.control_table import ControlTable

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class DayPlan:
    """What a scenario becomes on a day.

    `rules` the rows that DESID adds, `rewritten` the labels of the streams whose files are the scenario's own, `fits`
    how true the rules are, `expected` (stream, species) what the sources emit inside the grid under the scenario, mol
    or g in the hours of the run.
    """

    rules: tuple[Rule, ...]
    rewritten: tuple[str, ...]
    fits: tuple[Fit, ...]
    expected: FloatArray

    def methods(self, streams: Sequence[Stream]) -> dict[str, str]:
        """Return `file`, `desid` or `base` for each stream."""
        scaled = {rule.stream for rule in self.rules}
        return {s.label: "file" if s.label in self.rewritten else "desid" if s.label in scaled else "base"
                for s in streams}  # fmt: skip


@dataclass(frozen=True, eq=False)
class DayBasis:
    """The base on one kind of day: amounts (row, species) and sums under regions (region, species) of each stream."""

    shares: DayShares
    amounts: tuple[FloatArray, ...]
    regions: tuple[FloatArray, ...]


@dataclass(frozen=True, eq=False)
class Planner:
    """Plans the days of scenarios; what scenarios share is found once. Days on which all is the same share a plan."""

    settings: CmaqSettings
    emissions: EmissionStreams
    table: ControlTable
    regions: Regions
    streams: tuple[Stream, ...]
    maps: tuple[StreamMap, ...]
    base: FloatArray
    _days: dict[bytes, DayBasis] = field(default_factory=dict, repr=False)
    _keys: dict[Segment, bytes] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, settings: CmaqSettings, emissions: EmissionStreams, table: ControlTable, regions: Regions) -> "Planner":
        """Return the planner of a city."""
        streams = streams_of(emissions, inline_points=settings.inline_points)
        maps = stream_maps(emissions, streams, regions)
        return cls(settings, emissions, table, regions, streams, maps, emissions.response.amounts())

    @property
    def species(self) -> tuple[str, ...]:
        """Emission variables."""
        return self.emissions.species

    def emitted(self) -> set[str]:
        """Return the emission variables that any stream has inside the grid."""
        present = np.zeros(len(self.species), dtype=bool)
        for own in self.maps:
            present |= (self.base[own.stream.rows][own.inside > 0.0] > 0.0).any(axis=0)
        return {name for name, is_there in zip(self.species, present.tolist(), strict=True) if is_there}

    def plans(self, scenario: str, segments: Sequence[Segment]) -> dict[Segment, DayPlan]:
        """Return the plan of each segment. Raises InputError when the method is `desid` and the rules are not true."""
        made: dict[bytes, DayPlan] = {}
        amounts: dict[bytes, FloatArray] = {}
        found = {}
        for segment in segments:
            basis_key, basis = self._basis(segment)
            factors, state = self._states(scenario, segment)
            used = np.unique(state)
            key = basis_key + state.tobytes() + factors[used].tobytes() if len(factors) > 1 else basis_key
            if not basis_key or key not in made:
                states = [self._state(basis, own, amounts) for own in factors]
                made[key] = self._plan(scenario, basis, states, state)
            found[segment] = made[key]
        return found

    def _states(self, scenario: str, segment: Segment) -> tuple[FloatArray, IntArray]:
        """Return the factors of a scenario (state, source, pollutant) and the state of each hour of a segment."""
        if scenario in self._in_windows:
            return states_of(self.table, scenario, self.emissions.profiles.timezone, hours_of(segment))
        row = self._rows[scenario]
        return self._all_year[row : row + 1], np.zeros(segment.hours, dtype=np.int64)

    @cached_property
    def _in_windows(self) -> frozenset[str]:
        """Scenarios of which something acts at certain times only."""
        return frozenset(own.scenario for own in self.table.windows)

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(map(str, self.table.factors["scenario"].to_numpy()))}

    @cached_property
    def _all_year(self) -> FloatArray:
        """Factors of what acts all year, (scenario, source, pollutant)."""
        return self.table.factors.transpose("scenario", "source", "pollutant").to_numpy()

    def _state(self, basis: DayBasis, factors: FloatArray, amounts: dict[bytes, FloatArray]) -> SourceHours:
        key = factors.tobytes()
        if key not in amounts:
            amounts[key] = self.emissions.response.amounts(factors)
        return basis.shares.hours(factors, amounts[key])

    def _basis(self, segment: Segment) -> tuple[bytes, DayBasis]:
        if self._keys.get(segment):
            return self._keys[segment], self._days[self._keys[segment]]
        shares = DayShares.of(self.emissions, hours_of(segment))
        self._keys[segment] = shares.key
        if not shares.key or shares.key not in self._days:
            self._days[shares.key] = self._measured(shares, segment.hours)
        return shares.key, self._days[shares.key]

    def _measured(self, shares: DayShares, count: int) -> DayBasis:
        ones = np.ones((len(self.emissions.response.sources), len(self.emissions.response.pollutants)))
        hours, state = [shares.hours(ones, self.base)], np.zeros(count, dtype=np.int64)
        amounts = tuple(day_amounts(shares, own.stream.rows, hours, state) for own in self.maps)
        sums = tuple(own.regions @ values for own, values in zip(self.maps, amounts, strict=True))
        return DayBasis(shares, amounts, sums)

    def _plan(self, scenario: str, basis: DayBasis, states: Sequence[SourceHours], state: IntArray) -> DayPlan:
        rules: list[Rule] = []
        fits: list[Fit] = []
        rewritten: list[str] = []
        expected = []
        for number, own in enumerate(self.maps):
            controlled = day_amounts(basis.shares, own.stream.rows, states, state)
            sums = own.regions @ controlled
            expected.append(own.inside @ controlled)
            told = _stream_rules(self, basis, number, controlled, sums)
            if not told.changed:
                continue
            varies = self._varies(own, states, state)
            if self._by_file(scenario, own.stream.label, told, varies=varies):
                rewritten.append(own.stream.label)
            else:
                rules.extend(told.rules)
            fits.extend(told.fits)
        return DayPlan(tuple(rules), tuple(rewritten), tuple(fits), np.array(expected))

    def _varies(self, own: StreamMap, states: Sequence[SourceHours], state: IntArray) -> bool:
        """Whether the hours of the day differ in what the scenario leaves of this stream."""
        used = [states[number].amounts[own.stream.rows] for number in np.unique(state).tolist()]
        return any(not np.array_equal(used[0], other) for other in used[1:])

    def _by_file(self, scenario: str, label: str, told: "StreamRules", *, varies: bool) -> bool:
        """Whether a stream has to be rewritten. Raises InputError when the method `desid` forbids it."""
        settings = self.settings
        true = all(one.within(settings.total_tolerance, settings.place_tolerance) for one in told.fits)
        if settings.method == "file" or (true and not varies and told.most_stacked <= STACKED_LIMIT):
            return settings.method == "file"
        if settings.method == "desid":
            raise InputError([_unfit_fault(scenario, label, told, varies=varies)])
        return True


@dataclass(frozen=True)
class StreamRules:
    """The rules of one stream on a day, how true they are, and whether anything changes at all."""

    changed: bool
    rules: tuple[Rule, ...] = ()
    fits: tuple[Fit, ...] = ()
    most_stacked: int = 1


def _stream_rules(
    planner: Planner, basis: DayBasis, number: int, controlled: FloatArray, sums: FloatArray
) -> StreamRules:
    own, base, before = planner.maps[number], basis.amounts[number], basis.regions[number]
    here = own.inside > 0.0
    least, largest = _ratios(base[here], controlled[here])
    changed = np.flatnonzero((np.abs(least - 1.0) > SAME) | (np.abs(largest - 1.0) > SAME))
    rules: list[Rule] = []
    fits: list[Fit] = []
    most = 1
    label, names, totals = own.stream.label, region_names(planner.regions), before.sum(axis=0).tolist()
    for column in changed.tolist():
        variable = planner.species[column]
        if largest[column] - least[column] <= SAME:
            factor = float(largest[column])
            rules.append(multiply(EVERYWHERE, label, variable, factor))
            fits.append(uniform_fit(label, variable, totals[column], factor))
            continue
        factors = np.full(len(names), np.nan)
        np.divide(sums[:, column], before[:, column], out=factors, where=before[:, column] > 0.0)
        rows = region_rules(label, variable, dict(zip(names, factors.tolist(), strict=True)))
        most = max(most, 1 + len(rows))
        rules.extend(rows)
        one = Divided(own, variable, base[:, column], controlled[:, column], factors,
                      basis.shares.by_source[own.stream.rows])  # fmt: skip
        fits.append(fit_divided(one, planner.regions.masks, planner.emissions.grid.shape))
    return StreamRules(len(changed) > 0, tuple(rules), tuple(fits), most)


def region_rules(stream: str, variable: str, factors: Mapping[str, float]) -> list[Rule]:
    """Return the rows of factors by region (NaN: nothing is emitted there).

    A factor that is the same in all regions that emit becomes one row for EVERYWHERE, which needs no mask.
    """
    emitting = {region: factor for region, factor in factors.items() if np.isfinite(factor)}
    least, largest = min(emitting.values()), max(emitting.values())
    if largest - least <= SAME:
        return [multiply(EVERYWHERE, stream, variable, least)]
    return [multiply(region, stream, variable, f) for region, f in emitting.items() if abs(f - 1.0) > SAME]


def _ratios(base: FloatArray, controlled: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the smallest and the largest factor of a stream's sources by species, 1 where nothing is emitted."""
    if not len(base):
        ones = np.ones(base.shape[1])
        return ones, ones
    emits = base > 0.0
    ratio = np.divide(controlled, base, out=np.ones_like(base), where=emits)
    any_source = emits.any(axis=0)
    least = np.where(any_source, np.where(emits, ratio, np.inf).min(axis=0), 1.0)
    return least, np.where(any_source, np.where(emits, ratio, -np.inf).max(axis=0), 1.0)


def _unfit_fault(scenario: str, label: str, told: StreamRules, *, varies: bool) -> Fault:
    remedy = "set cmaq.method to auto or file, or widen the tolerances"
    if varies:
        return Fault(f"{scenario}:{label}", "its factors change within the day", "set cmaq.method to auto or file")
    worst = max(told.fits, key=lambda one: abs(one.total_error) + one.place_error + one.hour_error)
    what = (
        f"DESID gives {worst.species} {worst.total_error:+.2%} of the base wrong in total, {worst.place_error:.2%} in "
        f"the wrong cell and {worst.hour_error:.2%} in the wrong hour"
    )
    return Fault(f"{scenario}:{label}", what, remedy)
