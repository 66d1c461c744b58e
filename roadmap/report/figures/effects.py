"""What each scenario does to emissions and to concentrations."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from aqcore.style import colour, name
from roadmap.report.figures.scenario_rows import Group, Row, beside, label_rows, rows_of
from roadmap.report.texts import Language, text

Array = npt.NDArray[np.float64]

EMITTED = ("SO2", "NOx", "VOC", "NH3", "PM25")
ROOM = 0.34
"""Room for the values beside the bars, as a share of the range of the bars."""


def paint_emissions(fig: Figure, language: Language, changes: pd.DataFrame, groups: Sequence[Group]) -> None:
    """Draw the change of the city's emission (%) by scenario and pollutant.

    `changes` has the columns scenario, pollutant, change_pct.
    """
    rows = rows_of(groups)
    axes = fig.subplots(1, len(EMITTED), sharey=True)
    for ax, pollutant in zip(axes, EMITTED, strict=True):
        own = changes[changes["pollutant"] == pollutant].set_index("scenario")["change_pct"]
        _bars(ax, rows, pd.DataFrame({"change": own, "low": own, "high": own}), 0)
        ax.set_title(name("pollutant", pollutant, language))
    label_rows(axes[0], rows)
    fig.supxlabel(text("change_of_emission_pct")[language], fontsize=10)


def paint_concentrations(
    fig: Figure, language: Language, effects: pd.DataFrame, groups: Sequence[Group], panels: Mapping[str, str]
) -> None:
    """Draw the change of the city's concentrations by scenario with its interval; what rises is set off.

    `effects` has the columns panel, scenario, change, low, high (ug m-3); `panels` maps panel keys to titles.
    """
    rows = rows_of(groups)
    axes = np.atleast_1d(fig.subplots(1, len(panels), sharey=True))
    for ax, (panel, title) in zip(axes, panels.items(), strict=True):
        own = effects[effects["panel"] == panel].set_index("scenario")[["change", "low", "high"]]
        _bars(ax, rows, own, 1)
        ax.set_title(title)
    label_rows(axes[0], rows)
    fig.supxlabel(text("change_of_concentration")[language], fontsize=10)


def _bars(ax: Axes, rows: Sequence[Row], values: pd.DataFrame, digits: int) -> None:
    shown = [row for row in rows if row.scenario in values.index]
    for row in shown:
        change, low, high = map(float, values.loc[row.scenario, ["change", "low", "high"]].to_numpy(float))
        rises = round(change, digits) > 0
        edge = colour("role", "bad") if rises else row.colour
        ax.barh(row.position, change, color=row.colour, edgecolor=edge, hatch="////" if rises else None, height=0.68)
        if high > low:
            ax.plot([low, high], [row.position] * 2, color=colour("role", "base"), lw=1.1, solid_capstyle="butt")
        beside(ax, high if change > 0 else low, row.position, change, digits, left=change <= 0)
    ax.axvline(0, color=colour("role", "muted"), lw=0.8)
    ax.set_xlim(*_limits(values.loc[[row.scenario for row in shown]].to_numpy(float)))
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.locator_params(axis="x", nbins=4)


def _limits(values: Array) -> tuple[float, float]:
    low, high = min(float(values.min(initial=0.0)), 0.0), max(float(values.max(initial=0.0)), 0.0)
    room = ROOM * (high - low) + 1e-6
    return (low - room if low < 0 else -room / 8), (high + room if high > 0 else room / 8)
