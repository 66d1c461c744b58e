"""A small writer of LLVM IR in text: vectors of boxes side by side (lanes), counted loops and branches.

Text, because a mechanism makes some 30,000 straight-line instructions and llvmlite's own builder is an order slower at
that. Every arithmetic instruction acts lane by lane: nothing that one box does can reach another.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

FLAGS = "contract nsz"  # fused multiply-add allowed; nothing that would let a result depend on its neighbours


def literal(value: float) -> str:
    """Return a double as LLVM reads it without rounding."""
    return f"0x{np.float64(value).view(np.uint64):016X}"


class Function:
    """The text of one function under construction; values are names such as `%v7`."""

    def __init__(self, name: str, arguments: Sequence[str], lanes: int, *, public: bool = False) -> None:
        self.lanes = lanes
        self.vector = f"<{lanes} x double>"
        self.integers = f"<{lanes} x i64>"
        self.mask = f"<{lanes} x i1>"
        self._counter = 0
        self._block = "entry"
        linkage = "" if public else "internal "
        self._lines = [f"define {linkage}void @{name}({', '.join(arguments)}) noinline nounwind {{", "entry:"]

    def text(self) -> str:
        """Return the finished function."""
        return "\n".join((*self._lines, "ret void", "}", ""))

    def emit(self, line: str) -> None:
        """Add an instruction without a value."""
        self._lines.append(line)

    def value(self, instruction: str) -> str:
        """Add an instruction and return the name of its value."""
        self._counter += 1
        name = f"%v{self._counter}"
        self._lines.append(f"{name} = {instruction}")
        return name

    # memory -----------------------------------------------------------------------------------------------------
    def address(self, base: str, index: str | int, kind: str | None = None) -> str:
        """Return the address of element `index`; elements are vectors unless `kind` says otherwise."""
        return self.value(f"getelementptr {kind or self.vector}, ptr {base}, i64 {index}")

    def load(self, base: str, index: str | int = 0, kind: str | None = None) -> str:
        """Return element `index` of an array of vectors (or of `kind`)."""
        return self.value(f"load {kind or self.vector}, ptr {self.address(base, index, kind)}, align 8")

    def store(self, value: str, base: str, index: str | int = 0, kind: str | None = None) -> None:
        """Put a value into element `index` of an array of vectors (or of `kind`)."""
        self.emit(f"store {kind or self.vector} {value}, ptr {self.address(base, index, kind)}, align 8")

    # arithmetic on vectors ----------------------------------------------------------------------------------------
    def constant(self, value: float) -> str:
        """Return a vector with one value in every lane."""
        return f"<{', '.join([f'double {literal(value)}'] * self.lanes)}>"

    def integer(self, value: int) -> str:
        """Return an integer vector with one value in every lane."""
        return f"<{', '.join([f'i64 {value}'] * self.lanes)}>"

    def op(self, operation: str, a: str, b: str) -> str:
        """Return a vector operation: fadd, fsub, fmul, fdiv."""
        return self.value(f"{operation} {FLAGS} {self.vector} {a}, {b}")

    def scaled_sum(self, total: str, factor: float, term: str) -> str:
        """Return total + factor * term without multiplying by one."""
        if factor in {1.0, -1.0}:
            return self.op("fadd" if factor > 0 else "fsub", total, term)
        return self.op("fadd", total, self.op("fmul", self.constant(factor), term))

    def compare(self, condition: str, a: str, b: str, kind: str | None = None) -> str:
        """Return a mask: fcmp on doubles, icmp when `kind` is an integer type."""
        word = "fcmp" if kind is None else "icmp"
        return self.value(f"{word} {condition} {kind or self.vector} {a}, {b}")

    def select(self, mask: str, yes: str, no: str, kind: str | None = None) -> str:
        """Return lane by lane yes where the mask holds, else no."""
        kind = kind or self.vector
        return self.value(f"select {self.mask} {mask}, {kind} {yes}, {kind} {no}")

    def both(self, a: str, b: str) -> str:
        """Return the lanes where both masks hold."""
        return self.value(f"and {self.mask} {a}, {b}")

    def negate(self, a: str) -> str:
        """Return the lanes where the mask does not hold."""
        return self.value(f"xor {self.mask} {a}, <{', '.join(['i1 true'] * self.lanes)}>")

    def lesser(self, a: str, b: str) -> str:
        """Return the smaller of each lane; b where a is not a number."""
        return self.select(self.compare("olt", a, b), a, b)

    def greater(self, a: str, b: str) -> str:
        """Return the greater of each lane; b where a is not a number."""
        return self.select(self.compare("ogt", a, b), a, b)

    def any(self, mask: str) -> str:
        """Return an i1 that tells whether the mask holds in some lane."""
        bits = self.value(f"bitcast {self.mask} {mask} to i{self.lanes}")
        return self.value(f"icmp ne i{self.lanes} {bits}, 0")

    # control --------------------------------------------------------------------------------------------------------
    def start(self, label: str) -> None:
        """Begin a block."""
        self._lines.append(f"{label}:")
        self._block = label

    def label(self, stem: str) -> str:
        """Return a fresh label."""
        self._counter += 1
        return f"{stem}{self._counter}"

    @contextmanager
    def loop(self, count: str | int) -> Iterator[str]:
        """Repeat the body with an i64 counter from 0 to count - 1; count is at least 1."""
        name = self.label("loop")
        before = self._block
        self.emit(f"br label %{name}")
        self.start(name)
        self.emit(f"%{name}.i = phi i64 [0, %{before}], [%{name}.next, %{name}.latch]")
        yield f"%{name}.i"
        self.emit(f"br label %{name}.latch")
        self.start(f"{name}.latch")
        self.emit(f"%{name}.next = add i64 %{name}.i, 1")
        again = self.value(f"icmp slt i64 %{name}.next, {count}")
        self.emit(f"br i1 {again}, label %{name}, label %{name}.end")
        self.start(f"{name}.end")

    @contextmanager
    def repeat(self) -> Iterator[str]:
        """Repeat the body until `leave_unless` leaves it; yield the label behind it."""
        name = self.label("repeat")
        self.emit(f"br label %{name}")
        self.start(name)
        yield f"{name}.end"
        self.emit(f"br label %{name}")
        self.start(f"{name}.end")

    def leave_unless(self, condition: str, end: str) -> None:
        """Go on when an i1 holds, else to the label `end`."""
        on = self.label("on")
        self.emit(f"br i1 {condition}, label %{on}, label %{end}")
        self.start(on)

    @contextmanager
    def when(self, condition: str) -> Iterator[None]:
        """Run the body when an i1 holds."""
        name = self.label("when")
        self.emit(f"br i1 {condition}, label %{name}, label %{name}.end")
        self.start(name)
        yield
        self.emit(f"br label %{name}.end")
        self.start(f"{name}.end")
