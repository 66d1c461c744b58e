"""Writing one sector's day as an I/O API file, some hours at a time, so that the cube is never held whole."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from aqcore.calendar import STEPS_PER_DAY
from aqcore.errors import Fault, InputError, did_you_mean
from aqcore.grid import Grid
from aqcore.ioapi_header import FileType, Header, Variable, Vertical
from aqcore.ioapi_write import IoapiWriter
from aqcore.units import SECOND_PER_HOUR
from emissions.fields import SectorField, file_units
from emissions.layers import Layers

BLOCK_BYTES = 32_000_000
"""Size up to which hours are computed and written together: fewer calls on small grids, little memory on large."""


Progress = Callable[[int, int], None]
"""Called with how many parts are done, and how many there are."""


def require_streams(names: Iterable[str], known: Sequence[str]) -> None:
    """Raise `InputError` for each name that is none of the known streams."""
    faults = [Fault("sector", f"no stream {name!r}", did_you_mean(name, known)) for name in names if name not in known]
    if faults:
        raise InputError(faults)


def tracked(names: Sequence[str], progress: Progress | None) -> Iterator[str]:
    """Yield the names one by one and tell `progress` how many are done, before each and at the end."""
    for done, name in enumerate(names):
        if progress is not None:
            progress(done, len(names))
        yield name
    if progress is not None:
        progress(len(names), len(names))


def file_path(folder: Path, sector: str, date: str) -> Path:
    """Return `<folder>/<SECTOR>/emis_<SECTOR>_<yyyymmdd>.nc` for a date written 2013-07-15."""
    return folder / sector / f"emis_{sector}_{date.replace('-', '')}.nc"


def write_field(path: Path, sector: str, date: str, field: SectorField, grid: Grid, layers: Layers) -> None:
    """Write the hours of `field`, which begin at 00 UTC of `date`, as float32 moles/s and g/s a cell.

    The file appears under its name when it is complete. Raises `InputError` for layers without sigma levels and for
    values that are not finite or negative.
    """
    header = Header(
        grid,
        FileType.GRIDDED,
        datetime.fromisoformat(f"{date}T00:00:00+00:00"),
        int(SECOND_PER_HOUR),
        _vertical(path, layers),
        tuple(
            Variable(name, file_units(unit), f"emission of {name}, sector {sector}")
            for name, unit in zip(field.species, field.units, strict=True)
        ),
        f"Emissions of sector {sector}, {date}: mean rate of the hour that begins at each step (UTC)",
    )
    with IoapiWriter(path, header) as writer:
        for hours in _blocks(field):
            writer.append(dict(zip(field.species, field.hours(hours), strict=True)))


def _vertical(path: Path, layers: Layers) -> Vertical:
    if layers.count == 1 and layers.vglvls is None:
        return Vertical.surface()
    if layers.vglvls is None or layers.vgtop is None or layers.vgtyp is None:
        what = f"{layers.count} layers without their sigma levels"
        raise InputError([Fault(str(path), what, "make the layers by sigma_layers, from the levels of the met file")])
    return Vertical(layers.vgtyp, layers.vgtop, layers.vglvls)


def _blocks(field: SectorField) -> list[slice]:
    count = field.shape[0]
    step = np.dtype(np.float32).itemsize * len(field.species) * int(np.prod(field.shape[1:]))
    together = int(np.clip(BLOCK_BYTES // step, 1, STEPS_PER_DAY))
    return [slice(first, min(first + together, count)) for first in range(0, count, together)]
