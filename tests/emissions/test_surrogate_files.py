"""Surrogates of a city file: points and rasters reach the placing; each fault of the table has its message."""

import re
import tomllib
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import synthetic_meic as meic

from aqcore.districts import District, Districts
from aqcore.errors import InputError
from aqcore.grid import Grid
from aqcore.polygon import Polygon
from emissions.inventory import inventory_of
from emissions.streams import build_streams
from emissions.surrogate_files import read_surrogates, surrogate_names

SAME = 1e-12
"""Relative: shares of some cells."""


def raster(path, values, name="people"):
    lat, lon = 39.8 + 0.05 + 0.1 * np.arange(values.shape[0]), 116.0 + 0.05 + 0.1 * np.arange(values.shape[1])
    with netCDF4.Dataset(path, "w") as file:
        for key, numbers, units in (("lat", lat, "degrees_north"), ("lon", lon, "degrees_east")):
            file.createDimension(key, len(numbers))
            variable = file.createVariable(key, "f8", (key,))
            variable[:], variable.units = numbers, units
        file.createVariable(name, "f8", ("lat", "lon"))[:] = values


@pytest.fixture
def folder(tmp_path):
    seats = "district,lon,lat,population\n110101,116.05,39.85,300\n110101,116.35,40.15,100\n"
    (tmp_path / "seats.csv").write_text(seats)
    (tmp_path / "points.csv").write_text("lon,lat,value\n116.05,39.85,1\n")
    (tmp_path / "bad.csv").write_text("lon,lat,value\n116.05,99,1\n116.1,40,-2\n")
    raster(tmp_path / "people.nc", np.ones((4, 4)))
    raster(tmp_path / "negative.nc", np.full((4, 4), -1.0))
    meic.write_ascii(tmp_path / "crops.asc", np.arange(1.0, 17.0).reshape(4, 4), 116.0, 39.8, 0.1)
    (tmp_path / "text.nc").write_text("no")
    (tmp_path / "roads.tif").write_bytes(b"II")
    return tmp_path


def test_names_are_those_that_source_classes_ask_for():
    assert {"population", "roads", "cropland", "industry"} <= set(surrogate_names())
    assert "area" not in surrogate_names()


def test_all_forms_of_an_entry(folder):
    found = read_surrogates(
        {
            "population": {"points": "seats.csv", "value": "population", "source": "yearbook"},
            "industry": "points.csv",
            "roads": {"raster": "people.nc", "variable": "people", "or_area": True},
            "cropland": "crops.asc",
            "rural_population": {"raster": "people.nc", "variable": "people", "density": True},
        },
        folder,
    )
    assert found["population"].data.value.tolist() == [300.0, 100.0]
    assert (found["population"].source, found["industry"].source) == ("yearbook", "points.csv")
    assert found["roads"].or_area
    assert not found["cropland"].or_area
    assert found["cropland"].data.values.sum() == 136.0
    # a density counts by the area of its cells: smaller to the north
    values = found["rural_population"].data.values
    ratio = np.diff(np.sin(np.radians([39.8, 39.9])))[0] / np.diff(np.sin(np.radians([40.1, 40.2])))[0]
    assert values[0, 0] / values[3, 0] == pytest.approx(ratio, rel=1e-9)


def test_district_seats_spread_the_emissions(folder):
    ring = np.array([(116.0, 39.8), (116.4, 39.8), (116.4, 40.2), (116.0, 40.2), (116.0, 39.8)])
    districts = Districts((District("110101", "区", (Polygon(ring),)),), "synthetic")
    grid = Grid.covering("T09", 116.0, 116.4, 39.8, 40.2, 9000.0)
    inventory = inventory_of([{"district": "110101", "source_class": "residential_coal", "SO2": 40.0}])
    surrogates = read_surrogates({
        name: {"points": "seats.csv", "value": "population"} for name in ("population", "rural_population")
    }, folder)  # fmt: skip
    streams = build_streams(inventory, districts, grid, surrogates=surrogates)
    shares = streams.placement.weights.toarray()[0]
    assert sorted(shares[shares > 0.0].tolist()) == pytest.approx([0.25, 0.75], rel=SAME)
    assert streams.placement.report["why"].tolist() == ["seats.csv"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"populatoin": "points.csv"}, "no source class asks for 'populatoin' -> did you mean population"),
        ({"population": 3}, "surrogates.population: 3 is no file"),
        ({"population": {"file": "points.csv"}}, "surrogates.population.file: unknown key"),
        ({"population": {"points": "points.csv", "raster": "crops.asc"}}, "give either points or raster"),
        ({"population": {"or_area": True}}, "needs one file"),
        ({"population": "none.csv"}, "no such file"),
        ({"population": {"points": "points.csv", "or_area": "yes"}}, "'yes' is neither true nor false"),
        ({"population": {"points": "seats.csv"}}, "missing column value -> columns: lon, lat, value"),
        ({"roads": "roads.tif"}, "no reader for a raster of type '.tif' -> give ESRI ASCII"),
        ({"roads": "people.nc"}, "surrogates.roads.variable: people.nc is netCDF -> say which variable"),
        ({"roads": {"raster": "people.nc", "variable": "peple"}}, "no variable 'peple' -> did you mean people"),
        ({"roads": {"raster": "text.nc", "variable": "x"}}, "not a netCDF file"),
        ({"roads": {"raster": "negative.nc", "variable": "people"}}, "values below 0 or not finite"),
    ],
)
def test_each_broken_entry_has_its_message(folder, table, message):
    with pytest.raises(InputError, match=message):
        read_surrogates(table, folder)


def test_the_example_of_the_documentation_reads(folder):
    text = (Path(__file__).parents[2] / "docs" / "inventory.md").read_text(encoding="utf-8")
    table = tomllib.loads(re.search(r"```toml surrogates\n(.*?)```", text, flags=re.DOTALL)[1])
    (folder / "points.csv").rename(folder / "parks.csv")
    raster(folder / "roads.nc", np.ones((4, 4)), "length")
    assert set(read_surrogates(table, folder)) == {"population", "industry", "roads", "cropland"}


def test_all_faults_come_together(folder):
    with pytest.raises(InputError) as caught:
        read_surrogates({"population": "bad.csv", "roads": "none.csv", "x": "y"}, folder)
    assert [fault.where for fault in caught.value.faults] == [
        "bad.csv:2:lat", "bad.csv:3:value", "surrogates.roads", "surrogates.x",
    ]  # fmt: skip
