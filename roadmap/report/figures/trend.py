"""Official annual statistics, the limits of each edition of the standard, and the projected milestones."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from aqcore.style import colour
from roadmap.report.numbers import decimal
from roadmap.report.texts import Language, text, text_or


@dataclass(frozen=True)
class Trend:
    """What the figure shows.

    `official`: year, statistic, value; `limits`: statistic, start_year, end_year, limit;
    `milestones`: year, statistic, value, low, high; `statistics`: the panels in order.
    """

    official: pd.DataFrame
    limits: pd.DataFrame
    milestones: pd.DataFrame
    statistics: tuple[str, ...]


def paint(fig: Figure, language: Language, trend: Trend) -> None:
    """Draw one panel a statistic: observed line, limit steps, projections with their intervals."""
    axes = fig.subplots(1, len(trend.statistics), squeeze=False)[0]
    for ax, statistic in zip(axes, trend.statistics, strict=True):
        _observed(ax, language, trend, statistic)
        _limits(ax, language, trend, statistic)
        _ahead(ax, language, trend, statistic)
        ax.set_title(text_or(f"statistic_{statistic}", statistic)[language])
        ax.set_ylim(bottom=0)
        ax.locator_params(axis="x", integer=True, nbins=5)
    axes[0].set_ylabel("μg/m³")
    handles, labels = axes[0].get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)


def _observed(ax: Axes, language: Language, trend: Trend, statistic: str) -> None:
    shade = colour("pollutant", statistic.split("_", maxsplit=1)[0])
    rows = trend.official[trend.official["statistic"] == statistic].sort_values("year")
    ax.plot(rows["year"], rows["value"], color=shade, marker="o", ms=3.5, label=text("official_values")[language])


def _limits(ax: Axes, language: Language, trend: Trend, statistic: str) -> None:
    rows = trend.limits[trend.limits["statistic"] == statistic].sort_values("start_year").to_dict("records")
    shade = colour("role", "limit")
    for number, row in enumerate(rows):
        after = 1.0 if number == len(rows) - 1 else 0.0  # the last edition stays in force
        start, end, limit = float(row["start_year"]) - 0.5, float(row["end_year"]) + 0.5 + after, float(row["limit"])
        ax.hlines(
            limit, start, end, color=shade, lw=1.3, ls="--", label=text("limit")[language] if number == 0 else "_again"
        )
    changes = [row for number, row in enumerate(rows) if number == 0 or row["limit"] != rows[number - 1]["limit"]]
    for row in changes:
        spot = (float(row["start_year"]) - 0.3, float(row["limit"]))
        ax.annotate(decimal(row["limit"]), spot, xytext=(0, 2), textcoords="offset points", color=shade, fontsize=8)


def _ahead(ax: Axes, language: Language, trend: Trend, statistic: str) -> None:
    rows = trend.milestones[trend.milestones["statistic"] == statistic].sort_values("year")
    if rows.empty:
        return
    spread = [rows["value"] - rows["low"], rows["high"] - rows["value"]]
    style: dict[str, Any] = {"fmt": "D", "ms": 5, "mfc": "white", "capsize": 3, "ecolor": colour("role", "muted")}
    ax.errorbar(
        rows["year"],
        rows["value"],
        yerr=spread,
        color=colour("role", "base"),
        label=text("projected")[language],
        **style,
    )
