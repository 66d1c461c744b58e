"""What `scenarios.toml` may hold: pydantic models at the border, frozen, unknown keys refused."""

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
Growth = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]


def _either(plural: str, singular: str) -> Any:
    """Return a list field that may be written in the singular or the plural."""
    return Field(default=(), validation_alias=AliasChoices(plural, singular))


class FactorEntry(BaseModel):
    """One entry of `factors`: what it reaches, which pollutants, and the factor."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sectors: Names = _either("sectors", "sector")
    source_classes: Names = _either("source_classes", "source_class")
    districts: Names = _either("districts", "district")
    grades: Names = _either("grades", "grade")
    parks: Names = _either("parks", "park")
    enterprises: Names = _either("enterprises", "enterprise")
    pollutants: Names = Field(min_length=1, validation_alias=AliasChoices("pollutants", "pollutant"))
    factor: Factor

    def direct_factors(self, where: str) -> tuple[DirectFactor, ...]:
        """Return one `DirectFactor` a pollutant."""
        lists = (self.sectors, self.source_classes, self.districts, self.grades, self.parks, self.enterprises)
        target = Target(*(tuple(sorted(set(names))) for names in lists))
        return tuple(DirectFactor(target, pollutant, self.factor, where) for pollutant in self.pollutants)


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
