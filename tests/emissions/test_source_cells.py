"""Cells of gridded inventories and their weights: three ways that must agree, and ESMPy where it is installed."""

import importlib.util
import sys
import types

import numpy as np
import pytest
import scipy.sparse as sp
import shapely

from aqcore.errors import InputError
from aqcore.grid import Grid
from emissions.source_cells import AUTHALIC_RADIUS_M, CurvilinearCells, LonLatCells, regular_edges

CLOSED = 1e-12
"""Of a source cell: some hundred double-precision operations a sum."""

SAME_PLANE = 1e-11
"""Of a source cell: two programs on the same polygons in the same plane; small areas are differences of large ones."""

GREAT_CIRCLE = 3e-3
"""Of a model cell: ESMF joins corners by great circles, a lat-lon cell is bounded by parallels (measured 0.0020)."""

LON, LAT = np.arange(115.0, 118.01, 0.25), np.arange(39.0, 41.51, 0.25)

ESMPY = importlib.util.find_spec("esmpy") is not None


@pytest.fixture(scope="module")
def grid():
    return Grid.covering("T", 115.8, 117.2, 39.6, 40.9, 9000.0)


@pytest.fixture(scope="module")
def cells():
    return LonLatCells(LON, LAT)


@pytest.fixture(scope="module")
def exact(cells, grid):
    return cells.weights(grid)


def curved(shape=(8, 9)):
    """Cells between corners of a turned and bent net over the same region."""
    j, i = np.meshgrid(np.arange(shape[0] + 1.0), np.arange(shape[1] + 1.0), indexing="ij")
    lon = 115.2 + 0.30 * i + 0.05 * j + 0.004 * i * j
    lat = 39.1 + 0.28 * j - 0.04 * i
    return CurvilinearCells(lon, lat)


def test_polygons_equal_the_exact_kernel(cells, grid, exact):
    assert abs(cells.weights(grid, "polygons") - exact).max() < SAME_PLANE


def test_rows_close_inside_and_never_exceed_the_cell(exact):
    sums = np.asarray(exact.sum(axis=1)).ravel()
    assert sums.max() <= 1.0 + CLOSED
    assert (np.abs(sums - 1.0) < CLOSED).sum() > 5


def test_curvilinear_cells_close_and_equal_shapely_one_by_one(grid):
    cells = curved()
    weights = cells.weights(grid)
    assert (np.asarray(weights.sum(axis=1)).ravel() <= 1.0 + SAME_PLANE).all()
    middle = 3 * cells.shape[1] + 4
    assert weights[[middle]].sum() == pytest.approx(1.0, rel=1e-9)
    # the receiving cells lie around the middle of the giving cell
    lon, lat = grid.centres()
    share = weights[[middle]].toarray()[0]
    assert (share * lon.ravel()).sum() == pytest.approx(cells.centre(middle)[0], abs=0.02)
    assert (share * lat.ravel()).sum() == pytest.approx(cells.centre(middle)[1], abs=0.02)


def test_a_rectilinear_net_given_by_corners_has_the_same_weights(cells, grid, exact):
    by_corners = CurvilinearCells(*cells.corners()).weights(grid)
    assert abs(by_corners - exact).max() < SAME_PLANE


def test_window_takes_every_cell_that_touches_the_box(cells):
    rows, columns = cells.window(116.0, 39.6, 116.6, 40.0)
    part = cells.part(rows, columns)
    assert part.lon_edges[0] <= 116.0
    assert part.lon_edges[1] > 116.0
    assert part.lon_edges[-1] >= 116.6
    assert part.lat_edges[-1] == 40.0
    assert cells.window(10.0, 10.0, 11.0, 11.0)[1] == slice(0, 0)
    # a box beyond the last edge takes what there is
    assert cells.window(117.9, 41.4, 130.0, 50.0) == (slice(9, 10), slice(11, 12))


def test_areas_are_those_of_the_sphere(cells):
    band = LonLatCells(np.array([0.0, 90.0, 180.0, 270.0, 360.0]), np.array([-90.0, 0.0, 90.0]))
    assert band.area_m2().sum() == pytest.approx(4 * np.pi * AUTHALIC_RADIUS_M**2, rel=CLOSED)
    # 0.25 degree at 40 N: 27.8 km x 21.3 km
    assert cells.area_m2()[4, 0] == pytest.approx(27.8e3 * 21.3e3, rel=0.01)


def test_centres_count_row_major_from_the_south_west(cells):
    assert cells.centre(0) == pytest.approx((115.125, 39.125))
    assert cells.centre(len(LON)) == pytest.approx((115.375, 39.375))


@pytest.mark.parametrize("centres", [[1.0], [1.0, 2.0, 4.0], [2.0, 1.0]])
def test_uneven_centres_are_refused(centres):
    with pytest.raises(InputError, match="do not rise evenly"):
        regular_edges(np.array(centres), "lon")


def test_edges_of_single_precision_centres():
    centres = np.arange(70.05, 150.0, 0.1).astype(np.float32).astype(float)
    edges = regular_edges(centres, "lon")
    assert edges[0] == pytest.approx(70.0, abs=1e-4)
    assert len(edges) == len(centres) + 1


def test_broken_cells_are_refused(grid):
    with pytest.raises(ValueError, match="increase"):
        LonLatCells(LON[::-1], LAT)
    with pytest.raises(ValueError, match="one shape"):
        CurvilinearCells(np.zeros((3, 3)), np.zeros((3, 4)))
    folded = curved()
    lon = folded.lon_corners.copy()
    lon[3, 3] += 3.0
    with pytest.raises(InputError, match="cells fold over themselves"):
        CurvilinearCells(lon, folded.lat_corners).weights(grid)


def test_unknown_and_unfit_backends_are_refused(cells, grid):
    with pytest.raises(InputError, match="unknown backend 'bilinear'"):
        cells.weights(grid, "bilinear")
    with pytest.raises(InputError, match="needs rectilinear cells"):
        curved().weights(grid, "exact")


# ----------------------------------------------------------------------------------------------- ESMPy


@pytest.mark.skipif(ESMPY, reason="ESMPy is installed here")
@pytest.mark.parametrize(("value", "remedy"), [("", "set ESMFMKFILE"), ("/x/esmf.mk", "check that ESMFMKFILE")])
def test_without_esmpy_the_message_says_what_is_missing(cells, grid, monkeypatch, value, remedy):
    monkeypatch.setenv("ESMFMKFILE", value)
    with pytest.raises(InputError, match="esmpy cannot be imported") as caught:
        cells.weights(grid, "esmf")
    assert remedy in caught.value.faults[0].remedy


@pytest.mark.skipif(not ESMPY, reason="ESMPy is not installed: the comparison with ESMF is not made here")
def test_esmf_agrees_with_the_exact_weights(cells, grid, exact):
    weights = cells.weights(grid, "esmf")
    per_cell = cells.area_m2().ravel()[:, None] / grid.cell_area().ravel()[None, :]
    assert (abs((weights - exact).toarray()) * per_cell).max() < GREAT_CIRCLE
    sums = np.asarray(weights.sum(axis=1)).ravel()
    inside = np.asarray(exact.sum(axis=1)).ravel() > 1.0 - CLOSED
    assert np.abs(sums[inside] - 1.0).max() < CLOSED
    assert abs(curved().weights(grid, "esmf") - curved().weights(grid)).max() < GREAT_CIRCLE


def stand_in():
    """A module with the part of ESMPy's interface that is used; overlaps by shapely in the (lon, sin lat) plane.

    It proves the order of indices and the norm of the weights, not ESMF's numbers.
    """
    module = types.ModuleType("esmpy")

    class Grid:
        def __init__(self, size, staggerloc, coord_sys):
            assert coord_sys == "SPH_DEG"
            self.size = size
            self.coords = {
                loc: [np.zeros(tuple(n + (loc == "CORNER") for n in size), order="F") for _ in range(2)]
                for loc in staggerloc
            }

        def get_coords(self, axis, staggerloc):
            return self.coords[staggerloc][axis]

        def polygons(self):
            lon, lat = self.coords["CORNER"]
            x, y = lon, np.sin(np.radians(lat))
            # Fortran order: the first index counts fastest
            return [
                shapely.Polygon([(x[i + a, j + b], y[i + a, j + b]) for a, b in ((0, 0), (1, 0), (1, 1), (0, 1))])
                for j in range(self.size[1])
                for i in range(self.size[0])
            ]

    class Field:
        def __init__(self, grid):
            self.grid, self.data = grid, np.zeros(tuple(grid.size), order="F")

        def get_area(self):
            areas = np.array([shape.area for shape in self.grid.polygons()])
            self.data[...] = areas.reshape(tuple(self.grid.size), order="F")

    class Regrid:
        def __init__(self, source, target, *, regrid_method, norm_type, unmapped_action, factors):
            assert (regrid_method, norm_type, unmapped_action, factors) == ("CONSERVE", "DSTAREA", "IGNORE", True)
            self.source, self.target = source.grid.polygons(), target.grid.polygons()

        def get_weights_dict(self, deep_copy):
            assert deep_copy
            found = [
                (j + 1, i + 1, a.intersection(b).area / b.area)
                for i, a in enumerate(self.source)
                for j, b in enumerate(self.target)
                if a.intersects(b)
            ]
            rows, columns, weights = zip(*found, strict=True)
            return {"row_dst": np.array(rows), "col_src": np.array(columns), "weights": np.array(weights)}

    module.Grid, module.Field, module.Regrid = Grid, Field, Regrid
    module.StaggerLoc = types.SimpleNamespace(CENTER="CENTER", CORNER="CORNER")
    module.CoordSys = types.SimpleNamespace(SPH_DEG="SPH_DEG")
    module.RegridMethod = types.SimpleNamespace(CONSERVE="CONSERVE")
    module.NormType = types.SimpleNamespace(DSTAREA="DSTAREA")
    module.UnmappedAction = types.SimpleNamespace(IGNORE="IGNORE")
    return module


def test_weights_of_esmpy_are_turned_into_shares_in_our_order(monkeypatch):
    monkeypatch.setitem(sys.modules, "esmpy", stand_in())
    small = Grid.covering("S", 116.0, 116.9, 39.8, 40.3, 15000.0)
    cells = LonLatCells(np.array([115.8, 116.2, 116.5, 117.3]), np.array([39.6, 40.0, 40.6]))
    found = cells.weights(small, "esmf")
    assert isinstance(found, sp.csr_array)
    # straight sides between corners on the map against two points a side: 1e-4 of a cell at 15 km
    assert abs(found - cells.weights(small)).max() < 1e-4
