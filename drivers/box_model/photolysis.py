"""Photolysis frequencies: TUV-x tabulated once over zenith angle, aerosol and ozone, mapped to CB6 names.

The table and the map are CSV files of this package, so a run needs no radiative transfer;
`compute_table` makes the table anew with `musica.tuvx` (see `data/photolysis_tuvx.json` for how the
shipped one was made).
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt
import pandas as pd

from aqcore.errors import Faults, did_you_mean

Array = npt.NDArray[np.float64]

AXES = ("zenith_deg", "aod550", "ozone_du")
TINY = 1e-30
"""Stands for zero in the logarithmic interpolation (s-1)."""


@dataclass(frozen=True)
class PhotolysisTable:
    """Photolysis frequencies at the ground and mean solar distance.

    `log_j` (name, zenith, aod, ozone) is the natural logarithm of s-1; `names` are mechanism names.
    """

    names: tuple[str, ...]
    zenith_deg: Array
    aod550: Array
    ozone_du: Array
    log_j: Array

    def rates(self, zenith_deg: npt.ArrayLike, aod550: npt.ArrayLike, ozone_du: npt.ArrayLike) -> Array:
        """Return frequencies (name, ...) s-1; arguments broadcast together.

        log J is interpolated linearly along each axis; aerosol and ozone are held at the ends of
        the table, and the sun below its last zenith angle gives exactly zero.
        """
        zenith, aod, ozone = np.broadcast_arrays(
            np.asarray(zenith_deg, np.float64), np.asarray(aod550, np.float64), np.asarray(ozone_du, np.float64)
        )
        parts = [
            _bracket(axis, value)
            for axis, value in zip((self.zenith_deg, self.aod550, self.ozone_du), (zenith, aod, ozone), strict=True)
        ]
        total = np.zeros((len(self.names), *zenith.shape))
        for corner in range(8):
            weight = np.ones(zenith.shape)
            index = []
            for bit, (low, share) in enumerate(parts):
                upper = corner >> bit & 1
                index.append(low + upper)
                weight = weight * (share if upper else 1.0 - share)
            total += weight * self.log_j[:, index[0], index[1], index[2]]
        dark = (zenith >= self.zenith_deg[-1]) | (total <= np.log(TINY) + 1.0)
        return np.where(dark, 0.0, np.exp(total))


def _bracket(axis: Array, value: Array) -> tuple[npt.NDArray[np.intp], Array]:
    held = np.clip(value, axis[0], axis[-1])
    low = np.clip(np.searchsorted(axis, held, side="right") - 1, 0, len(axis) - 2)
    return low, (held - axis[low]) / (axis[low + 1] - axis[low])


def _data(name: str) -> str:
    return files("drivers.box_model").joinpath("data", name).read_text(encoding="utf-8")


def read_map() -> pd.DataFrame:
    """Return the shipped map: columns `name` (mechanism), `tuv_reaction`, `factor`, `reason`.

    A name with several rows is the sum of their products.
    """
    from io import StringIO

    return pd.read_csv(StringIO(_data("photolysis_map.csv")), dtype={"factor": np.float64})


def manifest() -> Mapping[str, object]:
    """Return how the shipped table was made: TUV-x version, atmosphere, aerosol, axes, date."""
    made: Mapping[str, object] = json.loads(_data("photolysis_tuvx.json"))
    return made


@cache
def load_table() -> PhotolysisTable:
    """Return the shipped table with the map applied; its names are those of the map, in order."""
    from io import StringIO

    return mapped(pd.read_csv(StringIO(_data("photolysis_tuvx.csv"))), read_map())


def mapped(raw: pd.DataFrame, rows: pd.DataFrame) -> PhotolysisTable:
    """Return the table of mechanism names from raw frequencies (columns `AXES` and TUV-x reactions) and a map.

    Raises `InputError` naming every TUV-x reaction of the map that the raw table lacks.
    """
    faults = Faults()
    for row in rows.itertuples():
        if row.tuv_reaction not in raw.columns:
            faults.add(
                f"photolysis map: {row.name}",
                f"TUV-x reaction '{row.tuv_reaction}' is not in the table",
                did_you_mean(str(row.tuv_reaction), [c for c in raw.columns if c not in AXES]),
            )
    faults.raise_if_any()
    ordered = raw.sort_values(list(AXES))
    axes = [np.unique(ordered[axis].to_numpy(np.float64)) for axis in AXES]
    names = tuple(dict.fromkeys(rows["name"]))
    values = np.zeros((len(names), len(ordered)))
    for row in rows.itertuples():
        values[names.index(str(row.name))] += float(row.factor) * ordered[row.tuv_reaction].to_numpy()  # type: ignore[arg-type]
    shape = (len(names), *(len(axis) for axis in axes))
    zenith, aod, ozone = axes
    return PhotolysisTable(names, zenith, aod, ozone, np.log(np.maximum(values, TINY)).reshape(shape))


def missing_names(names: Iterable[str], table: PhotolysisTable) -> list[str]:
    """Return the photolysis names of a mechanism that the table does not hold."""
    return [name for name in names if name not in table.names]
