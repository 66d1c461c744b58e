"""Runs of the box model compared: what a worker needs to know for it, and nothing of the city's inputs."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pandas as pd
import xarray as xr

from drivers.box_model.output import read_output
from evaluation.effect import Effect, control_effect, daily_outputs


@dataclass(frozen=True)
class Comparison:
    """Run directories, the variables that are evaluated, the days, and how the city's mean is made.

    It travels to the workers: `weights` are pairs (district, weight), `days` the table of the modelled days.
    """

    runs: Path
    wanted: tuple[str, ...]
    days: pd.DataFrame
    weights: tuple[tuple[str, float], ...]
    reference_state: float
    timezone: str

    def effect(self, pair: tuple[str, str]) -> Effect:
        """Return what a scenario changes against another (scenario, against)."""
        scenario, against = pair
        return control_effect(
            _kept(self.runs / against, self.wanted), _opened(self.runs / scenario, self.wanted), self.days,
            scenario=scenario, reference_state_K=self.reference_state, timezone=self.timezone,
            zone_weights=dict(self.weights),
        )  # fmt: skip

    def daily_ozone(self, scenario: str) -> xr.DataArray:
        """Return MDA8 of a scenario (day, zone), the city among the zones, ug m-3."""
        run = _opened(self.runs / scenario, ("O3",))
        daily = daily_outputs(run, self.reference_state, self.timezone, dict(self.weights))
        return daily["O3_MDA8"].transpose("day", "zone")


def _opened(folder: Path, wanted: tuple[str, ...]) -> xr.Dataset:
    with read_output(folder) as opened:
        return opened[[name for name in wanted if name in opened]].load()


@lru_cache(maxsize=2)
def _kept(folder: Path, wanted: tuple[str, ...]) -> xr.Dataset:
    """Return the output of a run that many are compared with."""
    return _opened(folder, wanted)
