"""Maps of the city: values by district, and the gridded emission of a written file under the borders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import shapely
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter

from aqcore.district_map import district_map, draw_borders
from aqcore.districts import District, Districts
from aqcore.polygon import Polygon
from roadmap.report.texts import Bilingual, Language

Array = npt.NDArray[np.float64]

FALLING = "YlGnBu_r"
"""Where all values fall: the strongest decrease is the darkest."""
DECADES = 3.0
"""Range of the gridded field's colours: emissions of neighbouring cells differ by orders of magnitude."""
COLUMNS = 2
"""Maps side by side: more would leave no room for the names of small districts."""
DETAIL = 0.002
"""Borders are simplified to this share of the map's height: less than a line's width, a quarter of the points."""


@dataclass(frozen=True)
class DistrictPanel:
    """One map: its title, the label of its colours (quantity and unit), and values by district code."""

    title: Bilingual
    label: Bilingual
    by_district: Mapping[str, float]


@dataclass(frozen=True)
class Field:
    """A gridded field: its title and label, corners (y+1, x+1) in degrees, and values (y, x)."""

    title: Bilingual
    label: Bilingual
    lon: Array
    lat: Array
    values: Array


def paint(
    fig: Figure, language: Language, districts: Districts, panels: Sequence[DistrictPanel], field: Field | None = None
) -> None:
    """Draw one map a panel, two beside each other, the gridded field last."""
    count = len(panels) + (field is not None)
    axes = fig.subplots(rows_for(count), min(count, COLUMNS), squeeze=False).flat
    for ax, panel in zip(axes, panels, strict=False):
        paint_districts(ax, language, districts, panel)
    if field is not None:
        paint_field(fig, axes[len(panels)], language, districts, field)
    for ax in list(axes)[count:]:
        ax.set_axis_off()


def rows_for(count: int) -> int:
    """Return the rows of maps that a figure of so many needs."""
    return -(-count // COLUMNS)


@cache
def simplified(districts: Districts) -> Districts:
    """Return the districts with fewer points along their borders, which neighbours still share."""
    _, south, _, north = districts.bounds
    shapes = shapely.coverage_simplify([district.shape for district in districts], DETAIL * (north - south))
    items = (
        District(district.code, district.name_zh, _polygons(shape), district.name_en)
        for district, shape in zip(districts, shapes, strict=True)
    )
    return Districts(tuple(items), districts.source)


def _polygons(shape: shapely.MultiPolygon | shapely.Polygon) -> tuple[Polygon, ...]:
    parts = shape.geoms if isinstance(shape, shapely.MultiPolygon) else [shape]
    return tuple(
        Polygon(shapely.get_coordinates(part.exterior), tuple(shapely.get_coordinates(ring) for ring in part.interiors))
        for part in parts
    )


def paint_districts(ax: Axes, language: Language, districts: Districts, panel: DistrictPanel) -> None:
    """Draw the values of districts: two-sided colours around 0 where they both rise and fall."""
    finite = [value for value in panel.by_district.values() if np.isfinite(value)] or [0.0]
    low, high = min(finite), max(finite)
    district_map(
        ax, simplified(districts), panel.by_district, label=panel.label[language], lang=language,
        diverging=low < 0 < high, cmap=FALLING if high <= 0 and low < 0 else None,
    )  # fmt: skip
    ax.set_title(panel.title[language])


def paint_field(fig: Figure, ax: Axes, language: Language, districts: Districts, field: Field) -> None:
    """Draw a gridded field on a logarithmic scale under the borders of the districts."""
    top = float(field.values.max())
    least = top / 10**DECADES
    shown = np.ma.masked_less(field.values, least)
    mesh = ax.pcolormesh(field.lon, field.lat, shown, norm=LogNorm(least, top), cmap="YlGnBu", rasterized=True)
    draw_borders(ax, simplified(districts))
    west, south, east, north = districts.bounds
    ax.set(xlim=(west, east), ylim=(south, north), aspect=1.0 / np.cos(np.radians(0.5 * (south + north))))
    ax.set_axis_off()
    bar = fig.colorbar(mesh, ax=ax, shrink=0.75, pad=0.01, aspect=28, format=LogFormatter())
    bar.set_label(field.label[language])
    ax.set_title(field.title[language])
