"""What `yice scenarios` prints, and the files of a comparison."""

import json
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from aqcore.errors import Fault, InputError, did_you_mean
from aqcore.publish import published_folder
from scenarios.categories import ALL
from scenarios.preview import compare
from scenarios.year_totals import with_windows
from yice import commands, console, scenario_tables
from yice.options import Options
from yice.pipeline import up_to
from yice.workspace import Workspace

COMPARED = "scenario_diffs"
"""Folder of comparisons below the work folder."""
DIFFERENCES = 20
"""Differences by sector and pollutant that are printed; the file has all."""
PARTS, CARBON = ("BC", "OC"), "CO2"
"""Parts of PM2.5, which tables on a screen leave to the files; CO2, which is a thousand times the others."""
COUNTED = {"measures": "measure", "factors": "factor", "inflow": "factor on the inflow", "shifts": "group moved"}
"""What a window holds, by the column of its count."""
KILO, MEGA = 1e3, 1e6
MINUTES, SECONDS_A_MINUTE, SECONDS_AN_HOUR = 2, 60.0, 3600.0
"""Up to two minutes are told in seconds, up to two hours in minutes."""
FloatArray = npt.NDArray[np.float64]


def show(options: Options, names: Sequence[str], *, every: bool) -> None:
    """Resolve the scenarios and show emissions, windows, categories, nearest scenarios, model days and their cost.

    `names` are scenarios whose sectors are shown (all with `every`). Raises `InputError` for unknown ones.
    """
    space = commands.checked(options)
    known(space, "--scenario", names)
    results = [commands.do_stage(space, name) for name in up_to("scenarios")]
    totals = scenario_tables.totals(space)
    shown = [one.name for one in space.scenarios] if every else list(names)
    if options.as_json:
        console.document({**commands.summary(space, results), **document(space, totals)})
        return
    _city(totals, space)
    for name in shown:
        _sectors(totals[totals["scenario"] == name], name)
    _windows(space)
    _categories(space)
    _nearest(space)
    _plans(space)
    folder = space.work / "scenarios"
    console.say(f"Tables: {folder} (totals.csv by sector, reach.csv, costs.csv, ...)")
    if not shown:
        console.say("Sectors: --scenario NAME, or --sectors for all")


def known(space: Workspace, where: str, names: Sequence[str]) -> None:
    """Raise `InputError` with every name that is no scenario, nodes of the matrix included."""
    allowed = space.table.names
    named = [one.name for one in space.scenarios]
    faults = [Fault(where, f"no scenario {name!r}", did_you_mean(name, named)) for name in names if name not in allowed]
    if faults:
        raise InputError(faults)


def document(space: Workspace, totals: pd.DataFrame) -> dict[str, Any]:
    """Return everything that `show` shows for scripts."""
    return {
        "mass_t": scenario_tables.city_rows(totals, "mass_t").to_dict("index"),
        "change_pct": _plain(scenario_tables.city_rows(totals, "change_pct").reset_index()),
        "sectors": _plain(totals),
        "windows": _plain(scenario_tables.windows(space)),
        "alerts": _plain(scenario_tables.alerts(space)),
        "categories": _plain(scenario_tables.categories(space)),
        "nearest": _plain(scenario_tables.neighbours(space)),
        "plans": scenario_tables.plans(space),
    }


def _plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows for a JSON document: null where a number is not known."""
    rows: list[dict[str, Any]] = json.loads(frame.to_json(orient="records"))
    return rows


def _city(totals: pd.DataFrame, space: Workspace) -> None:
    mass, change = (scenario_tables.city_rows(totals, name) for name in ("mass_t", "change_pct"))
    windowed = {one.name for one in space.scenarios if one.windows}
    shown = [name for name in mass.columns if name not in PARTS]
    titles = [f"{name} *" if name in windowed else str(name) for name in mass.index]
    kilotonnes = mass[shown].to_numpy() / [MEGA if name == CARBON else KILO for name in shown]
    _grid("Emission of the city (kt/a, CO2 in Mt/a)", "scenario", titles, shown, kilotonnes, _three_digits)
    _grid("Change against the base (%)", "scenario", titles, shown, change[shown].to_numpy(), _signed)
    if windowed:
        console.say("* acts at certain dates or hours as well: their part is in the year's mass")


def _grid(
    title: str, corner: str, names: Sequence[str], columns: Sequence[str], values: FloatArray,
    spelled: Callable[[float], str],
) -> None:  # fmt: skip
    """Print numbers by name and column."""
    rows = [(name, *(console.Right(spelled(value)) for value in row)) for name, row in zip(names, values, strict=True)]
    console.table(title, (corner, *columns), rows, compact=True)


def _signed(value: float) -> str:
    return "" if np.isnan(value) else f"{value:+.1f}"


def _three_digits(value: float) -> str:
    """Return a mass with about three digits."""
    return f"{value:,.{0 if value >= 100.0 else 1 if value >= 10.0 else 2}f}"


def _whole(value: float) -> str:
    return f"{value:,.0f}" if value else ""


def _sectors(totals: pd.DataFrame, name: str) -> None:
    """Print one scenario by sector: t/a and, behind it, the change in %."""
    sectors = list(dict.fromkeys(totals["sector"]))
    shown = [name for name in dict.fromkeys(totals["pollutant"]) if name not in PARTS]
    by = totals.set_index(["sector", "pollutant"])
    mass, change = (by[name].unstack().loc[sectors, shown].to_numpy() for name in ("mass_t", "change_pct"))  # noqa: PD010
    mass = mass / [KILO if name == CARBON else 1.0 for name in shown]
    _grid(f"{name}: emission by sector (t/a, CO2 in kt/a)", "sector", sectors, shown, mass, _whole)
    _grid(f"{name}: change against the base (%)", "sector", sectors, shown, change, _signed)


def _windows(space: Workspace) -> None:
    table = scenario_tables.windows(space)
    if table.empty:
        return
    total = space.days.data.sizes["day"]
    console.table(
        f"Windows: on how many of {total} modelled days, and the days a year that these are",
        ("scenario", "window", "when", "does", "days", "a year"),
        [(row["scenario"], row["window"], row["when"], in_short(row), row["model_days"], row["days_a_year"])
         for row in table.to_dict("records")], compact=True,
    )  # fmt: skip
    alerts = scenario_tables.alerts(space)
    if len(alerts):
        rows = [(row["scenario"], row["window"], row["level"], row["pollutant"],
                 *(console.Right(_one(row[name])) for name in ("reduction_pct", "assumed_pct", "required_pct")),
                 "yes" if row["met"] else "NO")
                for row in alerts.to_dict("records")]  # fmt: skip
        header = ("scenario", "window", "level", "pollutant", "% less", "of it assumed", "asked", "met")
        console.table("Alerts: share of the city's emission that they take", header, rows, compact=True)


def in_short(row: Mapping[Hashable, Any]) -> str:
    """Return what a window does in a few words."""
    counts = [_counted(row[name], words) for name, words in COUNTED.items() if row[name]]
    return ", ".join([f"{row['level']} alert", *counts] if row["level"] else counts)


def _counted(number: int, words: str) -> str:
    """Return a number of things, the first word in the plural where there are several."""
    first, _, rest = words.partition(" ")
    return f"{number} {first}{'s' if number > 1 else ''} {rest}".strip()


def _categories(space: Workspace) -> None:
    """Print past programmes by category beside the published totals."""
    table = scenario_tables.categories(space)
    for programme, own in table.groupby("programme", sort=False):
        kilotonnes = own.pivot_table(index="category", columns="pollutant", values="reduction_kt", sort=False)
        whole = own[own["category"] == ALL].set_index("pollutant")
        shown = [name for name in kilotonnes.columns if name not in (*PARTS, CARBON)]
        published = [whole["published_kt"].get(name, np.nan) for name in shown]
        _grid(f"{programme}: reductions by category (kt/a)", "category", [*kilotonnes.index, "published"], shown,
              np.vstack([kilotonnes[shown].to_numpy(), published]), _one)  # fmt: skip
        for miss in whole["miss"]:
            if miss:
                console.say(f"[yellow]missed[/] {miss}")
        if {"constructed", "assumption"} & set(whole["flag"]):
            console.say("The reductions are illustrative: removals or coverages are constructed or assumed.")


def _one(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.1f}"


def _nearest(space: Workspace) -> None:
    rows = [
        (row["scenario"], row["nearest"], console.Right(_one(row["distance_pct"])),
         console.Right(_one(row["inflow_pct"])), _kinship(space, row))
        for row in scenario_tables.neighbours(space).to_dict("records")
    ]  # fmt: skip
    header = ("scenario", "nearest", "emission %", "inflow %", "")
    console.table("Nearest scenarios, and how far they are (% of the base)", header, rows, compact=True)


def _kinship(space: Workspace, row: Mapping[Hashable, Any]) -> str:
    """Return in words whether two scenarios are one."""
    if row["same"]:
        return "the same: one run is enough"
    windows = {one.name: one.windows for one in space.scenarios}
    return "other windows" if windows[row["scenario"]] != windows[row["nearest"]] else ""


def _plans(space: Workspace) -> None:
    words = {"recorded": "from the runs in the work folder", "estimate": "measured on another machine",
             "unknown": "no run has ended here yet"}  # fmt: skip
    rows = [
        (one["model"], one["scenarios"], one["days"], one["model_days"],
         _duration(one["core_hours"]), _duration(one["hours"]), words[one["basis"]])
        for one in scenario_tables.plans(space)
    ]  # fmt: skip
    header = ("model", "scenarios", "days", "model days", "core time", f"on {space.options.processes} cores", "cost")
    console.table("Model days and their cost", header, rows, compact=True)


def _duration(hours: float | None) -> str:
    """Return a time in the unit that reads well, `?` when it is not known."""
    if hours is None:
        return "?"
    seconds = hours * SECONDS_AN_HOUR
    if seconds < MINUTES * SECONDS_A_MINUTE:
        return f"{seconds:.0f} s"
    return f"{seconds / SECONDS_A_MINUTE:.0f} min" if hours < MINUTES else f"{hours:.1f} h"


def diff(options: Options, a: str, b: str) -> None:
    """Show what scenario `b` says otherwise than `a` and what it comes to; write both as CSV below the work folder.

    Raises `InputError` with every unknown name.
    """
    space = commands.checked(options)
    known(space, "scenarios diff", [a, b])
    settings = compare(space.table, a, b)
    emissions = difference(space, a, b)
    with published_folder(space.work / COMPARED / f"{a}__{b}") as folder:
        settings.to_csv(folder / "settings.csv", index=False)
        emissions.to_csv(folder / "emissions.csv", index=False)
    if options.as_json:
        console.document({"a": a, "b": b, "settings": _plain(settings), "emissions": _plain(emissions)})
        return
    console.table(f"What {b} says otherwise than {a}", ("key", a, b), [tuple(row) for row in settings.to_numpy()],
                  compact=True)  # fmt: skip
    shown = emissions[emissions["difference_t"].abs() > 0.0].head(DIFFERENCES)
    rows = [(row["sector"], row["pollutant"], row["a_t"], row["b_t"], row["difference_t"], _signed(row["change_pct"]))
            for row in shown.to_dict("records")]  # fmt: skip
    header = ("sector", "pollutant", f"{a} t/a", f"{b} t/a", "difference t/a", "%")
    console.table(f"What it comes to (the {len(rows)} largest)", header, rows, compact=True)
    console.say(f"Tables: {space.work / COMPARED / f'{a}__{b}'}")


def difference(space: Workspace, a: str, b: str) -> pd.DataFrame:
    """Return what `b` changes of `a`: `sector, pollutant, a_t, b_t, difference_t, change_pct`, windows included."""
    both = with_windows(space.table, space.inventory, scenario_tables.year(space))
    table = both.totals(space.inventory).set_index(["sector", "pollutant"])
    first, second = (table.loc[table["scenario"] == name, "mass_t"] for name in (a, b))
    found = pd.DataFrame({"a_t": first, "b_t": second, "difference_t": second - first})
    found["change_pct"] = 100.0 * (found["b_t"] / first.where(first > 0.0) - 1.0)
    return found.sort_values("difference_t", key=np.abs, ascending=False, kind="stable").reset_index()
