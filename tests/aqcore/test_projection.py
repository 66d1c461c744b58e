"""The projections: published numbers, the meaning of each parameter, and properties that hold for any of them."""

import numpy as np
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aqcore.projection import EARTH_RADIUS_M, GridType, Projection

SNYDER = 5e-7
"""Snyder prints seven digits for a sphere of radius 1."""

ROUND_TRIP_DEGREES = 1e-9
"""PROJ forward and inverse, in double precision."""

CHINA = st.tuples(st.floats(75.0, 134.0), st.floats(18.0, 53.0))


def lambert(one: float, two: float, lon: float, lat: float) -> Projection:
    return Projection(GridType.LAMBERT, one, two, lon, lon, lat)


def mercator(true: float, lon: float) -> Projection:
    return Projection(GridType.MERCATOR, true, 0.0, lon, lon, 0.0)


def polar(pole: float, true: float, lon: float) -> Projection:
    return Projection(GridType.POLAR, pole, true, lon, lon, 90.0 * pole)


# published numbers: Snyder, Map Projections, USGS Professional Paper 1395 (1987), numerical examples, sphere R = 1 ---


def test_lambert_example_of_snyder() -> None:
    """Parallels 33 and 45, origin 23 N 96 W: 35 N 75 W lies at (0.2966785, 0.2462112)."""
    projection = lambert(33.0, 45.0, -96.0, 23.0)
    x, y = projection.project(-75.0, 35.0)
    assert float(x) / EARTH_RADIUS_M == pytest.approx(0.2966785, abs=SNYDER)
    assert float(y) / EARTH_RADIUS_M == pytest.approx(0.2462112, abs=SNYDER)


def test_mercator_example_of_snyder() -> None:
    """Central meridian 180: 35 N 75 W lies at (1.8325957, 0.6528366), scale 1.2207746."""
    projection = mercator(0.0, 180.0)
    x, y = projection.project(-75.0, 35.0)
    assert float(x) / EARTH_RADIUS_M == pytest.approx(1.8325957, abs=SNYDER)
    assert float(y) / EARTH_RADIUS_M == pytest.approx(0.6528366, abs=SNYDER)
    assert float(projection.map_factor(35.0)) == pytest.approx(1.2207746, abs=SNYDER)


# meaning of the parameters -----------------------------------------------------------------------------------------


def test_radius_is_that_of_cmaq() -> None:
    for projection in (lambert(25.0, 40.0, 110.0, 34.0), mercator(0.0, 110.0), polar(1.0, 60.0, 110.0),
                       Projection(GridType.LAT_LON, 0, 0, 0, 0, 0)):  # fmt: skip
        ellipsoid = projection.crs.ellipsoid
        assert ellipsoid is not None
        assert (ellipsoid.semi_major_metre, ellipsoid.semi_minor_metre) == (6_370_000.0, 6_370_000.0)


def test_order_of_the_parallels_does_not_matter() -> None:
    one, two = lambert(25.0, 40.0, 110.0, 34.0), lambert(40.0, 25.0, 110.0, 34.0)
    assert np.allclose(one.project(116.4, 39.9), two.project(116.4, 39.9), rtol=1e-12, atol=0)
    assert one.map_factor(39.9) == pytest.approx(two.map_factor(39.9), rel=1e-12)


def test_southern_parallels() -> None:
    """The real Australian domain of the MCIP files."""
    south = lambert(-40.0, -15.0, 133.302, -27.5)
    assert south.map_factor(np.array([-40.0, -15.0])) == pytest.approx([1.0, 1.0], abs=1e-12)
    assert float(south.map_factor(-27.5)) < 1.0
    assert float(south.map_factor(-5.0)) > 1.0


def test_scale_between_the_parallels_is_below_one() -> None:
    factor = lambert(25.0, 40.0, 110.0, 34.0).map_factor(np.array([20.0, 25.0, 33.0, 40.0, 45.0]))
    assert (np.sign(np.round(factor - 1.0, 9)) == [1, 0, -1, 0, 1]).all()


def test_lat_lon_is_left_as_it_is() -> None:
    plain = Projection(GridType.LAT_LON, 0.0, 0.0, 0.0, 0.0, 0.0)
    lon, lat = np.array([110.0, 120.5]), np.array([20.0, 30.25])
    assert [a.tolist() for a in plain.project(lon, lat)] == [lon.tolist(), lat.tolist()]
    assert [a.tolist() for a in plain.lonlat(lon, lat)] == [lon.tolist(), lat.tolist()]
    assert plain.map_factor(lat).tolist() == [1.0, 1.0]


def test_scalars_and_arrays() -> None:
    projection = lambert(25.0, 40.0, 110.0, 34.0)
    one = projection.project(116.4, 39.9)
    many = projection.project(np.full((2, 3), 116.4), np.full((2, 3), 39.9))
    assert many[0].shape == (2, 3)
    assert float(one[0]) == many[0][1, 2]


def test_equal_parameters_are_one_crs() -> None:
    """No shift of a nanometre makes them differ."""
    assert lambert(25.0, 40.0, 110.0, 34.0).crs == lambert(25.0, 40.0, 110.0, 34.0).crs
    assert "x_0" not in lambert(25.0, 40.0, 110.0, 34.0).crs.to_wkt()


def test_crs_is_understood_by_cf() -> None:
    cases = {
        "lambert_conformal_conic": lambert(25.0, 40.0, 110.0, 34.0),
        "mercator": mercator(20.0, 110.0),
        "polar_stereographic": polar(1.0, 60.0, 110.0),
    }
    for name, projection in cases.items():
        attributes = projection.crs.to_cf()
        assert attributes["grid_mapping_name"] == name
        again = pyproj.Proj(pyproj.CRS.from_cf(attributes))(116.4, 39.9)
        assert np.allclose(projection.project(116.4, 39.9), again, rtol=1e-9, atol=0)


# properties --------------------------------------------------------------------------------------------------------

PROJECTIONS = st.one_of(
    st.tuples(st.floats(10.0, 34.0), st.floats(35.0, 60.0), st.floats(90.0, 125.0), st.floats(15.0, 50.0)).map(
        lambda p: lambert(*p)
    ),
    st.tuples(st.floats(0.0, 45.0), st.floats(90.0, 125.0)).map(lambda p: mercator(*p)),
    st.tuples(st.just(1.0), st.floats(30.0, 80.0), st.floats(90.0, 125.0)).map(lambda p: polar(*p)),
)


@settings(max_examples=60, deadline=None)
@given(PROJECTIONS, CHINA)
def test_inverse_of_any_projection(projection: Projection, place: tuple[float, float]) -> None:
    lon, lat = projection.lonlat(*projection.project(*place))
    assert (float(lon), float(lat)) == pytest.approx(place, abs=ROUND_TRIP_DEGREES)


@settings(max_examples=60, deadline=None)
@given(PROJECTIONS, CHINA)
def test_map_factor_of_any_projection_is_the_local_scale(projection: Projection, place: tuple[float, float]) -> None:
    """A step of about 100 m to the north, on the map over on the sphere."""
    step = 1e-3
    (x0, x1), (y0, y1) = projection.project([place[0]] * 2, [place[1] - step / 2, place[1] + step / 2])
    length = np.hypot(x1 - x0, y1 - y0) / (np.radians(step) * EARTH_RADIUS_M)
    # the curvature over 100 m is below 1e-9, PROJ's rounding of 1e-9 m over 100 m is 1e-8
    assert float(projection.map_factor(place[1])) == pytest.approx(length, rel=1e-7)
