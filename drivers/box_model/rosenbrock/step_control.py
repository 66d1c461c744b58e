"""Error estimate, acceptance and next step of every lane, and what makes a lane stop."""

from drivers.box_model.engine import Status
from drivers.box_model.rosenbrock.frame import Frame
from drivers.box_model.rosenbrock.ir import Function
from drivers.box_model.rosenbrock.vector_math import exponential, logarithm

SAFETY = 0.9  # of the step that the error estimate promises, and
GROWTH = 6.0  # limits of its change (KPP's defaults, Sandu & Sander 2006, Atmos. Chem. Phys. 6, 187-195)
SHRINKAGE = 0.2
ERROR_FLOOR, ERROR_CEILING = 1e-10, 1e12


def choose_step(f: Function, R: dict[str, str], active: str) -> str:
    """Return the step of each lane: its own, cut by the segment; two equal ones rather than a long one and a crumb."""
    rest = f.op("fsub", f.load(R["target"]), f.load(R["t"]))
    h = f.load(R["h"])
    half = f.op("fmul", rest, f.constant(0.5))
    short = f.select(f.compare("olt", rest, f.op("fmul", h, f.constant(2.0))), half, h)
    taken = f.select(f.compare("ole", rest, h), rest, short)
    return f.select(active, taken, f.constant(1.0))


def error_norm(frame: Frame, f: Function, R: dict[str, str]) -> str:
    """Put the new values into `new`; return the root mean square of error / (atol + rtol |y|) over the species."""
    rtol, atol = frame.splat(f, "rtol"), frame.splat(f, "atol")
    squares = R["d"]  # free again after the stages
    f.store(f.constant(0.0), squares)
    with f.loop(frame.system.size) as i:
        stages = [f.load(R[f"K{j}"], i) for j in range(frame.method.stages)]
        old = new = f.load(R["y"], i)
        error = f.constant(0.0)
        for m, e, stage in zip(frame.method.m, frame.method.e, stages, strict=True):
            new = f.scaled_sum(new, m, stage) if m else new
            error = f.scaled_sum(error, e, stage) if e else error
        f.store(new, R["new"], i)
        size = f.greater(_call(f, "fabs", new), _call(f, "fabs", old))
        ratio = f.op("fdiv", error, f.op("fadd", atol, f.op("fmul", rtol, size)))
        f.store(f.op("fadd", f.load(squares), f.op("fmul", ratio, ratio)), squares)
    return _call(f, "sqrt", f.op("fmul", f.load(squares), f.constant(1.0 / frame.system.size)))


def control(frame: Frame, f: Function, R: dict[str, str], active: str, accepted: str, error: str, taken: str) -> None:
    """Move time on where the step was accepted, set the next step, count, mark arrivals and stop failures."""
    proposed = _proposed_step(frame, f, R, error, taken)
    h, t, target = (f.load(R[name]) for name in ("h", "t", "target"))
    cut = f.both(accepted, f.compare("olt", taken, h))  # a step cut by the segment says nothing against the longer
    following = f.select(cut, f.greater(proposed, h), proposed)
    f.store(f.select(active, following, h), R["h"])
    arrived = f.both(accepted, f.compare("oge", taken, f.op("fsub", target, t)))
    moved = f.select(arrived, target, f.op("fadd", t, taken))
    f.store(f.select(accepted, moved, t), R["t"])
    refused = f.both(active, f.negate(accepted))
    f.store(_ones(f, refused), R["again"], 0, f.integers)
    f.store(_ones(f, arrived), R["done"], 0, f.integers)
    for name, mask in (("steps", active), ("rejected", refused)):
        more = f.value(f"add {f.integers} {f.load(R[name], 0, f.integers)}, {_ones(f, mask)}")
        f.store(more, R[name], 0, f.integers)
    _stop_failures(frame, f, R, active, f.both(refused, f.compare("olt", proposed, frame.splat(f, "h_min"))), error)


def _proposed_step(frame: Frame, f: Function, R: dict[str, str], error: str, taken: str) -> str:
    clipped = f.greater(f.lesser(error, f.constant(ERROR_CEILING)), f.constant(ERROR_FLOOR))  # NaN: the ceiling
    power = f.op("fmul", logarithm(f, clipped), f.constant(-1.0 / frame.method.error_order))
    factor = f.op("fmul", exponential(f, power), f.constant(SAFETY))
    factor = f.greater(f.lesser(factor, f.constant(GROWTH)), f.constant(SHRINKAGE))
    proposed = f.op("fmul", taken, factor)
    again = f.compare("ne", f.load(R["again"], 0, f.integers), f.integer(0), f.integers)
    return f.select(again, f.lesser(proposed, taken), proposed)  # no growth right after a rejection


def _stop_failures(frame: Frame, f: Function, R: dict[str, str], active: str, small: str, error: str) -> None:
    kind = f.integers
    finite = f.compare("olt", error, f.constant(ERROR_CEILING))
    many = f.both(active, f.compare("sge", f.load(R["steps"], 0, kind), frame.splat(f, "max_steps"), kind))
    status = f.load(R["status"], 0, kind)
    status = f.select(many, f.integer(Status.TOO_MANY_STEPS), status, kind)
    status = f.select(small, f.integer(Status.STEP_TOO_SMALL), status, kind)
    status = f.select(f.both(small, f.negate(finite)), f.integer(Status.NOT_FINITE), status, kind)
    f.store(status, R["status"], 0, kind)
    stop = f.value(f"or {f.mask} {small}, {many}")
    for name in ("active", "done"):
        f.store(f.select(stop, f.integer(0), f.load(R[name], 0, kind), kind), R[name], 0, kind)


def _ones(f: Function, mask: str) -> str:
    return f.value(f"zext {f.mask} {mask} to {f.integers}")


def _call(f: Function, name: str, x: str) -> str:
    return f.value(f"call {f.vector} @llvm.{name}.v{f.lanes}f64({f.vector} {x})")
