"""The nested inflow: rows sum to one, and the city as a whole is flushed at U / L."""

import numpy as np
import pytest

from drivers.box_model.inflow import inflow

EXACT = 1e-12  # sums of a few terms
KM2 = 1e6
AREA = np.array([42.0, 50.0, 462.0, 304.0, 1446.0, 2126.0]) * KM2
CORE = np.array([True, True, True, True, False, False])
NO_CORE = np.zeros(6, dtype=bool)


@pytest.mark.parametrize("core", [CORE, NO_CORE], ids=["core", "no core"])
def test_shares_are_positive_and_sum_to_one(core):
    flow = inflow(AREA, core)
    assert (flow.weights >= 0.0).all()
    assert (flow.outside > 0.0).all()
    assert flow.weights.sum(axis=1) + flow.outside == pytest.approx(np.ones(6), abs=EXACT)


@pytest.mark.parametrize("core", [CORE, NO_CORE], ids=["core", "no core"])
def test_mass_leaves_the_city_as_its_outflow_says(core):
    """Sum over zones of width x (inflow - content) = L_city x (region - mixed air of the city), for any contents."""
    content = np.array([90.0, 80.0, 60.0, 70.0, 30.0, 20.0])
    region, side, city = 10.0, np.sqrt(AREA), np.sqrt(AREA.sum())
    entering = inflow(AREA, core).air(content, np.full(6, region))
    gain = (side * (entering - content)).sum()
    width = side.copy()
    mixed = content.copy()
    if core.any():
        core_side = np.sqrt(AREA[core].sum())
        mixed[core] = (side[core] * content[core]).sum() / side[core].sum()
        width[core] = side[core] / side[core].sum() * core_side
    # inside the core the zones only exchange; what leaves is its mixed air through its own side
    inside = (side[core] * (mixed[core] - content[core])).sum()
    expected = inside + (width * (_city_air(mixed, width) - mixed)).sum() + city * (region - _city_air(mixed, width))
    assert gain == pytest.approx(expected, rel=1e-9)
    assert inside == pytest.approx(0.0, abs=1e-6 * side.sum())


def _city_air(content, width):
    return (width * content).sum() / width.sum()


def test_uniform_air_meets_only_the_region():
    side, city = np.sqrt(AREA), np.sqrt(AREA.sum())
    entering = inflow(AREA, NO_CORE).air(np.full(6, 50.0), np.full(6, 10.0))
    assert 50.0 - entering == pytest.approx(40.0 * side / city)


def test_a_single_zone_breathes_the_region():
    flow = inflow(np.array([1000.0 * KM2]), np.array([False]))
    assert flow.outside.tolist() == [1.0]
    assert flow.weights.tolist() == [[0.0]]


def test_small_districts_breathe_more_of_the_city():
    outside = inflow(AREA, NO_CORE).outside
    assert np.argsort(outside).tolist() == np.argsort(AREA).tolist()


def test_core_districts_breathe_core_air_first():
    flow = inflow(AREA, CORE)
    assert flow.weights[0, CORE].sum() > 0.7
    assert flow.weights[4, CORE].sum() < 0.5


def test_leading_dimensions_are_kept():
    flow = inflow(AREA, CORE)
    content = np.arange(24.0).reshape(2, 2, 6)
    entering = flow.air(content, np.zeros((2, 2, 1)))
    assert entering.shape == (2, 2, 6)
    assert entering[1, 0] == pytest.approx(flow.air(content[1, 0], np.zeros(6)))
