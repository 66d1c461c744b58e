"""Groups of species whose cuts are compared: alkanes, alkenes, aromatics, OVOC, biogenic VOC, CO and NOx."""

import csv
from functools import cache
from importlib.resources import files

ANTHROPOGENIC = ("alkane", "alkene", "aromatic", "OVOC")
"""Groups that make AVOC."""
BIOGENIC, NOX = "BHC", "NOx"


@cache
def reactivity_groups() -> dict[str, tuple[str, ...]]:
    """Return the mechanism species of each group, `data/reactivity_groups.csv`, with AVOC the four anthropogenic."""
    text = files("drivers.box_model").joinpath("data/reactivity_groups.csv").read_text(encoding="utf-8")
    groups: dict[str, tuple[str, ...]] = {}
    for row in csv.DictReader(text.splitlines()):
        groups[row["group"]] = (*groups.get(row["group"], ()), row["species"])
    return {"AVOC": tuple(s for name in ANTHROPOGENIC for s in groups[name]), **groups}
