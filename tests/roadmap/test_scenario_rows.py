"""The rows of figures by scenario."""

from itertools import pairwise

import pytest

from aqcore.style import figure
from roadmap.report.figures.scenario_rows import CM_PER_ROW, Group, beside, height_cm, label_rows, rows_of

ROUNDING = 1e-9
"""Sums of decimal numbers."""
GROUPS = [Group("One", "#112233", {"a": "A", "b": "B"}), Group("Two", "#445566", {"c": "C"})]


def test_headings_and_scenarios_from_top_to_bottom() -> None:
    rows = rows_of(GROUPS)
    assert [(row.scenario, row.label, row.colour) for row in rows] == [
        ("", "One", "#112233"),
        ("a", "A", "#112233"),
        ("b", "B", "#112233"),
        ("", "Two", "#445566"),
        ("c", "C", "#445566"),
    ]


def test_no_two_rows_lie_on_each_other() -> None:
    positions = [row.position for row in rows_of(GROUPS)]
    assert min(low - high for high, low in pairwise(positions)) >= 1.0 - ROUNDING
    assert positions[3] - positions[2] > positions[2] - positions[1], "groups stand apart"


def test_height_grows_with_the_rows() -> None:
    more = [*GROUPS, Group("Three", "#000000", {"d": "D"})]
    assert height_cm(more) - height_cm(GROUPS) == pytest.approx((1 + 1.0 + 0.35) * CM_PER_ROW, abs=ROUNDING)


def test_the_axis_runs_downwards_and_names_every_row() -> None:
    ax = figure(10, 6).subplots()
    label_rows(ax, rows_of(GROUPS))
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["One", "A", "B", "Two", "C"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]
    assert ax.get_yticklabels()[0].get_color() == "#112233"


def test_values_stand_outside_their_bars() -> None:
    ax = figure(10, 6).subplots()
    beside(ax, -5.0, 0.0, -5.0, 0, left=True)
    beside(ax, 3.0, 1.0, 3.04, 1, left=False)
    fallen, risen = ax.texts
    assert (fallen.get_text(), fallen.get_ha(), fallen.xyann[0] < 0) == ("−5", "right", True)
    assert (risen.get_text(), risen.get_ha(), risen.xyann[0] > 0) == ("+3.0", "left", True)
