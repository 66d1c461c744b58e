"""Official annual statistics, the limits of each edition of the standard, and the projected milestones."""

from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from aqcore.style import colour
from roadmap.report.texts import Language, text, text_or


@dataclass(frozen=True)
class Trend:
    """What the figure shows.

    `official`: year, statistic, value; `limits`: statistic, start_year, end_year, limit, edition;
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
        _panel(ax, language, trend, statistic)
    axes[0].set_ylabel("μg/m³")
    handles, labels = axes[0].get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)


def _panel(ax: Axes, language: Language, trend: Trend, statistic: str) -> None:
    colour = colour("pollutant", statistic.split("_", maxsplit=1)[0])
    observed = trend.official[trend.official.statistic == statistic].sort_values("year")
    ax.plot(observed.year, observed.value, color=colour, marker="o", ms=3.5, label=text("official_values")[language])
    limits = trend.limits[trend.limits.statistic == statistic]
    for number, row in enumerate(limits.itertuples()):
        label = text("limit")[language] if number == 0 else None
        ax.hlines(
            row.limit,
            row.start_year - 0.5,
            row.end_year + 0.5,
            color=colour("role", "limit"),
            lw=1.3,
            ls="--",
            label=label,
        )
        ax.annotate(
            f"{row.limit:g}",
            (row.end_year + 0.5, row.limit),
            color=colour("role", "limit"),
            fontsize=8,
            va="bottom",
            ha="right",
        )
    ahead = trend.milestones[trend.milestones.statistic == statistic].sort_values("year")
    if len(ahead):
        spread = [ahead.value - ahead.low, ahead.high - ahead.value]
        ax.errorbar(
            ahead.year, ahead.value, yerr=spread, fmt="D", ms=5, color=colour("role", "base"), mfc="white", mec=colour, ecolor=colour("role", "muted"),
            capsize=3, label=text("projected")[language],
        )  # fmt: skip
    ax.set_title(text_or(f"statistic_{statistic}", statistic)[language])
    ax.set_ylim(bottom=0)
    ax.locator_params(axis="x", integer=True, nbins=6)
