"""What each scenario does to emissions and to concentrations."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from aqcore.style import colour, name
from roadmap.report.texts import Language, text

Array = npt.NDArray[np.float64]

EMITTED = ("SO2", "NOx", "VOC", "NH3", "PM25")


def paint_emissions(fig: Figure, language: Language, changes: pd.DataFrame, titles: Mapping[str, str]) -> None:
    """Draw the change of the city's emission (%) by scenario and pollutant.

    `changes` has the columns scenario, pollutant, change_pct; `titles` the scenarios' names in order.
    """
    axes = fig.subplots(1, len(EMITTED), sharey=True)
    names = list(titles)[::-1]
    for ax, pollutant in zip(axes, EMITTED, strict=True):
        own = (
            changes[changes["pollutant"] == pollutant]
            .set_index("scenario")["change_pct"]
            .reindex(names)
            .to_numpy(float)
        )
        ax.barh(range(len(names)), own, color=colour("pollutant", pollutant), height=0.65)
        for position, value in enumerate(own):
            _beside(ax, value, position, f"{value:+.0f}")
        _finish(ax, own, name("pollutant", pollutant, language))
    axes[0].set_yticks(range(len(names)), [titles[scenario] for scenario in names])
    fig.supxlabel(text("change_of_emission_pct")[language], fontsize=10)


def paint_concentrations(
    fig: Figure, language: Language, effects: pd.DataFrame, titles: Mapping[str, str], panels: Mapping[str, str]
) -> None:
    """Draw the change of the city's concentrations by scenario with its interval.

    `effects` has the columns panel, scenario, change, low, high (ug m-3); `panels` maps panel keys to titles.
    """
    axes = np.atleast_1d(fig.subplots(1, len(panels), sharey=True))
    names = list(titles)[::-1]
    for ax, (panel, title) in zip(axes, panels.items(), strict=True):
        own = effects[effects["panel"] == panel].set_index("scenario").reindex(names)[["change", "low", "high"]]
        change, low, high = own.to_numpy(float).T
        shades = [colour("role", "bad") if value > 0 else colour("role", "good") for value in change]
        spread = np.maximum(np.array([change - low, high - change]), 0.0)
        ax.barh(
            range(len(names)), change, xerr=spread, color=shades, ecolor=colour("role", "muted"), height=0.65, capsize=2
        )
        for position, (value, tip) in enumerate(zip(change, np.where(change < 0, low, high), strict=True)):
            _beside(ax, tip, position, f"{value:+.1f}", below=value < 0)
        _finish(ax, np.concatenate([low, high]), title)
    axes[0].set_yticks(range(len(names)), [titles[scenario] for scenario in names])
    fig.supxlabel(text("change_of_concentration")[language], fontsize=10)


def _beside(ax: Axes, x: float, y: float, words: str, *, below: bool | None = None) -> None:
    left = x < 0 if below is None else below
    shift, side = (-3, "right") if left else (3, "left")
    ax.annotate(words, (x, y), xytext=(shift, 0), textcoords="offset points", ha=side, va="center", fontsize=8)


def _finish(ax: Axes, values: Array, title: str) -> None:
    ax.axvline(0, color=colour("role", "muted"), lw=0.8)
    ax.set_title(title)
    low, high = min(float(np.nanmin(values)), 0.0), max(float(np.nanmax(values)), 0.0)
    room = 0.28 * (high - low) + 0.5
    ax.set_xlim(low - room if low < 0 else -room / 4, high + room if high > 0 else room / 4)
    ax.grid(axis="y", visible=False)
