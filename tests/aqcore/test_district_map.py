"""Maps of districts: the right colour in the right place, names, the enlargement of small districts."""

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.patches import PathPatch

from aqcore.district_map import (
    NO_VALUE,
    SEQUENTIAL,
    district_map,
    draw_borders,
    short_name,
    small_districts,
)
from aqcore.districts import District, Districts
from aqcore.polygon import Polygon
from aqcore.style import figure

COLOUR_TOLERANCE = 1e-6
"""Colours come from the same table: only rounding of floats may differ."""


def square(code: str, west: float, south: float, side: float, name: str = "甲区") -> District:
    ring = side * np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]], dtype=float) + np.array([west, south])
    return District(code, name, (Polygon(ring, ()),), name_en=f"D{code}")


@pytest.fixture
def city() -> Districts:
    """Two large districts side by side and, east of them, two small ones."""
    items = (
        square("1", 116.0, 40.0, 1.0, "朝阳区"),
        square("2", 117.0, 40.0, 1.0, "密云县"),
        square("3", 118.0, 40.9, 0.05, "东城区"),
        square("4", 118.05, 40.9, 0.05, "矿区"),
    )
    return Districts(items, "test")


def faces(ax: Axes) -> list[tuple[float, ...]]:
    return [patch.get_facecolor()[:3] for patch in ax.patches if isinstance(patch, PathPatch)]


def words(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_districts_take_the_colour_of_their_value(city: Districts) -> None:
    ax = figure(10, 8).subplots()
    scale = district_map(ax, city, {"1": 10.0, "2": 30.0, "3": 20.0})
    drawn = faces(ax)
    low, high = (scale.get_cmap()(end)[:3] for end in (0.0, 1.0))
    assert drawn[0] == pytest.approx(low, abs=COLOUR_TOLERANCE)
    assert drawn[1] == pytest.approx(high, abs=COLOUR_TOLERANCE)
    assert scale.get_cmap().name == SEQUENTIAL


def test_a_district_without_a_finite_value_is_grey(city: Districts) -> None:
    ax = figure(10, 8).subplots()
    district_map(ax, city, {"1": 10.0, "2": float("nan")})
    grey = to_rgb(NO_VALUE)
    assert [face == pytest.approx(grey) for face in faces(ax)] == [False, True, True, True]


def test_an_unknown_district_is_an_error_that_names_it(city: Districts) -> None:
    with pytest.raises(KeyError, match="999"):
        district_map(figure(5, 5).subplots(), city, {"1": 1.0, "999": 2.0})


def test_diverging_colours_are_centred_on_zero(city: Districts) -> None:
    ax = figure(10, 8).subplots()
    scale = district_map(ax, city, {"1": -5.0, "2": 2.0}, diverging=True)
    assert (scale.norm.vmin, scale.norm.vmax) == (-5.0, 5.0)


def test_limits_make_two_maps_comparable(city: Districts) -> None:
    scales = [district_map(figure(5, 5).subplots(), city, {"1": value}, limits=(0.0, 100.0)) for value in (10.0, 90.0)]
    assert {(scale.norm.vmin, scale.norm.vmax) for scale in scales} == {(0.0, 100.0)}


@pytest.mark.parametrize("values", [{}, {"1": 7.0}, {"1": 0.0, "2": 0.0}])
def test_few_or_equal_values_still_make_a_map(city: Districts, values: dict[str, float]) -> None:
    fig = figure(6, 5)
    scale = district_map(fig.subplots(), city, values, label="x")
    fig.draw_without_rendering()
    assert scale.norm.vmin < scale.norm.vmax


def test_small_districts_are_named_in_an_enlargement_only(city: Districts) -> None:
    assert small_districts(city) == ("3", "4")
    ax = figure(10, 8).subplots()
    district_map(ax, city, {"1": 1.0})
    assert words(ax) == ["朝阳", "密云"]
    (inset,) = ax.child_axes
    assert words(inset) == ["东城", "矿区"]


def test_the_enlargement_shows_the_small_districts_whole(city: Districts) -> None:
    """Squares from 118.0 to 118.1 and 40.9 to 40.95, with a tenth of room on every side for their names."""
    ax = figure(10, 8).subplots()
    district_map(ax, city, {"1": 1.0})
    (inset,) = ax.child_axes
    assert inset.get_xlim() == pytest.approx((117.99, 118.11))
    assert inset.get_ylim() == pytest.approx((40.895, 40.955))


def test_the_enlargement_hides_no_district(city: Districts) -> None:
    """The upper right is kept free; of the rest the lower right, beside the squares, is empty when widened."""
    ax = figure(10, 8).subplots()
    district_map(ax, city, {"1": 1.0})
    assert ax.get_xlim()[1] > 118.1
    assert ax.get_xlim()[0] == pytest.approx(116.0)


def test_without_names_there_is_no_enlargement(city: Districts) -> None:
    ax = figure(10, 8).subplots()
    district_map(ax, city, {"1": 1.0}, names=False)
    assert words(ax) == []
    assert ax.child_axes == []


def test_a_city_of_like_districts_needs_no_enlargement(city: Districts) -> None:
    assert small_districts(city.select(["1", "2"])) == ()


def test_a_kilometre_is_as_long_eastwards_as_northwards(city: Districts) -> None:
    ax = figure(10, 8).subplots()
    district_map(ax, city.select(["1", "2"]), {"1": 1.0})
    assert ax.get_aspect() == pytest.approx(1.0 / np.cos(np.radians(40.5)))


@pytest.mark.parametrize("step", [1, -1])
def test_a_hole_in_a_district_stays_open_whichever_way_it_runs(step: int) -> None:
    ring = np.array([[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]], dtype=float)
    hole = np.array([[1, 1], [1, 3], [3, 3], [3, 1], [1, 1]], dtype=float)[::step]
    fig = figure(5, 5)
    ax = fig.subplots()
    city = Districts((District("1", "甲", (Polygon(ring, (hole,)),)),), "test")
    district_map(ax, city, {"1": 1.0}, names=False, colourbar=False)
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    image = np.asarray(canvas.buffer_rgba())[::-1, :, :3]  # row 0 at the bottom, as in display coordinates
    column, row = ax.transData.transform((2.0, 2.0)).astype(int)
    assert image[row, column].tolist() == [255, 255, 255]
    column, row = ax.transData.transform((0.5, 0.5)).astype(int)
    assert image[row, column].tolist() != [255, 255, 255]


def test_the_label_stands_at_the_colour_bar(city: Districts) -> None:
    fig = figure(10, 8)
    district_map(fig.subplots(), city, {"1": 1.0, "2": 2.0}, label="PM₂.₅ (µg/m³)")
    assert fig.axes[1].get_ylabel() == "PM₂.₅ (µg/m³)"


def test_borders_alone_leave_the_axes_as_they_are(city: Districts) -> None:
    ax = figure(5, 5).subplots()
    ax.set_xlim(116.2, 116.4)
    draw_borders(ax, city)
    assert ax.get_xlim() == (116.2, 116.4)
    assert len(ax.collections[0].get_paths()) == 4


@pytest.mark.parametrize(
    ("zh", "en", "lang", "shown"),
    [
        ("朝阳区", "Chaoyang", "zh", "朝阳"),
        ("朝阳区", "Chaoyang", "en", "Chaoyang"),
        ("朝阳区", "", "en", "朝阳"),
        ("矿区", "", "zh", "矿区"),
        ("浦东新区", "", "zh", "浦东新"),
    ],
)
def test_short_names(zh: str, en: str, lang: str, shown: str) -> None:
    assert short_name(District("1", zh, (), name_en=en), lang) == shown  # type: ignore[arg-type]


def test_names_of_near_neighbours_stand_on_two_lines() -> None:
    """Two squares of 0.05 degrees side by side: their names, wider than they are, would lie on each other."""
    places = {"东城区": 116.0, "西城区": 116.05, "石景山区": 116.6}
    items = tuple(square(str(k), west, 40.0, 0.05, name) for k, (name, west) in enumerate(places.items()))
    ax = figure(6, 6).subplots()
    district_map(ax, Districts((*items, square("9", 116.0, 40.05, 1.0)), "test"), {}, colourbar=False)
    names = {text.get_text(): text for inset in (ax, *ax.child_axes) for text in inset.texts}
    east, west = names["西城"], names["东城"]
    assert {east.xyann[1] > 0.0, west.xyann[1] > 0.0} == {True, False}
    assert abs(east.xyann[1] - west.xyann[1]) == pytest.approx(8.125)  # one line: 1.25 x 6.5 points


def test_names_with_room_stay_where_they_are(city: Districts) -> None:
    ax = figure(20, 12).subplots()
    district_map(ax, city, {}, colourbar=False)
    assert [text.xyann for text in ax.texts] == [(0.0, 0.0)] * 2
