"""Maps of districts: their borders, filled by a value, with a colour bar and their names."""

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations
from unicodedata import east_asian_width

import numpy as np
import numpy.typing as npt
import shapely
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import PathCollection
from matplotlib.colors import Colormap, Normalize, TwoSlopeNorm, to_rgb
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from matplotlib.patheffects import withStroke
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
MARGIN = 0.1
"""Room around the small districts in their enlargement, as a share of its size: names reach over their borders."""
WIDENED = 0.22
"""Room made beside the map for the enlargement, as a share of its width."""
DARK_BELOW = 0.5
"""A district name is white on colours darker than this luminance."""
NAME_SIZE = 6.5
"""Size of the names, points."""
LINE = 1.25
"""Distance of two lines of names, in their size."""
WIDE_GLYPH, NARROW_GLYPH = 1.0, 0.55
"""Width of a Chinese and (about) of a Latin letter, in their size."""
POINTS_PER_INCH = 72.0


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
    _frame(ax, shapely.total_bounds([district.shape for district in districts]))
    _fill(ax, districts, faces, lang, [code for code in districts.codes if code not in small] if names else [])
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
        ax.add_patch(PathPatch(_outline(district), facecolor=faces[district.code], edgecolor=BORDER, linewidth=0.5))
    shown = [district for district in districts if district.code in named]
    names = [short_name(district, lang) for district in shown]
    spots = [_room(district)[0] for district in shown]
    for district, name, spot, rise in zip(shown, names, spots, _rises(ax, spots, names), strict=True):
        ink = _ink(faces[district.code])
        ax.annotate(
            name, spot, xytext=(0.0, rise), textcoords="offset points", ha="center", va="center", fontsize=NAME_SIZE,
            color=ink, path_effects=[withStroke(linewidth=1.4, foreground=_halo(ink))], zorder=6, clip_on=True,
        )  # fmt: skip


def _rises(ax: Axes, spots: Sequence[tuple[float, float]], names: Sequence[str]) -> list[float]:
    """Return how far (points) each name is moved up so that neighbours' names do not lie on each other."""
    rises = [0.0] * len(spots)
    eastwards, northwards = _points_per_degree(ax, spots)
    for one, other in combinations(range(len(spots)), 2):
        apart = abs(spots[one][0] - spots[other][0]) * eastwards
        above = (spots[one][1] - spots[other][1]) * northwards
        missing = LINE * NAME_SIZE - abs(above)
        if missing > 0.0 and apart < 0.5 * (_width(names[one]) + _width(names[other])):
            up, down = (one, other) if above >= 0.0 else (other, one)
            rises[up] += 0.5 * missing
            rises[down] -= 0.5 * missing
    return rises


def _points_per_degree(ax: Axes, spots: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return points a degree of longitude and of latitude on a map that keeps its proportions."""
    if not spots or ax.figure is None:
        return 0.0, 0.0
    (west, east), (south, north) = ax.get_xlim(), ax.get_ylim()
    narrow = float(np.cos(np.radians(0.5 * (south + north))))
    box = ax.get_window_extent()
    pixels = min(box.height / (north - south), box.width / ((east - west) * narrow))
    points = float(pixels * POINTS_PER_INCH / ax.figure.dpi)
    return points * narrow, points


def _width(name: str) -> float:
    return NAME_SIZE * sum(WIDE_GLYPH if east_asian_width(char) in "WF" else NARROW_GLYPH for char in name)


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


def _halo(ink: str) -> str:
    """Return the colour around a name, which may reach over its district's border onto any colour."""
    return "#222222" if ink == "#ffffff" else "#ffffff"


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
    bounds = _wider(shapely.total_bounds([districts[code].shape for code in small]))
    inset = ax.inset_axes((corner[0], corner[1], INSET, INSET))
    _frame(inset, bounds)
    _fill(inset, districts, faces, lang, [d.code for d in districts if _inside(_room(d)[0], bounds)])
    inset.set_anchor("NW" if corner[1] > 0 else "S" + ("W" if corner[0] == 0 else "E"))
    inset.set(xticks=[], yticks=[])
    inset.spines[:].set_visible(True)
    ax.indicate_inset(bounds=_extent(bounds), edgecolor="#222222", linewidth=0.7, alpha=1.0)


def _wider(bounds: Bounds) -> Bounds:
    west, south, east, north = bounds
    aside, above = MARGIN * (east - west), MARGIN * (north - south)
    return np.array([west - aside, south - above, east + aside, north + above])


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
