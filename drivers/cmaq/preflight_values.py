"""The preflight of emission values: absurd, negative or missing ones, cell by cell."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

import netCDF4
import numpy as np

from aqcore.errors import Fault
from aqcore.grid import Grid
from aqcore.projection import GridType
from drivers.cmaq.file_facts import FileFacts
from drivers.cmaq.preflight_files import is_emission
from drivers.cmaq.stream_files import STACKS
from drivers.cmaq.versions import rows_of

SQUARE_METRES = 1e6
"""m2 in a km2."""

METRES_PER_DEGREE = 111_195.0
"""Length of a degree of latitude on the sphere of 6,371 km, m: a cell of a longitude-latitude grid is about that."""

Extremes = dict[str, tuple[float, float]]


def value_faults(facts: Mapping[str, FileFacts], grid: Grid) -> Iterator[Fault]:
    """Pitfall 9: a spike makes the chemistry fail, a negative value or a NaN stops CCTM.

    Limits (`data/emission_limits.csv`) are per km2 of a cell, or per stack.
    """
    area = _area_km2(grid)
    for name, fact in facts.items():
        if not is_emission(name):
            continue
        status = fact.path.stat()
        for variable, (least, largest) in _extremes(fact.path, status.st_mtime_ns, status.st_size).items():
            where = f"{fact.path}:{variable}"
            if not (np.isfinite(least) and np.isfinite(largest)):
                yield Fault(where, "holds values that are not finite", "write the emissions again")
                continue
            if least < 0.0:
                yield Fault(where, f"holds negative values ({least:g})", "write the emissions again")
            limit, unit = _limit(variable, fact.units[variable], stack=name.startswith(STACKS), area=area)
            if largest > limit:
                place = "a stack" if name.startswith(STACKS) else "a cell"
                what = f"{largest:g} {unit} in {place}; more than {limit:g} is not plausible"
                yield Fault(where, what, "look for wrong units, a misplaced source, or a surrogate of one cell")


@lru_cache(maxsize=4096)
def _extremes(path: Path, _mtime: int, _size: int) -> Extremes:
    """Return the smallest and largest column sum of each variable over all steps (any layer's own smallest)."""
    found: Extremes = {}
    with netCDF4.Dataset(path) as file:
        file.set_auto_mask(False)
        for name, variable in file.variables.items():
            if name != "TFLAG":
                values = np.asarray(variable[:])
                largest = values.sum(axis=1).max() if values.shape[1] > 1 else values.max()
                found[name] = float(values.min()), float(largest)
    return found


def _limit(variable: str, units: str, *, stack: bool, area: float) -> tuple[float, str]:
    rows = {row["group"]: row for row in rows_of("emission_limits.csv")}
    row = rows.get(variable) or rows["gas" if units.startswith("mol") else "aerosol"]
    return (float(row["limit_per_stack"]) if stack else float(row["limit_per_km2"]) * area), row["unit"]


def _area_km2(grid: Grid) -> float:
    metres = METRES_PER_DEGREE if grid.gdtyp == GridType.LAT_LON else 1.0
    return grid.xcell * grid.ycell * metres**2 / SQUARE_METRES
