"""Between arrays (..., box) and what the generated code reads and writes: (group, ..., lane), groups of full lanes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.box_model.engine import Array

ALIGNMENT = 64  # bytes of the widest vector


def pack(values: NDArray[Any], goal: NDArray[Any]) -> None:
    """Put (..., box) into (group, ..., lane); the last box is repeated until the lanes are full."""
    lanes, wide = goal.shape[-1], np.moveaxis(goal, 0, -2)
    groups, rest = divmod(values.shape[-1], lanes)
    wide[..., :groups, :] = values[..., : groups * lanes].reshape(*values.shape[:-1], groups, lanes)
    if rest:
        wide[..., groups, :rest] = values[..., groups * lanes :]
        wide[..., groups, rest:] = values[..., -1:]


def unpack(packed: NDArray[Any], goal: NDArray[Any]) -> None:
    """Put (group, ..., lane) into (..., box), whose last dimension is contiguous; what repeats the last box is left."""
    lanes, wide = packed.shape[-1], np.moveaxis(packed, 0, -2)
    groups, rest = divmod(goal.shape[-1], lanes)
    goal[..., : groups * lanes].reshape(*goal.shape[:-1], groups, lanes)[...] = wide[..., :groups, :]
    if rest:
        goal[..., groups * lanes :] = wide[..., groups, :rest]


def aligned(shape: tuple[int, ...]) -> Array:
    """Return an uninitialised array that starts at a multiple of the widest vector."""
    length = int(np.prod(shape))
    raw = np.empty(length + ALIGNMENT // 8)
    skip = (-raw.ctypes.data % ALIGNMENT) // 8
    return raw[skip : skip + length].reshape(shape)
