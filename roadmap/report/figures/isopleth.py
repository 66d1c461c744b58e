"""Ozone over the factors of NOx and VOC: the isopleth, its ridge, and the road of the scenarios."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.contour import QuadContourSet
from matplotlib.figure import Figure

from aqcore.style import colour
from roadmap.report.figures.labels import place_labels
from roadmap.report.numbers import decimal
from roadmap.report.texts import Bilingual, Language, text

Array = npt.NDArray[np.float64]

BANDS = 10
"""Bands between contours to aim at: enough to read a shape, few enough to read their numbers."""
NICE = (1.0, 2.0, 2.5, 5.0)
"""Steps that read well, times a power of ten."""


TINY = 1e-3
"""A surface flatter than this (ug m-3) has one level only; its contours are drawn as if it had this spread."""


@dataclass(frozen=True)
class Isopleth:
    """Factors `nox` (y) and `voc` (x), `ozone` (nox, voc) ug m-3, ridge points, scenario points, and the limit.

    `ridge` has the columns voc, nox; `points` voc, nox, title (factors of the base). `limit_words` and `points_words`
    say what the limit and the points are where they are not the standard's and the scenarios of a road.
    """

    nox: Array
    voc: Array
    ozone: Array
    ridge: pd.DataFrame
    points: pd.DataFrame
    limit: float
    limit_words: Bilingual = field(default_factory=lambda: text("limit"))
    points_words: Bilingual = field(default_factory=lambda: text("scenarios"))

    @property
    def holds_limit(self) -> bool:
        """Whether the limit lies on the surface, so that a line can show it."""
        return bool(self.ozone.min() < self.limit < self.ozone.max())

    @property
    def levels(self) -> Array:
        """The contours (ug m-3): about ten, at a step that reads well, over the whole surface."""
        low, high = float(self.ozone.min()), float(self.ozone.max())
        spread = max(high - low, TINY)
        power = 10.0 ** np.floor(np.log10(spread / BANDS))
        steps = [factor * power for factor in (*NICE, 10.0)]
        step = min(steps, key=lambda one: abs(spread / one - BANDS))
        first, last = np.floor(low / step), np.ceil(max(high, low + spread) / step)
        return np.asarray(step * np.arange(first, last + 1.0), float)


def paint(fig: Figure, ax: Axes, language: Language, data: Isopleth) -> None:
    """Draw the contours with the limit set off, the ridge line, and the scenarios as a path."""
    filled = _surface(ax, language, data)
    dark = colour("role", "base")
    if len(data.ridge):
        ax.plot(
            100 * data.ridge["voc"], 100 * data.ridge["nox"], color=dark, lw=2, ls="--", label=text("ridge")[language]
        )
    voc, nox = 100 * data.points["voc"].to_numpy(float), 100 * data.points["nox"].to_numpy(float)
    ax.plot(voc, nox, color=dark, lw=1, marker="o", ms=6, mfc="white", label=data.points_words[language])
    ax.set_xlabel(text("voc_axis")[language])
    ax.set_ylabel(text("nox_axis")[language])
    ax.set_title(text("isopleth_title")[language])
    ax.grid(visible=False)
    fig.colorbar(filled, ax=ax, pad=0.02, ticks=_numbered(data.levels)).set_label(text("ozone_axis")[language])
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=3)
    place_labels(ax, voc, nox, [str(title) for title in data.points["title"]])


def _surface(ax: Axes, language: Language, data: Isopleth) -> QuadContourSet:
    x, y, levels = 100 * data.voc, 100 * data.nox, data.levels
    filled = ax.contourf(x, y, data.ozone, levels, cmap="YlOrRd", alpha=0.85)
    lines = ax.contour(x, y, data.ozone, levels, colors="white", linewidths=0.7)
    ax.clabel(lines, _numbered(levels), fontsize=8, colors=colour("role", "base"), fmt=lambda level: f"{level:g}")
    if data.holds_limit:
        red = colour("role", "limit")
        mark = ax.contour(x, y, data.ozone, [data.limit], colors=red, linewidths=2.2)
        ax.clabel(mark, fmt={data.limit: f"{data.limit_words[language]} {decimal(data.limit)}"}, fontsize=9)
        ax.plot([], [], color=red, lw=2.2, label=data.limit_words[language])
    return filled


def _numbered(levels: Array) -> list[float]:
    """Return the levels that carry a number: the whole ones where there are any."""
    whole = [float(level) for level in levels if np.isclose(level, np.round(level))]
    return whole or [float(level) for level in levels]
