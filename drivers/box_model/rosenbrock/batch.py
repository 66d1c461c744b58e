"""One call of `solve`: input packed group by group for the generated code, its results put together."""

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
from drivers.box_model.rosenbrock.layout import CONTEXT, SLOT
from drivers.box_model.rosenbrock.native import Solver
from drivers.box_model.rosenbrock.rate_kernel import packed_environment

H_MIN = 1e-8  # s: a step below solves nothing any more
ALIGNMENT = 64  # bytes of the widest vector


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


@dataclass(frozen=True)
class Workspace:
    """The buffers of one thread."""

    work: Array
    k: Array
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

    def run(self, first: int) -> None:
        """Solve the boxes of one group of lanes and put them into the solution."""
        boxes = slice(first, min(first + self._lanes, self._task.boxes))
        with self._workspace() as space:
            self._prepare(space, boxes)
            arrays = self._group_arrays(boxes)
            context = self._context.copy()
            for name, array in arrays.items():
                context[SLOT[name]] = array.ctypes.data
            for name in ("work", "k", "end", "mean"):
                context[SLOT[name]] = arrays.get(name, getattr(space, name)).ctypes.data
            self._solver.run(context.ctypes.data)
            self._take(space, boxes)

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
        return self._chosen(values, np.asarray(seen.any(axis=(0, 2))))

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

    # one group --------------------------------------------------------------------------------------------------------
    def _group_arrays(self, boxes: slice) -> dict[str, Array]:
        """Return the group's own input, packed (node, row, lane); what is constant in time is packed once."""
        arrays = {}
        for name, rows in self._rows.items():
            values = rows.values[:1] if rows.constant else rows.values
            arrays[name] = self._packed(values[:, rows.rows, boxes])
        if self._environment is None:
            arrays["k"] = self._packed(np.asarray(self._task.k)[..., boxes])
        else:
            arrays["environment"] = self._environment[boxes.start // self._lanes]
        return arrays

    def _packed(self, values: Any) -> Array:
        """Return a contiguous copy, the last box repeated until the lanes are full."""
        missing = self._lanes - values.shape[-1]
        if missing:
            values = np.concatenate((values, np.repeat(values[..., -1:], missing, axis=-1)), axis=-1)
        return np.ascontiguousarray(values)

    def _prepare(self, space: Workspace, boxes: slice) -> None:
        regions, task, work = self._program.layout.regions, self._task, space.work
        work[:] = 0.0
        space.end[:] = space.mean[:] = np.nan
        start, count = regions["y"]
        work[start : start + count] = self._packed(task.y0[self._order, boxes])
        start, count = regions["free"]
        work[start : start + count] = 1.0
        if task.held is not None:
            work[start : start + count] = self._packed(~task.held.mask[self._order, boxes])
        work[regions["h"][0]] = self._packed(task.first_step[None, boxes])[0]
        work[regions["t"][0]] = task.node_times[0]
        work[regions["target"][0]] = self._segments.end[0]
        work[regions["active"][0]].view(np.int64)[: boxes.stop - boxes.start] = 1

    def _take(self, space: Workspace, boxes: slice) -> None:
        regions, out, width = self._program.layout.regions, self.solution, boxes.stop - boxes.start
        out.end[..., boxes], out.mean[..., boxes] = space.end[..., :width], space.mean[..., :width]
        for name, goal in (("status", out.status), ("steps", out.steps), ("rejected", out.rejected)):
            goal[boxes] = space.work[regions[name][0]].view(np.int64)[:width]
        out.last_step[boxes] = space.work[regions["h"][0]][:width]
        failed = out.status[boxes] != Status.DONE
        out.failed_at[boxes] = np.where(failed, space.work[regions["t"][0]][:width], np.nan)

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
        task, lanes = self._task, self._lanes
        outputs = (task.output_times.size, task.kept.size, lanes)
        nodes = task.node_times.size if self._environment is not None else 0
        return Workspace(
            aligned((self._program.layout.size, lanes)),
            aligned((nodes, self._program.system.coefficients, lanes)),
            aligned(outputs),
            aligned(outputs),
        )


def aligned(shape: tuple[int, ...]) -> Array:
    """Return an uninitialised array that starts at a multiple of the widest vector."""
    length = int(np.prod(shape))
    raw = np.empty(length + ALIGNMENT // 8)
    skip = (-raw.ctypes.data % ALIGNMENT) // 8
    return raw[skip : skip + length].reshape(shape)


def empty_solution(species: tuple[str, ...], task: Problem) -> Solution:
    """Return the arrays of a solution, to be filled."""
    shape = (task.output_times.size, task.kept.size, task.boxes)
    return Solution(
        species=tuple(species[i] for i in task.kept),
        output_times=task.output_times,
        end=np.full(shape, np.nan),
        mean=np.full(shape, np.nan),
        status=np.zeros(task.boxes, dtype=np.int8),
        steps=np.zeros(task.boxes, dtype=np.int64),
        rejected=np.zeros(task.boxes, dtype=np.int64),
        failed_at=np.full(task.boxes, np.nan),
        last_step=np.zeros(task.boxes),
    )
