"""The rows of a figure by scenario: groups under headings, each with its colour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from roadmap.report.numbers import decimal

HEADING, BETWEEN = 1.0, 0.35
"""Room for a heading, and between two groups, in rows."""
CM_PER_ROW = 0.6


@dataclass(frozen=True)
class Group:
    """Scenarios that belong together: the group's title, its colour, and titles by scenario in order."""

    title: str
    colour: str
    scenarios: Mapping[str, str]


@dataclass(frozen=True)
class Row:
    """One line of the figure: a scenario, or the heading of a group (no scenario)."""

    scenario: str
    label: str
    position: float
    colour: str


def rows_of(groups: Sequence[Group]) -> list[Row]:
    """Return the lines of the figure from top to bottom; positions grow downwards."""
    rows: list[Row] = []
    position = 0.0
    for group in groups:
        rows.append(Row("", group.title, position, group.colour))
        for name, title in group.scenarios.items():
            position += HEADING
            rows.append(Row(name, title, position, group.colour))
        position += HEADING + BETWEEN
    return rows


def height_cm(groups: Sequence[Group], margins_cm: float = 2.4) -> float:
    """Return the height of a figure with these groups."""
    lines = sum(len(group.scenarios) + HEADING + BETWEEN for group in groups)
    return margins_cm + CM_PER_ROW * lines


def label_rows(ax: Axes, rows: Sequence[Row]) -> None:
    """Write the labels beside the axis, headings in the colour of their group, and run the axis downwards."""
    ax.set_yticks([row.position for row in rows], [row.label for row in rows])
    for tick, row in zip(ax.get_yticklabels(), rows, strict=True):
        if not row.scenario:
            tick.set(color=row.colour, fontsize=9.5)
    ax.set_ylim(rows[-1].position + 0.7, -0.7)
    ax.grid(axis="y", visible=False)


def beside(ax: Axes, tip: float, position: float, value: float, digits: int, *, left: bool) -> None:
    """Write a signed value beside the tip of its bar."""
    shift, side = (-3, "right") if left else (3, "left")
    words = decimal(value, digits, sign=True)
    ax.annotate(words, (tip, position), xytext=(shift, 0), textcoords="offset points", ha=side, va="center", fontsize=8)
