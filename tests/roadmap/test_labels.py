"""Labels beside points: none on another, none on a point, inside the frame."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox

from aqcore.style import figure, house_style
from roadmap.report.figures.labels import place_labels

TOUCH = 0.5
"""Square pixels: boxes that share an edge may overlap by a rounding."""


@pytest.fixture
def ax() -> Axes:
    with house_style():
        axes = figure(14, 10).subplots()
    axes.set(xlim=(0, 100), ylim=(0, 100))
    return axes


def overlap(one: Bbox, other: Bbox) -> float:
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    return max(width, 0.0) * max(height, 0.0)


def test_a_road_of_near_points(ax: Axes) -> None:
    """As on the isopleth of the demonstration city, where two milestones lie 6 % apart."""
    x, y = np.array([100.0, 58.0, 38.0, 28.0, 23.0]), np.array([90.0, 58.0, 35.0, 24.0, 17.0])
    with house_style():
        boxes = place_labels(ax, x, y, ["2013", "2017", "2025", "2030", "2031"])
    assert [overlap(one, other) for one, other in combinations(boxes, 2)] == pytest.approx([0.0] * 10, abs=TOUCH)
    spots = ax.transData.transform(np.column_stack([x, y]))
    assert not any(box.contains(*spot) for box in boxes for spot in spots)


def test_a_label_at_the_edge_stays_inside(ax: Axes) -> None:
    with house_style():
        (box,) = place_labels(ax, np.array([99.0]), np.array([99.0]), ["a long label"])
    frame = ax.get_window_extent()
    assert overlap(box, frame) == pytest.approx(box.width * box.height, rel=1e-6)


def test_first_place_when_all_is_free(ax: Axes) -> None:
    with house_style():
        place_labels(ax, np.array([50.0]), np.array([50.0]), ["free"])
    (mark,) = ax.texts
    assert (mark.xyann, mark.get_ha()) == ((8, 5), "left")


def test_too_many_points_still_give_every_label(ax: Axes) -> None:
    spots = np.full(14, 50.0)
    with house_style():
        boxes = place_labels(ax, spots, spots, [f"label {k}" for k in range(14)])
    assert len(boxes) == len(ax.texts) == 14
    assert len({mark.xyann for mark in ax.texts}) == 10, "every place is tried before one is taken twice"
