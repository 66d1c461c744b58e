"""`yice scenarios CITY` and `yice scenarios diff A B`: what scenarios come to, before any run."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from aqcore.errors import Fault, InputError
from yice.exit_status import acting
from yice.lazily import lazily
from yice.options import Options

if TYPE_CHECKING:
    from yice import scenario_views
else:
    scenario_views = lazily("yice.scenario_views")

SHOW = "show"
TWO, THREE = 2, 3


class WithDefault(TyperGroup):
    """A group whose command `show` need not be named: `yice scenarios CITY` is `yice scenarios show CITY`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `show` in front of arguments that begin with no command."""
        if args and args[0] not in self.commands and args[0] != "--help":
            args = [SHOW, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    name="scenarios",
    cls=WithDefault,
    help="Emissions by scenario, windows, nearest scenarios and model days, before any run; `diff` compares two.",
    no_args_is_help=True,
)

Work = Annotated[Path | None, typer.Option("--work", metavar="DIR", help="Where everything is written.")]
Typical = Annotated[bool, typer.Option("--typical-days", help="Typical days even where hourly observations are.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout, and nothing else there.")]


@app.command(name=SHOW, epilog="Example:  yice scenarios examples/beijing --scenario road_2030")
def show(
    city: Annotated[Path, typer.Argument(metavar="CITY", help="The city folder: the one that holds city.toml.")],
    scenario: Annotated[
        list[str] | None,
        typer.Option("--scenario", metavar="NAME", help="Show its sectors (t/a and %); may be repeated."),
    ] = None,
    sectors: Annotated[bool, typer.Option("--sectors", help="Show the sectors of every scenario.")] = False,
    work: Work = None,
    typical_days: Typical = False,
    json: Json = False,
) -> None:
    """Resolve the measures into control factors; show emissions, windows, nearest scenarios, model days and cost."""
    options = _options(city, work, typical_days, json)
    acting(lambda: scenario_views.show(options, tuple(scenario or ()), every=sectors), as_json=json)


@app.command(epilog="Example:  yice scenarios diff examples/beijing road_2030 road_2031_enhanced")
def diff(
    words: Annotated[
        list[str], typer.Argument(metavar="[CITY] A B", help="Two scenarios; CITY is this folder when left out.")
    ],
    work: Work = None,
    typical_days: Typical = False,
    json: Json = False,
) -> None:
    """Compare two scenarios: what B says otherwise than A, and what that comes to by sector and pollutant."""

    def act() -> None:
        city, a, b = _three(words)
        options = _options(city, work, typical_days, json)
        scenario_views.diff(options, a, b)

    acting(act, as_json=json)


def _options(city: Path, work: Path | None, typical: bool, as_json: bool) -> Options:
    return Options(city, work or city / "work", typical=typical, processes=os.cpu_count() or 1, as_json=as_json)


def _three(words: list[str]) -> tuple[Path, str, str]:
    """Return the city folder and two names."""
    if len(words) not in {TWO, THREE}:
        remedy = "give [CITY] A B, such as `yice scenarios diff examples/beijing road_2025 road_2030`"
        raise InputError([Fault("scenarios diff", f"{len(words)} words: {' '.join(words)}", remedy)])
    return Path(words[0] if len(words) == THREE else "."), words[-2], words[-1]
