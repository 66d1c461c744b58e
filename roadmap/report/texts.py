"""The words of the page in Chinese and English, from two tables: our own texts, and words that data bring along."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from markupsafe import Markup

from aqcore.style import name
from roadmap.report.typography import typeset

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")

TAGS: Mapping[Language, str] = {"zh": "zh-CN", "en": "en"}
"""Language tags of the HTML standard (BCP 47)."""


@dataclass(frozen=True)
class Bilingual:
    """One text in both languages."""

    zh: str
    en: str

    def __getitem__(self, language: Language) -> str:
        """Return the text in one language."""
        return self.zh if language == "zh" else self.en

    def __html__(self) -> str:
        """Return both texts, each in an element of its language (the page shows one of them); one when they agree."""
        if self.zh == self.en:
            return str(Markup.escape(self.zh))
        return Markup('<span lang="zh-CN">{}</span><span lang="en">{}</span>').format(self.zh, self.en)

    def format(self, **values: object) -> "Bilingual":
        """Return the texts with their fields filled; a value in both languages goes into its own."""
        zh, en = (self[language].format(**_in_language(values, language)) for language in LANGUAGES)
        return Bilingual(zh, en)


def _in_language(values: Mapping[str, object], language: Language) -> dict[str, object]:
    return {key: value[language] if isinstance(value, Bilingual) else value for key, value in values.items()}


def both(words: str) -> Bilingual:
    """Return words that are the same in both languages, typeset."""
    return Bilingual(typeset(words), typeset(words))


def pair(zh: object, en: object) -> Bilingual:
    """Return a title that data give in both languages, typeset; a missing one is taken from the other."""
    given = [typeset(str(words)) if isinstance(words, str) and words else "" for words in (zh, en)]
    return Bilingual(given[0] or given[1], given[1] or given[0])


def joined(items: Iterable[Bilingual], zh: str = "、", en: str = ", ") -> Bilingual:
    """Return a list in words."""
    listed = list(items)
    return Bilingual(zh.join(item.zh for item in listed), en.join(item.en for item in listed))


@cache
def texts() -> Mapping[str, Bilingual]:
    """Return every text of the page by its key."""
    return _table("texts")


@cache
def words() -> Mapping[str, Bilingual]:
    """Return the words of data that are known in both languages, by the word as the data write it."""
    return _table("words")


def _table(stem: str) -> dict[str, Bilingual]:
    source = files("roadmap.report").joinpath(f"data/{stem}.csv").read_text(encoding="utf-8")
    return {row["key"]: Bilingual(row["zh"], row["en"]) for row in csv.DictReader(source.splitlines())}


def text(key: str, **values: object) -> Bilingual:
    """Return one text of the table, its fields filled; an unknown key is a programming error."""
    return texts()[key].format(**values) if values else texts()[key]


def text_or(key: str, other: str) -> Bilingual:
    """Return the text of a key that data bring along (a statistic, a case), or the other words, typeset."""
    return texts().get(key) or both(other)


def word(given: object) -> Bilingual:
    """Return a word of the data in both languages where it is known, else as it stands, typeset."""
    return words().get(str(given)) or both(str(given))


def word_list(given: object, separator: str) -> Bilingual:
    """Return the words of a list in one cell in both languages; nothing for an empty cell."""
    parts = [part.strip() for part in str(given).split(separator)] if isinstance(given, str) else []
    return joined((word(part) for part in parts if part), zh="；" if separator == ";" else "、")


def named(kind: str, key: str) -> Bilingual:
    """Return the name of a pollutant or sector as figures show it."""
    return Bilingual(name(kind, key, "zh"), name(kind, key, "en"))
