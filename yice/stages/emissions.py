"""Emissions: inventory -> speciate -> place -> time -> layer, written and summed back into the ledger."""

from collections.abc import Mapping
from pathlib import Path

from aqcore.griddesc import write_griddesc
from aqcore.provenance import value_hash
from aqcore.publish import published_folder
from emissions import quality
from yice import console
from yice.stage import Stage, files_hash
from yice.workspace import Workspace

FOLDER = "emissions"
MASKS = "zone_mask.nc"
OUTPUTS = tuple(f"{FOLDER}/{name}" for name in ("ledger.csv", "closure.csv", "totals.csv", "sources.csv", "GRIDDESC"))


def stage(space: Workspace) -> Stage:
    """Return the stage that writes the emissions of the base year."""
    return Stage("emissions", lambda: inputs(space), lambda: act(space), OUTPUTS)


def inputs(space: Workspace) -> Mapping[str, str]:
    """Return what the emissions depend on."""
    city = space.city
    chosen = [city.inventory.area, city.inventory.points, city.districts.table, city.grid.griddesc]
    sections = [city.adcode, city.timezone, city.grid, city.districts, city.inventory, city.emissions]
    return {
        **files_hash(city.path(name) for name in chosen if name),
        "city.toml": value_hash([str(section) for section in sections]),
    }


def act(space: Workspace) -> None:
    """Write gridded files of every date, the ledger with its closure, totals, and the profiles of every source."""
    streams = space.streams
    with published_folder(space.work / FOLDER) as folder:
        with console.progress("emissions") as tick:
            dates = space.city.emissions.dates
            whole = len(dates) * len(streams.sectors)
            for number, date in enumerate(dates):
                start = number * len(streams.sectors)
                streams.write(folder, date, progress=lambda done, _, start=start: tick(start + done, whole))  # type: ignore[misc]
        streams.ledger.check()
        write_tables(space, folder)


def write_tables(space: Workspace, folder: Path) -> None:
    """Write everything about the emissions that is a table, the grid and the masks of the districts."""
    streams, inventory = space.streams, space.inventory
    streams.ledger.write(folder / "ledger.csv")
    streams.ledger.closure().to_csv(folder / "closure.csv", index=False)
    inventory.total(("sector", "district", "pollutant")).to_csv(folder / "totals.csv", index=False)
    streams.source_report().to_csv(folder / "sources.csv")
    streams.day_totals.to_csv(folder / "day_totals.csv", index=False)
    quality.statements(inventory).to_csv(folder / "statements.csv", index=False)
    inventory.total(("flag", "pollutant")).to_csv(folder / "flags.csv", index=False)
    write_griddesc(folder / "GRIDDESC", {space.grid.name: space.grid})
