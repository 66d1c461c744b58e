"""A past period: the modelled change beside the official one, and shares by category beside published ones."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from aqcore.style import colour, name
from roadmap.report.texts import Language, text

MODEL, OFFICIAL = "#0b5563", "#9aa7b2"


def paint(fig: Figure, language: Language, changes: pd.DataFrame, categories: pd.DataFrame) -> None:
    """Draw changes (%) of the annual statistics on the left, contributions to PM2.5 by category on the right.

    `changes`: pollutant, official_pct, model_pct; `categories`: title, model, published (ug m-3, NaN where none).
    """
    left, right = fig.subplots(1, 2, width_ratios=(1.0, 1.25))
    _changes(left, language, changes)
    _categories(right, language, categories)


def _changes(ax: Axes, language: Language, rows: pd.DataFrame) -> None:
    spots = np.arange(len(rows))
    ax.bar(spots - 0.2, rows["official_pct"], width=0.38, color=OFFICIAL, label=text("official")[language])
    ax.bar(spots + 0.2, rows["model_pct"], width=0.38, color=MODEL, label=text("modelled")[language])
    ax.set_xticks(spots, [name("pollutant", str(pollutant), language) for pollutant in rows["pollutant"]])
    ax.set_ylabel("%")
    ax.axhline(0, color=colour("role", "muted"), lw=0.8)
    ax.set_title(text("review_changes")[language])
    ax.legend(loc="lower left")


def _categories(ax: Axes, language: Language, rows: pd.DataFrame) -> None:
    spots = np.arange(len(rows))[::-1]
    ax.barh(spots + 0.2, rows["published"], height=0.38, color=OFFICIAL, label=text("published")[language])
    ax.barh(spots - 0.2, rows["model"], height=0.38, color=MODEL, label=text("modelled")[language])
    ax.set_yticks(spots, list(rows["title"]))
    ax.set_title(text("review_categories")[language])
    ax.grid(axis="y", visible=False)
    ax.legend(loc="best")
