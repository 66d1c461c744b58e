"""Emission streams: an inventory, speciated, placed and timed, as factors until it is written.

Convention of time: step h of a file holds the mean rate of the hour that begins at h (UTC), and step 24 is hour 0 of
the next day. CMAQ takes the steps as instants and interpolates linearly between them, so that its day differs from
the day of the profiles by half the difference of step 24 and step 0; over a year the two agree. `day_totals` lists
both for every written file.
"""

from collections.abc import Iterable
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
from aqcore.errors import Fault, InputError, RunFailed
from aqcore.grid import Grid
from aqcore.ledger import Ledger
from aqcore.units import SECOND_PER_HOUR
from emissions.accounting import (
    HOURS,
    Account,
    WrittenDay,
    book_overrides,
    day_table,
    open_ledger,
    read_day,
    with_files,
)
from emissions.clock import city_clock, describe, ledger_year_of
from emissions.coverage import district_coverage
from emissions.dynamics import Dynamics, annual_factors, hourly_shares
from emissions.fields import PointSeries, SectorField, lazy_dataset
from emissions.inline_points import (
    emissions_path,
    groups_path,
    has_stack,
    inline_report,
    write_emissions,
    write_groups,
)
from emissions.inventory import Inventory
from emissions.layers import Layers, VerticalProfiles
from emissions.mechanisms import rate_units
from emissions.placing import POINT_TOLERANCE_KM, Placement, place_sources
from emissions.profile_assignment import Assignment, assign_profiles
from emissions.profiles import TimeProfiles
from emissions.response import Response, build_response
from emissions.source_classes import source_classes
from emissions.source_hours import SourceHours
from emissions.speciation import Speciation, build_speciation
from emissions.surrogates import Surrogates
from emissions.writing import Progress, file_path, require_streams, tracked, write_field
from emissions.zone_operator import ZoneOperator, zone_matrix


@dataclass(frozen=True, eq=False)
class EmissionStreams:
    """The emissions of a city: annual mass x speciation x placing x time x layers, multiplied when asked for.

    One stream a sector. `zones` are the codes of the districts, in their order; `zone_cover` (zone, y, x) is the
    area fraction of each cell in each district; `opened` is the ledger up to the layers and `account` the mass that
    the files have to hold; `dynamics` are hours and days that are known, in place of the profiles.
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
    dynamics: Dynamics | None = None
    _written: dict[tuple[str, str], WrittenDay] = field(default_factory=dict, repr=False)

    @property
    def species(self) -> tuple[str, ...]:
        """All emission species, gases first."""
        return self.response.species

    @cached_property
    def units(self) -> tuple[str, ...]:
        """Unit of the rate of each species: mol/s of gases, g/s of aerosols."""
        return rate_units(self.species)

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
        return with_files(self.opened, self.account, list(self._written.values()))

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

    def _hours(self, times: np.ndarray, factors: xr.DataArray | None) -> SourceHours:
        """Return the sources in the hours `times` (UTC) under factors."""
        shape = (len(self.response.sources), len(self.response.pollutants))
        weights = np.ones(shape) if factors is None else self.response.aligned(factors)
        known = hourly_shares(self.dynamics, self.inventory, self.profiles, self.assignment.temporal, times)
        shares = self.profiles.shares(times)
        return SourceHours(shares, self.assignment.temporal, known, self.response, weights, self._amounts(factors))

    @cached_property
    def _zone_matrix(self) -> sp.csr_array:
        order = {code: number for number, code in enumerate(self.zones)}
        zone = np.array([order[code] for code in self.inventory.sources["district"]], dtype=np.int64)
        return zone_matrix(self.response, zone, self.assignment.temporal, (len(self.zones), len(self.profiles.ids)))

    def zone_operator(self, times_utc: npt.ArrayLike) -> ZoneOperator:
        """Return the emissions of the zones at UTC times (time,) as an operator on factors (see `ZoneOperator`).

        Its factors are arrays (..., source, pollutant) in the order of `inventory.mass`. Zones hold all that their
        sources emit, whether inside the domain of the grid or not. Hours that are measured or counted are no matter
        of profiles: they raise `InputError` (`zone_emissions` has them).
        """
        times = np.asarray(times_utc)
        if hourly_shares(self.dynamics, self.inventory, self.profiles, self.assignment.temporal, times) is not None:
            remedy = "call zone_emissions, or build the streams without dynamics"
            raise InputError([Fault("dynamics", "the hours are measured or counted", remedy)])
        rates = self.profiles.rates(np.asarray(times_utc))
        return ZoneOperator(self._zone_matrix, rates, self.zones, self.species, self.response.pollutants)

    def zone_emissions(self, times_utc: npt.ArrayLike, factors: xr.DataArray | None = None) -> xr.DataArray:
        """Return (species, time, zone), mol/s of gases and g/s of aerosols, summed over sectors.

        The rate at a time is the mean rate of the hour that holds it. `factors` as in `source_species`. Who calls
        this for many scenarios at the same hours uses `zone_operator`.
        """
        coords = {
            "species": list(self.species),
            "time": np.asarray(times_utc, dtype="datetime64[ns]"),
            "zone": list(self.zones),
            "units": ("species", list(self.units)),
        }
        hours = self._hours(np.asarray(times_utc), factors)
        if hours.known is None:
            values = self.zone_operator(times_utc).emissions(hours.factors)
        else:
            values = self._zones_by_source(hours)
        return xr.DataArray(values, coords, ("species", "time", "zone"), "emission")

    def _zones_by_source(self, hours: SourceHours) -> np.ndarray:
        """Return (species, time, zone) source by source, mol/s or g/s, with the hours that are known."""
        district = self.inventory.sources["district"].to_numpy()
        parts = [hours.emitted(np.flatnonzero(district == code)).sum(axis=2) for code in self.zones]
        return np.asarray(np.stack(parts, axis=-1).swapaxes(0, 1) / SECOND_PER_HOUR)

    def sector(self, name: str, times_utc: np.ndarray, factors: xr.DataArray | None = None) -> xr.Dataset:
        """Return the hourly fields of a sector, lazy, float32 (time, layer, y, x), moles/s or g/s a cell.

        It holds the species that the sector emits inside the domain when nothing is controlled. Raises `InputError`
        for an unknown sector.
        """
        require_streams([name], self.sectors)
        times = np.asarray(times_utc)
        attrs = {"sector": name, "grid": self.grid.name}
        return lazy_dataset(self._field(name, self._hours(times, factors)), times, self.grid, attrs)

    def _field(self, sector: str, hours: SourceHours, *, inline: bool = False) -> SectorField:
        """Return the fields of a sector, without its inline points when `inline`."""
        rows, chosen = self._rows(sector), self._emitted(sector)
        if inline:
            rows = rows[~np.isin(rows, self.inline_rows(sector))]
        own = rows[hours.own(rows)]
        rows = rows[~hours.own(rows)]
        series, activity = np.unique(hours.activity(rows), axis=0, return_inverse=True)
        keys = np.column_stack([self.assignment.temporal[rows], self.assignment.vertical[rows], activity.ravel()])
        groups, member = np.unique(keys, axis=0, return_inverse=True)
        maps = np.empty((len(groups), len(chosen), self.grid.nrows * self.grid.ncols), dtype=np.float32)
        for number in range(len(groups)):
            part = rows[member == number]
            maps[number] = (self.placement.weights[self.placement.place[part]].T @ hours.amounts[part][:, chosen]).T
        return SectorField(
            maps.reshape(len(groups), len(chosen), self.grid.nrows, self.grid.ncols),
            hours.shares[groups[:, 0]] * series[groups[:, 2]] / SECOND_PER_HOUR,
            self.assignment.layer_shares[groups[:, 1]],
            tuple(self.species[k] for k in chosen),
            tuple(self.units[k] for k in chosen),
            self._points(own, chosen, hours) if len(own) else None,
        )

    def _points(self, rows: np.ndarray, chosen: np.ndarray, hours: SourceHours) -> PointSeries | None:
        """Return the series of point sources with hours of their own, those inside the domain."""
        here = rows[self.placement.inside[rows] > 0.0]
        if not len(here):
            return None
        cells = self.placement.weights[self.placement.place[here]].indices
        layers = self.assignment.layer_shares[self.assignment.vertical[here]]
        rates = hours.emitted(here)[:, chosen] / SECOND_PER_HOUR
        return PointSeries(cells, layers, rates.astype(np.float32))

    def inline_rows(self, sector: str) -> np.ndarray:
        """Return the rows of the sources of a sector that can stand in an inline file: stacks inside the domain."""
        rows = self._rows(sector)
        stacks = has_stack(self.inventory.sources.iloc[rows])
        return np.asarray(rows[stacks & (self.placement.inside[rows] > 0.0)])

    def inline_report(self) -> pd.DataFrame:
        """Return each point source: whether it can stand in an inline file, and why not.

        Columns sector, name, inline, why (empty for inline ones), indexed by source.
        """
        return inline_report(self.inventory.sources, self.placement.inside)

    def write(
        self,
        folder: Path,
        date: str | np.datetime64 | calendar_date,
        *,
        sectors: Iterable[str] | None = None,
        factors: xr.DataArray | None = None,
        inline_points: bool = False,
        progress: Progress | None = None,
    ) -> list[Path]:
        """Write one UTC day of each sector: `<folder>/<SECTOR>/emis_<SECTOR>_<yyyymmdd>.nc`, 25 hourly steps.

        With `inline_points`, point sources with a stack (`inline_report`) leave the gridded file and stand beside it
        in `STK_GRPS_<SECTOR>.nc` and `STK_EMIS_<SECTOR>_<yyyymmdd>.nc`, for CMAQ's own plume rise; a sector without
        such sources has no such files. The files of a sector are summed back and compared with what the profiles give
        the day: when the two differ by more than 1e-6, they are withdrawn and `RunFailed` raised. Without `factors`
        the result joins the ledger (step `files`). `progress` is called with the sectors done and their number.
        """
        names = self.sectors if sectors is None else tuple(sectors)
        require_streams(names, self.sectors)
        day = str(np.datetime_as_string(np.asarray(date, dtype="datetime64[D]")))
        hours = self._hours(utc_steps(day), factors)
        paths = []
        for name in tracked(names, progress):
            written = self._write_sector(Path(folder), name, day, hours, inline_points)
            paths.extend(self._checked(name, day, written, factors, book=factors is None))
        return paths

    def _write_sector(self, folder: Path, name: str, day: str, hours: SourceHours, inline: bool) -> list[Path]:
        """Write the files of a sector and return them, the gridded one first."""
        path = file_path(folder, name, day)
        write_field(path, name, day, self._field(name, hours, inline=inline), self.grid, self.layers)
        rows = self.inline_rows(name) if inline else np.empty(0, dtype=np.int64)
        if not len(rows):
            return [path]
        groups, stacks = groups_path(folder, name), emissions_path(folder, name, day)
        write_groups(groups, name, day, self.inventory.sources.iloc[rows], self.grid)
        chosen = np.flatnonzero((self._base[rows] > 0.0).any(axis=0))
        species, units = ([names[k] for k in chosen] for names in (self.species, self.units))
        rates = hours.emitted(rows)[:, chosen] / SECOND_PER_HOUR
        write_emissions(stacks, name, day, species, units, rates, self.grid)
        return [path, groups, stacks]

    def _checked(
        self, name: str, day: str, paths: list[Path], factors: xr.DataArray | None, *, book: bool
    ) -> list[Path]:
        """Return the files of a sector when they hold the mass of their day; withdraw them otherwise."""
        sums = self._hours(utc_steps(day, HOURS), factors).total(self._rows(name), self.placement.inside)
        written = read_day([path for path in paths if "STK_GRPS" not in path.name], name, day, self.species, sums)
        try:
            written.check()
        except RunFailed:
            for path in paths:
                path.unlink()
            raise
        if book:
            self._written[name, day] = written
        return paths


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
    dynamics: Dynamics | None = None,
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
    dynamics
        Hours that are measured and activity that is counted (`emissions.dynamics`), in place of profiles.
    ledger_year
        The year whose hours the ledger sums in its step `time`; by default `clock.LEDGER_YEAR`, or the first one that
        the holidays cover; with `dynamics` the year of their first hour.

    Raises
    ------
    InputError
        With all faults of one kind of input: a class without a speciation profile, districts without a polygon,
        points outside their district, surrogates that are zero where they are needed, unknown profiles.
    RunFailed
        When the ledger does not close.

    """
    spoken, chosen = speciation or build_speciation(), layers or Layers()
    clock = city_clock(
        timezone=timezone, holidays=holidays, unpublished=unpublished_holidays, time_profiles=time_profiles
    )
    cover, placement = _placed(inventory, districts, grid, surrogates or {}, point_tolerance_km)
    assignment, used = assign_profiles(inventory, clock, vertical_profiles, chosen)
    year = ledger_year or (dynamics.first_year(clock.timezone) if dynamics else ledger_year_of(clock))
    ledger, account = _opened(inventory, spoken, placement, assignment, used, dynamics, year)
    response = build_response(inventory, spoken)
    return EmissionStreams(
        grid,
        inventory,
        districts.codes,
        cover,
        placement,
        response,
        used,
        assignment,
        chosen,
        ledger,
        account,
        dynamics,
    )


def _placed(
    inventory: Inventory, districts: Districts, grid: Grid, surrogates: Surrogates, tolerance_km: float
) -> tuple[np.ndarray, Placement]:
    """Return the area fraction of each cell in each district, (zone, y, x), and where the sources lie."""
    geometries = {code: districts[code].shape for code in districts.codes}
    covered = district_coverage(geometries, grid)
    surrogate_of = {name: row.surrogate for name, row in source_classes().items()}
    placement = place_sources(
        inventory.sources, surrogate_of, geometries, covered, grid, surrogates=surrogates, tolerance_km=tolerance_km
    )
    return covered[0], placement


def _opened(
    inventory: Inventory,
    speciation: Speciation,
    placement: Placement,
    assignment: Assignment,
    used: TimeProfiles,
    dynamics: Dynamics | None,
    year: int,
) -> tuple[Ledger, Account]:
    """Return the ledger up to the layers, closed, with what known hours change, and the mass that files must hold."""
    year_sums = used.year_shares(year).sum(axis=1)[assignment.temporal]
    layer_sums = assignment.layer_shares.sum(axis=1)[assignment.vertical]
    ledger, account = open_ledger(inventory, speciation, placement.inside, year_sums, layer_sums)
    if dynamics is not None:
        dynamics.check(inventory)
        changed = _factors(inventory, annual_factors(dynamics, inventory, used, assignment.temporal, year))
        known, account = open_ledger(inventory.scaled(changed), speciation, placement.inside, year_sums, layer_sums)
        book_overrides(ledger, known)
    ledger.check()
    return ledger, account


def _factors(inventory: Inventory, values: np.ndarray) -> xr.DataArray:
    coords = {"source": inventory.mass["source"], "pollutant": inventory.mass["pollutant"]}
    return xr.DataArray(values, coords, ("source", "pollutant"))
