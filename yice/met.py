"""The met files that a city names: found by their patterns, and read as days to model."""

from collections.abc import Sequence
from pathlib import Path

import xarray as xr

from aqcore.districts import Districts
from aqcore.errors import Fault, InputError
from aqcore.grid import Grid
from emissions.coverage import district_coverage
from observations.mcip_days import mcip_days, mcip_grid
from observations.met_days import Period
from observations.model_days import ModelDays
from observations.wrf_days import wrf_days, wrf_grid
from yice.city import CITY_FILE, City


def named(city: City) -> bool:
    """Return whether the city names met files."""
    return bool(city.days.mcip or city.days.wrf)


def files(city: City) -> list[Path]:
    """Return every met file that the city's patterns find, sorted; InputError for a pattern that finds none."""
    return [path for key in ("mcip", "mcip_aloft", "wrf") for path in _found(city, key)]


def days(city: City, districts: Districts) -> ModelDays:
    """Return the whole local days of the city's met files between `days.start` and `days.end`.

    Raises `InputError` for a pattern that finds nothing and for what the reader of the met model refuses.
    """
    period = Period(city.timezone, city.days.start, city.days.end)
    if city.days.wrf:
        wrf = _found(city, "wrf")
        return wrf_days(wrf, zone_mask(districts, wrf_grid(wrf)), period=period)
    surface, aloft = _found(city, "mcip"), _found(city, "mcip_aloft")
    return mcip_days(surface, zone_mask(districts, mcip_grid(surface)), aloft=aloft, period=period)


def zone_mask(districts: Districts, grid: Grid) -> xr.DataArray:
    """Return the area fraction of each cell of a met grid in each district, (zone, y, x).

    A district that lies partly outside has the means of what lies inside; one wholly outside is refused by the reader.
    """
    cover, _ = district_coverage({code: districts[code].shape for code in districts.codes}, grid)
    return xr.DataArray(cover, {"zone": list(districts.codes)}, ("zone", "y", "x"))


def _found(city: City, key: str) -> list[Path]:
    patterns: Sequence[str] = getattr(city.days, key)
    found = {pattern: _matches(city.folder, pattern) for pattern in patterns}
    faults = [
        Fault(f"{city.folder / CITY_FILE}: days.{key}", f"no file matches {pattern!r}", "name the met files")
        for pattern, paths in found.items()
        if not paths
    ]
    if faults:
        raise InputError(faults)
    return sorted({path for paths in found.values() for path in paths})


def _matches(folder: Path, pattern: str) -> list[Path]:
    root = Path(Path(pattern).anchor) if Path(pattern).is_absolute() else folder
    relative = str(Path(pattern).relative_to(root)) if Path(pattern).is_absolute() else pattern
    return [path.resolve() for path in root.glob(relative) if path.is_file()]
