"""Observed days as a case of `response`: factors on what was measured, ozone made by day as the answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import xarray as xr

from drivers.box_model.mechanism import Mechanism
from drivers.box_model.obm import DAYTIME, ObmCase, refuse_held
from drivers.box_model.response import O3_UG_PER_PPB, highest_eight_hours

Metric = Literal["production", "mda8"]


@dataclass(frozen=True)
class ObservedResponse:
    """Observed days that answer with `production` (net P(O3) from 07 to 19, ppb) or `mda8` (ug m-3 at 298 K).

    Raises `InputError` when O3, NO or a radical is held: the answer would be fixed.
    """

    case: ObmCase
    metric: Metric = "production"

    def __post_init__(self) -> None:
        refuse_held(self.case, "response of ozone")

    @property
    def levers(self) -> tuple[str, ...]:
        """The observed gases but ozone."""
        return tuple(name for name in self.case.gases if name not in {"O3", "CH4"})

    @property
    def mechanism(self) -> Mechanism:
        """The mechanism of the case."""
        return self.case.engine.mechanism

    @property
    def units(self) -> str:
        """Unit of the metric."""
        return "ppb" if self.metric == "production" else "ug m-3"

    @property
    def amounts(self) -> Mapping[str, float]:
        """Mean daytime ppb of each lever."""
        return {name: float(self.case.gases[name][:, DAYTIME].mean()) for name in self.levers}

    def __call__(self, factors: xr.DataArray) -> xr.DataArray:
        """Return the metric (scenario, day) of factors (scenario, lever)."""
        table = self.case.run(factors.rename(lever="species")).table()
        if self.metric == "production":
            return (
                table["net_O3"]
                .sel(hour=slice(DAYTIME.start, DAYTIME.stop - 1))
                .sum("hour")
                .assign_attrs(units=self.units)
            )
        return (highest_eight_hours(table["O3"]) * O3_UG_PER_PPB).assign_attrs(units=self.units)
