"""What happens to one lane alone: it enters the interval of a node, and it reaches the end of a segment."""

from drivers.box_model.rosenbrock.frame import Frame
from drivers.box_model.rosenbrock.ir import Function, literal


def load_node(frame: Frame) -> str:
    """Return @load_node(context, lane, node): k, emission and loss at the node and their slopes towards the next."""
    f = Function("load_node", ["ptr %context", "i64 %lane", "i64 %node"], frame.lanes)
    times = frame.context(f, "node_times")
    start = f.load(times, "%node", "double")
    end = f.load(times, f.value("add i64 %node, 1"), "double")
    rate = f.value(f"fdiv double {literal(1.0)}, {f.value(f'fsub double {end}, {start}')}")
    f.store(start, frame.region(f, "origin"), "%lane", "double")
    f.store("%node", frame.region(f, "node"), "%lane", "i64")
    if frame.system.coefficients:
        _load_coefficients(frame, f, rate)
    for source, letter in (("emission", "E"), ("loss", "L")):
        _load_rows(frame, f, source, letter, rate)
    if frame.holds:
        _load_held(frame, f, rate)
    return f.text()


def advance_lane(frame: Frame) -> str:
    """Return @advance_lane(context, lane): write the output that is due, then enter the next segment or stop."""
    f = Function("advance_lane", ["ptr %context", "i64 %lane"], frame.lanes)
    segments = frame.region(f, "segment")
    segment = f.load(segments, "%lane", "i64")
    output = f.load(frame.context(f, "segment_output"), segment, "i64")
    with f.when(f.value(f"icmp sge i64 {output}, 0")):
        _write_output(frame, f, output)
    following = f.value(f"add i64 {segment}, 1")
    f.store(following, segments, "%lane", "i64")
    last = f.value(f"icmp sge i64 {following}, {frame.context(f, 'segments')}")
    with f.when(last):
        f.store("0", frame.region(f, "active"), "%lane", "i64")
    with f.when(f.value(f"xor i1 {last}, true")):
        _enter_segment(frame, f, following)
    return f.text()


def _entry(frame: Frame, f: Function, row: str) -> str:
    """Return the place of this lane's double in a row of vectors."""
    return f.value(f"add i64 {f.value(f'mul i64 {row}, {frame.lanes}')}, %lane")


def _ends(frame: Frame, f: Function, source: str) -> tuple[str, str]:
    """Return the addresses of a packed input at the node and at the next; the same one where it is constant."""
    stride = frame.context(f, f"{source}_stride")
    here = f.address(frame.context(f, source), f.value(f"mul i64 %node, {stride}"), "double")
    return here, f.address(here, stride, "double")


def _line(f: Function, ends: tuple[str, str], entry: str, rate: str) -> tuple[str, str]:
    a, b = (f.load(end, entry, "double") for end in ends)
    return a, f.value(f"fmul double {f.value(f'fsub double {b}, {a}')}, {rate}")


def _load_coefficients(frame: Frame, f: Function, rate: str) -> None:
    ends, values, slopes = _ends(frame, f, "k"), frame.region(f, "k0"), frame.region(f, "k1")
    with f.loop(frame.system.coefficients) as row:
        entry = _entry(frame, f, row)
        value, slope = _line(f, ends, entry, rate)
        f.store(value, values, entry, "double")
        f.store(slope, slopes, entry, "double")


def _load_rows(frame: Frame, f: Function, source: str, letter: str, rate: str) -> None:
    """Only the rows that are anywhere not zero were packed; `<source>_rows` tells their places."""
    count = frame.context(f, f"{source}_count")
    with f.when(f.value(f"icmp sgt i64 {count}, 0")):
        ends, rows = _ends(frame, f, source), frame.context(f, f"{source}_rows")
        values, slopes = frame.region(f, f"{letter}0"), frame.region(f, f"{letter}1")
        with f.loop(count) as row:
            value, slope = _line(f, ends, _entry(frame, f, row), rate)
            goal = _entry(frame, f, f.load(rows, row, "i64"))
            f.store(value, values, goal, "double")
            f.store(slope, slopes, goal, "double")


def _load_held(frame: Frame, f: Function, rate: str) -> None:
    """Start held species from their given values, and let them follow their slopes."""
    count = frame.context(f, "held_count")
    with f.when(f.value(f"icmp sgt i64 {count}, 0")):
        ends, rows = _ends(frame, f, "held"), frame.context(f, "held_rows")
        free, slopes, y = (frame.region(f, name) for name in ("free", "slope", "y"))
        with f.loop(count) as row:
            value, slope = _line(f, ends, _entry(frame, f, row), rate)
            goal = _entry(frame, f, f.load(rows, row, "i64"))
            is_held = f.value(f"fcmp oeq double {f.load(free, goal, 'double')}, {literal(0.0)}")
            with f.when(is_held):
                f.store(value, y, goal, "double")
                f.store(slope, slopes, goal, "double")


def _enter_segment(frame: Frame, f: Function, segment: str) -> None:
    end = f.load(frame.context(f, "segment_end"), segment, "double")
    f.store(end, frame.region(f, "target"), "%lane", "double")
    node = f.load(frame.context(f, "segment_node"), segment, "i64")
    changed = f.value(f"icmp ne i64 {node}, {f.load(frame.region(f, 'node'), '%lane', 'i64')}")
    with f.when(changed):
        f.emit(f"call void @load_node(ptr %context, i64 %lane, i64 {node})")


def _write_output(frame: Frame, f: Function, output: str) -> None:
    count, kept = frame.context(f, "kept_count"), frame.context(f, "kept")
    end, mean = frame.context(f, "end"), frame.context(f, "mean")
    y, total = frame.region(f, "y"), frame.region(f, "sum")
    span = f.load(frame.context(f, "output_span"), output, "double")
    first = f.value(f"mul i64 {output}, {count}")
    with f.loop(count) as i:
        source = _entry(frame, f, f.load(kept, i, "i64"))
        goal = _entry(frame, f, f.value(f"add i64 {first}, {i}"))
        f.store(f.load(y, source, "double"), end, goal, "double")
        f.store(f.value(f"fdiv double {f.load(total, source, 'double')}, {span}"), mean, goal, "double")
    with f.loop(frame.system.size) as i:
        f.store(literal(0.0), total, _entry(frame, f, i), "double")
