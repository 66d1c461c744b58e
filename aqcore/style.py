"""How figures look: typeface, sizes, colours that survive colour blindness, the mark of illustrative data.

Figures are made without pyplot, so that nothing is shared between threads and nothing needs a screen:
`fig = figure(16, 9); ax = fig.subplots(); ...; save(fig, path)`.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from io import StringIO
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.rcsetup import cycler

from aqcore.errors import did_you_mean
from aqcore.fonts import register_fonts

Language = Literal["zh", "en"]

CM_PER_INCH = 2.54
A4_TEXT_CM = 16.0
"""Width of the text on an A4 page with usual margins."""
SCREEN_CM = 24.0
"""Width of a figure that fills a page on a screen."""
DPI = 200

ILLUSTRATIVE = {"zh": "示意数据", "en": "illustrative data"}
"""What stands on a figure that shows constructed numbers."""


def rc_params() -> Any:
    """Return the matplotlib settings of the house style (name -> value); the typeface is registered on the way."""
    return {
        "font.family": list(register_fonts()),
        "font.size": 9.0,
        "axes.titlesize": 10.5,
        "axes.titlelocation": "left",
        "axes.labelsize": 9.0,
        "axes.edgecolor": "#8a949a",
        "axes.linewidth": 0.7,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.unicode_minus": True,
        "axes.prop_cycle": cycler(color=list(colours("series").values())),
        "grid.color": "#e3e8eb",
        "grid.linewidth": 0.6,
        "xtick.labelsize": 8.0,
        "ytick.labelsize": 8.0,
        "xtick.color": "#4a555b",
        "ytick.color": "#4a555b",
        "lines.linewidth": 1.6,
        "legend.fontsize": 8.0,
        "legend.frameon": False,
        "figure.dpi": 100.0,
        "svg.fonttype": "path",
        "svg.hashsalt": "yice",
        "savefig.facecolor": "white",
    }


@contextmanager
def house_style() -> Iterator[None]:
    """Apply the house style to everything drawn inside the block, and leave matplotlib as it was."""
    with mpl.rc_context(rc_params()):
        yield


def figure(width_cm: float = A4_TEXT_CM, height_cm: float = 9.0, **options: Any) -> Figure:
    """Return an empty figure of a size in cm, and set the house style for what is drawn from now on.

    `options` go to `matplotlib.figure.Figure`; the layout is constrained unless they say otherwise.
    """
    mpl.rcParams.update(rc_params())
    size = (width_cm / CM_PER_INCH, height_cm / CM_PER_INCH)
    return Figure(figsize=size, **{"layout": "constrained", **options})


def save(fig: Figure, path: Path) -> list[Path]:
    """Write a figure as PNG (200 dpi) and SVG beside each other and return both paths.

    The suffix of `path` is replaced; its folder is made. No date is written: a figure drawn anew gives the same bytes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    stem = path.with_suffix("") if path.suffix in {".png", ".svg"} else path
    png, svg = stem.with_name(f"{stem.name}.png"), stem.with_name(f"{stem.name}.svg")
    with house_style():
        fig.savefig(png, dpi=DPI, metadata={"Software": None})
        fig.set_layout_engine("none")  # the layout is found once: finding it again takes a third of the time
        fig.savefig(svg, metadata={"Date": None, "Creator": None})
    return [png, svg]


@cache
def colour_table() -> pd.DataFrame:
    """Return `data/colours.csv`: kind, key, colour (hex), name_zh, name_en, as text."""
    text = files("aqcore").joinpath("data/colours.csv").read_text(encoding="utf-8")
    return pd.read_csv(StringIO(text), dtype=str, keep_default_na=False)


@cache
def colours(kind: str) -> Mapping[str, str]:
    """Return key -> colour of a kind: sector, pollutant, part, series or role. Raises `KeyError` for another kind."""
    table = colour_table()
    rows = table[table["kind"] == kind]
    if rows.empty:
        raise KeyError(f"no colours of kind {kind!r}: {did_you_mean(kind, sorted(set(table['kind'])))}")
    return dict(zip(rows["key"], rows["colour"], strict=True))


def colour(kind: str, key: str) -> str:
    """Return one colour (hex); a key that the table does not know gets the muted grey."""
    return colours(kind).get(key, colours("role")["muted"])


def name(kind: str, key: str, lang: Language = "zh") -> str:
    """Return the name of a sector, pollutant or part as figures show it (O₃, PM₂.₅); an unknown key stays."""
    table = colour_table()
    rows = table[(table["kind"] == kind) & (table["key"] == key)]
    return str(rows[f"name_{lang}"].iloc[0]) if len(rows) else key


def scenario_colours(names: Iterable[str]) -> dict[str, str]:
    """Return a colour for each scenario: `base` is grey, the others take the series colours in order, then again."""
    series = list(colours("series").values())
    others = [scenario for scenario in dict.fromkeys(names) if scenario != "base"]
    return {"base": colours("role")["base"]} | {
        scenario: series[number % len(series)] for number, scenario in enumerate(others)
    }


def mark_illustrative(ax: Axes, lang: Language = "zh", *, corner: tuple[float, float] = (0.99, 0.985)) -> None:
    """Write "illustrative data" into a corner of the axes (`corner` in axes fractions): its numbers are constructed."""
    shade = colours("role")["illustrative"]
    ax.text(
        *corner,
        ILLUSTRATIVE[lang],
        transform=ax.transAxes,
        ha="right" if corner[0] > 0.5 else "left",
        va="top" if corner[1] > 0.5 else "bottom",
        fontsize=7.5,
        color=shade,
        zorder=20,
        bbox={"boxstyle": "round,pad=0.25", "facecolor": "white", "edgecolor": shade, "linewidth": 0.6, "alpha": 0.9},
    )
