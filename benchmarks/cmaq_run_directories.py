"""Speed of the CMAQ driver: run directories of 1,000 scenarios on tmpfs, and a year of daily ACONC of 20 scenarios.

Run `python benchmarks/cmaq_run_directories.py`; prints one JSON line a measurement (CPU s). All input is synthetic.
Seen on 2026-11-22: writing 0.69 s on 2 quiet cores, 1.4 s (median of eleven rounds) at a load of 5 to 10.
The peer of reading is xarray's `open_mfdataset`, run on a tenth of one scenario's days and scaled up.
"""

import json
import shutil
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import netCDF4
import numpy as np
import xarray as xr

from aqcore.districts import District, Districts
from aqcore.grid import Grid
from aqcore.ioapi_write import write_ioapi
from aqcore.polygon import Polygon
from drivers.cmaq.manifest import read_manifest
from drivers.cmaq.outcome import MARKER, marker_text
from drivers.cmaq.outputs import open_outputs
from drivers.cmaq.preparation import Preparation, prepare_shared
from drivers.cmaq.settings import CmaqSettings
from drivers.cmaq.writing import prepare_scenario
from emissions.inventory import inventory_of
from emissions.streams import build_streams
from scenarios.resolution import resolve
from scenarios.scenario import matrix

SCENARIOS, READ_SCENARIOS, DAYS, PEER_DAYS = 1000, 20, 365, 36
FIRST = date(2017, 1, 1)
WEST, EAST = "110101", "110102"
MEMORY = Path("/dev/shm")  # noqa: S108  # tmpfs is what is measured


def report(name: str, value: float, unit: str, peer: str = "", peer_value: float | None = None) -> None:
    ratio = None if peer_value is None else round(peer_value / value, 2)
    print(json.dumps({"name": name, "value": round(value, 3), "unit": unit, "peer": peer, "peer_value": peer_value,
                      "ratio": ratio}), flush=True)  # fmt: skip


def box(west: float, east: float) -> tuple[Polygon, ...]:
    ring = [(west, 39.8), (east, 39.8), (east, 40.2), (west, 40.2), (west, 39.8)]
    return (Polygon(np.array(ring, dtype=float)),)


def preparation(dates: list[date], count: int) -> Preparation:
    rows = [
        {"district": code, "source_class": name, "NOx": 900.0, "VOC": 700.0, "CO": 9000.0, "SO2": 50.0, "NH3": 20.0,
         "PM10": 90.0, "PM25": 60.0, "BC": 9.0, "OC": 12.0}
        for code in (WEST, EAST)
        for name in ("onroad_gasoline", "onroad_diesel", "residential_coal")
    ]  # fmt: skip
    grid = Grid.covering("B09", 116.0, 116.8, 39.8, 40.2, 9000.0)
    districts = Districts(
        (District(WEST, "西区", box(116.0, 116.41)), District(EAST, "东区", box(116.41, 116.8))), "synthetic"
    )
    streams = build_streams(inventory_of(rows), districts, grid)
    levels = np.arange(10, 101, 2) / 100
    table = resolve(matrix(levels, levels)[:count], (), streams.inventory)
    settings = CmaqSettings.read({
        "version": "5.5", "mechanism": "cb6r5_ae7", "executable": "/opt/CCTM.exe", "dates": dates,
        "met": "/met/{file}_{date}.nc", "initial": "/ic/ICON_{date}.nc", "boundary": "/bc/BCON_{date}.nc",
        "namelists": {}, "inputs": {},
    })  # fmt: skip
    return Preparation.of(settings, streams, table, Path("/emissions"))


def write_scenarios(root: Path) -> None:
    one = preparation([FIRST], SCENARIOS)
    names = one.table.names[:SCENARIOS]
    prepare_shared(one, root)
    prepare_scenario(one, root, names[0])
    began = time.process_time()
    for name in names[1:]:
        one.planner.plans(name, one.segments)
    planned = time.process_time() - began
    began = time.process_time()
    for name in names[1:]:
        prepare_scenario(one, root, name)
    whole = time.process_time() - began
    report("plan 1,000 scenarios from single sources", planned, "s")
    report("write 1,000 run directories, plans made", whole - planned, "s")
    report("plan and write 1,000 run directories", whole, "s")


def fill_year(root: Path) -> list[Path]:
    """Write a year of run directories of 20 scenarios whose days share one file of each kind, by links."""
    one = preparation([FIRST + timedelta(days=n) for n in range(DAYS)], READ_SCENARIOS)
    prepare_shared(one, root)
    grid = one.streams.grid
    folders = [prepare_scenario(one, root, name) for name in one.table.names[:READ_SCENARIOS]]
    for number in range(DAYS):
        day = FIRST + timedelta(days=number)
        for name, variables in (("ACONC", ("O3", "NO", "NO2", "CO", "SO2", "TA", "PRES")), ("AELMO", ("PM25", "PM10"))):
            path = root / f"{name}_{day:%Y%m%d}.nc"
            fields = {
                v: (("time", "layer", "y", "x"), np.ones((24, 1, *grid.shape), "f4"), {"units": "1"}) for v in variables
            }
            write_ioapi(
                path, xr.Dataset(fields), grid, start=np.datetime64(day, "s"), step_seconds=3600, description=""
            )
            for folder in folders:
                target = folder / f"{day:%Y%m%d}" / "output" / f"CCTM_{name}.nc"
                target.parent.mkdir(exist_ok=True)
                target.hardlink_to(path)
    for folder in folders:
        (folder / MARKER).write_text(marker_text(read_manifest(folder)), encoding="utf-8")
    return folders


def read_year(root: Path) -> None:
    folders = fill_year(root)
    began = time.process_time()
    opened = [open_outputs(folder) for folder in folders]
    seconds = time.process_time() - began
    assert all(one.sizes["time"] == 24 * DAYS for one in opened)  # noqa: S101
    paths = [folders[0] / f"{FIRST + timedelta(days=n):%Y%m%d}" / "output" / "CCTM_ACONC.nc" for n in range(PEER_DAYS)]
    began = time.process_time()
    xr.open_mfdataset(paths, combine="nested", concat_dim="TSTEP", engine="netcdf4").close()
    peer = (time.process_time() - began) * 2 * READ_SCENARIOS * DAYS / PEER_DAYS  # two files a day
    report(
        "open a year of 20 scenarios lazily", seconds, "s", f"open_mfdataset {xr.__version__}, scaled", round(peer, 1)
    )
    began = time.process_time()
    float(opened[0]["O3"].isel(time=slice(0, 24 * 31)).mean())
    report("mean ozone of a month", time.process_time() - began, "s")


def main() -> None:
    assert netCDF4.__version__  # noqa: S101  # imported before anything is timed
    for part in (write_scenarios, read_year):
        root = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        try:
            part(root / "cmaq")
        finally:
            shutil.rmtree(root)


if __name__ == "__main__":
    main()
