"""`yice box run|ekma|rir`: a city's boxes, or observed days, without the rest of the way."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer

from aqcore.errors import Fault, InputError, RunFailed
from drivers.box_model.budget import family_weights
from drivers.box_model.reactivity_groups import NOX
from drivers.box_model.response import (
    O3_UG_PER_PPB,
    Response,
    incremental_reactivity,
    isopleth,
    most_reactive_nox,
    relative_incremental_reactivity,
    transition_line,
    zero_out,
)
from evaluation.matrix import least_cut, reduction_ratio, regime, ridge_line, surface_of
from yice import box_figures, console
from yice.box_cases import Case, case_of

FAILED, BAD_INPUT = 1, 2
FINEST = 0.02
"""The smallest step of an isopleth: below it there are more boxes than anyone waits for."""
MIR_LEVELS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
"""Factors of NOx among which the reactivity of the base mix is sought at its largest."""
SHOWN = 12

app = typer.Typer(name="box", help="The box model by itself: of a city, or of observed days.", no_args_is_help=True)

Source = Annotated[
    Path, typer.Argument(metavar="CITY|CSV", help="A city folder (typical days), or hourly observations of one site.")
]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Where tables and figures are written.")]
Day = Annotated[list[str] | None, typer.Option("--day", metavar="LABEL", help="A typical day; may be repeated.")]
Hold = Annotated[list[str] | None, typer.Option("--hold", metavar="SPECIES", help="Hold O3 or NO too (`run` only).")]
Lifetime = Annotated[float, typer.Option("--lifetime", metavar="HOURS", help="Of gases that were not observed.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout, and nothing else there.")]


@app.command(epilog="Example:  yice box run examples/observations/synthetic_summer.csv --out box")
def run(
    source: Source, out: Out, day: Day = None, hold: Hold = None, lifetime: Lifetime = 12.0, json: Json = False
) -> None:
    """Hourly concentrations; for observed days also P(O3), L(O3), OH reactivity, ROx budget, AOC and L_N/Q."""

    def work(case: Case) -> dict[str, Any]:
        tables = case.tables()
        figures = box_figures.draw_production(tables["hourly"], out) if "daytime" in tables else []
        return _written(out, tables, figures)

    _act(lambda folder: work(case_of(source, folder, day or (), hold or (), lifetime)), as_json=json)


@app.command(epilog="Example:  yice box ekma examples/beijing --out box --step 0.1")
def ekma(
    source: Source,
    out: Out,
    day: Day = None,
    hold: Hold = None,
    lifetime: Lifetime = 12.0,
    step: Annotated[float, typer.Option("--step", help="Of the factors of NOx and AVOC.")] = 0.1,
    target: Annotated[float, typer.Option("--target", help="MDA8 to reach, ug m-3.")] = box_figures.LIMIT_MDA8,
    json: Json = False,
) -> None:
    """EKMA: MDA8 over factors of NOx and AVOC, its ridge, regime, transition line and the VOC:NOx reduction ratio."""

    def work(case: Case) -> dict[str, Any]:
        levels = factor_levels(step)
        response = case.response()
        by_day = isopleth(response, case.groups(response), levels, levels)
        matrix = by_day.mean("day").assign_attrs(days=by_day.sizes["day"])
        surface, line = surface_of(matrix), transition_line(matrix)
        reading = {
            "target_ug_m3": target,
            "regime": vars(regime(matrix)),
            "ratio": vars(reduction_ratio(matrix, surface)),
            "least_cut": vars(least_cut(matrix, surface, target)),
        }
        tables = {
            "isopleth": by_day.rename("o3").to_dataframe().reset_index(),
            "ridge": ridge_line(matrix),
            "transition": line,
            "reading": pd.json_normalize(reading).T.rename_axis("key").rename(columns={0: "value"}).reset_index(),
        }
        figures = box_figures.draw_isopleth(matrix, line, out, case.scaled)
        return {**_written(out, tables, figures), "reading": reading}

    _act(lambda folder: work(case_of(source, folder, day or (), hold or (), lifetime)), as_json=json)


@app.command(epilog="Example:  yice box rir examples/beijing --out box")
def rir(
    source: Source,
    out: Out,
    day: Day = None,
    hold: Hold = None,
    lifetime: Lifetime = 12.0,
    cut: Annotated[float, typer.Option("--cut", help="Share by which each group is cut.")] = 0.1,
    json: Json = False,
) -> None:
    """RIR by group, species and sector; zero-out of the same; localised MIR of every VOC."""

    def work(case: Case) -> dict[str, Any]:
        response = case.response(rates=True, sectors=True)
        groups = case.groups(response)
        gases = {name: groups[name] for name in (NOX, "AVOC") if name in groups}
        amounts = {name: response.amounts[name] for name in groups["AVOC"]}
        nox = most_reactive_nox(response, gases, MIR_LEVELS)
        single = {name: (name,) for name in groups["AVOC"]}
        tables = {
            "rir": relative_incremental_reactivity(response, groups, cut),
            "rir_species": relative_incremental_reactivity(response, single, cut),
            "zero_out": zero_out(response, groups),
            "mir": by_mass(incremental_reactivity(response, amounts, gases, nox), response).assign(nox_factor=nox),
        }
        return _written(out, tables, box_figures.draw_reactivity(tables["rir"], out))

    _act(lambda folder: work(case_of(source, folder, day or (), hold or (), lifetime)), as_json=json)


def factor_levels(step: float) -> list[float]:
    """Return factors from `step` to 1.5 with 1 among them; raise `InputError` for a step that cannot do that."""
    count = round(1.0 / step) if step > 0.0 else 0
    if not FINEST <= step <= 0.5 or abs(count * step - 1.0) > 1e-9:
        raise InputError([Fault("--step", f"{step:g}", f"give a divisor of 1 from {FINEST:g} to 0.5, such as 0.1")])
    return [number / count for number in range(1, int(1.5 * count) + 1)]


def by_mass(table: pd.DataFrame, response: Response) -> pd.DataFrame:
    """Return the table with `g_per_g`: grams of ozone a gram of species, both in the same air."""
    mechanism = response.mechanism
    mass = family_weights(mechanism, "molar_mass_g_mol")
    molar = np.array([mass[mechanism.index(name)] for name in table["species"]])
    ppb_per_ppb = table["ir"] / (O3_UG_PER_PPB if response.units == "ug m-3" else 1.0)
    return table.assign(g_per_g=ppb_per_ppb * mass[mechanism.index("O3")] / molar)


def _written(out: Path, tables: dict[str, pd.DataFrame], figures: list[Path]) -> dict[str, Any]:
    """Write the tables as CSV and return what was made, to be shown."""
    out.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, table in tables.items():
        paths.append(out / f"{name}.csv")
        table.to_csv(paths[-1], index=False, float_format="%.6g")
    return {"files": [str(path) for path in (*paths, *figures)], "tables": tables}


def _act(work: Callable[[Path], dict[str, Any]], *, as_json: bool) -> None:
    """Do the work in a passing work folder, show what it made, and turn faults into the exit status."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            _show(work(Path(folder)), as_json=as_json)
    except InputError as error:
        console.faults(error.faults, as_json=as_json)
        raise typer.Exit(BAD_INPUT) from error
    except RunFailed as error:
        console.failure(str(error), as_json=as_json)
        raise typer.Exit(FAILED) from error


def _show(made: dict[str, Any], *, as_json: bool) -> None:
    tables: dict[str, pd.DataFrame] = made.pop("tables")
    if as_json:
        console.document(made | {"tables": {name: _records(table) for name, table in tables.items()}})
        return
    for name, table in tables.items():
        rows = [list(row) for row in table.head(SHOWN).itertuples(index=False)]
        console.table(
            f"{name} ({len(table)} rows)", [str(column) for column in table.columns[:6]], [r[:6] for r in rows]
        )
    for path in made["files"]:
        console.say(path)


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as JSON takes them: NaN becomes null."""
    plain = table.astype(object).where(table.notna().to_numpy(), None)
    return [{str(key): _plain(value) for key, value in row.items()} for row in plain.to_dict("records")]


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
