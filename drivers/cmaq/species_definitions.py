"""Species definition files (SpecDef): how output variables are made of those of CCTM's and MCIP's files."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from aqcore.errors import Fault, Faults, InputError, did_you_mean
from drivers.cmaq.expressions import Expression, ExpressionError, Name, Values, compute, names_of, parse

COMMENTS = ("!", "/", "#")
COLUMNS = ("name", "unit", "expression")
_FILE = re.compile(r"^[/!#]\s*File\s*\[(\d+)\]\s*:\s*(.+)$", re.IGNORECASE)

FILE_WORDS = (
    ("ELMO", "CTM_AELMO_1"), ("APMDIAG", "CTM_APMDIAG_1"), ("METCRO3D", "MET_CRO_3D"),
    ("METCRO2D", "MET_CRO_2D"), ("WETDEP", "CTM_WET_DEP_1"), ("DRYDEP", "CTM_DRY_DEP_1"), ("CONC", "A_CONC_1"),
)  # fmt: skip
"""Words by which the heading of a file names its inputs -> logical name; the first that stands in the text."""


@dataclass(frozen=True)
class Definition:
    """One variable: name, unit, expression, line in the file."""

    name: str
    unit: str
    expression: Expression
    line: int


@dataclass(frozen=True)
class Definitions:
    """The variables of a file in its order, and the logical names of its numbered input files."""

    path: Path
    definitions: tuple[Definition, ...]
    files: Mapping[int, str]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the variables."""
        return tuple(one.name for one in self.definitions)

    def needed(self, names: Iterable[str]) -> set[Name]:
        """Return what the input files have to hold for some variables. Raises InputError for unknown ones."""
        found: set[Name] = set()
        for one in self._with_parts(names):
            found |= {name for name in names_of(one.expression) if name.file != 0}
        return found

    def _with_parts(self, names: Iterable[str]) -> list[Definition]:
        """Return the definitions of variables and of all that they are made of, parts first."""
        by_name = {one.name: one for one in self.definitions}
        ordered: dict[str, Definition] = {}
        faults = Faults()

        def visit(name: str, asked_by: str) -> None:
            if name in ordered:
                return
            if name not in by_name:
                faults.add(f"{self.path}:{asked_by}", f"no variable {name!r}", did_you_mean(name, by_name))
                return
            for part in names_of(by_name[name].expression):
                if part.file == 0 and by_name.get(part.name) is not by_name[name]:
                    visit(part.name, name)
            ordered[name] = by_name[name]

        for name in names:
            visit(name, "asked for")
        faults.raise_if_any()
        return list(ordered.values())

    def compute(self, names: Iterable[str], files: Mapping[int, xr.Dataset]) -> dict[str, xr.DataArray]:
        """Return variables computed on the datasets of the numbered files; lazily when those are.

        Raises InputError naming each variable that a file does not hold.
        """
        wanted = list(names)
        values: dict[tuple[str, int], Values] = {}
        faults = Faults()
        for name in sorted(self.needed(wanted), key=lambda one: (one.file, one.name)):
            own = files.get(name.file)
            if own is None or name.name not in own:
                where = f"{self.path}: {name.name}[{name.file}]"
                faults.add(where, "the run has no such output", "write it (AVG_CONC_SPCS), or leave the variable out")
            else:
                values[name.name, name.file] = own[name.name]
        faults.raise_if_any()
        for one in self._with_parts(wanted):
            values[one.name, 0] = compute(one.expression, values)
        units = {one.name: one.unit for one in self.definitions}
        return {name: xr.DataArray(values[name, 0]).assign_attrs(units=units[name]) for name in wanted}


def read_definitions(path: Path) -> Definitions:
    """Read a species definition file: `name, unit, expression[, remark]` a line, continued by a backslash.

    Lines that begin with ! / or # are comments. Raises InputError with every line that is no definition.
    """
    text = path.read_text(encoding="utf-8", errors="replace")
    faults = Faults()
    found: dict[str, Definition] = {}
    for line, content in _lines(text):
        parts = [part.strip() for part in content.split(",", 2)]
        if len(parts) < len(COLUMNS) or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", parts[0]):
            faults.add(f"{path}:{line}", f"{content[:40]!r} is no definition", "write name, unit, expression")
            continue
        try:
            found[parts[0]] = Definition(parts[0], parts[1], parse(_without_remark(parts[2])), line)
        except ExpressionError as error:
            faults.add(f"{path}:{line}", str(error), "correct the expression")
    faults.raise_if_any()
    if not found:
        raise InputError([Fault(str(path), "holds no definitions", "give a SpecDef file of CMAQ")])
    return Definitions(path, tuple(found.values()), _files(text))


def _without_remark(text: str) -> str:
    """Return a text up to its first comma outside parentheses."""
    depth = 0
    for place, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            return text[:place]
    return text


def _lines(text: str) -> list[tuple[int, str]]:
    """Return the lines that say something, with the number of their first line; continued lines joined."""
    joined: list[tuple[int, str]] = []
    open_line: tuple[int, str] | None = None
    for number, raw in enumerate(text.splitlines(), start=1):
        content = raw.strip()
        if not content or content.startswith(COMMENTS):
            continue
        content = content.split("!", 1)[0].rstrip() if "!=" not in content else content
        start, before = open_line or (number, "")
        whole = f"{before} {content.removesuffix(chr(92))}".strip()
        if content.endswith("\\"):
            open_line = (start, whole)
        else:
            joined.append((start, whole))
            open_line = None
    return joined if open_line is None else [*joined, open_line]


def _files(text: str) -> dict[int, str]:
    """Return the logical name of each numbered file as the heading describes it."""
    found = {}
    for raw in text.splitlines():
        if match := _FILE.match(raw.strip()):
            words = match[2].upper()
            logical = next((name for word, name in FILE_WORDS if word in words), None)
            if logical is not None:
                found[int(match[1])] = logical
    return found
