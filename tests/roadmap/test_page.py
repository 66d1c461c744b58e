"""The whole page: both languages, no empty boxes, nothing fetched, nothing of a user that acts."""

import base64
import io
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from fontTools.ttLib import TTFont

from roadmap.report.build import build, notices, summary
from roadmap.report.page import Card, Figure, Page, Section, Tabular, render
from roadmap.report.results import Results
from roadmap.report.texts import Bilingual

UNSEEN = {"style", "script", "svg"}


class Reader(HTMLParser):
    """Collects the visible text, all attributes, and the headings of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.tags: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag in UNSEEN:
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.text.append(data)


@pytest.fixture(scope="module")
def page(synthetic: Results) -> Page:
    return build(synthetic, "zh")


@pytest.fixture(scope="module")
def html(page: Page) -> str:
    return render(page)


@pytest.fixture(scope="module")
def reader(html: str) -> Reader:
    made = Reader()
    made.feed(html)
    return made


def values(reader: Reader, name: str) -> list[str]:
    return [value for _, key, value in reader.attributes if key == name]


def test_sections_in_the_order_of_the_work(page: Page) -> None:
    assert [section.key for section in page.sections] == [
        "road", "inventory", "scenarios", "model", "effect", "ratio", "review_2013_2017", "trust",
    ]  # fmt: skip


def test_every_section_says_something(page: Page) -> None:
    assert all(section.findings and section.parts for section in page.sections)


def test_every_figure_and_table_has_a_caption_in_both_languages(page: Page) -> None:
    parts = [part for section in page.sections for part in section.parts]
    assert all(part.caption.zh and part.caption.en for part in parts)
    assert sum(isinstance(part, Figure) for part in parts) == 10
    assert sum(isinstance(part, Tabular) for part in parts) == 10


def test_figures_have_names_of_their_own(page: Page) -> None:
    keys = [part.key for section in page.sections for part in section.parts if isinstance(part, Figure)]
    assert len(keys) == len(set(keys))


def test_constructed_figures_are_marked(page: Page, html: str) -> None:
    figures = [part for section in page.sections for part in section.parts if isinstance(part, Figure)]
    assert all(figure.illustrative for figure in figures)
    assert html.count('<span class="mark">') >= len(figures)


def test_language_tags(html: str, reader: Reader) -> None:
    assert html.startswith('<!DOCTYPE html>\n<html lang="zh-CN">')
    assert set(values(reader, "lang")) == {"zh-CN", "en"}
    assert values(reader, "lang").count("en") == values(reader, "lang").count("zh-CN") - 1, "the page itself, and pairs"


def test_the_page_opens_in_the_language_of_the_city_file(page: Page) -> None:
    english = render(replace(page, language="en", sections=()))
    assert '<html lang="en">' in english
    assert re.search(r"<title[^>]*>Synthetic City: one city, one policy for PM₂\.₅ and O₃</title>", english)


def test_titles_for_both_languages_travel_with_the_page(reader: Reader) -> None:
    given = {name: value for tag, name, value in reader.attributes if tag == "title"}
    assert given["data-en"].startswith("Synthetic City:")
    assert given["data-zh"].startswith("合成市")


def test_nothing_is_fetched(html: str, reader: Reader) -> None:
    """No address but anchors, and data of the page itself."""
    for name in ("src", "href", "xlink:href", "action", "poster", "srcset", "data"):
        assert [value for value in values(reader, name) if not value.startswith(("#", "data:image/png;base64,"))] == []
    assert {"link", "iframe", "object", "embed", "img"} & set(reader.tags) == set()
    assert re.findall(r"url\((?![\"']?(?:data:font/woff;base64,|#))", html) == []
    assert "@import" not in html
    assert re.findall(r"\b(?:fetch|XMLHttpRequest|import)\s*\(", html) == []


def embedded_font(html: str) -> TTFont:
    found = re.search(r"data:font/woff;base64,([A-Za-z0-9+/=]+)", html)
    assert found is not None
    return TTFont(io.BytesIO(base64.b64decode(found.group(1))))


def test_every_character_of_the_page_is_in_the_embedded_font(html: str, reader: Reader) -> None:
    """A machine without any Chinese font shows no empty box."""
    cmap = embedded_font(html).getBestCmap()
    shown = "".join([*reader.text, *values(reader, "aria-label"), *values(reader, "data-zh")])
    assert {char for char in shown if not char.isspace() and ord(char) not in cmap} == set()
    assert len(shown) > 5_000


def test_css_names_the_embedded_font_first(html: str) -> None:
    assert re.search(r'font:[^;]*?"yice sans", ', html)


def test_user_text_is_escaped_everywhere(html: str, reader: Reader) -> None:
    """The scenario `target` is called `Road <script>`: one script stands in the page, and it is ours."""
    assert reader.tags.count("script") == 1
    assert "Road &lt;script&gt;" in html
    assert any("Road <script>" in text for text in reader.text)


def test_no_number_is_written_with_a_hyphen(reader: Reader) -> None:
    text = " ".join(reader.text)
    assert re.findall(r"(?<![\w.)–-])-\d", text) == []
    assert re.findall(r"\d[–-]{1,2}[-−]\d", text) == []


def test_formulae_are_lowered_everywhere(reader: Reader) -> None:
    text = " ".join(reader.text)
    assert re.findall(r"(?<![A-Za-z0-9_/])(?:PM2\.5|PM25|PM10|O3|NO2|SO2|NH3|NOx)(?![A-Za-z0-9_])", text) == []


def test_ids_are_unique_and_anchors_lead_somewhere(reader: Reader) -> None:
    ids = values(reader, "id")
    assert len(ids) == len(set(ids))
    anchors = [value[1:] for tag, name, value in reader.attributes if (tag, name) == ("a", "href")]
    assert set(anchors) <= set(ids)
    assert len(anchors) == 9, "eight sections and the way past the header"


def test_figures_have_words_for_those_who_do_not_see_them(page: Page, reader: Reader) -> None:
    figures = sum(isinstance(part, Figure) for section in page.sections for part in section.parts)
    assert values(reader, "role").count("img") == 2 * figures
    assert all(values(reader, "aria-label"))


def test_long_tables_are_folded_and_open_for_printing(html: str, reader: Reader) -> None:
    assert reader.tags.count("details") == reader.tags.count("summary") == 2
    assert "beforeprint" in html
    assert "::details-content" in html


def test_style_keeps_focus_visible_phones_and_paper_in_mind(html: str) -> None:
    style = html[html.index("<style>") : html.index("</style>")]
    for needed in (":focus-visible", "@media print", "@media (max-width: 760px)", "overflow-x: auto"):
        assert needed in style
    assert 'name="viewport"' in html


def test_cards_show_mark_words_and_colour(html: str) -> None:
    assert html.count('class="card good"') == html.count('class="card bad"') == 1
    assert html.count('<span class="sign" aria-hidden="true">✓</span>') == 1
    assert html.count('<span class="sign" aria-hidden="true">✗</span>') == 1


def test_summary_holds_verdict_cut_inflow_ozone_and_the_models_bias(synthetic: Results) -> None:
    said = " ".join(sentence.en for sentence in summary(synthetic))
    for needed in ("do not attain", "NOₓ is cut by 50%", "inflow", "VOC:NOₓ of at least", "the base run misses"):
        assert needed in said


def test_notices_say_what_is_constructed_only_where_it_is(synthetic: Results, changed: Callable[..., Results]) -> None:
    assert len(notices(synthetic)) == 3
    real = notices(changed(illustrative=False, days_kind="observed"))
    assert len(real) == 2
    assert "3 real days" in real[0].en


def test_the_same_page_gives_the_same_bytes(page: Page, html: str) -> None:
    assert render(page) == html


def test_a_page_of_hostile_texts_stays_a_page() -> None:
    hostile = Bilingual('"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}</style><script>")
    card = Card(hostile, "<b>", "<i>", hostile, hostile, "warn")
    figure = Figure("k", hostile, {"zh": "<svg></svg>", "en": "<svg></svg>"})
    page = Page(
        hostile, hostile, "en", [card], [Section("s", hostile, [hostile], [figure])], [hostile], [hostile], [hostile]
    )
    reader = Reader()
    reader.feed(render(page))
    assert {"img", "b", "i"} & set(reader.tags) == set()
    assert (reader.tags.count("script"), reader.tags.count("style")) == (1, 1)
    assert "onerror" not in {name for _, name, _ in reader.attributes}
    assert any("{{ 7 * 7 }}" in text for text in reader.text), "no template runs on a user's text"
