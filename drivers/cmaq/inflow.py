"""The boundary file of a scenario that changes the inflow: the user's file with its species scaled, hour by hour."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import netCDF4
import numpy as np
import numpy.typing as npt
import xarray as xr

from aqcore.calendar import to_local
from aqcore.errors import Fault, InputError
from aqcore.ioapi_header import hhmmss, julian_day, moments
from aqcore.units import SECOND_PER_HOUR
from drivers.cmaq.segments import Segment
from drivers.cmaq.versions import rows_of
from scenarios.control_table import ControlTable

FloatArray = npt.NDArray[np.float64]

PARTICLES = "PM25"
PARTS = "PM25_"
"""A part of PM25 without a factor of its own takes that of PM25."""


@cache
def members() -> Mapping[str, tuple[str, ...]]:
    """Return the boundary species of each species of the inflow that goes by another name (`inflow_species.csv`)."""
    return {row["background"]: tuple(row["boundary"].split(";")) for row in rows_of("inflow_species.csv")}


def inflow_changers(table: ControlTable) -> frozenset[str]:
    """Return the scenarios that change the inflow at any time."""
    changed = (table.background.transpose("scenario", "species").to_numpy() != 1.0).any(axis=1)
    always = {str(name) for name in table.background["scenario"].to_numpy()[changed]}
    return frozenset(always | {own.scenario for own in table.windows if any(v != 1.0 for v in own.background.values())})


def boundary_factors(background: xr.DataArray) -> dict[str, FloatArray]:
    """Return factors (state,) by boundary species of factors on the inflow (state, species).

    Gases keep their names; fine particles are spread over modes and parts, and what only PM10 names is the coarse mode.
    """
    named = {str(name): background.sel(species=name).to_numpy() for name in background["species"].to_numpy()}
    parts = [name for name in members() if name.startswith(PARTS)]
    if PARTICLES in named:
        whole = named.pop(PARTICLES)
        named = {**dict.fromkeys(parts, whole), **named}
    return {own: factor for name, factor in named.items() for own in members().get(name, (name,))}


def write_inflow(base: Path, target: Path, table: ControlTable, scenario: str, segment: Segment, timezone: str) -> None:
    """Write the boundary file of a scenario's segment: that of the base, its species scaled.

    A time-independent file stays one unless the factors change within the run; then it gets hourly steps. A species
    of the inflow that the file does not hold changes nothing; when it holds none of them, InputError is raised.
    """
    with netCDF4.Dataset(base) as given:
        given.set_auto_maskandscale(False)
        fixed = int(given.getncattr("TSTEP")) == 0
        times = _steps(segment) if fixed else moments(np.asarray(given["TFLAG"][:, 0, :])).astype("datetime64[h]")
        found = table.factors_at(scenario, to_local(times, timezone))
        factors = boundary_factors(found.background)
        if not factors.keys() & given.variables.keys():
            what = f"the scenario scales {', '.join(sorted(factors)[:5])}, none of which the file holds"
            raise InputError(
                [Fault(f"cmaq.boundary:{scenario}={base}", what, "give boundary species of the mechanism")]
            )
        changes = bool((found.state != found.state[0]).any())
        steps = times if fixed and changes else times[:1] if fixed else times
        scale = {name: values[found.state[: len(steps)]] for name, values in factors.items()}
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part")
        with netCDF4.Dataset(part, "w", format="NETCDF3_64BIT_OFFSET") as file:
            _copy(given, file, steps, scale, expand=fixed and changes, execution_id=f"yice {scenario}")
        part.replace(target)


def _steps(segment: Segment) -> npt.NDArray[np.datetime64]:
    first = np.datetime64(segment.start.replace(tzinfo=None), "h")
    return first + np.arange(segment.hours + 1)


def _copy(
    given: netCDF4.Dataset, file: netCDF4.Dataset, steps: npt.NDArray[np.datetime64], scale: Mapping[str, FloatArray],
    *, expand: bool, execution_id: str,
) -> None:  # fmt: skip
    """Copy a boundary file with scaled species; `expand` makes hourly steps of a time-independent one."""
    attributes = {name: given.getncattr(name) for name in given.ncattrs()}
    start = datetime.fromisoformat(str(steps[0].astype("datetime64[s]")))
    if expand:
        attributes |= {"SDATE": np.int32(julian_day(start)), "STIME": np.int32(hhmmss(start.hour * 3600)),
                       "TSTEP": np.int32(hhmmss(int(SECOND_PER_HOUR)))}  # fmt: skip
    file.setncatts(attributes | {"EXEC_ID": execution_id.encode("ascii", "replace").decode()[:80].ljust(80)})
    for name, dimension in given.dimensions.items():
        file.createDimension(name, None if dimension.isunlimited() else len(dimension))
    for name, variable in given.variables.items():
        own = file.createVariable(name, variable.dtype, variable.dimensions)
        own.setncatts({key: variable.getncattr(key) for key in variable.ncattrs()})
    count = len(steps)
    for name, variable in given.variables.items():
        if name == "TFLAG":
            file[name][:count] = _flags(start, count, variable.shape[1]) if expand else variable[:]
            continue
        factor = scale.get(name, np.ones(count)).astype(np.float32).reshape(-1, 1, 1)
        file[name][:count] = variable[:] * factor


def _flags(start: datetime, count: int, variables: int) -> npt.NDArray[np.int32]:
    moments_ = [start + timedelta(hours=number) for number in range(count)]
    flags = [(julian_day(moment), hhmmss(moment.hour * 3600)) for moment in moments_]
    return np.repeat(np.array(flags, dtype=np.int32)[:, None, :], variables, axis=1)
