"""From hourly values to the values of Chinese days, in blocks of days so that memory does not grow with the period."""

from collections.abc import Callable, Hashable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import xarray as xr

from observations import chinese_day
from observations.chinese_day import HOURS, MIN_DAY_HOURS, day_index

if TYPE_CHECKING:
    import dask.array as da

CHINA = "Asia/Shanghai"

BLOCK_BYTES = 4_000_000
"""Hourly values of one block: small enough that the kernel's intermediate arrays stay in the processor's cache."""

Kernel = Callable[[npt.NDArray[np.floating]], npt.NDArray[np.float64]]


def daily_mean(hourly: xr.DataArray, *, timezone: str = CHINA, min_hours: int = MIN_DAY_HOURS) -> xr.DataArray:
    """Return the daily mean (time, ...) -> (day, ...), unit of `hourly`; NaN with fewer than `min_hours` hours.

    GB 3095 table 4: at least 20 hourly values.
    """
    return over_days(hourly, partial(chinese_day.daily_mean, min_hours=min_hours), timezone=timezone)


def daily_maximum(hourly: xr.DataArray, *, timezone: str = CHINA, min_hours: int = MIN_DAY_HOURS) -> xr.DataArray:
    """Return the daily maximum hourly value (time, ...) -> (day, ...); NaN with fewer than `min_hours` hours."""
    return over_days(hourly, partial(_maximum, min_hours=min_hours), timezone=timezone)


def _maximum(hourly: npt.NDArray[np.floating], *, min_hours: int) -> npt.NDArray[np.float64]:
    valid = np.isfinite(hourly)
    highest = np.where(valid, hourly, -np.inf).max(axis=1)
    return np.where(valid.sum(axis=1) >= max(min_hours, 1), highest, np.nan).astype(np.float64)


def over_days(hourly: xr.DataArray, kernel: Kernel, *, timezone: str = CHINA) -> xr.DataArray:
    """Return `kernel` over the local days of (time, ...) values: (day, 24, ...) -> (day, ...).

    A day's missing hours are NaN. Dask arrays stay lazy and keep about their chunk size; numpy arrays go block by
    block.
    """
    ordered = hourly.transpose("time", ...)
    days, index = day_index(ordered["time"].to_numpy(), timezone)
    values = ordered.data
    result = _lazy(values, index, kernel) if ordered.chunks else _blocks(np.asarray(values), index, kernel)
    kept = {name: coord for name, coord in ordered.coords.items() if "time" not in coord.dims}
    coords: dict[Hashable, object] = {"day": days.astype("datetime64[ns]"), **kept}
    return xr.DataArray(result, dims=("day", *ordered.dims[1:]), coords=coords, name=hourly.name, attrs=hourly.attrs)


def _blocks(values: npt.NDArray[np.floating], index: npt.NDArray[np.int64], kernel: Kernel) -> npt.NDArray[np.float64]:
    result = np.empty((len(index), *values.shape[1:]))
    bytes_a_day = max(HOURS * values[:1].nbytes, 1)
    step = max(BLOCK_BYTES // bytes_a_day, 1)
    for start in range(0, len(index), step):
        result[start : start + step] = in_pieces(_gather(values, index[start : start + step]), kernel)
    return result


def in_pieces(cube: npt.NDArray[np.floating], kernel: Kernel) -> npt.NDArray[np.float64]:
    """Return `kernel` of (day, 24, place, ...), in pieces of places (rows of a grid) that stay within `BLOCK_BYTES`."""
    rows = cube.shape[2] if cube.ndim > 2 else 1
    step = max(int(rows * BLOCK_BYTES // max(cube.nbytes, 1)), 1)
    if step >= rows:
        return kernel(cube)
    return np.concatenate([kernel(cube[:, :, at : at + step]) for at in range(0, rows, step)], axis=1)


def _gather(values: npt.NDArray[np.floating], index: npt.NDArray[np.int64]) -> npt.NDArray[np.floating]:
    """Return (day, 24, ...): a view where the hours follow each other, a copy with NaN where some are missing."""
    flat = index.ravel()
    shape = (*index.shape, *values.shape[1:])
    if flat[0] >= 0 and np.all(np.diff(flat) == 1):
        return values[flat[0] : flat[-1] + 1].reshape(shape)
    hours = values[flat].astype(np.result_type(values, np.float32))
    hours[flat < 0] = np.nan
    return hours.reshape(shape)


def _lazy(values: "da.Array", index: npt.NDArray[np.int64], kernel: Kernel) -> "da.Array":
    import dask.array as da  # a second to load, which plain arrays need not wait for

    flat = index.ravel()
    days_a_chunk = max(int(values.chunks[0][0]) // HOURS, 1)
    padded = da.pad(values, [(0, 1), *[(0, 0)] * (values.ndim - 1)], constant_values=np.nan)
    hours = padded if _is_whole(flat) else da.take(padded, np.where(flat < 0, len(values), flat), axis=0)
    whole = hours[: flat.size].rechunk({0: days_a_chunk * HOURS})
    cube = whole.reshape((*index.shape, *values.shape[1:]))
    pieces = partial(in_pieces, kernel=kernel)
    result: da.Array = da.map_blocks(pieces, cube, dtype=np.float64, drop_axis=1)  # type: ignore[no-untyped-call]
    return result  # dask ships no types for it


def _is_whole(flat: npt.NDArray[np.int64]) -> bool:
    return bool(np.array_equal(flat, np.arange(flat.size)))
