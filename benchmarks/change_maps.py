"""Speed and memory of maps of change: MDA8-P90 and mean PM2.5 of base and control in every cell, from hourly files.

Run `python benchmarks/change_maps.py`; prints one JSON line a measurement. Synthetic hourly fields, a NetCDF-3 file a
month and run, as a driver writes them. The peer is what one writes at first with xarray: load the hours, daily values,
`quantile`. Each runs in its own process, in turns, and the median of the rounds counts. Times are CPU seconds of one
process, memory the peak resident set above that of an idle process with the same imports; ratio = peer/ours. The third
lines compare with only reading the files (lower bound).
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from evaluation.change_maps import change_maps
from evaluation.modelled_period import period_days

DAYS, CELLS, ROUNDS = 92, 100, 3
DAYS_A_FILE = 31
STATE = 298.15
UG_PER_PPB_O3 = 47.9982 / 24.4654
"""At 298.15 K and 101,325 Pa (24.4654 l/mol)."""

AGREEMENT = 2e-2
"""ug m-3: single precision of the hours, and of the factor above."""

SINGLE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
Answer = tuple[float, ...]


def write_inputs(folder: Path) -> None:
    """Write base and control from the start of a local day (UTC+8): a diurnal cycle, fronts, and noise."""
    generator = np.random.default_rng(1)
    for name, factor in (("base", 1.0), ("control", 0.93)):
        for part, first in enumerate(range(0, DAYS, DAYS_A_FILE)):
            hours = np.arange(24 * first, 24 * min(first + DAYS_A_FILE, DAYS))
            times = np.datetime64("2016-06-30T16:00", "ns") + hours.astype("timedelta64[h]")
            month(hours, factor, generator).assign_coords(time=times).to_netcdf(
                folder / f"{name}_{part}.nc", format="NETCDF3_64BIT"
            )


def month(hours: np.ndarray, factor: float, generator: np.random.Generator) -> xr.Dataset:
    cycle = 45.0 + 30.0 * np.sin((hours % 24 - 9.0) / 24.0 * 2.0 * np.pi) + 12.0 * np.sin(hours / 168.0 * 2.0 * np.pi)
    noise = generator.standard_normal((2, hours.size, CELLS, CELLS), dtype=np.float32) * 5.0
    o3, pm25 = (factor * (cycle[:, None, None] + part).clip(min=0.0).astype(np.float32) for part in noise)
    dims = ("time", "y", "x")
    return xr.Dataset({"O3": (dims, o3, {"units": "ppb"}), "PM25": (dims, pm25, {"units": "ug m-3"})})


def opened(folder: Path, name: str) -> xr.Dataset:
    """Open a run lazily, a chunk five days, as a driver opens its files."""
    files = sorted(folder.glob(f"{name}_*.nc"))
    parts = [xr.open_dataset(file, engine="netcdf4", chunks={"time": 120}, cache=False) for file in files]
    return xr.concat(parts, "time").assign_coords(y=np.arange(CELLS), x=np.arange(CELLS))


def ours(folder: Path) -> Answer:
    """Stream blocks of days; only accumulated statistics stay in memory."""
    base, control = opened(folder, "base"), opened(folder, "control")
    days = period_days(base["time"].to_numpy()).assign(weight=1.0)  # plain days, as `quantile` counts them
    maps = change_maps(base, control, days, ["O3_MDA8_p90", "PM25_mean"], reference_state_K=STATE)
    return answer(maps["base"], maps["control"])


def naive(folder: Path) -> Answer:
    """Write it as it comes to mind, with the 17 windows that end at 08:00 to 24:00."""
    statistic = pd.Index(["O3_MDA8_p90", "PM25_mean"], name="statistic")
    maps = []
    for name in ("base", "control"):
        run = opened(folder, name).load()
        means = (run["O3"] * UG_PER_PPB_O3).rolling(time=8, min_periods=6).mean()
        mda8 = means.coarsen(time=24).construct(time=("day", "hour")).isel(hour=slice(7, 24)).max("hour")
        daily = run["PM25"].coarsen(time=24).mean()
        maps.append(
            xr.concat([mda8.quantile(0.9, "day", skipna=True).drop_vars("quantile"), daily.mean("time")], statistic)
        )
    return answer(*maps)


def read(folder: Path) -> Answer:
    """Only read the hours, in the same chunks."""
    return tuple(float(opened(folder, name).max().to_array().max()) for name in ("base", "control"))


def idle_process(_folder: Path) -> Answer:
    """Do nothing: the memory of the imports."""
    return ()


def answer(base: xr.DataArray, control: xr.DataArray) -> Answer:
    """Return means and extremes of the maps, ug m-3."""
    change = control - base
    return tuple(float(part) for part in (base[0].mean(), base[1].mean(), change[0].min(), change[1].max()))


MODES: Mapping[str, Callable[[Path], Answer | None]] = {
    "ours": ours,
    "naive": naive,
    "read": read,
    "write": write_inputs,
    "idle": idle_process,
}


def measured(mode: str, folder: Path) -> None:
    """Do one of them in this process and print CPU seconds, peak memory (MB) and the answer."""
    start = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    result = MODES[mode](folder)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    cpu = usage.ru_utime + usage.ru_stime - start
    print(json.dumps({"cpu": cpu, "mb": usage.ru_maxrss / 1024.0, "answer": result}))


def run(mode: str, folder: Path) -> Mapping[str, object]:
    command = [sys.executable, __file__, mode, str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **SINGLE_THREAD})
    return dict(json.loads(done.stdout))


def report(name: str, value: float, unit: str, peer: str, peer_value: float) -> None:
    line = {"name": name, "value": value, "unit": unit, "peer": peer, "peer_value": peer_value}
    print(json.dumps(line | {"ratio": peer_value / value}), flush=True)


def main() -> None:
    """Measure in turns, check that both answer the same, report medians."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run("write", folder)  # in a process of its own: the peak memory of a parent is passed on to its children
        idle = float(str(run("idle", folder)["mb"]))
        rounds = [tuple(run(mode, folder) for mode in ("ours", "naive", "read")) for _ in range(ROUNDS)]
    for mine, other, _ in rounds:
        np.testing.assert_allclose(mine["answer"], other["answer"], atol=AGREEMENT)
    for key, unit, base in (("cpu", "s CPU", 0.0), ("mb", "MB above idle", idle)):
        values = [statistics.median(float(str(its[place][key])) - base for its in rounds) for place in range(3)]
        for peer, place in (("naive xarray", 1), ("reading the files", 2)):
            report(f"change_maps_{key}", values[0], unit, peer, values[place])


if __name__ == "__main__":
    if len(sys.argv) == 3:
        measured(sys.argv[1], Path(sys.argv[2]))
    else:
        main()
