"""Conservative weights by ESMPy, where it is installed: the reference code of the field, for any cells.

ESMPy comes with the ESMF library (conda-forge `esmpy`) and finds it by the variable ESMFMKFILE. ESMF joins corners by
great circles; a cell between two parallels differs from that by up to 0.002 of a cell. Each convention closes its own
mass.
"""

import importlib
import os
from typing import Any

import numpy as np
import scipy.sparse as sp

from aqcore.errors import Fault, InputError
from aqcore.grid import Grid

MAKE_FILE = "ESMFMKFILE"
"""Variable of the environment that names the file `esmf.mk` of an ESMF library."""


def load_esmpy() -> Any:
    """Return the module esmpy; raise `InputError` that says what is missing when it cannot be imported."""
    try:
        return importlib.import_module("esmpy")
    except ImportError as error:
        if os.environ.get(MAKE_FILE):
            remedy = f"check that {MAKE_FILE} names the esmf.mk of the ESMF that esmpy was made with, or do without"
        else:
            remedy = (f"install esmpy from conda-forge and set {MAKE_FILE} to <environment>/lib/esmf.mk, "
                      "or use backend auto, which needs neither")  # fmt: skip
        raise InputError([Fault("weights: esmf", f"esmpy cannot be imported ({error})", remedy)]) from error


def esmf_weights(lon_corners: np.ndarray, lat_corners: np.ndarray, grid: Grid) -> sp.csr_array:
    """Return the share of each source cell in each model cell, sparse (source, destination), by ESMF's CONSERVE.

    `lon_corners`, `lat_corners` (y + 1, x + 1) in degrees; cells count row-major. Raises `InputError` when ESMPy
    cannot be imported.
    """
    esmpy = load_esmpy()
    source = _field(esmpy, lon_corners, lat_corners)
    target = _field(esmpy, *grid.corners())
    regrid = esmpy.Regrid(
        source, target, regrid_method=esmpy.RegridMethod.CONSERVE, norm_type=esmpy.NormType.DSTAREA,
        unmapped_action=esmpy.UnmappedAction.IGNORE, factors=True,
    )  # fmt: skip
    table = regrid.get_weights_dict(deep_copy=True)
    of, into = np.asarray(table["col_src"]) - 1, np.asarray(table["row_dst"]) - 1
    area_of, area_into = _areas(source), _areas(target)
    # ESMF's weight is the overlap over the destination's area; a share is the overlap over the source's
    share = np.asarray(table["weights"]) * area_into[into] / area_of[of]
    return sp.coo_array((share, (of, into)), (area_of.size, area_into.size)).tocsr()


def _field(esmpy: Any, lon_corners: np.ndarray, lat_corners: np.ndarray) -> Any:
    """Return a field on cells; ESMPy's arrays are (x, y) and count x fastest, as our row-major (y, x) does."""
    rows, columns = lon_corners.shape[0] - 1, lon_corners.shape[1] - 1
    corner, centre = esmpy.StaggerLoc.CORNER, esmpy.StaggerLoc.CENTER
    cells = esmpy.Grid(np.array([columns, rows]), staggerloc=[centre, corner], coord_sys=esmpy.CoordSys.SPH_DEG)
    for axis, values in enumerate((lon_corners, lat_corners)):
        cells.get_coords(axis, staggerloc=corner)[...] = values.T
        middle = 0.25 * (values[:-1, :-1] + values[:-1, 1:] + values[1:, 1:] + values[1:, :-1])
        cells.get_coords(axis, staggerloc=centre)[...] = middle.T
    return esmpy.Field(cells)


def _areas(field: Any) -> np.ndarray:
    field.get_area()
    return np.asarray(field.data).T.ravel().copy()
