"""Namelists of the emission control, written as Fortran reads them and read back as data."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import f90nml

from aqcore.errors import Fault, InputError
from drivers.cmaq.desid_rules import EVERYWHERE, Rule
from drivers.cmaq.names import LABEL_LENGTH, VARIABLE_LENGTH
from drivers.cmaq.versions import Version

WIDTHS = (LABEL_LENGTH, LABEL_LENGTH, VARIABLE_LENGTH, VARIABLE_LENGTH, VARIABLE_LENGTH)
"""Characters of region, stream, emission variable, species and phase in a rule."""

COLUMNS = 8
"""Values of a rule."""

SPARE_RULES = 100
"""Rules that a user may add by hand below the declared limit."""

ON_LINE = ("WBDUST", "SEASPRAY")
"""Streams that CCTM makes itself and whose particles have sizes of their own."""


def quoted(text: str) -> str:
    """Return a Fortran character constant."""
    return "'" + text.replace("'", "''") + "'"


def number(value: float) -> str:
    """Return a real constant with the nine digits that single precision needs."""
    text = f"{value:.9g}"
    return text if any(mark in text for mark in ".e") else text + "."


@lru_cache(maxsize=8192)
def rule_row(rule: Rule) -> str:
    """Return one row of the rules. Raises ValueError for a text wider than DESID holds."""
    return f"{_names(*rule[:5])}{number(rule.factor):>12},'{rule.basis}','{rule.op}',"


@cache
def _names(*texts: str) -> str:
    """Return the names of a rule: region, stream, emission variable, species, phase."""
    for text, width in zip(texts, WIDTHS, strict=True):
        if len(text) > width or not text.isascii():
            raise ValueError(f"{text!r} does not fit into {width} ASCII characters")
    return " " + "".join(f"{quoted(text):18}," for text in texts)


@dataclass(frozen=True)
class RulesText:
    """The group of the scaling rules as text; what all scenarios share is written once.

    Comments stand on lines of their own, because some compilers misread them behind values.
    """

    version: Version
    default: tuple[Rule, ...]
    rows: str

    @classmethod
    def of(cls, version: Version, default: Sequence[Rule]) -> "RulesText":
        """Return the text of a mechanism's own rules."""
        return cls(version, tuple(default), "\n".join(map(rule_row, default)))

    def with_rules(self, scenario: Sequence[Rule]) -> str:
        """Return the group with a scenario's rows behind the mechanism's own."""
        lines = []
        if group := self.version.item("rules_limit_group"):
            limit = len(self.default) + len(scenario) + SPARE_RULES
            lines += [f"&{group}", f" Desid_Max_Rules = {limit}", "/", ""]
        lines += [f"&{self.version.item('rules_group')}", f" {self.version.item('rules_array')} ="]
        lines += [" ! region, stream, emission variable, model species, phase, factor, basis, operation"]
        lines += [" ! the mechanism's own mapping", self.rows]
        lines += [" ! the scenario (m: multiply what is mapped above)", *map(rule_row, scenario), "/", ""]
        return "\n".join(lines)


def control_namelist(
    version: Version, regions: Sequence[str], mask_variable: str, streams: Sequence[str], diagnosed: Iterable[str]
) -> str:
    """Return the groups of regions, particle sizes and (from 5.4) diagnostics.

    `diagnosed` names model species whose emissions each of the `streams` reports as column sums, to be compared with
    what was meant before a result is trusted.
    """
    if not version.has("names_everywhere"):
        return "\n".join([*_sizes(version), *_regions(version, regions, mask_variable)])
    head = ["&Desid_Options", " Desid_MaxLays = 0", "/", "",
            "&Desid_AreaNormVars", " Desid_Max_Area = 30", "/", "",
            "&Desid_AreaNorm", " Desid_Area_Nml =", " 'ALL','AUTO','AUTO',", "/", ""]  # fmt: skip
    sizes = ["&Desid_SizeDistVars", " Desid_Max_Sd = 10", "/", "", *_sizes(version)]
    limits = ["&Desid_RegionDefVars", f" Desid_Max_Reg = {len(regions) + SPARE_RULES}", " Desid_N_Reg_Fams = 0",
              " Desid_Max_Reg_Fam_Members = 100", "/", ""]  # fmt: skip
    families = ["&Desid_RegionFam", "/", "", "&Desid_StreamFamVars", " Desid_N_Stream_Fams = 0",
                " Desid_Max_Stream_Fam_Members = 20", "/", "", "&Desid_StreamFam", "/", ""]  # fmt: skip
    return "\n".join([*head, *sizes, *limits, *_regions(version, regions, mask_variable), *families,
                      *_diagnostics(streams, diagnosed)])  # fmt: skip


def _sizes(version: Version) -> list[str]:
    streams = (*(("ALL",) if version.has("names_everywhere") else ()), *ON_LINE)
    rows = [
        f" {quoted(stream)},{quoted(mode)},{quoted(mode + '_' + ('REF' if stream == 'ALL' else stream))},"
        for stream in streams
        for mode in ("FINE", "COARSE")
    ]
    return [f"&{version.item('sizes_group')}", f" {version.item('sizes_array')} =", *rows, "/", ""]


def _regions(version: Version, regions: Sequence[str], mask_variable: str) -> list[str]:
    rows = [f" {quoted(EVERYWHERE)},'N/A','N/A',"] if version.has("names_everywhere") else []
    # the label is also the variable's name: DESID matches families by the variable on the file
    rows += [f" {quoted(name)},{quoted(mask_variable)},{quoted(name)}," for name in regions]
    if not rows:
        return [f"&{version.item('regions_group')}", "/", ""]
    return [f"&{version.item('regions_group')}", f" {version.item('regions_array')} =", *rows, "/", ""]


def _diagnostics(streams: Sequence[str], species: Iterable[str]) -> list[str]:
    """Return the groups that ask for column sums of each stream.

    One rule a stream: a rule for ALL keeps 20 streams and writes beyond its arrays for more. The declared widths are
    one more than what is named: CCTM counts names by the first blank one (5.5, desid_util.F).
    """
    names = list(species)
    rules = len(streams) if names else 0
    head = ["&Desid_DiagVars", f" Desid_N_Diag_Rules = {rules}", " Desid_Max_Diag_Streams = 2",
            f" Desid_Max_Diag_Spec = {len(names) + 1}", "/", "", "&Desid_Diag"]  # fmt: skip
    listed = ",".join(map(quoted, names))
    body = [
        line
        for number, stream in enumerate(streams if names else (), start=1)
        for line in (
            f" Desid_Diag_Streams_Nml({number},:) = {quoted(stream)}",
            f" Desid_Diag_Fmt_Nml({number}) = 'COLSUM'",
            f" Desid_Diag_Spec_Nml({number},:) = {listed}",
        )
    ]
    return [*head, *body, "/", ""]


def read_rules(path: Path, version: Version) -> list[Rule]:
    """Read the rules of an emission control file, ours or one that a user edited.

    Raises InputError for a file without the group or with a row that is not complete.
    """
    values = _rule_values(path, version.item("rules_group"), version.item("rules_array"))
    if len(values) % COLUMNS:
        what = f"{len(values)} values are no rows of {COLUMNS}"
        raise InputError([Fault(f"{path}:{version.item('rules_array')}", what, "complete each row, with its commas")])
    rows = [values[start : start + COLUMNS] for start in range(0, len(values), COLUMNS)]
    return [_rule(path, number, row) for number, row in enumerate(rows, start=1)]


def _rule_values(path: Path, group: str, name: str) -> list[str]:
    """Return the values of the array of rules; by hand, because f90nml needs seconds for some thousand rows."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError([Fault(str(path), f"cannot be read ({error})", "write the run again")]) from error
    tokens = [token for line in lines for token in _TOKEN.findall(line) if not token.startswith("!")]
    lowered = [token.lower() for token in tokens]
    try:
        start = lowered.index(f"&{group.lower()}")
        first = lowered.index(name.lower(), start) + 2  # the name and its =
        values = tokens[first : tokens.index("/", first)]
    except ValueError as error:
        what = f"no rules {name} in a group &{group} that ends with /"
        raise InputError([Fault(f"{path}:{group}", what, "write the run again")]) from error
    return [value[1:-1].replace("''", "'") if value.startswith("'") else value for value in values]


_TOKEN = re.compile(r"'(?:[^']|'')*'|!.*|=|/|[^\s,=/'!]+")
"""Tokens of a namelist: quoted texts, a comment to the end of its line, =, /, and everything else between blanks."""


def _rule(path: Path, number: int, row: Sequence[str]) -> Rule:
    region, stream, variable, species, phase, factor, basis, op = row
    try:
        return Rule(region, stream, variable, species, phase, float(factor.lower().replace("d", "e")), basis, op)
    except ValueError as error:
        raise InputError([Fault(f"{path}:rule {number}", f"factor {factor!r}", "give a number")]) from error


def read_regions(path: Path, version: Version) -> list[tuple[str, str, str]]:
    """Read (label, variable of the environment, variable of the mask file) of the regions, without EVERYWHERE."""
    values = [str(value) for value in _array(path, version.item("regions_group"), version.item("regions_array"))]
    rows = [(values[i], values[i + 1], values[i + 2]) for i in range(0, len(values) - 2, 3)]
    return [row for row in rows if row[0].upper() != EVERYWHERE]


def _array(path: Path, group: str, name: str) -> list[str | float]:
    try:
        found = f90nml.read(path)[group.lower()]
    except (KeyError, ValueError, StopIteration, OSError) as error:
        raise InputError([Fault(f"{path}:{group}", f"cannot be read ({error})", "write the run again")]) from error
    values = found.get(name.lower()) or []
    listed = values if isinstance(values, list) else [values]
    return [value for value in listed if value is not None]


def species_of(path: Path) -> set[str]:
    """Return the species of a species namelist (GC, AE, NR or TR). Raises InputError for another file."""
    return set(molar_masses(path))


def molar_masses(path: Path) -> dict[str, float]:
    """Return the species of a species namelist with their molar masses (g mol-1), names in capitals.

    Raises InputError for another file.
    """
    try:
        groups = f90nml.read(path)
        first: dict[str, list[object] | None] = next(iter(groups.values()))
        array = next(iter(first.values())) or []  # a group without species reads as None
    except (ValueError, StopIteration, OSError, AttributeError) as error:
        remedy = "give the namelist that was built with CCTM"
        raise InputError([Fault(str(path), f"no species namelist ({error})", remedy)]) from error
    columns = _columns(array)
    if not columns:
        return {}
    return {str(name).upper(): float(str(mass)) for name, mass in zip(array[::columns], array[1::columns], strict=True)}


def _columns(array: Sequence[object]) -> int:
    """Return the number of values a species: the second value is the molar mass, and names begin each row."""
    numeric = [index for index, value in enumerate(array) if isinstance(value, float)]
    return numeric[1] - numeric[0] if len(numeric) > 1 else len(array)
