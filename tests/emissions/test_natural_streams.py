"""Natural streams: land use to plants, soil nitric oxide, hand-worked cells, real MCIP files, bad input."""

from pathlib import Path

import netCDF4
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from aqcore.districts import District, Districts
from aqcore.errors import InputError
from aqcore.grid import Grid
from aqcore.ioapi_backend import grid_of
from aqcore.ioapi_write import write_ioapi
from aqcore.polygon import Polygon
from emissions.inventory import inventory_of
from emissions.mechanisms import mechanisms, species_of
from emissions.natural import megan
from emissions.natural.met import NaturalMet, read_land_use, read_natural_met
from emissions.natural.plants import (
    LandUse,
    cover_by_zone,
    land_use_categories,
    megan_compounds,
    natural_species,
    plant_cover,
    plant_types,
)
from emissions.natural.settings import NaturalSettings, natural_choice
from emissions.natural.soil_no import (
    base_emission,
    canopy_factor,
    pulse_factor,
    soil_no,
    soil_temperature,
    temperature_factor,
)
from emissions.natural.streams import NaturalStreams, build_natural, past_mean
from emissions.report import emission_report
from emissions.streams import build_streams

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
MCIP = SHARED / "mcip_openmethane"
GUANGDONG = SHARED / "mcip_guangdong" / "GRIDCRO2D_2000121_GuangDongD1"
needs_mcip = pytest.mark.skipif(not MCIP.is_dir(), reason="needs the MCIP files of the shared folder")

SINGLE = 2e-6  # files and fields hold single precision
ROUNDED = 1e-3  # factors from memory of three digits
NO_GRAM_N = 14.007

GRID = Grid.covering("TINY", 116.0, 116.2, 39.8, 40.0, 9000.0)
TIMES = np.datetime64("2020-07-15T00", "h") + np.arange(25)


def weather(grid: Grid = GRID, times: np.ndarray = TIMES, **changes: np.ndarray | float) -> NaturalMet:
    """Return a synthetic summer day, the same in all cells."""
    hour = (times.astype("datetime64[h]").astype(np.int64) + 8) % 24
    shape = (len(times), *grid.shape)
    sun = np.maximum(np.sin(np.pi * (hour - 5.0) / 14.0), 0.0) * ((hour > 5) & (hour < 19))
    values = {
        "temperature": 299.0 + 5.0 * np.cos(2 * np.pi * (hour - 15) / 24), "radiation": 850.0 * sun,
        "leaf_area": np.full(hour.shape, 3.0), "soil_temperature": np.full(hour.shape, 298.15),
        "wetness": np.full(hour.shape, 0.5),
    }  # fmt: skip
    fields = {name: np.broadcast_to(np.asarray(value)[:, None, None], shape).copy() for name, value in values.items()}
    fields |= {name: np.broadcast_to(value, shape).copy() for name, value in changes.items()}
    return NaturalMet(grid, times.astype("datetime64[ns]"), **fields)


def streams(cover: dict[str, float], met: NaturalMet | None = None, **options: object) -> NaturalStreams:
    met = met or weather()
    whole = np.broadcast_to(cover_by_zone(cover), (len(plant_types()), *met.grid.shape))
    return NaturalStreams(met.grid, met, whole, **options)


# --- plants --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("classification", ["MODIS NOAH", "USGS24"])
@pytest.mark.parametrize("latitude", [10.0, -10.0, 40.0, 60.0])
def test_no_category_covers_more_than_the_ground(classification: str, latitude: float) -> None:
    names = land_use_categories()[classification]
    shares = np.eye(len(names))[:, :, None]
    cover = plant_cover(LandUse(classification, names, shares, np.full((len(names), 1), latitude))).sum(axis=0)[:, 0]
    assert (cover <= 1.0).all()
    bare = {"Water", "Snow and Ice", "Snow or Ice"}
    assert [name for name, share in zip(names, cover, strict=True) if share == 0.0] == [n for n in names if n in bare]


def test_trees_of_the_zones() -> None:
    names = land_use_categories()["MODIS NOAH"]
    shares = np.zeros((len(names), 3, 1))
    shares[names.index("Deciduous Broadleaf Forest")] = 1.0
    cover = plant_cover(LandUse("MODIS NOAH", names, shares, np.array([[10.0], [40.0], [-60.0]])))
    types = list(plant_types().index)
    for row, kind in enumerate(("tropical", "temperate", "boreal")):
        assert cover[types.index(f"broad_deciduous_{kind}"), row, 0] == pytest.approx(0.8)


def test_a_city_is_a_third_green() -> None:
    names = land_use_categories()["MODIS NOAH"]
    shares = np.zeros((len(names), 1, 1))
    shares[names.index("Urban and Built-Up")] = 1.0
    assert plant_cover(LandUse("MODIS NOAH", names, shares, np.full((1, 1), 39.9))).sum() == pytest.approx(0.3)


def test_land_use_that_is_not_known_or_not_whole() -> None:
    one = np.ones((1, 1, 1))
    with pytest.raises(InputError, match="unknown classification 'USGS 24' -> did you mean USGS24"):
        LandUse("USGS 24", ("Urban Land",), one, one[0])
    with pytest.raises(InputError, match=r"unknown category 'Urban' .*Urban Land"):
        LandUse("USGS24", ("Urban",), one, one[0])
    with pytest.raises(InputError, match=r"cell row 0, column 0 sum to 0\.4000"):
        LandUse("USGS24", ("Urban Land",), 0.4 * one, one[0])
    with pytest.raises(InputError, match="sum to nan"):
        LandUse("USGS24", ("Urban Land",), np.nan * one, one[0])


def test_a_cover_in_figures() -> None:
    assert cover_by_zone({"crop": 0.5}).sum() == 0.5
    with pytest.raises(InputError) as caught:
        cover_by_zone({"crops": 0.5, "grass_c3": 1.5})
    assert [fault.where for fault in caught.value.faults] == [
        "plant cover:crops", "plant cover:grass_c3", "plant cover"
    ]  # fmt: skip


# --- soil ----------------------------------------------------------------------------------------------------------


def test_soil_factors_by_hand() -> None:
    assert soil_temperature(np.array(300.0)) == pytest.approx(0.72 * 300.0 + 82.28)
    warm = np.array(303.15)
    assert temperature_factor(warm, 1.0) == pytest.approx(1.0, abs=ROUNDED)
    assert temperature_factor(warm, 0.0) == pytest.approx(1.0 / 3.0)
    assert temperature_factor(np.array(283.15), 1.0) == pytest.approx(10.0 * 0.28 * np.exp(-3.09))
    assert temperature_factor(np.array(293.15), 1.0) == pytest.approx(np.exp(2.06 - 3.09))
    assert temperature_factor(np.array(293.15), 0.0) == pytest.approx(20.0 / 90.0)
    assert temperature_factor(np.array(320.0), 1.0) == temperature_factor(warm, 1.0)
    assert temperature_factor(np.array(260.0), 0.5) == 0.0


def test_canopy_lets_all_through_without_leaves() -> None:
    assert canopy_factor(0.0) == 1.0
    assert canopy_factor(3.0) == pytest.approx(0.5 * (np.exp(-0.72) + np.exp(-0.1575)))


@pytest.mark.parametrize(("rain", "days", "factor"), [
    (0.05, 0, 1.0), (0.2, 0, 11.19 * np.exp(-0.805)), (0.2, 1, 11.19 * np.exp(-1.61)), (0.2, 2, 1.0),
    (1.0, 3, 14.68 * np.exp(-0.384 * 4)), (1.0, 6, 1.0), (2.0, 0, 18.46 * np.exp(-0.208)), (2.0, 13, 1.0),
])  # fmt: skip
def test_pulse_after_rain(rain: float, days: float, factor: float) -> None:
    assert pulse_factor(np.array(rain), np.array(days)) == pytest.approx(factor)


def test_nitric_oxide_of_a_field() -> None:
    """0.57 ng N m-2 s-1 x exp(0.103 T): wet crops at 20 C without leaves, over a square kilometre."""
    cover = cover_by_zone({"crop": 1.0})
    flux = soil_no(cover, np.array(293.15), np.array(0.0), 1.0)
    assert flux.item() == pytest.approx(0.57e-9 * np.exp(0.103 * 20.0) / NO_GRAM_N)
    assert base_emission(cover_by_zone({})).item() == 0.0


# --- fields --------------------------------------------------------------------------------------------------------


def test_isoprene_of_a_forest_by_hand() -> None:
    """10000 ug m-2 h-1 of trees over half of a cell, times the activity, over 68.1 g/mol."""
    made = streams({"broad_deciduous_temperate": 0.5})
    field = made.sector("BIOGENIC", TIMES)["ISOP"]
    assert field.dims == ("time", "layer", "y", "x")
    assert field.dtype == np.float32
    activity = megan.activity(megan.plant_classes()["isoprene"], made.canopy(TIMES.astype("datetime64[ns]")))
    expected = activity * 0.5 * 10000.0e-6 / 3600.0 / 68.117 * GRID.cell_area()
    assert field.to_numpy()[:, 0] == pytest.approx(expected, rel=SINGLE)
    noon = int(field.sum(("layer", "y", "x")).argmax("time"))
    assert TIMES[noon].astype("datetime64[h]").item().hour in range(3, 7)  # 11 to 14 in Beijing


def test_soil_stream_by_hand() -> None:
    field = streams({"crop": 1.0}).sector("SOIL", TIMES)["NO"].to_numpy()[:, 0]
    flux = soil_no(cover_by_zone({"crop": 1.0}), np.array(298.15), np.array(3.0), 0.5).item()
    assert field == pytest.approx(np.broadcast_to(flux * GRID.cell_area(), field.shape), rel=SINGLE)


def test_emission_is_linear_in_the_cover() -> None:
    one, two = streams({"crop": 0.3, "shrub_evergreen": 0.1}), streams({"crop": 0.6, "shrub_evergreen": 0.2})
    for name in ("BIOGENIC", "SOIL"):
        a, b = one.sector(name, TIMES), two.sector(name, TIMES)
        for species in a.data_vars:
            assert b[species].to_numpy() == pytest.approx(2.0 * a[species].to_numpy(), rel=SINGLE)


def test_the_sea_emits_nothing() -> None:
    sea = streams({})
    for name in sea.sectors:
        assert float(abs(sea.sector(name, TIMES)).max().to_array().max()) == 0.0


@pytest.mark.parametrize("mechanism", list(mechanisms()))
def test_species_are_those_of_the_mechanism(mechanism: str) -> None:
    made = streams({"broad_deciduous_temperate": 0.5, "crop": 0.3}, mechanism=mechanism)
    fields = made.sector("BIOGENIC", TIMES[:2])
    assert set(fields.data_vars) <= set(species_of(mechanism))
    assert {"ISOP", "TERP", "MEOH"} <= set(fields.data_vars)
    known = set(natural_species(mechanism)["compound"])
    assert set(megan_compounds().index) - known == {"hydrogen cyanide", "other stress VOC", "other VOC"}


def test_carbon_is_kept_by_the_carbon_bond_species() -> None:
    carbon = {name: one.carbon_number for name, one in species_of("cb6r5_ae7").items()}
    own = {
        "isoprene": 5, "methylbutenol": 5, "methanol": 1, "acetone": 3, "acetaldehyde": 2, "ethanol": 2,
        "formaldehyde": 1, "formic acid": 1, "acetic acid": 2, "ethene": 2, "toluene": 7, "propene": 3, "butene": 4,
    }  # fmt: skip
    for compound, rows in natural_species().groupby("compound"):
        atoms = sum(carbon[name] * moles for name, moles in zip(rows["species"], rows["moles"], strict=True))
        kind = str(megan_compounds().loc[compound, "plant_class"])
        terpene = 10 if kind.startswith("mono") else 15
        assert atoms == own.get(str(compound), terpene), compound


def test_day_totals_are_the_integral_of_the_fields() -> None:
    made = streams({"broad_deciduous_temperate": 0.5, "crop": 0.3})
    totals = made.day_totals("2020-07-15").set_index("compound")
    rates = made.sector("BIOGENIC", TIMES)["ISOP"].sum(("layer", "y", "x")).to_numpy().astype(float)
    assert totals.loc["isoprene", "mass_t"] == pytest.approx(np.trapezoid(rates) * 3600.0 * 68.117e-6, rel=SINGLE)
    soil = made.sector("SOIL", TIMES)["NO"].sum(("layer", "y", "x")).to_numpy().astype(float)
    assert totals.loc["nitric oxide", "mass_t"] == pytest.approx(np.trapezoid(soil) * 3600.0 * 46.0055e-6, rel=SINGLE)
    assert not totals.loc["hydrogen cyanide", "in_mechanism"]


def test_leaves_count_only_where_plants_grow() -> None:
    """An index of the whole cell is that of its plants divided by their cover, and never more than a full canopy."""
    cell = NaturalSettings(leaf_area_of="cell")
    met = weather(leaf_area=1.0)
    assert streams({"crop": 0.5}, met, settings=cell).leaf_area == pytest.approx(np.full(met.leaf_area.shape, 2.0))
    assert streams({"crop": 0.1}, met, settings=cell).leaf_area.max() == megan.LARGEST_LAI
    assert streams({"crop": 0.5}, met).leaf_area.max() == 1.0


def test_young_leaves_emit_less_isoprene_and_more_methanol() -> None:
    spring = NaturalSettings(leaf_area_before=1.0, leaf_interval_days=30.0)
    young, old = (streams({"broad_deciduous_temperate": 0.5}, settings=s) for s in (spring, NaturalSettings()))
    a, b = (one.day_totals("2020-07-15").set_index("compound")["mass_t"] for one in (young, old))
    assert a["isoprene"] < b["isoprene"]
    assert a["methanol"] > b["methanol"]


def test_past_mean_by_hand() -> None:
    values = np.arange(6.0)[:, None]
    assert past_mean(values, 2)[:, 0].tolist() == [0.5, 0.5, 0.5, 1.5, 2.5, 3.5]
    assert past_mean(values, 6)[:, 0].tolist() == [2.5] * 6
    assert past_mean(values, 100)[:, 0].tolist() == [2.5] * 6


# --- files ---------------------------------------------------------------------------------------------------------


def test_files_have_25_steps_and_hold_the_fields(tmp_path: Path) -> None:
    made, seen = streams({"broad_deciduous_temperate": 0.5}), []
    paths = made.write(tmp_path, "2020-07-15", progress=lambda done, whole: seen.append((done, whole)))
    assert [path.relative_to(tmp_path).as_posix() for path in paths] == [
        "BIOGENIC/emis_BIOGENIC_20200715.nc", "SOIL/emis_SOIL_20200715.nc"
    ]  # fmt: skip
    assert seen == [(0, 2), (1, 2), (2, 2)]
    with netCDF4.Dataset(paths[0]) as file:
        assert len(file.dimensions["TSTEP"]) == 25
        assert file["ISOP"].units == "moles/s".ljust(16)
        expected = made.sector("BIOGENIC", TIMES)["ISOP"].to_numpy()
        assert np.array_equal(file["ISOP"][:], expected)


def test_hours_without_met_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no met for 24 hours, the first is 2020-07-16T01"):
        streams({"crop": 1.0}).write(tmp_path, "2020-07-16")
    with pytest.raises(InputError, match="no natural stream 'BIOGENICS' -> did you mean BIOGENIC"):
        streams({"crop": 1.0}).sector("BIOGENICS", TIMES)


def write_met(path: Path, grid: Grid = GRID, *, drop: str = "", first: str = "2020-07-15T00", lai: bool = True) -> Path:
    met = weather(grid)
    values = {"TEMP2": met.temperature, "RGRND": met.radiation, "SOIT1": met.soil_temperature}
    values |= {"LAI": met.leaf_area} if lai else {}
    names = [name for name in values if name != drop]
    data = {
        name: (("time", "layer", "y", "x"), values[name][:, None].astype(np.float32), {"units": "K"}) for name in names
    }
    dataset = xr.Dataset(data)
    write_ioapi(path, dataset, grid, start=np.datetime64(first), step_seconds=3600, description="synthetic")
    return path


def write_land(path: Path, grid: Grid = GRID, *, classification: str = "MODIS NOAH", lufrac: bool = True) -> Path:
    forest = np.ones((1, *grid.shape), np.float32)
    description = (
        f"{classification}: Deciduous Broadleaf Forest"
        if lufrac
        else f"dominant category from classification {classification}"
    )
    name, value = ("LUFRAC_04", forest) if lufrac else ("DLUSE", 4.0 * forest)
    dataset = xr.Dataset({name: (("layer", "y", "x"), value, {"units": "1", "var_desc": description})})
    write_ioapi(path, dataset, grid, start=np.datetime64("2020-07-15"), step_seconds=0, description="synthetic")
    return path


def test_from_files_to_streams(tmp_path: Path) -> None:
    days = [write_met(tmp_path / "a.nc"), write_met(tmp_path / "b.nc", first="2020-07-16T00")]
    land = write_land(tmp_path / "land.nc")
    made = build_natural("megan", GRID, metcro2d=days, gridcro2d=land)
    assert made is not None
    assert len(made.met.times) == 49
    assert made.met.assumed == ("soil wetness 0.5",)
    assert made.cover.sum(axis=0) == pytest.approx(np.full(GRID.shape, 0.9))
    by_dominant = read_land_use(write_land(tmp_path / "dominant.nc", lufrac=False))
    assert plant_cover(by_dominant) == pytest.approx(made.cover)


@pytest.mark.parametrize("choice", ["inline", "none"])
def test_switched_off(choice: str) -> None:
    assert build_natural(choice, GRID) is None


def test_an_unknown_switch() -> None:
    with pytest.raises(InputError, match="unknown choice 'megan3' -> did you mean megan"):
        natural_choice("megan3")


def test_broken_met(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"TEMP2: variable is missing"):
        read_natural_met([write_met(tmp_path / "a.nc", drop="TEMP2")])
    with pytest.raises(InputError, match=r"LAI: variable is missing -> state the leaf area index"):
        read_natural_met([write_met(tmp_path / "b.nc", lai=False)])
    assert "leaf area index 2" in read_natural_met([tmp_path / "b.nc"], leaf_area=2.0).assumed
    with pytest.raises(InputError, match=r"no such file"):
        read_natural_met([tmp_path / "none.nc"])
    with pytest.raises(InputError, match=r"no METCRO2D file"):
        read_natural_met([])
    gap = [write_met(tmp_path / "c.nc"), write_met(tmp_path / "d.nc", first="2020-07-17T00")]
    with pytest.raises(InputError, match=r"the hours after 2020-07-16T00:00:00.* are missing"):
        read_natural_met(gap)
    other = Grid.covering("OTHER", 117.0, 117.2, 39.8, 40.0, 9000.0)
    with pytest.raises(InputError, match="another grid than the first file"):
        read_natural_met([write_met(tmp_path / "e.nc"), write_met(tmp_path / "f.nc", other)])


def test_broken_land_use(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown classification 'MODIS'"):
        read_land_use(write_land(tmp_path / "a.nc", classification="MODIS"))
    with pytest.raises(InputError, match="no known classification in 'dominant category from classification IGBP'"):
        read_land_use(write_land(tmp_path / "b.nc", classification="IGBP", lufrac=False))
    with pytest.raises(InputError, match="neither LUFRAC_01 nor DLUSE"):
        read_land_use(write_met(tmp_path / "c.nc"))
    with pytest.raises(InputError, match="megan needs the land use"):
        build_natural("megan", GRID, metcro2d=[write_met(tmp_path / "d.nc")])


def test_met_of_another_grid() -> None:
    other = Grid.covering("OTHER", 117.0, 117.2, 39.8, 40.0, 9000.0)
    with pytest.raises(InputError, match="another grid than that of the emissions"):
        NaturalStreams(other, weather(), np.zeros((len(plant_types()), *GRID.shape)))


def test_settings_are_checked() -> None:
    with pytest.raises(InputError) as caught:
        NaturalSettings(co2_ppm=0.0, leaf_area_of="leaf", leaf_interval_days=-1.0)
    assert [fault.where for fault in caught.value.faults] == [
        "natural.co2_ppm", "natural.leaf_area_of", "natural.leaf_interval_days"
    ]  # fmt: skip


def test_natural_sources_stand_in_the_report() -> None:
    ring = np.array([[115.9, 39.7], [116.3, 39.7], [116.3, 40.1], [115.9, 40.1], [115.9, 39.7]])
    districts = Districts((District("110101", "东城区", (Polygon(ring),)),), "synthetic")
    city = build_streams(inventory_of([{"district": "110101", "source_class": "cement", "NOx": 1.0}]), districts, GRID)
    made = streams({"broad_deciduous_temperate": 0.5, "crop": 0.3})
    report = emission_report(city, districts, year=2020, natural=made, natural_dates=["2020-07-15"])
    table = report["natural"]
    assert set(table["date"]) == {"2020-07-15"}
    assert table["mass_t"].sum() == pytest.approx(made.day_totals("2020-07-15")["mass_t"].sum())


# --- real MCIP files -----------------------------------------------------------------------------------------------


@needs_mcip
def test_a_real_day_of_australia(tmp_path: Path) -> None:
    """Savanna in December: isoprene of 0.5 to 5 mg m-2 h-1, highest about noon; soil NO of 0.5 to 10 ng N m-2 s-1."""
    met = MCIP / "METCRO2D_au-test_v1"
    with xr.open_dataset(met, engine="ioapi") as dataset:
        grid = grid_of(dataset)
    made = build_natural("megan", grid, metcro2d=[met], gridcro2d=MCIP / "GRIDCRO2D_au-test_v1")
    assert made is not None
    assert made.met.assumed == ()
    paths = made.write(tmp_path, "2022-12-07")
    totals: pd.DataFrame = made.day_totals("2022-12-07").set_index("compound")
    area = grid.cell_area().sum()
    isoprene = totals.loc["isoprene", "mass_t"] * 1e9 / 24.0 / area
    assert 0.5 < isoprene < 5.0
    nitric = totals.loc["nitric oxide", "mass_t"] * 1e15 / 46.0055 * NO_GRAM_N / 86400.0 / area
    assert 0.5 < nitric < 10.0
    with xr.open_dataset(paths[0], engine="ioapi") as dataset:
        rates = dataset["ISOP"].sum(("layer", "y", "x")).to_numpy()
    assert int(rates.argmax()) in (2, 3)  # solar noon at 148 E is 02 UTC
    assert rates[10:20].max() == 0.0


@pytest.mark.skipif(not GUANGDONG.is_file(), reason="needs the GRIDCRO2D file of the shared folder")
def test_real_land_use_of_china() -> None:
    land = read_land_use(GUANGDONG)
    assert land.classification == "MODIS NOAH"
    cover = plant_cover(land)
    assert ((cover.sum(axis=0) >= 0.0) & (cover.sum(axis=0) <= 1.0)).all()
    types = list(plant_types().index)
    assert cover[types.index("crop")].max() > 0.85
    assert cover[types.index("broad_evergreen_tropical")].max() > 0.5  # south of the tropic
