"""Annual masses with what acts in windows: worked by hand from the shares of the profiles."""

import numpy as np
import pytest

from aqcore.calendar import to_local
from emissions.inventory import inventory_of
from emissions.profiles import default_time_profiles
from scenarios import Scenario, Target, resolve
from scenarios.scenario_factor import DirectFactor
from scenarios.window import ALL_HOURS, Window, read_hours, read_span
from scenarios.window_plan import Shift, WindowPlan
from scenarios.year_totals import COLUMNS, Year, with_windows, year_of, year_totals

CLOSE = 1e-9  # relative: sums of thousands of shares
PROFILES = default_time_profiles()
YEAR = 2013


@pytest.fixture(scope="module")
def inventory():
    """Lorries, and a petrol station whose work can be moved."""
    return inventory_of([
        {"district": "110101", "source_class": "onroad_diesel", "NOx": 400.0, "VOC": 40.0},
        {"district": "110101", "source_class": "gas_station", "VOC": 60.0},
    ])  # fmt: skip


def plan(dates=(), hours=ALL_HOURS, *, triggered=False, factor=0.5, shifts=()):
    factors = () if shifts else (DirectFactor(Target(), "NOx", factor),)
    window = Window("w", tuple(read_span(date) for date in dates), hours)
    return WindowPlan(window, factors=factors, shifts=shifts, triggered=triggered)


def row(inventory, own, weights=None, sector="ONROAD", pollutant="NOx"):
    table = resolve([Scenario("s", factors=(DirectFactor(Target(), "NOx", 0.8),), windows=(own,))], (), inventory)
    frame = year_totals(table, inventory, Year(PROFILES, YEAR, weights or {}))
    assert list(frame.columns) == list(COLUMNS)
    return frame.set_index(["scenario", "sector", "pollutant"]).loc[("s", sector, pollutant)]


def share(source_class_profile, first, last):
    """Share of the year's emission in local days first..last (exclusive)."""
    times = np.arange(f"{YEAR}-01-01T00", f"{YEAR + 1}-01-01T00", dtype="datetime64[h]") - np.timedelta64(8, "h")
    shares = PROFILES.shares(times)[PROFILES.rows([source_class_profile])[0]]
    local = to_local(times, PROFILES.timezone)
    inside = (local >= np.datetime64(first)) & (local < np.datetime64(last))
    assert shares.sum() == pytest.approx(1.0, rel=CLOSE)
    return float(shares[inside].sum())


def temporal(source_class):
    from emissions.source_classes import source_classes

    return source_classes()[source_class].temporal_profile


def test_a_window_of_all_days_is_a_factor_of_the_year(inventory):
    own = row(inventory, plan())
    assert own["mass_t"] == pytest.approx(400.0 * 0.8 * 0.5, rel=CLOSE)
    assert own["windows_t"] == pytest.approx(-400.0 * 0.8 * 0.5, rel=CLOSE)
    assert own["change_pct"] == pytest.approx(-60.0, rel=CLOSE)


def test_june_takes_the_share_that_june_has(inventory):
    june = share(temporal("onroad_diesel"), "2013-06-01", "2013-07-01")
    own = row(inventory, plan(["06-01/06-30"]))
    assert own["mass_t"] == pytest.approx(400.0 * 0.8 * (1.0 - 0.5 * june), rel=CLOSE)


def test_dates_of_another_year_are_counted_in_their_year(inventory):
    alert = Scenario("s", windows=(plan(["2016-12-16/2016-12-21"]),))
    assert year_of(alert, YEAR) == 2016
    assert year_of(Scenario("s", windows=(plan(["2013-12-16"]), plan(["2016-12-16"]))), YEAR) == YEAR
    own = row(inventory, plan(["2016-12-16/2016-12-21"]))
    assert 0.0 < -own["windows_t"] / (400.0 * 0.8) < 6.0 / 366.0


def test_a_triggered_day_counts_as_often_as_it_stands_for(inventory):
    day = share(temporal("onroad_diesel"), "2013-01-16", "2013-01-17")
    own = row(inventory, plan(["2013-01-16"], triggered=True), {"2013-01-16": 33.0, "2013-07-10": 63.0})
    assert own["windows_t"] == pytest.approx(-400.0 * 0.8 * 0.5 * day * 33.0, rel=CLOSE)


def test_what_is_moved_to_other_hours_stays_in_the_year(inventory):
    night = Shift(Target(source_classes=("gas_station",)), read_hours("10-18"), read_hours("20-6"), 0.5)
    sector = inventory.sources.loc["110101:gas_station", "sector"]
    own = row(inventory, plan(["05-01/10-31"], shifts=(night,)), sector=sector, pollutant="VOC")
    assert own["mass_t"] == pytest.approx(60.0, rel=CLOSE)


def test_scenarios_without_windows_are_as_they_were(inventory):
    table = resolve([Scenario("s", factors=(DirectFactor(Target(), "NOx", 0.8),))], (), inventory)
    frame = year_totals(table, inventory, Year(PROFILES, YEAR))
    plain = table.totals(inventory)
    assert with_windows(table, inventory, Year(PROFILES, YEAR)).factors.equals(table.factors)
    np.testing.assert_allclose(frame["mass_t"], plain["mass_t"], rtol=CLOSE)
    assert (frame["windows_t"] == 0.0).all()
