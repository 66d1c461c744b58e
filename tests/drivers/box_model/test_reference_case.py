"""The synthetic batch: what its draws promise, so that agreement of engines on it means something."""

import numpy as np
import pytest

from drivers.box_model.reference_case import CYCLE, build, draw


@pytest.fixture(scope="module")
def many(cb6):
    return build(cb6, draw(200))


def test_batch_holds_urban_and_rural_summer_and_winter_day_and_night(cb6, many):
    nox = (many.y0[cb6.index("NO")] + many.y0[cb6.index("NO2")]) / many.per_ppb
    assert nox.min() < 2.0
    assert nox.max() > 30.0
    T = many.environment.temperature.mean(axis=0)
    assert T.min() < 275.0
    assert T.max() > 300.0
    light = many.environment.photolysis[:, cb6.photolysis.index("NO2_IUPAC10")]
    assert (light == 0.0).any(axis=0).all()
    assert (light > 1e-3).any(axis=0).all()


def test_the_same_seed_draws_the_same_batch(cb6):
    first, second = build(cb6, draw(3, seed=4)), build(cb6, draw(3, seed=4))
    np.testing.assert_array_equal(first.y0, second.y0)
    np.testing.assert_array_equal(first.emission, second.emission)


def test_emission_follows_the_hours_and_keeps_its_mean(cb6, many):
    # toluene has no background: its supply is emission alone; the case starts at noon
    toluene = many.emission[:, cb6.index("TOL"), 0]
    ratio = toluene / toluene[0]
    assert ratio[2 * 12] == pytest.approx(CYCLE[0] / CYCLE[12])  # midnight to noon
    assert np.trapezoid(toluene, many.node_times) / 86400.0 == pytest.approx(0.077 / 3600.0 * many.per_ppb[0], rel=1e-9)


def test_box_zero_is_the_plain_urban_box(cb6, many):
    assert many.y0[cb6.index("O3"), 0] / many.per_ppb[0] == pytest.approx(50.0)
    assert many.y0[cb6.index("NO2"), 0] / many.per_ppb[0] == pytest.approx(14.0)


def test_some_of_the_boxes(cb6, many):
    part = many.batch(slice(10, 13))
    assert part.per_ppb.size == 3
    np.testing.assert_array_equal(part.environment.photolysis, many.environment.photolysis[..., 10:13])
    np.testing.assert_array_equal(part.loss, many.loss[..., 10:13])
