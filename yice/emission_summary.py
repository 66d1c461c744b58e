"""What `yice emissions` says at the end: totals, closure, what matched nothing, who emits most, where the files are.

Everything is read from the published tables, so that it is the same whether the stage ran or was up to date.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from emissions.stream_files import read_index
from yice import console

SHOWN = ("SO2", "NOx", "VOC", "NH3", "CO", "PM10", "PM25")
"""Pollutants of the table at the terminal, which is 80 characters wide; `--json` and `totals.csv` hold all."""
TOP_OF, TOP = ("NOx", "VOC", "PM25"), 3
LISTED = 5
"""Rules that matched nothing, and such, that are listed."""
KILOTONNE = 1e3
LARGE_T = 1e5
"""Totals from here on (t/a) are shown in kt."""
CODES = {"district": str, "source_id": str}


def summary(folder: Path) -> dict[str, Any]:
    """Return the summary of a published emission folder as a JSON-like document, masses in t/a."""
    totals = _table(folder, "totals")
    closure, ledger = _table(folder, "closure"), _table(folder, "ledger")
    left = ledger[(ledger["step"] == "placing") & (ledger["fate"] != "kept") & (ledger["mass_t"] > 0.0)]
    return {
        "mass_t": {
            str(sector): rows.groupby("pollutant")["mass_t"].sum().to_dict()
            for sector, rows in totals.groupby("sector", sort=False)
        },
        "ledger": {
            "steps": list(dict.fromkeys(ledger["step"])),
            "largest_error": float(closure["error"].abs().max()),
            "booked_t": {
                str(fate): rows.groupby("pollutant")["mass_t"].sum().to_dict()
                for fate, rows in left.groupby("fate", sort=False)
            },
        },
        "unmatched": _records(folder, "unmatched"),
        "points_outside_district": _records(folder, "points_outside"),
        "even_spreads": _even_spreads(folder),
        "top_emitters": _top(folder),
        "key_industries": _key_industries(folder),
        "files_not_taken": _records_if(folder, "region_unused") + _records_if(folder, "flat_file_unused"),
        "files": _files(folder),
    }


def _table(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / f"{name}.csv", dtype=CODES, keep_default_na=False, na_values=[""])


def _records(folder: Path, name: str) -> list[dict[Any, Any]]:
    return _shown(_table(folder, f"report/{name}")).to_dict("records")


def _records_if(folder: Path, name: str) -> list[dict[Any, Any]]:
    return _shown(_table(folder, name)).to_dict("records") if (folder / f"{name}.csv").is_file() else []


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with empty texts in place of what is missing, as JSON knows no NaN."""
    return table.astype(object).where(table.notna(), "")


def _even_spreads(folder: Path) -> dict[str, int]:
    """Return the number of sources that each missing surrogate would have spread."""
    table = _table(folder, "report/even_spreads")
    return {str(name): int(count) for name, count in table.groupby("surrogate")["sources"].sum().items()}


def _top(folder: Path) -> dict[str, list[dict[Any, Any]]]:
    table = _shown(_table(folder, "report/top_emitters"))
    columns = ["source_id", "name", "source_class", "district", "mass_t", "share_pct"]
    return {name: table[table["pollutant"] == name][columns].head(TOP).to_dict("records") for name in TOP_OF}


def _key_industries(folder: Path) -> list[dict[Any, Any]]:
    path = folder / "report/key_industry.csv"
    if not path.is_file():
        return []
    columns = ["industry", "industry_zh", "industry_en", "mass_t", "ofp_t", "ofp_pct"]
    return _table(folder, "report/key_industry")[columns].head(LISTED).to_dict("records")


def _files(folder: Path) -> dict[str, Any]:
    index = read_index(folder)
    return {
        "folder": str(folder),
        "dates": sorted({one.date.isoformat() for one in index}),
        "streams": dict(Counter(origin for _, origin in {(one.stream, one.origin) for one in index})),
        "stacks": sorted({one.stream for one in index if one.form == "stacks"}),
        "report": str(folder / "emissions_report.xlsx"),
        "index": str(folder / "streams.csv"),
    }


def show(found: Mapping[str, Any], year: int) -> None:
    """Print a summary: the tables on stdout, what deserves a look below them."""
    _show_totals(found["mass_t"], year)
    console.table(
        "Largest sources", ("of", "source", "t/a", "share %"),
        [
            (name, one["name"] or one["source_id"], _spelled(one["mass_t"], 0), _spelled(one["share_pct"], 1))
            for name, top in found["top_emitters"].items() for one in top
        ],
    )  # fmt: skip
    console.table(
        "Key VOC industries by ozone formation potential", ("industry", "VOC t/a", "OFP t/a", "share %"),
        [
            (one["industry_en"], _spelled(one["mass_t"], 0), _spelled(one["ofp_t"], 0), _spelled(one["ofp_pct"], 1))
            for one in found["key_industries"]
        ],
    )  # fmt: skip
    for line in (*_ledger_lines(found["ledger"]), *_findings(found), *_file_lines(found["files"])):
        console.line(line)


def _spelled(value: float, digits: int) -> console.Right:
    return console.Right(f"{value:,.{digits}f}")


def _show_totals(mass: Mapping[str, Mapping[str, float]], year: int) -> None:
    """Print the totals by sector, in kt where t would not fit."""
    names = [name for name in SHOWN if any(name in one for one in mass.values())]
    rows = {sector: [one.get(name, 0.0) for name in names] for sector, one in mass.items()}
    rows["all"] = [sum(one.get(name, 0.0) for one in mass.values()) for name in names]
    scale, unit, digits = (KILOTONNE, "kt/a", 1) if max(rows["all"]) >= LARGE_T else (1.0, "t/a", 0)
    shown = [(sector, *(_spelled(value / scale, digits) for value in values)) for sector, values in rows.items()]
    console.table(f"Emissions of {year} ({unit})", ("sector", *names), shown)


def _ledger_lines(ledger: Mapping[str, Any]) -> list[str]:
    steps = " -> ".join(ledger["steps"])
    lines = [f"Ledger: {steps}; largest error {ledger['largest_error']:.1e} (allowed 1e-06)"]
    for fate, masses in ledger["booked_t"].items():
        lines.append(
            f"Booked as {fate} (t/a, PM10 without its PM25): "
            + ", ".join(f"{name} {mass:,.0f}" for name, mass in masses.items())
        )
    return lines if ledger["booked_t"] else [*lines, "Booked outside the domain: nothing"]


def _findings(found: Mapping[str, Any]) -> list[str]:
    unmatched, points = found["unmatched"], found["points_outside_district"]
    lines = [f"Rules that matched nothing: {len(unmatched) or 'none'}"]
    lines += [f"  {one['item']} {one['name']}: {one['what']} -> {one['remedy']}" for one in unmatched[:LISTED]]
    lines.append(f"Points outside their district (within the tolerance): {len(points) or 'none'}")
    lines += [f"  {one['source_id']} {one['name']}: lies in {one['lies_in'] or 'none'}" for one in points[:LISTED]]
    lines += [f"Not taken: {one['file']}: {one['why']}" for one in found["files_not_taken"][:LISTED]]
    even = ", ".join(f"{name} ({count} sources)" for name, count in found["even_spreads"].items())
    if even:
        lines.append(f"Spread evenly over districts, for want of data in [surrogates]: {even}")
    return lines


def _file_lines(files: Mapping[str, Any]) -> list[str]:
    streams = ", ".join(f"{count} of the {origin}" for origin, count in files["streams"].items())
    days = (
        f"Streams: {streams} on {', '.join(files['dates'])}"
        if files["dates"]
        else "No gridded files: emissions.dates is empty"
    )
    return [days, f"Index: {files['index']}", f"Report: {files['report']} (tables in report/, figures in figures/)"]
