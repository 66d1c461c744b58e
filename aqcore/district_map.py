"""Maps of districts: their borders, filled by a value, with a colour bar and their names."""

from collections.abc import Collection, Mapping

import numpy as np
import numpy.typing as npt
import shapely
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import PathCollection
from matplotlib.colors import Colormap, Normalize, TwoSlopeNorm, to_rgb
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from shapely.geometry.polygon import orient

from aqcore.districts import District, Districts
from aqcore.style import Language

Colour = tuple[float, float, float]
Bounds = npt.NDArray[np.float64]

SEQUENTIAL = "YlGnBu"
DIVERGING = "RdBu_r"
"""Both read without red-green vision."""
NO_VALUE = "#eef1f3"
BORDER = "#5d686e"
SMALL = 0.11
"""A district is small when the largest circle inside it is narrower than this share of the map."""
INSET = 0.40
"""Size of the enlargement as a share of the map."""
WIDENED = 0.22
"""Room made beside the map for the enlargement, as a share of its width."""
DARK_BELOW = 0.5
"""A district name is white on colours darker than this luminance."""


def district_map(
    ax: Axes,
    districts: Districts,
    values: Mapping[str, float],
    *,
    label: str = "",
    lang: Language = "zh",
    diverging: bool = False,
    limits: tuple[float, float] | None = None,
    cmap: str | Colormap | None = None,
    names: bool = True,
    colourbar: bool = True,
) -> ScalarMappable:
    """Fill each district by its value, with borders, names and a colour bar, and return the colour scale.

    `values` maps codes to numbers; a district without a finite one is grey. `label` names the quantity and its unit.
    `diverging` centres the colours on 0. `limits` fixes the scale (so that two maps compare). Districts too small for
    their names are enlarged in a corner. Raises `KeyError` for a code that the districts do not know.
    """
    unknown = sorted(set(values) - set(districts.codes))
    if unknown:
        raise KeyError(f"values name unknown districts: {', '.join(unknown)}")
    scale = ScalarMappable(_norm(values, limits, diverging=diverging), cmap or (DIVERGING if diverging else SEQUENTIAL))
    faces = {code: _face(scale, values.get(code, float("nan"))) for code in districts.codes}
    small = small_districts(districts) if names else ()
    _fill(ax, districts, faces, lang, [code for code in districts.codes if code not in small] if names else [])
    _frame(ax, shapely.total_bounds([district.shape for district in districts]))
    ax.set_axis_off()
    if small:
        _enlarge(ax, districts, faces, lang, small)
    if colourbar and ax.figure is not None:
        bar = ax.figure.colorbar(scale, ax=ax, shrink=0.75, pad=0.01, aspect=28)
        bar.set_label(label)
        bar.outline.set_visible(False)
    return scale


def small_districts(districts: Districts) -> tuple[str, ...]:
    """Return the codes of districts too small for their names: none, or two and more (one alone stays as it is)."""
    west, south, east, north = shapely.total_bounds([district.shape for district in districts])
    limit = SMALL * min(east - west, north - south)
    small = tuple(d.code for d in districts if _room(d)[1] < limit)
    return small if len(small) > 1 else ()


def draw_borders(ax: Axes, districts: Districts, *, linewidth: float = 0.5, colour: str = BORDER) -> None:
    """Draw the borders of the districts over whatever the axes show in longitude and latitude."""
    outlines = [_outline(district) for district in districts]
    ax.add_collection(PathCollection(outlines, facecolors="none", edgecolors=colour, linewidths=linewidth, zorder=5))


def _norm(values: Mapping[str, float], limits: tuple[float, float] | None, *, diverging: bool) -> Normalize:
    finite = [value for value in values.values() if np.isfinite(value)] or [0.0, 1.0]
    low, high = limits or (min(finite), max(finite))
    if diverging:
        reach = max(abs(low), abs(high)) or 1.0
        return TwoSlopeNorm(0.0, -reach, reach)
    return Normalize(low, high if high > low else low + (abs(low) or 1.0) * 1e-6)


def _face(scale: ScalarMappable, value: float) -> Colour:
    if not np.isfinite(value):
        return to_rgb(NO_VALUE)
    red, green, blue = scale.to_rgba(np.array([value]))[0, :3]
    return float(red), float(green), float(blue)


def _outline(district: District) -> Outline:
    parts = [orient(part) for part in district.shape.geoms]  # holes stay open only when they run the other way
    rings = [ring for part in parts for ring in (part.exterior, *part.interiors)]
    return Outline.make_compound_path(*(Outline(shapely.get_coordinates(ring), closed=True) for ring in rings))


def _fill(ax: Axes, districts: Districts, faces: Mapping[str, Colour], lang: Language, named: Collection[str]) -> None:
    for district in districts:
        face = faces[district.code]
        ax.add_patch(PathPatch(_outline(district), facecolor=face, edgecolor=BORDER, linewidth=0.5))
        if district.code in named:
            lon, lat = _room(district)[0]
            text = short_name(district, lang)
            ax.text(lon, lat, text, ha="center", va="center", fontsize=6.5, color=_ink(face), zorder=6, clip_on=True)


def _room(district: District) -> tuple[tuple[float, float], float]:
    """Return the centre (longitude, latitude) and the diameter (degrees) of the largest circle inside a district."""
    circle = shapely.maximum_inscribed_circle(district.shape)
    lon, lat = shapely.get_coordinates(circle)[0]
    return (float(lon), float(lat)), 2.0 * float(shapely.length(circle))


def short_name(district: District, lang: Language) -> str:
    """Return the name as a map shows it: 朝阳 for 朝阳区, Chaoyang."""
    if lang == "en" and district.name_en:
        return district.name_en
    name = district.name_zh
    return name[:-1] if len(name) > 2 and name[-1] in "区县市" else name


def _ink(face: Colour) -> str:
    red, green, blue = face
    return "#ffffff" if 0.299 * red + 0.587 * green + 0.114 * blue < DARK_BELOW else "#222222"


def _frame(ax: Axes, bounds: Bounds) -> None:
    """Show the bounds (west, south, east, north) with a kilometre as long eastwards as northwards."""
    west, south, east, north = bounds
    ax.set_xlim(west, east)
    ax.set_ylim(south, north)
    ax.set_aspect(1.0 / np.cos(np.radians(0.5 * (south + north))))


def _enlarge(
    ax: Axes, districts: Districts, faces: Mapping[str, Colour], lang: Language, small: tuple[str, ...]
) -> None:
    """Draw the small districts again, larger, in the emptiest corner, and a frame where they lie."""
    corner, widened = _corner(districts)
    _frame(ax, widened)
    bounds = shapely.total_bounds([districts[code].shape for code in small])
    inset = ax.inset_axes((corner[0], corner[1], INSET, INSET))
    _fill(inset, districts, faces, lang, [d.code for d in districts if _inside(_room(d)[0], bounds)])
    _frame(inset, bounds)
    inset.set_anchor("NW" if corner[1] > 0 else "S" + ("W" if corner[0] == 0 else "E"))
    inset.set(xticks=[], yticks=[])
    inset.spines[:].set_visible(True)
    ax.indicate_inset(bounds=_extent(bounds), edgecolor="#222222", linewidth=0.7, alpha=1.0)


def _inside(point: tuple[float, float], bounds: Bounds) -> bool:
    west, south, east, north = bounds
    return bool(west < point[0] < east and south < point[1] < north)


def _extent(bounds: Bounds) -> tuple[float, float, float, float]:
    """Return west, south, width, height."""
    west, south, east, north = (float(edge) for edge in bounds)
    return west, south, east - west, north - south


def _corner(districts: Districts) -> tuple[tuple[float, float], Bounds]:
    """Return the corner of the inset (axes fractions) that hides least, and the bounds widened on its side.

    The upper right corner is left for the mark of illustrative data.
    """
    land = shapely.union_all([district.shape for district in districts])
    choices = []
    for right, up in ((False, True), (False, False), (True, False)):
        west, south, east, north = shapely.total_bounds(land)
        extra = WIDENED * (east - west)
        bounds = np.array([west - (0 if right else extra), south, east + (extra if right else 0), north])
        corner = (1.0 - INSET if right else 0.0, 1.0 - INSET if up else 0.0)
        choices.append((_hidden(land, corner, bounds), corner, bounds))
    _, corner, bounds = min(choices, key=lambda choice: choice[0])
    return corner, bounds


def _hidden(land: shapely.Geometry, corner: tuple[float, float], bounds: Bounds) -> float:
    west, south, width, height = _extent(bounds)
    low = west + corner[0] * width, south + corner[1] * height
    box = shapely.box(*low, low[0] + INSET * width, low[1] + INSET * height)
    return float(shapely.intersection(land, box).area)
