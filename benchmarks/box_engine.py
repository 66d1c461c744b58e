"""The box model's engines side by side: process CPU time of one core on the synthetic batch, with rate coefficients.

Prints JSON lines `{"name", "value", "unit", "peer", "peer_value", "ratio"}`. Errors are the worst of all boxes and
hours of a day against the own Rodas4 at rtol 1e-7. MICM is called through its Python package, packing included; it
takes constant coefficients, so its accuracy under a moving sun is bought with short sub-steps (named in seconds).
Options: --boxes N (default 10000), --micm-boxes N (default 32; MICM is slow).
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable

import numpy as np

from drivers.box_model.engine import Engine, Solution
from drivers.box_model.mechanism import Mechanism
from drivers.box_model.mechanism_table import load
from drivers.box_model.micm_engine import MicmEngine
from drivers.box_model.reference_case import Case, Draws, build, draw
from drivers.box_model.rosenbrock import RosenbrockEngine

HOURS = 24
OUTPUTS = np.arange(1, HOURS + 1) * 3600.0
KEEP = ("O3", "OH", "NO2", "HNO3")
BATCH = 1000  # boxes a call, to bound memory


def solve(engine: Engine, case: Case) -> Solution:
    return engine.solve(case.y0, case.environment, case.node_times, case.emission, case.loss, OUTPUTS, keep=KEEP)


def timed(action: Callable[[], object]) -> float:
    start = time.process_time()
    action()
    return time.process_time() - start


def worst_o3(case: Case, solution: Solution, exact: Solution) -> float:
    """Worst difference in ppb of the values and the means of O3."""
    row = solution.row("O3")
    differences = [abs(getattr(solution, a) - getattr(exact, a))[:, row] for a in ("end", "mean")]
    return float(max((d / case.per_ppb).max() for d in differences))


def report(name: str, value: float, unit: str, peer: str = "", peer_value: float | None = None) -> None:
    ratio = None if peer_value is None else round(peer_value / value, 2)
    line = {
        "name": name,
        "value": round(value, 5),
        "unit": unit,
        "peer": peer,
        "peer_value": peer_value,
        "ratio": ratio,
    }
    print(json.dumps(line), flush=True)


def per_box_hour(engine: Engine, case: Case) -> tuple[float, Solution]:
    """Best of three, in microseconds a box-hour."""
    solutions: list[Solution] = []
    seconds = min(timed(lambda: solutions.append(solve(engine, case))) for _ in range(3))
    return seconds * 1e6 / case.per_ppb.size / HOURS, solutions[-1]


def many_boxes(mechanism: Mechanism, boxes: int) -> None:
    """Time and worst error over the whole batch, in calls of `BATCH` boxes."""
    engine, exact = RosenbrockEngine(mechanism), RosenbrockEngine(mechanism, "rodas4", rtol=1e-7, atol=1.0)
    seconds, error = 0.0, 0.0
    for start in range(0, boxes, BATCH):
        case = build(mechanism, draw(min(BATCH, boxes - start), seed=start))
        found: list[Solution] = []
        seconds += timed(lambda case=case, found=found: found.append(solve(engine, case)))  # type: ignore[misc]
        error = max(error, worst_o3(case, found[0], solve(exact, case)))
    report(f"box_engine_{boxes}_boxes", seconds * 1e6 / boxes / HOURS, "us per box-hour, target 20")
    report(f"box_engine_{boxes}_boxes_worst_o3_error", error, "ppb, target 0.01")


def against_micm(mechanism: Mechanism, boxes: int) -> None:
    """MICM at its defaults and at about the own engine's accuracy; its k is constant in each sub-step."""
    case = build(mechanism, draw(boxes))
    exact = solve(RosenbrockEngine(mechanism, "rodas4", rtol=1e-7, atol=1.0), case)
    own, solution = per_box_hour(RosenbrockEngine(mechanism), case)
    report("box_engine_error", worst_o3(case, solution, exact), "ppb O3")
    settings = {
        "micm_library_defaults_600s": {"rtol": 1e-6, "h_start": 0.0, "substep": 600.0},
        "micm_rtol_1e-2_600s": {"rtol": 1e-2, "h_start": 60.0, "substep": 600.0},
        "micm_rtol_1e-3_60s": {"rtol": 1e-3, "h_start": 10.0, "substep": 60.0},
        "micm_rtol_1e-3_20s": {"rtol": 1e-3, "h_start": 10.0, "substep": 20.0},
    }
    for name, options in settings.items():
        theirs, other = per_box_hour(MicmEngine(mechanism, **options), case)
        report(f"box_engine_{boxes}_boxes", own, "us per box-hour", name, round(theirs, 1))
        report(f"{name}_error", worst_o3(case, other, exact), "ppb O3")


def single_box(mechanism: Mechanism) -> None:
    case = build(mechanism, draw(1))
    own, _ = per_box_hour(RosenbrockEngine(mechanism), case)
    theirs, _ = per_box_hour(MicmEngine(mechanism, h_start=10.0), case)
    report("box_engine_1_box", own, "us per box-hour", "micm_rtol_1e-3_300s", round(theirs, 1))


def isopleth(mechanism: Mechanism) -> None:
    """33 x 33 factors of NOx and VOC, a day each."""
    first = draw(1)
    nox, voc = (a.ravel() for a in np.meshgrid(np.linspace(0.05, 2.0, 33), np.linspace(0.05, 2.0, 33)))
    same = {name: np.repeat(getattr(first, name), nox.size) for name in ("light", "warmth", "latitude", "winter")}
    case = build(mechanism, Draws(nox=nox, voc=voc, **same))
    engine = RosenbrockEngine(mechanism)
    report("box_ekma_33x33_day", min(timed(lambda: solve(engine, case)) for _ in range(3)), "s, target 1")


def first_calls(mechanism: Mechanism) -> None:
    case = build(mechanism, draw(1))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["YICE_CACHE"] = folder
        report("box_engine_first_call", timed(lambda: solve(RosenbrockEngine(mechanism), case)), "s, target 15")
        report("box_engine_later_first_call", timed(lambda: solve(RosenbrockEngine(mechanism), case)), "s, target 1")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--boxes", type=int, default=10_000)
    parser.add_argument("--micm-boxes", type=int, default=32)
    options = parser.parse_args()
    mechanism = load()
    solve(RosenbrockEngine(mechanism), build(mechanism, draw(1)))
    solve(RosenbrockEngine(mechanism, "rodas4"), build(mechanism, draw(1)))
    single_box(mechanism)
    isopleth(mechanism)
    against_micm(mechanism, options.micm_boxes)
    many_boxes(mechanism, options.boxes)
    first_calls(mechanism)


if __name__ == "__main__":
    main()
