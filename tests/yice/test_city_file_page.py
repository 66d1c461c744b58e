"""docs/city-file.md names every key that a city file may hold."""

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from drivers.box_model.settings import BoxSettings
from drivers.cmaq.settings import CmaqSettings
from yice.city import City

DOCS = Path(__file__).parents[2] / "docs"
NOT_KEYS = {"folder"}
"""Of `City`: where the file stands, which nobody writes into it."""


def _sections(kind: Any) -> Iterator[type[BaseModel]]:
    """Yield the sections inside a type such as `tuple[Section, ...] | None`."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for part in get_args(kind):
        yield from _sections(part)


def keys(section: type[BaseModel]) -> Iterator[str]:
    for name, info in section.model_fields.items():
        yield name
        for inner in _sections(info.annotation):
            yield from keys(inner)


CITY_KEYS = sorted({*keys(City)} - NOT_KEYS)
BOX_KEYS = [item.name for item in fields(BoxSettings)]
CMAQ_KEYS = [item.name for item in fields(CmaqSettings)]


@pytest.fixture(scope="module")
def named() -> set[str]:
    """The words inside code marks of the page of the city file."""
    text = (DOCS / "city-file.md").read_text(encoding="utf-8")
    return {word for code in re.findall(r"`([^`]+)`", text) for word in re.findall(r"[a-z][a-z0-9_]*", code)}


@pytest.mark.parametrize("key", [*CITY_KEYS, *BOX_KEYS, *CMAQ_KEYS])
def test_each_key_stands_on_the_page(key: str, named: set[str]) -> None:
    assert key in named
