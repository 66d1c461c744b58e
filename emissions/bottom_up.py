"""Emission from activity: E = A x EF x (1 - removal), with the units checked.

Guidelines of the city inventory manual (E = activity x factor x (1 - efficiency of removal)). The activity is that of
a year; its unit and the base of the factor must be of one dimension (1000 t of coal with g/kg or kg/t, not with g/m3).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd

from aqcore.errors import Faults, did_you_mean
from aqcore.species import pollutants
from aqcore.units import GRAM_PER_TONNE, MASS_UNITS_GRAM
from emissions.source_classes import source_classes

ACTIVITY, ACTIVITY_UNIT, ITEM, REMOVAL = "activity", "activity_unit", "factor_item", "removal_pct"
"""Columns of a table besides `ef_<pollutant>` and `removal_<pollutant>_pct`."""

YEARLY = ("/a", "/yr", "/year", "/年", " a-1")
"""Endings of a unit of activity that say "a year"."""


@dataclass(frozen=True)
class Factor:
    """One factor of the library: `ef` in `unit` of a pollutant, for an item of a level-2 source of the manual."""

    level2_code: str
    item: str
    activity: str
    pollutant: str
    ef: float
    unit: str
    source: str
    flag: str


@cache
def emission_factors() -> tuple[Factor, ...]:
    """Return the library of emission factors (`data/emission_factors.csv`); factors are before any removal."""
    with resources.files("emissions").joinpath("data", "emission_factors.csv").open(encoding="utf-8") as file:
        table = pd.read_csv(file, dtype=str, keep_default_na=False)
    return tuple(
        Factor(row["level2_code"], row["item"], row["activity"], row["pollutant"], float(row["ef"]), row["unit"],
               row["source"], row["flag"])
        for row in table.to_dict("records")
    )  # fmt: skip


def factors_of(source_class: str) -> tuple[Factor, ...]:
    """Return the factors of the level-2 source that a class belongs to, empty for an unknown class."""
    one = source_classes().get(source_class)
    code = one.level2_code if one else ""
    return tuple(factor for factor in emission_factors() if factor.level2_code == code)


@cache
def activity_units() -> dict[str, tuple[str, float]]:
    """Return dimension and factor of each unit of activity, from `data/activity_units.csv`."""
    with resources.files("emissions").joinpath("data", "activity_units.csv").open(encoding="utf-8") as file:
        table = pd.read_csv(file, dtype=str)
    return {str(unit): (str(dim), float(factor)) for unit, dim, factor in table.iloc[:, :3].to_numpy()}


def unit_of_activity(text: str) -> tuple[str, float]:
    """Return the dimension of a unit of activity a year and its factor; raises `ValueError` with the remedy."""
    plain = text.strip().replace("／", "/").replace("·", " ")
    ending = next((end for end in YEARLY if plain.endswith(end)), "")
    name = plain.removesuffix(ending).strip()
    if name not in activity_units():
        raise ValueError(f"unknown unit of activity {text!r}: {did_you_mean(name, activity_units())}")
    return activity_units()[name]


def tonnes_per_activity(ef_unit: str, activity_unit: str) -> float:
    """Return the t a-1 that one `activity_unit` a year makes at 1 `ef_unit`, such as `g/kg` with `万吨/年`.

    Raises `ValueError` with the remedy for unknown units and for units of two dimensions.
    """
    mass, _, base = ef_unit.strip().replace("／", "/").partition("/")
    if mass.strip() not in MASS_UNITS_GRAM or not base:
        raise ValueError(f"unknown unit of a factor {ef_unit!r}: write a mass over an activity, such as g/kg or kg/t")
    of_factor, of_activity = unit_of_activity(base), unit_of_activity(activity_unit)
    if of_factor[0] != of_activity[0]:
        raise ValueError(
            f"{ef_unit!r} is a factor on {of_factor[0]}, but the activity {activity_unit!r} is {of_activity[0]}: "
            "give both in one dimension"
        )
    return MASS_UNITS_GRAM[mass.strip()] / GRAM_PER_TONNE * of_activity[1] / of_factor[1]


@dataclass(frozen=True)
class _Stated:
    """Factor and unit of one pollutant of a row, and where they come from."""

    ef: float
    unit: str
    origin: str


def fill_bottom_up(record: dict[str, Any], ef_units: Mapping[str, str], activity_unit: str, faults: Faults) -> None:
    """Fill the emissions (t/a) of a row from its activity; `bottom_up` says how each was found.

    `record` holds the cells by column (numbers as numbers, None when empty), `ef_units` the unit of each column
    `ef_<pollutant>`, `activity_unit` that of the header of `activity` (empty: the row's column says it). A row
    without activity stays as it is. Notes faults: factors without activity or the reverse, an emission that is stated
    beside its factor, units that do not fit, items that the library does not have.
    """
    place, activity = record["place"], record.get(ACTIVITY)
    for name in ef_units:
        record.setdefault(name.removeprefix("ef_"), None)
    stated = _stated(record, ef_units, faults)
    if activity is None:
        if stated and ACTIVITY not in record["faulty"]:
            remedy = "give the activity, or leave the factors empty"
            faults.add(f"{place}:{ACTIVITY}", "factors without an activity", remedy)
        return
    unit = activity_unit or str(record.get(ACTIVITY_UNIT) or "")
    if not unit:
        faults.add(f"{place}:{ACTIVITY_UNIT}", "an activity without unit", "write activity (t/a), or fill this column")
        return
    if not stated and not record.get(ITEM) and not any(name.startswith("ef_") for name in record["faulty"]):
        faults.add(place, "an activity without any factor", "give ef_<pollutant>, or an item of the library")
    notes = []
    for pollutant, one in stated.items():
        if record.get(pollutant) is not None:
            remedy = "leave one of the two empty"
            faults.add(f"{place}:{pollutant}", "an emission is stated beside its factor", remedy)
            continue
        mass = _mass(record, pollutant, one, activity, unit, faults)
        if mass is not None:
            record[pollutant] = mass
            how = f"{activity:g} {unit} x {one.ef:g} {one.unit}{_kept(record, pollutant)}{one.origin}"
            notes.append(f"{pollutant} from {how}")
    record["bottom_up"] = f"bottom-up: {'; '.join(notes)}" if notes else ""


def _stated(record: dict[str, Any], ef_units: Mapping[str, str], faults: Faults) -> dict[str, _Stated]:
    """Return the factors of a row by pollutant: those of its item, in whose place its own stand."""
    found = {one.pollutant: _Stated(one.ef, one.unit, f" ({one.item}, {one.flag})") for one in _of_item(record, faults)}
    own = {
        name.removeprefix("ef_"): _Stated(record[name], unit, "")
        for name, unit in ef_units.items()
        if record.get(name) is not None
    }
    return {name: (found | own)[name] for name in pollutants() if name in found | own}


def _of_item(record: dict[str, Any], faults: Faults) -> list[Factor]:
    item = str(record.get(ITEM) or "")
    if not item:
        return []
    known = factors_of(str(record.get("source_class")))
    chosen = [factor for factor in known if factor.item == item]
    if not chosen:
        names = dict.fromkeys(factor.item for factor in known or emission_factors())
        what = f"the library has no factor {item!r} for {record.get('source_class')}"
        faults.add(f"{record['place']}:{ITEM}", what, did_you_mean(item, names))
    return chosen


def removal(record: dict[str, Any], pollutant: str) -> float:
    """Return the share of a pollutant that is removed: of its own column, else of the row's, else none."""
    own, common = record.get(f"removal_{pollutant}_pct"), record.get(REMOVAL)
    value = own if own is not None else common
    return 0.0 if value is None else value / 100.0


def _kept(record: dict[str, Any], pollutant: str) -> str:
    share = removal(record, pollutant)
    return f" x (1 - {share:g})" if share else ""


def _mass(
    record: dict[str, Any], pollutant: str, one: _Stated, activity: float, unit: str, faults: Faults
) -> float | None:
    try:
        factor = tonnes_per_activity(one.unit, unit)
    except ValueError as error:
        what, _, remedy = str(error).rpartition(": ")
        faults.add(f"{record['place']}:ef_{pollutant}", what, remedy)
        return None
    return float(activity * one.ef * factor * (1.0 - removal(record, pollutant)))
