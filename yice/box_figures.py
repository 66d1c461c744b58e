"""Figures of `yice box`: the isopleth, the bars of reactivity, and the hours of observed days."""

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from aqcore.style import colour, figure, save
from evaluation.matrix import ridge_line
from roadmap.report.figures.isopleth import Isopleth, paint
from roadmap.report.texts import LANGUAGES, Language

LIMIT_MDA8 = 160.0
"""ug m-3: MDA8 limit of GB 3095-2012, grade II."""
WIDTH_CM, HEIGHT_CM = 18.0, 14.0
TEXTS = {
    "rir": {"zh": "相对增量反应性 RIR（%/%）", "en": "relative incremental reactivity (% per %)"},
    "rir_title": {"zh": "削减各组 10 % 时臭氧的响应", "en": "Ozone when each group is cut by 10 %"},
    "zone": {"zh": "过渡线", "en": "transition line"},
    "isopleth_title": {"zh": "臭氧 MDA8 对 NOx 和人为 VOC 的响应", "en": "MDA8 ozone over NOx and anthropogenic VOC"},
    "concentration": {"zh": "观测浓度", "en": "observed concentration"},
    "emission": {"zh": "排放", "en": "emission"},
    "hour": {"zh": "时（当地）", "en": "local hour"},
    "rate": {"zh": "臭氧生成与去除 (ppb/h)", "en": "ozone production and loss (ppb/h)"},
    "net": {"zh": "净生成", "en": "net"},
}


def draw_isopleth(matrix: xr.DataArray, transition: pd.DataFrame, folder: Path, scaled: str) -> list[Path]:
    """Write the isopleth of a (nox, voc) matrix with ridge, transition line and base, in both languages.

    `scaled` is what the factors act on: `emission` or `concentration`.
    """
    ridge = ridge_line(matrix)
    inner = ridge[~ridge["at_edge"]]
    paths = []
    for language in LANGUAGES:
        points = pd.DataFrame({"voc": [1.0], "nox": [1.0], "title": [{"zh": "基准", "en": "base"}[language]]})
        values = matrix.transpose("nox", "voc")
        data = Isopleth(
            matrix["nox"].to_numpy(), matrix["voc"].to_numpy(), values.to_numpy(), inner, points, LIMIT_MDA8
        )
        fig = figure(WIDTH_CM, HEIGHT_CM)
        ax = fig.subplots()
        if len(transition):
            label = TEXTS["zone"][language]
            ax.plot(100 * transition["voc"], 100 * transition["nox"], color=colour("role", "base"), ls=":", label=label)
        paint(fig, ax, language, data)
        what = TEXTS[scaled][language]
        ax.set_xlabel(f"VOC {what} (100 = {points['title'][0]})")
        ax.set_ylabel(f"NOx {what} (100 = {points['title'][0]})")
        ax.set_title(_title("isopleth_title", language, int(matrix.attrs["days"])))
        paths += save(fig, folder / f"isopleth_{language}")
    return paths


def draw_reactivity(table: pd.DataFrame, folder: Path) -> list[Path]:
    """Write the RIR of each group as bars with their interval over days, in both languages."""
    paths = []
    place = np.arange(len(table))[::-1]
    for language in LANGUAGES:
        fig = figure(WIDTH_CM, 3.0 + 0.7 * len(table))
        ax = fig.subplots()
        half = (table["high"] - table["rir"]).fillna(0.0)
        ax.barh(place, table["rir"], xerr=half, color=colour("pollutant", "O3"), ecolor=colour("role", "base"))
        ax.set_yticks(place, [str(name) for name in table["group"]])
        ax.axvline(0.0, color=colour("role", "base"), lw=1)
        ax.set_xlabel(TEXTS["rir"][language])
        ax.set_title(_title("rir_title", language, int(table["days"].iloc[0])))
        paths += save(fig, folder / f"rir_{language}")
    return paths


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


def _title(key: str, language: Language, days: int) -> str:
    return TEXTS[key][language] + {"zh": f"（{days} 天）", "en": f" ({days} days)"}[language]


def _short(name: str) -> str:
    return name.removesuffix(" (ppb h-1)")
