"""The engine `rosenbrock`: boxes packed into lanes, groups of lanes into threads, one call of machine code a group.

The step loop is generated as well (no numba: llvmlite is enough, and one object file holds the whole solver). Each box
has its own step, error control and status, so it gives bitwise the same result alone and in any batch; the GIL is free
while a group is solved.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from aqcore.errors import Fault, InputError, did_you_mean
from drivers.box_model.engine import Array, Held, Solution, problem
from drivers.box_model.mechanism import Mechanism
from drivers.box_model.rates import Environment
from drivers.box_model.rosenbrock.batch import Batch
from drivers.box_model.rosenbrock.generate import Program
from drivers.box_model.rosenbrock.methods import METHODS
from drivers.box_model.rosenbrock.native import Solver, cache_key, host, load_solver

FIRST_STEP = 10.0  # s, where the caller knows no better
MAX_STEPS = 1_000_000


@dataclass(frozen=True)
class RosenbrockEngine:
    """The own solver of one mechanism.

    method rodas3, ros3 or rodas4; rtol relative and atol absolute tolerance (molecule cm-3) of one step; threads solve
    groups of boxes at once. The defaults hold O3 within 0.01 ppb and OH within 1 % of its peak over a day (tested).
    """

    mechanism: Mechanism
    method: str = "rodas3"
    rtol: float = 2e-4
    atol: float = 3e5
    threads: int = 1
    max_steps: int = MAX_STEPS
    _loaded: dict[tuple[bool, bool], tuple[Program, Solver]] = field(default_factory=dict, repr=False, compare=False)
    _lock: Any = field(default_factory=Lock, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise InputError([Fault("engine", f"no method {self.method!r}", did_you_mean(self.method, METHODS))])

    def solve(
        self,
        y0: Array,
        k_nodes: Array | Environment,
        node_times: Array,
        emission: Array,
        loss: Array,
        output_times: Array,
        *,
        held: Held | None = None,
        keep: Sequence[str] | None = None,
        first_step: Array | None = None,
    ) -> Solution:
        """Carry the boxes from the first node to the last output; see `Engine.solve`."""
        task = problem(
            self.mechanism,
            y0,
            k_nodes,
            node_times,
            emission,
            loss,
            output_times,
            held=held,
            keep=keep,
            first_step=first_step,
            default_step=FIRST_STEP,
        )
        program, solver = self.load(holds=held is not None, own_rates=isinstance(k_nodes, Environment))
        batch = Batch(program, solver, task, (self.rtol, self.atol, self.max_steps))
        if self.threads > 1:
            with ThreadPoolExecutor(self.threads) as pool:
                list(pool.map(batch.run, batch.chunks()))
        else:
            for boxes in batch.chunks():
                batch.run(boxes)
        return batch.solution

    def load(self, *, holds: bool = False, own_rates: bool = True) -> tuple[Program, Solver]:
        """Return the program and its machine code, compiled at the first call; `solve` calls it by itself."""
        variant = holds, own_rates
        with self._lock:
            if variant not in self._loaded:
                target = host()
                program = Program(self.mechanism, METHODS[self.method], target.lanes, holds, own_rates)
                key = cache_key(target, self.mechanism.digest, self.method, repr(variant))
                self._loaded[variant] = (program, load_solver(key, program.source, target))
            return self._loaded[variant]
