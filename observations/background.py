"""The air that flows into the city: mixing ratios of gases and aerosol by season and, where known, by hour."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd

from aqcore.errors import Fault, Faults, InputError, did_you_mean, gathering
from aqcore.units import STANDARD_TEMPERATURE_K, micrograms_to_ppb
from observations.model_days import HOURS
from observations.tables import numbers, place, read_table

MIXING_UNITS: Mapping[str, float] = {"ppt": 1e-3, "ppb": 1.0, "ppm": 1e3, "ppbv": 1.0, "ppmv": 1e3}
"""ppb in one of each unit."""

MASS_UNITS: Mapping[str, float] = {"ng/m3": 1e-3, "ug/m3": 1.0, "ug m-3": 1.0, "mg/m3": 1e3, "mg m-3": 1e3}
"""ug m-3 in one of each unit."""

AEROSOL_PREFIXES = ("PM", "PSO4", "PNO3", "PNH4", "POC", "PEC", "PNCOM", "PMOTHR", "SOA")
"""Species that start so are aerosol: they stay in ug m-3."""


@cache
def molar_masses() -> dict[str, float]:
    """Return the molar mass (g mol-1) of the gases that monitors report in mass."""
    text = files("observations").joinpath("data/gases.csv").read_text("utf-8")
    table = pd.read_csv(StringIO(text))
    return dict(zip(table["species"], table["molar_mass_g_mol"], strict=True))


def is_aerosol(species: str) -> bool:
    """Return whether a species is aerosol (mass) rather than a gas (mixing ratio)."""
    return species.upper().startswith(AEROSOL_PREFIXES)


@dataclass(frozen=True)
class Background:
    """Inflow by season and species: gases in ppb, aerosol in ug m-3, 24 local hours (START of the hour).

    Attributes
    ----------
    values
        (season, species) -> 24 values.
    table
        the rows as read (season, species, hour, value, unit, source, flag) with `internal` (ppb or ug m-3) beside.
    """

    values: Mapping[tuple[str, str], tuple[float, ...]]
    table: pd.DataFrame

    @property
    def seasons(self) -> tuple[str, ...]:
        """The seasons of the table, in its order."""
        return tuple(dict.fromkeys(season for season, _ in self.values))

    def key_of_day(self, case: str, season: str) -> str:
        """Return the table's season to use for a day: its `case` where the table has it, else its season.

        Raises
        ------
        InputError
            when the table has neither.
        """
        if case in self.seasons:
            return case
        self._known_season(season)
        return season

    def species(self, season: str) -> tuple[str, ...]:
        """Return the species that the table knows for a season, in its order; InputError for an unknown season."""
        self._known_season(season)
        return tuple(species for its, species in self.values if its == season)

    def mixing_ratio(self, species: str, season: str, *, hour: int | None = None) -> float:
        """Return the inflow of a gas in ppb, of aerosol in ug m-3: at a local hour, or the mean of the day.

        Raises
        ------
        InputError
            when the table does not have the season or the species (a background of zero is written as 0).
        """
        self._known_season(season)
        if (season, species) not in self.values:
            remedy = f"add a row; {did_you_mean(species, self.species(season))}"
            raise InputError([Fault("background", f"no {species!r} in season {season!r}", remedy)])
        hours = self.values[season, species]
        return float(np.mean(hours)) if hour is None else hours[hour]

    def hourly(self, species: str, season: str) -> np.ndarray:
        """Return the 24 hourly values (ppb or ug m-3) of a species; InputError as `mixing_ratio`."""
        return np.array([self.mixing_ratio(species, season, hour=hour) for hour in range(HOURS)])

    def _known_season(self, season: str) -> None:
        if season not in self.seasons:
            raise InputError([Fault("background", f"no season {season!r}", did_you_mean(season, self.seasons))])


def read_background(path: Path, *, reference_state_K: float = STANDARD_TEMPERATURE_K) -> Background:
    """Return the background of a table: season, species, value, unit, source, flag, optional hour (0..23, its START).

    Gases come in ppt, ppb, ppm, ug/m3 or mg/m3 (the mass at `reference_state_K`, only for O3, NO, NO2, SO2, CO),
    aerosol in ng/m3, ug/m3 or mg/m3. A species has either one row a season (all hours) or 24.

    Raises
    ------
    InputError
        listing every unknown unit, mass of a gas without a known molar mass, negative value, repeated or missing hour.
    """
    frame = read_table(path, ["season", "species", "value", "unit", "source", "flag"])
    with gathering() as faults:
        frame["number"] = numbers(path, frame, "value", faults, low=0, high=1e9)
        hours = frame["hour"] if "hour" in frame.columns else pd.Series("", index=frame.index)
        frame["hour"] = hours
        frame["hour_number"] = numbers(path, frame, "hour", faults, low=0, high=HOURS - 1, optional=True)
        frame["internal"] = [
            _internal(place(path, frame, row, "unit"), str(unit), str(species), float(value), reference_state_K, faults)
            for row, (unit, species, value) in enumerate(
                zip(frame["unit"], frame["species"], frame["number"], strict=True)
            )
        ]
        values = {
            (str(season), str(species)): _hours(path, rows, faults)
            for (season, species), rows in frame.groupby(["season", "species"], sort=False)
        }
    return Background(values, frame)


def _internal(where: str, unit: str, species: str, value: float, temperature: float, faults: Faults) -> float:
    aerosol = is_aerosol(species)
    if unit in MASS_UNITS and aerosol:
        return value * MASS_UNITS[unit]
    if unit in MIXING_UNITS and not aerosol:
        return value * MIXING_UNITS[unit]
    if unit in MASS_UNITS and species in molar_masses():
        mass = value * MASS_UNITS[unit]
        return float(micrograms_to_ppb(mass, molar_masses()[species], temperature_K=temperature))
    allowed = MASS_UNITS if aerosol else MIXING_UNITS
    faults.add(where, f"{species} cannot be given in {unit!r}", did_you_mean(unit, allowed))
    return float("nan")


def _hours(path: Path, rows: pd.DataFrame, faults: Faults) -> tuple[float, ...]:
    ordered = rows.sort_values("hour_number")
    if len(rows) == 1 and rows["hour"].iloc[0] == "":
        return (float(rows["internal"].iloc[0]),) * HOURS
    if ordered["hour_number"].tolist() != list(range(HOURS)):
        species = f"{rows['species'].iloc[0]} in {rows['season'].iloc[0]}"
        found = f"{species}: {len(rows)} rows"
        faults.add(place(path, rows, 0, "hour"), found, "give one row without an hour, or the hours 0..23 once each")
    return tuple(float(value) for value in ordered["internal"])
