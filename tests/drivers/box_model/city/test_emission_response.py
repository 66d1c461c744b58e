"""A city's boxes as a case: factors reach the emission that they name, and the answer is that of the run itself."""

import numpy as np
import pytest
import xarray as xr

from drivers.box_model.chemistry import make_engine
from drivers.box_model.emission_response import PLANTS, SECTOR, EmissionResponse, part_emissions
from drivers.box_model.response import O3_UG_PER_PPB, factor_table, highest_eight_hours
from drivers.box_model.simulation import simulate

EXACT = 1e-12


@pytest.fixture
def response(inputs, settings):
    one = inputs.isel(day=[0])
    return EmissionResponse(one, make_engine(settings), settings, {SECTOR + "TRAFFIC": 0.25 * one["emission"]})


def factors(**values):
    return xr.DataArray([list(values.values())], {"scenario": ["x"], "lever": list(values)}, ("scenario", "lever"))


def test_levers_are_gases_plants_and_sectors(response):
    assert {"NO", "NO2", "TOL", "BENZENE", "CO", PLANTS, "sector TRAFFIC"} <= set(response.levers)
    assert "PMOTHR" not in response.levers
    assert "BENZ" not in response.levers


def test_a_factor_scales_what_it_names_and_nothing_else(response, inputs):
    scaled = response._scaled(factors(NO=0.5, BENZENE=0.0).isel(scenario=0))
    before = response.inputs["emission"]
    assert (scaled["emission"].sel(species="NO") == 0.5 * before.sel(species="NO")).all()
    assert (scaled["emission"].sel(species="BENZ") == 0.0).all()
    assert (scaled["emission"].sel(species="TOL") == before.sel(species="TOL")).all()
    assert (scaled["biogenic"] == response.inputs["biogenic"]).all()
    assert scaled.attrs["scenario"] == "x"


def test_plants_are_their_own_lever(response):
    scaled = response._scaled(factors(plants=0.5).isel(scenario=0))
    assert (scaled["biogenic"] == 0.5 * response.inputs["biogenic"]).all()
    assert scaled["emission"].to_numpy() == pytest.approx(response.inputs["emission"].to_numpy(), rel=EXACT)


def test_without_a_sector_its_emission_is_gone(response):
    scaled = response._scaled(factors(**{SECTOR + "TRAFFIC": 0.0}).isel(scenario=0))
    assert scaled["emission"].to_numpy() == pytest.approx(0.75 * response.inputs["emission"].to_numpy(), rel=EXACT)


def test_the_answer_is_the_largest_eight_hours_of_the_run(response, settings):
    answer = response(factor_table({"NOx": ("NO", "NO2")}, 0.5))
    assert answer.sizes == {"scenario": 2, "day": 1}
    ozone = simulate([response.inputs], settings, response.engine)[0]["O3"]
    hourly = xr.DataArray(ozone, dims=("day", "hour", "zone"))
    expected = highest_eight_hours(hourly).to_numpy()[0] @ response.inputs["area"].to_numpy()
    expected *= O3_UG_PER_PPB / float(response.inputs["area"].sum())
    assert answer.sel(scenario="base").item() == pytest.approx(expected, rel=1e-9)
    assert answer.sel(scenario="NOx").item() != pytest.approx(expected, rel=1e-3)


def test_amounts_are_a_day_of_emission_in_the_noon_layer(response):
    one = response.inputs.isel(which=-1)
    moles = float(one["emission"].sel(species="CO").mean("hour").sum("zone").mean("day")) * 86400.0
    air = float((one["P"] / (8.314462618 * one["T"])).mean()) * float(one["height"].isel(edge=12).mean())
    assert response.amounts["CO"] == pytest.approx(moles / float(response.inputs["area"].sum()) / air * 1e9, rel=1e-6)
    assert set(response.amounts) < set(response.levers)


def test_emissions_of_a_part_are_what_zeroing_takes(streams, days, inputs):
    """The fake streams scale a pollutant by the mean factor of its sources: half the sources at zero take half."""
    base = xr.DataArray(np.ones((2, 1)), {"source": ["a", "b"], "pollutant": ["CO"]}, ("source", "pollutant"))
    own = part_emissions(streams, days, {"sector POWER": ["b"]}, base, "Asia/Shanghai")["sector POWER"]
    whole = inputs["emission"]
    assert own.sel(species="CO").to_numpy() == pytest.approx(0.5 * whole.sel(species="CO").to_numpy(), rel=1e-6)
    assert (own.sel(species="NO") == 0.0).all()
    assert (base == 1.0).all()
