"""What each scenario does to emissions and to concentrations."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from aqcore.style import colour, name
from roadmap.report.texts import Language, text

EMITTED = ("SO2", "NOx", "VOC", "NH3", "PM25")


def paint_emissions(fig: Figure, language: Language, changes: pd.DataFrame, titles: dict[str, str]) -> None:
    """Draw the change of the city's emission (%) by scenario and pollutant.

    `changes` has the columns scenario, pollutant, change_pct; `titles` the scenarios' names in order.
    """
    axes = fig.subplots(1, len(EMITTED), sharey=True)
    names = list(titles)[::-1]
    for ax, pollutant in zip(axes, EMITTED, strict=True):
        own = changes[changes.pollutant == pollutant].set_index("scenario").change_pct.reindex(names)
        ax.barh(range(len(names)), own, color=colour("pollutant", pollutant), height=0.65)
        for position, value in enumerate(own):
            ax.annotate(f"{value:+.0f}", (value, position), va="center", fontsize=8, color=colour("role", "base"),
                        ha="right" if value < 0 else "left", xytext=(-2 if value < 0 else 2, 0), textcoords="offset points")  # fmt: skip
        ax.axvline(0, color=colour("role", "muted"), lw=0.8)
        ax.set_title(name("pollutant", pollutant, language))
        low, high = min(float(own.min()), 0.0), max(float(own.max()), 0.0)
        ax.set_xlim(low - 0.25 * (high - low) - 1.0, high + 0.2 * (high - low) + 1.0)
        ax.grid(axis="y", visible=False)
    axes[0].set_yticks(range(len(names)), [titles[name] for name in names])
    fig.supxlabel(text("change_of_emission_pct")[language], fontsize=10)


def paint_concentrations(
    fig: Figure, language: Language, effects: pd.DataFrame, titles: dict[str, str], panels: dict[str, str]
) -> None:
    """Draw the change of the city's concentrations by scenario with its interval.

    `effects` has the columns panel, scenario, change, low, high; `panels` maps panel keys to titles.
    """
    axes = np.atleast_1d(fig.subplots(1, len(panels), sharey=True))
    names = list(titles)[::-1]
    for ax, (panel, title) in zip(axes, panels.items(), strict=True):
        own = effects[effects.panel == panel].set_index("scenario").reindex(names)
        colours = [colour("pollutant", "O3") if value > 0 else colour("pollutant", "NO2") for value in own.change]
        spread = np.abs(np.array([own.change - own.low, own.high - own.change]))
        ax.barh(
            range(len(names)),
            own.change,
            xerr=spread,
            color=colours,
            ecolor=colour("role", "muted"),
            height=0.65,
            capsize=2,
        )
        ax.axvline(0, color=colour("role", "muted"), lw=0.8)
        ax.set_title(title)
        ax.grid(axis="y", visible=False)
    axes[0].set_yticks(range(len(names)), [titles[name] for name in names])
    fig.supxlabel(text("change_of_concentration")[language], fontsize=10)
