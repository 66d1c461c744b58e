"""The map projections of the I/O API on its sphere: CRS, map factor, and what each parameter means.

Parameter meanings follow the I/O API (GDTYP codes of PARMS3; section "Horizontal Coordinates" of its manual):

========================  ============================================  =====================  ================
GDTYP                     P_ALP                                         P_BET                  P_GAM
========================  ============================================  =====================  ================
1 latitude-longitude      unused                                        unused                 unused
2 Lambert conformal       first standard parallel                       second                 central meridian
6 polar stereographic     1 north pole, -1 south pole                   latitude of true scale central meridian
7 equatorial Mercator     latitude of true scale                        unused                 central meridian
========================  ============================================  =====================  ================

(XCENT, YCENT) is the longitude and latitude of the point x = y = 0. Angles in degrees, projected lengths in metres.
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyproj

EARTH_RADIUS_M = 6_370_000.0
"""Radius (m) of the sphere of MCIP and CMAQ; checked against LAT and LON of real MCIP files (4 to 5 m)."""

FloatArray = npt.NDArray[np.float64]


class GridType(IntEnum):
    """The horizontal coordinate systems that a grid may have (GDTYP)."""

    LAT_LON = 1
    LAMBERT = 2
    POLAR = 6
    MERCATOR = 7


@dataclass(frozen=True)
class Projection:
    """A map projection of the I/O API: `GridType` and its five parameters (degrees)."""

    gdtyp: GridType
    p_alp: float
    p_bet: float
    p_gam: float
    xcent: float
    ycent: float

    @cached_property
    def crs(self) -> pyproj.CRS:
        """The coordinate reference system on the sphere of `EARTH_RADIUS_M`."""
        if self.gdtyp is GridType.LAT_LON:
            return pyproj.CRS.from_dict({"proj": "longlat", "R": EARTH_RADIUS_M})
        base = self._natural_parameters()
        x0, y0 = pyproj.Proj(base)(self.xcent, self.ycent)
        # a shift below a millimetre is rounding of PROJ; left out, so that equal grids have equal CRS
        shift = {key: -value for key, value in (("x_0", x0), ("y_0", y0)) if abs(value) > 1e-3}
        return pyproj.CRS.from_dict(base | shift)

    def _natural_parameters(self) -> dict[str, str | float]:
        """Return the PROJ parameters with the origin where the projection itself puts it."""
        common: dict[str, str | float] = {"lon_0": self.p_gam, "R": EARTH_RADIUS_M, "units": "m"}
        match self.gdtyp:
            case GridType.LAMBERT:
                own: dict[str, str | float] = {
                    "proj": "lcc", "lat_1": self.p_alp, "lat_2": self.p_bet, "lat_0": self.ycent
                }  # fmt: skip
            case GridType.POLAR:
                own = {"proj": "stere", "lat_0": float(np.copysign(90.0, self.p_alp)), "lat_ts": self.p_bet}
            case _:
                own = {"proj": "merc", "lat_ts": self.p_alp}
        return own | common

    @cached_property
    def _proj(self) -> pyproj.Proj:
        return pyproj.Proj(self.crs)

    def project(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return x, y (m, or degrees on a lat-lon grid) of longitudes and latitudes (degrees)."""
        lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
        if self.gdtyp is GridType.LAT_LON:
            return lon, lat
        x, y = self._proj(lon, lat)
        return np.asarray(x, dtype=float), np.asarray(y, dtype=float)

    def lonlat(self, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return longitudes and latitudes (degrees) of x, y (m, or degrees on a lat-lon grid)."""
        x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
        if self.gdtyp is GridType.LAT_LON:
            return x, y
        lon, lat = self._proj(x, y, inverse=True)
        return np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)

    def map_factor(self, lat: npt.ArrayLike) -> FloatArray:
        """Return map distance over true distance at latitudes (degrees); 1 for lat-lon, which has no single one.

        Snyder, Map Projections, USGS Professional Paper 1395 (1987), spherical forms: (15-4) Lambert,
        (21-4) polar stereographic, (7-3) Mercator.
        """
        phi = np.radians(np.asarray(lat, dtype=float))
        match self.gdtyp:
            case GridType.LAMBERT:
                return self._lambert_factor(phi)
            case GridType.POLAR:
                pole = np.sign(self.p_alp)
                true = np.radians(abs(self.p_bet))
                return np.asarray((1.0 + np.sin(true)) / (1.0 + pole * np.sin(phi)))
            case GridType.MERCATOR:
                return np.asarray(np.cos(np.radians(self.p_alp)) / np.cos(phi))
            case _:
                return np.ones_like(phi)

    def _lambert_factor(self, phi: FloatArray) -> FloatArray:
        one, two = np.radians(self.p_alp), np.radians(self.p_bet)
        half = np.tan(np.pi / 4 + one / 2)
        if np.isclose(one, two):
            cone = np.sin(one)
        else:
            cone = np.log(np.cos(one) / np.cos(two)) / np.log(np.tan(np.pi / 4 + two / 2) / half)
        return np.asarray(np.cos(one) / np.cos(phi) * (half / np.tan(np.pi / 4 + phi / 2)) ** cone)
