"""Where the generated code keeps its arrays: a work buffer of vectors, and a context of pointers and numbers."""

from dataclasses import dataclass

from drivers.box_model.rosenbrock.kernels import derivatives
from drivers.box_model.rosenbrock.methods import Method
from drivers.box_model.rosenbrock.sparsity import System

# one vector each: what the step control knows of every lane
CONTROL = (
    "t",
    "h",
    "taken",
    "target",
    "origin",
    "active",
    "segment",
    "node",
    "again",
    "status",
    "steps",
    "rejected",
    "done",
)

# 8 bytes each: what the generated code is told at every call
CONTEXT = (
    *("work", "environment", "k", "emission", "loss", "held", "emission_rows", "loss_rows", "held_rows"),
    *("kept", "end", "mean", "node_times", "segment_end", "segment_node", "segment_output", "output_span"),
    *("nodes", "segments", "kept_count", "k_stride", "emission_stride", "loss_stride", "held_stride"),
    *("emission_count", "loss_count", "held_count", "max_steps"),
    *("rtol", "atol", "h_min"),
)
SLOT = {name: number for number, name in enumerate(CONTEXT)}


@dataclass(frozen=True)
class Layout:
    """First vector and length of each region of the work buffer; `head` counts the vectors that a call starts from."""

    regions: dict[str, tuple[int, int]]
    size: int

    @property
    def head(self) -> int:
        """Number of vectors of the step control, `y` and `free`, which stand first."""
        start, count = self.regions["free"]
        return start + count

    def first(self, name: str) -> int:
        """Return the first vector of a region."""
        return self.regions[name][0]


def build_layout(system: System, method: Method, scratch: tuple[int, int]) -> Layout:
    """Return the layout; `scratch` is what the rate kernel asks for."""
    species, reactions = system.size, system.reactions
    sizes = dict.fromkeys(CONTROL, 1)
    sizes |= {"y": species, "free": species}
    sizes |= dict.fromkeys(("k0", "k1"), system.coefficients)  # at the node before, and its slope
    sizes |= dict.fromkeys(("E0", "E1", "L0", "L1", "new", "sum", "f", "ft", "slope", "zero"), species)
    sizes |= {f"K{i}": species for i in range(method.stages)}
    sizes |= {"G": system.entries, "w": max(reactions, len(derivatives(system)), 1), "d": 1, "tau": 1}
    sizes |= {"x": scratch[0], "z": scratch[1]}
    regions, start = {}, 0
    for name, length in sizes.items():
        regions[name] = (start, length)
        start += length
    return Layout(regions, start)
