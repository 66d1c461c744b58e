"""A past period: the modelled change beside the official one, and shares by category beside published ones."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from aqcore.style import colour
from roadmap.report.texts import Language, text

MODEL, OFFICIAL = "#0b5563", "#9aa7b2"


def paint(fig: Figure, language: Language, changes: pd.DataFrame, categories: pd.DataFrame) -> None:
    """Draw changes (%) of the annual statistics on the left, contributions to PM2.5 by category on the right.

    `changes`: pollutant, official_pct, model_pct; `categories`: title, model, published (ug m-3, NaN where none).
    """
    left, right = fig.subplots(1, 2, width_ratios=(1.0, 1.25))
    _pairs(
        left,
        [name("pollutant", str(name), language) for name in changes.pollutant],
        changes.official_pct,
        changes.model_pct,
        language,
    )
    left.set_ylabel("%")
    left.axhline(0, color=colour("role", "muted"), lw=0.8)
    left.set_title(text("review_changes")[language])
    spots = np.arange(len(categories))[::-1]
    right.barh(spots + 0.2, categories.published, height=0.38, color=OFFICIAL, label=text("published")[language])
    right.barh(spots - 0.2, categories.model, height=0.38, color=MODEL, label=text("modelled")[language])
    right.set_yticks(spots, list(categories.title))
    right.set_title(text("review_categories")[language])
    right.grid(axis="y", visible=False)
    right.legend(loc="best")


def _pairs(ax: object, names: list[str], official: pd.Series, model: pd.Series, language: Language) -> None:
    spots = np.arange(len(names))
    ax.bar(spots - 0.2, official, width=0.38, color=OFFICIAL, label=text("official")[language])  # type: ignore[attr-defined]
    ax.bar(spots + 0.2, model, width=0.38, color=MODEL, label=text("modelled")[language])  # type: ignore[attr-defined]
    ax.set_xticks(spots, names)  # type: ignore[attr-defined]
    ax.legend(loc="lower left")  # type: ignore[attr-defined]
