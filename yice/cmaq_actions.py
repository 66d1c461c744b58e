"""What `yice cmaq smoke-test` and `yice cmaq idealised` do."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aqcore.errors import Fault, InputError
from aqcore.publish import published_folder
from drivers.cmaq.idealised.case import CaseFiles, write_days
from drivers.cmaq.idealised.column import Levels
from drivers.cmaq.smoke_test import NOON_HOUR, SmokeReport, smoke_test
from yice import console
from yice.cmaq_settings import emission_days
from yice.options import Options
from yice.workspace import Workspace

CASE_FOLDER = "cmaq/idealised"
HOURS_A_DAY = 24


def try_set_up(
    city: Path, cctm: Path, scenarios: Sequence[str], day: date | None, hours: int, processors: str,
    work: Path | None, *, as_json: bool,
) -> bool:  # fmt: skip
    """Run the smoke test, tell its verdict, and return whether all is well. Raises InputError for bad input."""
    with TemporaryDirectory() as passing:
        space = Workspace(Options(city, Path(passing) / "work", typical=True, as_json=as_json))
        ranks, chosen = _processors(processors), day or _first_day(space)
        space.check()
        found = smoke_test(
            space.streams, space.named_table, cctm, work or Path(passing) / "test", chosen, scenarios=scenarios,
            hours=hours, hour=min(NOON_HOUR, HOURS_A_DAY - hours), processors=ranks,
        )  # fmt: skip
    _tell(found, work, as_json=as_json)
    return found.passed


def write_idealised(city: Path, out: Path | None, *, as_json: bool) -> None:
    """Write the idealised case of a city's days and show the keys that use it; InputError for a folder in use."""
    space = Workspace(Options(city, city / "work", typical=True, as_json=as_json))
    folder = (out or city / CASE_FOLDER).resolve()
    if folder.exists() and any(folder.iterdir()):
        raise InputError([Fault(str(folder), "is not empty", "name a new folder with --out, or remove this one")])
    days = emission_days(space.city) or [_first_day(space)]
    levels = Levels.of(space.streams.layers)
    with published_folder(folder) as part:
        write_days(part, space.grid, days, levels)
    _show_keys(city, folder, days, as_json=as_json)


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
    """Show the verdict. Raises InputError for faults of the preflight."""
    if found.faults:
        raise InputError(found.faults)
    if as_json:
        console.document(_report(found))
        return
    kept = f"; everything is in {work}" if work else ""
    rows = [(run.scenario, run.seconds, run.emissions_compared, run.reason or "as the ledger says")
            for run in found.runs]  # fmt: skip
    head = ("scenario", "seconds", "emissions compared", "verdict")
    console.table(f"CMAQ {found.version} {found.mechanism}, {found.seconds:.0f} s in all{kept}", head, rows)
    if found.passed:
        console.say("[bold green]The set-up works: CCTM ran and emitted what base and controls say.[/]")
    else:
        failed = [f"{run.scenario}: {run.reason}" for run in found.runs if run.reason]
        console.failure("\n".join(failed), as_json=False)


def _report(found: SmokeReport) -> dict[str, Any]:
    runs = [{**vars(run), "seconds": round(run.seconds, 1)} for run in found.runs]
    return {"version": found.version, "mechanism": found.mechanism, "passed": found.passed,
            "seconds": round(found.seconds, 1), "runs": runs}  # fmt: skip
