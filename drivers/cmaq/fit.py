"""How true DESID is to the single sources: totals, places and hours of a stream's species under a scenario's rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from drivers.cmaq.desid_arithmetic import partition
from drivers.cmaq.stream_maps import StreamMap

FloatArray = npt.NDArray[np.float64]

COLUMNS = ("day", "stream", "species", "base", "sources", "desid", "total_error", "place_error", "hour_error")


@dataclass(frozen=True)
class Fit:
    """How well DESID carries one emission variable of a stream on a day.

    `base`, `sources` (controlled source by source) and `desid` (base times the rules' factors) are sums inside the
    grid, mol or g; `total_error` is (desid - sources) / base, `place_error` the share of the base that DESID leaves in
    another cell than the sources do, `hour_error` in another hour (half the sum of absolute differences, after taking
    out the difference of the totals).
    """

    stream: str
    species: str
    base: float
    sources: float
    desid: float
    total_error: float = 0.0
    place_error: float = 0.0
    hour_error: float = 0.0

    def row(self, day: str) -> str:
        """Return the row of the table, in the order of `COLUMNS`."""
        sums = f"{self.base:.9g},{self.sources:.9g},{self.desid:.9g}"
        errors = f"{self.total_error:.3g},{self.place_error:.3g},{self.hour_error:.3g}"
        return f"{day},{self.stream},{self.species},{sums},{errors}"

    def within(self, total_tolerance: float, place_tolerance: float) -> bool:
        """Whether DESID is true to the sources within the tolerances."""
        moved = max(self.place_error, self.hour_error)
        return abs(self.total_error) <= total_tolerance and moved <= place_tolerance


@dataclass(frozen=True)
class Divided:
    """One emission variable of a stream whose sources are scaled differently.

    `base` and `controlled` (row,) amounts of the sources, `factors` by region (NaN where nothing is emitted), `hours`
    (row, hour) shares of a year.
    """

    stream: StreamMap
    species: str
    base: FloatArray
    controlled: FloatArray
    factors: FloatArray
    hours: FloatArray


def fit_divided(one: Divided, masks: Mapping[str, npt.NDArray[np.float32]], shape: tuple[int, int]) -> Fit:
    """Return the fit of a variable under region factors, from its fields and its hours."""
    before, after = one.stream.fields(np.column_stack([one.base, one.controlled]), shape)
    scaled = before * factor_field(one.factors, masks, shape)
    total, difference = before.sum(), scaled - after
    total_error = float(difference.sum() / total)
    return Fit(
        one.stream.stream.label, one.species, float(total), float(after.sum()), float(scaled.sum()), total_error,
        _moved(difference, total, total_error), hour_error(one),
    )  # fmt: skip


def factor_field(
    factors: FloatArray, masks: Mapping[str, npt.NDArray[np.float32]], shape: tuple[int, int]
) -> FloatArray:
    """Return the factor (y, x) that DESID applies for factors by region (NaN: no rule)."""
    if not masks:
        return np.full(shape, factors[0])
    named = {name: factor for name, factor in zip(masks, factors.tolist(), strict=True) if np.isfinite(factor)}
    return partition(list(named), {name: masks[name] for name in named}).factor(named)


def hour_error(one: Divided) -> float:
    """Return the share of the base that one factor a region for all hours leaves in another hour than the sources do.

    Sources of one region that are scaled differently and have different days make the factor of a region change from
    hour to hour; DESID has one for the whole day.
    """
    shares = one.stream.regions[:, :, None] * one.hours / _sums(one.hours)
    before = (shares * one.base[:, None]).sum(axis=1)
    after = (shares * one.controlled[:, None]).sum(axis=1)
    total = before.sum()
    if not total > 0.0:
        return 0.0
    difference = before * np.nan_to_num(one.factors)[:, None] - after
    return _moved(difference, total, float(difference.sum() / total))


def _sums(hours: FloatArray) -> FloatArray:
    sums = hours.sum(axis=1, keepdims=True)
    return np.where(sums > 0.0, sums, 1.0)


def _moved(difference: FloatArray, total: float, total_error: float) -> float:
    return float(0.5 * max(0.0, np.abs(difference).sum() / total - abs(total_error)))


def uniform_fit(stream: str, species: str, base: float, factor: float) -> Fit:
    """Return the fit of a variable all of whose sources have one factor: DESID is exact."""
    return Fit(stream, species, base, base * factor, base * factor)


def table_text(days: Sequence[tuple[str, Sequence[Fit]]]) -> str:
    """Return the table of the fits by day as CSV."""
    rows = [one.row(day) for day, fits in days for one in fits]
    return "\n".join([",".join(COLUMNS), *rows, ""])
