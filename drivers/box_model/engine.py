"""What an engine of the box model does: it carries concentrations through time, each box on its own.

dy/dt = chemistry(k(t), y) + emission(t) - loss(t) y. Concentrations are in molecule cm-3, times in s. Order of
dimensions: node | output (time), species | reaction, box. The coefficients, the emission and the loss are given at
nodes of time and vary linearly between them; two nodes at one time make a jump.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from aqcore.errors import Faults, RunFailed, gathering
from drivers.box_model.mechanism import Mechanism
from drivers.box_model.rates import Environment, rate_coefficients

Array = NDArray[np.float64]
FAULTS_LISTED = 20


class Status(IntEnum):
    """How the solution of one box ended."""

    DONE = 0
    NOT_FINITE = 1
    STEP_TOO_SMALL = 2
    TOO_MANY_STEPS = 3
    NOT_CONVERGED = 4


MESSAGES = {
    Status.DONE: "done",
    Status.NOT_FINITE: "a concentration became infinite or not a number",
    Status.STEP_TOO_SMALL: "the step became too small to reach the tolerance",
    Status.TOO_MANY_STEPS: "too many steps",
    Status.NOT_CONVERGED: "the solver gave up",
}


@dataclass(frozen=True)
class Held:
    """Species whose concentrations are given instead of solved, as in an observation-based run.

    mask: (species, box), True where held; values: (node, species, box) molecule cm-3, linear between nodes, read where
    held; None keeps the initial concentration.
    """

    mask: NDArray[np.bool_]
    values: Array | None = None


@dataclass(frozen=True)
class Solution:
    """What an engine hands back; values of a box after it failed are NaN.

    output_times (output,) s; end (output, species, box) at the output time, mean (output, species, box) over the time
    since the output before; species names the second dimension. status, steps, rejected, failed_at (s, NaN when done)
    and last_step (s; a start for the next call) are (box,).
    """

    species: tuple[str, ...]
    output_times: Array
    end: Array
    mean: Array
    status: NDArray[np.int8]
    steps: NDArray[np.int64]
    rejected: NDArray[np.int64]
    failed_at: Array
    last_step: Array

    def failures(self) -> list[str]:
        """Return one sentence for each box that did not reach the end."""
        failed = np.flatnonzero(self.status != Status.DONE)
        return [f"box {b}: {MESSAGES[Status(self.status[b])]} at {self.failed_at[b]:.0f} s" for b in failed]

    def raise_if_failed(self) -> None:
        """Raise `RunFailed` naming the boxes that did not reach the end."""
        failures = self.failures()
        if failures:
            more = f"; and {len(failures) - FAULTS_LISTED} more" if len(failures) > FAULTS_LISTED else ""
            raise RunFailed("; ".join(failures[:FAULTS_LISTED]) + more)

    def row(self, species: str) -> int:
        """Return the position of a species in `end` and `mean`; raise ValueError when it was not kept."""
        return self.species.index(species)


class Engine(Protocol):
    """Solves many boxes of one mechanism at once."""

    @property
    def mechanism(self) -> Mechanism:
        """The mechanism that the engine was made for."""
        ...

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
        """Carry the boxes from the first node to the last output.

        y0 (species, box) molecule cm-3; k_nodes (node, reaction, box) or an `Environment` at the nodes; node_times
        (node,) s, not decreasing; emission (node, species, box) molecule cm-3 s-1; loss (node, species, box) s-1;
        output_times (output,) s, increasing, after the first node and not after the last; keep: species to hand back
        (default all); first_step (box,) s. Raises `InputError` on shapes that disagree, negative or non-finite values;
        a box that fails has a status, and raises nothing.
        """
        ...


@dataclass(frozen=True)
class Problem:
    """The checked arguments of `Engine.solve`, arrays contiguous in float64."""

    y0: Array
    k: Array | Environment
    node_times: Array
    emission: Array
    loss: Array
    output_times: Array
    held: Held | None
    kept: NDArray[np.intp]
    first_step: Array

    @property
    def boxes(self) -> int:
        """Number of boxes."""
        return int(self.y0.shape[1])


def problem(
    mechanism: Mechanism,
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
    default_step: float = 10.0,
) -> Problem:
    """Return the checked problem; raise `InputError` with every fault found, naming species, node and box."""
    kept = np.array([mechanism.index(name) for name in (mechanism.species if keep is None else keep)], dtype=np.intp)
    y, E, L = (np.asarray(a, dtype=np.float64) for a in (y0, emission, loss))
    times, outputs = (np.asarray(a, dtype=np.float64).ravel() for a in (node_times, output_times))
    k = k_nodes if isinstance(k_nodes, Environment) else np.asarray(k_nodes, dtype=np.float64)
    with gathering() as faults:
        _check_times(faults, times, outputs)
        _check_shapes(faults, mechanism, times.size, {"y0": y, "emission": E, "loss": L}, k, held)
    with gathering() as faults:
        for name, values, unit in (("y0", y[None], "cm-3"), ("emission", E, "cm-3 s-1"), ("loss", L, "s-1")):
            _check_values(faults, mechanism.species, name, unit, values)
        if not isinstance(k, Environment):
            _check_values(faults, mechanism.labels, "coefficient", "s-1 or cm3 s-1", k)
        _check_held(faults, mechanism, held)
    steps = np.full(y.shape[1], default_step) if first_step is None else np.asarray(first_step, dtype=np.float64)
    return Problem(y, k, times, E, L, outputs, held, kept, np.where(steps > 0.0, steps, default_step))


def coefficients(mechanism: Mechanism, k_nodes: Array | Environment) -> Array:
    """Return the coefficients at the nodes, evaluated when an environment is given."""
    return rate_coefficients(mechanism, k_nodes) if isinstance(k_nodes, Environment) else k_nodes


def interpolate(nodes: Array, times: Array, at: float) -> Array:
    """Return the values (row, box) of (node, row, box) at a time, linear between the nodes around it."""
    right = int(np.clip(np.searchsorted(times, at, side="right"), 1, times.size - 1))
    left = right - 1
    span = times[right] - times[left]
    share = (at - times[left]) / span if span > 0.0 else 1.0
    value: Array = nodes[left] + share * (nodes[right] - nodes[left])
    return value


def _check_times(faults: Faults, times: Array, outputs: Array) -> None:
    if times.size < 2 or np.any(np.diff(times) < 0) or not times[-1] > times[0]:
        faults.add("node_times", "not at least two times in order", "give the nodes in increasing order")
        return
    if outputs.size == 0 or np.any(np.diff(outputs) <= 0):
        faults.add("output_times", "empty or not increasing", "give increasing times")
    elif outputs[0] <= times[0] or outputs[-1] > times[-1]:
        what = f"{outputs[0]:g} .. {outputs[-1]:g} s leave the nodes {times[0]:g} .. {times[-1]:g} s"
        faults.add("output_times", what, "give nodes up to the last output, outputs after the first node")


def _check_shapes(
    faults: Faults,
    mechanism: Mechanism,
    nodes: int,
    arrays: dict[str, Array],
    k: Array | Environment,
    held: Held | None,
) -> None:
    species, boxes = len(mechanism.species), arrays["y0"].shape[-1]
    expected: dict[str, tuple[int, ...]] = {"y0": (species, boxes)}
    expected |= dict.fromkeys(("emission", "loss", "held.values"), (nodes, species, boxes))
    expected |= {"held.mask": (species, boxes), "k_nodes": (nodes, len(mechanism.reactions), boxes)}
    expected |= {"environment": (nodes, boxes)}
    given = {name: array.shape for name, array in arrays.items()}
    given |= {"environment": k.temperature.shape} if isinstance(k, Environment) else {"k_nodes": k.shape}
    if held is not None:
        given |= {"held.mask": held.mask.shape} | ({} if held.values is None else {"held.values": held.values.shape})
    for name, shape in given.items():
        if shape != expected[name]:
            faults.add(name, f"shape {shape}", f"give {expected[name]} for this mechanism and these nodes")


def _check_values(faults: Faults, names: Sequence[str], what: str, unit: str, values: Array) -> None:
    seen = values[:1] if values.strides[0] == 0 else values  # broadcast along time
    if seen.size and not (seen.min() >= 0.0 and seen.max() < np.inf):  # not a number fails both
        wrong = ~(np.isfinite(values) & (values >= 0.0))
        node, row, box = np.argwhere(wrong)[0]
        found = f"{what} of {names[row]} is {values[node, row, box]:g} {unit} ({int(wrong.sum())} values in all)"
        faults.add(f"node {node}, box {box}", found, "give finite values, not below zero")


def _check_held(faults: Faults, mechanism: Mechanism, held: Held | None) -> None:
    if held is not None and held.values is not None:
        rows = np.flatnonzero(held.mask.any(axis=1))
        given = np.where(held.mask[rows], held.values[:, rows], 0.0)
        names = [mechanism.species[row] for row in rows]
        _check_values(faults, names, "held concentration", "cm-3", given)
