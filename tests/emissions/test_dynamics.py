"""Measured hours and counted activity: what they replace, what they leave, what the ledger books, broken tables."""

import netCDF4
import numpy as np
import pytest
import xarray as xr

from aqcore.calendar import to_utc, utc_steps
from aqcore.districts import District, Districts
from aqcore.errors import InputError
from aqcore.grid import Grid
from aqcore.polygon import Polygon
from emissions.accounting import OVERRIDE
from emissions.dynamics import Dynamics
from emissions.dynamics_reader import read_daily, read_hourly
from emissions.inventory import inventory_of
from emissions.streams import build_streams

SAME = 1e-10
"""Relative: sums of some hundred products."""

SINGLE = 1e-6
"""Relative: sums of float32 values, each rounded to 6e-8."""

SO2_G_PER_MOL = 64.0638

ROWS = [
    {"source_id": "plant", "kind": "point", "district": "110101", "source_class": "power_coal", "lon": 116.21,
     "lat": 40.01, "SO2": 400.0, "NOx": 1000.0, "PM10": 60.0, "PM25": 40.0, "BC": 1.0, "OC": 1.0,
     "stack_height_m": 180.0, "stack_diameter_m": 6.0, "exit_temp_K": 353.0, "exit_velocity_m_s": 18.0},
    {"source_id": "other", "kind": "point", "district": "110101", "source_class": "power_coal", "lon": 116.3,
     "lat": 39.9, "SO2": 200.0},
    {"source_id": "west", "district": "110101", "source_class": "onroad_gasoline", "NOx": 700.0, "CO": 5000.0},
    {"source_id": "east", "district": "110102", "source_class": "onroad_diesel", "NOx": 300.0},
]  # fmt: skip


def district(code, west, east):
    ring = np.array([(west, 39.8), (east, 39.8), (east, 40.2), (west, 40.2), (west, 39.8)])
    return District(code, code, (Polygon(ring),))


def build(dynamics=None, **options):
    districts = Districts((district("110101", 116.0, 116.4), district("110102", 116.4, 116.8)), "synthetic")
    grid = Grid.covering("T09", 116.0, 116.8, 39.8, 40.2, 9000.0)
    return build_streams(inventory_of(ROWS), districts, grid, dynamics=dynamics, **options)


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def hourly(tmp_path, columns, *rows):
    return read_hourly(write(tmp_path / "cems.csv", "\n".join((columns, *rows)) + "\n"))


@pytest.fixture(scope="module")
def plain():
    return build()


def local_day(text="2013-07-15"):
    return to_utc(np.datetime64(text, "ns") + np.arange(24) * np.timedelta64(1, "h"), "Asia/Shanghai")


def moles(streams, times, species="SO2", zone="110101"):
    return streams.zone_emissions(times).sel(species=species, zone=zone).to_numpy() * 3600.0


# ---------------------------------------------------------------------------------------- measured hours


def test_a_measured_hour_takes_the_place_of_the_profile(tmp_path, plain):
    rows = [f"plant,2013-07-15 {hour:02d}:00,{100 + hour}" for hour in range(8, 12)]
    streams = build(hourly(tmp_path, "source_id,time,SO2 (kg/h)", *rows))
    before, after = moles(plain, local_day()), moles(streams, local_day())
    others = before * 200.0 / 600.0
    measured = np.array([100.0 + hour for hour in range(8, 12)]) * 1e3 / SO2_G_PER_MOL
    assert after[8:12] == pytest.approx(others[8:12] + measured, rel=SAME)
    assert np.delete(after, range(8, 12)) == pytest.approx(np.delete(before, range(8, 12)), rel=SAME)
    # pollutants that are not measured keep their profile
    assert moles(streams, local_day(), "NO") == pytest.approx(moles(plain, local_day(), "NO"), rel=SAME)


@pytest.mark.parametrize(("unit", "value"), [("kg/h", 36.0), ("t/h", 0.036), ("g/s", 10.0), ("千克/小时", 36.0)])
def test_units_of_measured_hours(tmp_path, unit, value):
    dynamics = hourly(tmp_path, f"源编号,time,二氧化硫({unit})", f"plant,2013-07-15 08:00,{value}")
    assert dynamics.measured.tonnes.tolist() == pytest.approx([0.036])
    # 08:00 in Beijing is midnight UTC
    assert dynamics.measured.hour.tolist() == [np.datetime64("2013-07-15T00", "h")]


def test_particles_that_are_not_measured_follow_the_measured_one(tmp_path, plain):
    streams = build(hourly(tmp_path, "source_id,time,PM10 (kg/h)", "plant,2013-07-15 08:00,50"))
    hour = local_day()[8:9]
    names = [name for name in streams.species if name.startswith("P") and name not in ("PAR", "PRPA")]
    both = [s.zone_emissions(hour).sel(zone="110101", species=names).to_numpy()[:, 0] for s in (plain, streams)]
    assert both[1].sum() * 3600.0 == pytest.approx(50e3, rel=SAME)
    # every species in proportion: nested masses stay nested
    assert both[1] / both[1].sum() == pytest.approx(both[0] / both[0].sum(), rel=SAME)


def test_the_ledger_books_what_the_hours_change(tmp_path, plain):
    rows = [f"plant,2013-07-15 {hour:02d}:00,100" for hour in range(24)]
    streams = build(hourly(tmp_path, "source_id,time,SO2 (kg/h)", *rows))
    assert streams.ledger.steps[-1] == "override"
    streams.ledger.check(tolerance=SAME)
    frame = streams.ledger.frame().query("step == 'override' and sector == 'POWER' and pollutant == 'SO2'")
    by_profile = 400.0 * plain.profiles.select(["T_POWER"]).shares(local_day()).sum()
    change = frame[frame.fate == OVERRIDE].mass_t.sum()
    assert change == pytest.approx(by_profile - 2.4, rel=1e-8)
    assert frame[frame.fate == "kept"].mass_t.sum() == pytest.approx(600.0 - change, rel=SAME)
    booked = streams.ledger.frame().query("fate == @OVERRIDE")
    assert set(booked.pollutant) == {"SO2"}


def test_files_hold_the_hours_and_the_ledger_closes_with_them(tmp_path, plain):
    rows = [f"plant,2013-07-{day} {hour:02d}:00,{hour * 10}" for day in (15, 16) for hour in range(24)]
    streams = build(hourly(tmp_path, "source_id,time,SO2 (kg/h)", *rows))
    (path,) = streams.write(tmp_path / "gridded", "2013-07-15", sectors=["POWER"])
    paths = streams.write(tmp_path / "inline", "2013-07-15", sectors=["POWER"], inline_points=True)
    streams.ledger.check()
    expected = np.array([(hour + 8) % 24 * 10.0 for hour in range(25)]) * 1e3 / 3600.0 / SO2_G_PER_MOL
    with netCDF4.Dataset(paths[2]) as file:
        assert np.asarray(file["SO2"][:, 0, 0, 0]) == pytest.approx(expected, rel=SINGLE)
    with netCDF4.Dataset(path) as whole, netCDF4.Dataset(paths[0]) as rest:
        row, column = streams.grid.cell_of(116.21, 40.01)
        assert np.asarray(whole["SO2"][:, 0, row, column]) == pytest.approx(expected, rel=SINGLE, abs=1e-9)
        assert rest["SO2"][:, 0, row, column].sum() == 0.0
        assert rest["SO2"][:].sum() > 0.0


def test_fields_with_points_are_lazy_and_any_block_equals_the_whole(tmp_path):
    streams = build(hourly(tmp_path, "source_id,time,SO2 (kg/h)", "plant,2013-07-15 08:00,100"))
    field = streams.sector("POWER", utc_steps("2013-07-15"))["SO2"]
    whole = field.to_numpy()
    row, column = (int(value) for value in streams.grid.cell_of(116.21, 40.01))
    assert float(field[0, 0, row, column]) == whole[0, 0, row, column] > 0.0
    part = field.isel(time=slice(0, 5), y=[row], x=slice(column, column + 2)).to_numpy()
    assert (part == whole[:5, :, [row], column : column + 2]).all()


def test_factors_act_on_measured_hours(tmp_path):
    streams = build(hourly(tmp_path, "source_id,time,SO2 (kg/h)", "plant,2013-07-15 08:00,100"))
    factors = xr.DataArray([0.3], {"source": ["plant"]}, ("source",))
    cut = streams.zone_emissions(local_day()[8:9], factors).sel(species="SO2", zone="110101").item()
    whole = streams.zone_emissions(local_day()[8:9]).sel(species="SO2", zone="110101").item()
    assert (whole - cut) * 3600.0 == pytest.approx(70e3 / SO2_G_PER_MOL, rel=SAME)


def test_the_operator_of_profiles_refuses_known_hours(tmp_path, plain):
    streams = build(hourly(tmp_path, "source_id,time,SO2 (kg/h)", "plant,2013-07-15 08:00,100"))
    with pytest.raises(InputError, match="call zone_emissions"):
        streams.zone_operator(local_day())
    assert streams.zone_operator(local_day("2013-08-01")).zones == plain.zones


# ------------------------------------------------------------------------------------------- activity


def test_hourly_activity_multiplies_the_profile(tmp_path, plain):
    rows = ["plant,2013-07-15 08:00,0.5", "plant,2013-07-15 09:00,2", "west,2013-07-15 08:00,0"]
    streams = build(hourly(tmp_path, "source_id,time,activity", *rows))
    before, after = moles(plain, local_day()), moles(streams, local_day())
    assert after[8] == pytest.approx(before[8] * (200.0 + 0.5 * 400.0) / 600.0, rel=SAME)
    assert after[9] == pytest.approx(before[9] * (200.0 + 2.0 * 400.0) / 600.0, rel=SAME)
    assert moles(streams, local_day(), "CO")[8] == 0.0
    assert moles(streams, local_day(), "CO")[9] == pytest.approx(moles(plain, local_day(), "CO")[9], rel=SAME)
    streams.write(tmp_path, "2013-07-15")
    streams.ledger.check()


def daily(tmp_path, *rows, columns="date,sector,district,factor"):
    return read_daily(write(tmp_path / "daily.csv", "\n".join((columns, *rows)) + "\n"))


def test_a_daily_index_acts_on_the_local_day_of_its_sources(tmp_path, plain):
    streams = build(daily(tmp_path, "2013-07-15,ONROAD,110101,0.8", "2013-07-16,ONROAD,110101,1.1"))
    for date, factor in (("2013-07-14", 1.0), ("2013-07-15", 0.8), ("2013-07-16", 1.1)):
        ratio = moles(streams, local_day(date), "CO") / moles(plain, local_day(date), "CO")
        assert ratio == pytest.approx(factor, rel=SAME)
    east = moles(streams, local_day(), "NO", "110102") / moles(plain, local_day(), "NO", "110102")
    assert east == pytest.approx(1.0, rel=SAME)
    streams.write(tmp_path, "2013-07-15")
    streams.ledger.check()
    frame = streams.ledger.frame().query("step == 'override' and pollutant == 'CO'").groupby("fate").mass_t.sum()
    shares = [plain.profiles.select(["T_ONROAD_LD"]).shares(local_day(date)).sum() for date in
              ("2013-07-15", "2013-07-16")]  # fmt: skip
    assert frame[OVERRIDE] == pytest.approx(5000.0 * (0.2 * shares[0] - 0.1 * shares[1]), rel=1e-6)


def test_factors_that_reach_one_source_multiply_but_leave_measured_hours(tmp_path, plain):
    dynamics = daily(tmp_path, "2013-07-15,POWER,,0.5").joined(
        hourly(tmp_path, "source_id,time,SO2 (kg/h)", "plant,2013-07-15 08:00,100")
    )
    streams = build(dynamics)
    before, after = moles(plain, local_day()), moles(streams, local_day())
    assert after[9] == pytest.approx(0.5 * before[9], rel=SAME)
    assert after[8] == pytest.approx(0.5 * before[8] / 3.0 + 100e3 / SO2_G_PER_MOL, rel=SAME)


# ------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("columns", "rows", "message"),
    [
        ("source_id,time,SO2", ["plant,2013-07-15 08:00,1"], "unit '' is no rate of an hour -> write SO2"),
        ("source_id,time,SO2 (t/a)", ["plant,2013-07-15 08:00,1"], r"unit 't/a' is no rate of an hour"),
        ("source_id,time,S02 (kg/h)", ["plant,2013-07-15 08:00,1"], "unknown column"),
        ("source_id,time", ["plant,2013-07-15 08:00"], "no column of values"),
        ("time,SO2 (kg/h)", ["2013-07-15 08:00,1"], "source_id: missing column"),
        ("source_id,time,SO2 (kg/h)", ["plant,15.7.2013,1"], "'15.7.2013' is no time"),
        ("source_id,time,SO2 (kg/h)", ["plant,2013-07-15 08:30,1"], "is no start of an hour"),
        ("source_id,time,SO2 (kg/h)", ["plant,2013-07-15 08:00,-1"], "negative value -1"),
        ("source_id,time,SO2 (kg/h)", ["plant,2013-07-15 08:00,x"], "'x' is not a number"),
        ("source_id,time,SO2 (kg/h)", [",2013-07-15 08:00,1"], "source_id: the cell is empty"),
        ("source_id,time,SO2 (kg/h)", ["plant,2013-07-15 08:00,1", "plant,2013-07-15 09:00,"], "1 empty cells"),
        ("source_id,time,SO2 (kg/h)", ["plant,2013-07-15 08:00,1", "plant,2013-07-15 11:00,1"],
         r"plant has 1 gaps \(2 missing\), the first after 2013-07-15T08"),
        ("source_id,time,SO2 (kg/h)", ["plant,2013-07-15 08:00,1", "plant,2013-07-15 08:00,2"], "stands twice"),
        ("source_id,time,PM10 (kg/h),PM25 (kg/h)", ["plant,2013-07-15 08:00,1,2"], "PM25 0.002 t exceeds PM10 0.001"),
    ],
)  # fmt: skip
def test_each_broken_hourly_table_has_its_message(tmp_path, columns, rows, message):
    with pytest.raises(InputError, match=message):
        hourly(tmp_path, columns, *rows)


@pytest.mark.parametrize(
    ("columns", "rows", "message"),
    [
        ("date,factor", ["2013-07-15,1"], "no column that chooses sources"),
        ("date,sector", ["2013-07-15,ONROAD"], "factor: missing column"),
        ("date,sectr,factor", ["2013-07-15,ONROAD,1"], "unknown column -> did you mean sector"),
        ("date,sector,factor", ["2013-07-15,ONROAD,-0.1"], "negative value -0.1"),
        ("date,sector,factor", ["2013-07-15,ONROAD,"], "the cell is empty -> give the factor, 1 for a usual day"),
        ("date,sector,factor", ["July,ONROAD,1"], "'July' is no time -> write it as 2013-07-15"),
        ("date,sector,factor", ["2013-07-15,ONROAD,1", "2013-07-18,ONROAD,1"], r"ONROAD has 1 gaps \(2 missing\)"),
        ("date,sector,factor", ["2013-07-15,ONROAD,1", "2013-07-15,ONROAD,1"], "stands twice"),
    ],
)
def test_each_broken_daily_table_has_its_message(tmp_path, columns, rows, message):
    with pytest.raises(InputError, match=message):
        daily(tmp_path, *rows, columns=columns)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("plnt,2013-07-15 08:00,1", "unknown source 'plnt' -> did you mean plant"),
        ("west,2013-07-15 08:00,1", "'west' is no point source -> measured hours belong to stacks"),
    ],
)
def test_hours_that_do_not_fit_the_inventory(tmp_path, row, message):
    with pytest.raises(InputError, match=message):
        build(hourly(tmp_path, "source_id,time,SO2 (kg/h)", row))


def test_a_measured_pollutant_that_the_inventory_does_not_state(tmp_path):
    with pytest.raises(InputError, match="NOx of 'other' is measured, but its inventory states none"):
        build(hourly(tmp_path, "source_id,time,NOx (kg/h)", "other,2013-07-15 08:00,1"))


def test_daily_factors_that_reach_nothing(tmp_path):
    with pytest.raises(InputError, match="no source has sector ONRAOD -> did you mean ONROAD"):
        build(daily(tmp_path, "2013-07-15,ONRAOD,,1"))
    with pytest.raises(InputError, match="each exists, but no source has them together"):
        build(daily(tmp_path, "2013-07-15,POWER,110102,1"))


def test_hours_twice_in_joined_tables(tmp_path):
    one = hourly(tmp_path, "source_id,time,SO2 (kg/h)", "plant,2013-07-15 08:00,1")
    day = daily(tmp_path, "2013-07-15,ONROAD,,1")
    with pytest.raises(InputError, match="stands twice") as caught:
        build(one.joined(one).joined(day).joined(day))
    assert len(caught.value.faults) == 2


def test_the_year_of_the_ledger_is_that_of_the_hours(tmp_path):
    dynamics = hourly(tmp_path, "source_id,time,SO2 (kg/h)", "plant,2014-01-01 00:00,1", "plant,2014-01-01 01:00,1")
    assert dynamics.first_year("Asia/Shanghai") == 2014
    assert dynamics.hours("Asia/Shanghai", 2014).tolist() == dynamics.measured.hour.tolist()
    assert len(dynamics.hours("Asia/Shanghai", 2013)) == 0
    assert len(daily(tmp_path, "2013-07-15,ONROAD,,1").hours("Asia/Shanghai", 2013)) == 24
    assert isinstance(Dynamics.of(), Dynamics)
