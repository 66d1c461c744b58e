"""One box of a city as a case for other models: it follows the city's run, and its parts are the engine's arguments."""

import numpy as np
import pytest

from aqcore.errors import InputError
from drivers.box_model.chemistry import make_engine
from drivers.box_model.peer_case import solved
from drivers.box_model.rates import number_density
from drivers.box_model.recorded_case import _jump, recorded_case
from drivers.box_model.simulation import simulate

OZONE_PPB = 1.0  # of hourly means: rows hold 600 s, jumps act over the half hour that follows
EXACT = 1e-12


@pytest.fixture
def made(inputs, settings):
    one = inputs.isel(day=[0])
    engine = make_engine(settings)
    case, water = recorded_case(one, settings, engine, "110102")
    return one, engine, case, water


def test_the_case_follows_the_run(made, settings):
    one, engine, case, water = made
    assert case.times[0] == 0.0
    assert case.times[-1] == 86_400.0
    assert 0.001 < water < 0.05
    air = number_density(case.temperature, case.pressure)
    ozone = solved(case, engine)[:, case.mechanism.index("O3")] / air * 1e9
    hours = ozone[:-1].reshape(24, 6)
    means = 0.5 * (hours + ozone[1:].reshape(24, 6)).mean(axis=1)
    run = simulate([one], settings, engine)[0]["O3"][0, :, 1]
    assert np.abs(means - run).max() < OZONE_PPB


def test_jumps_carry_one_state_to_the_other():
    source, sink = _jump(np.array([100.0, 200.0, 0.0, 50.0]), np.array([100.0, 100.0, 60.0, 0.0]), 600.0)
    assert source == pytest.approx([0.0, 0.0, 0.1, 0.0], rel=EXACT)
    assert sink[1] == pytest.approx(np.log(2.0) / 600.0, rel=EXACT)
    assert sink[[0, 2]] == pytest.approx([0.0, 0.0])
    assert sink[3] == pytest.approx(np.log(50.0) / 600.0, rel=EXACT)


def test_bad_questions(inputs, settings):
    one = inputs.isel(day=[0])
    with pytest.raises(InputError, match="no district '110199'"):
        recorded_case(one, settings, make_engine(settings), "110199")
    with pytest.raises(InputError, match="do not divide"):
        recorded_case(one, settings, make_engine(settings), "110102", step=700.0)
