"""Emission streams: mass from the inventory to the file, the clock, factors, zones, and what is refused."""

import dataclasses

import netCDF4
import numpy as np
import pytest
import xarray as xr

import emissions.streams
from aqcore.calendar import to_utc, utc_steps
from aqcore.districts import District, Districts
from aqcore.errors import InputError, RunFailed
from aqcore.grid import Grid
from aqcore.polygon import Polygon
from emissions.accounting import WrittenDay
from emissions.inventory import inventory_of
from emissions.layers import Layers, sigma_layers
from emissions.speciation import build_speciation
from emissions.streams import build_streams

SAME = 1e-12
"""Relative: sums of some hundred products in double precision."""

SINGLE = 1e-6
"""Relative: sums of float32 cells, each rounded to 6e-8."""

NO2_G_PER_MOL = 46.0055
"""Molar mass of NO2, g mol-1 (N 14.0067, O 15.9994)."""

SECONDS_PER_HOUR = 3600.0

WEST, EAST = "110101", "110102"


def box(west, south, east, north):
    ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return (Polygon(np.array(ring, dtype=float)),)


def two_districts():
    return Districts(
        (District(WEST, "西区", box(116.0, 39.8, 116.4, 40.2)), District(EAST, "东区", box(116.4, 39.8, 116.8, 40.2))),
        "synthetic",
    )


def whole_grid():
    return Grid.covering("T09", 116.0, 116.8, 39.8, 40.2, 9000.0)


def western_grid():
    """Ends in the middle of the eastern district."""
    grid = whole_grid()
    return grid.window("W09", 0, 0, grid.ncols - 4, grid.nrows)


ROWS = [
    {"district": WEST, "source_class": "onroad_gasoline", "NOx": 1200.0, "VOC": 900.0, "CO": 8000.0, "PM10": 50.0,
     "PM25": 40.0, "BC": 12.0, "OC": 10.0, "SO2": 5.0, "NH3": 20.0, "CO2": 4.0e5},
    {"district": EAST, "source_class": "onroad_gasoline", "NOx": 800.0, "VOC": 700.0, "CO": 6000.0, "PM10": 30.0,
     "PM25": 25.0},
    {"district": EAST, "source_class": "residential_coal", "SO2": 300.0, "NOx": 90.0, "VOC": 60.0, "PM10": 200.0,
     "PM25": 150.0, "BC": 30.0, "OC": 60.0},
    {"district": WEST, "source_class": "livestock", "NH3": 500.0},
    {"source_id": "plant", "kind": "point", "name": "示例电厂", "district": WEST, "source_class": "power_coal",
     "lon": 116.21, "lat": 40.01, "SO2": 400.0, "NOx": 1000.0, "PM10": 60.0, "PM25": 40.0},
    {"source_id": "kiln", "kind": "point", "name": "示例水泥厂", "district": EAST, "source_class": "cement",
     "lon": 116.75, "lat": 40.1, "SO2": 50.0, "NOx": 600.0, "PM10": 90.0, "PM25": 50.0},
]  # fmt: skip


@pytest.fixture(scope="module")
def inventory():
    return inventory_of(ROWS)


@pytest.fixture(scope="module")
def streams(inventory):
    return build_streams(inventory, two_districts(), whole_grid())


@pytest.fixture(scope="module")
def cut(inventory):
    return build_streams(inventory, two_districts(), western_grid())


def day(text="2013-07-15"):
    return to_utc(np.datetime64(text, "ns") + np.arange(24) * np.timedelta64(1, "h"), "Asia/Shanghai")


def factors(inventory, **by_pollutant):
    return xr.DataArray(list(by_pollutant.values()), {"pollutant": list(by_pollutant)}, ("pollutant",))


# ---------------------------------------------------------------------------------------------- mass


def test_nox_moles_come_from_no2_mass(streams):
    # a peer takes NOx / 30 for NO and emits 1.53 times the moles
    moles = streams.source_species().sel(species=["NO", "NO2", "HONO"]).sum().item()
    assert moles == pytest.approx((1200 + 800 + 90 + 1000 + 600) * 1e6 / NO2_G_PER_MOL, rel=1e-5)


def test_ledger_closes_from_inventory_to_layers(streams):
    ledger = streams.ledger
    assert ledger.steps == ("inventory", "speciation", "placing", "time", "layers")
    ledger.check(tolerance=SAME)
    kept = ledger.frame().query("step == 'layers' and pollutant == 'NOx' and fate == 'kept'").mass_t.sum()
    assert kept == pytest.approx(3690.0, rel=SAME)


def test_what_lies_outside_the_domain_is_booked_not_lost(cut):
    cut.ledger.check(tolerance=SAME)
    placing = cut.ledger.frame().query("step == 'placing' and pollutant == 'NOx'")
    outside = placing[placing.fate == "outside domain"].groupby("district").mass_t.sum()
    east = cut.placement.report.query(f"district == '{EAST}'").outside.iloc[0]
    assert 0.2 < east < 0.8
    # the kiln lies in the part outside; the road and the stoves by their area
    assert outside[EAST] == pytest.approx(600.0 + (800.0 + 90.0) * east, rel=SAME)
    assert outside.get(WEST, 0.0) == 0.0
    assert placing.mass_t.sum() == pytest.approx(3690.0, rel=SAME)


def test_zones_hold_the_whole_district_whatever_the_grid(streams, cut):
    assert cut.zone_emissions(day()).to_numpy() == pytest.approx(streams.zone_emissions(day()).to_numpy(), rel=SAME)


def test_a_year_of_zone_emissions_is_the_inventory(streams):
    hours = to_utc(np.arange("2016-01-01", "2017-01-01", dtype="datetime64[h]"), "Asia/Shanghai")
    assert len(hours) == 8784
    total = streams.zone_emissions(hours).sum("time") * SECONDS_PER_HOUR
    assert total.sel(species="SO2", zone=WEST).item() * 64.0638e-6 == pytest.approx(405.0, rel=1e-4)
    expected = streams.source_species().groupby(xr.DataArray(
        streams.inventory.sources["district"].to_numpy(), dims="source", name="zone")).sum()  # fmt: skip
    assert total.transpose("zone", "species").to_numpy() == pytest.approx(
        expected.transpose("zone", "species").to_numpy(), rel=1e-11
    )


@pytest.mark.parametrize("month", ["2015-02", "2015-07", "2016-02", "2016-04"])
def test_a_month_of_any_length_emits_exactly_its_month(streams, month):
    # the defect of month x 0.25 a week: a month of 31 days emitted 110.7 % of its total
    first = np.datetime64(month, "M")
    hours = to_utc(np.arange(first, first + 1, dtype="datetime64[h]"), "Asia/Shanghai")
    source = streams.source_species().sel(source="plant", species="NO").item()
    row = streams.profiles.rows(["T_POWER"])[0]
    share = streams.profiles.month[row, first.astype(int) % 12]
    only = xr.DataArray((np.array(streams.response.sources) == "plant").astype(float),
                        {"source": list(streams.response.sources)}, ("source",))  # fmt: skip
    emitted = streams.zone_emissions(hours, only).sel(species="NO", zone=WEST).sum().item() * SECONDS_PER_HOUR
    assert emitted == pytest.approx(source * share, rel=1e-11)


# -------------------------------------------------------------------------------------------- fields


def test_fields_of_all_sectors_sum_to_the_zones(streams):
    times = day()
    zones = streams.zone_emissions(times).sum("zone")
    for species in ("NO", "CO", "PMC", "NH3"):
        parts = [streams.sector(name, times) for name in streams.sectors]
        total = sum(part[species].sum(("layer", "y", "x"), dtype=np.float64) for part in parts if species in part)
        assert total.to_numpy() == pytest.approx(zones.sel(species=species).to_numpy(), rel=SINGLE)


def test_a_field_is_lazy_and_any_block_equals_the_whole(streams):
    dataset = streams.sector("ONROAD", day())
    assert not dataset["NO"].variable._in_memory
    whole = dataset["NO"].to_numpy()
    assert whole.dtype == np.float32
    assert whole.shape == (24, 1, *streams.grid.shape)
    block = streams.sector("ONROAD", day())["NO"].isel(time=5, layer=0, y=slice(2, 5), x=[1, 3])
    assert block.shape == (3, 2)
    assert (block.to_numpy() == whole[5, 0, 2:5][:, [1, 3]]).all()


def test_a_sector_has_only_the_species_that_it_emits(streams):
    assert set(streams.sector("AGRICULTURE", day()).data_vars) == {"NH3"}
    assert "NH3" not in streams.sector("INDUSTRY", day())


def test_point_lies_in_its_cell_and_area_within_its_district(streams):
    field = streams.sector("POWER", day())["SO2"].isel(time=0, layer=0).to_numpy()
    row, column = streams.grid.cell_of(116.21, 40.01)
    assert np.argwhere(field > 0).tolist() == [[row, column]]
    mask = streams.zone_mask()
    stoves = streams.sector("RESIDENTIAL", day("2013-01-15"))["SO2"].isel(time=0, layer=0).to_numpy()
    assert (stoves[mask.sel(zone=EAST).to_numpy() == 0.0] == 0.0).all()
    assert (stoves[mask.sel(zone=EAST).to_numpy() > 0.0] > 0.0).all()


def test_sector_without_mass_in_the_domain_is_no_stream(inventory):
    grid = western_grid()
    far = inventory.select(inventory.sources["source_class"].isin(["cement", "livestock"]))
    streams = build_streams(far, two_districts(), grid)
    assert streams.sectors == ("AGRICULTURE",)


def test_layers_share_a_stack_and_keep_area_sources_at_the_ground(inventory, streams):
    layers = sigma_layers([1.0, 0.9975, 0.995, 0.99, 0.98, 0.96, 0.93, 0.9, 0.85], 5000.0)
    layered = build_streams(inventory, two_districts(), whole_grid(), layers=layers)
    plant = layered.sector("POWER", day())["SO2"].sum(("time", "y", "x"), dtype=np.float64)
    # V_POWER begins at 20 m, the lowest layer ends at 20.3 m
    assert plant[0] < 1e-3 * plant.sum()
    assert np.argmax(plant.to_numpy()) >= 3
    flat = streams.sector("POWER", day())["SO2"].sum(dtype=np.float64)
    assert plant.sum().item() == pytest.approx(flat.item(), rel=SINGLE)
    road = layered.sector("ONROAD", day())["CO"].sum(("time", "y", "x"))
    assert (road[1:] == 0.0).all()


# ------------------------------------------------------------------------------------------- factors


def test_factors_equal_the_speciation_of_the_scaled_inventory(streams, inventory):
    rng = np.random.default_rng(3)
    scale = xr.DataArray(rng.uniform(0.3, 1.0, inventory.mass.shape), inventory.mass.coords, inventory.mass.dims)
    fine = scale.sel(pollutant="PM25")
    for pollutant, share in (("PM10", 1.0), ("BC", 0.8), ("OC", 0.9)):  # a part keeps no more than the whole
        scale.loc[{"pollutant": pollutant}] = share * fine
    expected = build_speciation().species(inventory.scaled(scale))
    amounts = streams.source_species(scale)
    assert amounts.to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-9, abs=1e-6)


def test_factors_of_some_pollutants_leave_the_others(streams, inventory):
    base, half = streams.zone_emissions(day()), streams.zone_emissions(day(), factors(inventory, NOx=0.5))
    for species, factor in (("NO", 0.5), ("NO2", 0.5), ("CO", 1.0), ("TOL", 1.0)):
        assert half.sel(species=species).to_numpy() == pytest.approx(
            factor * base.sel(species=species).to_numpy(), rel=SAME
        )


def test_pm10_that_follows_pm25_keeps_the_coarse_part_in_proportion(streams, inventory):
    half = streams.source_species(factors(inventory, PM10=0.5, PM25=0.5, BC=0.5, OC=0.5))
    base = streams.source_species()
    for species in ("PMC", "PEC", "POC", "PMOTHR"):
        assert half.sel(species=species).to_numpy() == pytest.approx(
            0.5 * base.sel(species=species).to_numpy(), rel=1e-9, abs=1e-6
        )


def test_operator_works_on_many_scenarios_at_once(streams, inventory):
    operator = streams.zone_operator(day())
    stacked = np.ones((2, 3, *inventory.mass.shape))
    stacked[1, 2, :, list(inventory.pollutants).index("NOx")] = 0.25
    result = operator.emissions(stacked)
    assert result.shape == (2, 3, len(streams.species), 24, 2)
    assert result[0, 0] == pytest.approx(streams.zone_emissions(day()).to_numpy(), rel=SAME)
    assert result[1, 2] == pytest.approx(
        streams.zone_emissions(day(), factors(inventory, NOx=0.25)).to_numpy(), rel=SAME
    )


def test_factors_act_on_whole_pollutants(streams, inventory):
    # the plant has PM10 60 and PM25 40 t/a: at 0.75 and 0.5 they leave 45 and 20, so 25 of 20 t/a coarse
    left = streams.source_species(factors(inventory, PM10=0.75, PM25=0.5, BC=0.5, OC=0.5)).sel(source="plant")
    base = streams.source_species().sel(source="plant")
    assert base.sel(species="PMC").item() == pytest.approx(20.0e6, rel=1e-9)
    assert left.sel(species="PMC").item() == pytest.approx(25.0e6, rel=1e-9)
    assert left.sel(species="PSI").item() == pytest.approx(0.5 * base.sel(species="PSI").item(), rel=1e-9)


def test_factors_that_leave_a_part_more_than_the_whole_are_refused(streams, inventory):
    for broken in (factors(inventory, PM25=0.3), factors(inventory, PM10=0.5)):
        with pytest.raises(InputError, match="a part keeps more mass than the whole"):
            streams.source_species(broken)
        with pytest.raises(InputError, match="a part keeps more mass than the whole"):
            streams.zone_emissions(day(), broken)


@pytest.mark.parametrize("value", [-0.1, np.nan, np.inf])
def test_factor_that_is_no_factor_is_refused(streams, inventory, value):
    with pytest.raises(InputError, match="negative or not finite"):
        streams.source_species(factors(inventory, NOx=value))
    with pytest.raises(InputError, match="negative or not finite"):
        streams.zone_emissions(day(), factors(inventory, NOx=value))


def test_unknown_factor_is_refused(streams, inventory):
    with pytest.raises(ValueError, match=r"unknown pollutant: \['NOX'"):
        streams.zone_emissions(day(), factors(inventory, NOX=0.5))


# --------------------------------------------------------------------------------------------- files


@pytest.fixture(scope="module")
def written(inventory, tmp_path_factory):
    streams = build_streams(inventory, two_districts(), western_grid())
    folder = tmp_path_factory.mktemp("emissions")
    ticks = []
    paths = streams.write(folder, "2013-07-15", progress=lambda done, total: ticks.append((done, total)))
    return streams, folder, paths, ticks


def test_one_file_a_sector_where_the_contract_says(written):
    streams, folder, paths, ticks = written
    assert [path.relative_to(folder).as_posix() for path in paths] == [
        f"{sector}/emis_{sector}_20130715.nc" for sector in streams.sectors
    ]
    assert ticks[0] == (0, len(paths))
    assert ticks[-1] == (len(paths), len(paths))


def test_file_is_ioapi_with_25_steps_into_the_next_day(written):
    streams, folder, _, _ = written
    with xr.open_dataset(folder / "ONROAD" / "emis_ONROAD_20130715.nc", engine="ioapi") as file:
        assert file.sizes["time"] == 25
        assert file["time"].to_numpy()[24] == np.datetime64("2013-07-16T00")
        assert file["NO"].attrs["units"].strip() == "moles/s"
        assert file["PEC"].attrs["units"].strip() == "g/s"
        stored = file["NO"].to_numpy()
    expected = streams.sector("ONROAD", utc_steps("2013-07-15"))["NO"].to_numpy()
    assert (stored == expected).all()
    # hour 24 is hour 0 of the next day, not 0 (a peer leaves step 25 empty)
    following = streams.sector("ONROAD", utc_steps("2013-07-16"))["NO"].to_numpy()
    assert (stored[24] == following[0]).all()
    assert stored[24].sum() > 0


def test_nothing_negative_or_unpadded_in_a_file(written):
    for path in written[2]:
        with netCDF4.Dataset(path) as file:
            for name, variable in file.variables.items():
                assert len(variable.units) == 16
                if name != "TFLAG":
                    values = variable[:]
                    assert np.isfinite(values).all()
                    assert values.min() >= 0


def test_ledger_with_the_files_closes(written):
    ledger = written[0].ledger
    assert ledger.steps[-1] == "files"
    ledger.check()
    frame = ledger.frame()
    kept = frame[(frame.step == "files") & (frame.pollutant == "CO")].mass_t.sum()
    placed = frame[(frame.step == "placing") & (frame.pollutant == "CO") & (frame.fate == "kept")].mass_t.sum()
    assert kept == pytest.approx(placed, rel=SINGLE)
    assert kept < 14000.0


def test_several_days_are_averaged_and_a_missing_sector_is_booked(inventory, tmp_path):
    streams = build_streams(inventory, two_districts(), whole_grid())
    streams.write(tmp_path, "2013-07-15", sectors=["POWER", "ONROAD"])
    streams.write(tmp_path, np.datetime64("2013-12-31"), sectors=["POWER"])
    streams.ledger.check()
    fates = streams.ledger.frame().query("step == 'files'").groupby("sector").fate.unique()
    assert fates["POWER"].tolist() == ["kept"]
    assert fates["INDUSTRY"].tolist() == ["not written"]


def test_a_file_that_lost_mass_stops_the_run(written):
    streams = written[0]
    good = next(iter(streams._written.values()))
    short = WrittenDay(
        good.sector, good.date, good.species, good.file_day * 0.999, good.trapezoid_day, good.profile_day
    )
    good.check()
    with pytest.raises(RunFailed, match="does not hold its mass"):
        short.check()


def test_a_file_with_another_mass_is_withdrawn(inventory, tmp_path, monkeypatch):
    streams = build_streams(inventory, two_districts(), whole_grid())
    real = emissions.streams.write_field

    def lossy(path, sector, date, field, grid, layers):
        real(path, sector, date, dataclasses.replace(field, rates=0.99 * field.rates), grid, layers)

    monkeypatch.setattr(emissions.streams, "write_field", lossy)
    with pytest.raises(RunFailed, match="the file of POWER 2013-07-15 does not hold its mass"):
        streams.write(tmp_path, "2013-07-15", sectors=["POWER"])
    assert not list(tmp_path.rglob("*.nc"))
    assert "files" not in streams.ledger.steps


def test_controlled_files_hold_the_controlled_mass_and_leave_the_ledger(streams, inventory, tmp_path):
    before = len(streams.ledger.entries)
    paths = streams.write(tmp_path, "2013-07-15", sectors=["ONROAD"], factors=factors(inventory, NOx=0.5))
    with netCDF4.Dataset(paths[0]) as file:
        total = file["NO"][:24].sum(dtype=np.float64)
    base = streams.sector("ONROAD", utc_steps("2013-07-15", 24))["NO"].sum(dtype=np.float64).item()
    assert total == pytest.approx(0.5 * base, rel=SINGLE)
    assert len(streams.ledger.entries) == before


def test_day_totals_show_the_profile_the_file_and_what_cmaq_interpolates(written):
    table = written[0].day_totals.set_index(["sector", "species"])
    row = table.loc[("ONROAD", "NO")]
    assert row.file_day == pytest.approx(row.profile_day, rel=SINGLE)
    steps = written[0].sector("ONROAD", utc_steps("2013-07-15"))["NO"].sum(("layer", "y", "x"), dtype=np.float64)
    by_hand = ((steps[:-1].to_numpy() + steps[1:].to_numpy()) / 2).sum() * SECONDS_PER_HOUR
    assert row.trapezoid_day == pytest.approx(by_hand, rel=SINGLE)
    # half the difference of step 24 and step 0 is small for any profile of ours
    assert (table.trapezoid_day / table.profile_day).between(0.97, 1.03).all()


def test_no_layers_without_levels_in_a_file(inventory, tmp_path):
    streams = build_streams(inventory, two_districts(), whole_grid(), layers=Layers((50.0, 1500.0)))
    with pytest.raises(InputError, match="without their sigma levels"):
        streams.write(tmp_path, "2013-07-15", sectors=["POWER"])
    assert not list(tmp_path.rglob("*.nc"))


# ------------------------------------------------------------------------------------------ refusals


def test_unknown_sector_names_the_nearest(streams, tmp_path):
    with pytest.raises(InputError, match="did you mean ONROAD"):
        streams.write(tmp_path, "2013-07-15", sectors=["ONRAOD"])
    with pytest.raises(InputError, match="no stream 'X'"):
        streams.sector("X", day())


def test_report_says_which_profile_each_source_got(streams):
    report = streams.source_report()
    assert report.loc["plant", "temporal_profile"] == "T_POWER"
    assert report.loc["plant", "vertical_profile"] == "V_POWER"
    assert report.loc[f"{WEST}:livestock", "vertical_profile"] == "V_SURFACE"
    assert (report.inside == 1.0).all()


def test_day_in_a_year_without_a_holiday_notice_is_refused(streams):
    with pytest.raises(InputError, match="no public holidays for 2031"):
        streams.zone_emissions(day("2031-07-15"))


def test_holidays_can_be_left_out(inventory):
    plain = build_streams(inventory, two_districts(), whole_grid(), holidays=None)
    assert plain.zone_emissions(day("2031-07-15")).sum() > 0
