"""The words of the page in Chinese and English, from one table."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from markupsafe import Markup, escape

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


@dataclass(frozen=True)
class Bilingual:
    """One text in both languages."""

    zh: str
    en: str

    def __getitem__(self, language: Language) -> str:
        """Return the text in one language."""
        return self.zh if language == "zh" else self.en

    def __html__(self) -> str:
        """Return both texts, each in an element of its language; the page shows one of them."""
        return Markup('<span lang="zh">{}</span><span lang="en">{}</span>').format(self.zh, self.en)

    def format(self, **values: object) -> "Bilingual":
        """Return the texts with their fields filled."""
        return Bilingual(self.zh.format(**values), self.en.format(**values))


@cache
def texts() -> Mapping[str, Bilingual]:
    """Return every text of the page by its key."""
    source = files("roadmap.report").joinpath("data/texts.csv").read_text(encoding="utf-8")
    return {row["key"]: Bilingual(row["zh"], row["en"]) for row in csv.DictReader(source.splitlines())}


def text(key: str, **values: object) -> Bilingual:
    """Return one text of the table, its fields filled; an unknown key is a programming error."""
    return texts()[key].format(**values) if values else texts()[key]


def text_or(key: str, other: str) -> Bilingual:
    """Return the text of a key that data bring along (a sector, a pollutant), or the key itself."""
    return texts().get(key, Bilingual(other, other))


def html(value: object) -> Markup:
    """Return any value as safe HTML."""
    return escape(value)
