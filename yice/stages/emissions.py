"""Emissions: inventory -> speciate -> place -> time -> layer, written, summed back into the ledger, and reported."""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import pandas as pd

from aqcore.griddesc import write_griddesc
from aqcore.provenance import file_hash, value_hash
from aqcore.publish import published_folder
from emissions import quality
from emissions.natural.streams import NaturalStreams
from emissions.regional_build import MergedStreams
from emissions.regional_streams import RegionalStreams
from emissions.report import emission_report
from emissions.report_files import write_report
from emissions.stream_files import Origin, StreamFile, listed, write_index
from emissions.streams import EmissionStreams
from yice import console, emission_inputs
from yice.cmaq_settings import emission_days
from yice.stage import Stage
from yice.workspace import Workspace

FOLDER = "emissions"
MASKS = "zone_mask.nc"
TABLES = ("ledger.csv", "closure.csv", "totals.csv", "sources.csv", "streams.csv", "GRIDDESC", "emissions_report.xlsx")
OUTPUTS = tuple(f"{FOLDER}/{name}" for name in TABLES)

Writable = EmissionStreams | RegionalStreams | NaturalStreams


def stage(space: Workspace) -> Stage:
    """Return the stage that writes the emissions of the base year."""
    return Stage("emissions", lambda: inputs(space), lambda: act(space), OUTPUTS)


def inputs(space: Workspace) -> Mapping[str, str]:
    """Return what the emissions depend on: files and folders by name, choices, and the holidays they follow."""
    city = space.city
    named = [city.districts.table, city.grid.griddesc, *(name for _, name in city.emission_files())]
    named += emission_inputs.surrogate_files(city)
    sections = [
        city.adcode, city.timezone, city.grid, city.districts, city.inventory, city.surrogates, city.profiles,
        city.regional, city.dynamics, city.emissions, city.illustrative, city.report.language,
    ]  # fmt: skip
    return {
        **{name: file_hash(city.path(name)) for name in dict.fromkeys(named) if name and city.path(name).exists()},
        "city.toml": value_hash([str(section) for section in sections]),
        **space.streams.provenance,
        "days": value_hash(list(map(str, emission_days(city)))),
    }


def act(space: Workspace) -> None:
    """Write gridded files of every date, the ledger with its closure, all tables, the report and its figures."""
    space.check_large()
    with published_folder(space.work / FOLDER) as folder:
        with console.progress("emissions") as tick:
            files = list(write_days(space, folder, tick))
        write_index(folder, files)
        space.merged.ledger.check()
        write_tables(space, folder)
        write_region(space, folder)
        console.say("writing the report on the emissions ...")
        write_quality(space, folder)


def parts(space: Workspace) -> dict[Origin, Writable]:
    """Return the streams that are written, by their origin."""
    found: dict[Origin, Writable] = {"city": space.streams}
    if isinstance(space.merged, MergedStreams):
        found["region"] = space.merged.region
    if space.natural is not None:
        found["natural"] = space.natural
    return found


def write_days(space: Workspace, folder: Path, tick: console.Tick) -> Iterator[StreamFile]:
    """Write the files of every date and yield their entries of the index."""
    streams, dates = parts(space), emission_days(space.city)
    whole, before = len(dates) * sum(len(one.sectors) for one in streams.values()), 0
    inline = space.city.emissions.inline_points
    for date in dates:
        for origin, one in streams.items():
            write = partial(one.write, inline_points=inline) if isinstance(one, EmissionStreams) else one.write
            paths = write(folder, date, progress=lambda done, _, before=before: tick(before + done, whole))  # type: ignore[misc]
            before += len(one.sectors)
            yield from listed(folder, paths, origin, date)


def write_tables(space: Workspace, folder: Path) -> None:
    """Write everything about the emissions that is a table, and the grid."""
    streams, inventory, merged = space.streams, space.inventory, space.merged
    merged.ledger.write(folder / "ledger.csv")
    merged.ledger.closure().to_csv(folder / "closure.csv", index=False)
    inventory.total(("sector", "district", "pollutant")).to_csv(folder / "totals.csv", index=False)
    streams.source_report().to_csv(folder / "sources.csv")
    merged.day_totals.to_csv(folder / "day_totals.csv", index=False)
    quality.statements(inventory).to_csv(folder / "statements.csv", index=False)
    inventory.total(("flag", "pollutant")).to_csv(folder / "flags.csv", index=False)
    if space.flat_files:
        unused = emission_inputs.unused_rows(space.city, space.flat_files)
        unused.to_csv(folder / "flat_file_unused.csv", index=False)
    if space.city.emissions.inline_points:
        streams.inline_report().to_csv(folder / "inline_points.csv")
    write_griddesc(folder / "GRIDDESC", {space.grid.name: space.grid})


def write_region(space: Workspace, folder: Path) -> None:
    """Write what the inventory around the city had inside it, what was fitted and which files were not taken."""
    if space.regional is None or not isinstance(space.merged, MergedStreams):
        return
    tables: dict[str, pd.DataFrame] = {
        "totals": space.regional.total(),
        "comparison": space.merged.comparison(),
        "adjusted": space.regional.adjusted,
        "unused": space.regional.unused,
    }
    for name, table in tables.items():
        table.to_csv(folder / f"region_{name}.csv", index=False)


def write_quality(space: Workspace, folder: Path) -> None:
    """Write the report on the emissions: workbook, tables, figures."""
    city, own = space.city, space.own_tables
    dates = [date.isoformat() for date in city.emissions.dates]
    report = emission_report(
        space.streams, space.districts, year=city.inventory.year, own=own, surrogates=space.surrogates,
        mechanism=city.emissions.mechanism, natural=space.natural, natural_dates=dates,
    )  # fmt: skip
    if not city.emissions.figures:
        report.write(folder)
        return
    voc = own.voc_emissions(space.inventory, space.speciation)
    write_report(
        folder, report, space.streams, space.districts, voc, space.speciation,
        lang=city.report.language, illustrative=city.illustrative,
    )  # fmt: skip
