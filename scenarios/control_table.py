"""The control table: what every scenario leaves of every source's emission, and what that comes to."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from emissions.inventory import Inventory
from scenarios.scenario import BASE, Scenario

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ControlTable:
    """Factors on emissions and on the inflow, and the reach of every rule.

    `factors` (scenario, source, pollutant): growth x remaining fraction, base exactly 1.
    `background` (scenario, species): factor on the inflow; a species that is not listed keeps 1.
    `reach`: a row for each (scenario, measure, pollutant) with `given` (False: follows its parent), `flag` (how sure
    the number is, empty for direct factors), `sources` with emission, `mass_before_t` (grown, before control) and
    `removed_t` (Shapley share, `scenarios.shapley`): the rows of a scenario add up to the grown less the remaining
    mass. Direct factors stand as `factor <target>`.
    """

    scenarios: tuple[Scenario, ...]
    factors: xr.DataArray
    background: xr.DataArray
    reach: pd.DataFrame

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the scenarios, base first."""
        return tuple(scenario.name for scenario in self.scenarios)

    def of(self, scenario: str) -> xr.DataArray:
        """Return the factors of one scenario: (source, pollutant). Raises `KeyError` for an unknown name."""
        return self.factors.sel(scenario=scenario, drop=True)

    def inventory(self, scenario: str, inventory: Inventory) -> Inventory:
        """Return the inventory as the scenario leaves it."""
        return inventory.scaled(self.of(scenario))

    def totals(self, inventory: Inventory) -> pd.DataFrame:
        """Return `scenario, sector, pollutant, mass_t, change_pct` (t/a; % of the base, NaN where it has none)."""
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
