"""What a scenario does only at certain dates or hours: measures, factors, an alert, or work moved to other hours."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf

from scenarios.scenario_factor import DirectFactor
from scenarios.target import Target
from scenarios.window import Window, spelled_hours


@dataclass(frozen=True)
class Shift:
    """Emission moved within each local day: the part `share` of the hours `away` happens in the hours `to` instead.

    An empty list of pollutants means all. The emission of every day stays the same: what leaves is added to the other
    hours in proportion to the source's own daily cycle. An `optional` one (of a package) may find nothing in a city.
    """

    target: Target
    away: frozenset[int]
    to: frozenset[int]
    share: float = 1.0
    pollutants: tuple[str, ...] = ()
    optional: bool = False
    where: str = field(default="", compare=False)

    def __str__(self) -> str:
        moved = f"{100.0 * self.share:g} % of {spelled_hours(self.away)} to {spelled_hours(self.to)}"
        return f"{moved} ({self.target})"


@dataclass(frozen=True)
class Trigger:
    """On which days a window acts, by their air: from `at_least` to `below` ug m-3 (see `scenarios.trigger`)."""

    pollutant: str
    at_least: float
    below: float = inf

    def __str__(self) -> str:
        upper = f", below {self.below:g}" if self.below < inf else ""
        return f"{self.pollutant} from {self.at_least:g} ug/m3{upper}"


@dataclass(frozen=True)
class WindowPlan:
    """One window of a scenario with everything that acts in it, on top of what acts all year.

    `emergency` is the level of an alert, empty for none: enterprises then act by industry and grade
    (`scenarios.emergency`); those without a grade as if they had the grade `ungraded`, not at all when that is empty.
    `background` are factors on the inflow in the window. `trigger` limits it to modelled days whose air is that bad,
    until `scenarios.trigger` has made them its dates (`triggered`). An `optional` one (of a package) may hold no
    modelled day.
    """

    window: Window
    measures: tuple[str, ...] = ()
    rollout: Mapping[str, float] = field(default_factory=dict, hash=False)
    factors: tuple[DirectFactor, ...] = ()
    background: Mapping[str, float] = field(default_factory=dict, hash=False)
    emergency: str = ""
    ungraded: str = ""
    shifts: tuple[Shift, ...] = ()
    trigger: Trigger | None = None
    triggered: bool = False
    optional: bool = field(default=False, compare=False)
    where: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        """Name of the window."""
        return self.window.name

    @property
    def is_empty(self) -> bool:
        """Whether nothing acts in the window."""
        return not (self.measures or self.factors or self.background or self.emergency or self.shifts)

    def __str__(self) -> str:
        parts = [
            *self.measures,
            *(f"{factor.pollutant} of {factor.target} x {factor.factor:g}" for factor in self.factors),
            *(f"inflow of {name} x {value:g}" for name, value in self.background.items()),
            *([f"{self.emergency} alert"] if self.emergency else []),
            *map(str, self.shifts),
        ]
        days = f" with {self.trigger}" if self.trigger else ""
        return f"{self.window}{days}: {', '.join(parts)}"
