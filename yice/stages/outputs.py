"""The outputs of a city's runs, opened when they are needed, and the city that its stations make."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import xarray as xr

from drivers.driver import Driver, Run
from evaluation.effect import DailyPair, Effect, control_effect
from evaluation.hj663 import CITY
from evaluation.official import official_value, read_official
from evaluation.standards import statistics
from observations.sites import read_sites
from scenarios import BASE
from yice.stages.runs import root
from yice.workspace import Workspace


@dataclass(frozen=True)
class Outputs:
    """The runs of a city, opened when they are needed."""

    space: Workspace
    driver: Driver

    def open(self, scenario: str) -> xr.Dataset:
        """Return the output of a scenario in the common schema."""
        run = Run(self.driver.name, scenario, root(self.space, self.driver) / scenario)
        return self.driver.open(run).load()

    @cached_property
    def base(self) -> xr.Dataset:
        """The output of the base."""
        return self.open(BASE)

    @cached_property
    def days(self) -> pd.DataFrame:
        """The modelled days with season and weight."""
        return self.space.days.day_table()

    @cached_property
    def evaluated(self) -> tuple[str, ...]:
        """The districts with evaluation stations: the city is their mean, as the bulletin's is that of stations."""
        stations = self.space.city.observations.stations
        if not stations:
            return self.space.districts.codes
        sites = read_sites(self.space.city.path(stations))
        with_sites = set(sites.loc[~sites["is_control"], "district"])
        return tuple(code for code in self.space.districts.codes if code in with_sites)

    @property
    def weights(self) -> dict[str, float]:
        """Weight of each district in the mean of the city."""
        return {code: float(code in self.evaluated) for code in self.space.districts.codes}

    @property
    def reference_state(self) -> float:
        """The temperature (K) to which the gases' mass concentrations refer."""
        return self.space.days.reference_state_K

    def effect(self, scenario: str, *, against: str = BASE) -> Effect:
        """Return what a scenario changes against another."""
        base = self.base if against == BASE else self.open(against)
        return control_effect(
            base, self.open(scenario), self.days, scenario=scenario, reference_state_K=self.reference_state,
            timezone=self.space.city.timezone, zone_weights=self.weights,
        )  # fmt: skip

    def city_pair(self, pair: DailyPair) -> DailyPair:
        """Return a pair of daily values with the evaluated districts only."""
        zones = [*self.evaluated, CITY]
        return DailyPair(pair.base.sel(zone=zones), pair.control.sel(zone=zones), pair.days)


def official_statistics(outputs: Outputs, year: int, state: float) -> dict[str, float]:
    """Return the published statistics of a year that the model can project, gases at `state` (K)."""
    name = outputs.space.city.observations.official
    if not name:
        return {}
    official = read_official(outputs.space.city.path(name))
    values = {key: official_value(official, year, key, reference_state_K=state) for key in statistics()}
    known = set(outputs.base.data_vars)
    return {key: value for key, value in values.items() if np.isfinite(value) and statistics()[key].pollutant in known}
