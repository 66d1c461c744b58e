"""Streams of a gridded inventory: months, mass, species by hand, the mask of a city, a whole China that closes."""

import dataclasses

import netCDF4
import numpy as np
import pandas as pd
import pytest
import synthetic_meic as meic
import xarray as xr

import emissions.regional_streams
from aqcore.calendar import to_local, utc_steps
from aqcore.districts import District, Districts
from aqcore.errors import InputError, RunFailed
from aqcore.grid import Grid
from aqcore.polygon import Polygon
from emissions.accounting import OUTSIDE_DOMAIN
from emissions.dynamics import Dynamics
from emissions.gridded import MONTHS, MonthLayer, gridded_inventory
from emissions.inventory import inventory_of
from emissions.meic_reader import SECTORS, read_meic
from emissions.regional_build import build_regional_streams, merge
from emissions.regional_ledger import REGION, REPLACED
from emissions.source_cells import LonLatCells
from emissions.source_classes import source_classes
from emissions.speciation import build_speciation
from emissions.streams import build_streams

SAME = 1e-10
"""Relative: sums of thousands of double-precision products."""

SINGLE = 1e-6
"""Relative: sums of float32 cells, each rounded to 6e-8; the law of the ledger too."""

NO2_G_PER_MOL = 46.0055
"""Molar mass of NO2, g mol-1 (N 14.0067, O 15.9994)."""

SECONDS_PER_HOUR = 3600.0

WEST, EAST = "110101", "110102"

EDGES = LonLatCells(np.arange(115.0, 118.01, 0.25), np.arange(39.0, 41.01, 0.25))


def box(west, south, east, north):
    ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return (Polygon(np.array(ring, dtype=float)),)


def two_districts():
    return Districts(
        (District(WEST, "西区", box(116.0, 39.8, 116.4, 40.2)), District(EAST, "东区", box(116.4, 39.8, 116.8, 40.2))),
        "synthetic",
    )


def wide_grid():
    """Holds all cells of the inventory."""
    return Grid.covering("W15", 115.0, 118.0, 39.0, 41.0, 15000.0)


def narrow_grid():
    return Grid.covering("N09", 115.6, 117.2, 39.4, 40.6, 9000.0)


MASS = {"NOx": 8.0, "SO2": 3.0, "VOC": 9.0, "CO": 40.0, "PM10": 5.0, "PM25": 3.0, "BC": 0.4, "OC": 0.5, "CO2": 700.0}


def regional(**kinds):
    """Synthetic: two classes, months that differ in pattern and mass."""
    rng = np.random.default_rng(3)
    count = EDGES.shape[0] * EDGES.shape[1]
    layers = []
    for source_class in ("meic_industry", "meic_residential"):
        for month in MONTHS:
            pattern = rng.uniform(0.0, 1.0, count) * month
            for name, mass in MASS.items():
                layers.append(MonthLayer(source_class, name, month, mass * pattern, 0.0, "synthetic"))
    layers += [MonthLayer("meic_agriculture", "NH3", 0, np.ones(count), 0.0, "synthetic")]
    return gridded_inventory("synthetic", 2020, EDGES, layers, **kinds)


@pytest.fixture(scope="module")
def inventory():
    return regional()


@pytest.fixture(scope="module")
def whole(inventory):
    return build_regional_streams(inventory, wide_grid())


@pytest.fixture(scope="module")
def city():
    rows = [
        {"district": WEST, "source_class": "onroad_gasoline", "NOx": 1200.0, "VOC": 900.0},
        {"district": EAST, "source_class": "cement", "NOx": 300.0, "PM10": 90.0, "PM25": 50.0},
    ]
    return build_streams(inventory_of(rows), two_districts(), narrow_grid())


@pytest.fixture(scope="module")
def merged(city, inventory):
    return merge(city, inventory)


def hours_of_month(year, month):
    """UTC hours of a month of Beijing."""
    start = np.datetime64(f"{year}-{month:02d}-01T00", "h")
    stop = np.datetime64(f"{year + month // 12}-{month % 12 + 1:02d}-01T00", "h")
    return np.arange(start, stop) - np.timedelta64(8, "h")


def amount(streams, sector, species, times):
    field = streams._field(sector, times, streams._aligned(None))
    number = field.species.index(species)
    return float((field.maps[:, number].sum(axis=(1, 2), dtype=np.float64) @ field.rates).sum() * SECONDS_PER_HOUR)


# ------------------------------------------------------------------------------------------- months


@pytest.mark.parametrize(("year", "month"), [(2020, 1), (2020, 2), (2021, 2), (2020, 4), (2024, 12)])
def test_a_month_emits_exactly_its_month(whole, inventory, year, month):
    # a peer spreads a month by weeks of a quarter: its month of 31 days emits 111 %
    stated = inventory.total(["source_class", "pollutant", "month"]).set_index(["source_class", "pollutant", "month"])
    tonnes = stated.mass_t["meic_industry", "SO2", month]
    moles = amount(whole, "INDUSTRY", "SO2", hours_of_month(year, month))
    assert moles == pytest.approx(tonnes * 1e6 / 64.0638, rel=SINGLE)


def test_months_begin_at_midnight_in_beijing(whole):
    times = utc_steps("2020-01-31")
    local = to_local(times, "Asia/Shanghai").astype("datetime64[M]").astype(int) % 12 + 1
    parts = whole._parts("INDUSTRY", times)
    shares = whole._shares(times, parts)
    assert [month for _, month in parts] == [1, 2]
    assert ((shares[0] > 0) == (local == 1)).all()
    assert ((shares[1] > 0) == (local == 2)).all()
    assert local.tolist().index(2) == 16


def test_a_class_by_year_follows_the_months_of_its_profile(whole):
    parts = whole._parts("AGRICULTURE", utc_steps("2020-01-31"))
    assert [month for _, month in parts] == [0]
    by_month = [amount(whole, "AGRICULTURE", "NH3", hours_of_month(2020, month)) for month in MONTHS]
    assert sum(by_month) == pytest.approx(EDGES.shape[0] * EDGES.shape[1] * 1e6 / 17.0305, rel=SINGLE)
    assert max(by_month) > 1.5 * min(by_month)


# ------------------------------------------------------------------------------------------- species


def test_nox_moles_come_from_no2_mass(whole, inventory):
    tonnes = inventory.total().set_index(["source_class", "pollutant"]).mass_t["meic_industry", "NOx"]
    names = whole._field("INDUSTRY", utc_steps("2020-01-01"), whole._aligned(None)).species
    assert {"NO", "NO2"} <= set(names)
    moles = sum(
        amount(whole, "INDUSTRY", name, hours_of_month(2020, month))
        for name in {"NO", "NO2", "HONO"} & set(names)
        for month in MONTHS
    )
    assert moles == pytest.approx(tonnes * 1e6 / NO2_G_PER_MOL, rel=1e-5)


def test_fine_particles_sum_to_pm25_and_coarse_to_the_rest(whole, inventory):
    stated = inventory.total(["source_class", "pollutant", "month"]).set_index(["source_class", "pollutant", "month"])
    times = hours_of_month(2020, 5)
    pm25, pm10, bc, oc = (stated.mass_t["meic_residential", name, 5] for name in ("PM25", "PM10", "BC", "OC"))
    fine = [name for name in whole.species if name.startswith("P") and whole.units[whole.species.index(name)] == "g/s"]
    fine = [name for name in fine if name != "PMC" and name in whole._field("RESIDENTIAL", times[:1],
                                                                           whole._aligned(None)).species]  # fmt: skip
    grams = {name: amount(whole, "RESIDENTIAL", name, times) for name in (*fine, "PMC")}
    assert sum(grams[name] for name in fine) == pytest.approx(pm25 * 1e6, rel=SINGLE)
    assert grams["PMC"] == pytest.approx((pm10 - pm25) * 1e6, rel=SINGLE)
    assert grams["PEC"] == pytest.approx(bc * 1e6, rel=SINGLE)
    assert grams["POC"] == pytest.approx(oc * 1e6, rel=SINGLE)


def test_the_response_equals_the_speciation_of_a_city_with_the_same_mass(whole):
    row = {"district": WEST, "source_class": "meic_industry", "kind": "area"} | {k: 2.0 * v for k, v in MASS.items()}
    expected = build_speciation().species(inventory_of([row])).to_numpy()[0]
    number = whole.response.classes.index("meic_industry")
    mass = np.array([[2.0 * MASS.get(name, 0.0)] for name in whole.response.pollutants])
    assert whole.response.species_amounts(number, mass)[:, 0] == pytest.approx(expected, rel=SAME, abs=1e-6)


def test_organic_matter_is_cut_where_pm25_cannot_hold_it(whole):
    number = whole.response.classes.index("meic_residential")
    ratio = whole.response.matter_per_carbon[number]
    values = {"PM10": 10.0, "PM25": 10.0, "BC": 4.0, "OC": 5.5}
    mass = np.array([[values.get(name, 0.0)] for name in whole.response.pollutants])
    assert 4.0 + 5.5 * ratio > 10.0
    grams = dict(zip(whole.species, whole.response.species_amounts(number, mass)[:, 0], strict=True))
    assert grams["PEC"] == pytest.approx(4.0e6, rel=SAME)
    assert grams["POC"] == pytest.approx(5.5e6, rel=SAME)
    assert grams["PNCOM"] == pytest.approx(0.5e6, rel=SAME)
    assert sum(value for name, value in grams.items() if name.startswith("P") and name not in ("PAR", "PRPA")
               ) == pytest.approx(10.0e6, rel=SAME)  # fmt: skip


def test_stated_species_become_moles_of_ours_and_their_mass_leaves_no_trace():
    count = EDGES.shape[0] * EDGES.shape[1]
    names = {"CB05_PAR": 5.0, "CB05_XYL": 2.0, "CB05_UNR": 1.0}
    layers = [MonthLayer("meic_industry", name, m, np.full(count, v), 0.0, "x") for name, v in names.items()
              for m in MONTHS]  # fmt: skip
    streams = build_regional_streams(gridded_inventory("synthetic", 2020, EDGES, layers), wide_grid())
    times = hours_of_month(2020, 3)
    assert amount(streams, "INDUSTRY", "PAR", times) == pytest.approx(5.0e6 * count, rel=SINGLE)
    assert amount(streams, "INDUSTRY", "XYLMN", times) == pytest.approx(2.0e6 * count, rel=SINGLE)
    assert streams._field("INDUSTRY", times[:1], streams._aligned(None)).species == ("PAR", "XYLMN")
    fates = streams.ledger.frame().query("step == 'speciation'").groupby("fate").mass_t.sum()
    assert fates["NO_MODEL_SPECIES"] == pytest.approx(12.0 * count, rel=SAME)


# ---------------------------------------------------------------------------------------- mass and mask


def test_the_ledger_closes_and_books_what_lies_outside(inventory, whole):
    whole.ledger.check(tolerance=SAME)
    assert OUTSIDE_DOMAIN not in set(whole.ledger.frame().fate)
    streams = build_regional_streams(inventory, narrow_grid())
    streams.ledger.check(tolerance=SAME)
    placing = streams.ledger.frame().query("step == 'placing' and pollutant == 'NOx'")
    assert set(placing.district) == {REGION}
    outside = placing[placing.fate == OUTSIDE_DOMAIN].mass_t.sum()
    assert 0.3 < outside / placing.mass_t.sum() < 0.9


def test_inside_the_city_only_the_city_emits(merged, inventory):
    region = merged.region
    cover = merged.city.zone_cover.sum(axis=0)
    hour = np.array(["2020-05-15T04"], dtype="datetime64[h]")
    masked = region.sector("REG_INDUSTRY", hour)["NO"].isel(time=0, layer=0).to_numpy()
    free = build_regional_streams(inventory, narrow_grid()).sector("INDUSTRY", hour)["NO"].isel(time=0, layer=0)
    assert masked == pytest.approx(free.to_numpy() * (1.0 - cover), rel=SINGLE, abs=1e-12)
    assert (masked[cover > 1.0 - 1e-9] < 1e-9 * masked.max()).all()


def test_masked_mass_is_booked_and_compared_by_district(merged, inventory):
    merged.ledger.check(tolerance=SAME)
    frame = merged.ledger.frame().query("pollutant == 'SO2' and step == 'placing'")
    total = inventory.total(["pollutant"]).set_index("pollutant").mass_t["SO2"]
    assert frame.mass_t.sum() == pytest.approx(total, rel=SAME)
    replaced = frame[frame.fate == REPLACED].mass_t.sum()
    by_hand = (two_districts()[WEST].area_m2() + two_districts()[EAST].area_m2()) / EDGES.area_m2().sum()
    # synthetic patterns are even on average over some ten cells
    assert replaced / total == pytest.approx(by_hand, rel=0.2)
    table = merged.comparison().set_index(["district", "pollutant"])
    assert table.city_t[WEST, "NOx"] == 1200.0
    nox = merged.ledger.frame().query("pollutant == 'NOx' and step == 'placing'")
    assert table.region_t.xs("NOx", level="pollutant").sum() == pytest.approx(
        nox[nox.fate == REPLACED].mass_t.sum(), rel=SAME
    )
    assert table.ratio[WEST, "NOx"] == pytest.approx(1200.0 / table.region_t[WEST, "NOx"], rel=SAME)


def test_streams_of_both_stand_side_by_side(merged, tmp_path):
    assert merged.sectors == ("ONROAD", "INDUSTRY", "REG_INDUSTRY", "REG_RESIDENTIAL", "REG_AGRICULTURE")
    assert max(map(len, merged.sectors)) <= 16
    paths = merged.write(tmp_path, "2020-05-15")
    assert [path.parent.name for path in paths] == list(merged.sectors)
    merged.ledger.check()
    assert merged.ledger.steps[-1] == "files"
    assert set(merged.day_totals.sector) == set(merged.sectors)
    assert merged.sector("REG_INDUSTRY", utc_steps("2020-05-15"))["NO"].sum() > 0
    assert merged.sector("ONROAD", utc_steps("2020-05-15"))["NO"].sum() > 0
    assert merged.provenance["inventory"] == "synthetic"


def test_hour_24_is_the_next_days_hour_0_also_over_the_end_of_a_month(whole, tmp_path):
    for day in ("2020-02-28", "2020-02-29"):
        whole.write(tmp_path, day, sectors=["RESIDENTIAL"])
    with (
        netCDF4.Dataset(tmp_path / "RESIDENTIAL" / "emis_RESIDENTIAL_20200228.nc") as first,
        netCDF4.Dataset(tmp_path / "RESIDENTIAL" / "emis_RESIDENTIAL_20200229.nc") as second,
    ):
        assert (first["NO"][24] == second["NO"][0]).all()
        assert first["NO"][24].sum() > 0
        assert first["NO"].units == "moles/s".ljust(16)


def test_factors_on_classes_and_pollutants(whole):
    hour = np.array(["2020-05-15T04"], dtype="datetime64[h]")
    factors = xr.DataArray([[0.5]], {"source_class": ["meic_industry"], "pollutant": ["NOx"]},
                           ("source_class", "pollutant"))  # fmt: skip
    base, cut = whole.sector("INDUSTRY", hour), whole.sector("INDUSTRY", hour, factors)
    assert float(cut["NO"].sum()) == pytest.approx(0.5 * float(base["NO"].sum()), rel=SINGLE)
    assert float(cut["SO2"].sum()) == float(base["SO2"].sum())
    with pytest.raises(ValueError, match="unknown source_class"):
        whole.sector("INDUSTRY", hour, factors.assign_coords(source_class=["x"]))
    growing = xr.DataArray([2.0], {"pollutant": ["PM25"]}, ("pollutant",))
    with pytest.raises(InputError, match="a part keeps more mass than the whole"):
        whole.sector("INDUSTRY", hour, growing)["PMC"].to_numpy()
    with pytest.raises(InputError, match="negative or not finite"):
        whole.sector("INDUSTRY", hour, -growing)


def test_controlled_files_leave_the_ledger(whole, tmp_path):
    before = len(whole.ledger.entries)
    factors = xr.DataArray([0.5, 0.5], {"pollutant": ["NOx", "SO2"]}, ("pollutant",))
    whole.write(tmp_path, "2020-06-01", sectors=["INDUSTRY"], factors=factors)
    assert len(whole.ledger.entries) == before


def test_a_file_with_another_mass_is_withdrawn(whole, tmp_path, monkeypatch):
    real = emissions.regional_streams.write_field

    def lossy(path, sector, date, field, grid, layers):
        real(path, sector, date, dataclasses.replace(field, rates=0.99 * field.rates), grid, layers)

    monkeypatch.setattr(emissions.regional_streams, "write_field", lossy)
    with pytest.raises(RunFailed, match="the file of INDUSTRY 2020-06-01 does not hold its mass"):
        whole.write(tmp_path, "2020-06-01", sectors=["INDUSTRY"])
    assert not list(tmp_path.rglob("*.nc"))


# ------------------------------------------------------------------------------------------- refusals


def test_refusals(city, inventory, whole):
    with pytest.raises(InputError, match="did you mean INDUSTRY"):
        whole.sector("INDUSTRI", utc_steps("2020-05-15"))
    with pytest.raises(InputError, match="names of more than 16 characters: OUTSIDE_RESIDENTIAL"):
        merge(city, inventory, prefix="OUTSIDE_")
    mask = city.zone_mask()
    with pytest.raises(InputError, match="districts must not overlap"):
        build_regional_streams(inventory, narrow_grid(), mask=mask + 0.5)
    with pytest.raises(InputError, match="give \\(zone, y, x\\) on the grid"):
        build_regional_streams(inventory, wide_grid(), mask=mask)


def test_a_class_without_a_profile_of_what_it_emits_is_refused():
    layers = [MonthLayer("meic_agriculture", "VOC", 0, np.ones(96), 0.0, "x")]
    with pytest.raises(InputError, match="'meic_agriculture' has no VOC profile"):
        build_regional_streams(gridded_inventory("synthetic", 2020, EDGES, layers), wide_grid())


# --------------------------------------------------------------------------------------- a whole China


@pytest.mark.slow
def test_a_synthetic_meic_of_a_whole_china_closes_to_its_files(tmp_path):
    sums = meic.write_tree(tmp_path / "synthetic")
    inventory = read_meic(tmp_path / "synthetic")
    grid = Grid.covering("CN27", 73.0, 135.0, 18.0, 54.0, 27000.0)
    streams = build_regional_streams(inventory, grid)
    for day in ("2020-01-31", "2020-07-15"):
        streams.write(tmp_path / "out", day)
    streams.ledger.check()
    frame = streams.ledger.frame()
    frame["sector"] = frame.sector.str.lower()
    exits = frame[frame.fate != "kept"].groupby(["sector", "pollutant"]).mass_t.sum()
    files = frame[frame.step == "files"].groupby(["sector", "pollutant"]).mass_t.sum()
    for (name, pollutant), given in sums.items():
        key = source_classes()[SECTORS[name]].sector.lower(), pollutant
        held = files.get(key, 0.0) + exits.get(key, 0.0)
        assert held == pytest.approx(given, rel=SINGLE), key
    outside = frame[frame.fate == OUTSIDE_DOMAIN].groupby("pollutant").mass_t.sum()
    assert set(outside.index) == set(inventory.pollutants) - {"BC", "OC", "CO2"}, "these leave at speciation"
    assert (outside > 0.0).all()


def test_a_step_of_the_city_alone_leaves_the_region_as_it_is(city, inventory, tmp_path):
    """Measured hours change the city's year (step override); the region has no such step, yet the books close."""
    day = np.array(["2013-07-15"], dtype="datetime64[s]")
    daily = {"date": day, "sector": "ONROAD", "source_class": "", "district": "", "factor": 0.5, "place": "daily.csv:2"}
    dynamics = Dynamics.of(daily=pd.DataFrame(daily))
    known = build_streams(city.inventory, two_districts(), city.grid, dynamics=dynamics)
    both = merge(known, inventory)
    both.ledger.check()
    both.write(tmp_path, "2013-07-14")
    both.ledger.check()
    frame = both.ledger.frame()
    region = frame[(frame.district == REGION) & (frame.fate == "kept")].groupby("step").mass_t.sum()
    assert region["override"] == pytest.approx(region["layers"], rel=SAME)
    assert both.ledger.steps.index("override") == both.ledger.steps.index("layers") + 1
