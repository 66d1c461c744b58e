"""Reading measures: a CSV with one row a (measure, pollutant), or a TOML with nested effects; one check for both."""

import csv
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from aqcore.errors import Faults, did_you_mean
from scenarios.cells import LIST_SEPARATOR, Row, flag, given, moment, number, optional_percent, percent
from scenarios.measure import ASSUMABLE, Effect, Measure
from scenarios.part_years import DECEMBER, JANUARY
from scenarios.target import COLUMNS as COLUMNS_OF_TARGET
from scenarios.target import Target
from scenarios.vocabulary import Vocabulary, check_names

TARGET_COLUMNS = tuple(COLUMNS_OF_TARGET)
#: Columns that describe the measure itself: every row of a measure gives the same.
MEASURE_COLUMNS = ("name_zh", "name_en", "department", *TARGET_COLUMNS, "start", "end", "group", "co2_change_pct",
                   "co2_effect", "lifetime_a", "investment_cny", "running_cost_cny_per_a", "evidence")  # fmt: skip
EFFECT_COLUMNS = ("pollutant", "removal_pct", "removal_low_pct", "removal_high_pct", "stage_share_pct",
                  "coverage_now_pct", "coverage_planned_pct", "cost_cny_per_t", "assumed", "source", "flag",
                  "note")  # fmt: skip
COLUMNS = ("measure_id", *MEASURE_COLUMNS, *EFFECT_COLUMNS)
REQUIRED = ("measure_id", "pollutant", "removal_pct", "coverage_now_pct", "coverage_planned_pct", "source", "flag")


def read_measures(path: Path, vocabulary: Vocabulary) -> tuple[Measure, ...]:
    """Return the measures of a `.csv` or `.toml` file, in the order of the file.

    Raises `InputError` with every fault: unknown columns and names, numbers outside their range, a planned coverage
    below today's, an end before the start, a repeated (measure, pollutant), rows of a measure that disagree.
    """
    faults = Faults()
    rows = _toml_rows(path, faults) if path.suffix == ".toml" else _csv_rows(path, faults)
    measures = tuple(_measures(rows, vocabulary, faults))
    faults.raise_if_any()
    return measures


def combined(library: Iterable[Measure], city: Iterable[Measure]) -> tuple[Measure, ...]:
    """Return the library with the city's own measures; a city's measure replaces the library's of the same id."""
    return tuple({measure.id: measure for measure in (*library, *city)}.values())


def _csv_rows(path: Path, faults: Faults) -> list[Row]:
    """Return the rows of a CSV file; unknown or missing columns are faults."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        header = next(reader, [])
        _check_columns(path.name, header, faults)
        return [
            Row(f"{path.name}:{reader.line_num}", dict(zip(header, cells, strict=False)))
            for cells in reader
            if _full(f"{path.name}:{reader.line_num}", header, cells, faults)
        ]


def _full(where: str, header: list[str], cells: list[str], faults: Faults) -> bool:
    """Return whether a line holds a row; a line with another number of cells than the header is a fault."""
    if not any(cell.strip() for cell in cells):
        return False
    if len(cells) != len(header):
        faults.add(where, f"{len(cells)} cells under {len(header)} columns", "quote cells that hold a comma")
        return False
    return True


def _check_columns(name: str, header: list[str], faults: Faults) -> None:
    """Note missing, unknown and repeated columns, and stop when a required one is missing."""
    for column in header:
        if column not in COLUMNS:
            faults.add(f"{name}:1", f"unknown column {column!r}", did_you_mean(column, COLUMNS))
        elif header.count(column) > 1:
            faults.add(f"{name}:1", f"column {column!r} stands {header.count(column)} times", "keep one of them")
    for column in REQUIRED:
        if column not in header:
            faults.add(f"{name}:1", f"column {column!r} is missing", "add it; docs/scenarios.md lists the columns")
    if not set(REQUIRED) <= set(header):
        faults.raise_if_any()


def _toml_rows(path: Path, faults: Faults) -> list[Row]:
    """Return the rows of a TOML file with `[[measure]]` tables that hold `[[measure.effect]]` tables."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        faults.add(path.name, f"not valid TOML: {error}", "correct the line that is named")
        return []
    for key in sorted(set(document) - {"measure"}):
        faults.add(f"{path.name}:{key}", "unknown table", "allowed: [[measure]]")
    return [row for number, table in enumerate(document.get("measure", []), 1)
            for row in _effect_rows(f"{path.name}:measure {number}", table, faults)]  # fmt: skip


def _effect_rows(where: str, table: dict[str, Any], faults: Faults) -> Iterator[Row]:
    """Yield one row an effect of a `[[measure]]` table; the keys are the columns of the CSV, `measure_id` is `id`."""
    own = {("measure_id" if key == "id" else key): value for key, value in table.items() if key != "effect"}
    _check_keys(where, own, ("measure_id", *MEASURE_COLUMNS), faults)
    if not table.get("effect"):
        faults.add(where, "no [[measure.effect]]", "give at least one pollutant")
    for place, effect in enumerate(table.get("effect", []), 1):
        here = f"{where}:effect {place}"
        _check_keys(here, effect, EFFECT_COLUMNS, faults)
        yield Row(here, {key: _as_text(value) for key, value in {**own, **effect}.items()})


def _check_keys(where: str, table: Mapping[str, Any], allowed: tuple[str, ...], faults: Faults) -> None:
    """Note keys of a TOML table that mean nothing."""
    for key in table:
        if key not in allowed:
            faults.add(f"{where}:{key}", "unknown key", did_you_mean(key, allowed))


def _as_text(value: Any) -> str:
    """Return a TOML value as the text that a CSV cell would hold."""
    return LIST_SEPARATOR.join(map(str, value)) if isinstance(value, list) else str(value)


def _measures(rows: list[Row], vocabulary: Vocabulary, faults: Faults) -> Iterator[Measure]:
    """Yield the measures of checked rows; faulty ones are noted and left out (the caller raises)."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        if row.text("measure_id"):
            groups.setdefault(row.text("measure_id"), []).append(row)
        else:
            faults.add(row.at("measure_id"), "empty", "give the measure an identifier")
    for own in groups.values():
        measure = _measure(own, vocabulary, faults)
        if measure is not None:
            yield measure


def _measure(rows: list[Row], vocabulary: Vocabulary, faults: Faults) -> Measure | None:
    """Return one measure from its rows, or None after noting what is wrong."""
    known = len(faults)
    first = rows[0]
    _check_agreement(rows, faults)
    target = Target(**{column: first.items(column) for column in TARGET_COLUMNS})
    vocabulary.check(faults, first.where, target)
    years = _years(first, faults)
    if not (first.text("name_zh") or first.text("name_en")):
        faults.add(first.at("name_zh"), "the measure has no name", "give name_zh or name_en")
    effects = _effects(rows, vocabulary, faults)
    change = number(first, "co2_change_pct", faults, low=-100.0, high=1000.0)
    costs = _costs(first, faults)
    if len(faults) > known:
        return None
    return Measure(
        id=first.text("measure_id"), name_zh=first.text("name_zh") or first.text("name_en"),
        name_en=first.text("name_en") or first.text("name_zh"), target=target, effects=effects,
        department=first.text("department"), group=first.text("group"),
        co2_change=None if change is None else change / 100.0, co2_effect=first.text("co2_effect"),
        evidence=first.text("evidence"), where=first.where, **years, **costs,
    )  # fmt: skip


def _years(row: Row, faults: Faults) -> dict[str, Any]:
    """Return start and end as years and months; an end before the start is a fault."""
    start, end = moment(row, "start", faults), moment(row, "end", faults)
    found: dict[str, Any] = {}
    if start is not None:
        found |= {"start": start[0], "start_month": start[1] or JANUARY}
    if end is not None:
        found |= {"end": end[0], "end_month": end[1] or DECEMBER}
    if start and end and (end[0], end[1] or DECEMBER) < (start[0], start[1] or JANUARY):
        what = f"{row.text('end')} lies before the start {row.text('start')}"
        faults.add(row.at("end"), what, "swap the years or correct one")
    return found


def _costs(row: Row, faults: Faults) -> dict[str, Any]:
    """Return lifetime, investment and running cost; an investment without a lifetime cannot be annualised."""
    costs = {
        "lifetime": number(row, "lifetime_a", faults, low=1.0, high=100.0),
        "investment": number(row, "investment_cny", faults, low=0.0, high=1e13),
        "running_cost": number(row, "running_cost_cny_per_a", faults, low=-1e13, high=1e13),
    }
    if row.text("investment_cny") and not row.text("lifetime_a"):
        faults.add(row.at("lifetime_a"), "empty beside an investment", "give the years over which it is written off")
    return costs


def _check_agreement(rows: list[Row], faults: Faults) -> None:
    """Note rows of one measure that describe it differently."""
    first = rows[0]
    for row in rows[1:]:
        for column in MEASURE_COLUMNS:
            if row.text(column) != first.text(column):
                what = f"{row.text(column)!r}, but {first.where} says {first.text(column)!r} of the same measure"
                faults.add(row.at(column), what, "give every row of a measure the same")


def _effects(rows: list[Row], vocabulary: Vocabulary, faults: Faults) -> dict[str, Effect]:
    """Return the effects by pollutant; a pollutant that stands twice is a fault."""
    effects: dict[str, Effect] = {}
    for row in rows:
        pollutant = row.text("pollutant")
        if not vocabulary.check_pollutant(faults, row.at("pollutant"), pollutant):
            continue
        if pollutant in effects:
            faults.add(row.at("pollutant"), f"{row.text('measure_id')} names {pollutant} twice", "remove one row")
        effects[pollutant] = _effect(row, faults)
    return effects


def _effect(row: Row, faults: Faults) -> Effect:
    """Return the effect of one row; faulty numbers are noted and read as 0."""
    known = len(faults)
    removal, now, planned = (percent(row, f"{name}_pct", faults) for name in
                             ("removal", "coverage_now", "coverage_planned"))  # fmt: skip
    if planned < now and len(faults) == known:
        what = f"{100 * planned:g} % is below today's {100 * now:g} %"
        remedy = "plan at least today's coverage; a scenario without the measure leaves it out"
        faults.add(row.at("coverage_planned_pct"), what, remedy)
    low, high = (optional_percent(row, f"removal_{name}_pct", faults) for name in ("low", "high"))
    if (low is not None and low > removal) or (high is not None and high < removal):
        faults.add(row.at("removal_pct"), "outside its own bounds removal_low_pct..removal_high_pct", "correct one")
    share = optional_percent(row, "stage_share_pct", faults)
    return Effect(
        removal, now, planned, 1.0 if share is None else share, low, high,
        cost=number(row, "cost_cny_per_t", faults, low=-1e9, high=1e9), source=given(row, "source", faults),
        flag=flag(row, "flag", faults), assumed=_assumed(row, faults),
    )  # fmt: skip


def _assumed(row: Row, faults: Faults) -> tuple[str, ...]:
    """Return which other numbers of a row are assumptions."""
    check_names(faults, row.at("assumed"), row.items("assumed"), ASSUMABLE)
    return row.items("assumed")
