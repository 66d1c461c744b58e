"""What `scenarios.toml` may hold: pydantic models at the border, frozen, unknown keys refused."""

from dataclasses import fields
from math import inf
from typing import Annotated, Any, Literal, Self

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from scenarios.scenario_factor import DirectFactor
from scenarios.target import Target
from scenarios.window import ALL_HOURS, DateSpan, Window, read_hours, read_span
from scenarios.window_plan import Shift, Trigger, WindowPlan


def _as_list(value: Any) -> Any:
    """Return a lone text as a list of one: `sector = "POWER"` and `sector = ["POWER"]` mean the same."""
    return [value] if isinstance(value, str) else value


def _as_spans(value: Any) -> Any:
    """Return dates such as `11-01/03-31` as spans."""
    return tuple(read_span(str(text)) for text in _as_list(value))


def _as_hours(value: Any) -> Any:
    """Return hours such as `10-18` or a list of such as the set of the hours they name."""
    if not _as_list(value):
        raise ValueError("names no hour")
    return frozenset().union(*(read_hours(str(text)) for text in _as_list(value)))


Names = Annotated[tuple[str, ...], BeforeValidator(_as_list)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
Factor = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Dates = Annotated[tuple[DateSpan, ...], BeforeValidator(_as_spans)]
Hours = Annotated[frozenset[int], BeforeValidator(_as_hours)]
Growth = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]


def _either(plural: str, singular: str) -> Any:
    """Return a list field that may be written in the singular or the plural."""
    return Field(default=(), validation_alias=AliasChoices(plural, singular))


class TargetEntry(BaseModel):
    """The lists of a target; each may be written in the singular with one text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sectors: Names = _either("sectors", "sector")
    source_classes: Names = _either("source_classes", "source_class")
    districts: Names = _either("districts", "district")
    grades: Names = _either("grades", "grade")
    parks: Names = _either("parks", "park")
    enterprises: Names = _either("enterprises", "enterprise")
    levels: Names = _either("levels", "level")
    industries: Names = _either("industries", "industry")
    stacks: Names = _either("stacks", "stack")

    @property
    def target(self) -> Target:
        """The target with every list sorted, so that two ways of writing it are one key."""
        return Target(**{field.name: tuple(sorted(set(getattr(self, field.name)))) for field in fields(Target)})


class FactorEntry(TargetEntry):
    """One entry of `factors`: what it reaches, which pollutants, and the factor."""

    pollutants: Names = Field(min_length=1, validation_alias=AliasChoices("pollutants", "pollutant"))
    factor: Factor

    def direct_factors(self, where: str) -> tuple[DirectFactor, ...]:
        """Return one `DirectFactor` a pollutant."""
        return tuple(DirectFactor(self.target, pollutant, self.factor, where) for pollutant in self.pollutants)


class OverridesEntry(BaseModel):
    """What a scenario and a window of it may both hold."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    measures: tuple[str, ...] = ()
    factors: tuple[FactorEntry, ...] = ()
    background: dict[str, Factor] = {}
    rollout: Share | dict[str, Share] = {}

    @property
    def rollouts(self) -> dict[str, float]:
        """The stage of the roll-out by measure; a lone number is that of every measure the entry names itself."""
        return dict(self.rollout) if isinstance(self.rollout, dict) else dict.fromkeys(self.measures, self.rollout)


class ShiftEntry(TargetEntry):
    """One entry of `shifts`: what is moved from which hours to which."""

    away: Hours
    to: Hours
    share: Share = 1.0
    pollutants: Names = _either("pollutants", "pollutant")

    def shift(self, where: str) -> Shift:
        """Return the shift."""
        return Shift(self.target, self.away, self.to, self.share, self.pollutants, where=where)


class TriggerEntry(BaseModel):
    """The `trigger` of a window: which pollutant, and from which value of a modelled day on (ug m-3)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pollutant: Literal["PM25", "PM10", "O3"]
    at_least: Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
    below: Annotated[float, Field(gt=0.0)] = inf

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if self.below <= self.at_least:
            raise ValueError(f"below {self.below:g} leaves nothing from {self.at_least:g} on")
        return self

    @property
    def trigger(self) -> Trigger:
        """Return the trigger."""
        return Trigger(self.pollutant, self.at_least, self.below)


class WindowEntry(OverridesEntry):
    """One entry of `windows`: when, and what acts then."""

    dates: Dates = ()
    hours: Hours = ALL_HOURS
    emergency: Literal["", "yellow", "orange", "red"] = ""
    ungraded: str = ""
    shifts: tuple[ShiftEntry, ...] = ()
    trigger: TriggerEntry | None = None

    def plan(self, where: str) -> WindowPlan:
        """Return the plan of the window."""
        factors = (
            direct
            for number, entry in enumerate(self.factors, 1)
            for direct in entry.direct_factors(f"{where}:factors {number}")
        )
        shifts = tuple(entry.shift(f"{where}:shifts {number}") for number, entry in enumerate(self.shifts, 1))
        return WindowPlan(
            Window(self.name, self.dates, self.hours), self.measures, self.rollouts, tuple(factors), self.background,
            self.emergency, self.ungraded, shifts, self._trigger, where=where,
        )  # fmt: skip

    @property
    def _trigger(self) -> Trigger | None:
        return self.trigger.trigger if self.trigger else None


class ScenarioEntry(OverridesEntry):
    """One `[[scenario]]`."""

    title_zh: str = ""
    title_en: str = ""
    year: Annotated[int, Field(ge=1980, le=2100)] | None = None
    extends: Names = ()
    without: tuple[str, ...] = ()
    growth: dict[str, Growth] = {}
    windows: tuple[WindowEntry, ...] = ()
