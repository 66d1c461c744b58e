"""Vertical profiles: the share of a stack source's emission in each model layer.

The height bands of a profile (`data/vertical_profiles.csv`) are spread evenly over their depth and cut at the tops
of the layers. Area sources emit into the lowest layer; a file of one layer holds everything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import numpy as np
import pandas as pd

from aqcore.errors import Fault, Faults, InputError, did_you_mean

SUM_TOLERANCE = 0.005
"""A profile whose fractions sum to something further from 1 is a fault; less is rounding and normalised away."""

BAND_COLUMNS = ("bottom_m", "top_m", "fraction")

SEA_LEVEL_PA = 101325.0
"""Pressure at sea level of the standard atmosphere, Pa (ISO 2533:1975)."""

SEA_LEVEL_K = 288.15
"""Temperature at sea level of the standard atmosphere, K (ISO 2533:1975)."""

LAPSE_K_PER_M = 0.0065
"""Decrease of temperature with height in the standard troposphere, K m-1 (ISO 2533:1975)."""

LAPSE_EXPONENT = 287.05287 * LAPSE_K_PER_M / 9.80665
"""Gas constant of air (J kg-1 K-1) x lapse rate (K m-1) / gravity (m s-2), dimensionless (ISO 2533:1975)."""

WRF_SIGMA = 7
"""VGTYP of WRF's mass-based sigma levels in the I/O API (VGWRFEM)."""


@dataclass(frozen=True)
class Layers:
    """The layers of an emission file.

    `tops_m` are the heights above ground of the layer tops, increasing; `vglvls` (layers + 1), `vgtop` (Pa) and
    `vgtyp` describe them in the file and are None for a single layer.
    """

    tops_m: tuple[float, ...] = ()
    vglvls: tuple[float, ...] | None = None
    vgtop: float | None = None
    vgtyp: int | None = None

    @property
    def count(self) -> int:
        """Number of layers; no tops mean one layer that holds everything."""
        return max(len(self.tops_m), 1)


def sigma_layers(vglvls: Sequence[float], vgtop: float, *, count: int | None = None, vgtyp: int = WRF_SIGMA) -> Layers:
    """Return the lowest `count` layers (all by default) of a model's sigma levels.

    `vglvls` fall from 1 to 0, `vgtop` is the model top in Pa. Heights are those of the standard atmosphere
    (ISO 2533:1975) above a ground at sea level.
    """
    levels = np.asarray(vglvls, dtype=float)
    if levels.size < 2 or (np.diff(levels) >= 0).any() or levels[0] > 1.0 or levels[-1] < 0.0:
        raise InputError([Fault("vglvls", f"levels {list(vglvls)} do not fall from 1 to 0",
                                "give the sigma levels of the met file")])  # fmt: skip
    used = levels[: (count or levels.size - 1) + 1]
    pressure = vgtop + used[1:] * (SEA_LEVEL_PA - vgtop)
    tops = SEA_LEVEL_K / LAPSE_K_PER_M * (1.0 - (pressure / SEA_LEVEL_PA) ** LAPSE_EXPONENT)
    return Layers(tuple(map(float, tops)), tuple(map(float, used)), float(vgtop), vgtyp)


@dataclass(frozen=True)
class VerticalProfiles:
    """Height bands by profile: each a (band, 3) array of bottom (m), top (m) and fraction, summing to 1."""

    bands: dict[str, np.ndarray]

    def fractions(self, names: Sequence[str], layers: Layers) -> np.ndarray:
        """Return the share of each profile in each layer, (profile, layer), rows summing to 1.

        An unknown profile, or one that reaches above the layers, raises `InputError`.
        """
        faults = Faults()
        result = np.zeros((len(names), layers.count))
        for row, name in enumerate(names):
            if name not in self.bands:
                faults.add("vertical_profile", f"unknown profile {name!r}", did_you_mean(name, self.bands))
            elif not layers.tops_m:
                result[row] = 1.0
            elif self.bands[name][:, 1].max() > layers.tops_m[-1]:
                what = f"reaches {self.bands[name][:, 1].max():g} m, the layers only {layers.tops_m[-1]:.0f} m"
                faults.add(f"vertical profile {name}", what, "give more layers, or choose a lower profile")
            else:
                result[row] = _cut(self.bands[name], np.asarray(layers.tops_m))
        faults.raise_if_any()
        return result

    def replaced(self, own: "VerticalProfiles") -> "VerticalProfiles":
        """Return these profiles with those of `own` in place of the same name, and its others beside them."""
        return VerticalProfiles(self.bands | own.bands)


def _cut(bands: np.ndarray, tops: np.ndarray) -> np.ndarray:
    """Cut bands that are even over their depth at the layer tops."""
    bottoms = np.concatenate([[0.0], tops[:-1]])
    low = np.maximum(bands[:, None, 0], bottoms)
    high = np.minimum(bands[:, None, 1], tops)
    depth = (bands[:, 1] - bands[:, 0])[:, None]
    return np.asarray((bands[:, None, 2] * np.maximum(high - low, 0.0) / depth).sum(axis=0))


def read_vertical_profiles(path: Path | Traversable) -> VerticalProfiles:
    """Read vertical profiles.

    CSV with the columns profile, bottom_m, top_m (m above ground), fraction, and any others such as flag, source,
    note. Fractions of a profile sum to 1 within `SUM_TOLERANCE`. All faults are raised at once.
    """
    with path.open(encoding="utf-8-sig") as file:
        table = pd.read_csv(file, dtype=str)
    missing = [column for column in ("profile", *BAND_COLUMNS) if column not in table.columns]
    if missing:
        raise InputError([Fault(path.name, f"missing columns {', '.join(missing)}", "see vertical_profiles.csv")])
    faults = Faults()
    numbers = np.column_stack([pd.to_numeric(table[c], errors="coerce").to_numpy(dtype=float) for c in BAND_COLUMNS])
    for line, band in enumerate(numbers, start=2):
        if not (np.isfinite(band).all() and 0.0 <= band[0] < band[1] and band[2] >= 0.0):
            faults.add(f"{path.name}:{line}", "no band of height with a fraction",
                       "0 <= bottom_m < top_m, fraction 0 or more")  # fmt: skip
    faults.raise_if_any()
    bands = {str(name): numbers[rows] for name, rows in table.groupby("profile").indices.items()}
    for name, band in bands.items():
        if abs(band[:, 2].sum() - 1.0) > SUM_TOLERANCE:
            faults.add(f"{path.name}:{name}", f"fractions sum to {band[:, 2].sum():.4f}", "divide each by the sum")
    faults.raise_if_any()
    shares = {name: band[:, 2] / band[:, 2].sum() for name, band in bands.items()}
    return VerticalProfiles({name: np.column_stack([band[:, :2], shares[name]]) for name, band in bands.items()})


def default_vertical_profiles() -> VerticalProfiles:
    """Return the vertical profiles that ship with yice (`data/vertical_profiles.csv`)."""
    return read_vertical_profiles(resources.files("emissions") / "data" / "vertical_profiles.csv")
