"""Ozone over the factors of NOx and VOC: the isopleth, its ridge, and the road of the scenarios."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure

from aqcore.style import colour
from roadmap.report.texts import Language, text

Array = npt.NDArray[np.float64]


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

    `ridge` has the columns voc, nox; `points` voc, nox, title.
    """
    ax = fig.subplots()
    levels = np.arange(np.floor(data.ozone.min() / 10) * 10, data.ozone.max() + 10, 10)
    filled = ax.contourf(100 * data.voc, 100 * data.nox, data.ozone, levels, cmap="YlOrRd", alpha=0.85)
    lines = ax.contour(100 * data.voc, 100 * data.nox, data.ozone, levels, colors="white", linewidths=0.6)
    ax.clabel(lines, fontsize=8, colors=colour("role", "base"))
    if data.ozone.min() < data.limit < data.ozone.max():
        mark = ax.contour(
            100 * data.voc, 100 * data.nox, data.ozone, [data.limit], colors=colour("role", "limit"), linewidths=2.2
        )
        ax.clabel(mark, fmt={data.limit: f"{text('limit')[language]} {data.limit:g}"}, fontsize=9)
    if len(data.ridge):
        ax.plot(
            100 * data.ridge.voc,
            100 * data.ridge.nox,
            color=colour("role", "base"),
            lw=2,
            ls="--",
            label=text("ridge")[language],
        )
    ax.plot(100 * data.points.voc, 100 * data.points.nox, color=colour("role", "base"), lw=1, marker="o", ms=6, mfc="white",
            label=text("scenarios")[language])  # fmt: skip
    for row in data.points.itertuples():
        ax.annotate(
            str(row.title), (100 * row.voc, 100 * row.nox), xytext=(7, 5), textcoords="offset points", fontsize=9
        )
    ax.set_xlabel(text("voc_axis")[language])
    ax.set_ylabel(text("nox_axis")[language])
    ax.grid(visible=False)
    fig.colorbar(filled, ax=ax, label=text("ozone_axis")[language])
    ax.legend(loc="lower left")
