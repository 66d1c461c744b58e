"""Records appended as they lie on disk: byte by byte what the netCDF library writes, in blocks of any size."""

import struct
from pathlib import Path

import netCDF4
import numpy as np
import numpy.typing as npt
import pytest

from aqcore.errors import RunFailed
from aqcore.netcdf_records import RecordAppender

STEPS = 7
SIZES = {"TFLAG": (3, 2), "A": (2, 4, 5), "N": (1, 4, 5)}
KINDS = {"TFLAG": "i4", "A": "f4", "N": "i4"}


def values() -> dict[str, npt.NDArray[np.generic]]:
    rng = np.random.default_rng(7)
    return {
        name: (rng.uniform(-1e9, 1e9, (STEPS, *size))).astype(KINDS[name]) for name, size in SIZES.items()
    }  # fmt: skip


def by_library(path: Path, steps: int, form: str = "NETCDF3_64BIT_OFFSET") -> Path:
    with netCDF4.Dataset(path, "w", format=form) as file:
        file.set_fill_off()
        file.setncattr("TITLE", "odd")  # three letters: the header is padded
        file.createDimension("t", None)
        for name, size in SIZES.items():
            for number, length in enumerate(size):
                file.createDimension(f"{name}{number}", length)
            file.createVariable(name, KINDS[name], ("t", *(f"{name}{number}" for number in range(len(size)))))
        for name, array in values().items():
            file[name][:steps] = array[:steps]
    return path


@pytest.mark.parametrize("ends", [(2, 3, 7), (7,), (2, 2, 7)])
def test_every_byte_is_that_of_the_library(tmp_path: Path, ends: tuple[int, ...]) -> None:
    expected = by_library(tmp_path / "whole.nc", STEPS).read_bytes()
    path = by_library(tmp_path / "first.nc", 1)
    start = 1
    with RecordAppender(path, [int(np.prod(size)) for size in SIZES.values()]) as records:
        for end in ends:
            if end > start:
                records.append([array[start:end] for array in values().values()])
            start = end
    assert path.read_bytes() == expected


def test_one_step_alone_stays_as_it_is(tmp_path: Path) -> None:
    path = by_library(tmp_path / "first.nc", 1)
    before = path.read_bytes()
    RecordAppender(path, [6, 40, 20]).close()
    assert path.read_bytes() == before


def test_views_and_other_orders_in_memory_are_the_same_values(tmp_path: Path) -> None:
    path = by_library(tmp_path / "first.nc", 1)
    with RecordAppender(path, [6, 40, 20]) as records:
        records.append([np.asfortranarray(array[1:]) for array in values().values()])
    with netCDF4.Dataset(path) as file:
        for name, array in values().items():
            assert (file[name][:] == array).all()


def test_a_file_that_the_library_padded_continues_where_its_record_ends(tmp_path: Path) -> None:
    """With a long header and small records the library leaves the file longer than its first record."""
    path, names = tmp_path / "padded.nc", [f"S{number}" for number in range(60)]
    with netCDF4.Dataset(path, "w", format="NETCDF3_64BIT_OFFSET") as file:
        file.createDimension("t", None)
        file.createDimension("x", 5)
        for name in names:
            file.createVariable(name, "f4", ("t", "x")).setncattr("var_desc", name.ljust(100))
        for name in names:
            file[name][0:1] = np.zeros((1, 5))
    size = path.stat().st_size
    with RecordAppender(path, [5] * len(names)) as records:
        assert path.stat().st_size < size
        records.append([np.full((2, 5), number, dtype=np.float32) for number in range(len(names))])
    with netCDF4.Dataset(path) as file:
        assert [file[name][2, 4] for name in names] == list(range(len(names)))
        assert [file[name][0, 4] for name in names] == [0] * len(names)


@pytest.mark.parametrize(("steps", "form"), [(2, "NETCDF3_64BIT_OFFSET"), (1, "NETCDF3_CLASSIC"), (1, "NETCDF4")])
def test_another_file_is_refused(tmp_path: Path, steps: int, form: str) -> None:
    with pytest.raises(RunFailed, match="64-bit offsets"):
        RecordAppender(by_library(tmp_path / "other.nc", steps, form), [6, 40, 20])


def test_number_of_steps_stands_in_the_header_when_it_is_closed(tmp_path: Path) -> None:
    path = by_library(tmp_path / "first.nc", 1)
    records = RecordAppender(path, [6, 40, 20])
    records.append([array[1:4] for array in values().values()])
    records.close()
    records.close()
    assert struct.unpack(">i", path.read_bytes()[4:8]) == (4,)
