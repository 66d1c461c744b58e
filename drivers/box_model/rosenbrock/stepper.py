"""The step loop of the generated solver: every lane has its own time, step, error control and place among the nodes.

A lane that reaches the end of its segment (a node or an output time) writes its output and takes the next segment at
once, so no box waits for another. Coefficients, emission and loss are linear in time within a segment; the method's F_t
term is used exactly: the tendency is linear in them, hence F(y; k) + c F_t(y) = F(y; k + c dk/dt).
"""

from drivers.box_model.engine import Status
from drivers.box_model.rosenbrock.ir import Function, literal
from drivers.box_model.rosenbrock.layout import CONTEXT, SLOT, Layout
from drivers.box_model.rosenbrock.methods import Method
from drivers.box_model.rosenbrock.sparsity import System
from drivers.box_model.rosenbrock.vector_math import exponential, logarithm

SAFETY = 0.9  # of the step that the error estimate promises, and
GROWTH = 6.0  # limits of its change (KPP's defaults, Sandu & Sander 2006, Atmos. Chem. Phys. 6, 187-195)
SHRINKAGE = 0.2
ERROR_FLOOR, ERROR_CEILING = 1e-10, 1e12
POINTERS = frozenset(CONTEXT[: SLOT["nodes"]])
NUMBERS = frozenset(("rtol", "atol", "h_min"))


class Stepper:
    """Writes @solve_boxes(context) and its helpers @load_node and @advance_lane."""

    def __init__(
        self, system: System, method: Method, layout: Layout, lanes: int, *, holds: bool, environment_rows: int
    ) -> None:
        self._system, self._method, self._layout = system, method, layout
        self._lanes, self._holds, self._environment_rows = lanes, holds, environment_rows

    def text(self) -> str:
        """Return the three functions."""
        return f"{self._load_node()}\n{self._advance_lane()}\n{self._solve_boxes()}"

    # helpers -----------------------------------------------------------------
    def _context(self, f: Function, name: str) -> str:
        kind = "ptr" if name in POINTERS else "double" if name in NUMBERS else "i64"
        return f.load("%context", SLOT[name], kind)

    def _region(self, f: Function, name: str) -> str:
        return f.address(self._context(f, "work"), self._layout.first(name))

    def _lane(self, f: Function, row: str | int) -> str:
        return f.value(f"add i64 {f.value(f'mul i64 {row}, {self._lanes}')}, %lane")

    # one lane enters a node interval -----------------------------------------------------------------
    def _load_node(self) -> str:
        f = Function("load_node", ["ptr %context", "i64 %lane", "i64 %node"], self._lanes)
        times = self._context(f, "node_times")
        start = f.load(times, "%node", "double")
        end = f.load(times, f.value("add i64 %node, 1"), "double")
        rate = f.value(f"fdiv double {literal(1.0)}, {f.value(f'fsub double {end}, {start}')}")
        f.store(start, self._region(f, "origin"), "%lane", "double")
        f.store("%node", self._region(f, "node"), "%lane", "i64")
        self._load_lines(f, "k", "k0", "k1", rate, self._system.reactions, ordered=False)
        self._load_lines(f, "emission", "E0", "E1", rate, self._system.size, ordered=True)
        self._load_lines(f, "loss", "L0", "L1", rate, self._system.size, ordered=True)
        if self._holds:
            self._load_lines(f, "held", "new", "slope", rate, self._system.size, ordered=True)
            self._take_held(f)
        return f.text()

    def _load_lines(
        self, f: Function, source: str, value: str, slope: str, rate: str, count: int, *, ordered: bool
    ) -> None:
        base, stride = self._context(f, source), self._context(f, f"{source}_stride")
        here = f.address(base, f.value(f"mul i64 %node, {stride}"), "double")
        following = f.address(here, stride, "double")
        order = self._context(f, "order") if ordered else ""
        values, slopes = self._region(f, value), self._region(f, slope)
        with f.loop(max(count, 1)) as i:
            entry = self._lane(f, f.load(order, i, "i64") if ordered else i)
            a, b = f.load(here, entry, "double"), f.load(following, entry, "double")
            change = f.value(f"fmul double {f.value(f'fsub double {b}, {a}')}, {rate}")
            f.store(a, values, self._lane(f, i), "double")
            f.store(change, slopes, self._lane(f, i), "double")

    def _take_held(self, f: Function) -> None:
        # the slope of a free species stays zero; a held one starts the interval from its given value
        free, slope, y, given = (self._region(f, n) for n in ("free", "slope", "y", "new"))
        with f.loop(self._system.size) as i:
            entry = self._lane(f, i)
            is_free = f.value(f"fcmp one double {f.load(free, entry, 'double')}, {literal(0.0)}")
            old, value = f.load(y, entry, "double"), f.load(given, entry, "double")
            f.store(f.value(f"select i1 {is_free}, double {old}, double {value}"), y, entry, "double")
            change = f.load(slope, entry, "double")
            f.store(f.value(f"select i1 {is_free}, double {literal(0.0)}, double {change}"), slope, entry, "double")

    # one lane reaches the end of its segment -----------------------------------------------------------------
    def _advance_lane(self) -> str:
        f = Function("advance_lane", ["ptr %context", "i64 %lane"], self._lanes)
        segments = self._region(f, "segment")
        segment = f.load(segments, "%lane", "i64")
        output = f.load(self._context(f, "segment_output"), segment, "i64")
        with f.when(f.value(f"icmp sge i64 {output}, 0")):
            self._write_output(f, output)
        following = f.value(f"add i64 {segment}, 1")
        f.store(following, segments, "%lane", "i64")
        last = f.value(f"icmp sge i64 {following}, {self._context(f, 'segments')}")
        with f.when(last):
            f.store("0", self._region(f, "active"), "%lane", "i64")
        with f.when(f.value(f"xor i1 {last}, true")):
            self._enter_segment(f, following)
        return f.text()

    def _enter_segment(self, f: Function, segment: str) -> None:
        end = f.load(self._context(f, "segment_end"), segment, "double")
        f.store(end, self._region(f, "target"), "%lane", "double")
        node = f.load(self._context(f, "segment_node"), segment, "i64")
        changed = f.value(f"icmp ne i64 {node}, {f.load(self._region(f, 'node'), '%lane', 'i64')}")
        with f.when(changed):
            f.emit(f"call void @load_node(ptr %context, i64 %lane, i64 {node})")

    def _write_output(self, f: Function, output: str) -> None:
        count, kept = self._context(f, "kept_count"), self._context(f, "kept")
        end, mean = self._context(f, "end"), self._context(f, "mean")
        y, total = self._region(f, "y"), self._region(f, "sum")
        span = f.load(self._context(f, "output_span"), output, "double")
        first = f.value(f"mul i64 {output}, {count}")
        with f.loop(count) as i:
            source = self._lane(f, f.load(kept, i, "i64"))
            goal = self._lane(f, f.value(f"add i64 {first}, {i}"))
            f.store(f.load(y, source, "double"), end, goal, "double")
            average = f.value(f"fdiv double {f.load(total, source, 'double')}, {span}")
            f.store(average, mean, goal, "double")
        with f.loop(self._system.size) as i:
            f.store(literal(0.0), total, self._lane(f, i), "double")

    # all lanes -----------------------------------------------------------------
    def _solve_boxes(self) -> str:
        f = Function("solve_boxes", ["ptr %context"], self._lanes, public=True)
        self._regions = {name: self._region(f, name) for name in self._layout.regions}
        self._evaluate_rates(f)
        node = f.load(self._context(f, "segment_node"), 0, "i64")
        with f.loop(self._lanes) as lane:
            f.emit(f"call void @load_node(ptr %context, i64 {lane}, i64 {node})")
        with f.repeat() as end:
            active = f.compare("ne", f.load(self._regions["active"], 0, f.integers), f.integer(0), f.integers)
            f.leave_unless(f.any(active), end)
            taken = self._choose_step(f, active)
            self._stages(f, taken)
            self._finish_step(f, active, taken)
        return f.text()

    def _evaluate_rates(self, f: Function) -> None:
        environment, nodes = self._context(f, "environment"), self._context(f, "nodes")
        stride = self._context(f, "k_stride")
        with f.when(f.value(f"icmp ne ptr {environment}, null")), f.loop(nodes) as node:
            env = f.address(environment, f.value(f"mul i64 {node}, {self._environment_rows}"))
            k = f.address(self._context(f, "k"), f.value(f"mul i64 {node}, {stride}"), "double")
            scratch = f"ptr {self._regions['x']}, ptr {self._regions['z']}"
            f.emit(f"call void @coefficients(ptr {env}, ptr {k}, {scratch})")

    def _choose_step(self, f: Function, active: str) -> str:
        rest = f.op("fsub", f.load(self._regions["target"]), f.load(self._regions["t"]))
        h = f.load(self._regions["h"])
        half = f.op("fmul", rest, f.constant(0.5))  # two equal steps rather than a long and a crumb
        short = f.select(f.compare("olt", rest, f.op("fmul", h, f.constant(2.0))), half, h)
        taken = f.select(f.compare("ole", rest, h), rest, short)
        taken = f.select(active, taken, f.constant(1.0))
        f.store(taken, self._regions["taken"])
        return taken

    def _stages(self, f: Function, h: str) -> None:
        method, R = self._method, self._regions
        inverse = f.op("fdiv", f.constant(1.0), h)
        f.store(f.op("fmul", inverse, f.constant(1.0 / method.gamma)), R["d"])
        self._interpolate(f, h, 0.0)
        names = ("y", "kt", "Lt", "d", "G", "w", *(("free",) if self._holds else ()))
        f.emit(f"call void @matrix({', '.join(f'ptr {R[n]}' for n in names)})")
        f.emit(f"call void @factor(ptr {R['G']})")
        a, c = method.matrices()
        at_start = [not a[i].any() for i in range(method.stages)]
        if any(g != 0.0 and not s for g, s in zip(method.gammas, at_start, strict=True)):
            self._tendency(f, "y", ("k1", "E1", "L1"), "ft", "zero")
        time = 0.0
        for i in range(method.stages):
            wanted = method.alpha[i] + (method.gammas[i] if at_start[i] else 0.0)
            fresh = i == 0 or wanted != time or (a[i] != a[i - 1]).any()
            if wanted != time:
                self._interpolate(f, h, wanted)
                time = wanted
            if fresh:
                self._stage_tendency(f, a[i].tolist())
            self._right_side(f, i, c[i].tolist(), inverse, None if at_start[i] else h)
            f.emit(f"call void @solve(ptr {R['G']}, ptr {R[f'K{i}']})")

    def _interpolate(self, f: Function, h: str, share: float) -> None:
        """Put k, E and L at t + share h into kt, Et, Lt."""
        R = self._regions
        tau = f.op("fsub", f.load(R["t"]), f.load(R["origin"]))
        tau = f.scaled_sum(tau, share, h) if share else tau
        for letter, count in (("k", self._system.reactions), ("E", self._system.size), ("L", self._system.size)):
            with f.loop(max(count, 1)) as i:
                change = f.op("fmul", tau, f.load(R[f"{letter}1"], i))
                f.store(f.op("fadd", f.load(R[f"{letter}0"], i), change), R[f"{letter}t"], i)

    def _stage_tendency(self, f: Function, weights: list[float]) -> None:
        R = self._regions
        if not any(weights):
            self._tendency(f, "y", ("kt", "Et", "Lt"), "f", "slope")
            return
        with f.loop(self._system.size) as i:
            total = f.load(R["y"], i)
            for j, weight in enumerate(weights):
                if weight:
                    total = f.scaled_sum(total, weight, f.load(R[f"K{j}"], i))
            f.store(total, R["new"], i)
        self._tendency(f, "new", ("kt", "Et", "Lt"), "f", "slope")

    def _tendency(self, f: Function, y: str, rates: tuple[str, str, str], out: str, slope: str) -> None:
        names = (y, *rates, out, "w", *(("free", slope) if self._holds else ()))
        f.emit(f"call void @tendency({', '.join(f'ptr {self._regions[n]}' for n in names)})")

    def _right_side(self, f: Function, stage: int, weights: list[float], inverse: str, h: str | None) -> None:
        """K_i = f + sum_j c_ij / h K_j + gamma_i h F_t, the last only where it is not in the time of k already."""
        R, gamma = self._regions, self._method.gammas[stage]
        scaled = {j: f.op("fmul", inverse, f.constant(c)) for j, c in enumerate(weights) if c}
        shift = f.op("fmul", h, f.constant(gamma)) if h is not None and gamma else None
        with f.loop(self._system.size) as i:
            total = f.load(R["f"], i)
            for j, factor in scaled.items():
                total = f.op("fadd", total, f.op("fmul", factor, f.load(R[f"K{j}"], i)))
            if shift is not None:
                total = f.op("fadd", total, f.op("fmul", shift, f.load(R["ft"], i)))
            f.store(total, R[f"K{stage}"], i)

    # error, acceptance, next step -----------------------------------------------------------------
    def _finish_step(self, f: Function, active: str, taken: str) -> None:
        R = self._regions
        error = self._error(f)
        accepted = f.both(active, f.compare("ole", error, f.constant(1.0)))
        self._control(f, active, accepted, error, taken)
        p, q = self._method.mean_weights()
        with f.loop(self._system.size) as i:
            old, total = f.load(R["y"], i), f.load(R["sum"], i)
            share = f.op("fmul", old, f.constant(p))
            for j, weight in enumerate(q.tolist()):
                if weight:
                    share = f.scaled_sum(share, weight, f.load(R[f"K{j}"], i))
            grown = f.op("fadd", total, f.op("fmul", share, taken))
            f.store(f.select(accepted, grown, total), R["sum"], i)
            f.store(f.select(accepted, f.load(R["new"], i), old), R["y"], i)
        self._advance(f)

    def _error(self, f: Function) -> str:
        """Put the new values into `new` and return the weighted root mean square error of each lane."""
        R, method = self._regions, self._method
        rtol, atol = (self._splat(f, self._context(f, name)) for name in ("rtol", "atol"))
        squares = R["d"]  # free again after the stages
        f.store(f.constant(0.0), squares)
        with f.loop(self._system.size) as i:
            stages = [f.load(R[f"K{j}"], i) for j in range(method.stages)]
            old = new = f.load(R["y"], i)
            error = f.constant(0.0)
            for m, e, stage in zip(method.m, method.e, stages, strict=True):
                new = f.scaled_sum(new, m, stage) if m else new
                error = f.scaled_sum(error, e, stage) if e else error
            f.store(new, R["new"], i)
            size = f.greater(self._absolute(f, new), self._absolute(f, old))
            ratio = f.op("fdiv", error, f.op("fadd", atol, f.op("fmul", rtol, size)))
            f.store(f.op("fadd", f.load(squares), f.op("fmul", ratio, ratio)), squares)
        mean = f.op("fmul", f.load(squares), f.constant(1.0 / self._system.size))
        return self._root(f, mean)

    def _control(self, f: Function, active: str, accepted: str, error: str, taken: str) -> None:
        R = self._regions
        clipped = f.greater(f.lesser(error, f.constant(ERROR_CEILING)), f.constant(ERROR_FLOOR))  # NaN: ceiling
        power = f.op("fmul", logarithm(f, clipped), f.constant(-1.0 / self._method.error_order))
        factor = f.op("fmul", exponential(f, power), f.constant(SAFETY))
        factor = f.greater(f.lesser(factor, f.constant(GROWTH)), f.constant(SHRINKAGE))
        proposed = f.op("fmul", taken, factor)
        again = f.compare("ne", f.load(R["again"], 0, f.integers), f.integer(0), f.integers)
        proposed = f.select(again, f.lesser(proposed, taken), proposed)  # no growth right after a rejection
        h, t, target = (f.load(R[name]) for name in ("h", "t", "target"))
        cut = f.both(accepted, f.compare("olt", taken, h))  # a step cut by the segment says nothing against the longer
        following = f.select(cut, f.greater(proposed, h), proposed)
        f.store(f.select(active, following, h), R["h"])
        arrived = f.both(accepted, f.compare("oge", taken, f.op("fsub", target, t)))
        moved = f.select(arrived, target, f.op("fadd", t, taken))
        f.store(f.select(accepted, moved, t), R["t"])
        refused = f.both(active, f.negate(accepted))
        self._store_mask(f, refused, "again")
        self._store_mask(f, arrived, "done")
        self._count(f, "steps", active)
        self._count(f, "rejected", refused)
        self._stop_failures(f, active, refused, proposed, error)

    def _stop_failures(self, f: Function, active: str, refused: str, proposed: str, error: str) -> None:
        R, kind = self._regions, f.integers
        h_min = self._splat(f, self._context(f, "h_min"))
        limit = self._splat(f, self._context(f, "max_steps"), "i64")
        small = f.both(refused, f.compare("olt", proposed, h_min))
        finite = f.compare("olt", error, f.constant(ERROR_CEILING))
        many = f.both(active, f.compare("sge", f.load(R["steps"], 0, kind), limit, kind))
        status = f.load(R["status"], 0, kind)
        status = f.select(many, f.integer(Status.TOO_MANY_STEPS), status, kind)
        status = f.select(small, f.integer(Status.STEP_TOO_SMALL), status, kind)
        status = f.select(f.both(small, f.negate(finite)), f.integer(Status.NOT_FINITE), status, kind)
        f.store(status, R["status"], 0, kind)
        stop = f.value(f"or {f.mask} {small}, {many}")
        running = f.load(R["active"], 0, kind)
        f.store(f.select(stop, f.integer(0), running, kind), R["active"], 0, kind)
        done = f.load(R["done"], 0, kind)
        f.store(f.select(stop, f.integer(0), done, kind), R["done"], 0, kind)

    def _advance(self, f: Function) -> None:
        done = self._regions["done"]
        arrived = f.compare("ne", f.load(done, 0, f.integers), f.integer(0), f.integers)
        with f.when(f.any(arrived)), f.loop(self._lanes) as lane:
            mine = f.value(f"icmp ne i64 {f.load(done, lane, 'i64')}, 0")
            with f.when(mine):
                f.emit(f"call void @advance_lane(ptr %context, i64 {lane})")

    # small parts -----------------------------------------------------------------
    def _splat(self, f: Function, scalar: str, kind: str = "double") -> str:
        vector = f"<{self._lanes} x {kind}>"
        one = f.value(f"insertelement {vector} poison, {kind} {scalar}, i64 0")
        return f.value(f"shufflevector {vector} {one}, {vector} poison, <{self._lanes} x i32> zeroinitializer")

    def _store_mask(self, f: Function, mask: str, name: str) -> None:
        f.store(f.value(f"zext {f.mask} {mask} to {f.integers}"), self._regions[name], 0, f.integers)

    def _count(self, f: Function, name: str, mask: str) -> None:
        one = f.value(f"zext {f.mask} {mask} to {f.integers}")
        old = f.load(self._regions[name], 0, f.integers)
        f.store(f.value(f"add {f.integers} {old}, {one}"), self._regions[name], 0, f.integers)

    def _absolute(self, f: Function, x: str) -> str:
        return f.value(f"call {f.vector} @llvm.fabs.v{self._lanes}f64({f.vector} {x})")

    def _root(self, f: Function, x: str) -> str:
        return f.value(f"call {f.vector} @llvm.sqrt.v{self._lanes}f64({f.vector} {x})")
