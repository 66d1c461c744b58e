"""Deposition velocities: the table and how day and night mix."""

import numpy as np
import pytest

from drivers.box_model import tracers
from drivers.box_model.deposition import deposition_loss, velocities


def test_ozone_by_day_over_a_kilometre():
    """0.3 cm/s over 1000 m is 3e-6 s-1."""
    assert deposition_loss(("O3",), np.array(1.0), np.array(1000.0))[0] == pytest.approx(3e-6)


def test_night_is_slower_and_twilight_between():
    day, dusk, night = deposition_loss(("HNO3",), np.array([1.0, 0.5, 0.0]), np.full(3, 500.0))[0]
    assert day == pytest.approx(0.02 / 500.0)
    assert night == pytest.approx(0.005 / 500.0)
    assert dusk == pytest.approx((day + night) / 2.0)


def test_a_species_that_is_not_listed_stays():
    assert deposition_loss(("CO", "OH"), np.ones(3), np.full(3, 300.0)).tolist() == [[0.0] * 3] * 2


def test_loss_follows_the_height():
    loss = deposition_loss(("SO2", "NO2"), np.ones((2, 4)), np.array([[200.0] * 4, [800.0] * 4]))
    assert loss.shape == (2, 2, 4)
    assert loss[:, 0] == pytest.approx(4.0 * loss[:, 1])


def test_every_listed_species_is_known(cb6):
    known = {*cb6.species, *tracers.deposition_names()}
    assert set(velocities()) <= known


def test_every_tracer_of_the_aerosol_deposits():
    assert {name for name in tracers.deposition_names() if name not in velocities()} == set()


def test_no_velocity_is_beyond_what_turbulence_allows():
    for name, velocity in velocities().items():
        assert 0.0 <= velocity.night <= velocity.day <= 0.03, name
