"""One call of `solve`: input packed for the generated code some groups of lanes at a time, results put together."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.box_model.engine import Array, Problem, Solution, Status
from drivers.box_model.rates import Environment
from drivers.box_model.rosenbrock.generate import Program
from drivers.box_model.rosenbrock.layout import CONTEXT, CONTROL, SLOT, Layout
from drivers.box_model.rosenbrock.native import Solver
from drivers.box_model.rosenbrock.packing import aligned, pack, unpack
from drivers.box_model.rosenbrock.rate_kernel import packed_environment

H_MIN = 1e-8  # s: a step below solves nothing any more
CHUNK_BYTES = 16_000_000  # of packed input and output at a time


@dataclass(frozen=True)
class Segments:
    """The stretches of time between neighbouring nodes and outputs: end, node before, output at the end or -1."""

    end: Array
    node: NDArray[np.int64]
    output: NDArray[np.int64]


def segments(node_times: Array, output_times: Array) -> Segments:
    """Return the segments up to the last output; of two nodes at one time the second counts for what follows."""
    edges = np.unique(np.concatenate((node_times, output_times)))
    edges = edges[edges <= output_times[-1]]
    start, end = edges[:-1], edges[1:]
    node = np.searchsorted(node_times, start, side="right") - 1
    place = np.searchsorted(output_times, end)
    output = np.where(output_times[np.minimum(place, output_times.size - 1)] == end, place, -1)
    return Segments(np.ascontiguousarray(end), node.astype(np.int64), output.astype(np.int64))


@dataclass(frozen=True)
class Rows:
    """An input (node, row, box) and the rows of it that act, in the mechanism's order and as places in the solver."""

    values: Array
    rows: NDArray[np.intp]
    places: NDArray[np.int64]

    @property
    def constant(self) -> bool:
        """True where the input was broadcast along time."""
        return self.values.strides[0] == 0


class Workspace:
    """The buffers of one thread: the work of a group of lanes and its coefficients, with views of what is set and read.

    A group leaves the rows behind that the next one overwrites before it reads them; the head (step control, y, what is
    free) is set and the integral cleared for each.
    """

    def __init__(self, layout: Layout, lanes: int, coefficients: tuple[int, int]) -> None:
        self.work = aligned((layout.size, lanes))
        self.work[:] = 0.0
        self.k = aligned((*coefficients, lanes))
        self.head = self.work[: layout.head]
        self.control = self.work[: len(CONTROL)]
        start, count = layout.regions["sum"]
        self.sum = self.work[start : start + count]


@dataclass(frozen=True)
class Chunk:
    """Some groups of lanes, packed (group, ...) with the last box repeated until the lanes are full.

    `inputs` are what the generated code reads at each node; `head` (group, row, lane) what a group starts from: step
    control, y in the solver's order, 1 where solved and 0 where held; its step control is that of the end after a run.
    `end` and `mean` (group, output, kept, lane) are filled by the code.
    """

    boxes: slice
    inputs: dict[str, Array]
    head: Array
    end: Array
    mean: Array


class Batch:
    """What the groups of one call share, and the solution that they fill box by box."""

    def __init__(self, program: Program, solver: Solver, task: Problem, limits: tuple[float, float, int]) -> None:
        self._program, self._solver, self._task = program, solver, task
        self._lanes = program.lanes
        self._order = np.array(program.system.order, dtype=np.int64)
        self._place = np.argsort(self._order)
        self._rows = self._acting_rows()
        self._environment = (
            packed_environment(program.mechanism, task.k, program.lanes) if isinstance(task.k, Environment) else None
        )
        self._segments = segments(task.node_times, task.output_times)
        self._shared = self._shared_arrays()
        self._context = self._shared_context(limits)
        self._workspaces: SimpleQueue[Workspace] = SimpleQueue()
        self.solution = empty_solution(program.mechanism.species, task)

    def chunks(self) -> Iterator[slice]:
        """Yield the boxes that are packed together: whole groups, few enough to stay small in memory."""
        task = self._task
        rows = sum(rows.rows.size for rows in self._rows.values())
        if self._environment is None:
            rows += self._program.system.coefficients
        bytes_a_box = 8 * (rows * task.node_times.size + 2 * task.kept.size * task.output_times.size)
        size = max(1, CHUNK_BYTES // (bytes_a_box * self._lanes)) * self._lanes
        for first in range(0, task.boxes, size):
            yield slice(first, min(first + size, task.boxes))

    def run(self, boxes: slice) -> None:
        """Solve the boxes of a chunk and put them into the solution."""
        chunk = self._chunk(boxes)
        with self._workspace() as space:
            contexts = self._contexts(space, chunk)
            for group, address in enumerate(contexts.ctypes.data + contexts.strides[0] * np.arange(len(contexts))):
                space.head[:] = chunk.head[group]
                space.sum[:] = 0.0
                self._solver.run(int(address))
                chunk.head[group, : len(CONTROL)] = space.control
        self._take(chunk)

    def _contexts(self, space: Workspace, chunk: Chunk) -> NDArray[np.int64]:
        """Return the context of each group (group, slot): where it works, and its part of what was packed."""
        contexts = np.repeat(self._context[None], chunk.head.shape[0], axis=0)
        contexts[:, SLOT["work"]], contexts[:, SLOT["k"]] = space.work.ctypes.data, space.k.ctypes.data
        for name, array in {**chunk.inputs, "end": chunk.end, "mean": chunk.mean}.items():
            contexts[:, SLOT[name]] = array.ctypes.data + array.strides[0] * np.arange(len(contexts))
        if self._environment is not None:
            packed = chunk.inputs["environment"]
            same = (packed[1 : len(contexts)] == packed[: len(contexts) - 1]).all(axis=(1, 2, 3))
            contexts[1:, SLOT["nodes"]][same] = 0  # the coefficients of the group before are still in place
        return contexts

    # shared by the groups --------------------------------------------------------------------------------------------
    def _acting_rows(self) -> dict[str, Rows]:
        task = self._task
        rows = {"emission": self._nonzero(task.emission), "loss": self._nonzero(task.loss)}
        if task.held is not None:
            values = task.held.values
            given = np.broadcast_to(task.y0, task.emission.shape) if values is None else values
            rows["held"] = self._chosen(given, np.asarray(task.held.mask.any(axis=1)))
        return rows

    def _nonzero(self, values: Array) -> Rows:
        seen = values[:1] if values.strides[0] == 0 else values
        return self._chosen(values, np.asarray(seen.max(axis=(0, 2)) > 0.0))

    def _chosen(self, values: Array, mask: NDArray[np.bool_]) -> Rows:
        rows = np.flatnonzero(mask)
        return Rows(values, rows, np.ascontiguousarray(self._place[rows], dtype=np.int64))

    def _shared_arrays(self) -> dict[str, NDArray[Any]]:
        task = self._task
        return {
            "kept": np.ascontiguousarray(self._place[task.kept], dtype=np.int64),
            "node_times": np.ascontiguousarray(task.node_times),
            "segment_end": self._segments.end,
            "segment_node": self._segments.node,
            "segment_output": self._segments.output,
            "output_span": np.diff(task.output_times, prepend=task.node_times[0]),
            **{f"{name}_rows": rows.places for name, rows in self._rows.items()},
        }

    def _shared_context(self, limits: tuple[float, float, int]) -> NDArray[np.int64]:
        task = self._task
        rtol, atol, max_steps = limits
        context = np.zeros(len(CONTEXT), dtype=np.int64)
        for name, array in self._shared.items():
            context[SLOT[name]] = array.ctypes.data
        counts = {"nodes": task.node_times.size, "segments": self._segments.end.size, "kept_count": task.kept.size}
        counts |= {"k_stride": self._program.system.coefficients * self._lanes, "max_steps": max_steps}
        for name, rows in self._rows.items():
            counts[f"{name}_count"] = rows.rows.size
            counts[f"{name}_stride"] = 0 if rows.constant else rows.rows.size * self._lanes
        for name, count in counts.items():
            context[SLOT[name]] = count
        for name, number in (("rtol", rtol), ("atol", atol), ("h_min", H_MIN)):
            context.view(np.float64)[SLOT[name]] = number
        return context

    # one chunk --------------------------------------------------------------------------------------------------------
    def _chunk(self, boxes: slice) -> Chunk:
        outputs = self._task.output_times.size, self._task.kept.size
        head = self._head(boxes)
        end, mean = (np.full((head.shape[0], *outputs, self._lanes), np.nan) for _ in range(2))
        return Chunk(boxes, self._inputs(boxes), head, end, mean)

    def _head(self, boxes: slice) -> Array:
        """Return the first rows of the work buffer as each group starts."""
        task, layout, count = self._task, self._program.layout, boxes.stop - boxes.start
        head = np.zeros((-(-count // self._lanes), layout.head, self._lanes))
        for name, number in (("t", task.node_times[0]), ("target", self._segments.end[0])):
            head[:, layout.first(name)] = number
        head[:, layout.first("h")] = self._packed(task.first_step[boxes])
        active = np.arange(head.shape[0] * self._lanes).reshape(-1, self._lanes) < count
        head.view(np.int64)[:, layout.first("active")] = active
        y, free = (slice(start, start + rows) for start, rows in (layout.regions[n] for n in ("y", "free")))
        pack(task.y0[self._order, boxes], head[:, y])
        self._pack_free(boxes, head[:, free])
        return head

    def _pack_free(self, boxes: slice, goal: Array) -> None:
        """Put 1 where a species is solved and 0 where it is held into (group, species, lane)."""
        held = self._task.held
        if held is None:
            goal[:] = 1.0
        elif held.mask.strides[1] == 0:  # broadcast along boxes
            goal[:] = ~held.mask[self._order, :1]
        else:
            pack(~held.mask[self._order, boxes], goal)

    def _inputs(self, boxes: slice) -> dict[str, Array]:
        """Return what is read at the nodes, packed (group, node, row, lane); what is constant in time stands once."""
        arrays = {}
        for name, rows in self._rows.items():
            values = rows.values[:1] if rows.constant else rows.values
            arrays[name] = self._packed(values[:, rows.rows, boxes])
        if self._environment is None:
            arrays["k"] = self._packed(np.asarray(self._task.k)[..., boxes])
        else:
            arrays["environment"] = self._environment[boxes.start // self._lanes :]
        return arrays

    def _packed(self, values: Any) -> Array:
        """Return (..., box) as a contiguous (group, ..., lane)."""
        packed = np.empty((-(-values.shape[-1] // self._lanes), *values.shape[:-1], self._lanes))
        pack(values, packed)
        return packed

    def _take(self, chunk: Chunk) -> None:
        out, boxes = self.solution, chunk.boxes
        for packed, goal in ((chunk.end, out.end), (chunk.mean, out.mean)):
            unpack(packed, goal[..., boxes])
        for name, values in (("h", out.last_step), ("t", out.failed_at)):
            unpack(chunk.head[:, self._program.layout.first(name)], values[boxes])
        counts = chunk.head.view(np.int64)
        for name, numbers in (("status", out.status), ("steps", out.steps), ("rejected", out.rejected)):
            unpack(counts[:, self._program.layout.first(name)], numbers[boxes])
        out.failed_at[boxes] = np.where(out.status[boxes] != Status.DONE, out.failed_at[boxes], np.nan)

    @contextmanager
    def _workspace(self) -> Iterator[Workspace]:
        """Lend buffers that no other thread has."""
        try:
            space = self._workspaces.get_nowait()
        except Empty:
            space = self._new_workspace()
        yield space
        self._workspaces.put(space)

    def _new_workspace(self) -> Workspace:
        nodes = self._task.node_times.size if self._environment is not None else 0
        return Workspace(self._program.layout, self._lanes, (nodes, self._program.system.coefficients))


def empty_solution(species: tuple[str, ...], task: Problem) -> Solution:
    """Return the arrays of a solution, to be filled: every box of every output."""
    shape = (task.output_times.size, task.kept.size, task.boxes)
    return Solution(
        species=tuple(species[i] for i in task.kept),
        output_times=task.output_times,
        end=np.empty(shape),
        mean=np.empty(shape),
        status=np.zeros(task.boxes, dtype=np.int8),
        steps=np.zeros(task.boxes, dtype=np.int64),
        rejected=np.zeros(task.boxes, dtype=np.int64),
        failed_at=np.full(task.boxes, np.nan),
        last_step=np.zeros(task.boxes),
    )
