"""Daily files of one kind as one lazy dataset: only the first is opened, the others are read when their values are."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask.array as da
import netCDF4
import numpy as np
import numpy.typing as npt
import xarray as xr
from xarray.backends.locks import HDF5_LOCK, NETCDFC_LOCK, combine_locks

from aqcore.errors import RunFailed
from aqcore.ioapi_header import MISSING_REAL, moments

HOUR = np.timedelta64(1, "h")

LOCK = combine_locks([NETCDFC_LOCK, HDF5_LOCK])
"""The netCDF library is not made for threads: without a lock, blocks read side by side hold each other's values.

It is the lock of xarray, so that its own reading waits too.
"""


@dataclass(frozen=True)
class DayFile:
    """One day's file: the hour (UTC) by which its first step that is read is stamped, and the number of steps."""

    path: Path
    first: np.datetime64
    steps: int


def open_daily(
    days: Sequence[DayFile], names: Iterable[str] | None = None, *, rename: Callable[[str], str] | None = None
) -> xr.Dataset:
    """Return the lowest layer of daily files as one dataset (time, y, x), dask-backed, one chunk a day, float32.

    `names` chooses variables (None: all), `rename` gives them other names. Times are the stamps of the files. A file
    whose stamps are not those expected raises RunFailed when it is read.
    """
    with xr.open_dataset(days[0].path, engine="ioapi") as first:
        frame = first.isel(layer=0, time=slice(0, 0))
        chosen = [str(name) for name in frame.data_vars if names is None or name in set(names)]
        attributes = {name: dict(frame[name].attrs) for name in chosen}
        coords = {name: coord for name, coord in frame.coords.items() if "time" not in coord.dims}
        shape = (frame.sizes["y"], frame.sizes["x"])
    times = np.concatenate([day.first + np.arange(day.steps) * HOUR for day in days]).astype("datetime64[ns]")
    blocks = _blocks(days)
    data = {
        (rename(name) if rename else name): xr.Variable(
            ("time", "y", "x"), _lazy(blocks, name, days, shape), attributes[name]
        )
        for name in chosen
    }
    return xr.Dataset(data, {**coords, "time": ("time", times)})


def _blocks(days: Sequence[DayFile]) -> Any:
    """Return the days as a dask array of one object a block."""
    objects = np.empty(len(days), dtype=object)
    objects[:] = list(days)
    return da.from_array(objects, chunks=1, name=False)  # type: ignore[no-untyped-call]


def _lazy(blocks: Any, name: str, days: Sequence[DayFile], shape: tuple[int, int]) -> Any:
    return da.map_blocks(  # type: ignore[no-untyped-call]
        _read, blocks, name, dtype=np.float32, new_axis=[1, 2], meta=np.empty((0, 0, 0), np.float32),
        chunks=(tuple(day.steps for day in days), (shape[0],), (shape[1],)),
    )  # fmt: skip


def _read(block: npt.NDArray[Any], name: str) -> npt.NDArray[np.float32]:
    day: DayFile = block[0]
    with LOCK, netCDF4.Dataset(day.path) as file:
        file.set_auto_mask(False)
        stamps = moments(np.asarray(file["TFLAG"][:, 0, :]))
        begin = int(np.searchsorted(stamps, day.first.astype("datetime64[ns]")))
        expected = (day.first + np.arange(day.steps) * HOUR).astype("datetime64[ns]")
        if not np.array_equal(stamps[begin : begin + day.steps], expected):
            raise RunFailed(f"{day.path} does not hold the hours from {day.first} on")
        values = np.asarray(file[name][begin : begin + day.steps, 0], dtype=np.float32)
    values[values <= MISSING_REAL] = np.nan
    return values
