"""What is wrong with the settings of CMAQ runs before anything is written."""

import numpy as np

from aqcore.errors import Fault, Faults
from drivers.cmaq.settings import CmaqSettings
from drivers.cmaq.versions import version
from scenarios.control_table import ControlTable


def inflow_faults(settings: CmaqSettings, table: ControlTable) -> list[Fault]:
    """Return a fault for each scenario that changes the inflow when no boundary file of its own is named."""
    if "{scenario}" in settings.boundary:
        return []
    changed = [
        name for name in table.names if bool((np.abs(table.background.sel(scenario=name).to_numpy() - 1.0) > 0.0).any())
    ]
    remedy = "name a boundary file a scenario: `{scenario}` in cmaq.boundary"
    return [Fault(f"cmaq.boundary:{name}", "the scenario changes the inflow", remedy) for name in changed]


def settings_faults(settings: CmaqSettings) -> Faults:
    """Return what is wrong with the settings: no date, a mechanism or namelists that the version has not."""
    faults = Faults()
    one = version(settings.version)
    if not settings.dates:
        faults.add("cmaq.dates", "no day to run", "list the days (UTC), spin-up included")
    if settings.mechanism not in one.listed("mechanisms"):
        faults.add("cmaq.mechanism", f"CMAQ {one.name} has no {settings.mechanism!r} here",
                   f"allowed: {', '.join(one.listed('mechanisms'))}")  # fmt: skip
    for name in one.listed("user_namelists"):
        if name not in settings.namelists:
            faults.add(f"cmaq.namelists.{name}", "is missing", "give the file that was built with CCTM")
    return faults
