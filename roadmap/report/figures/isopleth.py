"""Ozone over the factors of NOx and VOC: the isopleth, its ridge, and the road of the scenarios."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from aqcore.style import colour
from roadmap.report.texts import Language, text

Array = npt.NDArray[np.float64]

STEP = 10.0
"""Step of the contours, ug m-3."""


@dataclass(frozen=True)
class Isopleth:
    """Factors `nox` (y) and `voc` (x), `ozone` (nox, voc) ug m-3, ridge points, scenario points, and the limit."""

    nox: Array
    voc: Array
    ozone: Array
    ridge: pd.DataFrame
    points: pd.DataFrame
    limit: float


def paint(fig: Figure, language: Language, data: Isopleth) -> None:
    """Draw the contours with the limit set off, the ridge line, and the scenarios as a path.

    `ridge` has the columns voc, nox; `points` voc, nox, title (factors of the base).
    """
    ax = fig.subplots()
    _surface(fig, ax, language, data)
    dark = colour("role", "base")
    if len(data.ridge):
        voc, nox = 100 * data.ridge["voc"], 100 * data.ridge["nox"]
        ax.plot(voc, nox, color=dark, lw=2, ls="--", label=text("ridge")[language])
    voc, nox = 100 * data.points["voc"], 100 * data.points["nox"]
    ax.plot(voc, nox, color=dark, lw=1, marker="o", ms=6, mfc="white", label=text("scenarios")[language])
    for x, y, title in zip(voc, nox, data.points["title"], strict=True):
        ax.annotate(str(title), (x, y), xytext=(7, 5), textcoords="offset points", fontsize=9)
    ax.set_xlabel(text("voc_axis")[language])
    ax.set_ylabel(text("nox_axis")[language])
    ax.grid(visible=False)
    ax.legend(loc="lower left", frameon=True)


def _surface(fig: Figure, ax: Axes, language: Language, data: Isopleth) -> None:
    low, high = float(data.ozone.min()), float(data.ozone.max())
    levels = np.arange(np.floor(low / STEP) * STEP, high + STEP, STEP)
    x, y = 100 * data.voc, 100 * data.nox
    filled = ax.contourf(x, y, data.ozone, levels, cmap="YlOrRd", alpha=0.85)
    lines = ax.contour(x, y, data.ozone, levels, colors="white", linewidths=0.6)
    ax.clabel(lines, fontsize=8, colors=colour("role", "base"))
    if low < data.limit < high:
        mark = ax.contour(x, y, data.ozone, [data.limit], colors=colour("role", "limit"), linewidths=2.2)
        ax.clabel(mark, fmt={data.limit: f"{text('limit')[language]} {data.limit:g}"}, fontsize=9)
    fig.colorbar(filled, ax=ax, label=text("ozone_axis")[language])
