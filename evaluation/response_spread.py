"""The relative response of a class of days and its spread: which days and districts a projection happens to rest on."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

MIN_CLASS_DAYS = 5
"""Days that a class (season x high) needs to speak for its own spread; with fewer its season does (our choice)."""

Response = Callable[[str, Array, Array], Array]
"""(season, base (species, draw), control (species, draw)) -> (draw,) control over base of the pollutant as a whole."""


@dataclass(frozen=True)
class Sample:
    """Daily values of base and control, as a projection draws on them.

    Attributes
    ----------
    before, after
        (species, day, zone), finite; the first species is the pollutant itself.
    weights, seasons
        (day,) days of a year that a day stands for; the season it lies in.
    zone_weights
        (zone,) above zero: weight of each district in the city.
    used
        (day,) the days whose response counts: all for a mean, the high days for a percentile.
    """

    before: Array
    after: Array
    weights: Array
    seasons: npt.NDArray[np.str_]
    zone_weights: Array
    used: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class _Class:
    """The used days of one season: their places, those to draw from, and the weighted base that they carry."""

    season: str
    days: Places
    pool: Places
    base: float


def total_response(_season: str, before: Array, after: Array) -> Array:
    """Return control over base of the pollutant as a whole; NaN where the base is zero."""
    return ratio(after[0], before[0])


def ratio(after: Array, before: Array) -> Array:
    """Return after/before; NaN where `before` is not above zero."""
    return np.where(before > 0, after / np.where(before > 0, before, 1.0), np.nan)


def response(sample: Sample, respond: Response = total_response) -> float:
    """Return the relative response: control over base of each season's used days, weighted by their base.

    With `total_response` this is the ratio of the weighted means over all used days; NaN when the base is zero.
    """
    parts = _classes(sample)
    share = sample.zone_weights / sample.zone_weights.sum()
    before, after = ((run @ share)[..., None] for run in (sample.before, sample.after))
    ratios = np.stack([respond(part.season, *_sums(sample, before, after, part.days[:, None])) for part in parts])
    return float(_combined(parts, ratios)[0])


def response_draws(sample: Sample, respond: Response, draws: int, seed: int) -> Array:
    """Return (draw,) responses of redrawn days and zones; NaN where a draw has no base.

    Days are redrawn within the used days of each season, zones among all. A class of n days is redrawn with n - 1
    days, one at least: then the variance over draws is that of the mean also in small strata (Rao and Wu 1988, J. Am.
    Stat. Assoc. 83, 231). A class of fewer than `MIN_CLASS_DAYS` days cannot tell its own spread: its days are drawn
    from the whole season, or from the year where the season has one day. Each season keeps its share of the base.
    """
    generator = np.random.default_rng(seed)
    zones = _drawn_zones(sample.zone_weights, draws, generator)
    before, after = (run @ zones for run in (sample.before, sample.after))
    parts = _classes(sample)
    ratios = np.empty((len(parts), draws))
    for row, part in enumerate(parts):
        drawn = generator.choice(part.pool, (max(part.days.size - 1, 1), draws))
        ratios[row] = respond(part.season, *_sums(sample, before, after, drawn))
    return _combined(parts, ratios)


def _classes(sample: Sample) -> list[_Class]:
    city = sample.before[0] @ (sample.zone_weights / sample.zone_weights.sum())
    parts = []
    for season in dict.fromkeys(sample.seasons):
        inside = sample.seasons == season
        days = np.flatnonzero(inside & sample.used)
        if days.size:
            pool = days if days.size >= MIN_CLASS_DAYS else np.flatnonzero(inside)
            pool = pool if pool.size > 1 else np.arange(inside.size)
            parts.append(_Class(str(season), days, pool, float(sample.weights[days] @ city[days])))
    return parts


def _drawn_zones(weights: Array, draws: int, generator: np.random.Generator) -> Array:
    """Return (zone, draw) shares of the zones in each redrawn city."""
    drawn = generator.integers(weights.size, size=(max(weights.size - 1, 1), draws))
    counts = np.stack([(drawn == zone).sum(axis=0) for zone in range(weights.size)])
    weighted = counts * weights[:, None]
    return np.asarray(weighted / weighted.sum(axis=0))


def _sums(sample: Sample, before: Array, after: Array, drawn: Places) -> tuple[Array, Array]:
    """Return the weighted sums (species, draw) over the drawn days (number, draw) of city values (species, day, draw).

    City values with one draw serve all.
    """
    counts = np.zeros((sample.weights.size, drawn.shape[1]))
    np.add.at(counts, (drawn, np.arange(drawn.shape[1])[None, :]), 1.0)
    weights = counts * sample.weights[:, None]
    return np.einsum("sdk,dk->sk", before, weights), np.einsum("sdk,dk->sk", after, weights)


def _combined(parts: list[_Class], ratios: Array) -> Array:
    """Return (draw,) ratios of the classes weighted by the base that each carries; NaN when none carries any."""
    bases = np.array([part.base for part in parts])
    carrying = bases > 0
    if not carrying.any():
        return np.full(ratios.shape[1], np.nan)
    return np.asarray(bases[carrying] @ ratios[carrying] / bases[carrying].sum())
