"""The ratio from a target: rays and line on a plane worked by hand, and a surface that never gets there."""

import numpy as np
import pytest
import xarray as xr

from evaluation.matrix import surface_of
from evaluation.target_ray import first_at, target_line, target_ray, target_rays

SURFACE = 0.02  # of a cut in percent: the fitted surface of a plane
LEVELS = np.array([0.0, 0.25, 0.5, 0.75, 1.0, 1.25])


@pytest.fixture(scope="module")
def plane():
    """O3 = 200 - 40 x VOC cut + 20 x NOx cut: a VOC-limited city; 180 needs VOC cut = 0.5 + 0.5 x NOx cut."""
    nox, voc = np.meshgrid(1.0 - LEVELS, 1.0 - LEVELS, indexing="ij")
    return xr.DataArray(200.0 - 40.0 * voc + 20.0 * nox, {"nox": LEVELS, "voc": LEVELS}, ("nox", "voc"))


def test_rays_of_a_plane(plane):
    rays = target_rays(plane, surface_of(plane), 180.0, (0.0, 1.25, 2.0, float("inf"))).set_index("ratio")
    assert not rays.loc[0.0, "reached"]
    assert np.isnan(rays.loc[0.0, "nox_cut_pct"])
    assert rays.loc[0.0, "o3"] == pytest.approx(220.0, abs=SURFACE)
    assert rays.loc[1.25, "nox_cut_pct"] == pytest.approx(200.0 / 3.0, abs=SURFACE)  # 200 - 50 t + 20 t = 180
    assert rays.loc[2.0, "nox_cut_pct"] == pytest.approx(100.0 / 3.0, abs=SURFACE)
    assert rays.loc[2.0, "voc_cut_pct"] == pytest.approx(200.0 / 3.0, abs=SURFACE)
    assert rays.loc[np.inf, "voc_cut_pct"] == pytest.approx(50.0, abs=SURFACE)
    assert rays.loc[np.inf, "nox_cut_pct"] == 0.0


def test_the_least_ray_cuts_voc_alone_where_nox_cuts_harm(plane):
    best = target_ray(target_rays(plane, surface_of(plane), 180.0), 180.0)
    assert best.reached
    assert np.isinf(best.ratio)
    dear = target_ray(target_rays(-plane + 400.0, surface_of(-plane + 400.0), 190.0), 190.0)
    assert dear.ratio == 0.0  # the mirror image: NOx alone


def test_the_line_of_a_plane(plane):
    line = target_line(plane, surface_of(plane), 180.0)
    assert (line.slope, line.intercept) == pytest.approx((0.5, 0.5), abs=1e-3)
    assert line.r2 == pytest.approx(1.0, abs=1e-4)


def test_the_line_ends_at_the_ridge():
    """Beyond a NOx cut of a half the plane turns down: the line keeps to the side on which NOx cuts harm."""
    nox, voc = np.meshgrid(1.0 - LEVELS, 1.0 - LEVELS, indexing="ij")
    hill = 200.0 - 40.0 * voc + 20.0 * np.minimum(nox, 1.0 - nox)
    data = xr.DataArray(hill, {"nox": LEVELS, "voc": LEVELS}, ("nox", "voc"))
    line = target_line(data, surface_of(data), 180.0)
    assert 0.2 < line.slope < 0.7
    assert 35 <= line.n <= 60


def test_what_no_cut_reaches(plane):
    surface = surface_of(plane)
    rays = target_rays(plane, surface, 100.0)
    assert not rays["reached"].any()
    assert not target_ray(rays, 100.0).reached
    line = target_line(plane, surface, 100.0)
    assert np.isnan(line.slope)
    assert line.n == 0


def test_what_is_reached_already(plane):
    rays = target_rays(plane, surface_of(plane), 250.0)
    assert (rays["total_cut_pct"] == 0.0).all()


def test_the_weight_of_voc_counts_in_the_total(plane):
    rays = target_rays(plane, surface_of(plane), 180.0, (2.0,), voc_weight=3.0)
    assert rays["total_cut_pct"].item() == pytest.approx(100.0 / 3.0 + 3.0 * 200.0 / 3.0, abs=0.1)


def test_first_at_by_hand():
    x = np.array([0.0, 1.0, 2.0])
    assert first_at(x, np.array([10.0, 6.0, 2.0]), 5.0) == pytest.approx(1.25)
    assert first_at(x, np.array([4.0, 6.0, 2.0]), 5.0) == 0.0
    assert np.isnan(first_at(x, np.array([9.0, 9.0, 9.0]), 5.0))
