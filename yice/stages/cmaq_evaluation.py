"""Evaluation of CMAQ runs: daily values in districts and at stations, control effect, maps of change, lazily."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from aqcore.errors import Fault, InputError, RunFailed, did_you_mean
from aqcore.publish import published_folder
from drivers.driver import Driver, Run
from evaluation.change_maps import MAPPED, change_maps
from evaluation.effect import DailyPair, Effect, effect_of_pair
from evaluation.grid_effect import patch_radius, site_cells, site_pair, zone_pair
from evaluation.modelled_period import period_days, whole_days
from evaluation.performance import performance_table
from evaluation.standards import statistic
from evaluation.units import in_standard_units
from observations.reference_state import reference_temperature
from observations.sites import read_sites
from observations.uci_prsa import read_uci_prsa
from scenarios import BASE
from yice import cmaq_figures, console
from yice.stages.outputs import EVALUATED, Outputs
from yice.stages.runs import root
from yice.workspace import Workspace

FOLDER = "evaluation_cmaq"
DISTRICTS, STATIONS = "districts", "stations"
MAPS = "change_maps.nc"


@dataclass(frozen=True)
class GridOutputs:
    """The finished runs of a gridded model, opened lazily, and the whole local days that they hold."""

    space: Workspace
    driver: Driver

    def open(self, scenario: str) -> xr.Dataset:
        """Return the output of a scenario (time, y, x). Raises RunFailed when its run is not done."""
        run = next(one for one in self._runs if one.scenario == scenario)
        opened = self.driver.open(run)
        return opened[[name for name in EVALUATED if name in opened]]

    @property
    def _runs(self) -> Sequence[Run]:
        return self.driver.runs(root(self.space, self.driver))

    @cached_property
    def base(self) -> xr.Dataset:
        """The output of the base."""
        return self.open(BASE)

    @cached_property
    def days(self) -> pd.DataFrame:
        """The whole local days with season and weight. Raises InputError when the runs hold none."""
        times, zone = self.base["time"].to_numpy(), self.space.city.timezone
        if not len(whole_days(times, zone)):
            what = f"{len(times)} hours from {str(times[0])[:13]} UTC hold no whole day of {zone}"
            remedy = "run the UTC day before as well (cmaq.dates), and whole days (cmaq.span): MDA8 needs all hours"
            raise InputError([Fault("cmaq.dates", what, remedy)])
        return period_days(times, timezone=zone)

    @cached_property
    def reference_state(self) -> float:
        """The temperature to which gases refer on the modelled days (K); days of both states are refused."""
        states = np.unique(reference_temperature(self.days.index.to_numpy()))
        if len(states) > 1:
            what, remedy = "the days lie before and after 2018-09-01", "evaluate the two periods apart"
            raise InputError([Fault("cmaq.dates", what, remedy)])
        return float(states[0])

    @cached_property
    def sites(self) -> pd.DataFrame | None:
        """The stations of the city, where it lists some."""
        name = self.space.city.observations.stations
        return read_sites(self.space.city.path(name)) if name else None

    @cached_property
    def cells(self) -> pd.DataFrame | None:
        """The cells of the stations."""
        return None if self.sites is None else site_cells(self.sites, self.space.grid)

    def pairs(self, scenario: str) -> Iterator[tuple[str, DailyPair]]:
        """Yield the daily values of base and scenario: in the districts, and at the stations where there are some."""
        control, zone = self.open(scenario), self.space.city.timezone
        weights = Outputs(self.space, self.driver).weights
        state = self.reference_state
        mask = self.space.streams.zone_mask()
        yield DISTRICTS, zone_pair(self.base, control, self.days, mask, reference_state_K=state, timezone=zone,
                                   zone_weights=weights)  # fmt: skip
        if self.sites is not None and self.cells is not None:
            counts = {str(code): float(not control) for code, control in self.sites["is_control"].items()}
            radius = patch_radius(self.space.grid)
            yield STATIONS, site_pair(self.base, control, self.days, self.cells, radius=radius,
                                      reference_state_K=state, timezone=zone, zone_weights=counts)  # fmt: skip

    def maps(self, scenario: str) -> xr.Dataset:
        """Return base, control and change of the statistics that the runs have, (statistic, y, x)."""
        chosen = [name for name in MAPPED if statistic(name).pollutant in self.base]
        return change_maps(self.base, self.open(scenario), self.days, chosen,
                           reference_state_K=self.reference_state, timezone=self.space.city.timezone)  # fmt: skip

    def performance(self) -> pd.DataFrame | None:
        """Return the metrics of the base at the stations where hourly observations of the modelled days are at hand."""
        if self.space.hourly_file is None or self.sites is None or self.cells is None:
            return None
        observed = read_uci_prsa(self.space.hourly_file, self.sites).data
        shared = np.intersect1d(observed["time"].to_numpy(), self.base["time"].to_numpy())
        here = [code for code in map(str, observed["site"].to_numpy()) if code in self.cells.index]
        if not len(shared) or not here:
            return None
        rows, columns = (xr.DataArray(self.cells.loc[here, key].to_numpy(), dims="zone") for key in ("row", "col"))
        model = self.base.isel(y=rows, x=columns).sel(time=shared).drop_vars(["y", "x"], errors="ignore")
        model = in_standard_units(model.assign_coords(zone=here), reference_state_K=self.reference_state)
        return performance_table(model.compute(), observed.sel(time=shared, site=here).rename(site="zone"),
                                 timezone=self.space.city.timezone)  # fmt: skip


def evaluate(space: Workspace, driver: Driver, only: Sequence[str] = ()) -> list[Path]:
    """Write the tables, maps and figures of the finished runs and return their paths.

    `only` names scenarios, none: all. Raises InputError for unknown names and for runs without a whole local day,
    RunFailed naming every run that is not done.
    """
    outputs = GridOutputs(space, driver)
    names = _chosen(space, only)
    _require_done(outputs, [BASE, *names])
    _ = outputs.days
    with published_folder(space.work / FOLDER) as folder, console.progress("evaluation") as tick:
        effects: dict[str, list[Effect]] = {}
        maps = {}
        for number, name in enumerate(names):
            tick(number, len(names))
            for where, pair in outputs.pairs(name):
                effects.setdefault(where, []).append(effect_of_pair(pair, name))
            maps[name] = outputs.maps(name)
        _write_tables(outputs, effects, folder)
        if maps:
            _write_maps(outputs, maps, folder)
    return sorted(path for path in (space.work / FOLDER).rglob("*") if path.is_file())


def _chosen(space: Workspace, only: Sequence[str]) -> list[str]:
    known = [scenario.name for scenario in space.scenarios if scenario.name != BASE]
    faults = [
        Fault("--scenario", f"no scenario {name!r}", did_you_mean(name, known)) for name in only if name not in known
    ]
    if faults:
        raise InputError(faults)
    return [name for name in known if not only or name in only]


def _require_done(outputs: GridOutputs, names: Sequence[str]) -> None:
    found = {run.scenario: run for run in reversed(outputs.driver.runs(root(outputs.space, outputs.driver)))}
    reasons = {name: outputs.driver.outcome(found[name]) for name in names}
    waiting = [f"{name}: {outcome.reason}" for name, outcome in reasons.items() if not outcome.done]
    if waiting:
        head = f"{len(waiting)} of {len(names)} runs are not done; --scenario evaluates the others:"
        raise RunFailed("\n".join([head, *waiting]))


def _write_tables(outputs: GridOutputs, effects: dict[str, list[Effect]], folder: Path) -> None:
    outputs.days.rename_axis("day").to_csv(folder / "days.csv", float_format="%.6g")
    for where, found in effects.items():
        for name in ("table", "response"):
            whole = pd.concat([getattr(effect, name) for effect in found])
            title = "effect" if name == "table" else name
            whole.to_csv(folder / f"{title}_{where}.csv", index=False, float_format="%.6g")
        _daily(found).to_csv(folder / f"daily_{where}.csv", index=False, float_format="%.6g")
    table = outputs.performance()
    if table is not None:
        table.to_csv(folder / "performance.csv", index=False, float_format="%.6g")


def _daily(effects: Sequence[Effect]) -> pd.DataFrame:
    """Return daily values of base and scenarios: scenario, day, zone, and a column a variable."""
    runs = {BASE: effects[0].daily.base} | {str(e.table["scenario"].iloc[0]): e.daily.control for e in effects}
    frames = [run.to_dataframe().reset_index().assign(scenario=name) for name, run in runs.items()]
    whole = pd.concat(frames, ignore_index=True)
    return whole[["scenario", "day", "zone", *runs[BASE].data_vars]]


def _write_maps(outputs: GridOutputs, maps: dict[str, xr.Dataset], folder: Path) -> None:
    whole = xr.concat(list(maps.values()), pd.Index(list(maps), name="scenario"), coords="minimal", compat="override",
                      join="exact")  # fmt: skip
    lon, lat = outputs.space.grid.centres()
    whole = whole.assign_coords(lon=(("y", "x"), lon), lat=(("y", "x"), lat))
    whole.attrs = {"Conventions": "CF-1.8", "days": len(outputs.days), "grid": outputs.space.grid.name}
    whole.to_netcdf(folder / MAPS)
    for name, one in maps.items():
        cmaq_figures.draw_change(one, outputs.space.grid, outputs.space.districts, folder / "figures" / name,
                                 days=len(outputs.days), illustrative=outputs.space.city.illustrative)  # fmt: skip
