"""Figures of the emissions: maps, shares, curves in time, composition, key emitters.

Each function draws on an empty figure (`aqcore.style.figure`) what a table or field of `emissions.figure_data`,
`emissions.voc_emissions` or `emissions.key_industries` holds.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import LogNorm, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from aqcore.district_map import district_map, draw_borders
from aqcore.districts import Districts
from aqcore.style import Language, colour, colours, mark_illustrative, name
from emissions.figure_data import Density
from emissions.shipped_tables import shipped_table
from emissions.voc_compounds import compound_groups, compound_name

DECADES = 3.5
"""Decades below the largest value that a map of emission per area shows."""
SMALL_SHARE = 4.0
"""Sectors with a smaller share (%) of a ring are not labelled on it."""
DARK_BELOW = 0.55
"""Text on a darker colour (luminance) is white."""
EDGE: dict[str, Any] = {"edgecolor": "white", "linewidth": 0.5}


def words(key: str, lang: Language) -> str:
    """Return a text of the figures in a language (`data/figure_texts.csv`); raises `KeyError` for an unknown key."""
    table = shipped_table("figure_texts.csv").set_index("key")
    return str(table.loc[key, lang])


def emission_map(
    fig: Figure, density: Density, districts: Districts, *, lang: Language = "zh", illustrative: bool = False
) -> None:
    """Draw the emission per area of the cells on a logarithmic scale, with the borders of the districts."""
    ax = fig.subplots()
    shown = np.where(density.per_km2 > 0.0, density.per_km2, np.nan)
    top = float(np.nanmax(shown)) if np.isfinite(shown).any() else 1.0
    scale = LogNorm(top / 10.0**DECADES, top)
    mesh = ax.pcolormesh(density.lon, density.lat, shown, norm=scale, cmap="YlGnBu", rasterized=True)
    draw_borders(ax, districts)
    west, south, east, north = districts.bounds
    ax.set(xlim=(west, east), ylim=(south, north), aspect=1.0 / np.cos(np.radians(0.5 * (south + north))))
    ax.set_axis_off()
    plain = FuncFormatter(lambda value, _: f"{value:g}")
    bar = fig.colorbar(mesh, ax=ax, shrink=0.75, pad=0.01, aspect=28, extend="min", format=plain)
    bar.set_label(f"{name('pollutant', density.pollutant, lang)}  (t a⁻¹ km⁻²)")
    bar.outline.set_visible(False)
    _mark(ax, illustrative, lang)


def district_totals_map(
    fig: Figure,
    districts: Districts,
    mass: Mapping[str, float],
    label: str,
    *,
    lang: Language = "zh",
    illustrative: bool = False,
) -> None:
    """Fill each district by its emission per area; `mass` maps codes to t/a, `label` names the quantity."""
    ax = fig.subplots()
    per_area = {code: value / (districts[code].area_m2() / 1.0e6) for code, value in mass.items()}
    district_map(ax, districts, per_area, label=f"{label}  (t a⁻¹ km⁻²)", lang=lang)
    _mark(ax, illustrative, lang)


def sector_rings(fig: Figure, totals: pd.DataFrame, *, lang: Language = "zh", illustrative: bool = False) -> None:
    """Draw a ring a pollutant with the shares of the sectors; `totals` of `figure_data.sector_totals`."""
    columns = list(totals.columns)
    axes = np.atleast_1d(fig.subplots(1, len(columns)))
    for ax, pollutant in zip(axes, columns, strict=True):
        mass = totals[pollutant][totals[pollutant] > 0.0]
        share = 100.0 * mass / mass.sum()
        texts = [f"{value:.0f}%" if value >= SMALL_SHARE else "" for value in share]
        _, inscribed = ax.pie(
            mass, labels=texts, labeldistance=0.78, startangle=90, counterclock=False,
            colors=[colour("sector", sector) for sector in mass.index],
            wedgeprops={"width": 0.42, **EDGE},
            textprops={"fontsize": 7, "ha": "center", "va": "center"},
        )  # fmt: skip
        for text, sector in zip(inscribed, mass.index, strict=True):
            text.set_color(_ink(colour("sector", sector)))
        ax.text(
            0, 0, f"{name('pollutant', pollutant, lang)}\n{_amount(mass.sum())}", ha="center", va="center", fontsize=8.5
        )
    _sector_legend(fig, totals.index, lang)
    _mark(axes[-1], illustrative, lang)


def _ink(shade: str) -> str:
    red, green, blue = to_rgb(shade)
    return "#ffffff" if 0.299 * red + 0.587 * green + 0.114 * blue < DARK_BELOW else "#222222"


def _amount(tonnes: float) -> str:
    return f"{tonnes / 1000.0:,.1f} kt/a" if tonnes >= 1000.0 else f"{tonnes:,.0f} t/a"


def _sector_legend(fig: Figure, sectors: Iterable[str], lang: Language) -> None:
    handles = [Patch(color=colour("sector", sector), label=name("sector", sector, lang)) for sector in sectors]
    fig.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), 6))


def time_curve(
    fig: Figure,
    curves: Mapping[str, pd.DataFrame],
    pollutant: str,
    *,
    lang: Language = "zh",
    illustrative: bool = False,
) -> None:
    """Draw what sectors emit over the year, the week and the day, stacked; `curves` by cycle, of `time_curves`."""
    axes = np.atleast_1d(fig.subplots(1, len(curves), width_ratios=[len(table) for table in curves.values()]))
    order: list[str] = []
    for ax, (cycle, table) in zip(axes, curves.items(), strict=True):
        share = 100.0 * table / table.to_numpy().sum()
        _stacked_bars(ax, share)
        ax.set(title=words(cycle, lang), xlim=(share.index[0] - 0.6, share.index[-1] + 0.6))
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
        ax.grid(axis="x", visible=False)
        order += [str(sector) for sector in share.columns if sector not in order]
    axes[0].set_ylabel(f"{name('pollutant', pollutant, lang)}  {words('share_pct', lang)}")
    _sector_legend(fig, order, lang)
    _mark(axes[-1], illustrative, lang)


def _stacked_bars(ax: Axes, share: pd.DataFrame, width: float = 0.86) -> None:
    """Draw one bar a row, stacked by column: one collection a sector, as hundreds of patches take a second to draw."""
    top = share.cumsum(axis=1)
    left, right = share.index.to_numpy() - 0.5 * width, share.index.to_numpy() + 0.5 * width
    for sector in share.columns:
        high = top[sector].to_numpy()
        low = high - share[sector].to_numpy()
        corners = np.stack([[left, low], [right, low], [right, high], [left, high]])  # (corner, x or y, bar)
        ax.add_collection(
            PolyCollection(list(corners.transpose(2, 0, 1)), facecolor=colour("sector", str(sector)), linewidth=0)
        )
    ax.set_ylim(0.0, 1.05 * float(top.to_numpy().max()))


def compound_group_bars(
    fig: Figure, groups: pd.DataFrame, *, lang: Language = "zh", illustrative: bool = False
) -> None:
    """Draw the groups of compounds in the VOC of each sector, by mass and by ozone potential, to 100 %.

    `groups` of `VocEmissions.groups(("sector",))`.
    """
    axes = fig.subplots(1, 2, sharey=True)
    known = compound_groups()
    for ax, measure in zip(axes, ("mass_t", "ofp_t"), strict=True):
        table = groups.pivot_table(index="sector", columns="group", values=measure, aggfunc="sum", sort=False)
        table = table.clip(lower=0.0).fillna(0.0)
        share = (100.0 * table.div(table.sum(axis=1), axis=0)).iloc[::-1]
        left = np.zeros(len(share))
        for group in known:
            if group in share:
                title = known[group].name_zh if lang == "zh" else known[group].name_en
                ax.barh(range(len(share)), share[group], left=left, color=known[group].colour, label=title, **EDGE)
                left += share[group].to_numpy()
        ax.set(title=words(measure, lang), xlim=(0, 100), xlabel=words("share_pct", lang))
        ax.set_yticks(range(len(share)), [name("sector", sector, lang) for sector in share.index])
        ax.grid(axis="y", visible=False)
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=6)
    _mark(axes[1], illustrative, lang)


def leading_compounds(
    fig: Figure, compounds: pd.DataFrame, *, count: int = 15, lang: Language = "zh", illustrative: bool = False
) -> None:
    """Draw the compounds with most mass, ozone potential and aerosol potential beside each other.

    `compounds` of `key_industries.ranking(voc, "compound")`.
    """
    axes = fig.subplots(1, 3)
    known, seen = compound_groups(), set[str]()
    for ax, measure in zip(axes, ("mass", "ofp", "soa"), strict=True):
        rows = compounds.nlargest(count, f"{measure}_t").iloc[::-1]
        shades = [known[group].colour for group in rows["group"]]
        seen |= set(rows["group"])
        ax.barh(range(len(rows)), rows[f"{measure}_pct"], color=shades, height=0.72)
        ax.set_yticks(range(len(rows)), [_short(compound_name(one, lang)) for one in rows["compound"]])
        ax.set(title=words(f"{measure}_t", lang), xlabel=words("share_pct", lang))
        ax.grid(axis="y", visible=False)
    shown = [one for name_, one in known.items() if name_ in seen]
    handles = [Patch(color=one.colour, label=one.name_zh if lang == "zh" else one.name_en) for one in shown]
    fig.legend(handles=handles, loc="outside lower center", ncols=6)
    _mark(axes[2], illustrative, lang, corner=(0.98, 0.06))


def _short(text: str, most: int = 22) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def key_bars(
    fig: Figure,
    ranking: pd.DataFrame,
    label: str,
    *,
    count: int = 15,
    lang: Language = "zh",
    illustrative: bool = False,
) -> None:
    """Draw the shares of the first in a ranking in mass, ozone and aerosol potential.

    Those that are not key have pale names. `ranking` of `key_industries.ranking`; `label` is its column with the names.
    """
    rows = ranking.head(count).iloc[::-1]
    ax, place = fig.subplots(), np.arange(len(rows))
    shades = list(colours("series").values())
    for number, measure in enumerate(("mass", "ofp", "soa")):
        offset = (1 - number) * 0.27
        ax.barh(
            place + offset, rows[f"{measure}_pct"], height=0.25, color=shades[number], label=words(f"{measure}_t", lang)
        )
    ax.set_yticks(place, [_short(str(text), 26) for text in rows[label]])
    for tick, key in zip(ax.get_yticklabels(), rows["key"], strict=True):
        tick.set_color("#111111" if key else colours("role")["muted"])
    ax.set_xlabel(words("share_of_voc", lang))
    ax.grid(axis="y", visible=False)
    ax.legend(loc="lower right")
    _mark(ax, illustrative, lang)


def fine_particle_bars(fig: Figure, parts: pd.DataFrame, *, lang: Language = "zh", illustrative: bool = False) -> None:
    """Draw the composition of the PM2.5 of each sector to 100 %; `parts` of `figure_data.fine_particle_parts`."""
    ax = fig.subplots()
    share = (100.0 * parts.div(parts.sum(axis=1), axis=0)).iloc[::-1]
    left = np.zeros(len(share))
    hatch = {"PM25_OM": "////"}  # organic matter beyond its carbon has the colour of organic carbon
    for part in share.columns:
        title = words("PNCOM", lang) if part == "PM25_OM" else name("part", str(part), lang)
        ax.barh(
            range(len(share)), share[part], left=left, color=colour("part", str(part)), label=title,
            hatch=hatch.get(str(part)), **EDGE,
        )  # fmt: skip
        left += share[part].to_numpy()
    ax.set_yticks(range(len(share)), [name("sector", str(sector), lang) for sector in share.index])
    ax.set(xlim=(0, 100), xlabel=words("share_pct", lang))
    ax.grid(axis="y", visible=False)
    fig.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    _mark(ax, illustrative, lang)


def _mark(ax: Axes, illustrative: bool, lang: Language, **options: tuple[float, float]) -> None:
    if illustrative:
        mark_illustrative(ax, lang, **options)
