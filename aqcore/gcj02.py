"""The shifted datums of Chinese web maps, GCJ-02 and BD-09, from and to WGS84.

The GCJ-02 series was never published officially; this is the form known from the public
`eviltransform`/`coordtransform` projects, which agrees with the maps to about a metre.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

KRASOVSKY_1940_A_M = 6378245.0
"""Semi-major axis of the Krasovsky 1940 ellipsoid, m."""
KRASOVSKY_1940_E2 = 0.00669342162296594323
"""First eccentricity squared of the same ellipsoid."""
CHINA_BOX_DEG = (72.004, 137.8347, 0.8293, 55.8271)
"""West, east, south, north: outside of it GCJ-02 is WGS84."""
ORIGIN_DEG = (105.0, 35.0)
"""Longitude and latitude about which the series is written."""
BD09_FREQUENCY = np.pi * 3000.0 / 180.0
"""Frequency (rad per degree) of the wobble of BD-09."""
BD09_OFFSET_DEG = (0.0065, 0.006)
"""Shift of BD-09 against GCJ-02 in longitude and latitude."""
ITERATIONS = 8
"""Fixed-point steps of the inverse; each gains about three digits, so 8 reach rounding."""


def _wave(value: FloatArray, terms: tuple[tuple[float, float], ...]) -> FloatArray:
    total = np.zeros_like(value)
    for amplitude, frequency in terms:
        total += amplitude * np.sin(frequency * value * np.pi)
    return total * 2.0 / 3.0


def _common(x: FloatArray) -> FloatArray:
    return _wave(x, ((20.0, 6.0), (20.0, 2.0)))


def _north_m(x: FloatArray, y: FloatArray) -> FloatArray:
    base = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y**2 + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    return base + _common(x) + _wave(y, ((20.0, 1.0), (40.0, 1.0 / 3.0), (160.0, 1.0 / 12.0), (320.0, 1.0 / 30.0)))


def _east_m(x: FloatArray, y: FloatArray) -> FloatArray:
    base = 300.0 + x + 2.0 * y + 0.1 * x**2 + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    return base + _common(x) + _wave(x, ((20.0, 1.0), (40.0, 1.0 / 3.0), (150.0, 1.0 / 12.0), (300.0, 1.0 / 30.0)))


def _shift_deg(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    x, y = lon - ORIGIN_DEG[0], lat - ORIGIN_DEG[1]
    phi = np.radians(lat)
    w2 = 1.0 - KRASOVSKY_1940_E2 * np.sin(phi) ** 2
    meridian = KRASOVSKY_1940_A_M * (1.0 - KRASOVSKY_1940_E2) / w2**1.5
    normal = KRASOVSKY_1940_A_M / np.sqrt(w2)
    return np.degrees(_east_m(x, y) / (normal * np.cos(phi))), np.degrees(_north_m(x, y) / meridian)


def _inside(lon: FloatArray, lat: FloatArray) -> NDArray[np.bool_]:
    west, east, south, north = CHINA_BOX_DEG
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return GCJ-02 longitude and latitude (degrees) of WGS84 ones; identity outside `CHINA_BOX_DEG`."""
    lon, lat = np.asarray(lon, float), np.asarray(lat, float)
    inside = _inside(lon, lat)
    east, north = _shift_deg(lon, lat)
    return lon + np.where(inside, east, 0.0), lat + np.where(inside, north, 0.0)


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return BD-09 (Baidu) longitude and latitude (degrees) of GCJ-02 ones."""
    lon, lat = np.asarray(lon, float), np.asarray(lat, float)
    radius = np.hypot(lon, lat) + 2e-5 * np.sin(lat * BD09_FREQUENCY)
    angle = np.arctan2(lat, lon) + 3e-6 * np.cos(lon * BD09_FREQUENCY)
    return radius * np.cos(angle) + BD09_OFFSET_DEG[0], radius * np.sin(angle) + BD09_OFFSET_DEG[1]


def _inverse(
    forward: Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray]], lon: ArrayLike, lat: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    target_lon, target_lat = np.asarray(lon, float), np.asarray(lat, float)
    guess_lon, guess_lat = target_lon, target_lat
    for _ in range(ITERATIONS):
        seen_lon, seen_lat = forward(guess_lon, guess_lat)
        guess_lon, guess_lat = guess_lon + target_lon - seen_lon, guess_lat + target_lat - seen_lat
    return guess_lon, guess_lat


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return WGS84 longitude and latitude (degrees) of GCJ-02 ones, by fixed-point iteration."""
    return _inverse(wgs84_to_gcj02, lon, lat)


def bd09_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return WGS84 longitude and latitude (degrees) of BD-09 ones, by fixed-point iteration."""
    return gcj02_to_wgs84(*_inverse(gcj02_to_bd09, lon, lat))


def _unchanged(lon: ArrayLike, lat: ArrayLike) -> tuple[FloatArray, FloatArray]:
    return np.asarray(lon, float), np.asarray(lat, float)


TO_WGS84: dict[str, Callable[[ArrayLike, ArrayLike], tuple[FloatArray, FloatArray]]] = {
    "wgs84": _unchanged,
    "gcj02": gcj02_to_wgs84,
    "bd09": bd09_to_wgs84,
}
"""The transforms to WGS84 by name of the datum."""
