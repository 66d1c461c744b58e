"""Who emits what: shares of the sectors in each pollutant."""

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from aqcore.style import colour, name
from roadmap.report.numbers import decimal
from roadmap.report.texts import Language, text

POLLUTANTS = ("SO2", "NOx", "VOC", "NH3", "CO", "PM25", "PM10")


def paint(fig: Figure, language: Language, totals: pd.DataFrame) -> None:
    """Draw one bar a pollutant, stacked by sector to 100 %, with the total (kt/a) at its end.

    `totals` has the columns sector, pollutant, mass_t.
    """
    ax = fig.subplots()
    mass = totals.pivot_table(index="pollutant", columns="sector", values="mass_t", aggfunc="sum", sort=False)
    shown = [pollutant for pollutant in POLLUTANTS if pollutant in mass.index][::-1]
    whole = mass.loc[shown].sum(axis=1)
    share = 100.0 * mass.loc[shown].div(whole, axis=0).fillna(0.0)
    left = share.cumsum(axis=1) - share
    for sector in map(str, share.columns):
        title = name("sector", sector, language)
        style: dict[str, Any] = {"color": colour("sector", sector), "edgecolor": "white", "lw": 0.4}
        ax.barh(range(len(shown)), share[sector], left=left[sector], label=title, **style)
    for position, total in enumerate(whole / 1000.0):
        ax.annotate(f"{decimal(total, 1)} kt/a", (101.0, position), va="center", fontsize=9, annotation_clip=False)
    ax.set_yticks(range(len(shown)), [name("pollutant", pollutant, language) for pollutant in shown])
    ax.set_xlim(0, 100)
    ax.set_xlabel(text("share_pct")[language])
    fig.legend(loc="outside right center", frameon=False)
