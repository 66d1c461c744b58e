"""Read a mechanism in the notation of CMAQ's mechanism compiler (`mech_*.def`, units CM: molecule, cm, s).

`<label> A + B = 0.5*C # rate ;`, rates `A^B@C`, low `&` high `&F &N` (fall-off), `%2`, `%3`, `%H` prefixes, `s/<J>`,
`s~<HET>`, `s*K<label>`. Source: the files of the CMAQ release themselves and its compiler's documentation (US EPA).
"""

import re
from collections.abc import Iterator
from pathlib import Path

from aqcore.errors import Fault, InputError, gathering
from drivers.box_model.mechanism import THIRD_BODIES, Mechanism, Reaction
from drivers.box_model.rate_forms import TERMS, TROE_F, TROE_N, Arrhenius, Form, Rate
from drivers.box_model.reaction_groups import counters_of, group_of

PPM = 1e-6
CONSTANT_NAMES = {"ATM_H2": "H2", "ATM_N2": "N2", "ATM_O2": "O2", "ATM_CH4": "CH4"}
PREFIXED = {"2": Form.NITRIC_ACID, "3": Form.PRESSURE_SUM, "H": Form.SEA_SURFACE}
REFERENCES = {"/": Form.PHOTOLYSIS, "~": Form.HETEROGENEOUS, "*K": Form.RELATIVE}

_BARE_EXPONENT = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))([+-]\d+)")  # Fortran lets `8.3-11` stand for 8.3E-11
_ARRHENIUS = re.compile(r"(?P<A>[^\^@]+)(?:\^(?P<B>[^@]+))?(?:@(?P<C>.+))?")
_REFERENCE = re.compile(r"(?P<scale>.+?)(?P<kind>/|~|\*K)<(?P<of>[^<>]+)>")
_PRODUCT = re.compile(r"(?P<sign>[+-]?)(?:(?P<yield>\d*\.?\d+|\d+\.)\*)?(?P<species>[A-Za-z]\w*)")
_STATEMENT = re.compile(r"<\s*(?P<label>[^<>]+?)\s*>(?P<left>[^=#]*)=(?P<right>[^#]*)#(?P<rate>.+)", re.DOTALL)
_PREFIX = re.compile(r"%\s*(\w)")
_CONSTANT = re.compile(r"<\w+>\s*(?P<name>\w+)\s*=\s*(?P<value>\S+)")


def fortran_number(text: str) -> float:
    """Return the value of a Fortran number: `2.E-12`, `1.0D+3`, `+340` and `8.3-11` (8.3e-11); raise ValueError."""
    plain = text.strip().upper().replace("D", "E")
    bare = _BARE_EXPONENT.fullmatch(plain)
    return float(f"{bare[1]}E{bare[2]}" if bare else plain)


def parse_rate(text: str, prefix: str = "") -> Rate:
    """Return the rate written in `text` behind an optional `%` prefix; raise ValueError on anything else."""
    compact = "".join(text.split())
    reference = _REFERENCE.fullmatch(compact)
    if reference:
        form = REFERENCES[reference["kind"]]
        return Rate(form, scale=fortran_number(reference["scale"]), of=reference["of"].strip())
    parts = compact.split("&")
    if prefix:
        return _prefixed(parts, prefix)
    return _falloff(parts) if len(parts) > 1 else Rate(Form.ARRHENIUS, (_arrhenius(parts[0]),))


def read_mech_def(path: Path) -> Mechanism:
    """Return the whole mechanism of a file: every reaction, with the group that `reaction_groups` gives it.

    Raises `InputError` with every statement that cannot be read.
    """
    text = _without_comments(path.read_text(encoding="utf-8", errors="replace"))
    body = _between(path, text, "REACTIONS", "END MECH")
    reactions: list[Reaction] = []
    with gathering() as faults:
        for line, statement in _statements(body, text):
            try:
                reactions.append(_reaction(statement))
            except ValueError as error:
                faults.add(f"{path.name}:{line}", str(error), "write `<label> A + B = 0.5*C # rate ;`")
    mechanism = Mechanism(
        _name(path, text), tuple(reactions), counters_of(reactions), _constants(text), f"file {path.name}"
    )
    mechanism.check()
    return mechanism


def _arrhenius(text: str) -> Arrhenius:
    match = _ARRHENIUS.fullmatch(text)
    if not match:
        raise ValueError(f"rate term {text!r} is not A^B@C")
    return Arrhenius(*(fortran_number(match[part]) if match[part] else 0.0 for part in "ABC"))


def _prefixed(parts: list[str], prefix: str) -> Rate:
    form = PREFIXED.get(prefix)
    if form is None:
        raise ValueError(f"rate form %{prefix} is not one of %{', %'.join(PREFIXED)}")
    count = TERMS[form]
    if form is not Form.SEA_SURFACE:
        return Rate(form, tuple(_arrhenius(part) for part in parts[:count]))
    pairs = [_arrhenius(part) for part in parts[:count]]
    exponential = tuple(Arrhenius(A, -C) for A, _, C in pairs)  # `A@C` means A exp(-C P) here, not a temperature
    return Rate(form, exponential, cap=fortran_number(parts[count]))


def _falloff(parts: list[str]) -> Rate:
    F, N = [fortran_number(part) for part in parts[2:]] + [TROE_F, TROE_N][len(parts) - 2 :]
    return Rate(Form.TROE, (_arrhenius(parts[0]), _arrhenius(parts[1])), F=F, N=N)


def _reaction(statement: str) -> Reaction:
    match = _STATEMENT.fullmatch(" ".join(statement.split()))
    if not match:
        raise ValueError(f"not a reaction: {' '.join(statement.split())[:60]!r}")
    right = match["right"]
    prefix = _PREFIX.search(right)
    left = [name.strip() for name in match["left"].split("+")]
    reactants = tuple(name for name in left if name not in THIRD_BODIES)
    return Reaction(
        match["label"],
        reactants,
        tuple(name for name in left if name in THIRD_BODIES),
        _products(right[: prefix.start()] if prefix else right),
        parse_rate(match["rate"], prefix[1] if prefix else ""),
        group_of(match["label"]),
    )


def _products(text: str) -> tuple[tuple[str, float], ...]:
    compact = "".join(text.split())
    found = list(_PRODUCT.finditer(compact))
    if "".join(m[0] for m in found) != compact:
        raise ValueError(f"products {text.strip()!r} cannot be read")
    yields: dict[str, float] = {}
    for m in found:
        amount = float(m["yield"] or 1.0) * (-1.0 if m["sign"] == "-" else 1.0)
        if m["species"] not in THIRD_BODIES:
            yields[m["species"]] = yields.get(m["species"], 0.0) + amount
    return tuple(yields.items())


def _without_comments(text: str) -> str:
    return "\n".join(line.split("!", 1)[0] for line in text.splitlines())


def _between(path: Path, text: str, start: str, end: str) -> str:
    begin, stop = text.find(start), text.find(end)
    if begin < 0 or stop < begin:
        raise InputError(
            [Fault(path.name, f"no block {start} ... {end}", "give a mech_*.def file of CMAQ's mechanism compiler")]
        )
    head, _, body = text[begin:stop].partition("=")
    if "CM" not in head:
        raise InputError([Fault(path.name, f"rates in other units: {head.strip()}", "REACTIONS[CM] = is read")])
    return body


def _statements(body: str, text: str) -> Iterator[tuple[int, str]]:
    line = 1 + text[: text.find(body)].count("\n")
    for statement in body.split(";"):
        lead = len(statement) - len(statement.lstrip())
        if statement.strip():
            yield line + statement[:lead].count("\n"), statement
        line += statement.count("\n")


def _name(path: Path, text: str) -> str:
    lines = [line.strip() for line in text[: text.find("REACTIONS")].splitlines() if line.strip()]
    return lines[-1].lower() if lines else path.stem


def _constants(text: str) -> tuple[tuple[str, float], ...]:
    found = ((CONSTANT_NAMES.get(m["name"]), m["value"]) for m in _CONSTANT.finditer(text[text.find("CONSTANTS") :]))
    return tuple(sorted((name, round(fortran_number(value) * PPM, 12)) for name, value in found if name))
