"""The model grid: cells on the I/O API sphere, their places and areas, and how two grids differ."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyproj

from aqcore.projection import EARTH_RADIUS_M, FloatArray, GridType, Projection

SIGNIFICANCE = 1e-10
"""(p - q)^2 above this share of p^2 + q^2 + `FLOOR` is a difference: 5 significant digits, the I/O API's own test."""

FLOOR = 1e-5

COMPARED = ("p_alp", "p_bet", "p_gam", "xcent", "ycent", "xorig", "yorig", "xcell", "ycell")

EDGE_POINTS = 65
"""Points on each edge of a longitude-latitude box when its extent on the map is sought."""

CHINA_PARALLELS = (25.0, 40.0)
"""Standard parallels (degrees) of most Chinese WRF-CMAQ domains."""


@dataclass(frozen=True)
class Grid:
    """A horizontal grid in the terms of the I/O API.

    `name` is the grid's and `coordinate_name` the coordinate system's name in GRIDDESC (each at most 16 characters);
    `gdtyp`, `p_alp`, `p_bet`, `p_gam`, `xcent`, `ycent` are explained in `aqcore.projection`; `xorig`, `yorig` is
    the lower-left corner and `xcell`, `ycell` the size of a cell (m, or degrees on a lat-lon grid); `nthik` is the
    thickness (cells) of its boundary. Arrays are (y, x): rows from south to north, columns from west to east.
    """

    name: str
    coordinate_name: str
    gdtyp: int
    p_alp: float
    p_bet: float
    p_gam: float
    xcent: float
    ycent: float
    xorig: float
    yorig: float
    xcell: float
    ycell: float
    ncols: int
    nrows: int
    nthik: int = 1

    def __post_init__(self) -> None:
        if self.gdtyp not in set(GridType):
            raise ValueError(f"grid {self.name}: GDTYP {self.gdtyp} is not one of {[t.value for t in GridType]}")
        if self.ncols < 1 or self.nrows < 1 or self.xcell <= 0.0 or self.ycell <= 0.0:
            raise ValueError(f"grid {self.name}: needs at least one cell of positive size, has "
                             f"{self.ncols} x {self.nrows} of {self.xcell} x {self.ycell}")  # fmt: skip

    @cached_property
    def projection(self) -> Projection:
        """The map projection."""
        return Projection(GridType(self.gdtyp), self.p_alp, self.p_bet, self.p_gam, self.xcent, self.ycent)

    @property
    def crs(self) -> pyproj.CRS:
        """The coordinate reference system (sphere of 6,370,000 m)."""
        return self.projection.crs

    @property
    def shape(self) -> tuple[int, int]:
        """(nrows, ncols)."""
        return self.nrows, self.ncols

    @property
    def x_edges(self) -> FloatArray:
        """West to east edges of the columns (ncols + 1), m (degrees for lat-lon)."""
        return self.xorig + self.xcell * np.arange(self.ncols + 1, dtype=np.float64)

    @property
    def y_edges(self) -> FloatArray:
        """South to north edges of the rows (nrows + 1), m (degrees for lat-lon)."""
        return self.yorig + self.ycell * np.arange(self.nrows + 1, dtype=np.float64)

    @property
    def x(self) -> FloatArray:
        """Centres of the columns, m (degrees for lat-lon)."""
        return self.x_edges[:-1] + self.xcell / 2

    @property
    def y(self) -> FloatArray:
        """Centres of the rows, m (degrees for lat-lon)."""
        return self.y_edges[:-1] + self.ycell / 2

    def project(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return x, y (m, degrees for lat-lon) of longitudes and latitudes (degrees)."""
        return self.projection.project(lon, lat)

    def lonlat(self, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return longitudes and latitudes (degrees) of x, y (m, degrees for lat-lon)."""
        return self.projection.lonlat(x, y)

    def centres(self) -> tuple[FloatArray, FloatArray]:
        """Return longitudes and latitudes (degrees) of the cell centres, each (y, x)."""
        return self.lonlat(*np.meshgrid(self.x, self.y))

    def corners(self) -> tuple[FloatArray, FloatArray]:
        """Return longitudes and latitudes (degrees) of the cell corners, each (y + 1, x + 1)."""
        return self.lonlat(*np.meshgrid(self.x_edges, self.y_edges))

    def map_factor(self) -> FloatArray:
        """Return map distance over true distance at the cell centres (y, x); MSFX2 of MCIP is its square."""
        return self.projection.map_factor(self.centres()[1])

    def cell_area(self) -> FloatArray:
        """Return the true area of each cell on the sphere, m2 (y, x).

        The area is the integral of 1 / map_factor**2 over the cell, by Gauss-Legendre quadrature of 3 x 3 points,
        and exact on a lat-lon grid.
        """
        if self.gdtyp == GridType.LAT_LON:
            bands = np.diff(np.sin(np.radians(self.y_edges))) * np.radians(self.xcell) * EARTH_RADIUS_M**2
            return np.repeat(bands[:, None], self.ncols, axis=1)
        nodes, weights = np.polynomial.legendre.leggauss(3)
        area = np.zeros(self.shape)
        for node_y, weight_y in zip(nodes, weights, strict=True):
            for node_x, weight_x in zip(nodes, weights, strict=True):
                x, y = np.meshgrid(self.x + node_x * self.xcell / 2, self.y + node_y * self.ycell / 2)
                area += weight_x * weight_y / self.projection.map_factor(self.lonlat(x, y)[1]) ** 2
        return area * (self.xcell * self.ycell / 4)

    def cell_of(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the row and column of the cell that holds each point (degrees); -1, -1 outside the grid."""
        x, y = self.project(lon, lat)
        with np.errstate(invalid="ignore"):  # PROJ answers inf for a point that its map cannot show: outside
            column, row = (x - self.xorig) / self.xcell, (y - self.yorig) / self.ycell
        inside = (column >= 0.0) & (column < self.ncols) & (row >= 0.0) & (row < self.nrows)
        return (
            np.where(inside, row, -1.0).astype(np.int64),
            np.where(inside, column, -1.0).astype(np.int64),
        )

    def perimeter(self) -> tuple[FloatArray, FloatArray]:
        """Return x, y (m, degrees for lat-lon) of the boundary cells in I/O API order: south, east, north, west.

        2 nthik (ncols + nrows + 2 nthik) values: the southern side begins below the first column, the eastern beside
        the first row, the northern and the western one thickness before them (seen in real MCIP GRIDBDY2D files).
        """
        thick = self.nthik
        columns, rows = np.arange(self.ncols + thick), np.arange(self.nrows + thick)
        before = np.arange(-thick, 0)
        sides = (
            np.meshgrid(columns, before),
            np.meshgrid(self.ncols + before + thick, rows),
            np.meshgrid(columns - thick, self.nrows + before + thick),
            np.meshgrid(before, rows - thick),
        )
        column = np.concatenate([side[0].ravel() for side in sides])
        row = np.concatenate([side[1].ravel() for side in sides])
        return self.xorig + self.xcell * (column + 0.5), self.yorig + self.ycell * (row + 0.5)

    def dot(self) -> "Grid":
        """Return the grid of MCIP's dot files: one more row and column, the origin half a cell to the south-west."""
        return replace(
            self,
            xorig=self.xorig - self.xcell / 2,
            yorig=self.yorig - self.ycell / 2,
            ncols=self.ncols + 1,
            nrows=self.nrows + 1,
        )

    def window(self, name: str, column: int, row: int, ncols: int, nrows: int) -> "Grid":
        """Return the part of `ncols` x `nrows` cells whose lower-left cell is (`row`, `column`), counted from 0.

        Raises ValueError when the part reaches beyond the grid.
        """
        if column < 0 or row < 0 or column + ncols > self.ncols or row + nrows > self.nrows:
            raise ValueError(f"columns {column}..{column + ncols - 1}, rows {row}..{row + nrows - 1} reach beyond "
                             f"grid {self.name} of {self.ncols} x {self.nrows} cells")  # fmt: skip
        x, y = float(self.x_edges[column]), float(self.y_edges[row])
        return replace(self, name=name, xorig=x, yorig=y, ncols=ncols, nrows=nrows)

    def differences(self, other: "Grid") -> list[str]:
        """Return what differs in the geometry of two grids, one text a parameter; empty when they are the same.

        Numbers differ when they differ in 5 significant digits, the I/O API's own test (a GRIDDESC says 133.302 where
        the file of single-precision origin says 133.302001953125). Names and `nthik` are no part of the geometry.
        """
        found = [
            f"{key.upper()} {mine} against {its}"
            for key in ("gdtyp", "ncols", "nrows")
            if (mine := getattr(self, key)) != (its := getattr(other, key))
        ]
        return found + [
            f"{key.upper()} {mine:.10g} against {its:.10g}"
            for key in COMPARED
            if _differ(mine := getattr(self, key), its := getattr(other, key))
        ]

    @classmethod
    def covering(
        cls,
        name: str,
        lon_min: float,
        lon_max: float,
        lat_min: float,
        lat_max: float,
        cell: float,
        *,
        p_alp: float = CHINA_PARALLELS[0],
        p_bet: float = CHINA_PARALLELS[1],
        xcent: float | None = None,
        ycent: float | None = None,
        margin: int = 1,
    ) -> "Grid":
        """Return the smallest Lambert grid of `cell` metres around a box of longitudes and latitudes (degrees).

        Edges lie at multiples of the cell, so that grids of one projection nest; `margin` cells are added on each
        side. The centre of the projection defaults to the middle of the box, rounded to whole degrees.
        """
        xcent = float(round((lon_min + lon_max) / 2)) if xcent is None else xcent
        ycent = float(round((lat_min + lat_max) / 2)) if ycent is None else ycent
        projection = Projection(GridType.LAMBERT, p_alp, p_bet, xcent, xcent, ycent)
        x, y = projection.project(*_box_outline(lon_min, lon_max, lat_min, lat_max))
        west, east = np.floor(x.min() / cell) - margin, np.ceil(x.max() / cell) + margin
        south, north = np.floor(y.min() / cell) - margin, np.ceil(y.max() / cell) + margin
        return cls(
            name=name, coordinate_name=f"LCC_{ycent:g}N_{xcent:g}E"[:16], gdtyp=GridType.LAMBERT.value,
            p_alp=p_alp, p_bet=p_bet, p_gam=xcent, xcent=xcent, ycent=ycent,
            xorig=float(west * cell), yorig=float(south * cell), xcell=float(cell), ycell=float(cell),
            ncols=int(east - west), nrows=int(north - south),
        )  # fmt: skip


def _differ(one: float, two: float) -> bool:
    return (one - two) ** 2 > SIGNIFICANCE * (one**2 + two**2 + FLOOR)


def _box_outline(lon_min: float, lon_max: float, lat_min: float, lat_max: float) -> tuple[FloatArray, FloatArray]:
    lon, lat = np.linspace(lon_min, lon_max, EDGE_POINTS), np.linspace(lat_min, lat_max, EDGE_POINTS)
    west, south = np.full(EDGE_POINTS, lon_min), np.full(EDGE_POINTS, lat_min)
    east, north = np.full(EDGE_POINTS, lon_max), np.full(EDGE_POINTS, lat_max)
    return np.concatenate([lon, lon, west, east]), np.concatenate([south, north, lat, lat])
