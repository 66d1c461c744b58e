"""Time the demonstration: the whole way for examples/beijing on its typical days, in an empty work folder.

Prints JSON lines {"name", "value", "unit", "peer", "peer_value", "ratio"}: wall seconds and CPU seconds of all
processes. The peer is the goal of 180 s on two cores; no other tool does the same work.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
GOAL_SECONDS = 180.0


def main() -> None:
    """Run the demonstration once and print its times."""
    code = "from yice.entry import main; main()"
    with tempfile.TemporaryDirectory() as work:
        command = [sys.executable, "-c", code, "run", "examples/beijing", "--work", work, "--typical-days", "--json"]
        start = time.perf_counter()
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        wall = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    report("demo wall", wall, "s")
    report("demo CPU", used.ru_utime + used.ru_stime, "s")
    for stage in json.loads(done.stdout)["stages"]:
        report(f"demo stage {stage['name']}", stage["seconds"], "s", goal=None)


def report(name: str, value: float, unit: str, *, goal: float | None = GOAL_SECONDS) -> None:
    """Print one JSON line."""
    line = {
        "name": name,
        "value": round(value, 2),
        "unit": unit,
        "peer": f"goal on 2 cores (this machine: {os.cpu_count()})" if goal else None,
        "peer_value": goal,
        "ratio": round(value / goal, 3) if goal else None,
    }
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
