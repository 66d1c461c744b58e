"""The input of a run: zones, weather, emissions and inflow of a city, and what is refused."""

import dataclasses
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from aqcore.errors import InputError
from drivers.box_model.box_case import (
    background_dataset,
    emission_dataset,
    inflow_cycle,
    passes,
    scaled_inflow,
    steadiness_table,
    weather_dataset,
    zone_table,
)
from drivers.box_model.settings import BoxSettings
from observations.background import Background

ZONES = ("110101", "110102", "110111")


def inflow_of(background):
    return dict(background.values)


def test_zones_have_area_and_centre(streams, days, settings):
    zones = zone_table(streams, days.zones, settings)
    assert zones["area"].to_numpy().tolist() == [50e6, 60e6, 1900e6]
    assert zones["lon"].to_numpy() == pytest.approx([116.40, 116.36, 116.10])
    assert zones["core"].to_numpy().tolist() == [1, 1, 0]
    assert zones["green"].to_numpy() == pytest.approx([0.3] * 3)


def test_unknown_zones_are_told_together(streams):
    with pytest.raises(InputError) as caught:
        zone_table(streams, ("110101", "999999"), BoxSettings(core_zones=("888888",)))
    text = str(caught.value)
    assert "999999" in text
    assert "888888" in text


def test_typical_days_are_their_own_spin_up(inputs, days):
    assert inputs.sizes["which"] == 1
    assert len(passes(days)) == 1


def test_observed_days_bring_the_day_before(streams, observed_days, settings):
    data = weather_dataset(observed_days, zone_table(streams, ZONES, settings), settings)
    assert data.sizes["which"] == 2
    difference = (data["T"].isel(which=1) - data["T"].isel(which=0)).to_numpy()
    assert difference == pytest.approx(np.full((2, 24, 3), 2.0))
    midnights = data["midnight_utc"].to_numpy().astype("datetime64[h]")
    assert midnights[0, 0] == np.datetime64("2013-07-08T16")
    assert midnights[1, 0] == np.datetime64("2013-07-09T16")


def test_optical_depth_follows_observed_particles(inputs):
    assert inputs["aod"].isel(which=0, day=0).to_numpy() == pytest.approx([0.012 * 70.0] * 3)
    assert inputs["aod"].isel(which=0, day=1).to_numpy() == pytest.approx([0.0048 * 180.0] * 3)


def test_without_observations_it_is_the_mean_of_the_season(streams, days, settings):
    blank = dataclasses.replace(days, data=days.data.assign(obs_PM25=days.data["obs_PM25"] * np.nan))
    data = weather_dataset(blank, zone_table(streams, ZONES, settings), settings)
    assert data["aod"].to_numpy()[0, :, 0] == pytest.approx([0.8, 0.5])


def test_given_layer_heights_are_used_where_complete(streams, days, settings):
    given = np.full((2, 24, 3), 777.0)
    given[1, 5, 0] = np.nan
    with_height = dataclasses.replace(days, data=days.data.assign(pblh=(("day", "hour", "zone"), given)))
    data = weather_dataset(with_height, zone_table(streams, ZONES, settings), settings)
    height = data["height"].isel(which=0)
    assert height.isel(day=0).to_numpy() == pytest.approx(np.full((25, 3), 777.0))
    assert height.isel(day=1, zone=0).to_numpy().std() > 1.0  # parameterised: an hour was missing
    assert height.isel(day=1, zone=1).to_numpy() == pytest.approx(np.full(25, 777.0))


def test_parameterised_heights_are_a_day_of_mixing(inputs):
    height = inputs["height"].isel(which=0)
    summer, winter = height.isel(day=0, zone=0).to_numpy(), height.isel(day=1, zone=0).to_numpy()
    assert 900.0 < summer.max() < 2200.0
    assert winter.max() < 0.7 * summer.max()
    assert np.argmax(summer) in {16, 17, 18}


def test_light_winds_are_less_steady(inputs):
    speeds, shares = steadiness_table()
    assert (np.diff(shares) > 0.0).all()
    assert inputs["steadiness"].isel(which=0, day=1).to_numpy().max() < 0.52
    fixed = BoxSettings(wind_steadiness=0.9)
    assert fixed.wind_steadiness == 0.9
    assert speeds.max() <= 6.0


def test_plants_emit_in_the_warm_season_only(inputs):
    isoprene = inputs["biogenic"].sel(bio_species="ISOP").isel(which=0)
    assert isoprene.isel(day=0).max() > 0.0
    assert isoprene.isel(day=1).max() == 0.0
    by_area = isoprene.isel(day=0, hour=12).to_numpy() / inputs["area"].to_numpy()
    assert by_area == pytest.approx([by_area[0]] * 3, rel=0.02)  # the sun stands nearly alike


def test_emission_keeps_the_streams_order_and_local_hours(streams, days, settings):
    emission = emission_dataset(streams, days, days.zones, None, settings.timezone)
    assert emission.dims == ("species", "which", "day", "hour", "zone")
    no = emission.sel(species="NO").isel(which=0, day=0, zone=0).to_numpy()
    assert no[6] == pytest.approx(5.0 * 0.6)
    assert no[7] == pytest.approx(5.0 * 1.2)  # 7 h local time


def test_factors_reach_the_emission(streams, days, settings):
    import xarray as xr

    half = xr.DataArray([[0.5]], {"source": ["a"], "pollutant": ["NOx"]}, ("source", "pollutant"))
    base, cut = (emission_dataset(streams, days, days.zones, f, settings.timezone) for f in (None, half))
    assert cut.sel(species="NO").to_numpy() == pytest.approx(0.5 * base.sel(species="NO").to_numpy())
    assert cut.sel(species="CO").to_numpy() == pytest.approx(base.sel(species="CO").to_numpy())


def test_ozone_near_the_ground_has_a_daily_cycle_and_aloft_keeps_the_afternoon(inputs):
    ground = inputs["background"].sel(bg_species="O3").isel(day=0).to_numpy()
    assert ground.argmin() == 7
    assert ground.max() == pytest.approx(55.0)
    assert inputs["aloft"].sel(bg_species="O3").to_numpy() == pytest.approx([55.0, 55.0])
    assert np.ptp(inputs["background"].sel(bg_species="CO").to_numpy()) == 0.0


def test_the_cycle_can_be_switched_off(background, days):
    flat = background_dataset(background, days, BoxSettings(inflow_cycle=False))
    assert np.ptp(flat["background"].sel(bg_species="O3").to_numpy()) == 0.0


def test_hourly_inflow_is_taken_as_it_is(background, days, settings):
    hourly = tuple(30.0 + h for h in range(24))
    own = Background({**inflow_of(background), ("summer", "O3"): hourly}, pd.DataFrame())
    found = background_dataset(own, days, settings)
    assert found["background"].sel(bg_species="O3").isel(day=0).to_numpy() == pytest.approx(hourly)
    assert found["aloft"].sel(bg_species="O3").isel(day=0) == pytest.approx(45.0)  # mean of 13 to 17 h


def test_every_cycle_has_24_factors_up_to_one():
    for factors in inflow_cycle().values():
        assert factors.shape == (24,)
        assert ((factors > 0.0) & (factors <= 1.0)).all()


def test_the_case_of_a_day_names_its_inflow_before_the_season(background, days, settings):
    """A real day is labelled with its date; its kind (haze) has its own inflow where the table knows it."""
    own = {("haze", name): value for (season, name), value in inflow_of(background).items() if season == "winter"}
    own["haze", "CO"] = (1400.0,) * 24
    table = Background({**inflow_of(background), **own}, pd.DataFrame())
    kinds = days.data.assign_coords(case=("day", ["summer_other", "haze"]), label=("day", ["2013-07-10", "2013-01-16"]))
    found = background_dataset(table, replace(days, data=kinds), settings)
    assert found["background"].sel(bg_species="CO").to_numpy()[:, 0] == pytest.approx([400.0, 1400.0])
    seasons = background_dataset(table, days, settings)
    assert seasons["background"].sel(bg_species="CO").to_numpy()[:, 0] == pytest.approx([400.0, 400.0])


def test_inflow_factors_of_a_scenario(background, days, settings):
    base = background_dataset(background, days, settings)
    cut = scaled_inflow(base, {"O3": 0.9, "PM25": 0.8, "PM25_SO4": 0.5})
    ratio = {
        name: float((cut["aloft"] / base["aloft"]).sel(bg_species=name).isel(day=0))
        for name in ("O3", "CO", "PM25", "PM25_SO4", "PM25_NO3")
    }
    assert ratio == pytest.approx({"O3": 0.9, "CO": 1.0, "PM25": 0.8, "PM25_SO4": 0.5, "PM25_NO3": 0.8})


def test_fine_particles_without_parts_are_refused(background, days, settings):
    bare = {key: value for key, value in inflow_of(background).items() if key[1] != "PM25_NO3"}
    with pytest.raises(InputError, match="PM25_NO3"):
        background_dataset(Background(bare, pd.DataFrame()), days, settings)
