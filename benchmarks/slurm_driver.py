"""Speed of the Slurm driver without a Slurm: 10,000 scenario-days rendered, submitted, and looked at.

Run `python benchmarks/slurm_driver.py`; prints one JSON line a measurement. The commands of Slurm are answered in this
process (a real sbatch of an array takes some 10 ms more), and the folder is on a tmpfs where there is one.
"""

import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from hpc import Batch, Job
from hpc.slurm import Cluster, SlurmExecutor, render
from hpc.slurm.commands import Answer

SCENARIOS, DAYS = 323, 31
MEMORY = Path("/dev/shm")  # noqa: S108 - a tmpfs, only for the time of the benchmark


def report(name: str, value: float, unit: str) -> None:
    print(json.dumps({"name": name, "value": round(value, 4), "unit": unit, "peer": "", "peer_value": None,
                      "ratio": None}), flush=True)  # fmt: skip


def answer(arguments: Sequence[str], folder: Path) -> Answer:
    """Give every array an id, and say that every task waits."""
    scripts = sorted(folder.glob("array_*.slurm"))
    if arguments[0] == "sbatch":
        return Answer(0, f"{100 + scripts.index(folder / arguments[-1])}\n")
    tokens = arguments[3].removeprefix("--name=").split(",")
    lines = [f"{number}_{task}|{token}|PENDING|None" for number, token in enumerate(tokens) for task in range(1000)]
    return Answer(0, "\n".join(lines))


def timed(name: str, start: float) -> None:
    report(name, time.perf_counter() - start, "s")


def main() -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        runs = Path(folder) / "runs"
        jobs = [Job(f"s{scenario:03d}_{day:02d}", runs / f"s{scenario:03d}" / f"{day:02d}", ("run_cctm", str(day)))
                for scenario in range(SCENARIOS) for day in range(DAYS)]  # fmt: skip
        batch, cluster = Batch("benchmark", tuple(jobs)), Cluster("none", "compute")
        start = time.perf_counter()
        render(batch, cluster)
        timed("10,000 scenario-days rendered", start)
        executor = SlurmExecutor(cluster, Path(folder) / "jobs", runner=answer)
        start = time.perf_counter()
        executor.submit(batch)
        timed("10,000 scenario-days submitted", start)
        start = time.perf_counter()
        executor.states(batch)
        timed("states of 10,000 scenario-days", start)


if __name__ == "__main__":
    main()
