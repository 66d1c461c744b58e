"""Alerts of heavy pollution: what an industry of a grade stops at each level, and what the city has to reach.

The levels and grades are those of the guide of 2020 for key industries (环办大气函〔2020〕340号). Of its percentages
only those of cement clinker were read; the others in `data/grading.csv` are planning defaults with the basis
`default_assumption`, and act with the flag `assumption`. A city puts its own list of reductions in their place.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from aqcore.errors import Faults, did_you_mean
from scenarios.cells import Row, flag, given, number
from scenarios.library import house_vocabulary
from scenarios.rules import Rule
from scenarios.target import Target, industry_digits
from scenarios.vocabulary import Vocabulary, check_names

LEVELS = ("yellow", "orange", "red")
KINDS = ("industry", "activity", "city")
COLUMNS = ("kind", "industry_zh", "industry_en", "source_classes", "industry_codes", "grade", "level", "reduction_pct",
           "acts_on", "source", "flag", "basis")  # fmt: skip
#: Bases of a row whose percentage nobody has stated: they act with the flag `assumption`.
ASSUMED = ("default_assumption", "recall")
#: In schemes of two grades, what stands for the last of four.
LAST_OF_TWO = {"D": "non-leading"}


@dataclass(frozen=True)
class GradingRow:
    """What one industry (or activity) of one grade reduces at one level, as a fraction of its emission.

    `kind` `industry`: enterprises by grade; `activity`: all sources of the classes; `city`: what the whole city has to
    reach. `basis` says where the number comes from.
    """

    kind: str
    industry: str
    industry_en: str
    source_classes: tuple[str, ...]
    industry_codes: tuple[str, ...]
    grade: str
    level: str
    reduction: float
    source: str
    flag: str
    basis: str
    where: str = field(default="", compare=False)

    @property
    def certainty(self) -> str:
        """The flag of what the row does: an assumption where nobody has stated the number."""
        return "assumption" if self.basis in ASSUMED else self.flag


Grading = tuple[GradingRow, ...]


def read_grading(path: Path, vocabulary: Vocabulary) -> Grading:
    """Return the rows of a grading table (columns `COLUMNS`). Raises `InputError` with every fault."""
    faults = Faults()
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        for column in COLUMNS:
            if column not in (reader.fieldnames or ()):
                faults.add(f"{path.name}:1", f"column {column!r} is missing", f"columns: {', '.join(COLUMNS)}")
        faults.raise_if_any()
        rows = [_row(Row(f"{path.name}:{reader.line_num}", cells), vocabulary, faults) for cells in reader]
    _check_unique(rows, faults)
    faults.raise_if_any()
    return tuple(rows)


def _row(row: Row, vocabulary: Vocabulary, faults: Faults) -> GradingRow:
    """Return one row; faulty cells are noted."""
    check_names(faults, row.at("kind"), [row.text("kind")], KINDS)
    check_names(faults, row.at("level"), [row.text("level")], LEVELS)
    check_names(faults, row.at("source_classes"), row.items("source_classes"), vocabulary.names["source_classes"])
    if row.text("grade"):
        check_names(faults, row.at("grade"), [row.text("grade")], vocabulary.names["grades"])
    percent = number(row, "reduction_pct", faults, low=0.0, high=100.0)
    if not row.text("reduction_pct"):
        faults.add(row.at("reduction_pct"), "empty", "give a percentage from 0 to 100")
    return GradingRow(
        row.text("kind"), given(row, "industry_zh", faults), row.text("industry_en"), row.items("source_classes"),
        row.items("industry_codes"), row.text("grade"), row.text("level"), (percent or 0.0) / 100.0,
        given(row, "source", faults), flag(row, "flag", faults), given(row, "basis", faults), row.where,
    )  # fmt: skip


def _check_unique(rows: Sequence[GradingRow], faults: Faults) -> None:
    """Note two rows for one (industry, grade, level), and two industries that claim one source class or code."""
    seen: dict[tuple[str, str, str], GradingRow] = {}
    claims: dict[str, str] = {}
    for row in rows:
        first = seen.setdefault((row.industry, row.grade, row.level), row)
        if first is not row:
            faults.add(row.where, f"says again what {first.where} says", "keep one of them")
        for claim in (*row.source_classes, *row.industry_codes):
            if claims.setdefault(claim, row.industry) != row.industry:
                faults.add(row.where, f"{claim} belongs to {claims[claim]!r} already", "give it to one industry")


@cache
def shipped_grading() -> Grading:
    """Return the shipped table (`data/grading.csv`): most of it planning defaults, each row with its basis."""
    with as_file(files("scenarios").joinpath("data/grading.csv")) as path:
        return read_grading(path, house_vocabulary())


def emergency_table(level: str, sources: pd.DataFrame, grading: Grading, *, ungraded: str = "") -> pd.DataFrame:
    """Return what each source has to do at a level, indexed like `sources`.

    Columns: `industry` (empty: none of the table), `grade` (as taken), `reduction` (fraction, NaN where no row
    applies), `flag`, `why` (empty, or why no row applies). `ungraded` is the grade of an enterprise that has none.
    """
    if level not in LEVELS:
        raise ValueError(f"no level {level!r}: {did_you_mean(level, LEVELS)}")
    rows = {(row.industry, row.grade): row for row in grading if row.level == level}
    schemes: dict[str, set[str]] = {}
    for row in grading:
        schemes.setdefault(row.industry, set()).add(row.grade)
    number, kinds = _kinds(sources)
    industries = _industries(kinds, grading)
    answers = [
        (*_answer(industry, grade, ungraded, rows, schemes), industry)
        for industry, grade in zip(industries, kinds["grade"].tolist(), strict=True)
    ]
    found = pd.DataFrame(answers, columns=["grade", "reduction", "flag", "why", "industry"])
    return found.iloc[number].set_axis(sources.index)


def _kinds(sources: pd.DataFrame) -> tuple[npt.NDArray[np.int64], pd.DataFrame]:
    """Return the kind of each source, and one row a kind: class, industry code (digits) and grade that belong together.

    A city has some hundred kinds, however many enterprises it has.
    """
    columns = ["source_class", "industry_code", "grade"]
    given = sources.reindex(columns=columns, fill_value="")
    number = given.groupby(columns, sort=False, dropna=False).ngroup().to_numpy()
    return number.astype(np.int64), given.drop_duplicates(columns)


def _industries(kinds: pd.DataFrame, grading: Grading) -> list[str]:
    """Return the industry of each kind: by the longest industry code of the table that fits, else by its class."""
    of_class = {name: row.industry for row in grading for name in row.source_classes}
    of_code = {code: row.industry for row in grading for code in row.industry_codes}
    lengths = sorted({len(code) for code in of_code}, reverse=True)
    codes = map(industry_digits, kinds["industry_code"].tolist())
    return [
        next((of_code[code[:length]] for length in lengths if code[:length] in of_code), of_class.get(name, ""))
        for code, name in zip(codes, kinds["source_class"].tolist(), strict=True)
    ]


def _answer(
    industry: str,
    grade: str,
    ungraded: str,
    rows: Mapping[tuple[str, str], GradingRow],
    schemes: Mapping[str, set[str]],
) -> tuple[str, float, str, str]:
    """Return grade, reduction, flag and the reason why none applies, for one (industry, grade)."""
    nothing = float("nan")
    if not industry:
        return grade, nothing, "", ""
    scheme = schemes[industry]
    taken = "" if scheme == {""} else _graded(grade or ungraded, scheme)
    row = rows.get((industry, taken))
    if row is not None:
        return taken, row.reduction, row.certainty, ""
    if not taken:
        return "", nothing, "", "has no grade"
    known = ", ".join(sorted(scheme))
    return taken, nothing, "", f"the table has no grade {taken} of {industry} at this level (it has {known})"


def _graded(grade: str, scheme: set[str]) -> str:
    """Return a grade as the scheme of an industry calls it."""
    return LAST_OF_TWO.get(grade, grade) if scheme <= {"leading", "non-leading"} else grade


def emergency_rules(
    level: str, sources: pd.DataFrame, pollutants: Sequence[str], grading: Grading, *, ungraded: str = ""
) -> tuple[Rule, ...]:
    """Return one rule an (industry, grade) that has to reduce at a level: a stop takes all pollutants with it."""
    table = emergency_table(level, sources, grading, ungraded=ungraded)
    acting = table[table["reduction"] > 0.0]
    rules = []
    for (industry, grade), own in acting.groupby(["industry", "grade"], sort=False):
        first = own.iloc[0]
        remaining = dict.fromkeys(pollutants, 1.0 - float(first["reduction"]))
        target = Target(stacks=tuple(map(str, own.index)))
        flags = dict.fromkeys(pollutants, str(first["flag"]))
        rules.append(Rule(f"{level} {industry} {grade}".strip(), target, remaining, frozenset(pollutants), flags))
    return tuple(rules)


def required_share(level: str, grading: Grading) -> tuple[float, str]:
    """Return the fraction by which the whole city has to reduce at a level, and its flag; NaN when no row says."""
    rows = [row for row in grading if row.kind == "city" and row.level == level]
    return (rows[0].reduction, rows[0].certainty) if rows else (float("nan"), "")
