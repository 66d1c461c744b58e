"""`yice box run|ekma|rir|export`: a city's boxes, or observed days, without the rest of the way."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from yice.box_choices import LIMIT_MDA8, Choices
from yice.exit_status import acting
from yice.lazily import lazily

if TYPE_CHECKING:
    from yice import box_actions
else:
    box_actions = lazily("yice.box_actions")


app = typer.Typer(name="box", help="The box model by itself: of a city, or of observed days.", no_args_is_help=True)

Source = Annotated[Path, typer.Argument(metavar="CITY|CSV", help="A city folder, or hourly observations of one site.")]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Where tables and figures are written.")]
Day = Annotated[list[str] | None, typer.Option("--day", metavar="LABEL", help="A day of the city; may be repeated.")]
Hold = Annotated[list[str] | None, typer.Option("--hold", metavar="SPECIES", help="Hold O3 or NO too (`run` only).")]
Lifetime = Annotated[float, typer.Option("--lifetime", metavar="HOURS", help="Of gases that were not observed.")]
Observed = Annotated[
    Path | None, typer.Option("--observations", metavar="FILE", help="Real days of a city, not its typical ones.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout, and nothing else there.")]


@app.command(epilog="Example:  yice box run examples/observations/synthetic_summer.csv --out box")
def run(
    source: Source,
    out: Out,
    day: Day = None,
    hold: Hold = None,
    lifetime: Lifetime = 12.0,
    observations: Observed = None,
    json: Json = False,
) -> None:
    """Hourly concentrations; for observed days also P(O3), L(O3), OH reactivity, ROx budget, AOC and L_N/Q."""
    choices = Choices(tuple(day or ()), tuple(hold or ()), lifetime, observations)
    acting(lambda: box_actions.run(source, out, choices, as_json=json), as_json=json)


@app.command(epilog="Example:  yice box ekma examples/beijing --out box --step 0.1")
def ekma(
    source: Source,
    out: Out,
    day: Day = None,
    hold: Hold = None,
    lifetime: Lifetime = 12.0,
    observations: Observed = None,
    step: Annotated[float, typer.Option("--step", help="Of the factors of NOx and AVOC.")] = 0.1,
    target: Annotated[float, typer.Option("--target", help="MDA8 to reach, ug m-3.")] = LIMIT_MDA8,
    json: Json = False,
) -> None:
    """EKMA: MDA8 over factors of NOx and AVOC, its ridge, regime, transition zone and the VOC:NOx reduction ratio."""
    choices = Choices(tuple(day or ()), tuple(hold or ()), lifetime, observations)
    acting(lambda: box_actions.ekma(source, out, choices, step, target, as_json=json), as_json=json)


@app.command(epilog="Example:  yice box rir examples/beijing --out box")
def rir(
    source: Source,
    out: Out,
    day: Day = None,
    hold: Hold = None,
    lifetime: Lifetime = 12.0,
    observations: Observed = None,
    cut: Annotated[float, typer.Option("--cut", help="Share by which each group is cut.")] = 0.1,
    json: Json = False,
) -> None:
    """RIR by group, species, sector and source class; zero-out of the same; localised MIR of every VOC."""
    choices = Choices(tuple(day or ()), tuple(hold or ()), lifetime, observations)
    acting(lambda: box_actions.rir(source, out, choices, cut, as_json=json), as_json=json)


@app.command(epilog="Example:  yice box export examples/beijing --out box --format f0am --zone 110105")
def export(
    source: Source,
    out: Out,
    day: Day = None,
    observations: Observed = None,
    peer: Annotated[
        list[str] | None, typer.Option("--format", metavar="MODEL", help="f0am, musicbox or boxmox; all by default.")
    ] = None,
    zone: Annotated[str | None, typer.Option("--zone", metavar="CODE", help="Else the first core one.")] = None,
    json: Json = False,
) -> None:
    """One box and day of a city as the files of other box models, with our own solution of the same equations."""
    choices = Choices(tuple(day or ()), (), observations=observations)
    acting(lambda: box_actions.export(source, out, choices, peer or [], zone, as_json=json), as_json=json)
