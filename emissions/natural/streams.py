"""Natural sources as streams: BIOGENIC (compounds of plants) and SOIL (nitric oxide), for the model's grid and hours.

The switch is `natural`: `megan` makes the streams, `inline` leaves them to CMAQ's own modules (BEIS or MEGAN inside
CCTM, which then must be on), `none` leaves them out. Each step holds the rate of its instant.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date as calendar_date
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from aqcore.calendar import utc_steps
from aqcore.errors import Fault, InputError, did_you_mean
from aqcore.grid import Grid
from aqcore.ioapi_write import write_ioapi
from aqcore.solar import cos_zenith, day_of_year
from aqcore.units import GRAM_PER_TONNE, MICROGRAM_PER_GRAM, SECOND_PER_HOUR
from emissions.mechanisms import DEFAULT_MECHANISM
from emissions.natural import megan
from emissions.natural.met import HOUR, NaturalMet, read_land_use, read_natural_met
from emissions.natural.plants import emission_factors, megan_compounds, natural_species, plant_cover
from emissions.natural.settings import NaturalSettings, natural_choice
from emissions.natural.soil_no import soil_no
from emissions.writing import Progress, file_path, tracked

Array = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]

BIOGENIC = "BIOGENIC"
SOIL = "SOIL"

DAY_HOURS = 24
TEN_DAYS_HOURS = 240


def past_mean(values: Array, hours: int) -> Array:
    """Return the mean of the `hours` before each hour of (time, ...); the first hours take that of the first `hours`.

    A series shorter than `hours` gives its whole mean, so that a single day stands for the past days.
    """
    if len(values) <= hours:
        return np.broadcast_to(values.mean(axis=0), values.shape)
    sums = np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values, axis=0)])
    end = np.maximum(np.arange(len(values)), hours)
    return np.asarray((sums[end] - sums[end - hours]) / hours)


@dataclass(frozen=True, eq=False)
class NaturalStreams:
    """Natural emissions on a grid, with the method names of `EmissionStreams`.

    `cover` (plant type, y, x) are the shares of the ground.
    """

    grid: Grid
    met: NaturalMet
    cover: Array
    mechanism: str = DEFAULT_MECHANISM
    settings: NaturalSettings = field(default_factory=NaturalSettings)

    def __post_init__(self) -> None:
        faults = [
            Fault("natural met", f"another grid than that of the emissions: {text}", "give the met of this grid")
            for text in self.grid.differences(self.met.grid)
        ]
        if faults:
            raise InputError(faults)
        natural_species(self.mechanism)

    @property
    def sectors(self) -> tuple[str, ...]:
        """The streams."""
        return (BIOGENIC, SOIL)

    @cached_property
    def leaf_area(self) -> Array:
        """Leaf area index of the covered ground (time, y, x), at most that of a full canopy."""
        return self._of_plants(self.met.leaf_area)

    def _of_plants(self, leaf_area: Array) -> Array:
        covered = np.maximum(self.cover.sum(axis=0), np.finfo(float).tiny)
        share = covered if self.settings.leaf_area_of == "cell" else 1.0
        return np.minimum(leaf_area / share, megan.LARGEST_LAI)

    @cached_property
    def _means(self) -> tuple[Array, Array, Array]:
        """Means of the past: temperature of a day and of ten days, photon flux of a day, each (time, y, x)."""
        temperature, light = self.met.temperature, megan.photon_flux(self.met.radiation)
        day = past_mean(light, DAY_HOURS)
        return past_mean(temperature, DAY_HOURS), past_mean(temperature, TEN_DAYS_HOURS), day

    def canopy(self, times_utc: Times) -> megan.Canopy:
        """Return what the plants of the cells feel at times of the met, (time, y, x)."""
        rows = self.met.rows(times_utc)
        day, ten_days, light_day = (values[rows] for values in self._means)
        lon, lat = self.grid.centres()
        times = np.asarray(times_utc, dtype="datetime64[s]")[:, None, None]
        light = megan.light_activity(
            megan.photon_flux(self.met.radiation[rows]), light_day, cos_zenith(times, lon, lat), day_of_year(times)
        )
        leaves, before = self.leaf_area[rows], self.settings.leaf_area_before
        earlier = (
            leaves
            if before is None
            else np.broadcast_to(self._of_plants(np.asarray(before, dtype=float)), leaves.shape)
        )
        ages = megan.leaf_age_shares(leaves, earlier, self.settings.leaf_interval_days, ten_days)
        return megan.Canopy(self.met.temperature[rows], day, ten_days, light, leaves, ages, self.settings.co2_ppm)

    @cached_property
    def _factors(self) -> dict[str, Array]:
        """Emission at standard conditions of each compound in cells (y, x), g s-1."""
        area = self.grid.cell_area() / (MICROGRAM_PER_GRAM * SECOND_PER_HOUR)
        table = emission_factors()
        return {
            str(name): np.tensordot(row, self.cover, axes=1) * area
            for name, row in zip(table.index, table.to_numpy(), strict=True)
        }

    def _by_class(self) -> dict[str, pd.DataFrame]:
        return {str(name): rows for name, rows in megan_compounds().groupby("plant_class", sort=False)}

    def sector(self, name: str, times_utc: npt.ArrayLike) -> xr.Dataset:
        """Return the fields of a stream at times of the met, float32 (time, layer, y, x), moles/s a cell.

        Raises `InputError` for another stream, and for times that the met does not hold.
        """
        times = np.asarray(times_utc, dtype="datetime64[ns]")
        if name not in self.sectors:
            raise InputError([Fault("sector", f"no natural stream {name!r}", did_you_mean(name, self.sectors))])
        fields = self._plants(times) if name == BIOGENIC else {"NO": self._soil(times)}
        coords = {"time": times, "y": self.grid.y, "x": self.grid.x}
        variables = {
            species: (
                ("time", "layer", "y", "x"),
                values[:, None].astype(np.float32),
                {"units": "moles/s", "long_name": species, "var_desc": f"emission of {species}, stream {name}"},
            )
            for species, values in fields.items()
        }
        return xr.Dataset(variables, coords, {"sector": name, "grid": self.grid.name})

    def _plants(self, times: Times) -> dict[str, Array]:
        canopy = self.canopy(times)
        moles = natural_species(self.mechanism)
        names = [str(name) for name in dict.fromkeys(moles["species"])]
        fields = dict(zip(names, np.zeros((len(names), *canopy.temperature.shape)), strict=True))
        for plant_class, compounds in self._by_class().items():
            activity = megan.activity(megan.plant_classes()[plant_class], canopy)
            per_species = self._standard(compounds, moles)
            for name, standard in per_species.items():
                fields[name] += activity * standard
        return fields

    def _standard(self, compounds: pd.DataFrame, moles: pd.DataFrame) -> dict[str, Array]:
        """Return mol/s (y, x) of each species at standard conditions from compounds of one class."""
        molar_mass = compounds["molar_mass_g_mol"].to_dict()
        found: dict[str, Array] = {}
        for compound, species, count in moles[moles["compound"].isin(compounds.index)].to_numpy():
            amount = self._factors[compound] * (count / molar_mass[compound])
            found[species] = found.get(species, 0.0) + amount
        return found

    def _soil(self, times: Times) -> Array:
        rows = self.met.rows(times)
        flux = soil_no(self.cover, self.met.soil_temperature[rows], self.leaf_area[rows], self.met.wetness[rows])
        return np.asarray(flux * self.grid.cell_area())

    def day_totals(self, date: str | np.datetime64 | calendar_date) -> pd.DataFrame:
        """Return what a UTC day emits: columns stream, compound, in_mechanism, `mass_t` (t a day, NO as NO2 for soil).

        The integral of the 25 instants by the trapezoidal rule, as CMAQ interpolates them. Compounds without a species
        (hydrogen cyanide, what is not identified) are listed with False.
        """
        times = utc_steps(str(np.asarray(date, dtype="datetime64[D]")))
        canopy, known = self.canopy(times), set(natural_species(self.mechanism)["compound"])
        rows: list[tuple[str, str, bool, float]] = []
        for plant_class, compounds in self._by_class().items():
            activity = _day_integral(megan.activity(megan.plant_classes()[plant_class], canopy))
            for compound in map(str, compounds.index):
                grams = float((activity * self._factors[compound]).sum())
                rows.append((BIOGENIC, compound, compound in known, grams / GRAM_PER_TONNE))
        grams = float(_day_integral(self._soil(times)).sum()) * NO2_GRAM_PER_MOL
        rows.append((SOIL, "nitric oxide", True, grams / GRAM_PER_TONNE))
        return pd.DataFrame(rows, columns=["stream", "compound", "in_mechanism", "mass_t"])

    def write(
        self,
        folder: Path,
        date: str | np.datetime64 | calendar_date,
        *,
        sectors: Iterable[str] | None = None,
        progress: Progress | None = None,
    ) -> list[Path]:
        """Write one UTC day of each stream, 25 hourly steps: `<folder>/<STREAM>/emis_<STREAM>_<yyyymmdd>.nc`.

        Raises `InputError` as `sector` does. `progress` is called with the files done and their number.
        """
        names = self.sectors if sectors is None else tuple(sectors)
        day = str(np.datetime_as_string(np.asarray(date, dtype="datetime64[D]")))
        steps, paths = utc_steps(day), []
        for name in tracked(names, progress):
            path = file_path(Path(folder), name, day)
            path.parent.mkdir(parents=True, exist_ok=True)
            text = f"Natural emissions, stream {name}, {day}: rate of the instant of each step (UTC)"
            fields = self.sector(name, steps)
            write_ioapi(path, fields, self.grid, start=steps[0], step_seconds=int(SECOND_PER_HOUR), description=text)
            paths.append(path)
        return paths


NO2_GRAM_PER_MOL = 46.0055
"""Nitric oxide of soils is counted as NO2, as in an inventory."""


def _day_integral(rates: Array) -> Array:
    """Return the integral (per second -> per day) of 25 hourly instants (time, ...)."""
    return np.asarray(np.trapezoid(rates, dx=HOUR / np.timedelta64(1, "s"), axis=0))


def build_natural(
    choice: str,
    grid: Grid,
    *,
    metcro2d: Sequence[Path] = (),
    gridcro2d: Path | None = None,
    mechanism: str = DEFAULT_MECHANISM,
    settings: NaturalSettings | None = None,
    leaf_area: float | None = None,
) -> NaturalStreams | None:
    """Build the natural streams, or None when they are left to CMAQ (`inline`) or out (`none`).

    Parameters
    ----------
    choice
        `megan`, `inline` or `none`.
    grid
        The grid of the emissions, which must be that of the met.
    metcro2d, gridcro2d
        Files of MCIP; the days before the first modelled one too, as far as they exist (ten at best).
    leaf_area
        Leaf area index of the covered ground where the met has none.

    Raises
    ------
    InputError
        For an unknown choice or mechanism, files that are missing or lack variables, and another grid.

    """
    if natural_choice(choice) != "megan":
        return None
    if gridcro2d is None:
        raise InputError([Fault("natural", "megan needs the land use of the cells", "give the GRIDCRO2D file of MCIP")])
    met = read_natural_met(metcro2d, leaf_area=leaf_area)
    return NaturalStreams(grid, met, plant_cover(read_land_use(gridcro2d)), mechanism, settings or NaturalSettings())
