"""Speed of the Slurm driver without a Slurm, with the bounds that were set for it; CPU seconds, median of rounds.

Run `python benchmarks/slurm_driver.py`; prints one JSON line a measurement. The commands of Slurm are answered in this
process (a real sbatch of an array takes some 10 ms more), and the folder is on a tmpfs where there is one. The peer is
what a driver does that sends one job a day: it builds its template environment and renders a script for each (Jinja2),
as drivers of CMAQ do that copy and edit a run script for each case.
"""

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader

from hpc import Batch, Cell, Job
from hpc.board import board
from hpc.slurm import Cluster, SlurmExecutor, render
from hpc.slurm.commands import Answer
from hpc.slurm.journal import Journal
from hpc.table import read_table, write_table
from hpc.tally import CACHE, read_tally

SCENARIOS, DAYS, CHUNK = 323, 31, 5
RUN_DAYS = 100_000
FOLDERS = 3000
PEER_SCRIPTS = 200
ROUNDS = 3
MEMORY = Path("/dev/shm")  # noqa: S108 - a tmpfs, only for the time of the benchmark


def report(name: str, value: float, unit: str, bound: str, peer: str = "", peer_value: float | None = None) -> None:
    ratio = None if peer_value is None else round(peer_value / value, 1)
    print(json.dumps({"name": name, "value": round(value, 4), "unit": unit, "bound": bound, "peer": peer,
                      "peer_value": peer_value and round(peer_value, 4), "ratio": ratio}), flush=True)  # fmt: skip


def cpu(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the median CPU seconds of some work."""
    found = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return statistics.median(found)


def answer(arguments: Sequence[str], folder: Path) -> Answer:
    """Give every array an id, and say that every task waits."""
    scripts = sorted(folder.glob("array_*.slurm"))
    if arguments[0] == "sbatch":
        return Answer(0, f"{100 + scripts.index(folder / arguments[-1])}\n")
    if arguments[0] == "sinfo":
        return Answer(0, "compute|128|500000|infinite\n")
    if arguments[0] != "squeue" or "--me" in arguments:
        return Answer(0, "")
    tokens = next(own for own in arguments if own.startswith("--name=")).removeprefix("--name=").split(",")
    lines = [f"{number}_{task}|{token}|PENDING|None" for number, token in enumerate(tokens) for task in range(1000)]
    return Answer(0, "\n".join(lines))


def chained(runs: Path) -> Batch:
    """Return 10,000 scenario-days as chains of chunks of days."""
    jobs = []
    for scenario in range(SCENARIOS):
        for first in range(0, DAYS, CHUNK):
            name, before = f"s{scenario:03d}_{first:02d}", f"s{scenario:03d}_{first - CHUNK:02d}" if first else ""
            cells = tuple(Cell(f"s{scenario:03d}", f"{day:02d}") for day in range(first, min(DAYS, first + CHUNK)))
            jobs.append(Job(name, runs / name, ("run_cctm", str(first)), after=before, cells=cells))
    return Batch("benchmark", tuple(jobs))


def submission(folder: Path) -> None:
    """Plan, render and submit 10,000 scenario-days: as chains of chunks, and with one job a day."""
    cluster = Cluster("none", "compute", accounting=False)
    days = [
        Job(f"s{n // DAYS:03d}_{n % DAYS:02d}", folder / "runs" / str(n), ("run_cctm", str(n))) for n in range(10_013)
    ]
    for label, make in (
        ("chains of 5 days", lambda: chained(folder / "runs")),
        ("one job a day", lambda: Batch("one", tuple(days))),
    ):
        places = iter(range(ROUNDS))

        def submit(make: Callable[[], Batch] = make, places: "iter[int]" = places) -> None:
            batch = make()
            SlurmExecutor(cluster, folder / f"jobs{next(places)}{batch.name}", runner=answer).submit(batch)

        report(f"10,000 scenario-days planned, rendered, submitted ({label})", cpu(submit), "s", "<= 2")


def scripts() -> None:
    """Render the scripts of 1,000 jobs as one array, and as a script each."""
    jobs = tuple(Job(f"j{n}", Path("/runs") / str(n), ("run",)) for n in range(PEER_SCRIPTS))
    cluster = Cluster("none", "compute")
    own = cpu(lambda: render(Batch("b", jobs), cluster))

    def one_by_one() -> None:
        for job in jobs:
            loader = PackageLoader("hpc.slurm", "templates")
            environment = Environment(loader=loader, comment_start_string="{##", comment_end_string="##}")  # noqa: S701
            environment.filters["quoted"] = str
            environment.get_template("array.slurm.j2").render(cluster=cluster, token=job.name, count=1, threads=())

    report(f"scripts of {PEER_SCRIPTS} jobs", own, "s", "", "a template read and rendered for each", cpu(one_by_one))


def folders(folder: Path) -> None:
    """Write run directories as the local executor does: a folder and the unit in it."""
    from aqcore.publish import publish_text

    places = iter(range(10))

    def write() -> None:
        place = folder / f"folders{next(places)}"
        for number in range(FOLDERS):
            publish_text(place / str(number) / "unit.json", '{"name": "x", "command": ["run"]}')

    report("run directories written", FOLDERS / cpu(write), "1/s", ">= 3000")


def status(folder: Path) -> None:
    """Tell how 100,000 run-days stand, one job each: from the whole journal, and when little has changed."""
    place = folder / "status"
    jobs = tuple(
        Job(f"{row:04d}_{day:03d}", folder / "r" / f"{row}.{day}", ("run",), cells=(Cell(f"{row:04d}", f"{day:03d}"),))
        for row, day in (divmod(number, 365) for number in range(RUN_DAYS))
    )
    write_table(place, Batch("status", jobs), driver="cmaq", cluster="none", root=folder, proof="{scenario}/{day}")
    journal, half = Journal(place), RUN_DAYS // 2
    for start in range(0, RUN_DAYS, 1000):
        part = jobs[start : start + 1000]
        event = {"event": "intent", "token": f"t{start}", "script": "s", "units": [own.name for own in part],
                 "attempt": 1, "time": 1.0}  # fmt: skip
        ended = {"event": "done", "time": 2.0 + start, "jobs": {own.name: 3600.0 for own in part if start < half}}
        with journal.path.open("a") as file:
            file.write(json.dumps(event) + "\n" + json.dumps(ended) + "\n")

    def look() -> None:
        table = read_table(place)
        if table is None or board(table, read_tally(place, table)).counts["done"] < half:
            raise RuntimeError("the journal was not read")

    def afresh() -> None:
        (place / CACHE).unlink(missing_ok=True)
        look()

    report("status of 100,000 run-days from the journal", cpu(afresh), "s", "<= 0.6")
    look()
    journal.done({jobs[half].name: 3600.0})
    report("status of 100,000 run-days, little changed", cpu(look), "s", "<= 0.2")


def main() -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name:
        submission(Path(name))
        scripts()
        folders(Path(name))
        status(Path(name))


if __name__ == "__main__":
    main()
