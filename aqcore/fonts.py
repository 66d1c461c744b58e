"""The typeface of figures and pages: Noto Sans SC (SIL Open Font License 1.1), whole for figures, a subset for HTML.

Noto Sans SC has no subscript digits (PM2.5, O3 with lowered figures). The subset draws them from its own figures, made
smaller and moved; whatever else it lacks comes from DejaVu Sans, which matplotlib brings along. A point between lowered
figures is lowered too (a contextual substitution of the font: the text stays `PM₂.₅`).
"""

import io
import os
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont
from matplotlib import font_manager, get_cachedir, get_data_path
from pylopdf_fonts_zh_cn import sans_path

from aqcore.errors import Fault, InputError

FAMILY = "Noto Sans SC"
FALLBACK = "DejaVu Sans"
SUBSET_FAMILY = "yice sans"
"""Family name inside the subset: a changed font does not carry the name of the original."""

SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋ₓ", "0123456789+\u2212x", strict=True))
SUPERSCRIPTS = dict(zip("⁰⁴⁵⁶⁷⁸⁹⁺⁻", "0456789+\u2212", strict=True))
SCRIPT_SIZE = 0.62
"""Size of a raised or lowered figure beside a full one."""
LOWERED, RAISED = -0.14, 0.36
"""Shift of a lowered and a raised figure, as a share of the em."""

POINT, LOWERED_POINT = ".", "period.lowered"
"""The point, and the glyph that stands for it between lowered figures."""

_EDITION = 2
"""Of the drawn figures: raise it when their size, shift or substitution changes."""
_MADE = 3786912000
"""Date inside the subset (seconds since 1904): 2024-01-01, whenever it is made."""

INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Unicode categories that need no glyph."""


def font_path() -> Path:
    """Return the file of Noto Sans SC (OpenType, CFF outlines)."""
    return Path(sans_path())


def fallback_path() -> Path:
    """Return the file of DejaVu Sans that matplotlib ships."""
    return Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"


@cache
def register_fonts() -> tuple[str, str, str]:
    """Make the typefaces known to matplotlib, once a process, and return their families in order of preference.

    The lowered and raised figures of Noto Sans SC with its point (a small font in matplotlib's cache folder; first, so
    that `₂.₅` is one run of one font), Noto Sans SC, DejaVu Sans.
    """
    font_manager.fontManager.addfont(font_path())
    font_manager.fontManager.addfont(_scripts_path())
    return SUBSET_FAMILY, FAMILY, FALLBACK


def _scripts_path() -> Path:
    """Return the font of lowered and raised figures, made once a machine and release of the typeface."""
    path = Path(get_cachedir()) / f"yice-scripts-{version('pylopdf-fonts-zh-cn')}-{_EDITION}.otf"
    if not path.exists():
        part = path.with_name(f".{path.name}.{os.getpid()}")
        part.write_bytes(_subset("".join((POINT, *SUBSCRIPTS, *SUPERSCRIPTS)), flavor=None))
        part.replace(path)  # whole or not at all, whoever else makes it now
    return path


@dataclass(frozen=True)
class _Face:
    """An opened font: its glyphs, its map from characters to them, units of an em."""

    font: Any
    cmap: Mapping[int, str]
    em: int

    @classmethod
    def open(cls, path: Path) -> "_Face":
        font = TTFont(io.BytesIO(path.read_bytes()), lazy=True)  # no file stays open behind the cache
        return cls(font, font.getBestCmap(), font["head"].unitsPerEm)


@dataclass(frozen=True)
class _Glyph:
    """Where a character's outline comes from, its scale and its vertical shift in units of the target's em."""

    face: _Face
    name: str
    scale: float
    shift: float = 0.0

    def advance(self) -> int:
        width: float = self.face.font["hmtx"][self.name][0]
        return round(width * self.scale)

    def char_string(self) -> Any:
        """Return the outline as a CFF charstring."""
        glyphs = self.face.font.getGlyphSet()
        pen = T2CharStringPen(self.advance(), glyphs)
        glyphs[self.name].draw(TransformPen(pen, (self.scale, 0, 0, self.scale, 0, self.shift)))
        return pen.getCharString()


def missing_glyphs(text: str) -> str:
    """Return the visible characters of `text` for which neither typeface has a glyph, each once, in their order."""
    faces = _faces()
    return "".join(char for char in _visible(text) if _glyph(char, faces) is None)


def font_subset_woff(text: str) -> bytes:
    """Return a WOFF font with exactly the glyphs that `text` needs (family `SUBSET_FAMILY`), the same bytes each time.

    For a page that must show no empty boxes on a machine without Chinese fonts. Raises `InputError` that names the
    characters for which no glyph is known.
    """
    return _subset(text, flavor="woff")


def _subset(text: str, *, flavor: str | None) -> bytes:
    faces = _faces()
    found = {char: _glyph(char, faces) for char in _visible(text)}
    absent = [char for char, glyph in found.items() if glyph is None]
    if absent:
        names = ", ".join(f"{char!r} (U+{ord(char):04X})" for char in absent)
        raise InputError([Fault("font", f"no glyph for {names}", "write the text with other characters")])
    font = _built({char: glyph for char, glyph in found.items() if glyph is not None}, faces[0])
    return _as_bytes(font, flavor)


@cache
def _faces() -> tuple[_Face, _Face]:
    return _Face.open(font_path()), _Face.open(fallback_path())


def _visible(text: str) -> list[str]:
    """Return the characters that need a glyph, each once; a blank is always among them."""
    seen = dict.fromkeys([" ", *text])
    return [char for char in seen if unicodedata.category(char) not in INVISIBLE]


def _glyph(char: str, faces: tuple[_Face, _Face]) -> _Glyph | None:
    main, other = faces
    if ord(char) in main.cmap:
        return _Glyph(main, main.cmap[ord(char)], 1.0)
    for table, shift in ((SUBSCRIPTS, LOWERED), (SUPERSCRIPTS, RAISED)):
        if char in table:
            return _Glyph(main, main.cmap[ord(table[char])], SCRIPT_SIZE, shift * main.em)
    if ord(char) in other.cmap:
        return _Glyph(other, other.cmap[ord(char)], main.em / other.em)
    return None


def _built(glyphs: Mapping[str, _Glyph], main: _Face) -> Any:
    # half a second to load, and only whoever makes a font needs them
    from fontTools.feaLib.builder import addOpenTypeFeaturesFromString
    from fontTools.fontBuilder import FontBuilder

    names = {char: f"uni{ord(char):04X}" if ord(char) < 0x10000 else f"u{ord(char):X}" for char in glyphs}
    outlines = {".notdef": _Glyph(main, ".notdef", 1.0)} | {names[char]: glyph for char, glyph in glyphs.items()}
    lowered = [names[char] for char in glyphs if char in SUBSCRIPTS]
    if POINT in glyphs and lowered:
        outlines[LOWERED_POINT] = replace(glyphs[POINT], scale=SCRIPT_SIZE, shift=LOWERED * main.em)
    builder = FontBuilder(main.em, isTTF=False)
    builder.setupGlyphOrder(list(outlines))
    builder.setupCharacterMap({ord(char): name for char, name in names.items()})
    builder.setupCFF(SUBSET_FAMILY.replace(" ", ""), {}, _char_strings(outlines), {})
    builder.setupHorizontalMetrics({name: (glyph.advance(), 0) for name, glyph in outlines.items()})
    _describe(builder, main)
    if LOWERED_POINT in outlines:
        addOpenTypeFeaturesFromString(builder.font, _lower_the_point(names[POINT], lowered))
    return builder.font


def _lower_the_point(point: str, lowered: Sequence[str]) -> str:
    """Return the feature (OpenType `calt`, on by default everywhere) that lowers a point between lowered figures."""
    figures = " ".join(lowered)
    return f"feature calt {{ sub [{figures}] {point}' [{figures}] by {LOWERED_POINT}; }} calt;"


def _char_strings(outlines: Mapping[str, _Glyph]) -> dict[str, Any]:
    return {name: glyph.char_string() for name, glyph in outlines.items()}


def _describe(builder: Any, main: _Face) -> None:
    """Give the font its line metrics (those of the original), names and licence."""
    hhea, os2 = main.font["hhea"], main.font["OS/2"]
    builder.setupHorizontalHeader(ascent=hhea.ascent, descent=hhea.descent)
    builder.setupOS2(
        sTypoAscender=os2.sTypoAscender,
        sTypoDescender=os2.sTypoDescender,
        usWinAscent=os2.usWinAscent,
        usWinDescent=os2.usWinDescent,
    )
    licence = main.font["name"].getDebugName(13) or ""
    origin = f"made from {FAMILY} ({version('pylopdf-fonts-zh-cn')}) and {FALLBACK}"
    builder.setupNameTable(
        {"familyName": SUBSET_FAMILY, "styleName": "Regular", "description": origin, "licenseDescription": licence}
    )
    builder.setupPost()


def _as_bytes(font: Any, flavor: str | None) -> bytes:
    font.recalcTimestamp = False
    font["head"].created = font["head"].modified = _MADE  # the same text gives the same bytes
    font.flavor = flavor
    stream = io.BytesIO()
    font.save(stream)
    return stream.getvalue()
