"""Dry deposition velocities by day and night (`data/deposition.csv`)."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

M_PER_CM = 0.01


@dataclass(frozen=True)
class Velocity:
    """Deposition velocity of one species (m s-1) by day and by night."""

    day: float
    night: float


@cache
def velocities() -> dict[str, Velocity]:
    """Return the velocities of the shipped table; a species that is not in it does not deposit."""
    text = files("drivers.box_model").joinpath("data/deposition.csv").read_text(encoding="utf-8")
    return {
        row["species"]: Velocity(float(row["day_cm_s"]) * M_PER_CM, float(row["night_cm_s"]) * M_PER_CM)
        for row in csv.DictReader(text.splitlines())
    }


def deposition_loss(species: tuple[str, ...], daylight: Array, height_m: Array) -> Array:
    """Return the loss rate v_d / h (species, ...) s-1; `daylight` 0 (night) to 1 (day) mixes the two velocities."""
    table = velocities()
    nothing = Velocity(0.0, 0.0)
    day = np.array([table.get(name, nothing).day for name in species])
    night = np.array([table.get(name, nothing).night for name in species])
    shape = (len(species), *(1,) * np.ndim(height_m))
    return np.asarray((night.reshape(shape) + (day - night).reshape(shape) * daylight) / height_m)
