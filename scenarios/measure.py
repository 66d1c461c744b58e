"""A control measure: what it reaches, what it removes, how far it is rolled out, what it costs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from scenarios.coupling import leader, with_components
from scenarios.target import Target

#: How sure a number is; `constructed` and `assumption` are shown as illustrative wherever they act.
FLAGS = ("read", "derived", "knowledge", "constructed", "assumption")
#: Numbers of a row that may be assumptions even where its removal is not; the first three change emissions.
ASSUMABLE = ("coverage", "stage_share", "co2", "cost")


@dataclass(frozen=True)
class Effect:
    """What a measure does to one pollutant where it is applied.

    All are fractions of 1. `removal` is the share that is taken where the measure works, `low` and `high` its planning
    bounds; `stage_share` the part of the source's emission that passes the controlled stage (leaks, tanks, housing);
    `coverage_now` is already contained in the inventory, `coverage_planned` is that of the scenario.
    `cost` is CNY per tonne removed. `flag` is that of the removal; `assumed` names the other numbers (of `ASSUMABLE`)
    that are assumptions.
    """

    removal: float
    coverage_now: float
    coverage_planned: float
    stage_share: float = 1.0
    low: float | None = None
    high: float | None = None
    cost: float | None = None
    source: str = ""
    flag: str = ""
    assumed: tuple[str, ...] = ()

    def coverage(self, rollout: float = 1.0) -> float:
        """Return the coverage when the fraction `rollout` of the way from today's to the planned one is done."""
        return self.coverage_now + rollout * (self.coverage_planned - self.coverage_now)

    def remaining(self, rollout: float = 1.0) -> float:
        """Return the fraction of the inventory's emission that the roll-out leaves.

        The inventory E already holds today's coverage: E = U (1 - c_now s r) of the uncontrolled U, and the coverage c
        gives U (1 - c s r), so the ratio is 1 - (c - c_now) s r / (1 - c_now s r).
        A measure that already removes everything leaves nothing to change: 1.
        """
        strength = self.stage_share * self.removal
        before = 1.0 - self.coverage_now * strength
        return 1.0 if before <= 0.0 else 1.0 - (self.coverage(rollout) - self.coverage_now) * strength / before

    @property
    def certainty(self) -> str:
        """The flag of what the effect does to emissions: an assumption as soon as one number in it is."""
        return "assumption" if {"coverage", "stage_share"} & set(self.assumed) else self.flag


@dataclass(frozen=True)
class Measure:
    """One measure: names, department, target, effects by pollutant, years, exclusive group.

    `start` and `end` are years (both inclusive, None = open), `start_month` and `end_month` the first and last month in
    them in which the measure works. Two measures of one `group` never act on one source.
    `co2_change` is the change of the reached source's CO2 as a fraction (-0.4 = 40 % less) at the planned coverage.
    `investment` (CNY) and `running_cost` (CNY a year, less what it saves) are those of the whole planned roll-out;
    `lifetime` is in years. `evidence` says what proves that the measure works or is carried out.
    """

    id: str
    name_zh: str
    name_en: str
    target: Target
    effects: Mapping[str, Effect] = field(hash=False)
    department: str = ""
    start: int | None = None
    end: int | None = None
    group: str = ""
    co2_change: float | None = None
    co2_effect: str = ""
    lifetime: float | None = None
    investment: float | None = None
    running_cost: float | None = None
    evidence: str = ""
    start_month: int = 1
    end_month: int = 12
    where: str = field(default="", compare=False)

    def remaining(self, rollout: float = 1.0) -> dict[str, float]:
        """Return the remaining fraction by pollutant, particle components and CO2 included.

        Components of particles that the measure does not name follow their parent (`scenarios.coupling`).
        """
        given = {pollutant: effect.remaining(rollout) for pollutant, effect in self.effects.items()}
        if self.co2_change is not None and "CO2" not in given:
            given["CO2"] = self._co2_remaining(self.co2_change, rollout)
        return with_components(given)

    def certainty(self, pollutant: str) -> str:
        """Return the flag of what the measure does to a pollutant; a follower has that of the row it follows."""
        effect = self.effects.get(pollutant) or self.effects.get(leader(pollutant, self.effects))
        if effect is None:
            return "assumption" if "co2" in self._widest.assumed else self._widest.certainty
        return effect.certainty

    def _co2_remaining(self, change: float, rollout: float) -> float:
        """Return the CO2 ratio (1 + c x) / (1 + c_now x) at the widest coverage among the pollutants."""
        before = 1.0 + self._widest.coverage_now * change
        return 1.0 if before <= 0.0 else (1.0 + self._widest.coverage(rollout) * change) / before

    @property
    def _widest(self) -> Effect:
        """The effect with the widest roll-out."""
        return max(self.effects.values(), key=lambda effect: (effect.coverage_planned, -effect.coverage_now))

    def active(self, year: int | None) -> bool:
        """Return whether the measure works in `year`; a scenario without a year takes every measure as working."""
        if year is None:
            return True
        return (self.start is None or self.start <= year) and (self.end is None or year <= self.end)
