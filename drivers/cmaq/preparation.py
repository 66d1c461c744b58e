"""What the run directories of all scenarios are written from, and the files that they share."""

import json
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import numpy as np

from aqcore.griddesc import write_griddesc
from aqcore.publish import publish_text
from drivers.cmaq.desid_rules import Rule, rules_for
from drivers.cmaq.emission_check import EXPECTED_NAMES
from drivers.cmaq.environment import RunEnvironment
from drivers.cmaq.inflow import inflow_changers
from drivers.cmaq.namelists import RulesText, control_namelist
from drivers.cmaq.planning import Planner
from drivers.cmaq.regions import MASK_FILE_VARIABLE, Regions, build_regions, write_regions
from drivers.cmaq.segments import HOURS, Segment, segments
from drivers.cmaq.settings import CmaqSettings, Kind, filled
from drivers.cmaq.stream_files import emission_variables
from drivers.cmaq.streams import Labels, labels_by_sector
from drivers.cmaq.versions import Version, version
from emissions.mechanisms import VOC_GROUPS, species_of
from emissions.streams import EmissionStreams
from scenarios.control_table import ControlTable


@dataclass(frozen=True, eq=False)
class Preparation:
    """Everything that the run directories of all scenarios are written from; `emissions` is the folder of the base."""

    settings: CmaqSettings
    streams: EmissionStreams
    table: ControlTable
    emissions: Path
    regions: Regions
    planner: Planner
    environments: dict[tuple[Path, Segment, Kind, tuple[str, ...], bool], RunEnvironment] = field(
        default_factory=dict, repr=False
    )
    """What runs of a day have in common: by root, day, kind, streams that are rewritten, own inflow."""

    @classmethod
    def of(
        cls, settings: CmaqSettings, streams: EmissionStreams, table: ControlTable, emissions: Path
    ) -> "Preparation":
        """Gather what all scenarios share. Raises InputError for regions that DESID cannot hold."""
        regions = build_regions(streams.zone_mask())
        planner = Planner.of(settings, streams, table, regions)
        return cls(settings, streams, table, emissions.resolve(), regions, planner)

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """The executions of each scenario."""
        one = self.settings
        first, hours = one.span
        # parts of days do not adjoin: each starts from the initial file
        cut = segments(one.dates, spin_up_days=one.spin_up_days, chunk_days=one.chunk_days if hours == HOURS else 1)
        return tuple(Segment(own.day, own.previous, own.chunk, first, hours) for own in cut)

    @cached_property
    def version(self) -> Version:
        """The version of CCTM."""
        return version(self.settings.version)

    @cached_property
    def default_rules(self) -> tuple[Rule, ...]:
        """The rules that come with the mechanism."""
        labels = [*(one.label for one in self.planner.streams), *self.settings.streams]
        return rules_for(self.settings.mechanism, labels)

    @cached_property
    def inflow_changers(self) -> frozenset[str]:
        """Scenarios that change the inflow."""
        return inflow_changers(self.table)

    @cached_property
    def labels(self) -> Labels:
        """Names in control files."""
        regions = {district: label for label, district in self.regions.districts.items()}
        return Labels(labels_by_sector(self.planner.streams), regions, self.streams.zones)

    @cached_property
    def voc(self) -> tuple[str, ...]:
        """Emission variables of organic gases."""
        return tuple(name for name, one in species_of(self.settings.mechanism).items() if one.group in VOC_GROUPS)

    @cached_property
    def rules_text(self) -> RulesText:
        """The rules as a namelist, with the part that all scenarios share."""
        return RulesText.of(self.version, self.default_rules)

    @cached_property
    def control_text(self) -> str:
        """The groups of regions, sizes and diagnostics, which all scenarios share."""
        emitted = self.planner.emitted() | self._beside()
        diagnosed = dict.fromkeys(rule.species for rule in self.default_rules if rule.variable in emitted)
        streams = [*(one.label for one in self.planner.streams), *self.settings.streams]
        return control_namelist(self.version, self.regions.labels, MASK_FILE_VARIABLE, streams, diagnosed)

    def _beside(self) -> set[str]:
        """Return the emission variables of the streams that no scenario changes, of the files that are there."""
        paths = [filled(path, min(self.settings.dates)) for path in self.settings.streams.values()]
        return {name for path in paths if path.is_file() for name in emission_variables(path)}

    @cached_property
    def shared_identity(self) -> bytes:
        """Hash of what decides the runs of all scenarios."""
        parts = [repr(self.settings), repr(self.streams.grid), str(self.emissions), repr(self.regions.labels)]
        arrays = [self.planner.base, *self.regions.masks.values(), *(own.regions for own in self.planner.maps)]
        mixed = sha256("\n".join(parts).encode())
        for array in arrays:
            mixed.update(np.ascontiguousarray(array).tobytes())
        return mixed.digest()


def prepare_shared(preparation: Preparation, root: Path) -> None:
    """Write what all runs share under `root`: GRIDDESC, the masks, and the names of the expected emissions."""
    grid = preparation.streams.grid
    root.mkdir(parents=True, exist_ok=True)
    write_griddesc(root / "GRIDDESC", {grid.name: grid})
    if preparation.regions.masks:
        first = np.datetime64(min(preparation.settings.dates), "s")
        write_regions(root / "regions.nc", preparation.regions, grid, first)
    names = {
        "streams": [one.label for one in preparation.planner.streams],
        "species": list(preparation.planner.species),
        "units": list(preparation.streams.units),
    }
    publish_text(root / EXPECTED_NAMES, json.dumps(names) + "\n")
