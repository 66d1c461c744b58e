"""The control table: what every scenario leaves of every source's emission, and what that comes to."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from aqcore.errors import Fault, InputError
from emissions.inventory import Inventory
from scenarios.scenario import BASE, Scenario
from scenarios.window_factors import HourFactors, WindowFactors, hour_factors

FloatArray = npt.NDArray[np.float64]
#: Of the mean year of the Gregorian calendar.
DAYS_PER_YEAR = 365.2425
WINDOW_REACH_COLUMNS = ("scenario", "window", "measure", "pollutant", "given", "flag", "sources", "before_t_per_d",
                        "removed_t_per_d")  # fmt: skip


@dataclass(frozen=True)
class ControlTable:
    """Factors on emissions and on the inflow, and the reach of every rule.

    `factors` (scenario, source, pollutant): growth x remaining fraction, base exactly 1.
    `background` (scenario, species): factor on the inflow; a species that is not listed keeps 1.
    `reach`: a row for each (scenario, measure, pollutant) with `given` (False: follows its parent), `flag` (how sure
    the number is, empty for direct factors), `sources` with emission, `mass_before_t` (grown, before control) and
    `removed_t` (Shapley share, `scenarios.shapley`): the rows of a scenario add up to the grown less the remaining
    mass. Direct factors stand as `factor <target>`.
    `windows`: what acts at certain dates or hours only, on top of `factors` and `background`; `window_reach` is its
    reach as a mean day of the year (`before_t_per_d` is what acts all year left, `removed_t_per_d`).
    """

    scenarios: tuple[Scenario, ...]
    factors: xr.DataArray
    background: xr.DataArray
    reach: pd.DataFrame
    windows: tuple[WindowFactors, ...] = ()
    window_reach: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=WINDOW_REACH_COLUMNS))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the scenarios, base first."""
        return tuple(scenario.name for scenario in self.scenarios)

    def windows_of(self, scenario: str) -> tuple[WindowFactors, ...]:
        """Return what acts in windows of one scenario, nothing for most."""
        return tuple(own for own in self.windows if own.scenario == scenario)

    def of(self, scenario: str) -> xr.DataArray:
        """Return the factors of one scenario: (source, pollutant). Raises `KeyError` for an unknown name.

        A scenario with windows has no factors that hold at all times: `InputError` (`factors_at` gives them by hour).
        """
        if windows := self.windows_of(scenario):
            names = ", ".join(dict.fromkeys(f"{own.window.name} ({own.window})" for own in windows))
            what = f"acts only at certain times ({names}), which annual factors cannot say"
            remedy = "use a model that takes factors by hour, or leave the windows out"
            raise InputError([Fault(f"scenario {scenario}", what, remedy)])
        return self.all_year(scenario)

    def all_year(self, scenario: str) -> xr.DataArray:
        """Return the factors of what acts all year, without the windows: (source, pollutant)."""
        return self.factors.sel(scenario=scenario, drop=True)

    def factors_at(self, scenario: str, times_local: npt.ArrayLike) -> HourFactors:
        """Return the factors of a scenario at local times (any shape), each distinct set once.

        Without windows the one state is a view of `factors`: it costs nothing.
        """
        background = self.background.sel(scenario=scenario, drop=True)
        return hour_factors(self.all_year(scenario), background, self.windows_of(scenario), times_local)

    def inventory(self, scenario: str, inventory: Inventory) -> Inventory:
        """Return the inventory as the scenario leaves it. Raises `InputError` as `of` does."""
        return inventory.scaled(self.of(scenario))

    def totals(self, inventory: Inventory) -> pd.DataFrame:
        """Return `scenario, sector, pollutant, mass_t, change_pct` (t/a; % of the base, NaN where it has none).

        Annual masses hold what acts all year; what acts in windows is not in them (`scenarios.periods` sums any hours).
        """
        parts, masses = self._summed(inventory, inventory.sources["sector"], inventory.sectors)
        change = _change(masses, masses[self.names.index(BASE)])
        index = pd.MultiIndex.from_product([self.names, parts, inventory.pollutants],
                                           names=["scenario", "sector", "pollutant"])  # fmt: skip
        return pd.DataFrame({"mass_t": masses.ravel(), "change_pct": change.ravel()}, index).reset_index()

    def diff(self, inventory: Inventory, a: str, b: str) -> pd.DataFrame:
        """Return what `b` changes of `a`: `sector, pollutant, a_t, b_t, difference_t, change_pct`, largest first."""
        totals = self.totals(inventory).set_index(["sector", "pollutant"])
        mass = {name: totals.loc[totals["scenario"] == name, "mass_t"] for name in (a, b)}
        table = pd.DataFrame({"a_t": mass[a], "b_t": mass[b], "difference_t": mass[b] - mass[a]})
        table["change_pct"] = _change(mass[b].to_numpy(), mass[a].to_numpy())
        return table.sort_values("difference_t", key=np.abs, ascending=False, kind="stable").reset_index()

    def by_sector_district(self, inventory: Inventory) -> xr.DataArray:
        """Return mass-weighted factors (scenario, sector, district, pollutant), 1 where there is no emission.

        For models that know only streams and regions; the mass of every sector and district is that of `factors`.
        """
        pairs = inventory.sources["sector"] + "|" + inventory.sources["district"]
        index = [f"{sector}|{district}" for sector in inventory.sectors for district in inventory.districts]
        _, masses = self._summed(inventory, pairs, tuple(index))
        start = masses[self.names.index(BASE)]
        factors = np.divide(masses, start, out=np.ones_like(masses), where=start > 0.0)
        shape = (len(self.names), len(inventory.sectors), len(inventory.districts), len(inventory.pollutants))
        coords = {"scenario": self.factors["scenario"].to_numpy(), "sector": np.array(inventory.sectors, dtype=object),
                  "district": np.array(inventory.districts, dtype=object),
                  "pollutant": self.factors["pollutant"].to_numpy()}  # fmt: skip
        return xr.DataArray(factors.reshape(shape), coords, tuple(coords), "factor", {"units": "1"})

    def _summed(
        self, inventory: Inventory, labels: pd.Series, order: tuple[str, ...]
    ) -> tuple[tuple[str, ...], FloatArray]:
        """Return the labels and the mass (scenario, label, pollutant) in t/a of sources with that label."""
        codes = pd.Categorical(labels, categories=list(order)).codes
        member = (np.arange(len(order))[:, None] == codes).astype(float)
        mass = inventory.mass.to_numpy()
        return order, np.stack([member @ (mass * own) for own in self.factors.to_numpy()])


def _change(mass: FloatArray, start: FloatArray) -> FloatArray:
    """Return the change in %, NaN where the start is 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(start > 0.0, 100.0 * (mass / start - 1.0), np.nan)
