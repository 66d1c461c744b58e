"""`yice cmaq smoke-test | idealised`: does a CMAQ set-up work, before there is weather or a cluster."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from aqcore.errors import Fault, InputError, RunFailed
from aqcore.publish import published_folder
from drivers.cmaq.idealised.case import CaseFiles, write_days
from drivers.cmaq.idealised.column import Levels
from drivers.cmaq.smoke_test import SmokeReport, smoke_test
from yice import console
from yice.cmaq_settings import emission_days
from yice.stages.cmaq_runs import named
from yice.options import Options
from yice.workspace import Workspace

FAILED, BAD_INPUT = 1, 2
CASE_FOLDER = "cmaq/idealised"

app = typer.Typer(name="cmaq", help="CMAQ by itself: test a set-up, idealised input.", no_args_is_help=True)

City = Annotated[Path, typer.Argument(metavar="CITY", help="The city folder: the one that holds city.toml.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout, and nothing else there.")]


@app.command("smoke-test", epilog="Example:  yice cmaq smoke-test examples/beijing --cctm ~/CMAQ/CCTM/scripts/BLD")
def try_set_up(
    city: City,
    cctm: Annotated[Path, typer.Option("--cctm", metavar="DIR", help="The folder in which CCTM was built.")],
    scenario: Annotated[
        list[str] | None, typer.Option("--scenario", metavar="NAME", help="Beside the base; may be repeated.")
    ] = None,
    day: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="A day (UTC) [default: the first].")
    ] = None,
    hours: Annotated[int, typer.Option("--hours", min=1, max=24, help="Hours to run from noon in China on.")] = 1,
    processors: Annotated[str, typer.Option("--processors", help="MPI ranks: columns x rows.")] = "1x1",
    work: Annotated[
        Path | None, typer.Option("--work", metavar="DIR", help="Keep everything in this new folder.")
    ] = None,
    json: Json = False,
) -> None:
    """Run an hour of your CCTM with your grid, emissions and controls, and compare what it emits with the ledger.

    Weather and inflow are idealised. Exit status: 0 all is well, 1 CCTM failed or emits something else, 2 bad input.
    """

    def act() -> None:
        with TemporaryDirectory() as passing:
            space = Workspace(Options(city, Path(passing) / "work", typical=True, as_json=json))
            chosen = day.date() if day else _first_day(space)
            ranks = _processors(processors)
            space.check()
            found = smoke_test(
                space.streams, named(space), cctm, work or Path(passing) / "test", chosen, scenarios=scenario or (),
                hours=hours, hour=min(4, 24 - hours), processors=ranks,
            )  # fmt: skip
        _tell(found, work, as_json=json)

    _act(act, as_json=json)


@app.command("idealised", epilog="Example:  yice cmaq idealised examples/beijing")
def write_idealised(
    city: City,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help=f"A new folder [default: CITY/{CASE_FOLDER}].")
    ] = None,
    json: Json = False,
) -> None:
    """Write idealised weather, air, ocean and ozone column on the city's grid, for all days that CMAQ runs.

    For a first whole way before real MCIP files exist; it prints the keys of `[cmaq]` that use it.
    """

    def act() -> None:
        space = Workspace(Options(city, city / "work", typical=True, as_json=json))
        folder = (out or city / CASE_FOLDER).resolve()
        if folder.exists() and any(folder.iterdir()):
            raise InputError([Fault(str(folder), "is not empty", "name a new folder with --out, or remove this one")])
        days = emission_days(space.city) or [_first_day(space)]
        levels = Levels.of(space.streams.layers)
        with published_folder(folder) as part:
            write_days(part, space.grid, days, levels)
        _show_keys(city, folder, days, as_json=json)

    _act(act, as_json=json)


def _first_day(space: Workspace) -> date:
    days = emission_days(space.city)
    if not days:
        raise InputError([Fault("emissions.dates", "names no day", "give --date, or list days (UTC) in city.toml")])
    return days[0]


def _processors(text: str) -> tuple[int, int]:
    parts = text.lower().split("x")
    if len(parts) != 2 or not all(part.strip().isdigit() and int(part) for part in parts):
        raise InputError([Fault("--processors", f"{text!r} is no number of ranks", "give columns x rows, such as 2x1")])
    return int(parts[0]), int(parts[1])


def _show_keys(city: Path, folder: Path, days: list[date], *, as_json: bool) -> None:
    inside = folder.is_relative_to(city.resolve())
    case = CaseFiles.in_folder(folder.relative_to(city.resolve()) if inside else folder)
    keys = {"met": case.met, "initial": case.initial, "boundary": case.boundary}
    if as_json:
        inputs = {name: str(path) for name, path in case.inputs.items()}
        console.document({"folder": str(folder), "days": list(map(str, days)), "cmaq": {**keys, "inputs": inputs}})
        return
    console.say(f"Idealised input of {len(days)} days under {folder}: it tests a set-up and forecasts nothing.")
    lines = [f'{key} = "{value}"' for key, value in keys.items()]
    listed = ", ".join(f'{name} = "{path}"' for name, path in case.inputs.items())
    text = "\n".join(["[cmaq]", '# cctm = "the folder in which CCTM was built"', *lines, f"inputs = {{ {listed} }}"])
    console.out.print(text, markup=False, highlight=False, soft_wrap=True)


def _tell(found: SmokeReport, work: Path | None, *, as_json: bool) -> None:
    """Show the verdict; raise InputError for faults of the preflight, RunFailed when a run is not as meant."""
    if found.faults:
        raise InputError(found.faults)
    failed = [run for run in found.runs if run.reason]
    if as_json:
        console.document(_report(found))
    else:
        kept = f"; everything is in {work}" if work else ""
        rows = [(run.scenario, run.seconds, run.emissions_compared, run.reason or "as the ledger says")
                for run in found.runs]  # fmt: skip
        head = ("scenario", "seconds", "emissions compared", "verdict")
        console.table(f"CMAQ {found.version} {found.mechanism}, {found.seconds:.0f} s in all{kept}", head, rows)
    if failed:
        if as_json:
            raise typer.Exit(FAILED)
        raise RunFailed("\n".join(f"{run.scenario}: {run.reason}" for run in failed))
    if not as_json:
        console.say("[bold green]The set-up works: CCTM ran and emitted what base and controls say.[/]")


def _report(found: SmokeReport) -> dict[str, Any]:
    runs = [{**vars(run), "seconds": round(run.seconds, 1)} for run in found.runs]
    return {"version": found.version, "mechanism": found.mechanism, "passed": found.passed,
            "seconds": round(found.seconds, 1), "runs": runs}  # fmt: skip


def _act(action: Callable[[], None], *, as_json: bool) -> None:
    """Do an action and turn what it raises into the exit status."""
    try:
        action()
    except InputError as error:
        console.faults(error.faults, as_json=as_json)
        raise typer.Exit(BAD_INPUT) from error
    except RunFailed as error:
        console.failure(str(error), as_json=as_json)
        raise typer.Exit(FAILED) from error
