"""GRIDDESC files of the I/O API: coordinate systems and grids by name."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aqcore.errors import Fault, Faults, did_you_mean
from aqcore.grid import Grid
from aqcore.projection import GridType
from aqcore.publish import publish_text

_TOKEN = re.compile(r"""'[^']*'|"[^"]*"|[^\s,'"]+""")
"""Fortran list-directed input: quoted texts and numbers between blanks and commas, whatever the lines."""

_COORDINATE_NUMBERS = 6
_GRID_NUMBERS = 7
_INTEGERS_OF_A_GRID = 3
NAME_LENGTH = 16


@dataclass(frozen=True)
class _Token:
    text: str
    row: int

    @property
    def name(self) -> str | None:
        """The content of a quoted token without blanks, None for a number."""
        return self.text[1:-1].strip() if self.text[0] in "'\"" else None


@dataclass
class _Record:
    """A name and what follows it up to the next record: (coordinate name,) numbers."""

    name: str
    row: int
    coordinate: str | None = None
    numbers: list[_Token] = field(default_factory=list)


def read_griddesc(path: Path) -> dict[str, Grid]:
    """Read every grid of a GRIDDESC file, by grid name.

    Comments (`!`), D exponents, missing or extra commas and a missing end mark of a section are accepted, as
    Fortran's list-directed input accepts them. Raises InputError naming every malformed entry with its row.
    """
    faults = Faults()
    records = _records(_tokens(Path(path).read_text(encoding="utf-8", errors="replace")))
    systems = {r.name: r for r in records if r.coordinate is None}
    grids: dict[str, Grid] = {}
    for record in records:
        if record.coordinate is not None:
            found = _grid(Path(path), record, systems, faults)
            if found is not None:
                grids[record.name] = found
    if not grids and not len(faults):
        faults.add(str(path), "no grid in this file", "give the GRIDDESC that MCIP wrote beside the met files")
    faults.raise_if_any()
    return grids


def _tokens(text: str) -> list[_Token]:
    lines = enumerate(text.splitlines(), start=1)
    return [_Token(match, row) for row, line in lines for match in _TOKEN.findall(_without_comment(line))]


def _without_comment(line: str) -> str:
    """Cut at a `!` that is not inside quotes."""
    quoted = ""
    for position, char in enumerate(line):
        if char in "'\"":
            quoted = "" if quoted == char else (quoted or char)
        elif char == "!" and not quoted:
            return line[:position]
    return line


def _records(tokens: list[_Token]) -> list[_Record]:
    """Split tokens into records; two names in a row begin a grid, one name a coordinate system."""
    records: list[_Record] = []
    for before, token in zip([None, *tokens], tokens, strict=False):
        name = token.name
        if name is None:
            if records:
                records[-1].numbers.append(token)
        elif name and before is not None and before.name and records:
            records[-1].coordinate = name
        elif name:
            records.append(_Record(name, token.row))
    return records


def _grid(path: Path, record: _Record, systems: Mapping[str, _Record], faults: Faults) -> Grid | None:
    system = systems.get(str(record.coordinate))
    where = f"{path}:{record.row}:{record.name}"
    if system is None:
        faults.add(where, f"coordinate system {record.coordinate!r} is not defined", did_you_mean(
            str(record.coordinate), systems))  # fmt: skip
        return None
    shape = _numbers(path, record, _GRID_NUMBERS, faults)
    projection = _numbers(path, system, _COORDINATE_NUMBERS, faults)
    if shape is None or projection is None:
        return None
    found = _value_faults(path, record, system, shape, projection)
    faults.extend(found)
    return None if found else _build(record.name, system.name, projection, shape)


def _build(name: str, coordinate_name: str, projection: list[float], shape: list[float]) -> Grid:
    p_alp, p_bet, p_gam, xcent, ycent = projection[1:]
    xorig, yorig, xcell, ycell, ncols, nrows, nthik = shape
    return Grid(
        name, coordinate_name, int(projection[0]), p_alp, p_bet, p_gam, xcent, ycent,
        xorig, yorig, xcell, ycell, int(ncols), int(nrows), int(nthik),
    )  # fmt: skip


def _numbers(path: Path, record: _Record, count: int, faults: Faults) -> list[float] | None:
    """Return the numbers of a record; note a fault for a wrong count or a word among them."""
    where = f"{path}:{record.row}:{record.name}"
    values = [_number(token.text) for token in record.numbers]
    bad = [token.text for token, value in zip(record.numbers, values, strict=True) if value is None]
    if bad or len(values) != count:
        what = f"not a number: {', '.join(bad)}" if bad else f"{len(values)} numbers instead of {count}"
        order = (
            "GDTYP P_ALP P_BET P_GAM XCENT YCENT"
            if count == _COORDINATE_NUMBERS
            else "XORIG YORIG XCELL YCELL NCOLS NROWS NTHIK"
        )
        faults.add(where, what, f"write {order}")
        return None
    return [value for value in values if value is not None]


def _number(text: str) -> float | None:
    try:
        return float(text.upper().replace("D", "E"))
    except ValueError:
        return None


def _value_faults(
    path: Path, record: _Record, system: _Record, shape: list[float], projection: list[float]
) -> list[Fault]:
    known = [kind.value for kind in GridType]
    faults = []
    if projection[0] not in known:
        where = f"{path}:{system.row}:{system.name}"
        faults.append(Fault(where, f"GDTYP {projection[0]:g} is not supported", f"allowed: {known}"))
    integers = shape[-_INTEGERS_OF_A_GRID:]
    if any(number != int(number) or number < 1 for number in integers[:2]) or min(shape[2:4]) <= 0.0:
        where = f"{path}:{record.row}:{record.name}"
        faults.append(Fault(where, f"cells {shape[2:]} are no grid", "XCELL YCELL NCOLS NROWS must be positive"))
    return faults


def write_griddesc(path: Path, grids: Mapping[str, Grid]) -> None:
    """Write grids and their coordinate systems as a GRIDDESC file; `repr` precision, so that reading gives them back.

    Raises InputError when a name is longer than 16 characters, a key is not its grid's name, or one coordinate name
    stands for two systems.
    """
    faults = Faults()
    systems: dict[str, str] = {}
    lines = []
    for key, grid in grids.items():
        _check_names(path, key, grid, faults)
        parameters = " ".join(repr(float(v)) for v in (grid.p_alp, grid.p_bet, grid.p_gam, grid.xcent, grid.ycent))
        system = f"  {int(grid.gdtyp)} {parameters}"
        if systems.setdefault(grid.coordinate_name, system) != system:
            faults.add(f"{path}:{key}", f"coordinate name {grid.coordinate_name!r} stands for two systems",
                       "give each coordinate system its own name")  # fmt: skip
        sizes = " ".join(repr(float(v)) for v in (grid.xorig, grid.yorig, grid.xcell, grid.ycell))
        lines += [f"'{grid.name}'", f"'{grid.coordinate_name}' {sizes} {grid.ncols} {grid.nrows} {grid.nthik}"]
    faults.raise_if_any()
    head = [line for name, system in systems.items() for line in (f"'{name}'", system)]
    publish_text(Path(path), "\n".join(["' '", *head, "' '", *lines, "' '", ""]))


def _check_names(path: Path, key: str, grid: Grid, faults: Faults) -> None:
    if key != grid.name:
        faults.add(f"{path}:{key}", f"holds the grid {grid.name!r}", "use the grid's own name as its key")
    for name in (grid.name, grid.coordinate_name):
        if not 0 < len(name) <= NAME_LENGTH or "'" in name or not name.isascii():
            faults.add(f"{path}:{key}", f"name {name!r}", "use 1 to 16 ASCII characters without quotes")
