"""The step loop of the generated solver: every lane has its own time, step, error control and place among the nodes.

A lane that reaches the end of its segment (a node or an output time) writes its output and takes the next segment at
once, so no box waits for another. Coefficients, emission and loss are linear in time within a segment; the method's F_t
term is used exactly: the tendency is linear in them, hence F(y; k) + c F_t(y) = F(y; k + c dk/dt).
"""

from drivers.box_model.rosenbrock.frame import Frame
from drivers.box_model.rosenbrock.ir import Function
from drivers.box_model.rosenbrock.kernels import LINEAR, ROW_INPUT
from drivers.box_model.rosenbrock.methods import Method
from drivers.box_model.rosenbrock.step_control import choose_step, control, error_norm


def solve_boxes(frame: Frame) -> str:
    """Return @solve_boxes(context), the whole solution of one group of lanes."""
    f = Function("solve_boxes", ["ptr %context"], frame.lanes, public=True)
    R = frame.regions(f)
    _evaluate_rates(frame, f, R)
    node = f.load(frame.context(f, "segment_node"), 0, "i64")
    with f.loop(frame.lanes) as lane:
        f.emit(f"call void @load_node(ptr %context, i64 {lane}, i64 {node})")
    with f.repeat() as end:
        active = f.compare("ne", f.load(R["active"], 0, f.integers), f.integer(0), f.integers)
        f.leave_unless(f.any(active), end)
        taken = choose_step(f, R, active)
        _stages(frame, f, R, taken)
        error = error_norm(frame, f, R)
        accepted = f.both(active, f.compare("ole", error, f.constant(1.0)))
        control(frame, f, R, active, accepted, error, taken)
        _accept(frame, f, R, accepted, taken)
        _advance(frame, f, R)
    return f.text()


def needs_drift(method: Method) -> bool:
    """Tell whether some stage away from y has an F_t term: it cannot be put into the time of the coefficients."""
    a, _ = method.matrices()
    return any(gamma != 0.0 and row.any() for gamma, row in zip(method.gammas, a, strict=True))


def _evaluate_rates(frame: Frame, f: Function, R: dict[str, str]) -> None:
    """Without nodes the coefficients that are there hold: those of the group before."""
    if not frame.own_rates:
        return
    environment, stride = frame.context(f, "environment"), frame.context(f, "k_stride")
    nodes = frame.context(f, "nodes")
    with f.when(f.value(f"icmp sgt i64 {nodes}, 0")), f.loop(nodes) as node:
        env = f.address(environment, f.value(f"mul i64 {node}, {frame.environment_rows}"))
        k = f.address(frame.context(f, "k"), f.value(f"mul i64 {node}, {stride}"), "double")
        f.emit(f"call void @coefficients(ptr {env}, ptr {k}, ptr {R['x']}, ptr {R['z']})")


def _stages(frame: Frame, f: Function, R: dict[str, str], h: str) -> None:
    method = frame.method
    inverse = f.op("fdiv", f.constant(1.0), h)
    f.store(f.op("fmul", inverse, f.constant(1.0 / method.gamma)), R["d"])
    _set_time(f, R, h, 0.0)
    _call(f, R, "decompose", "y", "k0", "k1", *ROW_INPUT, *(("free",) if frame.holds else ()))
    a, c = method.matrices()
    at_start = [not a[i].any() for i in range(method.stages)]
    if needs_drift(method):
        _call(f, R, "drift", "y", "k1", "E1", "L1", "ft", "w", *(("free",) if frame.holds else ()))
    time = 0.0
    for i in range(method.stages):
        # where Y_i = y, the F_t term is the same tendency a little later
        wanted = method.alpha[i] + (method.gammas[i] if at_start[i] else 0.0)
        if i == 0 or wanted != time or (a[i] != a[i - 1]).any():
            _set_time(f, R, h, wanted)
            time = wanted
            _stage_tendency(frame, f, R, a[i].tolist())
        _right_side(frame, f, R, i, c[i].tolist(), inverse, None if at_start[i] else h)
        _call(f, R, "solve", "G", f"K{i}")


def _set_time(f: Function, R: dict[str, str], h: str, share: float) -> None:
    tau = f.op("fsub", f.load(R["t"]), f.load(R["origin"]))
    f.store(f.scaled_sum(tau, share, h) if share else tau, R["tau"])


def _stage_tendency(frame: Frame, f: Function, R: dict[str, str], weights: list[float]) -> None:
    if not any(weights):
        _tendency(frame, f, R, "y")
        return
    with f.loop(frame.system.size) as i:
        total = f.load(R["y"], i)
        for j, weight in enumerate(weights):
            if weight:
                total = f.scaled_sum(total, weight, f.load(R[f"K{j}"], i))
        f.store(total, R["new"], i)
    _tendency(frame, f, R, "new")


def _tendency(frame: Frame, f: Function, R: dict[str, str], y: str) -> None:
    _call(f, R, "tendency", y, *LINEAR[1:], "tau", "f", "w", *(("free", "slope") if frame.holds else ()))


def _right_side(
    frame: Frame, f: Function, R: dict[str, str], stage: int, weights: list[float], inverse: str, h: str | None
) -> None:
    """K_i = f + sum_j c_ij / h K_j + gamma_i h F_t, the last only where it is not in the time of k already."""
    gamma = frame.method.gammas[stage]
    scaled = {j: f.op("fmul", inverse, f.constant(c)) for j, c in enumerate(weights) if c}
    shift = f.op("fmul", h, f.constant(gamma)) if h is not None and gamma else None
    with f.loop(frame.system.size) as i:
        total = f.load(R["f"], i)
        for j, factor in scaled.items():
            total = f.op("fadd", total, f.op("fmul", factor, f.load(R[f"K{j}"], i)))
        if shift is not None:
            total = f.op("fadd", total, f.op("fmul", shift, f.load(R["ft"], i)))
        f.store(total, R[f"K{stage}"], i)


def _accept(frame: Frame, f: Function, R: dict[str, str], accepted: str, taken: str) -> None:
    """Take over the new values of accepted lanes and add the step to the integral of y."""
    p, q = frame.method.mean_weights()
    with f.loop(frame.system.size) as i:
        old, total = f.load(R["y"], i), f.load(R["sum"], i)
        share = f.op("fmul", old, f.constant(p))
        for j, weight in enumerate(q.tolist()):
            if weight:
                share = f.scaled_sum(share, weight, f.load(R[f"K{j}"], i))
        grown = f.op("fadd", total, f.op("fmul", share, taken))
        f.store(f.select(accepted, grown, total), R["sum"], i)
        f.store(f.select(accepted, f.load(R["new"], i), old), R["y"], i)


def _advance(frame: Frame, f: Function, R: dict[str, str]) -> None:
    arrived = f.compare("ne", f.load(R["done"], 0, f.integers), f.integer(0), f.integers)
    with f.when(f.any(arrived)), f.loop(frame.lanes) as lane:
        mine = f.value(f"icmp ne i64 {f.load(R['done'], lane, 'i64')}, 0")
        with f.when(mine):
            f.emit(f"call void @advance_lane(ptr %context, i64 {lane})")


def _call(f: Function, R: dict[str, str], name: str, *regions: str) -> None:
    f.emit(f"call void @{name}({', '.join(f'ptr {R[r]}' for r in regions)})")
