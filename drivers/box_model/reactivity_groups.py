"""Groups of species whose cuts are compared: alkanes, alkenes, aromatics, OVOC, biogenic VOC, CO and NOx."""

import csv
from functools import cache
from importlib.resources import files
from typing import Literal

ANTHROPOGENIC = ("alkane", "alkene", "aromatic", "OVOC")
"""Groups that make AVOC."""
BIOGENIC, NOX = "BHC", "NOx"


AVOC = "AVOC"
AVOC_TITLE = {"zh": "人为 VOC", "en": "anthropogenic VOC"}


@cache
def _rows() -> tuple[dict[str, str], ...]:
    text = files("drivers.box_model").joinpath("data/reactivity_groups.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


@cache
def reactivity_groups() -> dict[str, tuple[str, ...]]:
    """Return the mechanism species of each group, `data/reactivity_groups.csv`, with AVOC the four anthropogenic."""
    groups: dict[str, tuple[str, ...]] = {}
    for row in _rows():
        groups[row["group"]] = (*groups.get(row["group"], ()), row["species"])
    return {AVOC: tuple(s for name in ANTHROPOGENIC for s in groups[name]), **groups}


def group_title(group: str, language: Literal["zh", "en"]) -> str:
    """Return the title of a group; what the table does not name keeps its own."""
    titles = {AVOC: AVOC_TITLE[language], **{row["group"]: row[f"title_{language}"] for row in _rows()}}
    return titles.get(group, group)
