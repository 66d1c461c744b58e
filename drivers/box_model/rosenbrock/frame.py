"""What all parts of the generated step loop share: sizes, the work buffer, and how to reach the context."""

from dataclasses import dataclass

from drivers.box_model.rosenbrock.ir import Function
from drivers.box_model.rosenbrock.layout import CONTEXT, SLOT, Layout
from drivers.box_model.rosenbrock.methods import Method
from drivers.box_model.rosenbrock.sparsity import System

POINTERS = frozenset(CONTEXT[: SLOT["nodes"]])
NUMBERS = frozenset(CONTEXT[SLOT["rtol"] :])


@dataclass(frozen=True)
class Frame:
    """One solver under construction."""

    system: System
    method: Method
    layout: Layout
    lanes: int
    holds: bool
    own_rates: bool
    environment_rows: int

    def context(self, f: Function, name: str) -> str:
        """Return a pointer or number of the context."""
        kind = "ptr" if name in POINTERS else "double" if name in NUMBERS else "i64"
        return f.load("%context", SLOT[name], kind)

    def region(self, f: Function, name: str) -> str:
        """Return the address of a region of the work buffer."""
        return f.address(self.context(f, "work"), self.layout.first(name))

    def regions(self, f: Function) -> dict[str, str]:
        """Return the addresses of all regions."""
        work = self.context(f, "work")
        return {name: f.address(work, first) for name, (first, _) in self.layout.regions.items()}

    def splat(self, f: Function, name: str) -> str:
        """Return a vector with a number of the context in every lane."""
        kind = "double" if name in NUMBERS else "i64"
        vector = f"<{self.lanes} x {kind}>"
        one = f.value(f"insertelement {vector} poison, {kind} {self.context(f, name)}, i64 0")
        return f.value(f"shufflevector {vector} {one}, {vector} poison, <{self.lanes} x i32> zeroinitializer")
