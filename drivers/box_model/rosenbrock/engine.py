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

import numpy as np
from numpy.typing import NDArray

from aqcore.errors import Fault, InputError, did_you_mean
from drivers.box_model.engine import Array, Held, Problem, Solution, Status, problem
from drivers.box_model.mechanism import Mechanism
from drivers.box_model.rates import Environment
from drivers.box_model.rosenbrock.generate import Program
from drivers.box_model.rosenbrock.layout import CONTEXT, SLOT
from drivers.box_model.rosenbrock.methods import METHODS
from drivers.box_model.rosenbrock.native import Solver, cache_key, host, load_solver
from drivers.box_model.rosenbrock.rate_kernel import packed_environment

FIRST_STEP = 10.0  # s, where the caller knows no better
H_MIN = 1e-8  # s: a step below solves nothing any more
MAX_STEPS = 1_000_000
ALIGNMENT = 64  # bytes of the widest vector


@dataclass(frozen=True)
class RosenbrockEngine:
    """The own solver of one mechanism.

    method rodas3, ros3 or rodas4; rtol relative and atol absolute tolerance (molecule cm-3); threads solve groups of
    boxes at once.
    """

    mechanism: Mechanism
    method: str = "rodas3"
    rtol: float = 1e-3
    atol: float = 1e4
    threads: int = 1
    max_steps: int = MAX_STEPS
    _loaded: dict[bool, "_Loaded"] = field(default_factory=dict, repr=False, compare=False)
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
        loaded = self._load(holds=held is not None)
        batch = _Batch(self, loaded, task)
        groups = range(0, task.boxes, loaded.program.lanes)
        if self.threads > 1:
            with ThreadPoolExecutor(self.threads) as pool:
                list(pool.map(batch.run, groups))
        else:
            for first in groups:
                batch.run(first)
        return batch.solution

    def _load(self, *, holds: bool) -> "_Loaded":
        with self._lock:
            if holds not in self._loaded:
                target = host()
                program = Program(self.mechanism, METHODS[self.method], target.lanes, holds)
                key = cache_key(target, self.mechanism.digest, self.method, f"holds {holds}")
                self._loaded[holds] = _Loaded(program, load_solver(key, program.source, target))
            return self._loaded[holds]


@dataclass(frozen=True)
class _Loaded:
    program: Program
    solver: Solver


@dataclass(frozen=True)
class _Segments:
    """The stretches of time between neighbouring nodes and outputs."""

    end: Array
    node: NDArray[np.int64]
    output: NDArray[np.int64]


def segments(node_times: Array, output_times: Array) -> _Segments:
    """Return the segments up to the last output; their node is the one at or before their start, jumps taken."""
    edges = np.unique(np.concatenate((node_times, output_times)))
    edges = edges[edges <= output_times[-1]]
    start, end = edges[:-1], edges[1:]
    node = np.searchsorted(node_times, start, side="right") - 1
    place = np.searchsorted(output_times, end)
    output = np.where(output_times[np.minimum(place, output_times.size - 1)] == end, place, -1)
    return _Segments(np.ascontiguousarray(end), node.astype(np.int64), output.astype(np.int64))


class _Batch:
    """One call of `solve`: what its groups share, and the solution that they fill box by box."""

    def __init__(self, engine: RosenbrockEngine, loaded: _Loaded, task: Problem) -> None:
        self._engine, self._loaded, self._task = engine, loaded, task
        self._lanes = loaded.program.lanes
        self._order = np.array(loaded.program.system.order, dtype=np.int64)
        place = np.argsort(self._order)
        self._kept = np.ascontiguousarray(place[task.kept], dtype=np.int64)
        self._segments = segments(task.node_times, task.output_times)
        self._times = np.ascontiguousarray(task.node_times)
        self._span = np.diff(task.output_times, prepend=task.node_times[0])
        self._environment = packed_environment(engine.mechanism, task.k) if isinstance(task.k, Environment) else None
        self.solution = _empty(engine.mechanism, task)

    def run(self, first: int) -> None:
        """Solve the boxes of one group of lanes and put them into the solution."""
        boxes = slice(first, min(first + self._lanes, self._task.boxes))
        width = boxes.stop - first
        work = _aligned(self._loaded.program.layout.size * self._lanes).reshape(-1, self._lanes)
        shape = (self._task.output_times.size, self._kept.size, self._lanes)
        end, mean = np.full(shape, np.nan), np.full(shape, np.nan)
        self._prepare(work, boxes)
        arrays = self._arrays(boxes) | {"work": work, "end": end, "mean": mean}
        context = self._context(arrays)
        self._loaded.solver.run(context.ctypes.data)
        out = self.solution
        out.end[..., boxes], out.mean[..., boxes] = end[..., :width], mean[..., :width]
        self._take_control(work, boxes, width)

    def _prepare(self, work: Array, boxes: slice) -> None:
        regions, task = self._loaded.program.layout.regions, self._task
        work[:] = 0.0
        start, count = regions["y"]
        work[start : start + count] = self._widened(task.y0[self._order, boxes])
        start, count = regions["free"]
        work[start : start + count] = 1.0
        if task.held is not None:
            work[start : start + count] = ~self._widened(task.held.mask[self._order, boxes])
        work[regions["h"][0]] = self._widened(task.first_step[None, boxes])[0]
        work[regions["t"][0]] = task.node_times[0]
        work[regions["target"][0]] = self._segments.end[0]
        active = work[regions["active"][0]].view(np.int64)
        active[: boxes.stop - boxes.start] = 1

    def _arrays(self, boxes: slice) -> dict[str, Any]:
        """Return the group's own input, packed (node, row, lane); a constant in time is packed once."""
        task = self._task
        nodes, reactions = task.node_times.size, len(self._engine.mechanism.reactions)
        arrays: dict[str, Any] = {
            "emission": self._packed(task.emission, boxes),
            "loss": self._packed(task.loss, boxes),
        }
        if self._environment is None:
            arrays["k"] = self._packed(np.asarray(task.k), boxes)
        else:
            arrays["environment"] = self._packed(self._environment, boxes)
            arrays["k"] = np.empty((nodes, reactions, self._lanes))
        if task.held is not None:
            values = task.held.values
            given = np.broadcast_to(task.y0, task.emission.shape) if values is None else values
            arrays["held"] = self._packed(given, boxes)
        return arrays

    def _context(self, arrays: dict[str, Any]) -> NDArray[np.int64]:
        task, cuts = self._task, self._segments
        shared = {
            "order": self._order,
            "kept": self._kept,
            "node_times": self._times,
            "segment_end": cuts.end,
            "segment_node": cuts.node,
            "segment_output": cuts.output,
            "output_span": self._span,
        }
        context = np.zeros(len(CONTEXT), dtype=np.int64)
        for name, array in (arrays | shared).items():
            context[SLOT[name]] = array.ctypes.data
        counts = {"nodes": task.node_times.size, "segments": cuts.end.size, "kept_count": self._kept.size}
        counts |= {
            f"{name}_stride": _stride(arrays[name]) for name in ("k", "emission", "loss", "held") if name in arrays
        }
        counts |= {"max_steps": self._engine.max_steps}
        for name, number in counts.items():
            context[SLOT[name]] = number
        numbers = context.view(np.float64)
        for name, value in (("rtol", self._engine.rtol), ("atol", self._engine.atol), ("h_min", H_MIN)):
            numbers[SLOT[name]] = value
        return context

    def _packed(self, values: Array, boxes: slice) -> Array:
        constant = values.strides[0] == 0
        return np.ascontiguousarray(self._widened((values[:1] if constant else values)[..., boxes]))

    def _widened(self, values: Any) -> Any:
        """Repeat the last box until the lanes are full."""
        missing = self._lanes - values.shape[-1]
        return values if missing == 0 else np.concatenate((values, np.repeat(values[..., -1:], missing, -1)), axis=-1)

    def _take_control(self, work: Array, boxes: slice, width: int) -> None:
        regions, out = self._loaded.program.layout.regions, self.solution
        for name, goal in (("status", out.status), ("steps", out.steps), ("rejected", out.rejected)):
            goal[boxes] = work[regions[name][0]].view(np.int64)[:width]
        out.last_step[boxes] = work[regions["h"][0]][:width]
        failed = out.status[boxes] != Status.DONE
        out.failed_at[boxes] = np.where(failed, work[regions["t"][0]][:width], np.nan)


def _stride(array: Array) -> int:
    """Doubles from one node to the next; 0 for what stays the same."""
    return 0 if array.shape[0] == 1 else int(array[0].size)


def _aligned(length: int) -> Array:
    raw = np.empty(length + ALIGNMENT // 8)
    skip = (-raw.ctypes.data % ALIGNMENT) // 8
    return raw[skip : skip + length]


def _empty(mechanism: Mechanism, task: Problem) -> Solution:
    shape = (task.output_times.size, task.kept.size, task.boxes)
    return Solution(
        species=tuple(mechanism.species[i] for i in task.kept),
        output_times=task.output_times,
        end=np.empty(shape),
        mean=np.empty(shape),
        status=np.zeros(task.boxes, dtype=np.int8),
        steps=np.zeros(task.boxes, dtype=np.int64),
        rejected=np.zeros(task.boxes, dtype=np.int64),
        failed_at=np.full(task.boxes, np.nan),
        last_step=np.zeros(task.boxes),
    )
