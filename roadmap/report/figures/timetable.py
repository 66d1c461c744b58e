"""The timetable: which measure starts when and what it removes."""

import pandas as pd
from matplotlib.figure import Figure

from aqcore.style import colour
from roadmap.report.texts import Language, text


def paint(fig: Figure, language: Language, rows: pd.DataFrame) -> None:
    """Draw a bar a measure from its start to the last milestone, with the tonnes of NOx and VOC that it removes.

    `rows` has the columns title, start, end, nox_t, voc_t, in the order from top to bottom.
    """
    ax = fig.subplots()
    order = rows.iloc[::-1].reset_index(drop=True)
    start, end = order["start"].to_numpy(float), order["end"].to_numpy(float)
    ax.barh(order.index, end - start, left=start, height=0.6, color=colour("series", "1"), alpha=0.85)
    for position, (x, nox, voc) in enumerate(zip(end, order["nox_t"], order["voc_t"], strict=True)):
        note = text("removes", nox=f"{nox:,.0f}", voc=f"{voc:,.0f}")[language]
        ax.annotate(note, (x, position), xytext=(5, 0), textcoords="offset points", va="center", fontsize=8)
    ax.set_yticks(order.index, list(order["title"]))
    ax.locator_params(axis="x", integer=True)
    ax.set_xlim(start.min(), end.max() + 0.4 * (end.max() - start.min()))
    ax.grid(axis="y", visible=False)
