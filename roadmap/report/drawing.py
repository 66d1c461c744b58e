"""Drawing a figure once for each language and returning it as SVG text."""

import hashlib
import io
import re
from collections import Counter
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


WIDTH = 27.0
"""Width of every drawing (cm): that of the page's text, so that the letters of all figures are of one size."""
WIDE = Size(WIDTH, 10.5)

_NAMED = re.compile(r'(\bid="|href="#|url\(#)')
_OUTLINE = re.compile(r'(?<= d=")[^"]*(?=")')
_FRACTION = re.compile(r"(\.\d)\d+")
"""Figures of an outline beyond a tenth of a point: nobody sees them, and they are nearly half of the page."""
_ZERO = re.compile(r"\.0(?!\d)")
_COMMAND = re.compile(r"([A-Za-z])([^A-Za-z]*)")
_GIVEN = re.compile(r'\bid="([^"]+)"')


def drawings(paint: Painter, size: Size = WIDE) -> dict[Language, str]:
    """Return the SVG of a figure in every language.

    Text becomes outlines, so that the page needs no font for it; the SVG carries no date, so that
    equal data give equal bytes; its ids are its own, so that many figures stand in one page.
    """
    return {language: _svg(paint, language, size) for language in LANGUAGES}


def _svg(paint: Painter, language: Language, size: Size) -> str:
    with house_style():
        fig = figure(size.width, size.height)
        paint(fig, language)
        buffer = io.StringIO()
        fig.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Type": None, "Format": None})
    text = buffer.getvalue()
    return own_ids(_OUTLINE.sub(lambda found: shortened(found.group(0)), text[text.index("<svg") :]))


def shortened(outline: str) -> str:
    """Return an outline that looks the same in fewer bytes: rounded, and `L` only where a line does not follow one.

    SVG 1.1, 8.3.2: what follows the point of `M` or `L` without a letter is a line to the next point.
    """
    parts, last = [], ""
    for command, numbers in _COMMAND.findall(_ZERO.sub("", _FRACTION.sub(r"\1", outline))):
        follows = command == "L" and last in ("L", "M")
        parts.append(" ".join(numbers.split()) if follows else f"{command}{' '.join(numbers.split())}")
        last = command
    return " ".join(parts)


def own_ids(svg: str) -> str:
    """Return an SVG whose ids begin with a mark of its content and occur once, so that they meet no other id."""
    mark = hashlib.sha256(svg.encode()).hexdigest()[:8]
    met: Counter[str] = Counter()

    def once(found: re.Match[str]) -> str:
        met[found.group(1)] += 1
        number = met[found.group(1)]
        return found.group(0) if number == 1 else f'id="{found.group(1)}-{number}"'

    return _NAMED.sub(rf"\g<1>f{mark}-", _GIVEN.sub(once, svg))
