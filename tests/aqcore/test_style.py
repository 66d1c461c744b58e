"""Figures: size, files, colours apart for every eye, the mark of illustrative data."""

import itertools
import re
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.image import imread

from aqcore import style
from emissions.source_classes import SECTORS

LEAST_DISTANCE = {"pollutant": 7.0, "part": 15.0, "series": 7.0}
"""CIELAB distance that two colours of one figure keep for every eye: 2.3 is just noticeable (Sharma 2003); thin lines
and small boxes need some three times that."""

LEAST_SECTOR_DISTANCE = 5.0
"""Thirteen sectors cannot be as far apart as eight lines: twice the just noticeable difference."""

SAME = [("NO2", "NOx"), ("PM25_OC", "PM25_OM")]
"""Never in one figure: they share a colour on purpose."""

EYES = {
    "normal": np.eye(3),
    # Machado, Oliveira and Fernandes 2009 (IEEE TVCG 15:1291), severity 1.0, linear RGB
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}


def lab(colour: str, eye: np.ndarray) -> np.ndarray:
    """CIELAB (D65) of a colour as an eye sees it; sRGB and CIE 1976 formulas."""
    srgb = np.array(to_rgb(colour))
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(eye @ linear, 0.0, 1.0)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ seen / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def close_pairs(kind: str, least: float) -> list[str]:
    table = style.colours(kind)
    return [
        f"{a} {b} for {name}: {distance:.1f}"
        for (a, b), (name, eye) in itertools.product(itertools.combinations(table, 2), EYES.items())
        if (a, b) not in SAME and (distance := float(np.linalg.norm(lab(table[a], eye) - lab(table[b], eye)))) < least
    ]


def test_lab_of_white_and_of_pure_red() -> None:
    """Known values: white 100, 0, 0; sRGB red 53.2, 80.1, 67.2."""
    assert lab("#ffffff", EYES["normal"]) == pytest.approx([100.0, 0.0, 0.0], abs=0.05)
    assert lab("#ff0000", EYES["normal"]) == pytest.approx([53.2, 80.1, 67.2], abs=0.1)


@pytest.mark.parametrize("kind", sorted(LEAST_DISTANCE))
def test_colours_of_a_kind_stay_apart_for_every_eye(kind: str) -> None:
    assert close_pairs(kind, LEAST_DISTANCE[kind]) == []


def test_sector_colours_stay_apart_for_every_eye() -> None:
    assert close_pairs("sector", LEAST_SECTOR_DISTANCE) == []


def test_every_sector_and_pollutant_of_the_house_has_a_colour_and_names() -> None:
    assert set(SECTORS) <= set(style.colours("sector"))
    pollutants = {"SO2", "NOx", "VOC", "NH3", "CO", "PM10", "PM25", "BC", "OC", "CO2", "O3", "NO2"}
    assert pollutants <= set(style.colours("pollutant"))
    named = style.colour_table().query("kind in ['sector', 'pollutant', 'part']")
    assert (named["name_zh"] != "").all()
    assert (named["name_en"] != "").all()


def test_colours_are_hex_and_keys_do_not_repeat() -> None:
    table = style.colour_table()
    assert all(re.fullmatch(r"#[0-9A-F]{6}", colour) for colour in table["colour"])
    assert not table.duplicated(["kind", "key"]).any()


def test_an_unknown_kind_names_the_nearest_and_an_unknown_key_is_grey() -> None:
    with pytest.raises(KeyError, match="did you mean sector"):
        style.colours("sectr")
    assert style.colour("sector", "MOON") == style.colours("role")["muted"]


def test_names_lower_their_figures() -> None:
    assert style.name("pollutant", "PM25") == "PM₂.₅"
    assert style.name("sector", "ONROAD") == "道路机动车"
    assert style.name("sector", "ONROAD", "en") == "On-road"
    assert style.name("sector", "MOON") == "MOON"


def test_base_is_grey_and_scenarios_take_the_series_in_order() -> None:
    chosen = style.scenario_colours(["road_2030", "base", "road_2031", "road_2030"])
    series = list(style.colours("series").values())
    assert chosen == {"base": "#4D4D4D", "road_2030": series[0], "road_2031": series[1]}


def test_more_scenarios_than_colours_begin_again() -> None:
    names = [f"s{number}" for number in range(9)]
    chosen = style.scenario_colours(names)
    assert chosen["s8"] == chosen["s0"]


def test_a_figure_has_the_size_asked_for() -> None:
    assert style.figure(16.0, 8.0).get_size_inches() * 2.54 == pytest.approx([16.0, 8.0])


def line_plot() -> Figure:
    fig = style.figure(5.08, 2.54)
    fig.subplots().plot([0, 1])
    return fig


def test_save_writes_both_files_with_200_dpi_and_no_date(tmp_path: Path) -> None:
    png, svg = style.save(line_plot(), tmp_path / "new" / "plot.png")
    assert (png.name, svg.name) == ("plot.png", "plot.svg")
    assert imread(png).shape[:2] == (200, 400)
    first = png.read_bytes(), svg.read_bytes()
    style.save(line_plot(), tmp_path / "new" / "plot")
    assert (png.read_bytes(), svg.read_bytes()) == first
    assert b"<dc:date>" not in first[1]


def test_a_dot_in_a_file_name_is_no_suffix(tmp_path: Path) -> None:
    png, _ = style.save(style.figure(3, 3), tmp_path / "PM2.5")
    assert png.name == "PM2.5.png"


def test_svg_text_is_outlines_so_no_font_is_needed_to_read_it(tmp_path: Path) -> None:
    fig = style.figure(5, 3)
    fig.text(0.1, 0.5, "北京")
    _, svg = style.save(fig, tmp_path / "text")
    assert b"<text" not in svg.read_bytes()


@pytest.mark.parametrize(("lang", "text"), [("zh", "示意数据"), ("en", "illustrative data")])
def test_the_mark_says_illustrative_inside_the_axes(lang: style.Language, text: str) -> None:
    fig = style.figure(8, 5)
    ax = fig.subplots()
    style.mark_illustrative(ax, lang)
    assert [child.get_text() for child in ax.texts] == [text]
    fig.draw_without_rendering()
    mark, frame = ax.texts[0].get_window_extent(), ax.get_window_extent()
    assert frame.x0 <= mark.x0
    assert mark.x1 <= frame.x1
    assert frame.y0 <= mark.y0
    assert mark.y1 <= frame.y1


def test_house_style_leaves_matplotlib_as_it_was() -> None:
    with mpl.rc_context({"font.size": 3.0}):
        with style.house_style():
            assert mpl.rcParams["font.size"] == 9.0
        assert mpl.rcParams["font.size"] == 3.0
