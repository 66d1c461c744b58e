"""Who emits what: shares of the sectors in each pollutant."""

import pandas as pd
from matplotlib.figure import Figure

from aqcore.style import colour
from roadmap.report.texts import Language, text, text_or

POLLUTANTS = ("SO2", "NOx", "VOC", "NH3", "CO", "PM25", "PM10")


def paint(fig: Figure, language: Language, totals: pd.DataFrame) -> None:
    """Draw one bar a pollutant, stacked by sector to 100 %, with the total (kt/a) at its end.

    `totals` has the columns sector, pollutant, mass_t.
    """
    ax = fig.subplots()
    mass = totals.pivot_table(index="pollutant", columns="sector", values="mass_t", aggfunc="sum", sort=False)
    shown = [name for name in POLLUTANTS if name in mass.index][::-1]
    share = mass.loc[shown].div(mass.loc[shown].sum(axis=1), axis=0) * 100.0
    left = pd.Series(0.0, index=shown)
    for sector in share.columns:
        name = text_or(f"sector_{sector}", str(sector))[language]
        ax.barh(
            shown, share[sector], left=left, color=colour("sector", str(sector)), label=name, edgecolor="white", lw=0.4
        )
        left = left + share[sector].fillna(0.0)
    for position, name in enumerate(shown):
        total = mass.loc[name].sum() / 1000.0
        ax.annotate(f"{total:,.1f} kt/a", (101.0, position), va="center", fontsize=9, annotation_clip=False)
    ax.set_yticks(range(len(shown)), [name("pollutant", name, language) for name in shown])
    ax.set_xlim(0, 100)
    ax.set_xlabel(text("share_pct")[language])
    fig.legend(loc="outside right center", frameon=False)
