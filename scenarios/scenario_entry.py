"""What `scenarios.toml` may hold: pydantic models at the border, frozen, unknown keys refused."""

from dataclasses import fields
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field

from scenarios.scenario import DirectFactor
from scenarios.target import Target


def _as_list(value: Any) -> Any:
    """Return a lone text as a list of one: `sector = "POWER"` and `sector = ["POWER"]` mean the same."""
    return [value] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_as_list)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
Factor = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
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


class ScenarioEntry(BaseModel):
    """One `[[scenario]]`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    title_zh: str = ""
    title_en: str = ""
    year: Annotated[int, Field(ge=1980, le=2100)] | None = None
    extends: Names = ()
    measures: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    growth: dict[str, Growth] = {}
    factors: tuple[FactorEntry, ...] = ()
    background: dict[str, Factor] = {}
    rollout: Share | dict[str, Share] = {}

    @property
    def rollouts(self) -> dict[str, float]:
        """The stage of the roll-out by measure; a lone number is that of every measure the entry names itself."""
        return dict(self.rollout) if isinstance(self.rollout, dict) else dict.fromkeys(self.measures, self.rollout)
