"""CMAQ runs: the named scenarios of a city as run directories of CCTM."""

from drivers.cmaq.driver import CmaqDriver
from scenarios import ControlTable
from yice.stages import emissions
from yice.workspace import Workspace


def cmaq_driver(space: Workspace) -> CmaqDriver:
    """Return CMAQ for the named scenarios. Raises InputError with every fault of `[cmaq]`."""
    return CmaqDriver(space.cmaq_settings, space.streams, named(space), space.work / emissions.FOLDER)


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
