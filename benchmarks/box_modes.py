"""The box model's commands on the Beijing example and the synthetic series: process CPU seconds of one core.

Prints JSON lines `{"name", "value", "unit", "peer", "peer_value", "ratio"}`: a 33 x 33 EKMA of one observed day through
the whole observation-based mode, and run, ekma and rir as a user calls them (reading, boxes, tables, figures). Peers
have no such modes; the goal of the EKMA is 1 s. Medians of three after one warm-up, which compiles the solver.
"""

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
from typer.testing import CliRunner

from drivers.box_model.chemistry import make_engine
from drivers.box_model.obm import ObmCase
from drivers.box_model.observed_response import ObservedResponse
from drivers.box_model.observed_series import read_observed_series
from drivers.box_model.reactivity_groups import reactivity_groups
from drivers.box_model.response import isopleth, present
from drivers.box_model.settings import BoxSettings
from yice.box_commands import app

ROOT = Path(__file__).parents[1]
SERIES = ROOT / "examples" / "observations" / "synthetic_summer.csv"
BEIJING = ROOT / "examples" / "beijing"
ROUNDS = 3


def timed(action: Callable[[], object]) -> float:
    """Return the median CPU seconds of some rounds."""
    seconds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        action()
        seconds.append(time.process_time() - start)
    return median(seconds)


def report(name: str, value: float, goal: float | None = None) -> None:
    line = {"name": name, "value": round(value, 3), "unit": "s CPU" + (f", target {goal:g}" if goal else "")}
    print(json.dumps({**line, "peer": "", "peer_value": None, "ratio": None}), flush=True)


def observed_isopleth(levels: int) -> Callable[[], object]:
    """Return the work of an isopleth of one observed day: build-up, segments, MDA8."""
    engine = make_engine(BoxSettings())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "day.csv"
        path.write_text("\n".join(SERIES.read_text("utf-8").splitlines()[:25]) + "\n", "utf-8")
        case = ObmCase(read_observed_series(path, engine.mechanism), engine)
    response = ObservedResponse(case, "mda8")
    groups = present(reactivity_groups(), response.levers)
    factors = np.linspace(0.0, 2.0, levels).tolist()
    return lambda: isopleth(response, groups, factors, factors)


def command(*arguments: str) -> Callable[[], object]:
    def call() -> None:
        with tempfile.TemporaryDirectory() as out:
            result = CliRunner().invoke(app, [*arguments, "--out", out, "--json"])
            if result.exit_code:
                raise SystemExit(result.output)

    return call


def main() -> None:
    observed_isopleth(3)()
    report("box_observed_ekma_33x33_three_days_of_build_up", timed(observed_isopleth(33)))
    for name, source in (("csv", str(SERIES)), ("beijing", str(BEIJING))):
        for verb in ("run", "ekma", "rir"):
            report(f"box_{verb}_{name}", timed(command(verb, source)))


if __name__ == "__main__":
    main()
