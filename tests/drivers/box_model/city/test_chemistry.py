"""What the coefficients of boxes depend on: weather is shared, each scenario's uptake and methane in its own boxes."""

import numpy as np
import pytest

from drivers.box_model.batch import Batch
from drivers.box_model.chemistry import Rates, make_engine
from drivers.box_model.photolysis import load_table
from drivers.box_model.rates import environment, rate_coefficients
from drivers.box_model.settings import BoxSettings

NOON = 12 * 3600.0
EXACT = 1e-12


@pytest.fixture
def batch(inputs, settings, cb6):
    more_methane = inputs.copy(deep=True)
    more_methane["background"].loc[{"bg_species": "CH4"}] *= 1.5
    more_methane["aloft"].loc[{"bg_species": "CH4"}] *= 1.5
    return Batch([inputs, more_methane], cb6.species, settings)


@pytest.fixture
def rates(cb6):
    return Rates(cb6, load_table())


@pytest.fixture
def coefficients(batch, rates, cb6):
    """Coefficients (reaction, box) at noon for uptake and methane."""
    moment = batch.weather[0].moment(NOON)
    light = batch.weather[0].photolysis(moment, NOON, rates.table)

    def of(uptake, methane):
        return rate_coefficients(cb6, rates.environment((moment,), (light,), uptake, methane))[0]

    return of


def test_coefficients_are_those_of_every_single_box(batch, rates, coefficients, cb6):
    moment = batch.weather[0].moment(NOON)
    light = batch.weather[0].photolysis(moment, NOON, rates.table)
    day, zone = 1, 2
    photolysis = {name: light[rates.table.names.index(name), day, zone] for name in cb6.photolysis}
    T, P, water = (np.array([[getattr(moment, name)[day, zone]]]) for name in ("T", "P", "water"))
    alone = rate_coefficients(cb6, environment(cb6, T, P, water, photolysis, dict.fromkeys(cb6.heterogeneous, 0.0)))
    k = coefficients({}, np.zeros((2, 2))).reshape(len(cb6.reactions), 2, 2, 3)
    assert k[:, 1, day, zone] == pytest.approx(alone[0, :, 0], rel=EXACT)


def test_uptake_is_each_box_s_own(batch, coefficients, cb6):
    uptake = {"HETERO_N2O5IJ": np.arange(12.0).reshape(2, 2, 3)}
    k = coefficients(uptake, batch.region.methane)
    assert k.shape == (len(cb6.reactions), 12)
    assert k[cb6.labels.index("HET_N2O5IJ")].tolist() == list(range(12))
    assert (k[cb6.labels.index("HET_N02")] == 0.0).all()


def test_methane_is_each_scenario_s_own(batch, coefficients, cb6):
    assert batch.region.methane == pytest.approx(np.array([[1900e-9] * 2, [2850e-9] * 2]))
    k = coefficients({}, batch.region.methane).reshape(len(cb6.reactions), 2, 6)
    with_methane = [row for row, reaction in enumerate(cb6.reactions) if "CH4" in reaction.third_bodies]
    assert with_methane
    for row in range(len(cb6.reactions)):
        assert k[row, 1] == pytest.approx(k[row, 0] * (1.5 if row in with_methane else 1.0), rel=EXACT)


def test_unknown_methane_is_the_mechanism_s(coefficients, cb6):
    own = np.full((1, 2), cb6.constants["CH4"])
    assert coefficients({}, np.zeros((1, 2))) == pytest.approx(coefficients({}, own), rel=EXACT)


@pytest.mark.parametrize("name", ["rosenbrock", "micm"])
def test_engines_have_the_settings_mechanism(name):
    engine = make_engine(BoxSettings(engine=name, relative_tolerance=1e-2))
    assert engine.mechanism.name == "cb6r5_ae7"
    assert "CL2" not in engine.mechanism.species  # chlorine is left out by default
    assert engine.rtol == 1e-2


def test_a_box_number_names_its_place(batch):
    assert batch.name_of(0) == "scenario 0, day episode, district 110101"
    assert batch.name_of(11) == "scenario 1, day haze, district 110111"


def test_emission_is_per_area_and_in_the_right_hour(batch, cb6):
    forcing = batch.forcing(0, 7)
    assert forcing.gas[cb6.index("NO"), 0, 0, 0] == pytest.approx(5.0 * 1.2 / 50e6)
    assert batch.forcing(0, 6).gas[cb6.index("NO"), 0, 0, 0] == pytest.approx(5.0 * 0.6 / 50e6)
    assert forcing.ground_gas[cb6.index("CO"), 0, 0, 0] == 400.0


def test_start_is_the_inflow(batch, cb6):
    state = batch.start()
    assert (state.gas[cb6.index("CO")] == 400.0).all()
    assert (state.residual_gas[cb6.index("O3")] == 55.0).all()
    assert (state.gas[cb6.index("O3")] < 55.0).all()  # midnight, near the ground
    assert state.top == pytest.approx(batch.weather[0].height(0.0))
