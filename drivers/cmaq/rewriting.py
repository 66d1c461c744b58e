"""Writing the files of streams that rules cannot carry: single plants, and measures of certain hours."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import netCDF4
import numpy as np
import numpy.typing as npt
import xarray as xr

from aqcore.calendar import utc_steps
from aqcore.units import SECOND_PER_HOUR
from drivers.cmaq.source_days import DayShares, states_of
from drivers.cmaq.streams import Stream
from emissions.inline_points import write_emissions
from emissions.streams import EmissionStreams
from emissions.writing import file_path
from scenarios.control_table import ControlTable

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def rewrite(
    emissions: EmissionStreams, table: ControlTable, scenario: str, streams: Sequence[Stream], day: date, folder: Path
) -> None:
    """Write the day of streams under a scenario into `folder`, source by source and hour by hour, 25 hourly steps.

    Files of stacks hold the stacks only and are small; their groups are those of the base. A gridded file is written
    for each state of the factors that the day has, and the hours are taken from the state that holds in them.
    """
    times = utc_steps(f"{day:%Y-%m-%d}")
    factors, state = states_of(table, scenario, emissions.profiles.timezone, times)
    for stream in streams:
        target = stream.file(folder, day)
        if stream.inline:
            _write_stacks(emissions, stream, day, times, factors, state, target)
        else:
            _write_gridded(emissions, stream, day, factors, state, target)


def _write_stacks(
    emissions: EmissionStreams, stream: Stream, day: date, times: npt.NDArray[np.datetime64], factors: FloatArray,
    state: IntArray, target: Path,
) -> None:  # fmt: skip
    shares = DayShares.of(emissions, times)
    base = emissions.response.amounts()[stream.rows]
    chosen = np.flatnonzero((base > 0.0).any(axis=0))
    rates = np.zeros((len(times), len(chosen), len(stream.rows)))
    for number in np.unique(state).tolist():
        own = emissions.response.amounts(factors[number])
        emitted = shares.hours(factors[number], own).emitted(stream.rows)
        rates[state == number] = emitted[state == number][:, chosen] / SECOND_PER_HOUR
    species, units = ([names[k] for k in chosen.tolist()] for names in (emissions.species, emissions.units))
    write_emissions(target, stream.sector, f"{day:%Y-%m-%d}", species, units, rates, emissions.grid)


def _write_gridded(
    emissions: EmissionStreams, stream: Stream, day: date, factors: FloatArray, state: IntArray, target: Path
) -> None:
    used = np.unique(state).tolist()
    inline = bool(len(emissions.inline_rows(stream.sector))) and len(stream.rows) < _count(emissions, stream.sector)
    with TemporaryDirectory(dir=_made(target.parent), prefix=".states-") as scratch:
        paths = []
        for number in used:
            own = Path(scratch) / str(number)
            emissions.write(own, day, sectors=[stream.sector], factors=as_table(emissions, factors[number]),
                            inline_points=inline)  # fmt: skip
            paths.append(file_path(own, stream.sector, f"{day:%Y-%m-%d}"))
        for number, path in zip(used[1:], paths[1:], strict=True):
            _take_hours(paths[0], path, np.flatnonzero(state == number))
        paths[0].replace(target)


def _count(emissions: EmissionStreams, sector: str) -> int:
    return int((emissions.inventory.sources["sector"] == sector).sum())


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _take_hours(target: Path, source: Path, steps: IntArray) -> None:
    """Copy some steps of all variables of one file into another of the same shape."""
    with netCDF4.Dataset(target, "a") as into, netCDF4.Dataset(source) as given:
        for name in into.variables:
            if name != "TFLAG":
                for step in steps.tolist():
                    into[name][step] = given[name][step]


def as_table(emissions: EmissionStreams, factors: FloatArray) -> xr.DataArray:
    """Return factors (source, pollutant) with their names."""
    coords = {"source": emissions.inventory.mass["source"], "pollutant": emissions.inventory.mass["pollutant"]}
    return xr.DataArray(factors, coords, ("source", "pollutant"))
