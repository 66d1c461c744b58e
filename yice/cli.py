"""The command line `yice`: one verb a stage, `run` for all of them."""

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from yice import box_commands, cmaq_commands, scenario_commands
from yice.exit_status import acting
from yice.lazily import lazily
from yice.options import Options

if TYPE_CHECKING:
    from yice import batch_commands, commands
else:
    batch_commands, commands = lazily("yice.batch_commands"), lazily("yice.commands")


app = typer.Typer(
    name="yice",
    help="yice 一策: one city, one policy. From the emission inventory to the PM2.5 and O3 roadmap.",
    epilog="Example:  yice run examples/beijing      Then open examples/beijing/work/report/index.html",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.add_typer(box_commands.app)
app.add_typer(cmaq_commands.app)
app.add_typer(scenario_commands.app)


class DriverName(StrEnum):
    """The models that yice can drive."""

    box_model = "box_model"
    cmaq = "cmaq"


CityArgument = Annotated[Path, typer.Argument(metavar="CITY", help="The city folder: the one that holds city.toml.")]
WorkOption = Annotated[
    Path | None, typer.Option("--work", metavar="DIR", help="Where everything is written [default: CITY/work].")
]
ObservationsOption = Annotated[
    Path | None,
    typer.Option("--observations", metavar="FILE", help="Hourly observations; real days are modelled from them."),
]
TypicalOption = Annotated[
    bool, typer.Option("--typical-days", help="Model the typical days even where hourly observations are at hand.")
]
ProcessesOption = Annotated[
    int, typer.Option("--processes", min=1, max=512, help="Processes that run boxes side by side.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout, and nothing else there.")]
DriverOption = Annotated[DriverName, typer.Option("--driver", help="The model.")]
CheckedOption = Annotated[
    DriverName | None, typer.Option("--driver", help="Check the run directories of this model too.")
]
CORES = os.cpu_count() or 1


def _options(
    city: Path,
    work: Path | None,
    observations: Path | None = None,
    *,
    typical: bool = False,
    processes: int = CORES,
    as_json: bool = False,
) -> Options:
    return Options(city, work or city / "work", observations, typical, processes, as_json)


@app.command(epilog="Example:  yice run examples/beijing --work /tmp/beijing --observations prsa.csv.gz")
def run(
    city: CityArgument,
    work: WorkOption = None,
    observations: ObservationsOption = None,
    typical_days: TypicalOption = False,
    processes: ProcessesOption = CORES,
    json: JsonOption = False,
) -> None:
    """Do the whole way: emissions, scenarios, model runs, evaluation, roadmap, report.

    A stage whose inputs did not change is skipped. Exit status: 0 done, 1 a run failed, 2 bad input.
    """
    options = _options(city, work, observations, typical=typical_days, processes=processes, as_json=json)
    acting(lambda: commands.run(options), as_json=json)


@app.command(epilog="Example:  yice check examples/beijing")
def check(
    city: CityArgument,
    work: WorkOption = None,
    driver: CheckedOption = None,
    observations: ObservationsOption = None,
    json: JsonOption = False,
) -> None:
    """Read and check every input of the city, and the run directories of a driver; report all faults; write nothing."""
    options = _options(city, work, observations, as_json=json)
    acting(lambda: commands.check(options, driver.value if driver else None), as_json=json)


@app.command(epilog="Example:  yice emissions examples/beijing")
def emissions(city: CityArgument, work: WorkOption = None, json: JsonOption = False) -> None:
    """Place, speciate and time the inventory; write the gridded files and the mass ledger."""
    acting(lambda: commands.emissions(_options(city, work, as_json=json)), as_json=json)


@app.command(epilog="Example:  yice write examples/beijing --driver cmaq")
def write(
    city: CityArgument,
    work: WorkOption = None,
    driver: DriverOption = DriverName.box_model,
    observations: ObservationsOption = None,
    typical_days: TypicalOption = False,
    json: JsonOption = False,
) -> None:
    """Write one run directory a scenario: of the box model, or of CMAQ with its DESID rules."""
    options = _options(city, work, observations, typical=typical_days, as_json=json)
    acting(lambda: commands.write(options, driver.value), as_json=json)


@app.command(epilog="Example:  yice submit examples/beijing --cluster mycluster --dry-run")
def submit(
    city: CityArgument,
    work: WorkOption = None,
    driver: DriverOption = DriverName.box_model,
    cluster: Annotated[
        str, typer.Option("--cluster", metavar="NAME", help="A cluster file CITY/clusters/NAME.toml, or `local`.")
    ] = "local",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the job scripts and the estimate; submit nothing.")
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Stay until all has ended: top up, send again what may go again.")
    ] = False,
    processes: ProcessesOption = CORES,
    json: JsonOption = False,
) -> None:
    """Start the runs that are not done yet, here or on a Slurm cluster."""
    options = _options(city, work, processes=processes, as_json=json)
    acting(lambda: commands.submit(options, driver.value, cluster, dry_run=dry_run, wait=wait), as_json=json)


@app.command(epilog="Example:  yice status examples/beijing --json")
def status(
    city: CityArgument,
    work: WorkOption = None,
    driver: DriverOption = DriverName.box_model,
    watch: Annotated[bool, typer.Option("--watch", help="Look again until all has ended.")] = False,
    json: JsonOption = False,
) -> None:
    """Show scenarios x days: what is done, what runs, what failed and why; pace, end and cost."""
    options = _options(city, work, as_json=json)

    def show() -> None:
        if watch or batch_commands.has_batch(options, driver.value):
            batch_commands.status(options, driver.value, watch=watch)
        else:
            commands.status(options, driver.value)

    acting(show, as_json=json)


@app.command(epilog="Example:  yice cancel examples/beijing --driver cmaq")
def cancel(
    city: CityArgument, work: WorkOption = None, driver: DriverOption = DriverName.box_model, json: JsonOption = False
) -> None:
    """Take what waits or runs of a batch out of the cluster's queue."""
    acting(lambda: batch_commands.cancel(_options(city, work, as_json=json), driver.value), as_json=json)


@app.command(epilog="Example:  yice retry examples/beijing nox_060_voc_080 --driver cmaq")
def retry(
    city: CityArgument,
    scenario: Annotated[list[str] | None, typer.Argument(metavar="[SCENARIO]...", help="Only these.")] = None,
    work: WorkOption = None,
    driver: DriverOption = DriverName.box_model,
    lost: Annotated[bool, typer.Option("--lost", help="Also jobs of which nobody knows any more.")] = False,
    json: JsonOption = False,
) -> None:
    """Send jobs again that failed, were cancelled, or are suspect; what waits behind them follows."""
    options = _options(city, work, as_json=json)
    acting(lambda: batch_commands.retry(options, driver.value, scenario or (), lost=lost), as_json=json)


@app.command(epilog="Example:  yice logs examples/beijing base 20130710 --driver cmaq")
def logs(
    city: CityArgument,
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO")],
    day: Annotated[str, typer.Argument(metavar="[DAY]", help="A day of CMAQ (its folder's name).")] = "",
    work: WorkOption = None,
    driver: DriverOption = DriverName.box_model,
) -> None:
    """Print the end of the log of the job that computes a scenario's day."""
    acting(lambda: batch_commands.logs(_options(city, work), driver.value, scenario, day), as_json=False)


@app.command(epilog="Example:  yice evaluate examples/beijing")
def evaluate(
    city: CityArgument,
    work: WorkOption = None,
    driver: DriverOption = DriverName.box_model,
    scenario: Annotated[
        list[str] | None, typer.Option("--scenario", metavar="NAME", help="Of CMAQ: only this; may be repeated.")
    ] = None,
    cluster: Annotated[
        str,
        typer.Option("--cluster", metavar="NAME", help="Compute on Dask workers that NAME starts; local: here."),
    ] = "",
    processes: ProcessesOption = CORES,
    json: JsonOption = False,
) -> None:
    """Turn model outputs into statistics of the standard, control effects and (boxes) the VOC:NOx ratio."""
    options = _options(city, work, processes=processes, as_json=json)
    acting(lambda: commands.evaluate(options, driver.value, scenario or (), cluster), as_json=json)


@app.command(epilog="Example:  yice roadmap examples/beijing")
def roadmap(city: CityArgument, work: WorkOption = None, json: JsonOption = False) -> None:
    """Hold the projected concentrations against the standard, year by year."""
    acting(lambda: commands.stage(_options(city, work, as_json=json), "roadmap"), as_json=json)


@app.command(epilog="Example:  yice report examples/beijing")
def report(city: CityArgument, work: WorkOption = None, json: JsonOption = False) -> None:
    """Write the page with the figures and tables, in Chinese and English."""
    acting(lambda: commands.stage(_options(city, work, as_json=json), "report"), as_json=json)
