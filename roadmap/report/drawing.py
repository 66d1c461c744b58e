"""Drawing a figure once for each language and returning it as SVG text."""

import io
from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.figure import Figure

from aqcore.style import figure, house_style
from roadmap.report.texts import LANGUAGES, Language

Painter = Callable[[Figure, Language], None]


@dataclass(frozen=True)
class Size:
    """Width and height of a drawing (cm)."""

    width: float
    height: float


WIDE = Size(26.0, 10.5)
TALL = Size(26.0, 15.0)


def drawings(paint: Painter, size: Size = WIDE) -> dict[Language, str]:
    """Return the SVG of a figure in every language.

    Text becomes outlines, so that the page needs no font for it; the SVG carries no date, so that
    equal data give equal bytes.
    """
    return {language: _svg(paint, language, size) for language in LANGUAGES}


def _svg(paint: Painter, language: Language, size: Size) -> str:
    with house_style():
        fig = figure(size.width, size.height)
        paint(fig, language)
        buffer = io.StringIO()
        fig.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]
