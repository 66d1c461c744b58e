"""Everything that a city file can say about emissions, from `city.toml` to the published folder; and said wrongly."""

import json
import shutil
from pathlib import Path

import netCDF4
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from aqcore.errors import InputError
from aqcore.ioapi_write import write_ioapi
from emissions.stream_files import read_index
from yice import emission_inputs, emission_summary
from yice.city import read_city
from yice.options import Options
from yice.stages import emissions
from yice.workspace import Workspace

TINY = Path(__file__).parent / "tiny_city"

LEDGER = 1e-6  # DESIGN law 1
SINGLE = 1e-6  # sums of float32 cells, each rounded to 6e-8

POINTS = """source_id,district,source_class,lon,lat,{stack},SO2 (t/a),NOx (t/a),flag
plant,990101,power_coal,116.1,40.05,150,5,350,18,4000,8000,constructed
low,990102,power_coal,115.85,40.05,,,,,40,80,constructed
""".format(stack="stack_height_m,stack_diameter_m,exit_temp_K,exit_velocity_m_s")

FIELDS = """file,variable,pollutant,source_class,units,nox_as
region.nc,nox,NOx,meic_industry,,NO2
region.nc,so2,SO2,meic_industry,,
"""

FIGURES = """figures = false
inline_points = true
natural = "megan"
megan = { metcro2d = ["METCRO2D"], gridcro2d = "GRIDCRO2D" }
"""

MORE = """
[surrogates]
population = "towns.csv"
roads = { points = "towns.csv", or_area = true, source = "towns in place of roads" }
cropland = "towns.csv"

[profiles]
temporal = "own_hours.csv"
vertical = "own_heights.csv"
assignment = "assignment.csv"

[regional]
kind = "cf"
folder = "."
fields = "fields.csv"
name = "SYNTHETIC"

[dynamics]
hourly = ["cems.csv"]
daily = ["traffic.csv"]
"""


def changed(folder: Path, **pairs: tuple[str, str]) -> None:
    file = folder / "city.toml"
    text = file.read_text(encoding="utf-8")
    for old, new in pairs.values():
        assert old in text, old
        text = text.replace(old, new, 1)
    file.write_text(text, encoding="utf-8")


def region(path: Path) -> None:
    """Write yearly masses on cells of half a degree, t a cell: 100 of NOx and 10 of SO2 in each of 20 x 12."""
    with netCDF4.Dataset(path, "w") as file:
        for name, centres in (("lat", np.arange(37.25, 43.0, 0.5)), ("lon", np.arange(111.25, 121.0, 0.5))):
            file.createDimension(name, len(centres))
            variable = file.createVariable(name, "f8", (name,))
            variable.standard_name = {"lat": "latitude", "lon": "longitude"}[name]
            variable.units = {"lat": "degrees_north", "lon": "degrees_east"}[name]
            variable[:] = centres
        for name, mass in (("nox", 100.0), ("so2", 10.0)):
            field = file.createVariable(name, "f4", ("lat", "lon"))
            field.units = "t/yr"
            field[:] = mass


def met(folder: Path) -> None:
    """Write METCRO2D of two days and GRIDCRO2D on the city's own grid: a summer's day over croplands."""
    space = Workspace(Options(TINY, folder))
    hours = np.datetime64("2013-07-10", "ns") + np.arange(25) * np.timedelta64(1, "h")
    shape = ("time", "layer", "y", "x")
    values = {"TEMP2": (300.0, "K"), "RGRND": (500.0, "W/m2"), "LAI": (3.0, "m2/m2")}
    fields = {
        name: (shape, np.full((25, 1, *space.grid.shape), value, dtype=np.float32), {"units": unit})
        for name, (value, unit) in values.items()
    }
    coords = {"time": hours, "y": space.grid.y, "x": space.grid.x}
    write_ioapi(
        folder / "METCRO2D",
        xr.Dataset(fields, coords),
        space.grid,
        start=hours[0],
        step_seconds=3600,
        description="synthetic",
    )
    words = {"units": "CATEGORY", "var_desc": "dominant land use category: USGS24"}
    land = xr.Dataset(
        {"DLUSE": (shape, np.full((1, 1, *space.grid.shape), 2.0, dtype=np.float32), words)},
        {**coords, "time": hours[:1]},
    )
    write_ioapi(folder / "GRIDCRO2D", land, space.grid, start=hours[0], step_seconds=3600, description="synthetic")


def tables(folder: Path) -> None:
    (folder / "points.csv").write_text(POINTS, encoding="utf-8")
    (folder / "fields.csv").write_text(FIELDS, encoding="utf-8")
    (folder / "towns.csv").write_text("lon,lat,value\n116.1,40.05,3\n116.2,40.1,1\n115.85,40.05,1\n", encoding="utf-8")
    (folder / "assignment.csv").write_text("source_class,pollutant,profile\ncement,PM25,91104\n", encoding="utf-8")
    (folder / "own_heights.csv").write_text("profile,bottom_m,top_m,fraction\nMINE,0,50,1\n", encoding="utf-8")
    shares = ",".join(f"s{number:02d}" for number in range(1, 25))
    flat = [
        f"mine,{name},{','.join([str(1 / n)] * n + [''] * (24 - n))}"
        for name, n in (("month", 12), ("weekday", 7), ("hour", 24))
    ]
    (folder / "own_hours.csv").write_text("\n".join([f"profile,cycle,{shares}", *flat]) + "\n", encoding="utf-8")
    hours = [f"plant,2013-07-10 {hour:02d}:00,720" for hour in range(24)]
    (folder / "cems.csv").write_text("\n".join(["source_id,time,NOx (kg/h)", *hours]) + "\n", encoding="utf-8")
    (folder / "traffic.csv").write_text("date,sector,factor\n2013-07-10,ONROAD,0.5\n", encoding="utf-8")
    region(folder / "region.nc")


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Everything at once: points with stacks, surrogates, own profiles, region, known hours, nature."""
    folder = tmp_path_factory.mktemp("whole") / "city"
    shutil.copytree(TINY, folder)
    tables(folder)
    met(folder)
    changed(
        folder,
        points=('area = "area.csv"', 'area = "area.csv"\npoints = "points.csv"'),
        emissions=(
            "figures = false",
            FIGURES,
        ),
        more=("[scenarios]", MORE + "\n[scenarios]"),
    )
    made = Workspace(Options(folder, folder / "work"))
    made.check()
    emissions.act(made)
    return made


@pytest.fixture(scope="module")
def folder(space: Workspace) -> Path:
    return space.work / "emissions"


def table(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / f"{name}.csv", dtype={"district": str})


def test_index_names_every_file_by_origin_and_form(folder: Path) -> None:
    index = {(one.stream, one.origin, one.form) for one in read_index(folder)}
    assert index == {
        ("ONROAD", "city", "gridded"), ("BOILERS", "city", "gridded"), ("SOLVENT", "city", "gridded"),
        ("POWER", "city", "gridded"), ("POWER", "city", "stacks"), ("REG_INDUSTRY", "region", "gridded"),
        ("BIOGENIC", "natural", "gridded"), ("SOIL", "natural", "gridded"),
    }  # fmt: skip
    named = {name for one in read_index(folder) for name in (one.file, one.groups) if name}
    assert named == {path.relative_to(folder).as_posix() for path in folder.rglob("*.nc")}


def test_ledger_closes_with_the_region_around_and_known_hours_inside(folder: Path) -> None:
    assert table(folder, "closure")["error"].abs().max() < LEDGER
    frame = table(folder, "ledger")
    assert {"override", "files"} <= set(frame["step"])
    given = frame[frame["step"] == "inventory"].groupby(["sector", "pollutant"])["mass_t"].sum()
    assert given["REG_INDUSTRY", "NOx"] == pytest.approx(100.0 * 20 * 12)
    ended = frame[frame["step"] == "files"].groupby(["sector", "pollutant"])["mass_t"].sum()
    exits = frame[frame["fate"] != "kept"].groupby(["sector", "pollutant"])["mass_t"].sum()
    for key, mass in given.items():
        assert ended.get(key, 0.0) + exits.get(key, 0.0) == pytest.approx(mass, rel=SINGLE), key


def test_measured_hours_and_counted_days_reach_the_files(space: Workspace, folder: Path) -> None:
    """720 kg of NOx an hour as NO2 mass, 24 local hours; the file of 10 July (UTC) holds 16 of them."""
    times = np.datetime64("2013-07-10T00", "ns") + np.arange(16) * np.timedelta64(1, "h")
    stacks = xr.open_dataset(folder / "POWER/STK_EMIS_POWER_20130710.nc", engine="ioapi").sel(time=times)
    moles = float((stacks["NO"] + stacks["NO2"] + stacks.get("HONO", 0.0)).sum()) * 3600.0
    assert moles * 46.0055 == pytest.approx(16 * 720e3, rel=1e-5)
    usual = space.typical_streams.zone_emissions(times).sel(species="CO").sum()
    halved = space.streams.zone_emissions(times).sel(species="CO").sum()
    assert float(halved) < 0.7 * float(usual)  # half of the traffic, all of the boilers


def test_stacks_are_listed_with_the_reason_of_the_others(folder: Path) -> None:
    report = table(folder, "inline_points").set_index("source_id")
    assert bool(report.loc["plant", "inline"])
    assert "stack_height_m" in report.loc["low", "why"]


def test_surrogates_gather_where_the_weights_are(space: Workspace) -> None:
    placed = space.streams.placement.report.set_index(["district", "surrogate"])
    assert placed.loc[("990101", "roads"), "used"] == "roads"
    assert placed.loc[("990101", "roads"), "why"] == "towns in place of roads"
    row = list(space.inventory.sources.index).index("990101:onroad_gasoline")
    cells = space.streams.placement.per_source()[[row]]
    assert cells.nnz <= 2
    assert cells.max() == pytest.approx(0.75)


def test_what_was_given_but_matched_nothing_is_listed(folder: Path) -> None:
    unmatched = table(folder, "report/unmatched")
    assert set(unmatched["name"]) >= {"cropland", "cement PM25", "mine", "MINE"}
    found = emission_summary.summary(folder)
    assert len(found["unmatched"]) == len(unmatched)
    assert found["files"]["streams"] == {"city": 4, "region": 1, "natural": 2}
    assert found["files"]["stacks"] == ["POWER"]


def test_summary_is_a_document_and_can_be_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = emission_summary.summary(folder)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["mass_t"]["ONROAD"]["NOx"] == pytest.approx(9000.0)
    emission_summary.show(found, 2013)
    shown = capsys.readouterr().out
    for expected in (
        "Emissions of 2013 (t/a)",
        "Ledger: inventory ->",
        "replaced by the city",
        "streams.csv",
        "cropland",
    ):
        assert expected in shown, expected


def test_region_and_city_are_compared_inside_the_city(folder: Path) -> None:
    compared = table(folder, "region_comparison").set_index(["district", "pollutant"])
    assert compared.loc[("990101", "NOx"), "city_t"] == pytest.approx(6000 + 900 + 8000, rel=0.2)
    assert (compared["region_t"] > 0.0).all()
    assert table(folder, "region_totals")["mass_t"].sum() == pytest.approx(110.0 * 240)


def test_natural_streams_are_in_the_report(folder: Path) -> None:
    natural = table(folder, "report/natural")
    assert natural.loc[natural["compound"] == "isoprene", "mass_t"].sum() > 0.0
    assert set(natural["date"]) == {"2013-07-10"}


def test_stamp_says_what_was_followed(space: Workspace) -> None:
    stamped = emissions.inputs(space)
    assert {"area.csv", "points.csv", "towns.csv", "fields.csv", "cems.csv", "METCRO2D", "holidays"} <= set(stamped)
    assert stamped["timezone"] == "Asia/Shanghai"


def test_box_model_gets_cb6_and_usual_hours(space: Workspace) -> None:
    assert space.typical_streams.dynamics is None
    assert space.typical_streams.species == space.streams.species


# --- other choices -------------------------------------------------------------------------------------------------


@pytest.fixture
def city(tmp_path: Path) -> Path:
    shutil.copytree(TINY, tmp_path / "tiny")
    return tmp_path / "tiny"


def test_other_mechanism_leaves_the_box_model_its_own(city: Path) -> None:
    changed(city, mechanism=("dates =", 'mechanism = "saprc07tic_ae7i"\ndates ='))
    space = Workspace(Options(city, city / "work"))
    assert "ARO1" in space.streams.species
    assert "PAR" in space.typical_streams.species


def test_flat_files_join_the_own_tables(city: Path) -> None:
    rows = "#FORMAT=FF10_NONPOINT\nUS,990102,,,,2102,,NOX,100\nUS,990102,,,,2102,,LEAD,1\n"
    (city / "nonpoint.csv").write_text(rows, encoding="utf-8")
    (city / "scc.csv").write_text("scc,source_class\n21*,boiler_gas\n", encoding="utf-8")
    changed(
        city,
        ff10=(
            "[emissions]",
            '[inventory.ff10]\nfiles = ["nonpoint.csv"]\nclasses = "scc.csv"\nunit = "t"\n\n[emissions]',
        ),
    )
    space = Workspace(Options(city, city / "work"))
    assert float(space.inventory.mass.sel(pollutant="NOx").sum()) == pytest.approx(9900 + 100)
    unused = emission_inputs.unused_rows(space.city, space.flat_files)
    assert unused[["file", "code"]].to_numpy().tolist() == [["nonpoint.csv", "LEAD"]]


def test_years_without_published_holidays(city: Path) -> None:
    changed(city, date=("dates = [2013-07-10]", "dates = [2031-07-10]"))
    with pytest.raises(InputError, match="2031"):
        emissions.act(Workspace(Options(city, city / "work")))
    assert not (city / "work/emissions").exists()
    changed(city, none=("figures", 'unpublished_holidays = "none"\nfigures'))
    emissions.act(Workspace(Options(city, city / "work")))
    assert (city / "work/emissions/ONROAD/emis_ONROAD_20310710.nc").is_file()


def test_coordinates_in_gcj02_move_back(city: Path) -> None:
    (city / "points.csv").write_text(POINTS, encoding="utf-8")
    changed(city, points=('area = "area.csv"', 'area = "area.csv"\npoints = "points.csv"\ndatum = "gcj02"'))
    lon = Workspace(Options(city, city / "work")).inventory.sources.loc["plant", "lon"]
    assert 0.003 < 116.1 - lon < 0.009  # 300 to 600 m


@pytest.mark.parametrize(("old", "new", "expected"), [
    ("figures = false", "layers = 8", "levels_from"),
    ("figures = false", 'natural = "megan"', "emissions.megan"),
    ("figures = false", 'natural = "meagn"', "'none', 'megan' or 'inline'"),
    ("figures = false", 'levels_from = "met.nc"', "the file met.nc does not exist"),
    ("figures = false", "inline_point = true", "did you mean inline_points?"),
    ('area = "area.csv"', "", "no table: give area, points"),
    ('area = "area.csv"', 'area = "area.csv"\ndatum = "gcj"', "'wgs84', 'gcj02' or 'bd09'"),
    ("[scenarios]", '[regional]\nkind = "cf"\nfolder = "."\n[scenarios]', "cf needs fields"),
    ("[scenarios]", '[regional]\nkind = "meic"\nfolder = "meic2020"\n[scenarios]', "the file meic2020 does not exist"),
    ("[scenarios]", '[dynamics]\nhourly = ["cems.csv"]\n[scenarios]', "the file cems.csv does not exist"),
    ("[scenarios]", '[profiles]\nvco = "x.csv"\n[scenarios]', "did you mean voc?"),
])  # fmt: skip
def test_each_wrong_word_of_the_city_file_is_named(city: Path, old: str, new: str, expected: str) -> None:
    changed(city, change=(old, new))
    with pytest.raises(InputError) as caught:
        read_city(city)
    assert expected in str(caught.value)


def test_faults_of_all_emission_tables_come_together(city: Path) -> None:
    tables(city)
    (city / "cems.csv").write_text("source_id,time,NOx (t/a)\nplant,2013-07-10 08:30,1\n", encoding="utf-8")
    (city / "traffic.csv").write_text("date,sector,factor\n2013-07-10,ONROAD,-1\n", encoding="utf-8")
    (city / "assignment.csv").write_text("source_class,pollutant,profile\ncement,PM25,none\n", encoding="utf-8")
    (city / "towns.csv").write_text("lon,lat,value\n116.1,400,3\n", encoding="utf-8")
    changed(city, more=("[scenarios]", MORE.replace("cropland", "croplandd") + "\n[scenarios]"))
    with pytest.raises(InputError) as caught:
        Workspace(Options(city, city / "work")).check()
    text = str(caught.value)
    for expected in (
        "is no rate of an hour",
        "negative value -1",
        "assignment.csv:2",
        "towns.csv:2:lat",
        "did you mean cropland",
    ):
        assert expected in text, expected


def test_region_that_cannot_be_read_stops_before_anything_is_written(city: Path) -> None:
    tables(city)
    (city / "fields.csv").write_text(FIELDS.replace("so2,SO2", "so3,SO2"), encoding="utf-8")
    changed(
        city,
        more=("[scenarios]", MORE + "\n[scenarios]"),
        points=('area = "area.csv"', 'area = "area.csv"\npoints = "points.csv"'),
    )
    with pytest.raises(InputError, match="so3"):
        emissions.act(Workspace(Options(city, city / "work")))
    assert not (city / "work/emissions").exists()
