"""Figures as SVG: both languages, no fonts needed, ids of their own, the same bytes each time."""

import re
import warnings

import pytest
from matplotlib.figure import Figure

from aqcore.style import CM_PER_INCH
from roadmap.report.drawing import Size, drawings, own_ids, shortened
from roadmap.report.texts import Language

POINTS_PER_INCH = 72.0
SIZE_TOLERANCE = 0.01
"""Points of a length in cm: the SVG rounds to six digits."""


def paint(fig: Figure, language: Language) -> None:
    ax = fig.subplots()
    ax.plot([0, 1], [0, 1], marker="o")
    ax.set_title({"zh": "PM₂.₅ 年均（−5）", "en": "PM₂.₅ annual mean (−5)"}[language])


@pytest.fixture(scope="module")
def svg() -> dict[Language, str]:
    return drawings(paint, Size(12.0, 6.0))


def test_one_drawing_a_language(svg: dict[Language, str]) -> None:
    assert set(svg) == {"zh", "en"}
    assert svg["zh"] != svg["en"]
    assert all(text.startswith("<svg") and text.rstrip().endswith("</svg>") for text in svg.values())


def test_size_is_what_was_asked_for(svg: dict[Language, str]) -> None:
    width, height = re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"|$', svg["zh"]).groups()
    if width is None:
        height, width = re.search(r'height="([\d.]+)pt".*?width="([\d.]+)pt"', svg["zh"], re.DOTALL).groups()
    assert float(width) == pytest.approx(12.0 / CM_PER_INCH * POINTS_PER_INCH, abs=SIZE_TOLERANCE)
    assert float(height) == pytest.approx(6.0 / CM_PER_INCH * POINTS_PER_INCH, abs=SIZE_TOLERANCE)


def test_text_is_outlines(svg: dict[Language, str]) -> None:
    assert all("<text" not in text and "font-family" not in text for text in svg.values())


def test_nothing_is_fetched_and_no_date_written(svg: dict[Language, str]) -> None:
    for text in svg.values():
        assert re.findall(r'(?:href|src)="(?!#)[^"]*"', text) == []
        assert "<dc:date>" not in text


def test_equal_data_give_equal_bytes(svg: dict[Language, str]) -> None:
    assert drawings(paint, Size(12.0, 6.0)) == svg


def test_outlines_end_at_a_tenth_of_a_point(svg: dict[Language, str]) -> None:
    outlines = re.findall(r' d="([^"]*)"', svg["zh"])
    assert outlines
    assert not any(re.search(r"\.\d{2}", outline) for outline in outlines)
    assert re.search(r"\.\d{3}", re.sub(r' d="[^"]*"', "", svg["zh"])), "scales and places keep their digits"


def test_lines_that_follow_a_line_need_no_letter() -> None:
    given = "M 1.04 2.0 \nL 3.16 4 \nL -5.0 6.25 \nQ 1 2 3 4 \nL 7 8 \nz \nM 9 10.05 \nL 11 12"
    assert shortened(given) == "M1 2 3.1 4 -5 6.2 Q1 2 3 4 L7 8 z M9 10 11 12"


def test_ids_of_two_figures_never_meet(svg: dict[Language, str]) -> None:
    ids = {language: set(re.findall(r'\bid="([^"]+)"', text)) for language, text in svg.items()}
    assert ids["zh"] & ids["en"] == set()
    for language, text in svg.items():
        asked = set(re.findall(r'href="#([^"]+)"', text)) | set(re.findall(r"url\(#([^)]+)\)", text))
        assert asked <= ids[language], "a reference that leads nowhere"
        assert asked


def test_own_ids_by_hand() -> None:
    made = own_ids('<g id="a"><use xlink:href="#a" clip-path="url(#b)"/></g>')
    mark = re.search(r'id="(f[0-9a-f]{8}-)a"', made).group(1)
    assert made == f'<g id="{mark}a"><use xlink:href="#{mark}a" clip-path="url(#{mark}b)"/></g>'


def test_repeated_ids_are_numbered() -> None:
    """Two equal colour bars of one figure bring the same image twice."""
    made = own_ids('<image id="a"/><image id="a"/><use href="#a"/>')
    first, second = re.findall(r'id="([^"]+)"', made)
    assert second == f"{first}-2"
    assert f'href="#{first}"' in made


def test_no_missing_glyphs() -> None:
    def hard(fig: Figure, language: Language) -> None:
        fig.text(0.1, 0.5, "NOₓ ≤ 5×10⁻⁸ ∂O₃/∂NOₓ → μg/m³ “示意” ✓ ✗ −")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawings(hard, Size(12.0, 3.0))
