"""The datums of Chinese web maps: published points, round trips, what stays unmoved."""

import numpy as np
import pytest

from aqcore.gcj02 import TO_WGS84, bd09_to_wgs84, gcj02_to_bd09, gcj02_to_wgs84, wgs84_to_gcj02

PUBLISHED_DEG = 1e-9  # the published points carry 12 decimals
METRE_DEG = 1.0 / 111_000.0  # one metre of latitude
ROUND_TRIP_DEG = 1e-3 * METRE_DEG  # the inverse iterates to a millimetre at least

# (lat, lon) in WGS84 and in GCJ-02: test points of the public eviltransform project
POINTS = [
    ((31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)),
    ((22.543847, 113.912316), (22.540796131694766, 113.9171764808363)),
    ((39.911954, 116.377817), (39.91334545536069, 116.38404722455657)),
]


@pytest.mark.parametrize(("wgs", "gcj"), POINTS)
def test_published_points(wgs: tuple[float, float], gcj: tuple[float, float]) -> None:
    lon, lat = wgs84_to_gcj02(wgs[1], wgs[0])
    assert float(lat) == pytest.approx(gcj[0], abs=PUBLISHED_DEG)
    assert float(lon) == pytest.approx(gcj[1], abs=PUBLISHED_DEG)


def test_published_baidu_point() -> None:
    # the example of the public coordtransform project; eviltransform's BD-09 has another frequency and is 40 m off
    lon, lat = gcj02_to_bd09(116.404, 39.915)
    assert float(lon) == pytest.approx(116.41036949371029, abs=PUBLISHED_DEG)
    assert float(lat) == pytest.approx(39.92133699351021, abs=PUBLISHED_DEG)


def test_round_trips_over_china() -> None:
    lon, lat = np.meshgrid(np.linspace(74.0, 134.0, 61), np.linspace(18.5, 53.5, 36))
    back = gcj02_to_wgs84(*wgs84_to_gcj02(lon, lat))
    assert np.abs(back[0] - lon).max() < ROUND_TRIP_DEG
    assert np.abs(back[1] - lat).max() < ROUND_TRIP_DEG
    baidu = bd09_to_wgs84(*gcj02_to_bd09(*wgs84_to_gcj02(lon, lat)))
    assert np.abs(baidu[0] - lon).max() < ROUND_TRIP_DEG
    assert np.abs(baidu[1] - lat).max() < ROUND_TRIP_DEG


def test_the_shift_in_beijing_is_some_hundred_metres() -> None:
    lon, lat = wgs84_to_gcj02(116.4, 39.9)
    metres = np.hypot((lon - 116.4) * 111_320.0 * np.cos(np.radians(39.9)), (lat - 39.9) * 111_320.0)
    assert 300.0 < float(metres) < 800.0


def test_nothing_moves_outside_china() -> None:
    lon, lat = wgs84_to_gcj02([2.35, -74.0], [48.85, 40.7])
    assert lon.tolist() == [2.35, -74.0]
    assert lat.tolist() == [48.85, 40.7]


def test_wgs84_is_left_alone() -> None:
    lon, lat = TO_WGS84["wgs84"](116.4, 39.9)
    assert (float(lon), float(lat)) == (116.4, 39.9)
