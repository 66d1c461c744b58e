"""The timetable: which measure starts when and what it removes."""

import pandas as pd
from matplotlib.figure import Figure

from aqcore.style import colour
from roadmap.report.texts import Language, text


def paint(fig: Figure, language: Language, rows: pd.DataFrame) -> None:
    """Draw a bar a measure from its start to the last milestone, with the tonnes of NOx and VOC that it removes.

    `rows` has the columns title, start, end, sector, nox_t, voc_t, in the order from top to bottom.
    """
    ax = fig.subplots()
    order = rows.iloc[::-1].reset_index(drop=True)
    ax.barh(order.index, order.end - order.start, left=order.start, height=0.6,
            color=[colour("sector", name) for name in order.sector])  # fmt: skip
    for position, row in enumerate(order.itertuples()):
        note = text("removes")[language].format(nox=f"{row.nox_t:,.0f}", voc=f"{row.voc_t:,.0f}")
        ax.annotate(
            note,
            (row.end, position),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=colour("role", "muted"),
        )
    ax.set_yticks(order.index, list(order.title))
    ax.locator_params(axis="x", integer=True)
    ax.set_xlim(order.start.min(), order.end.max() + 0.35 * (order.end.max() - order.start.min()))
    ax.grid(axis="y", visible=False)
