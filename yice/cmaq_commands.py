"""`yice cmaq smoke-test | idealised`: does a CMAQ set-up work, before there is weather or a cluster."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from yice.exit_status import FAILED, acting
from yice.lazily import lazily

if TYPE_CHECKING:
    from yice import cmaq_actions
else:
    cmaq_actions = lazily("yice.cmaq_actions")


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
    asked = (city, cctm, tuple(scenario or ()), day.date() if day else None, hours, processors, work)
    if not acting(lambda: cmaq_actions.try_set_up(*asked, as_json=json), as_json=json):
        raise typer.Exit(FAILED)


@app.command("idealised", epilog="Example:  yice cmaq idealised examples/beijing")
def write_idealised(
    city: City,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="A new folder [default: CITY/cmaq/idealised].")
    ] = None,
    json: Json = False,
) -> None:
    """Write idealised weather, air, ocean and ozone column on the city's grid, for all days that CMAQ runs.

    For a first whole way before real MCIP files exist; it prints the keys of `[cmaq]` that use it.
    """
    acting(lambda: cmaq_actions.write_idealised(city, out, as_json=json), as_json=json)
