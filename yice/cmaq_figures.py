"""Figures of CMAQ runs: maps of the base and of what a scenario changes, with the borders of the districts."""

from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, Normalize, TwoSlopeNorm
from matplotlib.figure import Figure

from aqcore.district_map import DIVERGING, SEQUENTIAL, draw_borders
from aqcore.districts import Districts
from aqcore.grid import Grid
from aqcore.style import figure, mark_illustrative, save
from evaluation.standards import statistic
from roadmap.report.texts import LANGUAGES, Language

WIDTH_CM, HEIGHT_CM = 20.0, 9.0
LEAST = 1e-3
"""A change smaller than this everywhere (in the unit of the map) gets a scale of this width."""

SHORT_DAYS = 60
"""Fewer days than this make no annual statistic; the figure says how many they are either way."""

TEXTS = {
    "base": {"zh": "基准", "en": "base"},
    "change": {"zh": "情景减基准", "en": "scenario minus base"},
    "days": {"zh": "{title}，{count} 天", "en": "{title}, {count} days"},
    "short": {"zh": "{title}，仅 {count} 天，不代表全年", "en": "{title}: modelled days {count}, not a year"},
}


def draw_change(
    maps: xr.Dataset, grid: Grid, districts: Districts, folder: Path, *, days: int, illustrative: bool = False
) -> list[Path]:
    """Write one figure a statistic and language: the base beside the change, PNG and SVG, and return the paths."""
    paths = []
    for name in map(str, maps["statistic"].to_numpy()):
        own = maps.sel(statistic=name)
        for language in LANGUAGES:
            fig = figure(WIDTH_CM, HEIGHT_CM)
            _draw(fig, own, grid, districts, language, illustrative=illustrative)
            title = getattr(statistic(name), f"title_{language}")
            text = TEXTS["short" if days < SHORT_DAYS else "days"][language]
            fig.suptitle(text.format(title=title, count=days), fontsize=10)
            paths += save(fig, folder / f"{name}_{language}")
    return paths


def _draw(
    fig: Figure, own: xr.Dataset, grid: Grid, districts: Districts, language: Language, *, illustrative: bool
) -> None:
    left, right = fig.subplots(1, 2)
    unit = str(own["unit"].item()).replace("ug/m3", "µg m⁻³").replace("mg/m3", "mg m⁻³")
    base, change = own["base"].to_numpy(), own["change"].to_numpy()
    most = max(float(np.nanmax(np.abs(change))), LEAST)
    _map(left, base, Normalize(float(np.nanmin(base)), float(np.nanmax(base))), SEQUENTIAL, grid, districts)
    _map(right, change, TwoSlopeNorm(0.0, -most, most), DIVERGING, grid, districts)
    for ax, key in ((left, "base"), (right, "change")):
        bar = fig.colorbar(ax.collections[0], ax=ax, shrink=0.8, pad=0.01, aspect=28)
        bar.set_label(f"{TEXTS[key][language]}  ({unit})")
        bar.outline.set_visible(False)
    if illustrative:
        mark_illustrative(right, language)


def _map(ax: Axes, values: np.ndarray, norm: Normalize, cmap: str | Colormap, grid: Grid, districts: Districts) -> None:
    lon, lat = grid.corners()
    ax.pcolormesh(lon, lat, values, norm=norm, cmap=cmap, rasterized=True)
    draw_borders(ax, districts)
    west, south, east, north = districts.bounds
    ax.set(xlim=(west, east), ylim=(south, north), aspect=1.0 / np.cos(np.radians(0.5 * (south + north))))
    ax.set_axis_off()
