"""The figures of small synthetic tables: what is drawn where, and that nothing is drawn without a glyph.

Warnings are errors here, so a missing glyph or a layout that does not fit fails these tests.
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from aqcore.districts import Districts
from aqcore.style import colour, figure, house_style
from roadmap.report.figures import diurnal, effects, inventory, isopleth, maps, review, timetable, trend
from roadmap.report.figures.scenario_rows import Group
from roadmap.report.texts import LANGUAGES, Bilingual, Language

Array = np.ndarray
GROUPS = [Group("组", "#112233", {"a": "甲", "b": "乙"}), Group("另一组", "#445566", {"c": "丙"})]


def drawn(paint: Callable[[Figure, Language], None], language: Language = "zh") -> Figure:
    with house_style():
        fig = figure(26, 12)
        paint(fig, language)
        fig.draw_without_rendering()
    return fig


def words(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts if text.get_text()]


def everything(fig: Figure) -> str:
    return " ".join(text.get_text() for text in fig.findobj(lambda artist: hasattr(artist, "get_text")))


# --- emissions and concentrations by scenario


@pytest.fixture
def changes() -> pd.DataFrame:
    rows = [
        (name, pollutant, value)
        for name, value in (("a", -40.0), ("b", 6.0), ("c", -0.2))
        for pollutant in effects.EMITTED
    ]
    return pd.DataFrame(rows, columns=["scenario", "pollutant", "change_pct"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_emissions_by_scenario(changes: pd.DataFrame, language: Language) -> None:
    fig = drawn(lambda fig, language: effects.paint_emissions(fig, language, changes, GROUPS), language)
    assert [ax.get_title(loc="left") for ax in fig.axes] == ["SO₂", "NOₓ", "VOCs", "NH₃", "PM₂.₅"]
    assert words(fig.axes[0]) == ["−40", "+6", "0"]
    assert [bar.get_width() for bar in fig.axes[0].patches] == [-40.0, 6.0, -0.2]


def test_bars_take_the_colour_of_their_group_and_rises_are_hatched(changes: pd.DataFrame) -> None:
    bars = drawn(lambda fig, language: effects.paint_emissions(fig, language, changes, GROUPS)).axes[1].patches
    assert [to_hex(bar.get_facecolor()) for bar in bars] == ["#112233", "#112233", "#445566"]
    assert [bool(bar.get_hatch()) for bar in bars] == [False, True, False]


def test_all_values_lie_inside_the_panel(changes: pd.DataFrame) -> None:
    """The room beside the bars holds the numbers: no number is cut or lies on the next panel."""
    fig = drawn(lambda fig, language: effects.paint_emissions(fig, language, changes, GROUPS))
    for ax in fig.axes:
        frame = ax.get_window_extent()
        for text in ax.texts:
            box = text.get_window_extent()
            assert frame.x0 - 1 <= box.x0 <= box.x1 <= frame.x1 + 1, (ax.get_title(loc="left"), text.get_text())


def test_concentrations_show_their_interval() -> None:
    rows = pd.DataFrame({
        "panel": ["P"] * 3, "scenario": ["a", "b", "c"], "change": [-5.0, 1.5, 0.0], "low": [-7.0, 1.0, 0.0],
        "high": [-4.0, 2.0, 0.0],
    })  # fmt: skip
    fig = drawn(lambda fig, language: effects.paint_concentrations(fig, language, rows, GROUPS, {"P": "PM₂.₅"}))
    (ax,) = fig.axes
    assert words(ax) == ["−5.0", "+1.5", "0.0"]
    spans = [line.get_xdata().tolist() for line in ax.lines if len(line.get_xdata()) == 2 and line.get_xdata()[0]]
    assert spans[:2] == [[-7.0, -4.0], [1.0, 2.0]]
    assert ax.texts[0].xy[0] == -7.0, "the number stands beyond the interval"


# --- isopleth


def surface(limit: float, scale: float = 20.0, **points: list[object]) -> isopleth.Isopleth:
    voc = nox = np.linspace(0.0, 1.2, 7)
    ozone = 150.0 + scale * voc[None, :] - 2 * scale * (nox[:, None] - 0.5 - 0.2 * voc[None, :]) ** 2
    ridge = pd.DataFrame({"voc": voc, "nox": 0.5 + 0.2 * voc})
    shown = pd.DataFrame(points or {"voc": [1.0, 0.6], "nox": [1.0, 0.5], "title": ["2013", "2025"]})
    return isopleth.Isopleth(nox, voc, ozone, ridge, shown, limit)


@pytest.mark.parametrize("scale", [0.3, 1.0, 12.0, 16.0, 20.0, 33.0, 80.0, 150.0])
def test_contours_are_about_ten_at_a_step_that_reads_well(scale: float) -> None:
    data = surface(160.0, scale)
    steps = np.diff(data.levels)
    assert 7 <= len(data.levels) <= 16, "about ten bands, and one more at either end"
    assert steps == pytest.approx(steps[0])
    assert round(steps[0] / 10 ** np.floor(np.log10(steps[0])), 6) in {1.0, 2.0, 2.5, 5.0}
    assert data.levels[0] <= data.ozone.min()
    assert data.levels[-1] >= data.ozone.max()


def test_limit_is_drawn_only_where_the_surface_holds_it() -> None:
    assert surface(155.0).holds_limit
    assert not surface(100.0).holds_limit
    assert not surface(300.0).holds_limit


def painted(data: isopleth.Isopleth) -> Axes:
    return drawn(lambda fig, language: isopleth.paint(fig, fig.subplots(), language, data)).axes[0]


def test_legend_tells_what_is_drawn() -> None:
    with_limit = [text.get_text() for text in painted(surface(155.0)).get_legend().get_texts()]
    assert "二级限值" in with_limit
    assert len(with_limit) == 3
    assert len(painted(surface(100.0)).get_legend().get_texts()) == 2


def test_legend_lies_below_the_data() -> None:
    ax = painted(surface(155.0))
    assert ax.get_legend().get_window_extent().y1 < ax.get_window_extent().y0


def test_scenarios_are_marked_in_percent_and_labelled() -> None:
    ax = painted(surface(155.0))
    path = next(line for line in ax.lines if line.get_marker() == "o" and len(line.get_xdata()))
    assert path.get_xdata().tolist() == [100.0, 60.0]
    assert path.get_ydata().tolist() == [100.0, 50.0]
    assert {"2013", "2025"} <= set(words(ax))


def test_a_flat_surface_and_no_ridge_still_draw() -> None:
    data = surface(160.0)
    flat = isopleth.Isopleth(data.nox, data.voc, 0.001 * data.ozone, data.ridge.head(0), data.points, 160.0)
    assert len(painted(flat).get_legend().get_texts()) == 1
    even = isopleth.Isopleth(data.nox, data.voc, np.full_like(data.ozone, 150.0), data.ridge, data.points, 160.0)
    assert len(even.levels) > 1, "a surface without any slope"
    painted(even)


# --- maps


def panel(values: dict[str, float]) -> maps.DistrictPanel:
    return maps.DistrictPanel(Bilingual("标题", "title"), Bilingual("μg/m³", "μg/m³"), values)


def test_maps_stand_two_by_two(districts: Districts) -> None:
    panels = [panel({"990101": 1.0, "990102": 2.0})] * 3
    fig = drawn(lambda fig, language: maps.paint(fig, language, districts, panels))
    titled = [ax for ax in fig.axes if ax.get_title(loc="left")]
    assert len(titled) == 3
    assert [maps.rows_for(count) for count in (1, 2, 3, 4, 5)] == [1, 1, 2, 2, 3]


@pytest.mark.parametrize(
    ("values", "name"),
    [((1.0, 2.0), "YlGnBu"), ((-3.0, -1.0), "YlGnBu_r"), ((-1.0, 2.0), "RdBu_r"), ((-1.0, 0.0), "YlGnBu_r")],
)
def test_colours_fit_what_the_values_do(districts: Districts, values: tuple[float, float], name: str) -> None:
    given = dict(zip(districts.codes, values, strict=True))
    fig = drawn(lambda fig, language: maps.paint(fig, language, districts, [panel(given)]))
    bar = next(ax for ax in fig.axes if ax.get_label() == "<colorbar>")
    assert bar._colorbar.mappable.get_cmap().name == name


def test_the_strongest_fall_is_the_darkest(districts: Districts) -> None:
    fig = drawn(lambda fig, language: maps.paint(fig, language, districts, [panel({"990101": -9.0, "990102": -1.0})]))
    first, second = (sum(patch.get_facecolor()[:3]) for patch in fig.axes[0].patches[:2])
    assert first < second


def test_simplified_districts_keep_shape_names_and_neighbours(districts: Districts) -> None:
    less = maps.simplified(districts)
    assert less.codes == districts.codes
    assert [district.area_m2() for district in less] == pytest.approx([one.area_m2() for one in districts], rel=1e-3)
    assert less["990101"].name_en == "Jia"
    assert less["990101"].shape.touches(less["990102"].shape)


def test_a_gridded_field_hides_what_is_next_to_nothing(districts: Districts) -> None:
    lon, lat = np.meshgrid(np.linspace(116, 118, 5), np.linspace(40, 41, 3))
    values = np.array([[0.0, 1.0, 10.0, 1e4], [1e-9, 5.0, 100.0, 1e3]])
    field = maps.Field(Bilingual("场", "field"), Bilingual("kg", "kg"), lon, lat, values)
    fig = drawn(lambda fig, language: maps.paint(fig, language, districts, [panel({"990101": 1.0})], field))
    mesh = next(ax for ax in fig.axes if ax.get_title(loc="left") == "场").collections[0]
    assert np.ma.getmaskarray(mesh.get_array()).ravel().tolist() == [True, True, False, False, True, True, False, False]


# --- the others


def test_shares_of_the_inventory_close_to_a_hundred() -> None:
    rows = [("ONROAD", "NOx", 3000.0), ("SOLVENT", "NOx", 1000.0), ("SOLVENT", "VOC", 5000.0)]
    totals = pd.DataFrame(rows, columns=["sector", "pollutant", "mass_t"])
    ax = drawn(lambda fig, language: inventory.paint(fig, language, totals)).axes[0]
    ends: dict[float, float] = {}
    for bar in ax.patches:
        ends[bar.get_y()] = ends.get(bar.get_y(), 0.0) + bar.get_width()
    assert list(ends.values()) == pytest.approx([100.0, 100.0])
    assert words(ax) == ["5.0 kt/a", "4.0 kt/a"]


def test_hours_of_each_case_and_pollutant() -> None:
    hours = pd.DataFrame(
        {"case": "x", "pollutant": "O3", "hour": range(24), "model": range(24), "obs": range(24, 0, -1)}
    )
    ax = drawn(lambda fig, language: diurnal.paint(fig, language, hours, {"x": "情形"}, ("O3",))).axes[0]
    dots, line = ax.lines
    assert line.get_xdata()[0] == 0.5, "an hour's mean stands in its middle"
    assert dots.get_ydata()[0] == 24.0
    assert ax.get_ylim()[0] == 0.0
    assert ax.get_ylabel() == "情形"


@pytest.fixture
def plan() -> pd.DataFrame:
    return pd.DataFrame({
        "title": [f"措施{k}" for k in range(26)], "lead": [f"部门{k % 10}" for k in range(26)],
        "start": 2026, "end": 2031,
        "NOx_t": np.linspace(20000, 0, 26), "VOC_t": 0.0, "PM25_t": np.linspace(-5.0, 40.0, 26),
    })  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_many_measures_of_the_same_years_stay_readable(plan: pd.DataFrame, language: Language) -> None:
    with house_style():
        fig = figure(27, 17)
        timetable.paint(fig, language, plan)
        fig.draw_without_rendering()
    boxes = [tick.get_window_extent() for tick in fig.axes[0].get_yticklabels()]
    assert all(lower.y1 <= upper.y0 + 1 for upper, lower in pairwise(boxes))
    assert fig.legends[0].get_window_extent().width < fig.bbox.width


def test_periods_span_their_years_and_bars_take_the_lead_departments_colour(plan: pd.DataFrame) -> None:
    rows = plan.head(2).assign(start=[2026, 2028], end=[2031, 2029])
    fig = drawn(lambda fig, language: timetable.paint(fig, language, rows))
    bars = fig.axes[0].patches
    assert [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in bars] == [(2025.5, 2031.5), (2027.5, 2029.5)]
    assert to_hex(bars[0].get_facecolor()) != to_hex(bars[1].get_facecolor())
    assert to_hex(fig.axes[1].patches[0].get_facecolor()) == to_hex(bars[0].get_facecolor())
    assert words(fig.axes[1]) == ["20.0", "19.2"]
    assert words(fig.axes[2]) == ["0", "0"]


def test_a_trend_with_limits_and_milestones() -> None:
    data = trend.Trend(
        pd.DataFrame({"year": [2013, 2025], "statistic": "PM25_mean", "value": [90.0, 27.0]}),
        pd.DataFrame({"statistic": "PM25_mean", "start_year": [2013, 2026, 2031], "end_year": [2025, 2030, 2031],
                      "limit": [35.0, 30.0, 25.0]}),
        pd.DataFrame({"year": [2031], "statistic": "PM25_mean", "value": [22.0], "low": [21.0], "high": [24.0]}),
        ("PM25_mean",),
    )  # fmt: skip
    (ax,) = drawn(lambda fig, language: trend.paint(fig, language, data)).axes
    assert words(ax) == ["35", "30", "25"]
    limits = [lines for lines in ax.collections if to_hex(lines.get_color()[0]) == colour("role", "limit").lower()]
    ends = [lines.get_segments()[0][:, 0].tolist() for lines in limits]
    assert ends == [[2012.5, 2025.5], [2025.5, 2030.5], [2030.5, 2032.5]]
    assert ax.get_ylim()[0] == 0.0


@pytest.fixture
def looked_back() -> pd.DataFrame:
    return pd.DataFrame({
        "pollutant": ["PM25", "O3"], "official_pct": [-35.2, 5.2], "normalised_pct": [-34.0, np.nan],
        "model_pct": [-33.9, -5.1],
    })  # fmt: skip


def test_looking_back(looked_back: pd.DataFrame) -> None:
    categories = pd.DataFrame(
        {"title": ["甲", "乙"], "model": [3.6, 0.1], "low": [2.3, 0.0], "high": [5.0, 0.2], "published": [5.9, np.nan]}
    )
    fig = drawn(lambda fig, language: review.paint(fig, language, looked_back, categories, "Study 2019"))
    assert sorted(words(fig.axes[0])) == sorted(["−35", "5", "−34", "−34", "−5"])
    assert "已发表 (Study 2019)" in everything(fig)


def test_looking_back_without_categories_or_normalised_changes(looked_back: pd.DataFrame) -> None:
    rows = looked_back.assign(normalised_pct=np.nan)
    fig = drawn(lambda fig, language: review.paint(fig, language, rows, pd.DataFrame(), ""), "en")
    assert len(fig.axes) == 1
    assert "weather removed" not in everything(fig)
