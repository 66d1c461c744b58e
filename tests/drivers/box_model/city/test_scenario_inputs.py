"""Boxes follow the windows of a scenario: emission and inflow hour by hour, on the modelled days and their spin-up."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import xarray as xr

from drivers.box_model.box_case import background_dataset
from drivers.box_model.driver import BoxDriver
from drivers.box_model.scenario_inputs import hourly_emission, hourly_inflow, local_hours
from scenarios.window import Window, read_hours, read_span
from scenarios.window_factors import WindowFactors, hour_factors

EXACT = 1e-12  # relative: one product
STORED = 1e-6  # relative: the input of a run holds the emission in single precision
HALF_NOX = np.array([[0.5, 1.0]])
NOON = Window("noon", (read_span("07-01/07-31"),), read_hours("10-18"))


@dataclass(frozen=True)
class WindowTable:
    """A table with one scenario that acts in windows only: NOx halved and ozone flowing in at 0.8."""

    windows: tuple[WindowFactors, ...]
    names: tuple[str, ...] = ("noon",)

    def factors_at(self, scenario, times_local):
        assert scenario in self.names
        ones = xr.DataArray(np.ones((1, 2)), {"source": ["s1"], "pollutant": ["NOx", "CO"]}, ("source", "pollutant"))
        none = xr.DataArray(np.ones(1), {"species": ["O3"]}, ("species",))
        return hour_factors(ones, none, self.windows, times_local)


@pytest.fixture
def table():
    return WindowTable((WindowFactors("noon", NOON, HALF_NOX, {"O3": 0.8}),))


def test_local_hours_are_those_of_each_pass(days, observed_days):
    assert local_hours(days).shape == (1, 2, 24)
    both = local_hours(observed_days)
    assert both.shape == (2, 2, 24)
    assert both[0, 0, 0] == np.datetime64("2013-07-09T00")
    assert both[1, 1, 23] == np.datetime64("2013-01-16T23")


def test_emission_follows_the_window_on_its_days_and_hours_only(streams, days, table):
    free = hourly_emission(streams, days, WindowTable(()).factors_at("noon", local_hours(days)), "Asia/Shanghai")
    own = hourly_emission(streams, days, table.factors_at("noon", local_hours(days)), "Asia/Shanghai")
    ratio = (own / free).sel(species="NO").isel(which=0, zone=0).to_numpy()
    expected = np.ones((2, 24))
    expected[0, 10:18] = 0.5  # the summer day; the winter day lies outside the dates
    np.testing.assert_allclose(ratio, expected, rtol=EXACT)
    np.testing.assert_allclose((own / free).sel(species="CO"), 1.0, rtol=EXACT)


def test_the_day_before_has_its_own_state(streams, observed_days):
    """A window that begins on the modelled day leaves the spin-up of the day before alone."""
    window = Window("day", (read_span("2013-07-10"),))
    own = WindowTable((WindowFactors("noon", window, HALF_NOX),)).factors_at("noon", local_hours(observed_days))
    emission = hourly_emission(streams, observed_days, own, "Asia/Shanghai")
    nox = emission.sel(species="NO").isel(zone=0, hour=12)
    assert float(nox.isel(which=1, day=0) / nox.isel(which=0, day=0)) == pytest.approx(0.5, rel=EXACT)
    assert float(nox.isel(which=1, day=1) / nox.isel(which=0, day=1)) == pytest.approx(1.0, rel=EXACT)


def test_two_windows_that_meet_multiply(streams, days):
    always = Window("always")
    both = WindowTable((WindowFactors("noon", NOON, HALF_NOX), WindowFactors("noon", always, HALF_NOX)))
    own = hourly_emission(streams, days, both.factors_at("noon", local_hours(days)), "Asia/Shanghai")
    free = hourly_emission(streams, days, WindowTable(()).factors_at("noon", local_hours(days)), "Asia/Shanghai")
    ratio = (own / free).sel(species="NO").isel(which=0, zone=0, hour=[9, 10, 17, 18]).to_numpy()
    np.testing.assert_allclose(ratio, [[0.5, 0.25, 0.25, 0.5], [0.5] * 4], rtol=EXACT)


def test_inflow_follows_the_window_and_aloft_the_mean_of_the_afternoon(background, days, settings, table):
    base = background_dataset(background, days, settings)
    own = hourly_inflow(base, table.factors_at("noon", local_hours(days)))
    ratio = (own["background"] / base["background"]).sel(bg_species="O3").to_numpy()
    expected = np.ones((2, 24))
    expected[0, 10:18] = 0.8
    np.testing.assert_allclose(ratio, expected, rtol=EXACT)
    aloft = (own["aloft"] / base["aloft"]).sel(bg_species="O3").to_numpy()
    np.testing.assert_allclose(aloft, [0.8, 1.0], rtol=EXACT)  # hours 13 to 17 lie in 10 to 18
    np.testing.assert_allclose(own["background"].sel(bg_species="CO"), base["background"].sel(bg_species="CO"))


def test_parts_of_fine_particles_follow_them_in_a_window(background, days, settings):
    window = WindowTable((WindowFactors("noon", Window("always"), HALF_NOX, {"PM25": 0.7}),))
    base = background_dataset(background, days, settings)
    own = hourly_inflow(base, window.factors_at("noon", local_hours(days)))
    np.testing.assert_allclose(own["aloft"].sel(bg_species="PM25_SO4"), 0.7 * base["aloft"].sel(bg_species="PM25_SO4"))


def test_a_run_holds_the_windows_and_another_window_is_another_run(
    streams, days, background, settings, table, tmp_path
):
    driver = BoxDriver(streams, table, days, background, settings)
    first = driver.prepare(tmp_path)[0]
    with xr.open_dataset(first.folder / "input.nc") as data:
        nox = data["emission"].sel(species="NO").isel(which=0, zone=0).to_numpy()
    assert nox[0, 12] / nox[0, 9] == pytest.approx(0.5, rel=STORED)  # both hours by day: 1.2 of the table
    before = (first.folder / "run.json").read_text("utf-8")
    later = replace(NOON, hours=read_hours("11-18"))
    other = replace(driver, table=WindowTable((WindowFactors("noon", later, HALF_NOX, {"O3": 0.8}),)))
    assert (other.prepare(tmp_path)[0].folder / "run.json").read_text("utf-8") != before
