"""Words beside points, placed so that none lies on another."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

Array = npt.NDArray[np.float64]

PLACES = ((8, 5), (-8, 5), (8, -13), (-8, -13), (14, -4), (-14, -4), (0, 11), (0, -19), (22, 12), (-22, -20))
"""Where a label may stand beside its point (points of 1/72 inch), the best first."""
MARKER_PX = 7.0


def place_labels(ax: Axes, x: Array, y: Array, words: Sequence[str], *, fontsize: float = 9.0) -> list[Bbox]:
    """Write each label at the first place where it meets no other label and no point; return their boxes (pixels).

    A label for which no place is free stands where it hides least.
    """
    figure = ax.figure.get_figure(root=True)
    if figure is None:
        return []
    renderer: RendererBase = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    figure.draw_without_rendering()  # the layout settles before boxes are measured
    points = np.column_stack([x, y]).astype(float)
    taken = [_around(spot) for spot in ax.transData.transform(points)]
    boxes: list[Bbox] = []
    for point, word in zip(points, words, strict=True):
        mark = ax.annotate(word, (point[0], point[1]), xytext=PLACES[0], textcoords="offset points", fontsize=fontsize)
        _move_to_room(mark, [*taken, *boxes], ax.get_window_extent(renderer), renderer)
        boxes.append(_box(mark, renderer))
    return boxes


def _move_to_room(mark: Annotation, taken: Sequence[Bbox], frame: Bbox, renderer: RendererBase) -> None:
    hidden = []
    for place in PLACES:
        _put(mark, place)
        hidden.append(_hides(_box(mark, renderer), taken, frame))
    _put(mark, PLACES[int(np.argmin(hidden))])


def _put(mark: Annotation, place: tuple[int, int]) -> None:
    mark.set(position=place, ha="left" if place[0] > 0 else "right" if place[0] < 0 else "center")


def _box(mark: Annotation, renderer: RendererBase) -> Bbox:
    return Bbox(mark.get_window_extent(renderer).get_points())


def _hides(box: Bbox, taken: Sequence[Bbox], frame: Bbox) -> float:
    """Return the area (square pixels) of a box that lies on others or outside the frame."""
    outside = _area(box) - _overlap(box, frame)
    return outside + sum(_overlap(box, other) for other in taken)


def _overlap(one: Bbox, other: Bbox) -> float:
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    return float(max(width, 0.0) * max(height, 0.0))


def _area(box: Bbox) -> float:
    return float(box.width * box.height)


def _around(spot: Array) -> Bbox:
    return Bbox([spot - MARKER_PX, spot + MARKER_PX])
