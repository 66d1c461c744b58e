"""Sampled scenarios for response surfaces: designs over axes of control, and their factors by sector and region.

Designs: Latin hypercube (McKay et al. 1979, Technometrics 21:239), scrambled Sobol (Owen 1998, J. Complexity 14:466)
from scipy.stats.qmc, and Hammersley (Hammersley 1960, Ann. N.Y. Acad. Sci. 86:844) shifted by a random rotation
(Cranley and Patterson 1976, SIAM J. Numer. Anal. 13:904).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import xarray as xr

from aqcore.errors import Faults
from scenarios.scenario import Scenario, base
from scenarios.scenario_factor import DirectFactor
from scenarios.target import Target

FloatArray = npt.NDArray[np.float64]
Method = Literal["latin_hypercube", "sobol", "hammersley"]


@dataclass(frozen=True)
class Axis:
    """One thing that varies: a factor from `low` to `high` on the pollutants of some sectors and districts.

    An empty list means all of them.
    """

    name: str
    pollutants: tuple[str, ...]
    sectors: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 1.0


@dataclass(frozen=True)
class Design:
    """Factors of sampled scenarios: `values` (scenario, axis); names `sample_00000` and on."""

    axes: tuple[Axis, ...]
    values: FloatArray = field(hash=False)

    def scenarios(self, *, prefix: str = "sample", of: Scenario | None = None) -> list[Scenario]:
        """Return the samples as scenarios of direct factors on top of `of` (the base when None), for `resolve`."""
        start = of or base()
        return [
            replace(
                start, name=f"{prefix}_{number:05d}", title_zh=f"样本 {number}", title_en=f"sample {number}",
                factors=(*start.factors, *self._factors(row)), kind="sample", extends=(start.name,), changes=(),
                where=prefix,
            )
            for number, row in enumerate(self.values)
        ]  # fmt: skip

    def _factors(self, row: FloatArray) -> list[DirectFactor]:
        """Return the direct factors of one sample."""
        return [
            DirectFactor(Target(sectors=axis.sectors, districts=axis.districts), pollutant, float(value), axis.name)
            for axis, value in zip(self.axes, row, strict=True)
            for pollutant in axis.pollutants
        ]

    def factors(self, coords: Mapping[str, Sequence[str]]) -> xr.DataArray:
        """Return the product of the axes on every cell: (scenario, sector, district, pollutant), float32.

        `coords` holds the labels of `sector`, `district` and `pollutant`. Cells that the same axes reach share one
        column, so that 10,000 scenarios cost one gather. Only what an axis names is changed: axes state every
        pollutant themselves.
        """
        reached = np.array([_reached(axis, coords).ravel() for axis in self.axes])
        signatures, column = np.unique(reached, axis=1, return_inverse=True)
        products = np.ones((len(self.values), signatures.shape[1]), dtype=np.float32)
        for number, axis_reaches in enumerate(signatures):
            products[:, axis_reaches] *= self.values[:, number, None].astype(np.float32)
        shape = tuple(len(coords[name]) for name in ("sector", "district", "pollutant"))
        names = [f"sample_{number:05d}" for number in range(len(self.values))]
        labels = {"scenario": names, **{name: list(coords[name]) for name in ("sector", "district", "pollutant")}}
        values = np.take(products, column.ravel(), axis=1).reshape(len(names), *shape)
        return xr.DataArray(values, labels, tuple(labels), "factor", {"units": "1"})


def _reached(axis: Axis, coords: Mapping[str, Sequence[str]]) -> npt.NDArray[np.bool_]:
    """Return which cells an axis reaches: (sector, district, pollutant)."""
    masks = [
        np.isin(list(coords[name]), wanted) if wanted else np.ones(len(coords[name]), dtype=bool)
        for name, wanted in (("sector", axis.sectors), ("district", axis.districts), ("pollutant", axis.pollutants))
    ]
    return masks[0][:, None, None] & masks[1][:, None] & masks[2]


def sample(
    axes: Sequence[Axis], size: int, *, method: Method = "latin_hypercube", seed: int, margins: bool = True
) -> Design:
    """Return `size` samples, reproducible by `seed`; `margins` adds the edges that a surface must know.

    The margins are: all axes at `high`, all at `low`, and each axis alone at `low` with the others at `high`; they come
    first and are counted in `size`. Raises `InputError` for an axis without room and for a size below the margins.
    """
    edges = _margins(axes) if margins else np.empty((0, len(axes)))
    _check(axes, size, len(edges))
    unit = np.concatenate([edges, _METHODS[method](size - len(edges), len(axes), seed)])
    low = np.array([axis.low for axis in axes])
    high = np.array([axis.high for axis in axes])
    return Design(tuple(axes), low + unit * (high - low))


def _check(axes: Sequence[Axis], size: int, edges: int) -> None:
    """Raise `InputError` for axes that cannot vary and designs that are too small."""
    faults = Faults()
    for axis in axes:
        if not 0.0 <= axis.low < axis.high:
            faults.add(f"axis {axis.name}", f"runs from {axis.low:g} to {axis.high:g}", "give 0 <= low < high")
        if not axis.pollutants:
            faults.add(f"axis {axis.name}", "names no pollutant", "name at least one")
    if not axes:
        faults.add("design", "no axis", "give at least one axis")
    if size <= edges:
        faults.add("design", f"{size} samples for {edges} margins", f"ask for more than {edges}")
    faults.raise_if_any()


def _margins(axes: Sequence[Axis]) -> FloatArray:
    """Return the edges in the unit cube: all high, all low, each axis alone low; a single axis has only two."""
    alone = 1.0 - np.eye(len(axes)) if len(axes) > 1 else np.empty((0, len(axes)))
    return np.concatenate([np.ones((1, len(axes))), np.zeros((1, len(axes))), alone])


def _latin_hypercube(size: int, axes: int, seed: int) -> FloatArray:
    from scipy.stats import qmc  # a second to load, and only designs need it

    return np.asarray(qmc.LatinHypercube(axes, rng=np.random.default_rng(seed)).random(size), dtype=float)


def _sobol(size: int, axes: int, seed: int) -> FloatArray:
    """Return the first `size` points of the next power of two: drawing all of them keeps the sequence balanced."""
    from scipy.stats import qmc  # a second to load, and only designs need it

    engine = qmc.Sobol(axes, scramble=True, rng=np.random.default_rng(seed))
    return np.asarray(engine.random_base2(max(0, int(size - 1).bit_length()))[:size], dtype=float)


def _hammersley(size: int, axes: int, seed: int) -> FloatArray:
    """Return the i/n axis and the radical inverses of i in the first primes, rotated modulo 1."""
    from scipy.stats import qmc  # a second to load, and only designs need it

    first = (np.arange(size) + 0.5) / size
    rest = qmc.Halton(axes - 1, scramble=False).random(size) if axes > 1 else np.empty((size, 0))
    points = np.column_stack([first, rest])
    return np.asarray((points + np.random.default_rng(seed).random(axes)) % 1.0, dtype=float)


_METHODS: Mapping[Method, Callable[[int, int, int], FloatArray]] = {
    "latin_hypercube": _latin_hypercube,
    "sobol": _sobol,
    "hammersley": _hammersley,
}
