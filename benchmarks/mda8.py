"""Speed and memory of the daily maximum 8 h ozone (HJ 663) of base and control, and their difference.

Run `python benchmarks/mda8.py`; prints one JSON line a measurement. The peer is what one writes at first with xarray:
load, `rolling(time=8, min_periods=6).mean()`, hours to a dimension, maximum. Both
read the same NetCDF-3 files; each runs in its own process, in turns, and the median of the rounds counts. Times are
CPU seconds of one process, memory the peak resident set above that of an idle process with the same imports; ratio =
peer/ours.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import xarray as xr

from evaluation.mda8 import mda8

DAYS, CELLS, ROUNDS = 45, 120, 3
BLOCK_HOURS = 240
AGREEMENT = 1e-3
"""ug m-3: the inputs are single precision."""

SINGLE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
Answer = tuple[float, float, float]


def write_inputs(folder: Path) -> None:
    """Write base and control: local days 00 to 23 h (UTC+8) with a diurnal cycle, a front every week, and noise."""
    hours = np.arange(24 * DAYS)
    times = np.datetime64("2016-06-30T16:00", "ns") + hours.astype("timedelta64[h]")
    cycle = 90.0 + 60.0 * np.sin((hours % 24 - 9.0) / 24.0 * 2.0 * np.pi) + 25.0 * np.sin(hours / 168.0 * 2.0 * np.pi)
    generator = np.random.default_rng(1)
    for name, factor in (("base", 1.0), ("control", 0.95)):
        noise = generator.standard_normal((hours.size, CELLS, CELLS), dtype=np.float32) * 10.0
        values = (factor * cycle[:, None, None] + noise).clip(min=0.0).astype(np.float32)
        data = xr.DataArray(values, dims=("time", "y", "x"), coords={"time": times}, name="O3")
        data.to_netcdf(folder / f"{name}.nc", format="NETCDF3_64BIT")


def ours(folder: Path) -> Answer:
    """Stream blocks of ten days through the kernel; only the daily values stay in memory."""
    daily = []
    for name in ("base", "control"):
        with xr.open_dataset(folder / f"{name}.nc", engine="netcdf4", cache=False) as file:
            blocks = range(0, file.sizes["time"], BLOCK_HOURS)
            daily.append(
                xr.concat([mda8(file["O3"].isel(time=slice(at, at + BLOCK_HOURS))) for at in blocks], dim="day")
            )
    return answer(*daily)


def naive(folder: Path) -> Answer:
    """Write it as it comes to mind, with the 17 windows that end at 08:00 to 24:00."""
    daily = []
    for name in ("base", "control"):
        with xr.open_dataset(folder / f"{name}.nc", engine="netcdf4") as file:
            o3 = file["O3"].load()
        means = o3.rolling(time=8, min_periods=6).mean()
        by_day = means.coarsen(time=24).construct(time=("day", "hour"))
        daily.append(by_day.isel(hour=slice(7, 24)).max("hour"))
    return answer(*daily)


def answer(base: xr.DataArray, control: xr.DataArray) -> Answer:
    """Return the mean MDA8 of base and control and the highest fall on a day in a cell, ug m-3."""
    return float(base.mean()), float(control.mean()), float((base - control).max())


def idle_process(_folder: Path) -> None:
    """Do nothing: the memory of the imports."""


def measured(mode: str, folder: Path) -> None:
    """Do one of the two (or nothing) in this process and print CPU seconds, peak memory (MB) and the answer."""
    start = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    result = {"ours": ours, "naive": naive, "write": write_inputs, "idle": idle_process}[mode](folder)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps({"cpu": usage.ru_utime + usage.ru_stime - start, "mb": usage.ru_maxrss / 1024.0, "answer": result})
    )


def run(mode: str, folder: Path) -> Mapping[str, object]:
    command = [sys.executable, __file__, mode, str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **SINGLE_THREAD})
    return dict(json.loads(done.stdout))


def report(name: str, value: float, unit: str, peer_value: float) -> None:
    line = {"name": name, "value": value, "unit": unit, "peer": "naive xarray", "peer_value": peer_value}
    print(json.dumps(line | {"ratio": peer_value / value}), flush=True)


def main() -> None:
    """Measure in turns, check that both answer the same, report medians."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run("write", folder)  # in a process of its own: the peak memory of a parent is passed on to its children
        idle = float(str(run("idle", folder)["mb"]))
        rounds = [(run("ours", folder), run("naive", folder)) for _ in range(ROUNDS)]
    for mine, other in rounds:
        np.testing.assert_allclose(mine["answer"], other["answer"], atol=AGREEMENT)
    for key, unit, base in (("cpu", "s CPU", 0.0), ("mb", "MB above idle", idle)):
        mine, other = (statistics.median(float(str(pair[place][key])) - base for pair in rounds) for place in (0, 1))
        report(f"mda8_of_base_and_control_{key}", mine, unit, other)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        measured(sys.argv[1], Path(sys.argv[2]))
    else:
        main()
