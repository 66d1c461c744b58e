"""Expressions of species definition files, parsed into a tree and computed on arrays; nothing is ever executed as code.

Grammar, loosest first: `condition ? a : b`, `||`, `&&`, comparisons, `+ -`, `* /`, signs, powers (`^` or `**`),
functions, numbers, `name[file]`, parentheses. Names of file 0 are variables that the definitions themselves make.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Values = Any
"""What a name stands for: an array, a DataArray, or a number."""

Names = Mapping[tuple[str, int], Values]

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+)?)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?:\[(?P<file>\d+)\])?"
    r"|(?P<mark>\*\*|<=|>=|==|!=|&&|\|\||[-+*/^()<>?:,]))"
)

FUNCTIONS: Mapping[str, Callable[..., Values]] = {
    "exp": np.exp, "log": np.log, "log10": np.log10, "sqrt": np.sqrt, "abs": np.abs, "sin": np.sin, "cos": np.cos,
    "tan": np.tan, "atan": np.arctan, "max": np.maximum, "min": np.minimum,
}  # fmt: skip

_BINARY: Mapping[str, tuple[int, Callable[[Values, Values], Values]]] = {
    "||": (1, lambda a, b: (a != 0) | (b != 0)), "&&": (2, lambda a, b: (a != 0) & (b != 0)),
    "==": (3, lambda a, b: a == b), "!=": (3, lambda a, b: a != b), "<": (3, lambda a, b: a < b),
    "<=": (3, lambda a, b: a <= b), ">": (3, lambda a, b: a > b), ">=": (3, lambda a, b: a >= b),
    "+": (4, lambda a, b: a + b), "-": (4, lambda a, b: a - b), "*": (5, lambda a, b: a * b),
    "/": (5, lambda a, b: a / b),
}  # fmt: skip
"""Operators with how tightly they bind."""

POWERS = ("^", "**")


@dataclass(frozen=True)
class Number:
    """A number."""

    value: float


@dataclass(frozen=True)
class Name:
    """A variable of a file; file 0 is the definitions themselves, -1 where none is written."""

    name: str
    file: int


@dataclass(frozen=True)
class Call:
    """A function or operator applied to parts."""

    function: str
    parts: tuple["Expression", ...]


Expression = Number | Name | Call


class ExpressionError(ValueError):
    """A text is no expression; says where."""


def parse(text: str) -> Expression:
    """Return the tree of an expression. Raises ExpressionError saying what stands where it should not."""
    reader = _Reader(_tokens(text), text)
    tree = reader.conditional()
    if reader.mark is not None or not reader.ended:
        raise ExpressionError(f"{reader.described} is left over in {text!r}")
    return tree


def names_of(tree: Expression) -> set[Name]:
    """Return the variables that an expression reads."""
    if isinstance(tree, Name):
        return {tree}
    return set().union(*(names_of(part) for part in tree.parts)) if isinstance(tree, Call) else set()


def compute(tree: Expression, names: Names) -> Values:
    """Return the value of an expression on what its names stand for. Raises KeyError for a name that is not given."""
    if isinstance(tree, Number):
        return tree.value
    if isinstance(tree, Name):
        return names[tree.name, tree.file]
    parts = [compute(part, names) for part in tree.parts]
    if tree.function == "?":
        return _chosen(*parts)
    if tree.function == "negative":
        return -parts[0]
    if tree.function == "^":
        return parts[0] ** parts[1]
    if tree.function in _BINARY:
        return _BINARY[tree.function][1](*parts)
    return FUNCTIONS[tree.function](*parts)


def _chosen(condition: Values, yes: Values, no: Values) -> Values:
    if hasattr(condition, "where"):  # a DataArray keeps its coordinates
        return (condition * 0 + yes).where(condition, no)
    return np.where(condition, yes, no)


_Token = tuple[str, Any]


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    position = 0
    stripped = text.rstrip()
    while position < len(stripped):
        match = _TOKEN.match(stripped, position)
        if match is None:
            raise ExpressionError(f"{stripped[position:].strip()[:10]!r} is no part of an expression in {text!r}")
        position = match.end()
        if match["number"]:
            found.append(("number", float(match["number"].lower().replace("d", "e"))))
        elif match["name"]:
            found.append(("name", (match["name"], int(match["file"]) if match["file"] else -1)))
        else:
            found.append(("mark", match["mark"]))
    return found


class _Reader:
    """Reads tokens from left to right."""

    def __init__(self, tokens: list[_Token], text: str) -> None:
        self.tokens = tokens
        self.text = text
        self.place = 0

    @property
    def ended(self) -> bool:
        """Whether no token is left."""
        return self.place >= len(self.tokens)

    @property
    def mark(self) -> str | None:
        """The operator or bracket that comes next."""
        if self.ended or self.tokens[self.place][0] != "mark":
            return None
        return str(self.tokens[self.place][1])

    @property
    def described(self) -> str:
        """What comes next, in words."""
        return "the end" if self.ended else repr(self.tokens[self.place][1])

    def take(self, mark: str) -> bool:
        """Pass over a mark when it comes next."""
        if self.mark != mark:
            return False
        self.place += 1
        return True

    def need(self, mark: str) -> None:
        """Pass over a mark that must come next."""
        if not self.take(mark):
            raise ExpressionError(f"{mark!r} is missing before {self.described} in {self.text!r}")

    def conditional(self) -> Expression:
        """Read `a ? b : c`, or what binds tighter."""
        condition = self.binary(1)
        if not self.take("?"):
            return condition
        yes = self.conditional()
        self.need(":")
        return Call("?", (condition, yes, self.conditional()))

    def binary(self, level: int) -> Expression:
        """Read operators that bind at least as tightly as `level`, from left to right."""
        left = self.signed()
        while (mark := self.mark) is not None and mark in _BINARY and _BINARY[mark][0] >= level:
            self.place += 1
            left = Call(mark, (left, self.binary(_BINARY[mark][0] + 1)))
        return left

    def signed(self) -> Expression:
        """Read a signed power: -a^2 is -(a^2)."""
        if self.take("-"):
            return Call("negative", (self.signed(),))
        if self.take("+"):
            return self.signed()
        base = self.single()
        if self.mark in POWERS:
            self.place += 1
            return Call("^", (base, self.signed()))
        return base

    def single(self) -> Expression:
        """Read a number, a name, a function with its arguments, or an expression in parentheses."""
        if self.take("("):
            inner = self.conditional()
            self.need(")")
            return inner
        if self.ended or self.mark is not None:
            raise ExpressionError(f"a value is missing before {self.described} in {self.text!r}")
        kind, value = self.tokens[self.place]
        self.place += 1
        if kind == "number":
            return Number(value)
        if value[1] < 0 and self.mark == "(":
            return self.called(value[0])
        return Name(*value)

    def called(self, function: str) -> Expression:
        """Read the arguments of a function."""
        if function.lower() not in FUNCTIONS:
            raise ExpressionError(f"unknown function {function!r} in {self.text!r}; known: {', '.join(FUNCTIONS)}")
        self.need("(")
        parts = [self.conditional()]
        while self.take(","):
            parts.append(self.conditional())
        self.need(")")
        wanted = 2 if function.lower() in {"max", "min"} else 1
        if len(parts) != wanted:
            raise ExpressionError(f"{function} has {len(parts)} arguments instead of {wanted} in {self.text!r}")
        return Call(function.lower(), tuple(parts))
