"""The base run against the observations, hour by hour."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from aqcore.style import colour, name
from roadmap.report.texts import Language, text

UNITS = {"CO": "mg/m³"}


def paint(
    fig: Figure, language: Language, hours: pd.DataFrame, cases: dict[str, str], pollutants: tuple[str, ...]
) -> None:
    """Draw one row a case and one column a pollutant: observed points, modelled line (mean of the monitored districts).

    `hours` has the columns case, pollutant, hour (start of the local hour), model, obs.
    """
    axes = fig.subplots(len(cases), len(pollutants), squeeze=False, sharex=True)
    for row, (case, title) in enumerate(cases.items()):
        for column, pollutant in enumerate(pollutants):
            ax = axes[row][column]
            own = hours[(hours.case == case) & (hours.pollutant == pollutant)].sort_values("hour")
            middle = own.hour.to_numpy(float) + 0.5
            ax.plot(middle, own.obs, "o", ms=3.2, color="0.45")
            ax.plot(middle, own.model, color=colour("pollutant", pollutant), lw=2)
            ax.set_ylim(bottom=0)
            ax.set_xticks(np.arange(0, 25, 6))
            if row == 0:
                ax.set_title(f"{name('pollutant', pollutant, language)} ({UNITS.get(pollutant, 'μg/m³')})")
        axes[row][0].set_ylabel(title)
    fig.align_ylabels(axes[:, 0])
    fig.supxlabel(text("local_hour")[language], fontsize=10)
    handles = [
        Line2D([], [], ls="", marker="o", ms=4, color="0.45", label=text("observed")[language]),
        Line2D([], [], lw=2, color=colour("role", "base"), label=text("modelled_coloured")[language]),
    ]
    fig.legend(handles=handles, loc="outside upper right", ncols=2)
