"""What a row of an inventory must satisfy, and the one gap that may be filled: the size of particles."""

from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd

from aqcore.errors import Faults, did_you_mean
from aqcore.species import pollutants
from emissions.source_classes import source_classes

Record = dict[str, Any]
"""One row while it is read: columns by name, `place` (`file:row`), and `faulty`, its columns with a fault."""

PARTICLES: dict[str, tuple[str, ...]] = {"PM10": (), "PM25": ("PM10",), "BC": ("PM25", "PM10"), "OC": ("PM25", "PM10")}
"""Particulate pollutants and those that hold them: the mass of a part cannot exceed the whole."""
FLAGS = ("read", "derived", "knowledge", "constructed")
"""How sure a number is; `constructed` is shown as illustrative wherever it appears."""
ROUNDING = 1e-6
"""Relative excess that is taken for rounding of the table's own numbers."""

REQUIRED_CELLS = {
    "area": ("district", "source_class"),
    "point": ("source_id", "district", "source_class", "lon", "lat"),
}
"""Cells that a row must fill."""


def check_required(record: Record, kind: str, faults: Faults) -> None:
    """Note cells that a row of `kind` must fill but leaves empty, and a row that states no emission."""
    for name in REQUIRED_CELLS[kind]:
        if name in record and name not in record["faulty"] and record[name] in (None, ""):
            faults.add(f"{record['place']}:{name}", "the cell is empty", "fill it, or delete the row")
    stated = [name for name in pollutants() if name in record]
    if stated and all(record[name] is None and name not in record["faulty"] for name in stated):
        faults.add(record["place"], "the row states no emission", "give at least one pollutant (0 is a statement)")


def check_flag(record: Record, faults: Faults) -> None:
    """Note a flag that is none of `FLAGS`."""
    flag = record.get("flag")
    if flag and flag not in FLAGS:
        faults.add(f"{record['place']}:flag", f"unknown flag {flag!r}", did_you_mean(flag, FLAGS))


def check_nesting(record: Record, faults: Faults) -> None:
    """Note where a part exceeds the whole that holds it (PM25 in PM10, BC + OC in PM25), or lacks it."""
    if record["faulty"] & PARTICLES.keys():
        return
    stated = {name: record[name] for name in PARTICLES if record.get(name) is not None}
    too_large = [_exceeding(record, stated, inner, outers, faults) for inner, outers in PARTICLES.items()]
    if not any(too_large) and stated.keys() >= {"BC", "OC", "PM25"}:
        carbon = stated["BC"] + stated["OC"]
        if carbon > stated["PM25"] * (1.0 + ROUNDING):
            what = f"BC + OC = {carbon:g} t/a exceed PM25 {stated['PM25']:g} t/a, which holds them"
            faults.add(f"{record['place']}:BC", what, "check the three values and their units")
    if "PM25" in stated:
        return
    if stated.get("PM10"):
        remedy = "state PM25 too (0 is a statement), or let the sizes be filled by source class"
        faults.add(f"{record['place']}:PM25", "PM10 is stated but PM25 is not", remedy)
    if stated.get("BC") or stated.get("OC"):
        faults.add(f"{record['place']}:PM25", "BC or OC is stated but PM25 is not", "state PM25, which holds them")


def _exceeding(record: Record, stated: dict[str, float], inner: str, outers: Iterable[str], faults: Faults) -> bool:
    for outer in outers:
        if inner in stated and outer in stated and stated[inner] > stated[outer] * (1.0 + ROUNDING):
            what = f"{inner} {stated[inner]:g} t/a exceeds {outer} {stated[outer]:g} t/a, which holds it"
            remedy = f"check both values and their units; {outer} includes {inner}"
            faults.add(f"{record['place']}:{inner}", what, remedy)
            return True
    return False


def check_repeats(records: Iterable[Record], faults: Faults) -> None:
    """Note each source that stands twice: the same source_id, or district and class without one."""
    seen: dict[str, str] = {}
    for record in records:
        key = str(record.get("source_id") or f"{record.get('district')}:{record.get('source_class')}")
        if key in seen:
            remedy = "add the rows up, or give each its own source_id"
            faults.add(record["place"], f"source {key!r} stands already at {seen[key]}", remedy)
        seen.setdefault(key, record["place"])


@cache
def size_shares() -> dict[str, float]:
    """Return PM25 per PM10 (g/g) by size profile, from `data/pm_sizes.csv`."""
    with resources.files("emissions").joinpath("data", "pm_sizes.csv").open(encoding="utf-8") as file:
        table = pd.read_csv(file)
    return {str(name): float(share) for name, share in table[["pm_size", "pm25_over_pm10"]].to_numpy()}


def fill_particle_size(record: Record) -> None:
    """Fill PM25 from PM10, or PM10 from PM25, by the size profile of the class; `filled` says what was done.

    A record that states both or neither, or whose class has no size profile, stays as it is.
    """
    one = source_classes().get(record.get("source_class", ""))
    share = size_shares().get(one.pm_size) if one else None
    pm10, pm25 = record.get("PM10"), record.get("PM25")
    if one is None or share is None or (pm10 is None) == (pm25 is None):
        return
    if pm25 is None and pm10 is not None:
        record |= {"PM25": share * pm10, "filled": f"PM25 = {share:g} x PM10 ({one.pm_size})"}
    elif pm25 is not None:
        record |= {"PM10": pm25 / share, "filled": f"PM10 = PM25 / {share:g} ({one.pm_size})"}
