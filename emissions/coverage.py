"""Exact coverage of the cells of a regular grid by polygons.

Signed-area accumulation: an edge adds to each cell of a row the area between itself and the right side of the
grid, so that the sum over the closed edges of a polygon leaves the covered area. Edges are cut at the lines of
the grid first; the effort grows with the number of crossed cells, not with the size of the grid. This is the
coverage accumulation of font rasterisers (for instance R. Levien's font-rs), applied to districts.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import shapely
import shapely.geometry.base as shapes

from aqcore.errors import Faults
from aqcore.grid import Grid

COVERAGE_TOLERANCE = 1e-9
"""A coverage outside 0..1 by more than this comes from a polygon that overlaps itself, not from rounding."""

RESIDUE = 1e-12
"""A smaller coverage is what rounding leaves in cells that a polygon does not touch (some 1e-15)."""

Rings = list[np.ndarray]


def rings_of(geometry: shapes.BaseGeometry) -> Rings:
    """Return the rings of a polygon or multipolygon as open (vertex, 2) arrays.

    Exterior rings run counter-clockwise and holes clockwise, whatever the file said.
    """
    parts = shapely.get_parts(geometry)
    if any(part.geom_type != "Polygon" for part in parts):
        raise ValueError(f"a district is a polygon or multipolygon, not a {geometry.geom_type}")
    rings = []
    for part in parts:
        rings.append(_oriented(part.exterior, 1.0))
        rings.extend(_oriented(ring, -1.0) for ring in part.interiors)
    return rings


def _oriented(ring: shapes.BaseGeometry, sign: float) -> np.ndarray:
    points = shapely.get_coordinates(ring)[:-1]
    return points if ring_area(points) * sign >= 0.0 else points[::-1]


def ring_area(points: np.ndarray) -> float:
    """Return the signed area of an open ring (vertex, 2): positive when it runs counter-clockwise."""
    x, y = (points - points.mean(axis=0)).T
    return float(0.5 * np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))


def coverage(rings: Iterable[np.ndarray], ncols: int, nrows: int) -> np.ndarray:
    """Return the share of each cell that the rings cover, (y, x).

    Rings are (vertex, 2) in units of cells, (0, 0) the lower-left corner of the grid, and may lie partly or
    wholly outside it; exterior rings run counter-clockwise, holes clockwise.
    """
    closed = [np.concatenate([ring, ring[:1]]) for ring in rings if len(ring)]
    if not closed:
        return np.zeros((nrows, ncols))
    start = np.concatenate([ring[:-1] for ring in closed])
    end = np.concatenate([ring[1:] for ring in closed])
    start, end = _inside_rows(*_cut(start, end, 1, nrows), nrows)
    start, end = _cut(start, end, 0, ncols)
    return _accumulate(start, end, ncols, nrows)


def _cut(start: np.ndarray, end: np.ndarray, axis: int, last: int) -> tuple[np.ndarray, np.ndarray]:
    """Cut segments at the grid lines 0..last of one axis; the pieces keep their direction."""
    a, b = start[:, axis], end[:, axis]
    first = np.maximum(np.floor(np.minimum(a, b)) + 1, 0).astype(np.int64)
    final = np.minimum(np.ceil(np.maximum(a, b)) - 1, last).astype(np.int64)
    cuts = np.maximum(final - first + 1, 0)
    owner = np.repeat(np.arange(len(a)), cuts)
    step = np.arange(len(owner)) - np.repeat(np.cumsum(cuts) - cuts, cuts)
    rising = (b > a)[owner]
    line = np.where(rising, first[owner] + step, final[owner] - step)
    points = _points_on(start[owner], end[owner], axis, line)
    return _pieces(start, end, points, cuts)


def _points_on(start: np.ndarray, end: np.ndarray, axis: int, line: np.ndarray) -> np.ndarray:
    share = (line - start[:, axis]) / (end[:, axis] - start[:, axis])
    points: np.ndarray = start + (end - start) * share[:, None]
    points[:, axis] = line
    return points


def _pieces(start: np.ndarray, end: np.ndarray, points: np.ndarray, cuts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Put the cutting points of each segment between its two ends."""
    count = len(start) + len(points)
    heads = np.arange(len(start)) + np.cumsum(cuts) - cuts
    is_cut = np.ones(count, dtype=bool)
    is_cut[heads] = False
    starts = np.empty((count, 2))
    starts[heads], starts[is_cut] = start, points
    ends = np.empty((count, 2))
    is_last = np.zeros(count, dtype=bool)
    is_last[heads + cuts] = True
    ends[is_last], ends[~is_last] = end, points
    return starts, ends


def _inside_rows(start: np.ndarray, end: np.ndarray, nrows: int) -> tuple[np.ndarray, np.ndarray]:
    middle = 0.5 * (start[:, 1] + end[:, 1])
    inside = (middle > 0.0) & (middle < nrows) & (start[:, 1] != end[:, 1])
    return start[inside], end[inside]


def _accumulate(start: np.ndarray, end: np.ndarray, ncols: int, nrows: int) -> np.ndarray:
    """Sum, for pieces that lie within one cell, the area between each piece and the right side of the grid.

    A piece left of the grid acts on the whole row, a piece right of it on nothing.
    """
    middle = np.clip(0.5 * (start + end), [0.0, 0.0], [ncols, nrows])
    height = start[:, 1] - end[:, 1]
    row = np.minimum(middle[:, 1].astype(np.int64), nrows - 1)
    column = middle[:, 0].astype(np.int64)
    right = 1.0 - (middle[:, 0] - column)
    width = ncols + 2
    place = row * width + column
    total = np.bincount(place, height * right, nrows * width)
    total += np.bincount(place + 1, height * (1.0 - right), nrows * width)
    # a ring that runs counter-clockwise goes up on its right side: what lies right of a falling edge is inside
    return np.asarray(np.cumsum(total.reshape(nrows, width), axis=1)[:, :ncols])


def grid_rings(geometry: shapes.BaseGeometry, grid: Grid) -> Rings:
    """Return the rings of a lon-lat geometry (degrees) in units of the cells of `grid`."""
    rings = []
    for ring in rings_of(geometry):
        x, y = grid.project(ring[:, 0], ring[:, 1])
        rings.append(np.column_stack([(x - grid.xorig) / grid.xcell, (y - grid.yorig) / grid.ycell]))
    return rings


def district_coverage(geometries: Mapping[str, shapes.BaseGeometry], grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Return how much of each cell lies in each district, and the share of each district inside the grid.

    `geometries` are lon-lat polygons (degrees, WGS84) by district. The first array is (zone, y, x), the area
    fraction of the cell, the second (zone,), dimensionless; areas are those of the grid's plane, in which the
    edges of a polygon are straight. A district without area or one that overlaps itself raises `InputError`.
    """
    covered = np.zeros((len(geometries), grid.nrows, grid.ncols))
    inside = np.zeros(len(geometries))
    faults = Faults()
    for number, (code, geometry) in enumerate(geometries.items()):
        rings = grid_rings(geometry, grid)
        area = sum(ring_area(ring) for ring in rings)
        part = coverage(rings, grid.ncols, grid.nrows)
        _check(code, part, area, faults)
        covered[number] = np.where(part < RESIDUE, 0.0, np.minimum(part, 1.0))
        inside[number] = covered[number].sum() / area if area > 0.0 else 0.0
    faults.raise_if_any()
    return covered, inside


def _check(code: str, part: np.ndarray, area: float, faults: Faults) -> None:
    if not area > 0.0:
        faults.add(f"district {code}", "its polygon has no area", "give a polygon with at least three corners")
    elif part.min() < -COVERAGE_TOLERANCE or part.max() > 1.0 + COVERAGE_TOLERANCE:
        what = f"its polygon overlaps itself (coverage of a cell {part.min():.3g} to {part.max():.3g})"
        faults.add(f"district {code}", what, "repair the polygon, for instance with shapely.make_valid")
