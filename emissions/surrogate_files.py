"""Surrogates from files, as the table `[surrogates]` of a city file names them.

```toml
[surrogates]
population = "population.csv"                                   # points: lon, lat, value
industry = { points = "parks.csv", value = "area_km2" }         # points with another column of weights
roads = { raster = "roads.nc", variable = "length", or_area = true, source = "road map of 2020" }
cropland = { raster = "crops.asc", density = true }             # a value a unit of area, not an amount a cell
```
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from aqcore.errors import Fault, Faults, InputError, did_you_mean
from emissions.cf_fields import open_fields
from emissions.meic_grids import read_grid
from emissions.regrid import Raster
from emissions.source_cells import LonLatCells
from emissions.source_classes import source_classes
from emissions.surrogates import AREA, Surrogate, WeightedPoints, read_weighted_points

KEYS = ("points", "value", "raster", "variable", "density", "or_area", "source")

POINT_SUFFIXES, ASCII_SUFFIXES, NETCDF_SUFFIXES = (".csv",), (".asc", ".txt"), (".nc", ".nc4")

RASTER_REMEDY = "give ESRI ASCII (.asc) or netCDF (.nc); gdal_translate -of AAIGrid makes .asc of a GeoTIFF"


def surrogate_names() -> tuple[str, ...]:
    """Return the surrogates that source classes ask for, without `area`."""
    return tuple(dict.fromkeys(one.surrogate for one in source_classes().values() if one.surrogate not in ("", AREA)))


def read_surrogates(table: Mapping[str, Any], folder: Path) -> dict[str, Surrogate]:
    """Read the surrogates of a city.

    `table` maps the name of a surrogate to a file name, or to a table with the keys `KEYS`; names of files start from
    `folder`. Raises `InputError` with all faults: unknown names and keys, files that are missing or none, values that
    are no weights.
    """
    faults = Faults()
    found: dict[str, Surrogate] = {}
    for name, entry in table.items():
        where = f"surrogates.{name}"
        if name not in surrogate_names():
            faults.add(where, f"no source class asks for {name!r}", did_you_mean(name, surrogate_names()))
            continue
        try:
            found[name] = _surrogate(_as_table(entry, where), folder, where)
        except InputError as error:
            faults.extend(error.faults)
    faults.raise_if_any()
    return found


def _as_table(entry: Any, where: str) -> Mapping[str, Any]:
    if isinstance(entry, str):
        return {"points" if Path(entry).suffix.lower() in POINT_SUFFIXES else "raster": entry}
    if not isinstance(entry, Mapping):
        raise _error(where, f"{entry!r} is no file", "give a file name, or a table with points or raster")
    unknown = [key for key in entry if key not in KEYS]
    if unknown:
        raise InputError([Fault(f"{where}.{key}", "unknown key", did_you_mean(key, KEYS)) for key in unknown])
    if ("points" in entry) == ("raster" in entry):
        raise _error(where, "needs one file", "give either points or raster")
    return entry


def _surrogate(entry: Mapping[str, Any], folder: Path, where: str) -> Surrogate:
    for key in ("or_area", "density"):
        if not isinstance(entry.get(key, False), bool):
            raise _error(f"{where}.{key}", f"{entry[key]!r} is neither true nor false", "write true or false")
    name = str(entry.get("points") or entry.get("raster"))
    path = folder / name
    if not path.is_file():
        raise _error(where, f"no such file: {path}", "correct the name; it starts from the folder of the city file")
    data = _points(path, entry) if "points" in entry else _raster(path, entry, where)
    return Surrogate(data, bool(entry.get("or_area", False)), str(entry.get("source") or name))


def _error(where: str, what: str, remedy: str) -> InputError:
    return InputError([Fault(where, what, remedy)])


def _points(path: Path, entry: Mapping[str, Any]) -> WeightedPoints:
    return read_weighted_points(path, value=str(entry.get("value", "value")))


def _raster(path: Path, entry: Mapping[str, Any], where: str) -> Raster:
    suffix = path.suffix.lower()
    if suffix in ASCII_SUFFIXES:
        read = read_grid(path)
        cells, values = read.cells, read.values
    elif suffix in NETCDF_SUFFIXES:
        cells, values = _from_netcdf(path, entry, where)
    else:
        raise _error(where, f"no reader for a raster of type {path.suffix!r}", RASTER_REMEDY)
    if not np.isfinite(values).all() or values.min() < 0.0:
        raise _error(where, f"{path.name} holds values below 0 or not finite", "weights are 0 or more")
    if entry.get("density", False):
        values = values * cells.area_m2()
    return Raster(cells.lon_edges, cells.lat_edges, values)


def _from_netcdf(path: Path, entry: Mapping[str, Any], where: str) -> tuple[LonLatCells, np.ndarray]:
    if "variable" not in entry:
        raise _error(f"{where}.variable", f"{path.name} is netCDF", "say which variable")
    try:
        file = netCDF4.Dataset(path)
    except OSError as error:
        raise _error(where, f"not a netCDF file: {error}", "get the file again") from None
    with file:
        field = open_fields(file, str(entry["variable"]), {}, where)
        if not isinstance(field.cells, LonLatCells):
            raise _error(where, "a raster on curvilinear cells", "regrid it to longitudes and latitudes first")
        return field.cells, np.ma.filled(field.values().astype(float), 0.0)
