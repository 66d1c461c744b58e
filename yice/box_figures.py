"""Figures of `yice box`: the isopleth, the bars of reactivity, and the hours of observed days."""

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes

from aqcore.style import colour, figure, name, save
from drivers.box_model.emission_response import SECTOR
from drivers.box_model.reactivity_groups import group_title
from evaluation.matrix import ridge_line
from roadmap.report.figures.isopleth import Isopleth, paint
from roadmap.report.texts import LANGUAGES, Bilingual, Language, text
from yice.box_choices import LIMIT_MDA8

WIDTH_CM, HEIGHT_CM = 18.0, 14.0
LABEL_WIDTH, LABEL_HEIGHT = 0.08, 0.035
"""Room of a contour's number, as shares of the axis."""
TEXTS = {
    "rir": {"zh": "相对增量反应性 RIR（%/%）", "en": "relative incremental reactivity (% per %)"},
    "rir_title": {"zh": "各组削减 {cut:g} % 时臭氧的响应", "en": "Ozone when each group is cut by {cut:g} %"},
    "interval": {"zh": "线段：多日均值的 95 % 区间", "en": "bars: 95 % interval of the mean over days"},
    "line": {"zh": "过渡线（NOx 与 VOC 同效）", "en": "NOx and VOC count alike"},
    "zone": {"zh": "过渡区", "en": "transition zone"},
    "target": {"zh": "目标", "en": "target"},
    "base": {"zh": "基准", "en": "base"},
    "isopleth_title": {"zh": "臭氧 MDA8 对 NOx 和人为 VOC 的响应", "en": "MDA8 ozone over NOx and anthropogenic VOC"},
    "concentration": {"zh": "观测浓度", "en": "observed concentration"},
    "emission": {"zh": "排放", "en": "emission"},
    "hour": {"zh": "时（当地）", "en": "local hour"},
    "rate": {"zh": "臭氧生成与去除 (ppb/h)", "en": "ozone production and loss (ppb/h)"},
    "net": {"zh": "净生成", "en": "net"},
}


def draw_isopleth(
    matrix: xr.DataArray,
    transition: pd.DataFrame,
    folder: Path,
    scaled: str,
    target: float = LIMIT_MDA8,
    *,
    illustrative: bool = False,
) -> list[Path]:
    """Write the isopleth of a (nox, voc) matrix with ridge, transition zone, target and base, in both languages.

    `scaled` is what the factors act on: `emission` or `concentration`; `target` is the contour set off, ug m-3;
    `illustrative` marks what rests on constructed input.
    """
    ridge = ridge_line(matrix)
    values = matrix.transpose("nox", "voc").to_numpy()
    nox, voc = matrix["nox"].to_numpy(), matrix["voc"].to_numpy()
    limit_words = text("limit") if target == LIMIT_MDA8 else Bilingual(**TEXTS["target"])
    paths = []
    for language in LANGUAGES:
        base = TEXTS["base"][language]
        points = pd.DataFrame({"voc": [1.0], "nox": [1.0], "title": [base]})
        fig = figure(WIDTH_CM, HEIGHT_CM)
        ax = fig.subplots()
        _draw_zone(ax, ridge, transition, language)
        inner = ridge[~ridge["at_edge"]]
        words = {"limit_words": limit_words, "points_words": Bilingual(**TEXTS["base"])}
        paint(fig, ax, language, Isopleth(nox, voc, values, inner, points, target, **words))
        _apart(ax)
        what = TEXTS[scaled][language]
        ax.set_xlabel(f"VOC {what} (100 = {base})")
        ax.set_ylabel(f"NOx {what} (100 = {base})")
        ax.set_title(_title("isopleth_title", language, int(matrix.attrs["days"]), illustrative=illustrative))
        paths += save(fig, folder / f"isopleth_{language}")
    return paths


def _apart(ax: Axes) -> None:
    """Hide numbers of contours that would stand on one another, as on the steep side of the ridge."""
    low, high = ax.get_ylim()
    wide, tall = LABEL_WIDTH * (high - low), LABEL_HEIGHT * (high - low)
    kept: list[tuple[float, float]] = []
    for words in reversed(ax.texts):  # what was written last, the target and the base, counts most
        x, y = words.get_position()
        near = any(abs(x - a) < wide and abs(y - b) < tall for a, b in kept)
        words.set_visible(not near)
        kept += [] if near else [(x, y)]


def _draw_zone(ax: Axes, ridge: pd.DataFrame, transition: pd.DataFrame, language: Language) -> None:
    """Draw the line on which NOx and VOC count alike, and hatch what lies between it and the ridge."""
    if transition.empty:
        return
    dark, top = colour("role", "base"), np.interp(transition["voc"], ridge["voc"], ridge["nox"])
    voc, low = 100 * transition["voc"].to_numpy(), 100 * transition["nox"].to_numpy()
    ax.plot(voc, low, color=dark, ls=":", label=TEXTS["line"][language], zorder=3)
    ax.fill_between(
        voc, low, 100 * np.maximum(top, low / 100), facecolor="none", edgecolor=dark, hatch="///", lw=0, alpha=0.5,
        label=TEXTS["zone"][language], zorder=2,
    )  # fmt: skip


def draw_reactivity(table: pd.DataFrame, folder: Path, cut: float = 0.1, *, illustrative: bool = False) -> list[Path]:
    """Write the RIR of each group as bars with their interval over days, in both languages.

    `illustrative` marks what rests on constructed input.
    """
    paths = []
    place, days = np.arange(len(table))[::-1], int(table["days"].iloc[0])
    for language in LANGUAGES:
        fig = figure(WIDTH_CM, 3.0 + 0.7 * len(table))
        ax = fig.subplots()
        half = (table["high"] - table["rir"]).to_numpy() if days > 1 else None
        ax.barh(place, table["rir"], xerr=half, color=colour("pollutant", "O3"), ecolor=colour("role", "base"))
        ax.set_yticks(place, [_named(str(name), language) for name in table["group"]])
        ax.axvline(0.0, color=colour("role", "base"), lw=1)
        about = f"\n{TEXTS['interval'][language]}" if days > 1 else ""
        ax.set_xlabel(TEXTS["rir"][language] + about)
        ax.set_title(_title("rir_title", language, days, illustrative=illustrative).format(cut=100 * cut))
        paths += save(fig, folder / f"rir_{language}")
    return paths


def _named(group: str, language: Language) -> str:
    """Return a group or a sector as a reader knows it."""
    if group.startswith(SECTOR):
        return name("sector", group.removeprefix(SECTOR), language)
    return group_title(group, language)


def draw_production(hourly: pd.DataFrame, folder: Path) -> list[Path]:
    """Write the mean day of ozone production and loss by path; nothing where they were not asked for."""
    names = [str(name) for name in hourly]
    made, lost = ([name for name in names if name.startswith(start)] for start in ("P(O3)", "L(O3)"))
    if not made:
        return []
    mean = hourly.groupby("hour")[[*made, *lost, "net P(O3) (ppb h-1)"]].mean()
    paths = []
    for language in LANGUAGES:
        fig = figure(WIDTH_CM, HEIGHT_CM)
        ax = fig.subplots()
        ax.stackplot(mean.index + 0.5, mean[made].T, labels=[_short(name) for name in made])
        ax.stackplot(mean.index + 0.5, -mean[lost].T, labels=[_short(name) for name in lost], alpha=0.6)
        net = mean["net P(O3) (ppb h-1)"]
        ax.plot(mean.index + 0.5, net, color=colour("role", "base"), lw=2, label=TEXTS["net"][language])
        ax.set_xlabel(TEXTS["hour"][language])
        ax.set_ylabel(TEXTS["rate"][language])
        ax.legend(loc="upper left", fontsize=7, ncols=2)
        paths += save(fig, folder / f"production_{language}")
    return paths


def _title(key: str, language: Language, days: int, *, illustrative: bool) -> str:
    """Return a title with the number of days, and the mark of constructed input."""
    mark = text("illustrative")[language]
    inside = {"zh": f"（{days} 天{'，' + mark if illustrative else ''}）",
              "en": f" ({days} {'day' if days == 1 else 'days'}{', ' + mark if illustrative else ''})"}  # fmt: skip
    return TEXTS[key][language] + inside[language]


def _short(name: str) -> str:
    return name.removesuffix(" (ppb h-1)")
