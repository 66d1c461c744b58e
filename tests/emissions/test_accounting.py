"""The books of the emissions: entries worked by hand, days without emission, files summed back, mass that is lost."""

import netCDF4
import numpy as np
import pytest

from aqcore.errors import RunFailed
from aqcore.ledger import KEPT, Ledger
from emissions.accounting import (
    NOT_WRITTEN,
    OUTSIDE_DOMAIN,
    Account,
    WrittenDay,
    file_entries,
    open_ledger,
    read_day,
)
from emissions.inventory import inventory_of
from emissions.speciation import SPECIES, build_speciation

SAME = 1e-12
"""Relative: a handful of double-precision products."""

ROWS = [
    {"district": "110101", "source_class": "onroad_gasoline", "NOx": 100.0, "CO": 10.0},
    {"district": "110102", "source_class": "onroad_gasoline", "NOx": 300.0},
    {"district": "110102", "source_class": "onroad_diesel", "NOx": 60.0},
    {"district": "110101", "source_class": "livestock", "NH3": 8.0},
]


@pytest.fixture(scope="module")
def opened():
    inventory = inventory_of(ROWS)
    inside = np.array([1.0, 0.25, 0.5, 1.0])
    return open_ledger(inventory, build_speciation(), inside, np.ones(4), np.ones(4))


def entries(ledger, step, pollutant="NOx"):
    return {
        (e.sector, e.district, e.fate): e.mass_t for e in ledger.entries if (e.step, e.pollutant) == (step, pollutant)
    }


def test_placing_is_booked_by_hand(opened):
    placing = {key: mass for key, mass in entries(opened[0], "placing").items() if mass}
    assert placing == pytest.approx(
        {
            ("ONROAD", "110101", KEPT): 100.0,
            ("ONROAD", "110102", KEPT): 300 * 0.25 + 60 * 0.5,
            ("ONROAD", "110102", OUTSIDE_DOMAIN): 300 * 0.75 + 60 * 0.5,
        },
        rel=SAME,
    )


def test_account_is_what_lies_inside_by_species(opened):
    account = opened[1]
    row = account.keys.index(("ONROAD", "110102"))
    nox = account.mass[row, account.pollutants.index("NOx")]
    assert nox.sum() == pytest.approx(105.0, rel=SAME)
    # species of nitrogen oxides alone, counted as NO2
    assert {SPECIES[k] for k in np.flatnonzero(nox)} <= {"NO", "NO2", "HONO"}
    cattle = account.mass[account.keys.index(("AGRICULTURE", "110101"))]
    assert cattle.sum() == pytest.approx(8.0, rel=SAME)


def test_time_that_does_not_close_is_found():
    # the peers' week of month x 0.25: a year of 110.7 %
    inventory = inventory_of(ROWS)
    ledger, _ = open_ledger(inventory, build_speciation(), np.ones(4), np.full(4, 1.107), np.ones(4))
    with pytest.raises(RunFailed, match="placing -> time: ONROAD NOx"):
        ledger.check()


def test_layers_that_do_not_close_are_found():
    inventory = inventory_of(ROWS)
    ledger, _ = open_ledger(inventory, build_speciation(), np.ones(4), np.ones(4), np.array([1, 1, 1, 0.99]))
    with pytest.raises(RunFailed, match="time -> layers: AGRICULTURE NH3"):
        ledger.check()


def account_of(mass):
    return Account((("POWER", "1"), ("DUST", "1")), ("SO2", "PM10"), np.asarray(mass, dtype=float))


def written(sector, date, file, profile):
    return WrittenDay(sector, date, ("SO2", "PMC"), np.asarray(file), np.asarray(file), np.asarray(profile))


def test_files_step_by_hand():
    account = account_of([[[10.0, 0.0], [0.0, 4.0]], [[0.0, 0.0], [0.0, 7.0]]])
    days = [written("POWER", "a", [2.0, 1.0], [2.0, 1.0]), written("POWER", "b", [3.0, 0.5], [2.0, 0.5])]
    found = {(e.sector, e.pollutant, e.fate): e.mass_t for e in file_entries(account, days)}
    # SO2 of day b is half too much: the mean of 1 and 1.5
    assert found == {
        ("POWER", "SO2", KEPT): 12.5,
        ("POWER", "PM10", KEPT): 4.0,
        ("DUST", "SO2", NOT_WRITTEN): 0.0,
        ("DUST", "PM10", NOT_WRITTEN): 7.0,
    }


def test_day_without_emission_and_file_without_it_agree():
    idle = written("POWER", "a", [0.0, 1.0], [0.0, 1.0])
    assert idle.ratio.tolist() == [1.0, 1.0]
    idle.check()


def test_file_with_mass_on_a_day_that_has_none_is_found():
    with pytest.raises(RunFailed, match=r"POWER a .*SO2 0 became 5"):
        written("POWER", "a", [5.0, 1.0], [0.0, 1.0]).check()


def test_ledger_of_a_file_that_lost_mass_does_not_close():
    account = account_of([[[10.0, 0.0], [0.0, 4.0]], [[0.0, 0.0], [0.0, 0.0]]])
    ledger = Ledger()
    ledger.record("layers", {("POWER", "SO2", "1"): 10.0, ("POWER", "PM10", "1"): 4.0})
    ledger.extend(file_entries(account, [written("POWER", "a", [2.0, 0.99], [2.0, 1.0])]))
    with pytest.raises(RunFailed, match="layers -> files: POWER PM10"):
        ledger.check()


def test_file_summed_back_by_hand(tmp_path):
    path = tmp_path / "day.nc"
    with netCDF4.Dataset(path, "w") as file:
        for name, size in {"TSTEP": 25, "LAY": 2, "ROW": 1, "COL": 3}.items():
            file.createDimension(name, size)
        values = file.createVariable("SO2", "f4", ("TSTEP", "LAY", "ROW", "COL"))
        values[:] = 0.0
        values[:, 1, 0, 2] = np.arange(25.0)
    day = read_day((path,), "POWER", "2013-07-15", ("SO2", "PMC"), np.array([276 * 3600.0, 0.0]))
    # 0 + 1 + .. + 23 = 276; the trapezoids reach from 0 to 24: 288
    assert day.file_day.tolist() == [276 * 3600.0, 0.0]
    assert day.trapezoid_day.tolist() == [288 * 3600.0, 0.0]
    day.check()
