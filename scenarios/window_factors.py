"""Factors that act only in windows, and the factors of a row of hours made of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress

import numpy as np
import numpy.typing as npt
import xarray as xr

from scenarios.window import Window

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class WindowFactors:
    """What a scenario leaves in a window of what it leaves all year: `left` (source, pollutant), inflow by species."""

    scenario: str
    window: Window
    left: FloatArray
    background: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class HourFactors:
    """The factors of a row of hours, each distinct set once.

    `factors` (state, source, pollutant); `background` (state, species); `state` is the state of each hour, in the shape
    of the times that were asked for.
    """

    factors: xr.DataArray
    background: xr.DataArray
    state: IntArray

    @property
    def count(self) -> int:
        """How many different states the hours have."""
        return int(self.factors.sizes["state"])


def hour_factors(
    permanent: xr.DataArray,
    background: xr.DataArray,
    windows: Sequence[WindowFactors],
    times_local: npt.ArrayLike,
) -> HourFactors:
    """Return the factors at local times (any shape): what acts all year, times that of every window that is open.

    `permanent` (source, pollutant), `background` (species). Without windows the one state is a view, nothing is copied.
    """
    times = np.asarray(times_local, dtype="datetime64[h]")
    if not windows:
        return HourFactors(permanent.expand_dims("state"), background.expand_dims("state"), np.zeros(times.shape, int))
    opened = np.array([own.window.holds(times).ravel() for own in windows])
    combinations, state = np.unique(opened, axis=1, return_inverse=True)
    values = [_product(permanent.to_numpy(), windows, column) for column in combinations.T]
    inflow = [_inflow(background, windows, column) for column in combinations.T]
    species = list(dict.fromkeys(name for row in inflow for name in row))
    return HourFactors(
        xr.DataArray(np.stack(values), permanent.coords, ("state", *permanent.dims), "factor", {"units": "1"}),
        xr.DataArray(
            np.array([[row.get(name, 1.0) for name in species] for row in inflow]).reshape(len(inflow), len(species)),
            {"species": np.array(species, dtype=object)}, ("state", "species"), "background_factor", {"units": "1"},
        ),
        np.asarray(state, dtype=np.int64).reshape(times.shape),
    )  # fmt: skip


def _product(permanent: FloatArray, windows: Sequence[WindowFactors], opened: npt.NDArray[np.bool_]) -> FloatArray:
    """Return the product of the permanent factors and those of the open windows."""
    product = permanent.copy()
    for own in compress(windows, opened):
        product *= own.left
    return product


def _inflow(
    background: xr.DataArray, windows: Sequence[WindowFactors], opened: npt.NDArray[np.bool_]
) -> dict[str, float]:
    """Return the factor on the inflow by species while these windows are open."""
    product = {str(name): float(value) for name, value in zip(background["species"].to_numpy(), background.to_numpy(),
                                                              strict=True)}  # fmt: skip
    for own in windows:
        for name in own.background:
            product.setdefault(name, 1.0)
    for own in compress(windows, opened):
        for name, value in own.background.items():
            product[name] *= value
    return product
