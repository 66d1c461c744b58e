"""What the page is made of: the tables of a work folder and the facts of its city."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from roadmap.path import Milestone
from roadmap.report.texts import Bilingual


@dataclass(frozen=True)
class Review:
    """A past period that the page looks back on."""

    name: Bilingual
    start_year: int
    end_year: int
    scenario: str


@dataclass(frozen=True)
class Subject:
    """The city and the choices that its page speaks of.

    `scenarios` maps names to titles in order; `districts` codes to names; `days_kind` is `typical` or `observed`.
    """

    name: Bilingual
    illustrative: bool
    base_year: int
    start_year: int
    start_scenario: str
    milestones: tuple[Milestone, ...]
    reviews: tuple[Review, ...]
    scenarios: Mapping[str, Bilingual]
    districts: Mapping[str, Bilingual]
    days_kind: str
    days_source: str
    days_count: int
    version: str


@dataclass(frozen=True)
class Results:
    """The tables of a work folder, each read when a section needs it."""

    work: Path
    subject: Subject
    official: pd.DataFrame
    published: pd.DataFrame

    def table(self, name: str) -> pd.DataFrame:
        """Return a table by its name below the work folder, such as `evaluation/effect`."""
        codes = dict.fromkeys(("district", "zone"), str)
        return pd.read_csv(self.work / f"{name}.csv", dtype=codes, keep_default_na=False, na_values=[""])

    def has(self, name: str) -> bool:
        """Return whether a table exists."""
        return (self.work / f"{name}.csv").is_file()

    @cached_property
    def road(self) -> pd.DataFrame:
        """The roadmap."""
        return self.table("roadmap/roadmap")

    @cached_property
    def totals(self) -> pd.DataFrame:
        """Emissions by scenario, sector and pollutant (t/a)."""
        return self.table("scenarios/totals")

    @cached_property
    def projection(self) -> pd.DataFrame:
        """Projected statistics by scenario."""
        return self.table("evaluation/projection")

    def city_change(self, pollutant: str, scenario: str) -> float:
        """Return the change of the city's emission of a pollutant against the base, %."""
        rows = self.totals[self.totals["pollutant"] == pollutant]
        mass = rows.groupby("scenario")["mass_t"].sum()
        return float(100.0 * (mass[scenario] / mass["base"] - 1.0))

    def title(self, scenario: str) -> Bilingual:
        """Return the title of a scenario."""
        return self.subject.scenarios.get(scenario, Bilingual(scenario, scenario))

    def zone(self, code: str) -> Bilingual:
        """Return the name of a district, or of the city."""
        return Bilingual("全市", "city") if code == "city" else self.subject.districts.get(code, Bilingual(code, code))
