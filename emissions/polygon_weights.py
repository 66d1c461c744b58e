"""Conservative weights between any cells by polygons in the (longitude, sin latitude) plane, whose areas are true.

The sides of cells are straight in that plane. Rectilinear cells are exact (see `emissions.regrid`, which is ten times
faster for them); the sides of curvilinear cells deviate from great circles as little as those of the model do.
"""

import numpy as np
import scipy.sparse as sp
import shapely

from aqcore.errors import Fault, InputError
from aqcore.grid import Grid
from emissions.regrid import SIDE_POINTS, cell_outlines, on_branch


def polygon_weights(lon_corners: np.ndarray, lat_corners: np.ndarray, grid: Grid) -> sp.csr_array:
    """Return the share of each source cell in each model cell, sparse (source, destination).

    `lon_corners`, `lat_corners` (y + 1, x + 1) in degrees; cells count row-major. A cell that folds over itself or
    has no area raises `InputError`.
    """
    source = _quadrilaterals(lon_corners, np.sin(np.radians(lat_corners)))
    lon, lat = cell_outlines(grid, SIDE_POINTS)
    lon = on_branch(lon, np.array([lon_corners.min(), lon_corners.max()]))
    target = np.asarray(shapely.polygons(np.stack([lon, np.sin(np.radians(lat))], axis=-1)))
    _require_area(source)
    into, of = shapely.STRtree(source).query(target, predicate="intersects")
    area = shapely.area(shapely.intersection(source[of], target[into]))
    share = area / shapely.area(source)[of]
    weights = sp.coo_array((share, (of, into)), (len(source), len(target))).tocsr()
    weights.eliminate_zeros()
    return weights


def _quadrilaterals(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    corners = np.stack([x, y], axis=-1)
    rings = np.stack([corners[:-1, :-1], corners[:-1, 1:], corners[1:, 1:], corners[1:, :-1]], axis=2)
    return np.asarray(shapely.polygons(rings.reshape(-1, 4, 2)))


def _require_area(cells: np.ndarray) -> None:
    broken = np.flatnonzero(~shapely.is_valid(cells) | (shapely.area(cells) <= 0.0))
    if len(broken):
        what = f"{len(broken)} cells fold over themselves or have no area; the first is cell {broken[0]}"
        remedy = "give the corners in rows and columns, neighbours sharing them"
        raise InputError([Fault("source cells", what, remedy)])
