"""The page: sections with figures and tables, written as one HTML file that needs nothing else."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from aqcore.fonts import font_subset_woff
from roadmap.report.texts import LANGUAGES, TAGS, Bilingual, Language, texts

Tone = Literal["plain", "good", "warn", "bad"]

MARKS: dict[Tone, str] = {"plain": "", "good": "✓", "warn": "!", "bad": "✗"}
"""What stands before the words of a verdict, so that its colour is not the only signal."""


@dataclass(frozen=True)
class Figure:
    """A figure in both languages (SVG text), its caption, and whether it shows constructed data."""

    key: str
    caption: Bilingual
    svg: dict[Language, str]
    illustrative: bool = False


@dataclass(frozen=True)
class Tabular:
    """A table (HTML), its caption, whether it shows constructed data, and the words that it is folded behind."""

    caption: Bilingual
    html: Markup
    illustrative: bool = False
    folded: Bilingual | None = None


@dataclass(frozen=True)
class Section:
    """A part of the page: title, sentences that say what is seen, figures and tables."""

    key: str
    title: Bilingual
    findings: Sequence[Bilingual] = ()
    parts: Sequence[Figure | Tabular] = ()


@dataclass(frozen=True)
class Card:
    """A key number at the top: what it is, value with unit, a verdict in words with its tone, and one line more."""

    label: Bilingual
    value: str
    unit: str
    note: Bilingual
    verdict: Bilingual
    tone: Tone = "plain"


@dataclass(frozen=True)
class Page:
    """Everything that the page shows."""

    title: Bilingual
    subtitle: Bilingual
    language: Language
    cards: Sequence[Card]
    sections: Sequence[Section]
    summary: Sequence[Bilingual] = ()
    notices: Sequence[Bilingual] = ()
    footer: Sequence[Bilingual] = ()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("roadmap.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(texts=texts(), languages=LANGUAGES, tags=TAGS, marks=MARKS)
    environment.tests["figure"] = lambda part: isinstance(part, Figure)
    return environment


def render(page: Page) -> str:
    """Return the page as one HTML text with figures, style and a subset of the font inside."""
    style, script = _own("page.css"), _own("page.js")
    template = _environment().get_template("page.html.j2")
    bare = template.render(page=page, style=style, script=script, font="")
    font = base64.b64encode(font_subset_woff(bare)).decode("ascii")
    return template.render(page=page, style=style, script=script, font=font)


def _own(name: str) -> Markup:
    text = files("roadmap.report").joinpath(f"templates/{name}").read_text(encoding="utf-8")
    return Markup(text)  # noqa: S704 a file of this package
