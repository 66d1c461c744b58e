"""MICM (NSF NCAR, through the `musica` package) behind the engine interface: second engine and oracle of the first.

MICM takes constant coefficients for one call, so each interval between nodes is cut into sub-steps of at most `substep`
seconds with the mid-point values of k, emission and loss. Measured on 32 boxes of `reference_case` (urban to rural,
summer and winter, worst hour of a day): O3 is off by 0.7 ppb at 600 s, 0.013 ppb at 60 s, 0.0015 ppb at 20 s. The mean
over an output interval is the trapezoid over the sub-steps. After each call MICM sets negative concentrations to zero,
which makes mass where CB6 has negative yields of a species near zero. MICM controls the error over all cells of one
State together and holds the GIL: use processes, not threads, to run several at once.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import numpy as np

from aqcore.errors import Fault, InputError
from drivers.box_model.engine import Array, Held, Problem, Solution, Status, coefficients, interpolate, problem
from drivers.box_model.mechanism import Mechanism, Reaction
from drivers.box_model.rates import Environment

AVOGADRO = 6.02214076e23  # mol-1, exact
PER_CM3 = AVOGADRO * 1e-6  # molecule cm-3 in one mol m-3, MICM's unit
LANES = 4  # cells that MICM's vector solver lays side by side, fixed when musica is built
CELLS = 16  # boxes in one State: 10,000 in one State is 2.6 times slower (cache)
MAX_STEPS = 100_000


@dataclass(frozen=True)
class MicmEngine:
    """MICM's three-stage Rosenbrock (ROS3) for one mechanism.

    rtol relative and atol absolute tolerance (molecule cm-3); h_start first internal step of each sub-step in s (MICM's
    own default, 1e-6 of the call, costs about eight more steps a call); substep in s.
    """

    mechanism: Mechanism
    rtol: float = 1e-3
    atol: float = 1e4
    h_start: float = 10.0
    substep: float = 300.0
    _solvers: dict[tuple[tuple[str, ...], int], Any] = field(default_factory=dict, repr=False, compare=False)
    _lock: Any = field(default_factory=Lock, repr=False, compare=False)

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
        """Carry the boxes from the first node to the last output; see `Engine.solve`.

        Held species must be the same in every box: raises `InputError` otherwise. `first_step` is not used.
        """
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
        )
        names = _held_names(self.mechanism, held)
        k = coefficients(self.mechanism, task.k)
        out = _empty(self.mechanism, task)
        with self._lock:
            solver = self._solver(names, 1 if task.boxes == 1 else CELLS)
            for first in range(0, task.boxes, solver.cells):
                _solve_cells(solver, task, k, slice(first, min(first + solver.cells, task.boxes)), out, self.substep)
        return out

    def _solver(self, held: tuple[str, ...], cells: int) -> "_Solver":
        if (held, cells) not in self._solvers:
            tolerances = (self.rtol, self.atol, self.h_start)
            self._solvers[held, cells] = _Solver(self.mechanism, held, tolerances, cells)
        solver: _Solver = self._solvers[held, cells]
        return solver


class _Solver:
    """One MICM solver with one State of some cells, and where its flat arrays hold what."""

    def __init__(
        self, mechanism: Mechanism, held: tuple[str, ...], tolerances: tuple[float, float, float], cells: int
    ) -> None:
        from musica.micm import MICM, SolverType
        from musica.micm.solver_parameters import RosenbrockSolverParameters

        rtol, atol, h_start = tolerances
        self.cells, self._lanes = cells, 1 if cells == 1 else LANES
        self.held = np.isin(np.array(mechanism.species), held)
        kind = SolverType.rosenbrock_standard_order if cells == 1 else SolverType.rosenbrock
        self._micm = MICM(mechanism=_micm_mechanism(mechanism, held), solver_type=kind)
        self._micm.set_solver_parameters(
            RosenbrockSolverParameters(
                relative_tolerance=rtol,
                absolute_tolerances=[atol / PER_CM3] * len(mechanism.species),
                h_start=h_start,
                max_number_of_steps=MAX_STEPS,
            )
        )
        self._state = self._micm.create_state(cells)
        self._state.set_conditions(temperatures=[298.15] * cells, pressures=[101325.0] * cells)
        self._orders = np.array([r.order for r in mechanism.reactions], dtype=np.float64)
        self._read_layout(mechanism)

    def _read_layout(self, mechanism: Mechanism) -> None:
        # neither the species nor the parameters come in the order in which they were made
        order = self._state.get_species_ordering()
        parameters = self._state.get_user_defined_rate_parameters_ordering()
        where = {key.split(".", 1)[1]: row for key, row in parameters.items()}
        self._species = np.array([order[name] for name in mechanism.species])
        self._reaction_rows = np.array([where[f"r{i}"] for i in range(len(mechanism.reactions))])
        self._emission_rows = np.array([where[f"e{i}"] for i in range(len(mechanism.species))])
        self._loss_rows = np.array([where[f"l{i}"] for i in range(len(mechanism.species))])
        self._parameters = np.zeros((self.cells // self._lanes, len(where), self._lanes))

    def set_concentrations(self, y: Array) -> None:
        """Put concentrations (species, box) in molecule cm-3 into the State."""
        flat = np.zeros((self.cells // self._lanes, self._species.size, self._lanes))
        flat[:, self._species] = self._packed(y / PER_CM3)
        self._state.get_internal_state().concentrations[:] = _vector(flat)

    def concentrations(self) -> Array:
        """Return the concentrations (species, cell) in molecule cm-3."""
        raw = np.fromiter(self._state.get_internal_state().concentrations, np.float64)
        flat = raw.reshape(self.cells // self._lanes, -1, self._lanes)[:, self._species]
        with np.errstate(over="ignore"):  # an infinite value is found by the caller, and is that box's failure
            return flat.transpose(1, 0, 2).reshape(-1, self.cells) * PER_CM3

    def set_rates(self, k: Array, emission: Array, loss: Array) -> None:
        """Set coefficients (reaction, box), emission and loss (species, box) in molecule, cm3, s."""
        free = ~self.held[:, None]
        self._parameters[:, self._reaction_rows] = self._packed(k * PER_CM3 ** (self._orders - 1.0)[:, None])
        self._parameters[:, self._emission_rows] = self._packed(emission * free / PER_CM3)
        self._parameters[:, self._loss_rows] = self._packed(loss * free)
        self._state.get_internal_state().user_defined_rate_parameters[:] = _vector(self._parameters)

    def advance(self, seconds: float) -> tuple[bool, int, int]:
        """Carry the State on; return whether MICM converged, and its accepted and rejected steps."""
        result = self._micm.solve(self._state, seconds)
        return "Converged" in str(result.state), int(result.stats.accepted), int(result.stats.rejected)

    def _packed(self, a: Array) -> Array:
        """(row, box) -> (group of lanes, row, lane); the last box fills the State, whose error knows all cells."""
        missing = self.cells - a.shape[1]
        if missing:
            a = np.concatenate((a, np.repeat(a[:, -1:], missing, axis=1)), axis=1)
        return a.reshape(a.shape[0], self.cells // self._lanes, self._lanes).transpose(1, 0, 2)


def _micm_mechanism(mechanism: Mechanism, held: tuple[str, ...]) -> Any:
    import musica.mechanism_configuration as mc

    species = {name: mc.Species(name=name) for name in mechanism.species}
    gas = mc.Phase(name="gas", species=list(species.values()))
    reactions: list[Any] = [
        mc.UserDefined(
            name=f"r{i}",
            gas_phase=gas,
            reactants=[(species[s], r.reactants.count(s)) for s in dict.fromkeys(r.reactants)],
            products=[(species[s], amount) for s, amount in _products(r, held) if amount != 0.0],
        )
        for i, r in enumerate(mechanism.reactions)
    ]
    for i, one in enumerate(species.values()):
        reactions.append(mc.Emission(name=f"e{i}", gas_phase=gas, products=[(one, 1.0)]))
        reactions.append(mc.FirstOrderLoss(name=f"l{i}", gas_phase=gas, reactants=[(one, 1.0)]))
    return mc.Mechanism(name=mechanism.name, species=list(species.values()), phases=[gas], reactions=reactions)


def _products(reaction: Reaction, held: tuple[str, ...]) -> Iterator[tuple[str, float]]:
    # a held species stands on both sides with equal amounts, so that no reaction changes it
    for name, amount in reaction.products:
        if name not in held:
            yield name, amount
    for name in dict.fromkeys(reaction.reactants):
        if name in held:
            yield name, float(reaction.reactants.count(name))


def _held_names(mechanism: Mechanism, held: Held | None) -> tuple[str, ...]:
    if held is None:
        return ()
    some, every = held.mask.any(axis=1), held.mask.all(axis=1)
    uneven = [mechanism.species[i] for i in np.flatnonzero(some & ~every)]
    if uneven:
        what = f"{', '.join(uneven)} held in some boxes only"
        raise InputError([Fault("held.mask", what, "hold the same species in every box, or use engine='rosenbrock'")])
    return tuple(mechanism.species[i] for i in np.flatnonzero(every))


def _solve_cells(solver: _Solver, task: Problem, k: Array, boxes: slice, out: Solution, substep: float) -> None:
    """Solve the boxes of one State; where MICM fails, each of them alone, so that only the culprit is lost."""
    failed_at = _march(solver, task, k, boxes, out, substep)
    if failed_at is None:
        return
    if boxes.stop - boxes.start == 1:
        out.status[boxes] = Status.NOT_CONVERGED
        out.failed_at[boxes] = failed_at
        return
    for box in range(boxes.start, boxes.stop):
        _solve_cells(solver, task, k, slice(box, box + 1), out, substep)


def _march(solver: _Solver, task: Problem, k: Array, boxes: slice, out: Solution, substep: float) -> float | None:
    y = task.y0[:, boxes]
    time = task.node_times[0]
    out.steps[boxes] = out.rejected[boxes] = 0
    for arrays in (out.end, out.mean):
        arrays[..., boxes] = np.nan
    solver.set_concentrations(y)
    for output, stop in enumerate(task.output_times):
        start, integral = time, np.zeros_like(y)
        for begin, end in _pieces(task.node_times, time, stop, substep):
            before = y
            y, done = _substep(solver, task, k, boxes, out, (begin, end), y)
            if not done:
                return float(begin)
            integral += 0.5 * (end - begin) * (before + y)
        time = stop
        out.end[output][:, boxes] = y[task.kept]
        out.mean[output][:, boxes] = integral[task.kept] / (stop - start)
    return None


def _substep(
    solver: _Solver,
    task: Problem,
    k: Array,
    boxes: slice,
    out: Solution,
    span: tuple[float, float],
    y: Array,
) -> tuple[Array, bool]:
    begin, end = span
    middle = 0.5 * (begin + end)
    at = [interpolate(a, task.node_times, middle)[:, boxes] for a in (k, task.emission, task.loss)]
    solver.set_rates(*at)
    values = None if task.held is None else task.held.values
    if values is not None:
        now = interpolate(values, task.node_times, middle)[:, boxes]
        solver.set_concentrations(np.where(solver.held[:, None], now, y))
    converged, accepted, rejected = solver.advance(end - begin)
    out.steps[boxes] += accepted + rejected
    out.rejected[boxes] += rejected
    y = solver.concentrations()[:, : boxes.stop - boxes.start]
    if values is not None:
        y = np.where(solver.held[:, None], interpolate(values, task.node_times, end)[:, boxes], y)
    return y, converged and bool(np.isfinite(y).all())


def _pieces(nodes: Array, start: float, stop: float, substep: float) -> Iterator[tuple[float, float]]:
    inner = nodes[(nodes > start) & (nodes < stop)]
    edges = np.unique(np.concatenate(([start], inner, [stop])))
    for left, right in itertools.pairwise(edges):
        cuts = np.linspace(left, right, int(np.ceil((right - left) / substep)) + 1)
        yield from itertools.pairwise(cuts)


def _empty(mechanism: Mechanism, task: Problem) -> Solution:
    shape = (task.output_times.size, task.kept.size, task.boxes)
    return Solution(
        species=tuple(mechanism.species[i] for i in task.kept),
        output_times=task.output_times,
        end=np.full(shape, np.nan),
        mean=np.full(shape, np.nan),
        status=np.zeros(task.boxes, dtype=np.int8),
        steps=np.zeros(task.boxes, dtype=np.int64),
        rejected=np.zeros(task.boxes, dtype=np.int64),
        failed_at=np.full(task.boxes, np.nan),
        last_step=np.full(task.boxes, task.first_step.min()),
    )


def _vector(a: Array) -> Any:
    # musica's own setters loop in Python over cells and names; its C++ vector takes the packed array at once
    from musica import backend

    return backend.get_backend().VectorDouble(a.ravel().tolist())
