"""The outputs of a city's runs, opened when they are needed, and the city that its stations make."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import xarray as xr

from drivers.driver import Driver, Run
from evaluation.effect import Effect
from evaluation.official import official_value, read_official
from evaluation.standards import statistics
from observations.composition import Composition, read_composition
from observations.sites import read_sites
from scenarios import BASE
from yice.spread import spread
from yice.stages.compared import Comparison
from yice.stages.runs import root
from yice.workspace import Workspace

EVALUATED = (
    "O3", "NO", "NO2", "NOx", "CO", "SO2", "HNO3", "NH3",
    "PM25", "PM25_SO4", "PM25_NO3", "PM25_NH4", "PM25_OC", "PM25_EC",
    "PM10",
)  # fmt: skip
"""Variables of the common schema that are evaluated; drivers may write more."""

PARTS = ("PM25_OM", "PM25_OTHER")
"""Further parts of PM2.5 that answer for a measured composition, where the driver has them."""


@dataclass(frozen=True)
class Outputs:
    """The runs of a city, opened when they are needed."""

    space: Workspace
    driver: Driver

    def open(self, scenario: str) -> xr.Dataset:
        """Return the output of a scenario in the common schema."""
        run = Run(self.driver.name, scenario, root(self.space, self.driver) / scenario)
        opened = self.driver.open(run)
        return opened[[name for name in self.wanted if name in opened]].load()

    @property
    def wanted(self) -> tuple[str, ...]:
        """The variables that are evaluated."""
        return EVALUATED if self.composition is None else (*EVALUATED, *PARTS)

    @cached_property
    def base(self) -> xr.Dataset:
        """The output of the base."""
        return self.open(BASE)

    @cached_property
    def days(self) -> pd.DataFrame:
        """The modelled days with season and weight."""
        return self.space.days.day_table()

    @cached_property
    def weights(self) -> dict[str, float]:
        """Weight of each district in the city: its evaluation stations, as the bulletin's city is their mean."""
        stations = self.space.city.observations.stations
        if not stations:
            return dict.fromkeys(self.space.districts.codes, 1.0)
        sites = read_sites(self.space.city.path(stations))
        counts = sites.loc[~sites["is_control"], "district"].value_counts()
        return {code: float(counts.get(code, 0)) for code in self.space.districts.codes}

    @property
    def evaluated(self) -> tuple[str, ...]:
        """The districts with evaluation stations."""
        return tuple(code for code, weight in self.weights.items() if weight > 0)

    @property
    def reference_state(self) -> float:
        """The temperature (K) to which the gases' mass concentrations refer."""
        return self.space.days.reference_state_K

    @cached_property
    def comparison(self) -> Comparison:
        """What a worker needs to compare these runs."""
        return Comparison(
            root(self.space, self.driver), self.wanted, self.days, tuple(self.weights.items()), self.reference_state,
            self.space.city.timezone,
        )  # fmt: skip

    def effects(self, pairs: Sequence[tuple[str, str]]) -> list[Effect]:
        """Return what scenarios change against others, (scenario, against) each."""
        return spread(self.comparison.effect, pairs)

    @cached_property
    def composition(self) -> Composition | None:
        """The measured composition of PM2.5, where the city gives one."""
        name = self.space.city.observations.composition
        return read_composition(self.space.city.path(name)) if name else None


def official_statistics(outputs: Outputs, year: int, state: float) -> dict[str, float]:
    """Return the published statistics of a year that the model can project, gases at `state` (K)."""
    name = outputs.space.city.observations.official
    if not name:
        return {}
    official = read_official(outputs.space.city.path(name))
    values = {key: official_value(official, year, key, reference_state_K=state) for key in statistics()}
    known = set(outputs.base.data_vars)
    return {key: value for key, value in values.items() if np.isfinite(value) and statistics()[key].pollutant in known}
