"""A city's boxes as a case of `response`: factors on emitted species, plants and sources; MDA8 as the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import xarray as xr

from drivers.box_model.box_case import ZoneEmissions, emission_dataset
from drivers.box_model.engine import Engine
from drivers.box_model.mechanism import Mechanism
from drivers.box_model.response import O3_UG_PER_PPB, highest_eight_hours
from drivers.box_model.settings import BoxSettings
from drivers.box_model.simulation import simulate
from drivers.box_model.tracers import GAS_ALIASES
from observations.model_days import ModelDays

PLANTS = "plants"
"""The lever of all biogenic emission."""
SECTOR, CLASS = "sector ", "class "
"""What the lever of the emission of a sector, or of a source class, begins with."""
BOXES_A_BATCH = 2000


@dataclass(frozen=True)
class EmissionResponse:
    """Boxes of one run input that answer with MDA8 of ozone (ug m-3 at 298 K), the mean of some districts by area.

    `inputs` is `BoxDriver.inputs` of a scenario with the days that matter; `parts` are the own emission of each lever
    that is a part of the sources (`sector ...`, `class ...`) in the layout of `inputs["emission"]` (`part_emissions`);
    `zones` the districts of the answer, all when empty.
    """

    inputs: xr.Dataset
    engine: Engine
    settings: BoxSettings
    parts: Mapping[str, xr.DataArray] = field(default_factory=dict)
    zones: tuple[str, ...] = ()

    @property
    def levers(self) -> tuple[str, ...]:
        """Emitted gases by mechanism name, plants, parts of the sources."""
        emitted = [GAS_ALIASES.get(name, name) for name in map(str, self.inputs["species"].to_numpy())]
        gases = [name for name in dict.fromkeys(emitted) if name in self.engine.mechanism.species]
        return (*gases, PLANTS, *self.parts)

    @property
    def mechanism(self) -> Mechanism:
        """The mechanism of the boxes."""
        return self.engine.mechanism

    @property
    def units(self) -> str:
        """Unit of the metric."""
        return "ug m-3"

    @property
    def amounts(self) -> Mapping[str, float]:
        """Mean ppb that a day's emission of each gas would add to the mixed layer of noon."""
        emission = self.inputs["emission"].isel(which=-1).mean("hour")
        total = (emission.sum("zone") * 86400.0).mean("day") / float(self.inputs["area"].sum())
        last = self.inputs.isel(which=-1)
        height = float(last["height"].isel(edge=12).mean())
        air = float((last["P"] / (8.314462618 * last["T"])).mean())
        found: dict[str, float] = {}
        for name, value in zip(map(str, total["species"].to_numpy()), total.to_numpy(), strict=True):
            gas = GAS_ALIASES.get(name, name)
            if gas in self.engine.mechanism.species:
                found[gas] = found.get(gas, 0.0) + float(value) / (height * air) * 1e9
        return found

    def __call__(self, factors: xr.DataArray) -> xr.DataArray:
        """Return the metric (scenario, day) of factors (scenario, lever)."""
        one = self.inputs.sizes["day"] * self.inputs.sizes["zone"]
        size = max(1, BOXES_A_BATCH // one)
        names = [str(name) for name in factors["scenario"].to_numpy()]
        parts = []
        for start in range(0, len(names), size):
            chosen = factors.isel(scenario=slice(start, start + size))
            scaled = [self._scaled(chosen.isel(scenario=i)) for i in range(chosen.sizes["scenario"])]
            parts += [values["O3"] for values in simulate(scaled, self.settings, self.engine)]
        labels = [str(label) for label in self.inputs["day_label"].to_numpy()]
        zones = [str(zone) for zone in self.inputs["zone"].to_numpy()]
        coords = {"scenario": names, "day": labels, "zone": zones}
        ozone = xr.DataArray(np.stack(parts), coords, ("scenario", "day", "hour", "zone"))
        area = xr.DataArray(self.inputs["area"].to_numpy(), {"zone": zones}, ("zone",))
        chosen_zones = list(self.zones or zones)
        found = highest_eight_hours(ozone).sel(zone=chosen_zones).weighted(area.sel(zone=chosen_zones)).mean("zone")
        return (found * O3_UG_PER_PPB).assign_attrs(units=self.units)

    def _scaled(self, factor: xr.DataArray) -> xr.Dataset:
        values = dict(zip(map(str, factor["lever"].to_numpy()), factor.to_numpy(), strict=True))
        species = [GAS_ALIASES.get(name, name) for name in map(str, self.inputs["species"].to_numpy())]
        scale = xr.DataArray(
            [values.get(name, 1.0) for name in species], {"species": self.inputs["species"]}, ("species",)
        )
        emission = self.inputs["emission"] * scale
        for name, own in self.parts.items():
            if values.get(name, 1.0) != 1.0:
                emission = emission + (values[name] - 1.0) * own * scale
        plants = self.inputs["biogenic"] * values.get(PLANTS, 1.0)
        changed = self.inputs.assign(emission=emission.clip(min=0.0), biogenic=plants)
        return changed.assign_attrs(scenario=str(factor["scenario"].item()))


def part_emissions(
    streams: ZoneEmissions, days: ModelDays, parts: Mapping[str, Sequence[str]], base: xr.DataArray, timezone: str
) -> dict[str, xr.DataArray]:
    """Return each part's own emission in the layout of a run input: what leaves when its sources are zeroed.

    `parts` name sources (a sector, a source class), `base` are the factors (source, pollutant) of the scenario that is
    the base. Emission is linear in its factors, so the difference from the base is exact.
    """
    whole = emission_dataset(streams, days, days.zones, base, timezone)
    own = {}
    for name, sources in parts.items():
        factors = base.copy()
        factors.loc[{"source": list(sources)}] = 0.0
        own[name] = whole - emission_dataset(streams, days, days.zones, factors, timezone)
    return own
