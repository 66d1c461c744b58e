"""The typeface: no missing glyph in figures, and a subset for pages that covers every character."""

import io
import warnings

import numpy as np
import pytest
from fontTools.pens.boundsPen import BoundsPen
from fontTools.ttLib import TTFont
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from aqcore import fonts
from aqcore.errors import InputError
from aqcore.style import house_style

HARD = "北京市 PM₂.₅ PM₁₀ O₃ NOₓ SO₄²⁻ µg/m³ m⁻³ 10⁻⁶ 示意数据 “引号”、。 ≤ ≥ × → ± °C Δ − – —"

SIZE_TOLERANCE = 0.01
"""Glyph coordinates are rounded to whole units of an em of 1,000: 1 % of a figure's height is several units."""


def subset(text: str) -> TTFont:
    return TTFont(io.BytesIO(fonts.font_subset_woff(text)))


def drawn(text: str) -> np.ndarray:
    with house_style():
        figure = Figure(figsize=(9, 1))
        figure.text(0.02, 0.4, text, fontsize=14)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., 0]


def test_a_figure_of_the_hard_text_raises_no_glyph_warning() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        drawn(HARD)
    assert [str(warning.message) for warning in caught if "lyph" in str(warning.message)] == []


def test_the_check_for_missing_glyphs_can_fail() -> None:
    """U+10330 (Gothic) is in neither typeface: matplotlib must warn, or the test above proves nothing."""
    with pytest.warns(UserWarning, match="Glyph"):
        drawn("\U00010330")


def test_chinese_is_drawn_by_noto_not_by_an_empty_box() -> None:
    """Two different characters leave different ink; boxes would leave the same."""
    assert not np.array_equal(drawn("北"), drawn("京"))


def test_subset_covers_every_character() -> None:
    cmap = subset(HARD).getBestCmap()
    assert {char for char in HARD if ord(char) not in cmap} == set()


def test_subset_is_a_woff_with_no_more_than_it_needs() -> None:
    data = fonts.font_subset_woff("北京")
    assert data[:4] == b"wOFF"
    font = TTFont(io.BytesIO(data))
    assert sorted(font.getGlyphOrder()) == [".notdef", "uni0020", "uni4EAC", "uni5317"]
    assert len(data) < 5_000


def test_subset_keeps_outlines_and_widths_of_the_original() -> None:
    font, source = subset("京A"), TTFont(fonts.font_path())
    for char in "京A":
        mine, theirs = font.getBestCmap()[ord(char)], source.getBestCmap()[ord(char)]
        assert font["hmtx"][mine][0] == source["hmtx"][theirs][0]
        assert box(font, mine) == box(source, theirs)
    source.close()


def box(font: TTFont, name: str) -> tuple[float, float, float, float]:
    pen = BoundsPen(font.getGlyphSet())
    font.getGlyphSet()[name].draw(pen)
    return pen.bounds


def test_lowered_and_raised_figures_are_smaller_and_moved() -> None:
    font = subset("2₂⁻−⁵5")
    cmap = font.getBestCmap()
    full, low = box(font, cmap[ord("2")]), box(font, cmap[ord("₂")])
    ratio = (low[3] - low[1]) / (full[3] - full[1])
    assert ratio == pytest.approx(fonts.SCRIPT_SIZE, rel=SIZE_TOLERANCE)
    assert low[1] < full[1]
    five, high = box(font, cmap[ord("5")]), box(font, cmap[ord("⁵")])
    assert high[3] > five[3]


def test_the_same_text_gives_the_same_bytes_whatever_its_repetitions() -> None:
    assert fonts.font_subset_woff("北京 O₃") == fonts.font_subset_woff("北京 O₃" * 3)


def test_invisible_characters_need_no_glyph() -> None:
    assert fonts.missing_glyphs("a\n\t\u200b\ufeffb") == ""
    assert sorted(subset("a\n\u200b").getBestCmap()) == [ord(" "), ord("a")]


def test_a_character_nobody_has_is_named() -> None:
    assert fonts.missing_glyphs("京\U00010330\U00010331\U00010330") == "\U00010330\U00010331"
    with pytest.raises(InputError, match=r"U\+10330.*U\+10331") as error:
        fonts.font_subset_woff("京\U00010330\U00010331")
    assert len(error.value.faults) == 1


def test_subset_says_where_it_comes_from_and_under_which_licence() -> None:
    names = subset("a")["name"]
    assert names.getDebugName(1) == fonts.SUBSET_FAMILY
    assert "SIL Open Font License" in names.getDebugName(13)
    assert "Noto Sans SC" in names.getDebugName(10)


def substitutions(font: TTFont) -> list[tuple[set[str], str, set[str]]]:
    """Return (before, glyph, after) of every contextual rule of the font."""
    if "GSUB" not in font:
        return []
    return [
        (
            set(table.BacktrackCoverage[0].glyphs),
            table.InputCoverage[0].glyphs[0],
            set(table.LookAheadCoverage[0].glyphs),
        )
        for lookup in font["GSUB"].table.LookupList.Lookup
        for table in lookup.SubTable
        if table.LookupType == 6
    ]


def test_a_point_between_lowered_figures_is_lowered_too() -> None:
    """Else PM₂.₅ reads as if the point were raised; the text itself keeps its full stop."""
    font = subset("PM₂.₅ 2.5")
    cmap = font.getBestCmap()
    lowered = {cmap[ord("₂")], cmap[ord("₅")]}
    assert substitutions(font) == [(lowered, cmap[ord(".")], lowered)]
    full, low = box(font, cmap[ord(".")]), box(font, fonts.LOWERED_POINT)
    assert low[1] < full[1]
    assert low[3] - low[1] == pytest.approx(
        fonts.SCRIPT_SIZE * (full[3] - full[1]), rel=0.03
    )  # whole units of some 100


def test_without_lowered_figures_no_rule() -> None:
    assert substitutions(subset("2.5")) == []
    assert substitutions(subset("O₃")) == []


def test_a_figure_draws_the_lowered_point() -> None:
    """The point stands on the line of the lowered figures (matplotlib from 3.11 on applies the rule)."""
    ink = drawn("₂.₅") < 128
    columns = np.flatnonzero(ink.any(axis=0))
    gap = np.flatnonzero(np.diff(columns) > 1)
    assert len(gap) == 2, "three separate glyphs"
    point = ink[:, columns[gap[0] + 1] : columns[gap[1]] + 1]
    bottom = np.flatnonzero(ink.any(axis=1)).max()
    assert np.flatnonzero(point.any(axis=1)).max() == pytest.approx(bottom, abs=1)  # a pixel of anti-aliasing
