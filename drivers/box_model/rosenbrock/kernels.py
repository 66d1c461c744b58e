"""The straight-line kernels of a mechanism: tendency, matrix, factors and solution, one instruction per non-zero entry.

All arrays are arrays of vectors (lanes = boxes); species stand in the elimination order of `System`.
"""

from collections import defaultdict

from drivers.box_model.rosenbrock.ir import Function
from drivers.box_model.rosenbrock.sparsity import System


def tendency_kernel(system: System, lanes: int, *, holds: bool) -> str:
    """Return @tendency(y, k, E, L, f, w[, free, slope]): f = chemistry(k, y) + E - L y.

    With `holds`, f = free (...) + slope, free being 0 and slope the given change of a held species. w is scratch
    (reaction,).
    """
    names = ["y", "k", "E", "L", "f", "w"] + (["free", "slope"] if holds else [])
    f = Function("tendency", [f"ptr noalias %{n}" for n in names], lanes)
    for r, places in enumerate(system.reactants):
        rate = f.load("%k", r)
        for place in places:
            rate = f.op("fmul", rate, f.load("%y", place))
        f.store(rate, "%w", r)
    for place, terms in enumerate(_terms_by_species(system)):
        total = f.op("fsub", f.load("%E", place), f.op("fmul", f.load("%L", place), f.load("%y", place)))
        for r, amount in terms:
            total = f.scaled_sum(total, amount, f.load("%w", r))
        if holds:
            total = f.op("fadd", f.op("fmul", total, f.load("%free", place)), f.load("%slope", place))
        f.store(total, "%f", place)
    return f.text()


def matrix_kernel(system: System, lanes: int, *, holds: bool) -> str:
    """Return @matrix(y, k, L, d, G, w[, free]): G = d I - J, d being 1 / (h gamma); w is scratch (derivative,)."""
    names = ["y", "k", "L", "d", "G", "w"] + (["free"] if holds else [])
    f = Function("matrix", [f"ptr noalias %{n}" for n in names], lanes)
    scatter: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for number, (r, slot) in enumerate(derivatives(system)):
        f.store(_derivative(f, system, r, slot), "%w", number)
        for place, amount in system.net[r]:
            scatter[system.positions[place, system.reactants[r][slot]]].append((number, amount))
    for (row, column), position in system.positions.items():
        total = f.load("%L", row) if row == column else f.constant(0.0)
        for number, amount in scatter[position]:
            total = f.scaled_sum(total, -amount, f.load("%w", number))
        if holds and (scatter[position] or row == column):
            total = f.op("fmul", total, f.load("%free", row))
        if row == column:
            total = f.op("fadd", total, f.load("%d"))
        f.store(total, "%G", position)
    return f.text()


def factor_kernel(system: System, lanes: int) -> str:
    """Return @factor(G): L and U in place, the diagonal inverted (row-wise elimination without pivoting)."""
    f = Function("factor", ["ptr noalias %G"], lanes)
    at = system.positions
    for row, columns in enumerate(system.rows):
        values = {column: f.load("%G", at[row, column]) for column in columns}
        for pivot in (c for c in columns if c < row):
            values[pivot] = f.op("fmul", values[pivot], f.load("%G", at[pivot, pivot]))
            for column in (c for c in system.rows[pivot] if c > pivot):
                product = f.op("fmul", values[pivot], f.load("%G", at[pivot, column]))
                values[column] = f.op("fsub", values[column], product)
        values[row] = f.op("fdiv", f.constant(1.0), values[row])
        for column, value in values.items():
            f.store(value, "%G", at[row, column])
    return f.text()


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


def _derivative(f: Function, system: System, r: int, slot: int) -> str:
    rate = f.load("%k", r)
    for other, place in enumerate(system.reactants[r]):
        if other != slot:
            rate = f.op("fmul", rate, f.load("%y", place))
    return rate


def _eliminated(f: Function, system: System, row: int, columns: list[int]) -> str:
    value = f.load("%x", row)
    for column in columns:
        product = f.op("fmul", f.load("%G", system.positions[row, column]), f.load("%x", column))
        value = f.op("fsub", value, product)
    return value
