"""A past period: the modelled change beside the official one, and contributions by category beside published ones."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from aqcore.style import colour, name
from roadmap.report.numbers import decimal
from roadmap.report.texts import Language, text

MODEL, OFFICIAL, NORMALISED = "#2f8595", "#9aa7b2", "#E69F00"


def paint(fig: Figure, language: Language, changes: pd.DataFrame, categories: pd.DataFrame, study: str) -> None:
    """Draw changes (%) of the annual statistics on the left, contributions to PM2.5 by category on the right.

    `changes`: pollutant, official_pct, normalised_pct (NaN where none), model_pct; `categories`: title, model, low,
    high, published (ug m-3, NaN where none); `study` names where the published contributions come from.
    """
    if categories.empty:
        _changes(fig.subplots(), language, changes)
        return
    left, right = fig.subplots(1, 2, width_ratios=(1.35, 1.0))
    _changes(left, language, changes)
    _categories(right, language, categories, study)


def _changes(ax: Axes, language: Language, rows: pd.DataFrame) -> None:
    series = {"official_pct": (OFFICIAL, "official"), "normalised_pct": (NORMALISED, "normalised")}
    shown = {key: value for key, value in series.items() if rows[key].notna().any()} | {
        "model_pct": (MODEL, "modelled")
    }
    width, spots = 0.84 / len(shown), np.arange(len(rows))
    for number, (key, (shade, label)) in enumerate(shown.items()):
        places = spots + (number - 0.5 * (len(shown) - 1)) * width
        ax.bar(places, rows[key], width=0.94 * width, color=shade, label=text(label)[language])
        for place, value in zip(places, rows[key], strict=True):
            if np.isfinite(value):
                shift, side = (2, "bottom") if value > 0 else (-2, "top")
                ax.annotate(
                    decimal(value), (place, value), xytext=(0, shift), textcoords="offset points", ha="center",
                    va=side, fontsize=7.5,
                )  # fmt: skip
    ax.set_xticks(spots, [name("pollutant", str(pollutant), language) for pollutant in rows["pollutant"]])
    ax.tick_params(axis="x", length=0, labelsize=9)
    ax.margins(y=0.1)
    ax.set_ylabel("%")
    ax.axhline(0, color=colour("role", "muted"), lw=0.8)
    ax.set_title(text("review_changes")[language])
    ax.grid(axis="x", visible=False)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=3)


def _categories(ax: Axes, language: Language, rows: pd.DataFrame, study: str) -> None:
    spots = np.arange(len(rows))
    spread = np.maximum([rows["model"] - rows["low"], rows["high"] - rows["model"]], 0.0)
    label = f"{text('published')[language]} ({study})" if study else text("published")[language]
    ax.barh(spots - 0.2, rows["published"], height=0.38, color=OFFICIAL, label=label)
    ax.barh(
        spots + 0.2, rows["model"], xerr=spread, height=0.38, color=MODEL, ecolor=colour("role", "base"),
        error_kw={"lw": 1.1}, label=text("modelled")[language],
    )  # fmt: skip
    ax.set_yticks(spots, list(rows["title"]))
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.set_title(text("review_categories")[language])
    ax.grid(axis="y", visible=False)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=2)
