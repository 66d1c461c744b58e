"""CF inventories: fluxes and masses by hand, the layouts of EDGAR, CEDS and CAMS, broken tables and files."""

import calendar
import json
import re
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from aqcore.errors import InputError
from aqcore.grid import Grid
from emissions.cf_inventory_reader import read_cf_inventory
from emissions.flux_units import emission_unit
from emissions.source_cells import AUTHALIC_RADIUS_M, CurvilinearCells

EXACT = 1e-6
"""Relative: fields are stored in single precision."""

HEADER = "file,variable,select,pollutant,source_class,units,nox_as,month\n"

LON, LAT = np.array([115.25, 115.75, 116.25]), np.array([39.25, 39.75])
AREA = np.outer(np.diff(np.sin(np.radians([39.0, 39.5, 40.0]))), np.radians([0.5] * 3)) * AUTHALIC_RADIUS_M**2


def coordinates(file, lat=LAT, lon=LON):
    for name, values, units in (("lat", lat, "degrees_north"), ("lon", lon, "degrees_east")):
        file.createDimension(name, len(values))
        variable = file.createVariable(name, "f4", (name,))
        variable.units = units
        variable[:] = values


def write(path, variables, *, times=None, sectors=0, lat=LAT, time_units="days since 2019-01-01", kind="365_day"):
    """variables: name -> (values, units, dims)."""
    with netCDF4.Dataset(path, "w") as file:
        coordinates(file, lat)
        if times is not None:
            file.createDimension("time", len(times))
            time = file.createVariable("time", "f8", ("time",))
            time.units, time.calendar = time_units, kind
            time[:] = times
        if sectors:
            file.createDimension("sector", sectors)
        for name, (values, units, dims) in variables.items():
            variable = file.createVariable(name, "f4", dims, fill_value=np.float32(1e20))
            variable.units = units
            variable[:] = values
    return path


def table(folder, *rows, header=HEADER):
    path = folder / "fields.csv"
    path.write_text(header + "\n".join(rows) + "\n")
    return path


def read(folder, *rows, year=2020, **options):
    return read_cf_inventory(table(folder, *rows), folder, name="synthetic", year=year, **options)


def test_a_yearly_flux_like_edgar(tmp_path):
    flux = np.ma.masked_equal([[1.0, 2.0, 3.0], [4.0, 5.0, -9.0]], -9.0) * 1e-9
    write(tmp_path / "a.nc", {"emi_so2": (flux, "kg m-2 s-1", ("lat", "lon"))})
    inventory = read(tmp_path, "a.nc,emi_so2,,SO2,meic_industry,,,")
    expected = flux.filled(0.0) * AREA * 366 * 86400 * 1e-3
    assert inventory.mass.toarray()[0] == pytest.approx(expected.ravel(), rel=EXACT)
    assert inventory.rows.month.tolist() == [0]


def test_monthly_fluxes_of_sectors_and_years_like_ceds(tmp_path):
    rng = np.random.default_rng(1)
    values = rng.uniform(0.0, 1e-9, (24, 3, 2, 3))
    middles = [15.5 + 30.4 * k for k in range(24)]
    write(tmp_path / "ceds.nc", {"NOx_em_anthro": (values, "kg m-2 s-1", ("time", "sector", "lat", "lon"))},
          times=middles, sectors=3)  # fmt: skip
    rows = [f"ceds.nc,NOx_em_anthro,sector={k},NOx,{name},,NO2," for k, name in
            enumerate(("meic_agriculture", "meic_industry", "meic_industry"))]  # fmt: skip
    inventory = read(tmp_path, *rows)
    got = inventory.total(["source_class", "month"]).set_index(["source_class", "month"]).mass_t
    for month in (1, 2, 12):
        length = calendar.monthrange(2020, month)[1] * 86400
        by_hand = (values[11 + month, 1:].sum(axis=0) * AREA).sum() * length * 1e-3
        assert got["meic_industry", month] == pytest.approx(by_hand, rel=EXACT)
    assert len(inventory.rows) == 24


def test_the_example_of_the_documentation_reads(tmp_path):
    text = (Path(__file__).parents[2] / "docs" / "inventory.md").read_text(encoding="utf-8")
    (tmp_path / "fields.csv").write_text(re.search(r"```csv fields\n(.*?)```", text, flags=re.DOTALL)[1])
    write(tmp_path / "NOx-em-anthro.nc", {"NOx_em_anthro": (np.ones((12, 3, 2, 3)), "kg m-2 s-1",
          ("time", "sector", "lat", "lon"))}, times=[15.5 + 30.4 * k for k in range(12)], sectors=3)  # fmt: skip
    inventory = read_cf_inventory(tmp_path / "fields.csv", tmp_path, name="synthetic", year=2019)
    assert inventory.classes == ("meic_power", "meic_industry")


def test_rows_from_the_north_nox_as_no_and_masses_like_cams(tmp_path):
    values = np.arange(6.0).reshape(2, 3)
    write(tmp_path / "c.nc", {"sum": (values, "Tonnes", ("lat", "lon"))}, lat=LAT[::-1])
    inventory = read(tmp_path, "c.nc,sum,,NOx,meic_power,,NO,")
    assert inventory.mass.toarray()[0] == pytest.approx(values[::-1].ravel() * 46.0055 / 30.0061, rel=EXACT)
    assert inventory.cells.lat_edges == pytest.approx([39.0, 39.5, 40.0])


def test_files_of_one_month_and_units_of_the_table(tmp_path):
    rows = []
    for month in range(1, 13):
        write(tmp_path / f"m{month}.nc", {"x": (np.full((2, 3), 1000.0 * month), "1", ("lat", "lon"))})
        rows.append(f"m{month}.nc,x,,CO,meic_power,kg month-1,,{month}")
    inventory = read(tmp_path, *rows)
    assert inventory.total(["month"]).mass_t.tolist() == pytest.approx([6.0 * month for month in range(1, 13)])


def test_a_window_sums_the_rest(tmp_path):
    write(tmp_path / "a.nc", {"x": (np.arange(6.0).reshape(2, 3), "t", ("lat", "lon"))})
    inventory = read(tmp_path, "a.nc,x,,CO,meic_power,,,", box=(115.6, 39.6, 115.9, 39.9))
    assert inventory.cells.shape == (1, 1)
    assert inventory.mass.sum() == pytest.approx(4.0)
    assert inventory.rows.beyond.tolist() == pytest.approx([11.0])


def test_transposed_fields(tmp_path):
    values = np.arange(6.0).reshape(2, 3)
    write(tmp_path / "t.nc", {"x": (values.T, "t", ("lon", "lat"))})
    inventory = read(tmp_path, "t.nc,x,,CO,meic_power,,,")
    assert inventory.mass.toarray()[0] == pytest.approx(values.ravel())


def curvilinear(path, *, bounds=True, units="t"):
    j, i = np.meshgrid(np.arange(5.0), np.arange(6.0), indexing="ij")
    lon, lat = 115.0 + 0.3 * i + 0.03 * j, 39.0 + 0.3 * j - 0.02 * i
    with netCDF4.Dataset(path, "w") as file:
        for name, size in (("j", 4), ("i", 5), ("v", 4)):
            file.createDimension(name, size)
        for name, corner, text in (("lon", lon, "degrees_east"), ("lat", lat, "degrees_north")):
            parts = [corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1]]
            centre = file.createVariable(name, "f8", ("j", "i"))
            centre[:], centre.units = np.mean(parts, axis=0), text
            if bounds:
                centre.bounds = f"{name}_vertices"
                file.createVariable(f"{name}_vertices", "f8", ("j", "i", "v"))[:] = np.stack(parts, axis=-1)
        x = file.createVariable("x", "f8", ("j", "i"))
        x[:], x.units, x.coordinates = np.ones((4, 5)), units, "lon lat"
    return lon, lat


def test_curvilinear_fields_by_their_bounds(tmp_path):
    lon, lat = curvilinear(tmp_path / "c.nc")
    inventory = read(tmp_path, "c.nc,x,,CO,meic_power,,,")
    assert isinstance(inventory.cells, CurvilinearCells)
    assert inventory.cells.lon_corners == pytest.approx(lon)
    assert inventory.cells.lat_corners == pytest.approx(lat)
    grid = Grid.covering("T", 114.8, 116.8, 38.8, 40.4, 9000.0)
    assert (inventory.mass @ inventory.cells.weights(grid)).sum() == pytest.approx(20.0, rel=1e-9)


# -------------------------------------------------------------------------------------------- units


@pytest.mark.parametrize(
    ("text", "tonnes", "per_area", "period"),
    [
        ("kg m-2 s-1", 1e-3, True, "s"),
        ("kg/m2/s", 1e-3, True, "s"),
        ("kg m**-2 s**-1", 1e-3, True, "s"),
        ("kg m^-2 s^-1", 1e-3, True, "s"),
        ("g/km2/h", 1e-6 / 1e6 / 3600, True, "s"),
        ("Tonnes", 1.0, False, ""),
        ("Mg", 1.0, False, ""),
        ("Gg yr-1", 1000.0, False, "year"),
        ("kg month-1", 1e-3, False, "month"),
        ("t/month", 1.0, False, "month"),
    ],
)
def test_units(text, tonnes, per_area, period):
    unit = emission_unit(text)
    assert (unit.per_area, unit.period) == (per_area, period)
    assert unit.tonnes == pytest.approx(tonnes, rel=1e-12)


def test_the_length_of_a_period():
    assert emission_unit("t s-1").tonnes_in(2020, 2) == 29 * 86400.0
    assert emission_unit("t yr-1").tonnes_in(2021, 0) == 1.0
    assert emission_unit("t yr-1").tonnes_in(2021, 1) == pytest.approx(31 / 365)
    assert emission_unit("t month-1").tonnes_in(2021, 0) == 12.0
    assert emission_unit("t").tonnes_in(2021, 5) == 1.0


@pytest.mark.parametrize("text", ["", "1", "mol m-2 s-1", "kg m-3 s-1", "kg m-2 m-2", "kg kg", "kg s-1 s-1", "m-2 kg"])
def test_units_that_are_none_of_an_emission(text):
    with pytest.raises(ValueError, match="unknown unit"):
        emission_unit(text)


# ------------------------------------------------------------------------------------------ refusals


@pytest.fixture
def field(tmp_path):
    write(tmp_path / "a.nc", {"x": (np.ones((2, 3)), "t", ("lat", "lon")), "y": (np.ones((2, 3)), "K", ("lat", "lon")),
                              "z": (np.ones((3, 2, 3)), "t", ("sector", "lat", "lon")),
                              "plain": (np.ones(3), "t", ("sector",))}, sectors=3)  # fmt: skip
    write(tmp_path / "b.nc", {"x": (np.ones((3, 3)), "t", ("lat", "lon"))}, lat=np.array([38.75, 39.25, 39.75]))
    write(tmp_path / "old.nc", {"x": (np.ones((2, 2, 3)), "t", ("time", "lat", "lon"))}, times=[15, 45])
    write(tmp_path / "daily.nc", {"x": (np.ones((2, 2, 3)), "t", ("time", "lat", "lon"))}, times=[366, 367])
    write(tmp_path / "uneven.nc", {"x": (np.ones((3, 3)), "t", ("lat", "lon"))}, lat=np.array([38.0, 39.25, 39.75]))
    curvilinear(tmp_path / "no_bounds.nc", bounds=False)
    curvilinear(tmp_path / "flux.nc", units="kg m-2 s-1")
    (tmp_path / "text.nc").write_text("no")
    return tmp_path


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a.nc,x,,COO,meic_power,,,", "unknown pollutant 'COO' -> did you mean CO"),
        ("a.nc,x,,CO,meic_powr,,,", "unknown source class 'meic_powr' -> did you mean meic_power"),
        ("a.nc,x,,NOx,meic_power,,,", r"NOx is the mass of \? -> say NO2"),
        ("a.nc,x,,CO,meic_power,,,13", "month '13' -> give 1 to 12"),
        ("a.nc,x,,CO,meic_power,ppm,,", "unknown unit 'ppm'"),
        ("a.nc,x,sector,CO,meic_power,,,", "'sector' chooses nothing -> write dimension=number"),
        ("c.nc,x,,CO,meic_power,,,", "no such file"),
        ("text.nc,x,,CO,meic_power,,,", "not a netCDF file"),
        ("a.nc,X,,CO,meic_power,,,", "no variable 'X'"),
        ("a.nc,y,,CO,meic_power,,,", "unknown unit 'K'"),
        ("a.nc,z,,CO,meic_power,,,", "dimension sector is left -> choose one: sector=0"),
        ("a.nc,z,sector=3,CO,meic_power,,,", "sector=3 of 3 -> count from 0"),
        ("a.nc,z,setcor=1,CO,meic_power,,,", "no dimension 'setcor' -> did you mean sector"),
        ("a.nc,plain,,CO,meic_power,,,", "plain has no coordinate latitude"),
        ("old.nc,x,,CO,meic_power,,,", "has no time in 2020, only in 2019"),
        ("daily.nc,x,,CO,meic_power,,,", "has 2 times in 2020, more than one a month"),
        ("uneven.nc,x,,CO,meic_power,,,", "do not rise evenly"),
        ("no_bounds.nc,x,,CO,meic_power,,,", "two-dimensional coordinates without bounds"),
        ("flux.nc,x,,CO,meic_power,,,", "fluxes on curvilinear cells"),
    ],
)
def test_each_broken_row_has_its_message(field, row, message):
    with pytest.raises(InputError, match=message) as caught:
        read(field, row)
    assert caught.value.faults[0].where.startswith(f"{field / 'fields.csv'}:2")


def test_fields_that_would_count_twice_and_grids_that_differ(field):
    with pytest.raises(InputError, match=r"this field stands already at .*:2 -> it would count twice"):
        read(field, "a.nc,x,,CO,meic_power,,,", "a.nc,x,,CO,meic_industry,,,")
    with pytest.raises(InputError, match=r"b.nc has other cells \(\(3, 3\)\)"):
        read(field, "a.nc,x,,CO,meic_power,,,", "b.nc,x,,CO,meic_industry,,,")


def test_broken_tables(field):
    with pytest.raises(InputError, match="unknown column") as caught:
        read_cf_inventory(table(field, "a.nc,x", header="file,varible\n"), field, name="s", year=2020)
    assert json.dumps([fault.what for fault in caught.value.faults]).count("missing column") == 3


def test_all_faults_of_the_files_come_together(field):
    with pytest.raises(InputError) as caught:
        read(field, "a.nc,X,,CO,meic_power,,,", "c.nc,x,,CO,meic_power,,,", "a.nc,y,,CO,meic_power,,,")
    assert [fault.where.rsplit(":", 2)[1] for fault in caught.value.faults] == ["2", "3", "4"]
