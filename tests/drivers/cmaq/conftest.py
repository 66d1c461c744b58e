"""A small synthetic city with everything that a CMAQ run needs, and a stand-in for CCTM."""

import runpy
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import xarray as xr

from aqcore.districts import District, Districts
from aqcore.grid import Grid
from aqcore.ioapi_write import write_ioapi
from aqcore.polygon import Polygon
from drivers.cmaq.driver import CmaqDriver
from drivers.cmaq.settings import MET_FILES, CmaqSettings
from drivers.cmaq.versions import rows_of
from emissions.gridded import MonthLayer, gridded_inventory
from emissions.inventory import inventory_of
from emissions.natural.met import NaturalMet
from emissions.natural.plants import plant_types
from emissions.natural.streams import NaturalStreams
from emissions.regional_build import build_regional_streams
from emissions.source_cells import LonLatCells
from emissions.stream_files import listed, write_index
from emissions.streams import build_streams
from scenarios.control_table import ControlTable
from scenarios.resolution import resolve
from scenarios.scenario import DirectFactor, Scenario
from scenarios.target import Target

BUILD = runpy.run_path(str(Path(__file__).with_name("stand_in_build.py")))

WEST, EAST = "110101", "110102"
DAYS = (date(2017, 7, 1), date(2017, 7, 2))
LEVELS = (1.0, 0.99, 0.9, 0.0)

EDGES_LON, EDGES_LAT = np.linspace(115.5, 117.5, 5), np.linspace(39.5, 40.5, 4)

AIR = {"O3": "ppmV", "NO2": "ppmV", "ASO4J": "ug m-3"}

ROWS = [
    {"district": WEST, "source_class": "onroad_gasoline", "NOx": 1200.0, "VOC": 900.0, "CO": 8000.0, "PM10": 50.0,
     "PM25": 40.0, "BC": 12.0, "OC": 10.0, "SO2": 5.0, "NH3": 20.0},
    {"district": EAST, "source_class": "onroad_gasoline", "NOx": 800.0, "VOC": 700.0, "CO": 6000.0, "PM10": 30.0,
     "PM25": 25.0},
    {"district": EAST, "source_class": "residential_coal", "SO2": 300.0, "NOx": 90.0, "VOC": 60.0, "PM10": 200.0,
     "PM25": 150.0, "BC": 30.0, "OC": 60.0},
    {"district": WEST, "source_class": "livestock", "NH3": 500.0},
    {"source_id": "plant", "kind": "point", "name": "示例电厂", "district": WEST, "source_class": "power_coal",
     "lon": 116.21, "lat": 40.01, "SO2": 400.0, "NOx": 1000.0, "PM10": 60.0, "PM25": 40.0, "stack_height_m": 180.0,
     "stack_diameter_m": 6.0, "exit_temp_K": 390.0, "exit_velocity_m_s": 18.0},
    {"source_id": "third", "kind": "point", "name": "第三电厂", "district": WEST, "source_class": "power_coal",
     "lon": 116.29, "lat": 40.05, "SO2": 200.0, "NOx": 700.0, "PM10": 30.0, "PM25": 20.0, "stack_height_m": 120.0,
     "stack_diameter_m": 4.0, "exit_temp_K": 400.0, "exit_velocity_m_s": 15.0},
    {"source_id": "other", "kind": "point", "name": "第二电厂", "district": WEST, "source_class": "power_coal",
     "lon": 116.33, "lat": 39.9, "SO2": 100.0, "NOx": 500.0, "PM10": 20.0, "PM25": 10.0},
]  # fmt: skip


def box(west: float, south: float, east: float, north: float) -> tuple[Polygon, ...]:
    ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return (Polygon(np.array(ring, dtype=float)),)


@pytest.fixture(scope="session")
def grid() -> Grid:
    return replace(Grid.covering("T09", 116.0, 116.8, 39.8, 40.2, 9000.0), name="T09")


@pytest.fixture(scope="session")
def streams(grid: Grid) -> Any:
    # the border at 116.4 lies inside cells, so that both districts share a column
    districts = Districts(
        (
            District(WEST, "西区", box(116.0, 39.8, 116.41, 40.2)),
            District(EAST, "东区", box(116.41, 39.8, 116.8, 40.2)),
        ),
        "synthetic",
    )
    return build_streams(inventory_of(ROWS), districts, grid)


def factor(pollutant: str, value: float, **target: tuple[str, ...]) -> DirectFactor:
    return DirectFactor(Target(**target), pollutant, value)


@pytest.fixture(scope="session")
def table(streams: Any) -> ControlTable:
    scenarios = [
        Scenario("half", factors=(factor("NOx", 0.5), factor("VOC", 0.5))),
        Scenario("west", factors=(factor("NOx", 0.3, districts=(WEST,)), factor("PM25", 0.6, districts=(WEST,)))),
        Scenario("plant", factors=(factor("NOx", 0.1, enterprises=("plant",)),)),
        Scenario("growth", growth={"ONROAD": 1.2}),
    ]
    return resolve(scenarios, (), streams.inventory)


@pytest.fixture(scope="session")
def inputs(tmp_path_factory: pytest.TempPathFactory, streams: Any, grid: Grid) -> Path:
    """Return a folder with base emissions, met, IC/BC and the small files, all synthetic, for the days of `DAYS`."""
    folder = tmp_path_factory.mktemp("inputs")
    for day in DAYS:
        streams.write(folder / "emissions", day, inline_points=True)
        write_met(folder / "met", day, grid)
        for name in ("INIT", "BNDY"):
            write_fields(folder / f"{name}_{day:%Y%m%d}.nc", AIR, grid, day, boundary=name == "BNDY", step=0)
    for name in ("omi.dat", "optics.dat", "CSQY_DATA_cb6r5_ae7_aq", "misc.nml"):
        (folder / name).write_text("synthetic\n", encoding="utf-8")
    (folder / "misc.nml").write_text("&elmo\n/\n", encoding="utf-8")
    for kind in ("gc", "ae", "nr", "tr"):
        (folder / f"{kind}.nml").write_text(BUILD["species_namelist"](kind), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def files() -> Any:
    """Return the functions that write synthetic input files."""
    return SimpleNamespace(write_fields=write_fields, write_met=write_met)


def write_met(folder: Path, day: date, grid: Grid) -> None:
    wanted: dict[str, dict[str, str]] = {}
    for row in rows_of("met_variables.csv"):
        if row["file"] in MET_FILES:
            wanted.setdefault(row["file"], {})[row["variable"]] = "1"
    wanted["LUFRAC_CRO"] = {"LUFRAC": "1"}
    for logical, variables in wanted.items():
        own = grid.dot() if "DOT" in logical else grid
        path = folder / f"{MET_FILES[logical]}_{day:%Y%m%d}.nc"
        layered = logical in {"MET_CRO_3D", "MET_DOT_3D", "MET_BDY_3D", "LUFRAC_CRO"}
        levels = tuple(map(float, range(1, 22))) if logical == "LUFRAC_CRO" else LEVELS
        step = 0 if logical.startswith(("GRID", "LUFRAC")) else 3600
        write_fields(path, variables, own, day, boundary="BDY" in logical, step=step, layered=layered,
                     levels=levels)  # fmt: skip


def write_fields(
    path: Path, variables: dict[str, str], grid: Grid, day: date, *, boundary: bool = False, step: int = 3600,
    layered: bool = True, steps: int = 25, levels: tuple[float, ...] = LEVELS, value: float = 1.0,
) -> None:  # fmt: skip
    layers = len(levels) - 1 if layered else 1
    cells: dict[str, int] = {"perim": len(grid.perimeter()[0])} if boundary else {"y": grid.nrows, "x": grid.ncols}
    sizes = {**({"time": steps} if step else {}), "layer": layers, **cells}
    field = np.full(tuple(sizes.values()), value, dtype=np.float32)
    texts = {"DLUSE": "dominant land use (MODIS)"}
    data = xr.Dataset({
        name: (tuple(sizes), field, {"units": units, "var_desc": texts.get(name, name)})
        for name, units in variables.items()
    })  # fmt: skip
    vertical = {"vglvls": levels, "vgtop": 5000.0, "vgtyp": 7} if layered else {}
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    write_ioapi(path, data, grid, start=start, step_seconds=step, description="synthetic", **vertical)


@pytest.fixture(scope="session")
def surroundings(streams: Any, grid: Grid) -> dict[str, Any]:
    """Return synthetic streams that no scenario changes, by origin: industry around the city, plants and soils."""
    count = len(EDGES_LON) - 1, len(EDGES_LAT) - 1
    layers = [MonthLayer("meic_industry", name, month, np.full(count[0] * count[1], 5.0), 0.0, "synthetic")
              for name in ("NOx", "SO2") for month in range(1, 13)]  # fmt: skip
    inventory = gridded_inventory("synthetic", 2017, LonLatCells(EDGES_LON, EDGES_LAT), layers)
    region = build_regional_streams(inventory, grid, mask=streams.zone_mask(), prefix="REG_", layers=streams.layers)
    times = np.datetime64(DAYS[0], "h") + np.arange(25)
    summer = {"temperature": 300.0, "radiation": 400.0, "leaf_area": 3.0, "soil_temperature": 298.0, "wetness": 0.5}
    fields = {name: np.full((25, *grid.shape), value) for name, value in summer.items()}
    cover = np.full((len(plant_types()), *grid.shape), 1.0 / len(plant_types()))
    natural = NaturalStreams(grid, NaturalMet(grid, times.astype("datetime64[ns]"), **fields), cover)
    return {"region": region, "natural": natural}


@pytest.fixture(scope="session")
def write_beside(surroundings: dict[str, Any]) -> Any:
    """Return what writes these streams of a day, and the index that names them."""

    def write(folder: Path, day: date) -> None:
        entries = [one for origin, part in surroundings.items()
                   for one in listed(folder, part.write(folder, day), origin, day)]  # type: ignore[arg-type]  # fmt: skip
        write_index(folder, entries)

    return write


@pytest.fixture(scope="session")
def truth(surroundings: dict[str, Any]) -> Any:
    """Return what gives the sum of a stream's species over hours of the first day, mol s-1 times hours."""

    def total(label: str, species: str, first: int = 0, hours: int = 24) -> float:
        own = next(one for one in surroundings.values() if label in one.sectors)
        times = np.datetime64(DAYS[0], "h") + np.arange(first, first + hours)
        return float(own.sector(label, times)[species].sum(dtype=np.float64))

    return total


@pytest.fixture
def settings(inputs: Path, cctm: Path) -> CmaqSettings:
    return CmaqSettings.read({
        "version": "5.5", "mechanism": "cb6r5_ae7", "executable": str(cctm), "dates": list(DAYS), "launcher": [],
        "met": "met/{file}_{date}.nc", "initial": "INIT_{date}.nc", "boundary": "BNDY_{date}.nc",
        "namelists": {"gc_matrix_nml": "gc.nml", "ae_matrix_nml": "ae.nml", "nr_matrix_nml": "nr.nml",
                      "tr_matrix_nml": "tr.nml", "MISC_CTRL_NML": "misc.nml"},
        "inputs": {"OMI": "omi.dat", "OPTICS_DATA": "optics.dat", "CSQY_DATA": "CSQY_DATA_cb6r5_ae7_aq"},
    }, folder=inputs)  # fmt: skip


@pytest.fixture
def driver(settings: CmaqSettings, streams: Any, table: ControlTable, inputs: Path) -> CmaqDriver:
    return CmaqDriver(settings, streams, table, inputs / "emissions")


@pytest.fixture(scope="session")
def cctm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an executable that stands in for CCTM."""
    path: Path = BUILD["write_executable"](tmp_path_factory.mktemp("bin") / "CCTM_v55.exe")
    return path


@pytest.fixture
def own(inputs: Path, tmp_path: Path) -> Path:
    """Return a copy of the inputs that a test may damage."""
    shutil.copytree(inputs, tmp_path / "inputs")
    return tmp_path / "inputs"


@pytest.fixture
def city(driver: CmaqDriver, own: Path, inputs: Path) -> CmaqDriver:
    """Return the driver of one day on the copied inputs."""

    def moved(text: Any) -> str:
        return str(text).replace(str(inputs), str(own))

    its = driver.settings
    namelists, small = (
        {name: Path(moved(path)) for name, path in table.items()} for table in (its.namelists, its.inputs)
    )
    settings = replace(its, met=moved(its.met), initial=moved(its.initial), boundary=moved(its.boundary),
                       dates=DAYS[:1], namelists=namelists, inputs=small)  # fmt: skip
    return replace(driver, settings=settings, emissions=own / "emissions")
