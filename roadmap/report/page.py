"""The page: sections with figures and tables, written as one HTML file that needs nothing else."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from aqcore.fonts import font_subset_woff
from roadmap.report.texts import LANGUAGES, Bilingual, Language, texts


@dataclass(frozen=True)
class Figure:
    """A figure in both languages (SVG text), its caption, and whether it shows constructed data."""

    key: str
    caption: Bilingual
    svg: dict[Language, str]
    illustrative: bool = False


@dataclass(frozen=True)
class Tabular:
    """A table (HTML), its caption, and whether it shows constructed data."""

    caption: Bilingual
    html: Markup
    illustrative: bool = False


@dataclass(frozen=True)
class Section:
    """A part of the page: title, one paragraph that says what is seen, figures and tables."""

    key: str
    title: Bilingual
    findings: Sequence[Bilingual] = ()
    parts: Sequence[Figure | Tabular] = ()


@dataclass(frozen=True)
class Card:
    """A key number at the top: value with unit, what it is, and how sure it is."""

    label: Bilingual
    value: str
    unit: str
    note: Bilingual
    tone: str = "plain"


@dataclass(frozen=True)
class Page:
    """Everything that the page shows."""

    title: Bilingual
    subtitle: Bilingual
    language: Language
    cards: Sequence[Card]
    sections: Sequence[Section]
    notices: Sequence[Bilingual] = ()
    footer: Sequence[Bilingual] = field(default_factory=tuple)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("roadmap.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.globals.update(texts=texts(), languages=LANGUAGES)
    environment.tests["figure"] = lambda part: isinstance(part, Figure)
    return environment


def render(page: Page) -> str:
    """Return the page as one HTML text with figures, style and a subset of the font inside."""
    style = files("roadmap.report").joinpath("templates/page.css").read_text(encoding="utf-8")
    script = files("roadmap.report").joinpath("templates/page.js").read_text(encoding="utf-8")
    template = _environment().get_template("page.html.j2")
    bare = template.render(page=page, style=Markup(style), script=Markup(script), font="")  # noqa: S704 our own files
    font = base64.b64encode(font_subset_woff(bare)).decode("ascii")
    return template.render(page=page, style=Markup(style), script=Markup(script), font=font)  # noqa: S704 our own files
