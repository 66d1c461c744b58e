"""The timetable: which measure runs when, under whose lead, and what it removes."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from aqcore.style import colour, colours, name
from roadmap.report.numbers import decimal
from roadmap.report.texts import Language, text

REMOVED = ("NOx", "VOC", "PM25")
"""Pollutants whose tonnes stand beside the bars."""
PERIOD_WIDTH, REMOVED_WIDTH = 1.6, 1.0
ROOM = 0.42
"""Room for the numbers beside the bars, as a share of the longest."""
KILO = 1000.0
LEGEND_COLUMNS = 4


def paint(fig: Figure, language: Language, rows: pd.DataFrame) -> None:
    """Draw the period of each measure coloured by its lead department, and beside it what it removes (kt/a).

    `rows` has the columns title, lead, start, end, then `<pollutant>_t` of `REMOVED`, in the order from top to bottom.
    """
    widths = (PERIOD_WIDTH, *[REMOVED_WIDTH] * len(REMOVED))
    axes = fig.subplots(1, len(widths), sharey=True, width_ratios=widths)
    shades = _shades(rows)
    fill = [shades[str(lead)] for lead in rows["lead"]]
    _periods(axes[0], language, rows, fill)
    for ax, pollutant in zip(axes[1:], REMOVED, strict=True):
        _removed(ax, rows[f"{pollutant}_t"] / KILO, fill)
        ax.set_title(f"{name('pollutant', pollutant, language)} (kt/a)")
    axes[0].set_ylim(len(rows) - 0.4, -0.6)
    handles = [Patch(color=shade, label=lead) for lead, shade in shades.items()]
    title = text("lead_department")[language]
    fig.legend(
        handles=handles,
        loc="outside lower center",
        ncols=min(len(handles), LEGEND_COLUMNS),
        title=title,
        title_fontsize=9,
    )


def _shades(rows: pd.DataFrame) -> Mapping[str, str]:
    leads, series = list(dict.fromkeys(map(str, rows["lead"]))), list(colours("series").values())
    return {lead: series[number % len(series)] for number, lead in enumerate(leads)}


def _periods(ax: Axes, language: Language, rows: pd.DataFrame, fill: list[str]) -> None:
    start, end = rows["start"].to_numpy(float), rows["end"].to_numpy(float)
    places = np.arange(len(rows))
    ax.barh(places, end - start + 1.0, left=start - 0.5, height=0.66, color=fill)
    ax.set_yticks(places, list(rows["title"]))
    ax.set_xticks(np.arange(start.min(), end.max() + 1.0, max(1.0, np.ceil((end.max() - start.min()) / 6.0))))
    ax.set_title(text("col_period")[language])
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", visible=False)


def _removed(ax: Axes, kilotonnes: "pd.Series[float]", fill: list[str]) -> None:
    values = kilotonnes.to_numpy(float)
    ax.barh(np.arange(len(values)), values, height=0.66, color=fill)
    for position, value in enumerate(values):
        words = decimal(value, 2 if abs(value) < 0.095 else 1) if value else "0"
        shade = colour("role", "base") if value else colour("role", "muted")
        ax.annotate(
            words, (max(value, 0.0), position), xytext=(3, 0), textcoords="offset points", va="center", fontsize=8,
            color=shade,
        )  # fmt: skip
    ax.set_xlim(min(values.min(initial=0.0), 0.0), (1.0 + ROOM) * max(values.max(initial=0.0), 1e-6))
    ax.tick_params(axis="y", length=0)
    ax.locator_params(axis="x", nbins=4)
    ax.grid(axis="y", visible=False)
