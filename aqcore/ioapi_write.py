"""Writing I/O API files: gridded, boundary and time-independent, block by block, published by rename."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import netCDF4
import numpy as np
import numpy.typing as npt
import xarray as xr

from aqcore.errors import Fault, Faults, InputError
from aqcore.grid import Grid
from aqcore.ioapi_check import dataset_faults, header_faults
from aqcore.ioapi_header import (
    DESCRIPTION_LENGTH,
    NAME_LENGTH,
    TFLAG_UNITS,
    TIME_INDEPENDENT,
    FileType,
    Header,
    Variable,
    Vertical,
)
from aqcore.netcdf_records import RecordAppender

_TFLAG_DESCRIPTION = "Timestep-valid flags:  (1) YYYYDDD or (2) HHMMSS"


def write_ioapi(
    path: Path,
    dataset: xr.Dataset,
    grid: Grid,
    *,
    start: datetime | np.datetime64,
    step_seconds: int,
    description: str,
    execution_id: str = "",
    history: str = "",
    vglvls: Sequence[float] | None = None,
    vgtop: float | None = None,
    vgtyp: int | None = None,
    signed: bool = False,
) -> None:
    """Write a dataset as an I/O API file (netCDF-3, 64-bit offset) that CMAQ reads.

    `dataset` holds variables with dimensions ([time,] [layer,] y, x), or ([time,] [layer,] perim) for a boundary file
    in the order of `Grid.perimeter`, in the order in which they shall stand in the file. Each needs the attribute
    `units` (16 characters) and may have `var_desc` or `long_name` (80). Real variables are stored as float32, integer
    ones as int32. `start` is UTC (a naive time is taken as UTC); `step_seconds` 0 makes a time-independent file. More
    than one layer needs `vglvls` (layers + 1), `vgtop` (Pa) and `vgtyp`. Dask variables are computed one time chunk
    after the other, so memory holds one chunk of all variables. A value below zero is refused unless `signed`.

    The file appears under its name only when complete. Raises InputError with all faults of the header, or with the
    place of the first values that are not finite or negative.
    """
    path = Path(path)
    moment = _utc(start)
    faults = Faults()
    faults.extend(dataset_faults(path, dataset, grid, moment, step_seconds))
    layers = max((dataset[name].sizes.get("layer", 1) for name in dataset.data_vars), default=1)
    vertical = _vertical(path, layers, vglvls, vgtop, vgtyp, faults)
    boundary = any("perim" in dataset[name].dims for name in dataset.data_vars)
    header = Header(
        grid, FileType.BOUNDARY if boundary else FileType.GRIDDED, moment, int(step_seconds), vertical,
        tuple(_variable(name, dataset[name]) for name in dataset.data_vars), description, execution_id, history,
    )  # fmt: skip
    faults.extend(header_faults(path, header))
    faults.raise_if_any()
    with IoapiWriter(path, header, signed=signed) as writer:
        for block in _blocks(dataset.map(_with_layer, keep_attrs=True)):
            writer.append({str(name): block[name].to_numpy() for name in block.data_vars})


def _utc(start: datetime | np.datetime64) -> datetime:
    if isinstance(start, np.datetime64):
        start = datetime.fromisoformat(np.datetime_as_string(start, unit="s"))
    return start.replace(tzinfo=UTC) if start.tzinfo is None else start.astimezone(UTC)


def _vertical(
    path: Path,
    layers: int,
    vglvls: Sequence[float] | None,
    vgtop: float | None,
    vgtyp: int | None,
    faults: Faults,
) -> Vertical:
    if vglvls is None and layers == 1:
        return Vertical.surface()
    if vglvls is None or vgtop is None or vgtyp is None or len(vglvls) != layers + 1:
        given = "no" if vglvls is None else str(len(vglvls))
        faults.add(f"{path}:VGLVLS", f"{given} levels for {layers} layers", f"give {layers + 1} levels, vgtop and vgtyp"
                   " as the met file has them")  # fmt: skip
        return Vertical.surface()
    return Vertical(int(vgtyp), float(vgtop), tuple(float(level) for level in vglvls))


def _variable(name: Any, array: xr.DataArray) -> Variable:
    text = str(array.attrs.get("var_desc") or array.attrs.get("long_name") or name).strip()
    units = str(array.attrs.get("units", "")).strip()
    return Variable(str(name), units, text, integer=bool(np.issubdtype(array.dtype, np.integer)))


def _with_layer(array: xr.DataArray) -> xr.DataArray:
    return array if "layer" in array.dims else array.expand_dims("layer", axis=int("time" in array.dims))


def _blocks(dataset: xr.Dataset) -> Iterator[xr.Dataset]:
    """Yield computed datasets of successive times: the dask chunks, else step by step."""
    if "time" not in dataset.dims:
        yield dataset.compute()
        return
    chunks = dataset.unify_chunks().chunksizes.get("time") or (1,) * dataset.sizes["time"]
    ends = np.cumsum(chunks)
    for begin, end in zip(ends - chunks, ends, strict=True):
        yield dataset.isel(time=slice(int(begin), int(end))).compute()


class IoapiWriter:
    """An I/O API file that grows by blocks of time steps and appears under its name when it is complete.

    Use it as a context manager; an error inside the block removes the part that was written. `signed` lets values
    below zero through (met); emissions and concentrations must not have any.
    """

    def __init__(self, path: Path, header: Header, *, signed: bool = False) -> None:
        self.path = Path(path)
        self.header = header
        self.signed = signed
        self.steps = 0
        self._part = self.path.with_name(f".{self.path.name}.part")
        self._file: netCDF4.Dataset | None = None
        self._records: RecordAppender | None = None

    def __enter__(self) -> Self:
        faults = header_faults(self.path, self.header)
        if faults:
            raise InputError(faults)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = netCDF4.Dataset(self._part, "w", format="NETCDF3_64BIT_OFFSET")
        _define(self._file, self.header)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in (self._file, self._records):
            if file is not None:
                file.close()
        self._file = self._records = None
        if kind is None and self.steps:
            self._part.replace(self.path)
        else:
            self._part.unlink(missing_ok=True)

    def append(self, block: Mapping[str, npt.NDArray[Any]]) -> None:
        """Write the next time steps: every variable of the header, (time, layer, y, x) or (time, layer, perim).

        The leading dimensions may be left out when they have length 1. Raises InputError for a missing or additional
        variable, another shape, and values that are not finite or (unless `signed`) negative.
        """
        if self._file is None and self._records is None:
            raise RuntimeError(f"{self.path} is not open: use the writer in a with statement")
        arrays = self._checked(block)
        count = next(iter(arrays.values())).shape[0]
        flags = np.array([self.header.flag(step) for step in range(self.steps, self.steps + count)], dtype=np.int32)
        values = {"TFLAG": np.repeat(flags[:, None, :], len(arrays), axis=1), **arrays}
        if self._file is not None:
            self._write_first({name: array[:1] for name, array in values.items()})
            values = {name: array[1:] for name, array in values.items()}
        if self._records is not None and len(values["TFLAG"]):
            self._records.append(list(values.values()))
        self.steps += count

    def _write_first(self, values: Mapping[str, npt.NDArray[Any]]) -> None:
        """Let the library write the header and the first step; what follows is appended as it lies on disk."""
        if self._file is None:
            return
        for name, array in values.items():
            self._file[name][0:1] = array
        self._file.close()
        self._file = None
        self._records = RecordAppender(self._part, [array.size for array in values.values()])

    def _checked(self, block: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        names = [variable.name for variable in self.header.variables]
        faults = Faults()
        for name in sorted(set(names) ^ set(block)):
            missing = "missing from" if name in names else "not announced in the header of"
            faults.add(f"{self.path}:{name}", f"variable is {missing} this file", "write the same variables each time")
        faults.raise_if_any()
        arrays = {v.name: _stored(np.asarray(block[v.name]), self.header, v) for v in self.header.variables}
        steps = {array.shape[0] for array in arrays.values()}
        limit = 1 if self.header.step_seconds == TIME_INDEPENDENT else None
        if len(steps) != 1 or (limit and self.steps + max(steps) > limit):
            faults.add(str(self.path), f"blocks of {sorted(steps)} steps after {self.steps}",
                       "give all variables the same steps; one in a time-independent file")  # fmt: skip
        for name, array in arrays.items():
            faults.extend(self._shape_and_value_faults(name, array))
        faults.raise_if_any()
        return arrays

    def _shape_and_value_faults(self, name: str, array: npt.NDArray[Any]) -> list[Fault]:
        where = f"{self.path}:{name}"
        expected = _shape(self.header)
        if array.shape[1:] != expected:
            return [Fault(where, f"shape {array.shape[1:]}", f"give (layer, cells) {expected}")]
        low, high = array.min(initial=0), array.max(initial=0)  # a NaN comes through both
        if np.isfinite(low) and np.isfinite(high) and (self.signed or low >= 0):
            return []
        bad = ~np.isfinite(array) if self.signed else ~(np.isfinite(array) & (array >= 0))
        place = np.argwhere(bad)[0]
        value = array[tuple(place)]
        place[0] += self.steps
        allowed = "finite" if self.signed else "finite and not negative"
        what = (
            f"{int(bad.sum())} values are not {allowed}; the first is {value} at (time, layer, cell) {place.tolist()}"
        )
        return [Fault(where, what, "correct the source of this field; CCTM would abort or go wrong on it")]


def _shape(header: Header) -> tuple[int, ...]:
    grid, layers = header.grid, header.vertical.nlays
    if header.file_type is FileType.BOUNDARY:
        return layers, perimeter_size(grid)
    return layers, grid.nrows, grid.ncols


def perimeter_size(grid: Grid) -> int:
    """Return the number of boundary cells of a grid."""
    return 2 * grid.nthik * (grid.ncols + grid.nrows + 2 * grid.nthik)


def _stored(array: npt.NDArray[Any], header: Header, variable: Variable) -> npt.NDArray[Any]:
    """Return an array as it is stored: leading dimensions of length 1 added, float32 or int32."""
    missing = len(_shape(header)) + 1 - array.ndim
    array = array.reshape((1,) * max(missing, 0) + array.shape)
    with np.errstate(over="ignore"):  # a value beyond float32 becomes inf, which the value check names
        return array.astype(np.int32 if variable.integer else np.float32, copy=False)


def _define(file: netCDF4.Dataset, header: Header) -> None:
    """Write dimensions, attributes and empty variables in the library's order."""
    file.set_fill_off()  # each record is written whole, so nothing is left to fill
    grid, boundary = header.grid, header.file_type is FileType.BOUNDARY
    cells = {"PERIM": perimeter_size(grid)} if boundary else {"ROW": grid.nrows, "COL": grid.ncols}
    sizes = {"TSTEP": None, "DATE-TIME": 2, "LAY": header.vertical.nlays, "VAR": len(header.variables), **cells}
    for name, size in sizes.items():
        file.createDimension(name, size)
    file.setncatts(header.attributes())
    flags = file.createVariable("TFLAG", "i4", ("TSTEP", "VAR", "DATE-TIME"))
    flags.setncatts(_texts("TFLAG", TFLAG_UNITS, _TFLAG_DESCRIPTION))
    for variable in header.variables:
        kind = "i4" if variable.integer else "f4"
        created = file.createVariable(variable.name, kind, ("TSTEP", "LAY", *cells))
        created.setncatts(_texts(variable.name, variable.units, variable.description))


def _texts(name: str, units: str, description: str) -> dict[str, str]:
    return {
        "long_name": name.ljust(NAME_LENGTH),
        "units": units.ljust(NAME_LENGTH),
        "var_desc": description.ljust(DESCRIPTION_LENGTH),
    }
