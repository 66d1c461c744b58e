"""CMAQ runs: the named scenarios of a city as run directories of CCTM."""

from dataclasses import replace
from pathlib import Path

from drivers.cmaq.driver import CmaqDriver
from emissions.stream_files import INDEX, read_index
from scenarios import ControlTable
from yice.stages import emissions
from yice.workspace import Workspace


def cmaq_driver(space: Workspace) -> CmaqDriver:
    """Return CMAQ for the named scenarios, with the streams of region and nature that stand beside the city's.

    Raises InputError with every fault of `[cmaq]`.
    """
    folder = space.work / emissions.FOLDER
    settings = space.cmaq_settings
    beside = {**further_streams(folder), **settings.streams}
    return CmaqDriver(replace(settings, streams=beside), space.streams, named(space), folder)


def further_streams(folder: Path) -> dict[str, str]:
    """Return label -> file, with `{date}`, of the written streams that no scenario changes."""
    if not (folder / INDEX).is_file():
        return {}
    others = [one for one in read_index(folder) if one.origin != "city"]
    return {one.stream: str(folder / one.file.replace(f"{one.date:%Y%m%d}", "{date}")) for one in others}


def named(space: Workspace) -> ControlTable:
    """Return the control table without the nodes of the matrix: those are for the box model."""
    names = [scenario.name for scenario in space.scenarios]
    table = space.table
    return ControlTable(
        space.scenarios,
        table.factors.sel(scenario=names),
        table.background.sel(scenario=names),
        table.reach[table.reach["scenario"].isin(names)],
        tuple(own for own in table.windows if own.scenario in names),
        table.window_reach[table.window_reach["scenario"].isin(names)],
    )
