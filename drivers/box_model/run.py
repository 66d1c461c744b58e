"""The command that a job executes: `python -m drivers.box_model.run DIR [DIR ...]`.

Runs the given run directories in one process: the mechanism and its solver are built once, and all scenarios with the
same weather and settings are solved as one batch of boxes. Each directory gets `output.nc`, then `done.json`. Exit
status 0 done, 1 a run failed, 2 bad input.
"""

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import xarray as xr

from aqcore.errors import InputError, RunFailed
from aqcore.provenance import file_hash, value_hash
from aqcore.publish import publish_text
from drivers.box_model.chemistry import make_engine
from drivers.box_model.driver import check_folder, judge
from drivers.box_model.engine import Engine
from drivers.box_model.output import DONE, INPUT, OUTPUT, RUN, output_dataset, write_output
from drivers.box_model.settings import BoxSettings
from drivers.box_model.simulation import simulate

BOXES_A_BATCH = 2000
"""Boxes solved side by side: more does not run faster and takes memory (about 20 kB a box)."""


@dataclass(frozen=True)
class Task:
    """One run directory, read."""

    folder: Path
    about: dict[str, Any]

    @property
    def key(self) -> str:
        """What runs must share to be solved as one batch: settings and weather."""
        return value_hash({"settings": self.about["settings"], "weather": self.about["days"]["weather"]})

    @property
    def settings(self) -> BoxSettings:
        """The settings of the run."""
        return BoxSettings.read(self.about["settings"], where=f"{self.folder / RUN}: settings")


def read_tasks(folders: Sequence[Path]) -> list[Task]:
    """Return the runs that are not done yet; raise `InputError` with the faults of all of them."""
    waiting = [folder for folder in folders if not ((folder / RUN).is_file() and judge(folder).done)]
    faults = [fault for folder in waiting for fault in check_folder(folder)]
    if faults:
        raise InputError(faults)
    return [Task(folder, json.loads((folder / RUN).read_text("utf-8"))) for folder in waiting]


def execute(folders: Sequence[Path]) -> int:
    """Run the directories and return how many were run; raise `InputError` or `RunFailed`."""
    groups: dict[str, list[Task]] = {}
    for task in read_tasks(folders):
        groups.setdefault(task.key, []).append(task)
    for tasks in groups.values():
        engine = make_engine(tasks[0].settings)
        with xr.open_dataset(tasks[0].folder / INPUT) as first:
            boxes = first.sizes["day"] * first.sizes["zone"]
        size = max(1, BOXES_A_BATCH // boxes)
        for start in range(0, len(tasks), size):
            _batch(tasks[start : start + size], engine)
    return sum(len(tasks) for tasks in groups.values())


def _batch(tasks: Sequence[Task], engine: Engine) -> None:
    started = time.process_time()
    inputs = [xr.load_dataset(task.folder / INPUT) for task in tasks]
    results = simulate(inputs, tasks[0].settings, engine)
    seconds = (time.process_time() - started) / len(tasks)
    for task, data, values in zip(tasks, inputs, results, strict=True):
        now = datetime.now(UTC).isoformat(timespec="seconds")
        history = f"{now} yice {version('yice')} drivers.box_model, engine {task.settings.engine}"
        scenario = str(task.about["scenario"])
        write_output(task.folder, output_dataset(data, values, scenario=scenario, history=history))
        done = {
            "run": task.about["run"],
            "scenario": scenario,
            "output": file_hash(task.folder / OUTPUT),
            "cpu_seconds": round(seconds, 3),
            "batched_with": len(tasks),
            "finished": now,
        }
        publish_text(task.folder / DONE, json.dumps(done, indent=1) + "\n")


def main(arguments: Sequence[str]) -> int:
    """Execute the command line; return the exit status."""
    if not arguments:
        sys.stderr.write("arguments: no run directory -> give DIR [DIR ...]\n")
        return 2
    try:
        count = execute([Path(name) for name in arguments])
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except RunFailed as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stderr.write(f"{count} run(s) done, {len(arguments) - count} already up to date\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
