"""The CMAQ driver: scenarios as run directories of CCTM, checked, run, judged and read."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import xarray as xr

from aqcore.errors import Fault
from drivers.cmaq import outcome as outcomes
from drivers.cmaq import preflight
from drivers.cmaq.outputs import open_outputs
from drivers.cmaq.preparation import Preparation, prepare_scenario, prepare_shared
from drivers.cmaq.settings import CmaqSettings
from drivers.cmaq.settings_check import inflow_faults, settings_faults
from drivers.cmaq.streams import Streams
from drivers.driver import Outcome, Run
from scenarios.control_table import ControlTable

NAME = "cmaq"


@dataclass(frozen=True)
class CmaqDriver:
    """CMAQ as a driver.

    `streams` are the emission streams (EmissionStreams), `table` the control table of the scenarios, `emissions` the
    folder that holds the base files `<SECTOR>/emis_<SECTOR>_<yyyymmdd>.nc`. A `Run` is a scenario: its folder holds
    `run.json` and one folder a day.
    """

    settings: CmaqSettings
    streams: Streams
    table: ControlTable
    emissions: Path
    name: str = field(default=NAME, init=False)

    def prepare(self, root: Path) -> Sequence[Run]:
        """Write the run directories of all scenarios under `root` (`<root>/<scenario>/<yyyymmdd>/`) and return them.

        A scenario that is already written from the same inputs keeps its folder and its results. Raises InputError
        with all faults of settings, regions and scenarios.
        """
        faults = settings_faults(self.settings)
        faults.extend(inflow_faults(self.settings, self.table))
        faults.raise_if_any()
        root = root.resolve()
        preparation = Preparation.of(self.settings, self.streams, self.table, self.emissions)
        prepare_shared(preparation, root)
        return self._prepared(preparation, root)

    def _prepared(self, preparation: Preparation, root: Path) -> Sequence[Run]:
        return [Run(NAME, name, prepare_scenario(preparation, root, name)) for name in self.table.names]

    def check(self, run: Run) -> Sequence[Fault]:
        """Return every fault that would make CCTM fail or be silently wrong."""
        return preflight.check(run.folder)

    def command(self, runs: Sequence[Run]) -> tuple[str, ...]:
        """Return the argument list that runs the days of these scenarios one after another."""
        return (sys.executable, "-m", "drivers.cmaq.execute", *(str(run.folder) for run in runs))

    def outcome(self, run: Run) -> Outcome:
        """Judge a scenario's days by status, log, restart file, number of hours and values."""
        return outcomes.outcome(run.folder)

    def open(self, run: Run) -> xr.Dataset:
        """Return the surface concentrations in the common schema (docs/architecture.md)."""
        return open_outputs(run.folder)
