"""The shipped mechanisms: one reaction a row of `data/<name>.csv`, origins in `data/mechanisms.toml`."""

import csv
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Any

from aqcore.errors import Fault, InputError, did_you_mean, gathering
from drivers.box_model.mechanism import DEFAULT_GROUPS, THIRD_BODIES, Mechanism, Reaction
from drivers.box_model.rate_forms import REFERRING, TERMS, TROE_F, TROE_N, Arrhenius, Form, Rate
from drivers.box_model.reaction_groups import counters_of

PACKAGE = "drivers.box_model"
_TERM = re.compile(r"(?P<sign>[+-])\s*(?:(?P<yield>[\d.]+)\s+)?(?P<species>[A-Za-z]\w*)\s*")


def load(name: str = "cb6r5_ae7", groups: Iterable[str] = DEFAULT_GROUPS) -> Mechanism:
    """Return a shipped mechanism with the reactions of `groups` (`data/reaction_groups.csv`).

    Raises `InputError` when there is no such mechanism or group.
    """
    return load_whole(name).subset(groups)


def load_whole(name: str) -> Mechanism:
    """Return a shipped mechanism with all its groups, particles, tracers and mercury among them."""
    about = _about(name)
    table = f"{name}.csv"
    text = files(PACKAGE).joinpath("data", table).read_text(encoding="utf-8")
    reactions = read_reactions(table, list(csv.DictReader(text.splitlines())))
    constants = tuple(sorted(about["mixing_ratios"].items()))
    mechanism = Mechanism(name, reactions, counters_of(reactions), constants, about["source"])
    mechanism.check()
    return mechanism


def shipped() -> tuple[str, ...]:
    """Return the names of the shipped mechanisms."""
    return tuple(_manifest())


def read_reactions(table: str, rows: Sequence[Mapping[str, str]]) -> tuple[Reaction, ...]:
    """Return the reactions of a table's rows; raise `InputError` with every row that cannot be read."""
    reactions = []
    with gathering() as faults:
        for number, row in enumerate(rows, start=2):
            try:
                reactions.append(_reaction(row))
            except ValueError as error:
                faults.add(f"{table}:{number}:{row.get('label', '')}", str(error), "see the columns of cb6r5_ae7.csv")
    return tuple(reactions)


def parse_equation(text: str) -> tuple[tuple[str, ...], tuple[tuple[str, float], ...]]:
    """Return reactants (third bodies among them) and products of `A + B -> 2 C - 0.5 D`; raise ValueError."""
    left, arrow, right = text.partition("->")
    if not arrow:
        raise ValueError(f"equation {text!r} has no arrow ->")
    reactants = tuple(name.strip() for name in left.split("+"))
    signed = right.strip() if right.strip()[:1] in {"-", ""} else f"+ {right.strip()}"
    found = list(_TERM.finditer(signed))
    if "".join(m[0] for m in found) != signed:
        raise ValueError(f"products of {text!r} cannot be read")
    return reactants, tuple((m["species"], float(f"{m['sign']}{m['yield'] or 1}")) for m in found)


def _reaction(row: Mapping[str, str]) -> Reaction:
    reactants, products = parse_equation(row["equation"])
    return Reaction(
        row["label"],
        tuple(name for name in reactants if name not in THIRD_BODIES),
        tuple(name for name in reactants if name in THIRD_BODIES),
        products,
        _rate(row),
        row["group"],
        row["source"],
        row["note"],
    )


def _rate(row: Mapping[str, str]) -> Rate:
    form = Form(row["form"])
    terms = tuple(Arrhenius(*(float(row[f"{part}{i}"] or 0.0) for part in "ABC")) for i in range(TERMS[form]))
    if form in REFERRING and not row["of"]:
        raise ValueError(f"form {form} needs the column `of`")
    return Rate(
        form,
        terms,
        F=float(row["F"] or TROE_F),
        N=float(row["N"] or TROE_N),
        scale=float(row["scale"] or 1.0),
        of=row["of"],
        cap=float(row["cap"] or 0.0),
    )


def _manifest() -> dict[str, Any]:
    return tomllib.loads(files(PACKAGE).joinpath("data/mechanisms.toml").read_text(encoding="utf-8"))


def _about(name: str) -> Mapping[str, Any]:
    known = _manifest()
    if name not in known:
        raise InputError([Fault("mechanism", f"no shipped mechanism {name!r}", did_you_mean(name, known))])
    about: Mapping[str, Any] = known[name]
    return about
