"""Source classes: what kind of source it is decides its sector, profiles and surrogate."""

from dataclasses import dataclass, fields
from functools import cache
from importlib import resources

import pandas as pd

SECTORS = (
    "POWER",
    "BOILERS",
    "INDUSTRY",
    "ONROAD",
    "OFFROAD",
    "RESIDENTIAL",
    "SOLVENT",
    "STORAGE",
    "DUST",
    "AGRICULTURE",
    "WASTE",
    "COOKING",
)
"""The sectors, which are the names of the emission streams too."""


@dataclass(frozen=True)
class SourceClass:
    """One class of sources with the profiles that it is given; an empty id means "emits none of it".

    `kind` says how such sources stand in an inventory: point, area, both or grid.
    `level1_*` and `level2_*` are the levels of the ministry's city inventory manual.
    """

    source_class: str
    name_zh: str
    name_en: str
    level1_code: str
    level1_zh: str
    level2_code: str
    level2_zh: str
    sector: str
    kind: str
    temporal_profile: str
    vertical_profile: str
    voc_profile: str
    pm25_profile: str
    nox_split: str
    pm_size: str
    surrogate: str
    source: str
    flag: str


def source_class_table() -> pd.DataFrame:
    """Return `data/source_classes.csv` as text columns, indexed by source class."""
    with resources.files("emissions").joinpath("data", "source_classes.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=str, keep_default_na=False).set_index("source_class", drop=False)


@cache
def source_classes() -> dict[str, SourceClass]:
    """Return the source classes by slug, in the order of the table."""
    names = [field.name for field in fields(SourceClass)]
    rows = source_class_table().to_dict("records")
    return {row["source_class"]: SourceClass(**{name: row[name] for name in names}) for row in rows}


def sector_of(source_class: str) -> str:
    """Return the sector of a source class; raises `KeyError` for an unknown one."""
    return source_classes()[source_class].sector
