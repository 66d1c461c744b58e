"""What the emissions of a city are made of, read as its city file says."""

from collections.abc import Callable
from functools import reduce

import numpy as np
import pandas as pd
import xarray as xr

from aqcore.districts import Districts
from aqcore.errors import Fault, InputError, gathering
from aqcore.grid import Grid
from emissions.assignments import OwnTables
from emissions.cf_inventory_reader import read_cf_inventory
from emissions.clock import city_clock
from emissions.dynamics import Dynamics
from emissions.dynamics_reader import read_daily, read_hourly
from emissions.ff10_reader import FlatFile, read_ff10
from emissions.gridded import GriddedInventory
from emissions.inventory import Inventory, joined
from emissions.inventory_reader import read_inventory
from emissions.layers import Layers, VerticalProfiles, default_vertical_profiles, read_vertical_profiles, sigma_layers
from emissions.meic_reader import read_meic
from emissions.natural.settings import NaturalSettings
from emissions.natural.streams import NaturalStreams, build_natural
from emissions.profiles import TimeProfiles
from yice.city import City

MARGIN_DEGREES = 1.0
"""How far beyond the corners of the grid the cells of a regional inventory are read: more than any cell is wide."""

UNUSED_COLUMNS = ("file", "code", "rows", "ann_value", "why")


def own_tables(city: City) -> OwnTables:
    """Return the local profiles of a city."""
    return OwnTables(**{key: city.path(name) for key, name in city.profiles if name})


def clock(city: City) -> TimeProfiles:
    """Return the temporal profiles on the city's clock, its own ones before ours."""
    own = own_tables(city).temporal
    return city_clock(timezone=city.timezone, unpublished=city.emissions.unpublished_holidays, own=own)


def vertical_profiles(city: City) -> VerticalProfiles:
    """Return the vertical profiles, the city's own ones before ours."""
    own, shipped = own_tables(city).vertical, default_vertical_profiles()
    return shipped if own is None else shipped.replaced(read_vertical_profiles(own))


def layers(city: City) -> Layers:
    """Return the layers of the files: one, or the lowest of the met file that `levels_from` names."""
    section = city.emissions
    if not section.levels_from:
        return Layers()
    path = city.path(section.levels_from)
    where = "city.toml: emissions.levels_from"
    try:
        attrs = xr.open_dataset(path, engine="ioapi").attrs
    except (OSError, ValueError) as error:
        raise InputError([Fault(where, f"{path.name} is no I/O API file: {error}", "give METCRO3D")]) from None
    levels = np.atleast_1d(attrs["VGLVLS"]).astype(float)
    if len(levels) <= section.layers:
        what = f"{path.name} has {len(levels) - 1} layers, the emissions ask for {section.layers}"
        raise InputError([Fault(where, what, "give METCRO3D, or fewer layers")])
    return sigma_layers(levels.tolist(), float(attrs["VGTOP"]), count=section.layers, vgtyp=int(attrs["VGTYP"]))


def flat_files(city: City) -> tuple[FlatFile, ...]:
    """Return the flat files of the city's inventory; raises `InputError` with the faults of all of them."""
    section = city.inventory.ff10
    if section is None:
        return ()
    found: list[FlatFile] = []
    regions = section.regions or None
    with gathering() as faults:
        for name in section.files:
            try:
                classes = city.path(section.classes)
                found.append(read_ff10(city.path(name), classes=classes, regions=regions, unit=section.unit))
            except InputError as error:
                faults.extend(error.faults)
    return tuple(found)


def inventory(city: City, districts: Districts, flat: tuple[FlatFile, ...]) -> Inventory:
    """Return the inventory: the city's own tables, its flat files, or both."""
    section, parts = city.inventory, [one.inventory for one in flat]
    area, points = (city.path(name) if name else None for name in (section.area, section.points))
    if area or points:
        own = read_inventory(districts, area=area, points=points, datum=section.datum, fill_sizes=section.fill_sizes)
        parts.insert(0, own)
    return joined(parts)


def unused_rows(city: City, flat: tuple[FlatFile, ...]) -> pd.DataFrame:
    """Return what the flat files hold that was not taken, and why; columns `UNUSED_COLUMNS`."""
    names = city.inventory.ff10.files if city.inventory.ff10 else ()
    parts = [one.unused.assign(file=name) for name, one in zip(names, flat, strict=True)]
    return pd.concat([pd.DataFrame(columns=list(UNUSED_COLUMNS)), *parts])[list(UNUSED_COLUMNS)]


def dynamics(city: City) -> Dynamics | None:
    """Return the hours and days that are known, None when nothing is; raises the faults of all files together."""
    section = city.dynamics
    if section is None or not (section.hourly or section.daily):
        return None
    readers: list[Callable[[], Dynamics]] = [
        *(lambda name=name: read_hourly(city.path(name), timezone=city.timezone) for name in section.hourly),
        *(lambda name=name: read_daily(city.path(name)) for name in section.daily),
    ]
    found: list[Dynamics] = []
    with gathering() as faults:
        for reader in readers:
            try:
                found.append(reader())
            except InputError as error:
                faults.extend(error.faults)
    return reduce(Dynamics.joined, found)


def box(grid: Grid) -> tuple[float, float, float, float]:
    """Return west, south, east, north (degrees) of what a regional inventory must cover of the grid, with a margin."""
    lon, lat = grid.corners()
    low, high = (np.array([extreme(lon), extreme(lat)]) for extreme in (np.min, np.max))
    west, south = (low - MARGIN_DEGREES).tolist()
    east, north = (high + MARGIN_DEGREES).tolist()
    return west, south, east, north


def regional(city: City, grid: Grid) -> GriddedInventory | None:
    """Return the gridded inventory around the city, None when it names none."""
    section = city.regional
    if section is None:
        return None
    folder = city.path(section.folder)
    if section.kind == "meic":
        return read_meic(folder, year=section.year, voc=section.voc, box=box(grid), nesting=section.nesting)  # type: ignore[arg-type]
    return read_cf_inventory(
        city.path(section.fields), folder, name=section.name or folder.name,
        year=section.year or city.inventory.year, box=box(grid), nesting=section.nesting,
    )  # fmt: skip


def natural(city: City, grid: Grid) -> NaturalStreams | None:
    """Return the natural streams, None when they are left to CMAQ or out."""
    section = city.emissions.megan
    if section is None:
        return None
    met = [city.path(name) for name in section.metcro2d]
    settings = NaturalSettings(co2_ppm=section.co2_ppm, leaf_area_of=section.leaf_area_of)
    return build_natural(
        city.emissions.natural, grid, metcro2d=met, gridcro2d=city.path(section.gridcro2d),
        mechanism=city.emissions.mechanism, settings=settings, leaf_area=section.leaf_area,
    )  # fmt: skip


def surrogate_files(city: City) -> list[str]:
    """Return the names of the files that the surrogates name."""
    entries = [entry if isinstance(entry, dict) else {"raster": entry} for entry in city.surrogates.values()]
    return [str(entry.get("points") or entry.get("raster") or "") for entry in entries]
