"""The straight-line kernels of a mechanism: tendency, matrix, factors and solution, one instruction per non-zero entry.

All arrays are arrays of vectors (lanes = boxes); species stand in the elimination order of `System`.
"""

from collections import defaultdict

from drivers.box_model.rosenbrock.ir import Function
from drivers.box_model.rosenbrock.sparsity import System

Terms = dict[tuple[int, int], list[tuple[int, float]]]

ROW_INPUT = ("L0", "L1", "tau", "d", "G", "w")
PART_SIZE = 400  # multiply-adds in one function
LINEAR = ("y", "k0", "k1", "E0", "E1", "L0", "L1")  # state, and what is linear in time: value at the node, slope


def tendency_kernel(system: System, lanes: int, *, holds: bool) -> str:
    """Return @tendency(y, k0, k1, E0, E1, L0, L1, tau, f, w[, free, slope]): f = chemistry(k, y) + E - L y.

    k, E and L are `0` + tau `1`. With `holds`, f = free (...) + slope, free being 0 and slope the given change of a
    held species. w is scratch (reaction,).
    """
    names = [*LINEAR, "tau", "f", "w"] + (["free", "slope"] if holds else [])
    f = Function("tendency", [f"ptr noalias %{n}" for n in names], lanes)
    tau = f.load("%tau")
    for r in range(system.reactions):
        f.store(_rate(f, system, r, _coefficient(f, system, r, tau)), "%w", r)
    for place, terms in enumerate(_terms_by_species(system)):
        loss = f.op("fmul", _linear(f, "L", place, tau), f.load("%y", place))
        total = f.op("fsub", _linear(f, "E", place, tau), loss)
        for r, amount in terms:
            total = f.scaled_sum(total, amount, f.load("%w", r))
        if holds:
            total = f.op("fadd", f.op("fmul", total, f.load("%free", place)), f.load("%slope", place))
        f.store(total, "%f", place)
    return f.text()


def drift_kernel(system: System, lanes: int, *, holds: bool) -> str:
    """Return @drift(y, k1, E1, L1, f, w[, free]): the change in time of the tendency at constant y."""
    names = ["y", "k1", "E1", "L1", "f", "w"] + (["free"] if holds else [])
    f = Function("drift", [f"ptr noalias %{n}" for n in names], lanes)
    varying = {r: row for r, row in enumerate(system.rates.rows) if isinstance(row, int)}
    for r, row in varying.items():
        f.store(_rate(f, system, r, f.load("%k1", row)), "%w", r)
    for place, terms in enumerate(_terms_by_species(system)):
        total = f.op("fsub", f.load("%E1", place), f.op("fmul", f.load("%L1", place), f.load("%y", place)))
        for r, amount in terms:
            if r in varying:
                total = f.scaled_sum(total, amount, f.load("%w", r))
        f.store(f.op("fmul", total, f.load("%free", place)) if holds else total, "%f", place)
    return f.text()


def decomposition_kernels(system: System, lanes: int, *, holds: bool) -> str:
    """Return @decompose(y, k0, k1, L0, L1, tau, d, G, w[, free]): the factors of d I - J, d being 1 / (h gamma).

    L and U stand in G with the diagonal inverted (row-wise elimination without pivoting); w is scratch (derivative,).
    Each row is built and eliminated at once and written once: the factors exceed the first cache, so moving them costs
    more than computing them. The rows are cut into functions of modest size, which LLVM compiles much faster than one.
    """
    cuts = _row_parts(system)
    free = ["free"] if holds else []
    f = Function("decompose", [f"ptr %{n}" for n in ("y", "k0", "k1", *ROW_INPUT, *free)], lanes)
    f.emit("call void @derivatives(ptr %y, ptr %k0, ptr %k1, ptr %tau, ptr %w)")
    passed = ", ".join(f"ptr %{n}" for n in (*ROW_INPUT, *free))
    texts = [_derivative_kernel(system, lanes)]
    scatter = _scatter(system)
    for number, rows in enumerate(cuts):
        part = Function(f"rows{number}", [f"ptr noalias %{n}" for n in (*ROW_INPUT, *free)], lanes)
        tau = part.load("%tau")
        for row in rows:
            _decompose_row(part, system, row, scatter, tau, holds=holds)
        texts.append(part.text())
        f.emit(f"call void @rows{number}({passed})")
    return "\n".join((*texts, f.text()))


def solve_kernel(system: System, lanes: int) -> str:
    """Return @solve(G, x): x becomes the solution of the factored system for the right-hand side x."""
    f = Function("solve", ["ptr noalias %G", "ptr noalias %x"], lanes)
    for row, columns in enumerate(system.rows):
        lower = [c for c in columns if c < row]
        if lower:
            f.store(_eliminated(f, system, row, lower), "%x", row)
    for row in reversed(range(system.size)):
        upper = [c for c in system.rows[row] if c > row]
        value = f.op("fmul", _eliminated(f, system, row, upper), f.load("%G", system.positions[row, row]))
        f.store(value, "%x", row)
    return f.text()


def derivatives(system: System) -> list[tuple[int, int]]:
    """Return (reaction, slot) of every partial derivative of a rate by one of its reactants."""
    return [(r, slot) for r, places in enumerate(system.reactants) for slot in range(len(places))]


def _terms_by_species(system: System) -> list[list[tuple[int, float]]]:
    terms: list[list[tuple[int, float]]] = [[] for _ in range(system.size)]
    for r, changes in enumerate(system.net):
        for place, amount in changes:
            terms[place].append((r, amount))
    return terms


def _linear(f: Function, letter: str, row: int, tau: str) -> str:
    return f.op("fadd", f.load(f"%{letter}0", row), f.op("fmul", tau, f.load(f"%{letter}1", row)))


def _coefficient(f: Function, system: System, r: int, tau: str) -> str:
    row = system.rates.rows[r]
    return _linear(f, "k", row, tau) if isinstance(row, int) else f.constant(row)


def _rate(f: Function, system: System, r: int, k: str) -> str:
    for place in system.reactants[r]:
        k = f.op("fmul", k, f.load("%y", place))
    return k


def _derivative_kernel(system: System, lanes: int) -> str:
    f = Function("derivatives", [f"ptr noalias %{n}" for n in ("y", "k0", "k1", "tau", "w")], lanes)
    tau = f.load("%tau")
    number = 0
    for r, places in enumerate(system.reactants):
        k = _coefficient(f, system, r, tau) if places else ""
        for slot in range(len(places)):
            value = k
            for place in places[:slot] + places[slot + 1 :]:
                value = f.op("fmul", value, f.load("%y", place))
            f.store(value, "%w", number)
            number += 1
    return f.text()


def _scatter(system: System) -> Terms:
    """Return for each (row, column) of the Jacobian its terms (derivative, amount)."""
    scatter: Terms = defaultdict(list)
    for number, (r, slot) in enumerate(derivatives(system)):
        for place, amount in system.net[r]:
            scatter[place, system.reactants[r][slot]].append((number, amount))
    return scatter


def _row_parts(system: System) -> list[list[int]]:
    parts: list[list[int]] = [[]]
    size = 0
    for row, columns in enumerate(system.rows):
        size += sum(len(system.rows[c]) for c in columns if c < row) + len(columns)
        parts[-1].append(row)
        if size > PART_SIZE:
            parts.append([])
            size = 0
    return [part for part in parts if part]


def _decompose_row(f: Function, system: System, row: int, scatter: Terms, tau: str, *, holds: bool) -> None:
    at = system.positions
    values = {column: _entry(f, row, column, scatter, tau, holds=holds) for column in system.rows[row]}
    for pivot in (c for c in system.rows[row] if c < row):
        values[pivot] = f.op("fmul", values[pivot], f.load("%G", at[pivot, pivot]))
        for column in (c for c in system.rows[pivot] if c > pivot):
            product = f.op("fmul", values[pivot], f.load("%G", at[pivot, column]))
            values[column] = f.op("fsub", values[column], product)
    values[row] = f.op("fdiv", f.constant(1.0), values[row])
    for column, value in values.items():
        f.store(value, "%G", at[row, column])


def _entry(f: Function, row: int, column: int, scatter: Terms, tau: str, *, holds: bool) -> str:
    total = _linear(f, "L", row, tau) if row == column else f.constant(0.0)
    for number, amount in scatter.get((row, column), []):
        total = f.scaled_sum(total, -amount, f.load("%w", number))
    if holds:
        total = f.op("fmul", total, f.load("%free", row))
    return f.op("fadd", total, f.load("%d")) if row == column else total


def _eliminated(f: Function, system: System, row: int, columns: list[int]) -> str:
    value = f.load("%x", row)
    for column in columns:
        product = f.op("fmul", f.load("%G", system.positions[row, column]), f.load("%x", column))
        value = f.op("fsub", value, product)
    return value
