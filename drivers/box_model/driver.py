"""The box model behind the interface of every driver: run directories, checks, the command, outcomes, outputs."""

import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from aqcore.errors import Fault
from aqcore.provenance import file_hash, value_hash
from aqcore.publish import publish_text, published_folder
from drivers.box_model import tracers
from drivers.box_model.box_case import (
    ZoneEmissions,
    background_dataset,
    weather_dataset,
    zone_table,
)
from drivers.box_model.mechanism import Mechanism
from drivers.box_model.mechanism_table import load
from drivers.box_model.output import DONE, INPUT, OUTPUT, RUN, read_output
from drivers.box_model.photolysis import load_table, manifest, missing_names
from drivers.box_model.scenario_inputs import hourly_emission, hourly_inflow, local_hours
from drivers.box_model.settings import BoxSettings
from drivers.driver import Outcome, Run
from observations.background import Background
from observations.model_days import ModelDays
from scenarios.control_table import ControlTable

NAME = "box_model"
NEEDED = ("NO", "NO2", "CO", "SO2", "NH3")
"""Emission species without which a city's boxes make no sense."""
WEATHER = ("T", "P", "RH", "cloud", "wind", "radiation", "height", "aod", "steadiness", "biogenic")


@dataclass(frozen=True)
class BoxDriver:
    """Boxes of a city: one a (day, district), run for every scenario of a control table."""

    streams: ZoneEmissions
    table: ControlTable
    days: ModelDays
    background: Background
    settings: BoxSettings = field(default_factory=BoxSettings)
    name: str = NAME

    @cached_property
    def _shared(self) -> xr.Dataset:
        """Weather and zones: the same in every scenario."""
        zones = zone_table(self.streams, self.days.zones, self.settings)
        return weather_dataset(self.days, zones, self.settings)

    @cached_property
    def _inflow(self) -> xr.Dataset:
        """The inflow before any scenario."""
        return background_dataset(self.background, self.days, self.settings)

    @cached_property
    def _mechanism(self) -> Mechanism:
        return load(self.settings.mechanism, self.settings.reaction_groups)

    @cached_property
    def _origin(self) -> dict[str, Any]:
        """What stands behind every run."""
        mechanism = self._mechanism
        return {
            "version": version("yice"),
            "mechanism": {"name": mechanism.name, "source": mechanism.source, "digest": mechanism.digest},
            "photolysis": dict(manifest()),
            "days": {"kind": self.days.kind, "source": self.days.source, "weather": _arrays_hash(self._shared)},
            "engine": self.settings.engine,
        }

    def inputs(self, scenario: str) -> xr.Dataset:
        """Return the complete input of a scenario: weather, emissions, inflow."""
        hours = self.table.factors_at(scenario, local_hours(self.days))
        shared = self._shared
        emission = hourly_emission(self.streams, self.days, hours, self.settings.timezone)
        inflow = hourly_inflow(self._inflow, hours)
        return shared.assign(emission=emission.astype(np.float32)).merge(inflow).assign_attrs(scenario=scenario)

    def prepare(self, root: Path) -> tuple[Run, ...]:
        """Write `root/<scenario>/` with `input.nc` and `run.json` for every scenario and return the runs.

        A directory whose inputs did not change is left as it is, with its output.
        Raises `InputError` when days, districts and background do not fit together.
        """
        return tuple(self._prepare_one(root / scenario, scenario) for scenario in self.table.names)

    def runs(self, root: Path) -> Sequence[Run]:
        """Return the runs that `prepare` writes under `root`, whether they are there or not."""
        return [Run(NAME, scenario, root / scenario) for scenario in self.table.names]

    def _prepare_one(self, folder: Path, scenario: str) -> Run:
        inputs = self.inputs(scenario)
        about = {
            "driver": NAME,
            "scenario": scenario,
            "settings": asdict(self.settings),
            "input": _arrays_hash(inputs[["emission", "background", "aloft"]]),
            "unused_species": unused_species(inputs, self._mechanism, self.settings),
            **self._origin,
        }
        about["run"] = value_hash(about)
        if not _same_run(folder, about["run"]):
            with published_folder(folder) as part:
                write_input(part / INPUT, inputs)
                publish_text(part / RUN, json.dumps(about, indent=1, ensure_ascii=False, default=str) + "\n")
        return Run(NAME, scenario, folder)

    def check(self, run: Run) -> tuple[Fault, ...]:
        """Return every fault of a run directory that would make the run fail or be wrong."""
        return tuple(check_folder(run.folder))

    def command(self, runs: Sequence[Run]) -> tuple[str, ...]:
        """Return the command that executes the runs in one process, batched together."""
        return (sys.executable, "-m", "drivers.box_model.run", *(str(run.folder) for run in runs))

    def outcome(self, run: Run) -> Outcome:
        """Judge a run by its own `done.json` and `output.nc`."""
        return judge(run.folder)

    def open(self, run: Run) -> xr.Dataset:
        """Return the output in the common schema, lazily."""
        return read_output(run.folder)


def _arrays_hash(dataset: xr.Dataset) -> str:
    """Return the SHA-256 of all variables of a dataset, names and values."""
    digest = hashlib.sha256()
    for name in sorted(map(str, dataset.variables)):
        values = dataset[name].to_numpy()
        text = values.dtype.kind in "OUT"
        digest.update(
            name.encode() + (repr(values.tolist()).encode() if text else np.ascontiguousarray(values).tobytes())
        )
    return digest.hexdigest()


def _same_run(folder: Path, run: str) -> bool:
    file = folder / RUN
    return file.is_file() and (folder / INPUT).is_file() and json.loads(file.read_text("utf-8")).get("run") == run


def unused_species(inputs: xr.Dataset, mechanism: Mechanism, settings: BoxSettings) -> dict[str, str]:
    """Return the emission species that the boxes do not use, with the reason."""
    names = [str(name) for name in inputs["species"].to_numpy()]
    split = tracers.split_emission(names, np.zeros((len(names), 1)), mechanism.species, settings.pcvoc_per_poa)
    return dict.fromkeys(split.unused, f"not in {mechanism.name} with the reaction groups of the settings")


def write_input(path: Path, dataset: xr.Dataset) -> None:
    """Write the input of a run (netCDF 4, compressed)."""
    encoding = {
        str(name): {"zlib": True, "complevel": 1}
        for name, array in dataset.data_vars.items()
        if array.dtype.kind == "f"
    }
    dataset.to_netcdf(path, encoding=encoding)


def check_folder(folder: Path) -> list[Fault]:
    """Return the faults of a run directory: files, settings, species, photolysis, values."""
    missing = [name for name in (INPUT, RUN) if not (folder / name).is_file()]
    if missing:
        return [Fault(str(folder / name), "is not there", "prepare the run again") for name in missing]
    settings = BoxSettings.read(
        json.loads((folder / RUN).read_text("utf-8"))["settings"], where=f"{folder / RUN}: settings"
    )
    with xr.open_dataset(folder / INPUT) as inputs:
        return [*_species_faults(folder, inputs), *_value_faults(folder, inputs), *_photolysis_faults(folder, settings)]


def _species_faults(folder: Path, inputs: xr.Dataset) -> list[Fault]:
    present = [str(name) for name in inputs["species"].to_numpy()]
    remedy = "give the inventory this pollutant, or its speciation this species"
    return [Fault(f"{folder / INPUT}: emission", f"no {name}", remedy) for name in NEEDED if name not in present]


def _value_faults(folder: Path, inputs: xr.Dataset) -> list[Fault]:
    """Return what no box can run with, each with the first box and hour of it."""
    faults = []
    for name in (*WEATHER, "emission", "background", "aloft"):
        values = inputs[name]
        missing, negative = values.isnull(), values < 0.0
        for what, where in (("missing", missing), ("negative", negative)):
            if count := int(where.sum()):
                found = f"{count} values are {what}, the first: {_first(inputs, where)}"
                faults.append(Fault(f"{folder / INPUT}: {name}", found, "give each box and hour a value from 0 up"))
    return faults


def _first(inputs: xr.Dataset, where: xr.DataArray) -> str:
    """Return the place of the first true value: `species NO, day hot, hour 5, zone 110101`."""
    place = dict(zip(where.dims, np.argwhere(where.to_numpy())[0], strict=True))
    words = []
    for dim in ("species", "bg_species", "day", "hour", "edge", "zone"):
        if dim in place:
            names = inputs["day_label"] if dim == "day" else inputs[dim] if dim in inputs.coords else None
            words.append(f"{dim} {place[dim] if names is None else names.to_numpy()[place[dim]]}")
    return ", ".join(words)


def _photolysis_faults(folder: Path, settings: BoxSettings) -> list[Fault]:
    remedy = "add it to drivers/box_model/data/photolysis_map.csv"
    return [
        Fault(f"{folder / RUN}: settings.mechanism", f"no photolysis for {name}", remedy)
        for name in _missing_photolysis(settings.mechanism, settings.reaction_groups)
    ]


@cache
def _missing_photolysis(mechanism: str, groups: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(missing_names(load(mechanism, groups).photolysis, load_table()))


def judge(folder: Path) -> Outcome:
    """Return how a run ended: done when `done.json` belongs to this input and `output.nc` is what it names."""
    marker = folder / DONE
    if not marker.is_file():
        return Outcome(done=False, reason=f"{DONE} is not there: the run has not ended, or it failed (see its log)")
    done = json.loads(marker.read_text("utf-8"))
    if done.get("run") != json.loads((folder / RUN).read_text("utf-8"))["run"]:
        return Outcome(done=False, reason="the output belongs to an earlier input: run again")
    if not (folder / OUTPUT).is_file() or file_hash(folder / OUTPUT) != done.get("output"):
        return Outcome(done=False, reason=f"{OUTPUT} is missing or was changed after the run: run again")
    return Outcome(done=True, cpu_seconds=float(done["cpu_seconds"]))
