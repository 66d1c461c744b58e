"""What `yice box run|ekma|rir|export` does."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from json import dumps
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from aqcore.errors import Fault, InputError
from drivers.box_model.compound_reactivity import by_mass, compound_reactivity
from drivers.box_model.emission_response import CLASS
from drivers.box_model.reactivity_groups import BIOGENIC, NOX
from drivers.box_model.response import (
    O3_UG_PER_PPB,
    incremental_reactivity,
    isopleth,
    most_reactive_nox,
    relative_incremental_reactivity,
    transition_line,
    zero_out,
)
from evaluation.matrix import (
    NOX_LIMITED,
    TRANSITION,
    VOC_LIMITED,
    least_cut,
    reduction_ratio,
    regime,
    ridge_line,
    surface_of,
)
from evaluation.target_ray import target_line, target_ray, target_rays
from yice import box_export, box_figures, console
from yice.box_cases import Case, case_of
from yice.box_choices import Choices

FINEST = 0.02
"""The smallest step of an isopleth: below it there are more boxes than anyone waits for."""
MIR_LEVELS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
"""Factors of NOx among which the reactivity of the base mix is sought at its largest."""
SHOWN = 12


def run(source: Path, out: Path, choices: Choices, *, as_json: bool) -> None:
    """Write and show hourly concentrations; for observed days also the rates."""

    def work(case: Case) -> Made:
        tables = case.tables()
        figures = box_figures.draw_production(tables["hourly"], out) if "daytime" in tables else []
        return Made(tables, tuple(figures), notes=case.notes() if "daytime" in tables else ())

    _do(source, out, choices, work, as_json=as_json)


def ekma(source: Path, out: Path, choices: Choices, step: float, target: float, *, as_json: bool) -> None:
    """Write and show the isopleth and its readings."""
    _do(source, out, choices, lambda case: isopleth_of(case, out, step, target), as_json=as_json)


def rir(source: Path, out: Path, choices: Choices, cut: float, *, as_json: bool) -> None:
    """Write and show reactivities and zero-outs."""
    _do(source, out, choices, lambda case: reactivity_of(case, out, cut), as_json=as_json)


def export(source: Path, out: Path, choices: Choices, peers: list[str], zone: str | None, *, as_json: bool) -> None:
    """Write a box as the files of other box models."""

    def work(case: Case) -> Made:
        table, files = box_export.export(case, out, peers, zone)
        return Made({"own": table}, tuple(files))

    _do(source, out, choices, work, as_json=as_json)


@dataclass(frozen=True)
class Made:
    """What a command made: tables by file name, other files, what was read from them, and what a reader must know."""

    tables: dict[str, pd.DataFrame]
    files: tuple[Path, ...]
    reading: dict[str, Any] | None = None
    notes: tuple[str, ...] = ()


def isopleth_of(case: Case, out: Path, step: float, target: float) -> Made:
    """Return tables, figures and reading of a case's isopleth; raise `InputError` for a step or target that cannot be.

    The reduction ratio has three readings: `ratio` holds ozone at its base (break-even at the base, over the whole
    descent to the ridge, fitted), `target_ray` is the ray that reaches the target soonest, `target_line` the line
    through all pairs that reach it.
    """
    levels = factor_levels(step)
    if not target > 0.0:
        raise InputError([Fault("--target", f"{target:g} ug m-3", "give a concentration of ozone such as 160")])
    response = case.response()
    by_day = isopleth(response, case.groups(response), levels, levels)
    matrix = by_day.mean("day").assign_attrs(days=by_day.sizes["day"])
    surface, line, ridge = surface_of(matrix), transition_line(matrix), ridge_line(matrix)
    rays = target_rays(matrix, surface, target)
    reading = {
        "target_ug_m3": target,
        "regime": vars(regime(matrix)) | {"zone": zone_of_base(ridge, line)},
        "ratio": vars(reduction_ratio(matrix, surface)),
        "target_ray": vars(target_ray(rays, target)),
        "target_line": vars(target_line(matrix, surface, target)),
        "least_cut": vars(least_cut(matrix, surface, target)),
    }
    tables = {
        "isopleth": by_day.rename("o3").to_dataframe().reset_index(),
        "ridge": ridge,
        "transition": line,
        "rays": rays,
        "reading": pd.json_normalize(reading).T.rename_axis("key").rename(columns={0: "value"}).reset_index(),
    }
    figures = box_figures.draw_isopleth(matrix, line, out, case.scaled, target, illustrative=case.illustrative)
    return Made(tables, tuple(figures), reading, case.notes())


def reactivity_of(case: Case, out: Path, cut: float) -> Made:
    """Return tables and figures of what each group, species and source does to ozone; InputError for a wrong cut."""
    response = case.response(rates=True, sources=True)
    groups = case.groups(response)
    organic = (*groups["AVOC"], *groups.get(BIOGENIC, ()))
    gases = {name: groups[name] for name in (NOX, "AVOC") if name in groups}
    amounts = {name: response.amounts[name] for name in organic if name in response.amounts}
    single = {name: (name,) for name in (*amounts, *groups.get("CO", ()))}
    classes = {name: (name,) for name in response.levers if name.startswith(CLASS)}
    tables = {
        "rir": relative_incremental_reactivity(response, groups, cut),
        "rir_species": relative_incremental_reactivity(response, single, cut),
    }
    if classes:
        tables["rir_class"] = relative_incremental_reactivity(response, classes, cut)
    tables["zero_out"] = zero_out(response, {**groups, **classes})
    nox = most_reactive_nox(response, gases, MIR_LEVELS)
    per_ppb = O3_UG_PER_PPB if response.units == "ug m-3" else 1.0
    mir = by_mass(incremental_reactivity(response, amounts, gases, nox), response.mechanism, per_ppb)
    tables["mir"] = mir.assign(nox_factor=nox)
    tables["mir_compounds"] = compound_reactivity(mir, response.mechanism)
    figures = box_figures.draw_reactivity(tables["rir"], out, cut, illustrative=case.illustrative)
    return Made(tables, tuple(figures), notes=case.notes())


def factor_levels(step: float) -> list[float]:
    """Return factors from 0 to 1.5 with 1 among them; raise `InputError` for a step that cannot do that."""
    count = round(1.0 / step) if step > 0.0 else 0
    if not FINEST <= step <= 0.5 or abs(count * step - 1.0) > 1e-9:
        raise InputError([Fault("--step", f"{step:g}", f"give a divisor of 1 from {FINEST:g} to 0.5, such as 0.1")])
    return [number / count for number in range(int(1.5 * count) + 1)]


def zone_of_base(ridge: pd.DataFrame, transition: pd.DataFrame) -> str:
    """Return where the base lies: above the ridge, in the transition zone below it, or below that zone."""
    top = float(np.interp(1.0, ridge["voc"], ridge["nox"]))
    low = float(np.interp(1.0, transition["voc"], transition["nox"])) if len(transition) else 0.0
    return VOC_LIMITED if top < 1.0 else TRANSITION if low < 1.0 else NOX_LIMITED


def _do(source: Path, out: Path, choices: Choices, work: Callable[[Case], Made], *, as_json: bool) -> None:
    """Do the work in a passing work folder, write and show what it made."""
    with tempfile.TemporaryDirectory() as folder:
        case = case_of(source, Path(folder), choices)
        made = work(case)
        files = _written(out, made, {"yice": version("yice"), **case.about(), "notes": list(made.notes)})
        _show(made, files, as_json=as_json)


def _written(out: Path, made: Made, about: dict[str, Any]) -> list[str]:
    """Write the tables as CSV and `about.json`, and return the names of all files."""
    out.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, table in made.tables.items():
        paths.append(out / f"{name}.csv")
        table.to_csv(paths[-1], index=False, float_format="%.6g")
    paths.append(out / "about.json")
    paths[-1].write_text(dumps(about, ensure_ascii=False, indent=1, default=str) + "\n", encoding="utf-8")
    return [str(path) for path in (*paths, *made.files)]


def _show(made: Made, files: list[str], *, as_json: bool) -> None:
    if as_json:
        tables = {name: _records(table) for name, table in made.tables.items()}
        reading = {} if made.reading is None else {"reading": _finite(made.reading)}
        console.document({"files": files, "notes": list(made.notes), **reading, "tables": tables})
        return
    for name, table in made.tables.items():
        rows = [list(row) for row in table.head(SHOWN).itertuples(index=False)]
        console.table(
            f"{name} ({len(table)} rows)", [str(column) for column in table.columns[:6]], [r[:6] for r in rows]
        )
    for line in (*(f"note: {note}" for note in made.notes), *files):
        console.say(line)


def _finite(value: Any) -> Any:
    """Return nested values as JSON takes them."""
    return {key: _finite(one) for key, one in value.items()} if isinstance(value, dict) else _plain(value)


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    plain = table.astype(object)
    return [{str(key): _plain(value) for key, value in row.items()} for row in plain.to_dict("records")]


def _plain(value: Any) -> Any:
    """Return a value as JSON takes it: NaN becomes null, infinity (a ray of VOC alone) the text `inf`."""
    bare = value.item() if isinstance(value, np.generic) else value
    if isinstance(bare, float) and not np.isfinite(bare):
        return None if np.isnan(bare) else str(bare)
    return bare
