"""Emission streams: an inventory, speciated, placed and timed, as factors until it is written.

Convention of time: step h of a file holds the mean rate of the hour that begins at h (UTC), and step 24 is hour 0 of
the next day. CMAQ takes the steps as instants and interpolates linearly between them, so that its day differs from
the day of the profiles by half the difference of step 24 and step 0; over a year the two agree. `day_totals` lists
both for every written file.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date as calendar_date
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp
import xarray as xr

from aqcore.calendar import CHINA, Holidays, Unpublished, utc_steps
from aqcore.districts import Districts
from aqcore.errors import Fault, InputError, RunFailed, did_you_mean
from aqcore.grid import Grid
from aqcore.ledger import Ledger
from emissions.accounting import HOURS, Account, WrittenDay, day_table, file_entries, open_ledger, read_day
from emissions.clock import city_clock, describe, ledger_year_of
from emissions.coverage import district_coverage
from emissions.fields import SectorField, lazy_dataset
from emissions.inventory import Inventory
from emissions.layers import Layers, VerticalProfiles, default_vertical_profiles
from emissions.mechanisms import species_kinds
from emissions.placing import POINT_TOLERANCE_KM, Placement, place_sources
from emissions.profiles import TimeProfiles
from emissions.response import Response, build_response
from emissions.source_classes import source_classes
from emissions.speciation import Speciation, build_speciation
from emissions.surrogates import Surrogates
from emissions.writing import file_path, write_field
from emissions.zone_operator import ZoneOperator, zone_matrix

SURFACE = "V_SURFACE"
"""Vertical profile of area sources."""

Progress = Callable[[int, int], None]
"""Called with how many parts are done, and how many there are."""


@dataclass(frozen=True)
class Assignment:
    """Which profiles each source has.

    `temporal` and `vertical` (source,) are indices into `TimeProfiles.ids` and `vertical_ids`; `layer_shares` is
    (vertical profile, layer), rows summing to 1.
    """

    temporal: np.ndarray
    vertical: np.ndarray
    vertical_ids: tuple[str, ...]
    layer_shares: np.ndarray


@dataclass(frozen=True, eq=False)
class EmissionStreams:
    """The emissions of a city: annual mass x speciation x placing x time x layers, multiplied when asked for.

    One stream a sector. `zones` are the codes of the districts, in their order; `zone_cover` (zone, y, x) is the
    area fraction of each cell in each district; `opened` is the ledger up to the layers and `account` the mass that
    the files have to hold.
    """

    grid: Grid
    inventory: Inventory
    zones: tuple[str, ...]
    zone_cover: np.ndarray
    placement: Placement
    response: Response
    profiles: TimeProfiles
    assignment: Assignment
    layers: Layers
    opened: Ledger
    account: Account
    _written: dict[tuple[str, str], WrittenDay] = field(default_factory=dict, repr=False)

    @property
    def species(self) -> tuple[str, ...]:
        """All emission species, gases first."""
        return self.response.species

    @cached_property
    def units(self) -> tuple[str, ...]:
        """Unit of the rate of each species: mol/s of gases, g/s of aerosols."""
        kinds = species_kinds()
        return tuple("mol/s" if kinds[name] == "gas" else "g/s" for name in self.species)

    @cached_property
    def sectors(self) -> tuple[str, ...]:
        """The sectors that emit any species inside the domain, in the order of the inventory."""
        return tuple(name for name in self.inventory.sectors if len(self._emitted(name)))

    @cached_property
    def _base(self) -> np.ndarray:
        return self.response.amounts()

    def _rows(self, sector: str) -> np.ndarray:
        return np.flatnonzero((self.inventory.sources["sector"] == sector).to_numpy())

    def _emitted(self, sector: str) -> np.ndarray:
        """Return the indices of the species that a sector emits inside the domain."""
        rows = self._rows(sector)
        here = rows[self.placement.inside[rows] > 0.0]
        return np.flatnonzero((self._base[here] > 0.0).any(axis=0))

    @property
    def ledger(self) -> Ledger:
        """Mass by step, sector, pollutant and district, t/a: inventory, speciation, placing, time, layers, files.

        The step `files` appears with the first written day. It is the mean over the written days, each scaled to a
        year by the share that its profiles give the day.
        """
        ledger = Ledger()
        ledger.extend(self.opened.entries)
        if self._written:
            ledger.extend(file_entries(self.account, list(self._written.values())))
        return ledger

    @property
    def day_totals(self) -> pd.DataFrame:
        """What the written files hold, one row a sector, date and species that the day has.

        Columns `profile_day` (by the profiles), `file_day` (steps 0 to 23 x 3600 s), `trapezoid_day` (as CMAQ
        interpolates the file), mol or g.
        """
        return day_table(self._written.values())

    @property
    def provenance(self) -> dict[str, str]:
        """What the streams follow by choice: time zone and holidays, in words."""
        return describe(self.profiles)

    def source_report(self) -> pd.DataFrame:
        """Return the profiles of each source and its share inside the domain, indexed by source."""
        keys = ["sector", "district", "source_class", "kind"]
        return self.inventory.sources[keys].assign(
            temporal_profile=[self.profiles.ids[row] for row in self.assignment.temporal],
            vertical_profile=[self.assignment.vertical_ids[row] for row in self.assignment.vertical],
            inside=self.placement.inside,
        )

    def zone_mask(self) -> xr.DataArray:
        """Return the area fraction of each cell in each district, (zone, y, x)."""
        coords = {"zone": list(self.zones), "y": self.grid.y, "x": self.grid.x}
        return xr.DataArray(self.zone_cover, coords, ("zone", "y", "x"), "zone_mask", {"units": "1"})

    def source_species(self, factors: xr.DataArray | None = None) -> xr.DataArray:
        """Return the annual amounts of each source, (source, species), mol/a of gases and g/a of aerosols.

        `factors` (source, pollutant), or one of these dimensions, dimensionless; what it does not name has factor 1.
        """
        coords = {
            "source": list(self.response.sources),
            "species": list(self.species),
            "units": ("species", [unit.replace("/s", "/a") for unit in self.units]),
        }
        return xr.DataArray(self._amounts(factors), coords, ("source", "species"), "emission")

    def _amounts(self, factors: xr.DataArray | None) -> np.ndarray:
        return self._base if factors is None else self.response.amounts(self.response.aligned(factors))

    @cached_property
    def _zone_matrix(self) -> sp.csr_array:
        order = {code: number for number, code in enumerate(self.zones)}
        zone = np.array([order[code] for code in self.inventory.sources["district"]], dtype=np.int64)
        return zone_matrix(self.response, zone, self.assignment.temporal, (len(self.zones), len(self.profiles.ids)))

    def zone_operator(self, times_utc: npt.ArrayLike) -> ZoneOperator:
        """Return the emissions of the zones at UTC times (time,) as an operator on factors (see `ZoneOperator`).

        Its factors are arrays (..., source, pollutant) in the order of `inventory.mass`. Zones hold all that their
        sources emit, whether inside the domain of the grid or not.
        """
        rates = self.profiles.rates(np.asarray(times_utc))
        return ZoneOperator(self._zone_matrix, rates, self.zones, self.species, self.response.pollutants)

    def zone_emissions(self, times_utc: npt.ArrayLike, factors: xr.DataArray | None = None) -> xr.DataArray:
        """Return (species, time, zone), mol/s of gases and g/s of aerosols, summed over sectors.

        The rate at a time is the mean rate of the hour that holds it. `factors` as in `source_species`. Who calls
        this for many scenarios at the same hours uses `zone_operator`.
        """
        shape = (len(self.response.sources), len(self.response.pollutants))
        weights = np.ones(shape) if factors is None else self.response.aligned(factors)
        coords = {
            "species": list(self.species),
            "time": np.asarray(times_utc, dtype="datetime64[ns]"),
            "zone": list(self.zones),
            "units": ("species", list(self.units)),
        }
        values = self.zone_operator(times_utc).emissions(weights)
        return xr.DataArray(values, coords, ("species", "time", "zone"), "emission")

    def sector(self, name: str, times_utc: np.ndarray, factors: xr.DataArray | None = None) -> xr.Dataset:
        """Return the hourly fields of a sector, lazy, float32 (time, layer, y, x), moles/s or g/s a cell.

        It holds the species that the sector emits inside the domain when nothing is controlled. Raises `InputError`
        for an unknown sector.
        """
        self._require(name)
        times = np.asarray(times_utc)
        attrs = {"sector": name, "grid": self.grid.name}
        return lazy_dataset(self._field(name, times, self._amounts(factors)), times, self.grid, attrs)

    def _require(self, *sectors: str) -> None:
        faults = [
            Fault("sector", f"no stream {name!r}", did_you_mean(name, self.sectors))
            for name in sectors
            if name not in self.sectors
        ]
        if faults:
            raise InputError(faults)

    def _field(self, sector: str, times: np.ndarray, amounts: np.ndarray) -> SectorField:
        rows, chosen = self._rows(sector), self._emitted(sector)
        pairs = np.column_stack([self.assignment.temporal[rows], self.assignment.vertical[rows]])
        groups, member = np.unique(pairs, axis=0, return_inverse=True)
        maps = np.empty((len(groups), len(chosen), self.grid.nrows * self.grid.ncols), dtype=np.float32)
        for number in range(len(groups)):
            part = rows[member == number]
            maps[number] = (self.placement.weights[self.placement.place[part]].T @ amounts[part][:, chosen]).T
        return SectorField(
            maps.reshape(len(groups), len(chosen), self.grid.nrows, self.grid.ncols),
            self.profiles.rates(times)[groups[:, 0]],
            self.assignment.layer_shares[groups[:, 1]],
            tuple(self.species[k] for k in chosen),
            tuple(self.units[k] for k in chosen),
        )

    def write(
        self,
        folder: Path,
        date: str | np.datetime64 | calendar_date,
        *,
        sectors: Iterable[str] | None = None,
        factors: xr.DataArray | None = None,
        progress: Progress | None = None,
    ) -> list[Path]:
        """Write one UTC day of each sector: `<folder>/<SECTOR>/emis_<SECTOR>_<yyyymmdd>.nc`, 25 hourly steps.

        Each file is summed back and compared with what the profiles give the day: when the two differ by more than
        1e-6, the file is withdrawn and `RunFailed` raised. Without `factors` the result joins the ledger (step
        `files`). `progress` is called with the files done and their number.
        """
        names = self.sectors if sectors is None else tuple(sectors)
        self._require(*names)
        day = np.datetime_as_string(np.asarray(date, dtype="datetime64[D]"))
        amounts = self._amounts(factors)
        paths = []
        for done, name in enumerate(names):
            if progress is not None:
                progress(done, len(names))
            paths.append(self._write_sector(Path(folder), name, str(day), amounts, book=factors is None))
        if progress is not None:
            progress(len(names), len(names))
        return paths

    def _write_sector(self, folder: Path, name: str, day: str, amounts: np.ndarray, *, book: bool) -> Path:
        path, times = file_path(folder, name, day), utc_steps(day)
        write_field(path, name, day, self._field(name, times, amounts), self.grid, self.layers)
        written = read_day((path,), name, day, self.species, self._profile_day(name, times[:HOURS], amounts))
        try:
            written.check()
        except RunFailed:
            path.unlink()
            raise
        if book:
            self._written[name, day] = written
        return path

    def _profile_day(self, sector: str, times: np.ndarray, amounts: np.ndarray) -> np.ndarray:
        """Return what the profiles give a sector in the hours `times` inside the domain, (species,), mol or g."""
        rows = self._rows(sector)
        shares = self.profiles.shares(times).sum(axis=1)[self.assignment.temporal[rows]]
        return np.asarray((self.placement.inside[rows] * shares) @ amounts[rows])


def build_streams(
    inventory: Inventory,
    districts: Districts,
    grid: Grid,
    *,
    timezone: str = CHINA,
    holidays: Holidays | Literal["china"] | None = "china",
    unpublished_holidays: Unpublished = "refuse",
    speciation: Speciation | None = None,
    time_profiles: TimeProfiles | None = None,
    vertical_profiles: VerticalProfiles | None = None,
    layers: Layers | None = None,
    surrogates: Surrogates | None = None,
    point_tolerance_km: float = POINT_TOLERANCE_KM,
    ledger_year: int | None = None,
) -> EmissionStreams:
    """Speciate, place and time an inventory, and open its ledger.

    Parameters
    ----------
    inventory, districts, grid
        The sources, the polygons of their districts and the model grid.
    timezone, holidays, unpublished_holidays
        The clock and the public holidays that the temporal profiles follow, and what becomes of years whose holidays
        are not published yet: `refuse` or `none`; not used when `time_profiles` is given.
    speciation, time_profiles, vertical_profiles
        In place of those that ship with yice.
    layers
        Layers of the files; a single one by default. Area sources emit into the lowest, points by their profile.
    surrogates
        Data that spread area sources within their district, by the names in the table of source classes; a
        surrogate that is not given is replaced by an even spread (`placement.report` says where).
    point_tolerance_km
        How far a point may lie outside its stated district.
    ledger_year
        The year whose hours the ledger sums in its step `time`; by default `clock.LEDGER_YEAR`, or the first one that
        the holidays cover.

    Raises
    ------
    InputError
        With all faults of one kind of input: a class without a speciation profile, districts without a polygon,
        points outside their district, surrogates that are zero where they are needed, unknown profiles.
    RunFailed
        When the ledger does not close.

    """
    spoken = speciation or build_speciation()
    clock = city_clock(
        timezone=timezone, holidays=holidays, unpublished=unpublished_holidays, time_profiles=time_profiles
    )
    geometries = {code: districts[code].shape for code in districts.codes}
    covered = district_coverage(geometries, grid)
    classes = source_classes()
    placement = place_sources(
        inventory.sources,
        {name: row.surrogate for name, row in classes.items()},
        geometries,
        covered,
        grid,
        surrogates=surrogates or {},
        tolerance_km=point_tolerance_km,
    )
    assignment, used = assign_profiles(inventory, clock, vertical_profiles, layers or Layers())
    year_sums = used.year_shares(ledger_year or ledger_year_of(clock)).sum(axis=1)[assignment.temporal]
    layer_sums = assignment.layer_shares.sum(axis=1)[assignment.vertical]
    ledger, account = open_ledger(inventory, spoken, placement.inside, year_sums, layer_sums)
    ledger.check()
    response = build_response(inventory, spoken)
    return EmissionStreams(
        grid, inventory, districts.codes, covered[0], placement, response, used, assignment,
        layers or Layers(), ledger, account,
    )  # fmt: skip


def assign_profiles(
    inventory: Inventory, clock: TimeProfiles, vertical: VerticalProfiles | None, layers: Layers
) -> tuple[Assignment, TimeProfiles]:
    """Return the profiles of each source by its class, and the temporal profiles that are used.

    Area sources have the vertical profile `SURFACE`, points that of their class. Unknown profiles raise `InputError`.
    """
    classes = source_classes()
    temporal = [classes[name].temporal_profile for name in inventory.sources["source_class"]]
    rows = inventory.sources[["kind", "source_class"]].itertuples(index=False)
    stacks = [classes[name].vertical_profile if kind == "point" else SURFACE for kind, name in rows]
    temporal_ids, vertical_ids = tuple(dict.fromkeys(temporal)), tuple(dict.fromkeys(stacks))
    shares = (vertical or default_vertical_profiles()).fractions(vertical_ids, layers)
    used = clock.select(temporal_ids)
    return Assignment(used.rows(temporal), _index(vertical_ids, stacks), vertical_ids, shares), used


def _index(ids: tuple[str, ...], names: list[str]) -> np.ndarray:
    order = {name: number for number, name in enumerate(ids)}
    return np.array([order[name] for name in names], dtype=np.int64)
