"""CMAQ runs: the named scenarios of a city as run directories of CCTM."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from drivers.cmaq.driver import CmaqDriver
from drivers.cmaq.settings import CmaqSettings
from scenarios import ControlTable
from yice.stages import emissions
from yice.workspace import Workspace

ASSUMED: Mapping[str, Any] = {
    "version": "5.5",
    "mechanism": "cb6r5_ae7",
    "executable": "cmaq/CCTM.exe",
    "met": "cmaq/mcip/{date}/{file}_city.nc",
    "initial": "cmaq/icbc/ICON_{date}.nc",
    "boundary": "cmaq/icbc/BCON_{scenario}_{date}.nc",
    "namelists": {
        "gc_matrix_nml": "cmaq/nml/GC_cb6r5_ae7_aq.nml",
        "ae_matrix_nml": "cmaq/nml/AE_cb6r5_ae7_aq.nml",
        "nr_matrix_nml": "cmaq/nml/NR_cb6r5_ae7_aq.nml",
        "tr_matrix_nml": "cmaq/nml/Species_Table_TR_0.nml",
        "MISC_CTRL_NML": "cmaq/nml/CMAQ_Control_Misc.nml",
    },
    "inputs": {
        "OMI": "cmaq/omi.dat",
        "OPTICS_DATA": "cmaq/PHOT_OPTICS.dat",
        "CSQY_DATA": "cmaq/CSQY_DATA_cb6r5_ae7_aq",
    },
}
"""Where the files of CMAQ are looked for when city.toml has no `[cmaq]`; the preflight names what is not there."""


def cmaq_driver(space: Workspace) -> CmaqDriver:
    """Return CMAQ for the named scenarios, on the dates whose emissions are written."""
    table = {**ASSUMED, **space.city.cmaq}
    settings = CmaqSettings.read(table, folder=space.city.folder)
    if not settings.dates:
        settings = replace(settings, dates=space.city.emissions.dates)
    return CmaqDriver(settings, space.streams, named(space), space.work / emissions.FOLDER)


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
