"""What `yice box` runs: a city's boxes on chosen days, or the observed days of a CSV, behind one interface."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from aqcore.errors import Fault, InputError, did_you_mean
from aqcore.provenance import file_hash
from drivers.box_model.chemistry import make_engine
from drivers.box_model.driver import BoxDriver
from drivers.box_model.emission_response import CLASS, PLANTS, SECTOR, EmissionResponse, part_emissions
from drivers.box_model.obm import ObmCase, ObmSettings
from drivers.box_model.observed_notes import set_up_notes
from drivers.box_model.observed_rates import daytime, hourly_rates
from drivers.box_model.observed_response import ObservedResponse
from drivers.box_model.observed_series import read_observed_series
from drivers.box_model.output import output_dataset
from drivers.box_model.reactivity_groups import BIOGENIC, reactivity_groups
from drivers.box_model.response import Groups, Response, present
from drivers.box_model.settings import BoxSettings
from drivers.box_model.simulation import simulate
from scenarios import BASE
from yice import met
from yice.box_choices import Choices
from yice.city import CITY_FILE, read_city
from yice.options import Options
from yice.workspace import Workspace

SUMMER, EPISODE = "summer", "episode"
HOURLY = ("O3", "NO", "NO2", "CO", "HONO", "FORM", "PAN", "OH", "HO2", "PM25", "T", "PBLH")
"""Variables of a city's hourly table."""


@dataclass(frozen=True)
class CityCase:
    """Boxes of a city on some of its days: those of its met files or of `observations`, else its typical ones.

    `days` are labels, by default the summer's ozone episodes.
    """

    folder: Path
    work: Path
    days: tuple[str, ...] = ()
    observations: Path | None = None
    scaled = "emission"

    @cached_property
    def _space(self) -> Workspace:
        real = self.observations is not None or met.named(read_city(self.folder))
        return Workspace(Options(self.folder, self.work, observations=self.observations, typical=not real))

    @cached_property
    def _driver(self) -> BoxDriver:
        space = self._space
        return BoxDriver(space.typical_streams, space.table, space.days, space.background, space.box_settings)

    @cached_property
    def _chosen(self) -> list[int]:
        data = self._space.days.data
        labels, seasons = ([str(x) for x in data[name].to_numpy()] for name in ("label", "season"))
        unknown = [day for day in self.days if day not in labels]
        if unknown:
            raise InputError(Fault("--day", f"no day {day!r}", did_you_mean(day, labels)) for day in unknown)
        wanted = [i for i, label in enumerate(labels) if label in self.days]
        summer = [i for i, season in enumerate(seasons) if season == SUMMER]
        cases = self._space.days.cases
        return wanted or [i for i in summer if EPISODE in cases[i]] or summer or list(range(len(labels)))

    @cached_property
    def inputs(self) -> xr.Dataset:
        """The input of the base on the chosen days."""
        return self._driver.inputs(BASE).isel(day=self._chosen)

    @property
    def illustrative(self) -> bool:
        """Whether the city file says that its input is constructed."""
        return self._space.city.illustrative

    @property
    def settings(self) -> BoxSettings:
        """The settings of the boxes."""
        return self._space.box_settings

    def response(self, *, rates: bool = False, sources: bool = False) -> EmissionResponse:
        """Return how MDA8 answers, the mean of the core districts (of all where no core is named).

        With `sources` each sector and source class is a lever too.
        """
        del rates  # a city answers with MDA8 always
        settings = self._space.box_settings
        own = self._parts() if sources else {}
        return EmissionResponse(self.inputs, make_engine(settings), settings, own, settings.core_zones)

    def _parts(self) -> Mapping[str, xr.DataArray]:
        space = self._space
        table = space.inventory.sources
        parts = {
            f"{prefix}{name}": list(rows.index)
            for prefix, column in ((SECTOR, "sector"), (CLASS, "source_class"))
            for name, rows in table.groupby(column, sort=False)
        }
        base = space.table.all_year(BASE)
        own = part_emissions(space.typical_streams, space.days, parts, base, space.city.timezone)
        return {name: values.isel(day=self._chosen) for name, values in own.items()}

    def groups(self, response: Response) -> Groups:
        """Return the groups whose cuts are compared; plants are the biogenic ones, sectors each one of their own."""
        found = {**present(reactivity_groups(), response.levers), BIOGENIC: (PLANTS,)}
        return found | {name: (name,) for name in response.levers if name.startswith(SECTOR)}

    def notes(self) -> tuple[str, ...]:
        """Return what a reader should know about the set-up: days that stand alone, districts that answer."""
        days = self.inputs.sizes["day"]
        said = ["the city file says illustrative: inventory or measures are constructed"] if self.illustrative else []
        said += [] if days > 1 else ["one day: no interval over days can be given"]
        if not self._space.box_settings.core_zones:
            said.append("box.core_zones is empty: MDA8 is the mean of all districts")
        return tuple(said)

    def about(self) -> dict[str, Any]:
        """Return what was run, for `about.json`."""
        space = self._space
        labels = [str(label) for label in self.inputs["day_label"].to_numpy()]
        return {"kind": "city", "days": labels, "source_of_days": space.days.source,
                "zones": list(space.days.zones), "settings": asdict(space.box_settings)}  # fmt: skip

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return `hourly`: one row a (day, hour, district)."""
        settings = self._space.box_settings
        values = simulate([self.inputs], settings, make_engine(settings))[0]
        data = output_dataset(self.inputs, values, scenario=BASE, history="yice box run")
        frame = data[list(HOURLY)].to_dataframe().reset_index()
        return {"hourly": frame[["label", "hour", "zone", *HOURLY]].rename(columns={"label": "day"})}


@dataclass(frozen=True)
class ObservedCase:
    """The observed days of a CSV."""

    path: Path
    hold: tuple[str, ...] = ()
    lifetime_h: float = 12.0
    scaled = "concentration"
    illustrative = False

    @cached_property
    def case(self) -> ObmCase:
        """The case, read and checked."""
        if not self.lifetime_h > 0.0:
            raise InputError([Fault("--lifetime", f"{self.lifetime_h:g} h", "give a positive number of hours")])
        engine = make_engine(BoxSettings())
        settings = replace(ObmSettings(), hold=self.hold, loss_s=1.0 / (self.lifetime_h * 3600.0))
        return ObmCase(read_observed_series(self.path, engine.mechanism), engine, settings)

    def response(self, *, rates: bool = False, sources: bool = False) -> ObservedResponse:
        """Return how ozone answers: net production by day (`rates`), else MDA8. Raises `InputError` when O3 is held."""
        del sources  # observations know no source
        return ObservedResponse(self.case, "production" if rates else "mda8")

    def groups(self, response: Response) -> Groups:
        """Return the groups that were observed."""
        return present(reactivity_groups(), response.levers)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return `hourly` rates and their `daytime`; observed ozone stands beside the modelled."""
        table = hourly_rates(self.case.run())
        by_day = daytime(table)
        if "O3" in self.case.series.gases:
            table.insert(1, "observed O3 (ppb)", np.asarray(self.case.series.gases["O3"]).ravel())
        return {"hourly": table.reset_index(), "daytime": by_day.reset_index()}

    def notes(self) -> tuple[str, ...]:
        """Return what a reader should know about the set-up."""
        return set_up_notes(self.case)

    def about(self) -> dict[str, Any]:
        """Return what was run, for `about.json`."""
        case = self.case
        mechanism = case.engine.mechanism
        return {"kind": "observations", "source": self.path.name, "sha256": file_hash(self.path),
                "days": [str(day) for day in case.series.dates], "mechanism": mechanism.name,
                "mechanism_sha256": mechanism.digest, "held": list(case.held),
                "settings": asdict(case.settings)}  # fmt: skip


Case = CityCase | ObservedCase


def case_of(source: Path, work: Path, choices: Choices) -> Case:
    """Return the case of a city folder or of a CSV of observations.

    Raises `InputError` for neither, and for choices that belong to the other.
    """
    if (source / CITY_FILE).is_file():
        if choices.hold:
            raise InputError([Fault("--hold", "is for observations", "leave it out: a city's boxes hold nothing")])
        return CityCase(source, work, choices.days, choices.observations)
    if source.is_file():
        _only_of_a_city(choices)
        return ObservedCase(source, choices.hold, choices.lifetime_h)
    raise InputError([Fault(str(source), "is neither a city folder nor a file", "give CITY or a CSV of observations")])


def _only_of_a_city(choices: Choices) -> None:
    given = {"--day": choices.days, "--observations": choices.observations}
    faults = [Fault(name, "is for a city", "leave it out: the days of a CSV are run") for name, v in given.items() if v]
    if faults:
        raise InputError(faults)
