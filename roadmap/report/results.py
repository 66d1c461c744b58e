"""What the page is made of: the tables of a work folder and the facts of its city."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from aqcore.districts import Districts
from roadmap.path import Milestone
from roadmap.report.texts import Bilingual, both, text

CITY = "city"
BASE = "base"


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

    `scenarios` maps names to titles in order, `scenario_years` those that have a year to it, `single` names the
    scenarios of one category of measures alone, `timed` those that act on certain dates or hours;
    `days_kind` is `typical` or `observed`.
    """

    name: Bilingual
    illustrative: bool
    base_year: int
    start_year: int
    start_scenario: str
    milestones: tuple[Milestone, ...]
    reviews: tuple[Review, ...]
    scenarios: Mapping[str, Bilingual]
    districts: Districts
    days_kind: str
    days_source: str
    days_count: int
    version: str
    scenario_years: Mapping[str, int] = field(default_factory=dict)
    single: tuple[str, ...] = ()
    timed: tuple[str, ...] = ()

    @property
    def last(self) -> Milestone:
        """The last milestone."""
        return max(self.milestones, key=lambda stone: stone.year)


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
        """Emissions of every scenario."""
        return self.table("scenarios/totals")

    @cached_property
    def projection(self) -> pd.DataFrame:
        """Projected statistics by scenario."""
        return self.table("evaluation/projection")

    @cached_property
    def effect(self) -> pd.DataFrame:
        """The control effect by scenario, season, zone, pollutant and statistic."""
        return self.table("evaluation/effect")

    def city_change(self, pollutant: str, scenario: str) -> float:
        """Return the change of the city's emission of a pollutant against the base, %."""
        rows = self.totals[self.totals["pollutant"] == pollutant]
        mass = rows.groupby("scenario")["mass_t"].sum()
        return float(100.0 * (mass[scenario] / mass[BASE] - 1.0))

    def inflow_change(self, species: str, scenario: str, against: str) -> float:
        """Return the change (%) of what flows in between two scenarios; 0 for a species that neither names."""
        rows = self.table("scenarios/background")
        factor = rows[rows["species"] == species].set_index("scenario")["factor"]
        return float(100.0 * (factor.get(scenario, 1.0) / factor.get(against, 1.0) - 1.0))

    def title(self, scenario: str) -> Bilingual:
        """Return the title of a scenario."""
        return self.subject.scenarios.get(scenario) or both(scenario)

    def zone(self, code: str) -> Bilingual:
        """Return the name of a district, or of the city."""
        if code == CITY:
            return text("city")
        if code not in self.subject.districts.codes:
            return both(code)
        district = self.subject.districts[code]
        return Bilingual(district.name_zh, district.name_en or district.name_zh)
