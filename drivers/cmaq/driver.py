"""The CMAQ driver: scenarios as run directories of CCTM, checked, run, judged and read."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import xarray as xr

from aqcore.errors import Fault
from drivers.cmaq import outcome as outcomes
from drivers.cmaq import preflight
from drivers.cmaq.apportionment_settings import DdmSettings, IsamSettings
from drivers.cmaq.environment import run_name
from drivers.cmaq.outputs import open_outputs
from drivers.cmaq.preparation import Preparation, prepare_shared
from drivers.cmaq.settings import CmaqSettings, Kind
from drivers.cmaq.settings_check import apportionment_faults, settings_faults
from drivers.cmaq.writing import prepare_scenario
from drivers.driver import Outcome, Run
from emissions.streams import EmissionStreams
from scenarios.control_table import ControlTable

NAME = "cmaq"


@dataclass(frozen=True)
class CmaqDriver:
    """CMAQ as a driver.

    `streams` are the emission streams, `table` the control table of the scenarios, `emissions` the folder that holds
    the base files as `EmissionStreams.write` names them. A `Run` is a scenario: its folder holds `run.json` and one
    folder a day.
    """

    settings: CmaqSettings
    streams: EmissionStreams
    table: ControlTable
    emissions: Path
    name: str = field(default=NAME, init=False)

    def prepare(self, root: Path) -> Sequence[Run]:
        """Write the run directories of all scenarios under `root` (`<root>/<scenario>/<yyyymmdd>/`) and return them.

        A scenario that is already written from the same inputs keeps its folder and its results. Raises InputError
        with all faults of settings, regions and scenarios.
        """
        return self._prepared(root, self.table.names, "plain")

    def prepare_apportionment(self, root: Path) -> Sequence[Run]:
        """Write the runs of ISAM and DDM-3D that the settings ask for and return them.

        They stand beside the plain runs (`<root>/<scenario>.isam/`). Raises InputError as `prepare` does.
        """
        return [run for kind, name in self._apportioned() for run in self._prepared(root, [name], kind)]

    def _apportioned(self) -> list[tuple[Kind, str]]:
        """Return the kinds of run beside the plain ones, each with its scenario."""
        sections: dict[Kind, IsamSettings | DdmSettings | None] = {"isam": self.settings.isam, "ddm": self.settings.ddm}
        return [(kind, section.scenario) for kind, section in sections.items() if section is not None]

    def runs(self, root: Path) -> Sequence[Run]:
        """Return the runs that `prepare` and `prepare_apportionment` write, whether they are there or not."""
        wanted: list[tuple[Kind, str]] = [("plain", name) for name in self.table.names]
        wanted += self._apportioned()
        return [Run(NAME, name, root.resolve() / run_name(name, kind)) for kind, name in wanted]

    def _prepared(self, root: Path, names: Sequence[str], kind: Kind) -> list[Run]:
        faults = settings_faults(self.settings, self.streams, self.emissions)
        faults.raise_if_any()
        root = root.resolve()
        preparation = Preparation.of(self.settings, self.streams, self.table, self.emissions)
        faults.extend(apportionment_faults(preparation))
        faults.raise_if_any()
        prepare_shared(preparation, root)
        return [Run(NAME, name, prepare_scenario(preparation, root, name, kind)) for name in names]

    def check(self, run: Run) -> Sequence[Fault]:
        """Return every fault that would make CCTM fail or be silently wrong."""
        return preflight.check(run.folder)

    def command(self, runs: Sequence[Run]) -> tuple[str, ...]:
        """Return the argument list that runs the days of these scenarios one after another."""
        return (sys.executable, "-m", "drivers.cmaq.execute", *(str(run.folder) for run in runs))

    def outcome(self, run: Run) -> Outcome:
        """Judge a scenario's days by status, log, restart file, number of hours, values and emissions."""
        return outcomes.outcome(run.folder)

    def open(self, run: Run) -> xr.Dataset:
        """Return the surface concentrations in the common schema (docs/architecture.md)."""
        return open_outputs(run.folder)
