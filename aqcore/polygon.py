"""Polygons on the globe: rings of longitude and latitude, their area, what lies inside."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

AUTHALIC_RADIUS_M = 6371007.2
"""Radius of the sphere with the area of the WGS84 ellipsoid, m."""
SMALLEST_RING = 4
"""A ring needs three corners and the first one again."""


def closed_ring(points: ArrayLike) -> FloatArray:
    """Return a ring (n, 2) of longitude, latitude whose last point is the first one.

    Raises `ValueError` for fewer than three corners, values that are not finite, or values that
    are no degrees (a projected file).
    """
    ring = np.array(points, float)
    if ring.ndim != 2 or ring.shape[1] < 2:
        raise ValueError("a ring is a list of pairs (longitude, latitude)")
    ring = ring[:, :2]
    if len(ring) and not np.array_equal(ring[0], ring[-1]):
        ring = np.vstack([ring, ring[:1]])
    if len(ring) < SMALLEST_RING:
        raise ValueError("a ring needs at least three corners")
    if not np.isfinite(ring).all() or np.abs(ring[:, 0]).max() > 360.0 or np.abs(ring[:, 1]).max() > 90.0:
        raise ValueError("coordinates are not degrees of longitude and latitude")
    return ring


def signed_area_m2(ring: FloatArray) -> float:
    """Return the area (m2) of a closed ring on the authalic sphere, positive when counter-clockwise.

    Edges are straight in the equal-area plane (longitude, sin latitude), which is the convention
    of the regridding too; the shoelace formula is exact there.
    """
    x, y = np.radians(ring[:, 0] - ring[0, 0]), np.sin(np.radians(ring[:, 1]))
    return 0.5 * float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])) * AUTHALIC_RADIUS_M**2


@dataclass(frozen=True, eq=False)
class Polygon:
    """One outer ring and its holes; rings are closed (n, 2) arrays of longitude and latitude."""

    exterior: FloatArray
    holes: tuple[FloatArray, ...] = ()

    def area_m2(self) -> float:
        """Return the area (m2) on the sphere, without the holes."""
        return abs(signed_area_m2(self.exterior)) - sum(abs(signed_area_m2(hole)) for hole in self.holes)

    def moved(self, transform: Callable[[ArrayLike, ArrayLike], tuple[FloatArray, FloatArray]]) -> "Polygon":
        """Return the polygon with each point sent through `transform(lon, lat)`."""
        rings = [np.column_stack(transform(ring[:, 0], ring[:, 1])) for ring in (self.exterior, *self.holes)]
        return Polygon(rings[0], tuple(rings[1:]))


def to_shapely(polygons: Sequence[Polygon]) -> shapely.MultiPolygon:
    """Return the polygons as one shapely geometry in longitude and latitude."""
    return shapely.MultiPolygon([shapely.Polygon(polygon.exterior, polygon.holes) for polygon in polygons])


def polygons_of_rings(rings: Sequence[FloatArray]) -> tuple[Polygon, ...]:
    """Sort loose rings into polygons: clockwise rings are outer ones, the others holes of the smallest outer around.

    A hole that lies in no outer ring is taken as an outer ring (files with wrong orientation).
    No ring at all is a `ValueError`.
    """
    if not rings:
        raise ValueError("no polygon")
    outer = [ring for ring in rings if signed_area_m2(ring) < 0.0]
    shapes = [shapely.Polygon(ring) for ring in outer]
    holes: list[list[FloatArray]] = [[] for _ in outer]
    alone: list[FloatArray] = []
    for ring in rings:
        if signed_area_m2(ring) < 0.0:
            continue
        around = [k for k, shape in enumerate(shapes) if shape.covers(shapely.Point(ring[0]))]
        if around:
            holes[min(around, key=lambda k: shapes[k].area)].append(ring)
        else:
            alone.append(ring)
    return tuple(Polygon(ring, tuple(h)) for ring, h in zip(outer, holes, strict=True)) + tuple(map(Polygon, alone))
