"""Records of a netCDF-3 file, appended as they lie on disk: much faster than a library call for each of them.

The classic format (NetCDF Users Guide, appendix B, "File Format Specifications") lays the record variables of one step
side by side, in the order of their definition, in big-endian words; step follows step to the end of the file, and the
number of steps stands in the header (bytes 4 to 7). Here all variables have words of four bytes, so that nothing is
padded. The library itself writes the header and the first step; its header says where that step ends.
"""

import struct
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np
import numpy.typing as npt

from aqcore.errors import RunFailed

WORD = 4
"""Bytes of a float32 or int32."""

MAGIC = b"CDF\x02"
"""How a netCDF-3 file with 64-bit offsets begins."""

COUNT_AT = 4
"""Where the number of records stands in the header, as a big-endian 32-bit integer."""


TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 8}
"""Bytes of the types byte, char, short, int, float and double."""


def variable_begins(file: BinaryIO) -> list[int]:
    """Return where each variable begins, by the header of an open netCDF-3 file with 64-bit offsets."""
    file.seek(COUNT_AT + WORD)
    for _ in range(_integers(file, 2)[1]):  # dimensions: tag and number, then name and length of each
        _skip_text(file)
        _integers(file, 1)
    _skip_attributes(file)
    begins = []
    for _ in range(_integers(file, 2)[1]):
        _skip_text(file)
        _integers(file, _integers(file, 1)[0])
        _skip_attributes(file)
        _integers(file, 2)  # type and size
        begins.append(struct.unpack(">q", file.read(2 * WORD))[0])
    return begins


def _integers(file: BinaryIO, count: int) -> tuple[int, ...]:
    return struct.unpack(f">{count}i", file.read(count * WORD))


def _skip(file: BinaryIO, size: int) -> None:
    file.seek(-(-size // WORD) * WORD, 1)


def _skip_text(file: BinaryIO) -> None:
    _skip(file, _integers(file, 1)[0])


def _skip_attributes(file: BinaryIO) -> None:
    for _ in range(_integers(file, 2)[1]):
        _skip_text(file)
        kind, count = _integers(file, 2)
        _skip(file, count * TYPE_BYTES[kind])


class RecordAppender:
    """Appends steps to a netCDF-3 file that the library has closed after the first one.

    `sizes` are the words of each record variable a step, in the order of their definition. Raises `RunFailed` when the
    file is none of these, for instance because its records are padded.
    """

    def __init__(self, path: Path, sizes: Sequence[int]) -> None:
        self.path = path
        self.ends = np.cumsum(sizes)
        self.steps = 1
        self._buffer = np.empty((0, self.words), dtype=">f4")
        self._file = path.open("r+b", buffering=0)
        self._check()

    def _check(self) -> None:
        """Go to the end of the first record; the library may have padded the file beyond it."""
        begins = variable_begins(self._file) if self._file.read(len(MAGIC)) == MAGIC else []
        count = struct.unpack(">i", self._at(COUNT_AT, WORD))[0]
        expected = [begins[0] + WORD * int(end) for end in (0, *self.ends[:-1])] if begins else None
        if begins != expected or count != 1:
            self._file.close()
            raise RunFailed(f"{self.path}: not a netCDF-3 file (64-bit offsets) with one record of {self.words} words")
        self._file.seek(begins[0] + WORD * self.words)
        self._file.truncate()

    def _at(self, place: int, size: int) -> bytes:
        self._file.seek(place)
        return self._file.read(size)

    @property
    def words(self) -> int:
        """Words of one step."""
        return int(self.ends[-1])

    def append(self, values: Sequence[npt.NDArray[Any]]) -> None:
        """Append steps: one array a variable, (time, ...), float32 or int32."""
        count = len(values[0])
        if count > len(self._buffer):
            self._buffer = np.empty(
                (count, self.words), dtype=">f4"
            )  # kept: getting memory anew costs as much as filling
        block = self._buffer[:count]
        for end, array in zip(self.ends, values, strict=True):
            flat = array.reshape(count, -1)
            part = block[:, end - flat.shape[1] : end]
            (part.view(">i4") if array.dtype.kind == "i" else part)[...] = flat
        view = block.view(np.uint8).reshape(-1).data
        while len(view):
            view = view[self._file.write(view) :]
        self.steps += count

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Write the number of steps into the header and close the file; a second call does nothing."""
        if not self._file.closed:
            self._file.seek(COUNT_AT)
            self._file.write(struct.pack(">i", self.steps))
            self._file.close()
