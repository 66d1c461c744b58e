"""The environment of one execution of CCTM: every variable that it reads, with our reason."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aqcore.grid import Grid
from drivers.cmaq.names import folder_name
from drivers.cmaq.regions import MASK_FILE_VARIABLE
from drivers.cmaq.segments import HOURS, Segment
from drivers.cmaq.settings import LAND_SURFACE, MET_FILES, CmaqSettings, filled
from drivers.cmaq.versions import Setting, default_environment, version

OUTPUTS = {
    "S_CGRID": "CCTM_CGRID.nc", "CTM_CONC_1": "CCTM_CONC.nc", "A_CONC_1": "CCTM_ACONC.nc",
    "CTM_DRY_DEP_1": "CCTM_DRYDEP.nc", "CTM_WET_DEP_1": "CCTM_WETDEP1.nc", "CTM_ELMO_1": "CCTM_ELMO.nc",
    "CTM_AELMO_1": "CCTM_AELMO.nc", "CTM_APMDIAG_1": "CCTM_APMDIAG.nc", "CTM_BUDGET": "CCTM_BUDGET.txt",
    "FLOOR_FILE": "FLOOR.txt", "MIE_TABLE": "MIE_TABLE.dat",
}  # fmt: skip
"""Outputs that are always written (those of other versions are only names that nobody reads)."""

OUTPUT_FOLDER = "output"
RUN_SCRIPT = "run.sh"
VOLATILE = " -v"
"""Mark after an output's path: flush every write, so that a killed run leaves whole steps."""

EXECUTION_ID_LENGTH = 80


@dataclass(frozen=True)
class Stream:
    """One emission stream of a run: label (the sector), its file, and whether that file is the scenario's own."""

    label: str
    path: Path
    rewritten: bool = False


@dataclass(frozen=True)
class Place:
    """Where a run stands: its folder, the root of all runs, the scenario and the run's identity (hash)."""

    root: Path
    scenario: str
    segment: Segment
    identity: str

    @property
    def folder(self) -> Path:
        """The run's own folder."""
        return self.root / folder_name(self.scenario) / self.segment.name

    def shared(self, name: str) -> str:
        """Return the path of a file under the root as the run sees it: relative, so that the tree can be moved."""
        return os.path.relpath(self.root / name, self.folder)


def application(place: Place) -> str:
    """Return CTM_APPL: it names the log and the emission diagnostics."""
    return f"{folder_name(place.scenario)}_{place.segment.name}"


def output_name(logical: str) -> str:
    """Return the path of an output, relative to the run's folder."""
    return f"{OUTPUT_FOLDER}/{OUTPUTS[logical]}"


def environment(settings: CmaqSettings, grid: Grid, place: Place, streams: Sequence[Stream]) -> tuple[Setting, ...]:
    """Return the environment of a run in the order of its script; the settings' own values win over our defaults."""
    parts = [
        *_run_control(settings, grid, place),
        *default_environment(settings.version),
        *_science(settings),
        *_inputs(settings, place),
        *_control_files(settings, place),
        *_streams(streams, place),
        *_outputs(),
    ]
    own = settings.environment
    known = {part.variable for part in parts}
    merged = [Setting(p.variable, own[p.variable], p.group, "set in the city file") if p.variable in own else p
              for p in parts]  # fmt: skip
    extra = [Setting(name, value, "further settings", "set in the city file") for name, value in own.items()
             if name not in known]  # fmt: skip
    return (*merged, *extra)


def _run_control(settings: CmaqSettings, grid: Grid, place: Place) -> Iterator[Setting]:
    segment, group = place.segment, "run control"
    fresh = segment.previous is None
    identity = f"yice {place.identity} {place.scenario}".encode("ascii", "replace").decode()[:EXECUTION_ID_LENGTH]
    values = {
        "CTM_APPL": (application(place), "names the log and the emission diagnostics"),
        "CTM_STDATE": (f"{segment.day:%Y%j}", "first day (YYYYDDD, UTC)"),
        "CTM_STTIME": ("000000", "start (HHMMSS, UTC)"),
        "CTM_RUNLEN": (f"{HOURS}0000", "length (HHMMSS, hours may exceed 24)"),
        "CTM_TSTEP": ("010000", "output step"),
        "NEW_START": ("T" if fresh else "F", "T from the initial file, F from the end of the segment before"),
        "GRIDDESC": (place.shared("GRIDDESC"), "the run grid"),
        "GRID_NAME": (grid.name, "its name there"),
        "NPCOL_NPROW": (" ".join(map(str, settings.processors)), "MPI ranks; their product is what mpirun starts"),
        "EXECUTION_ID": (identity, "stands in the header of every output: version, identity and scenario"),
        "OUTDIR": (OUTPUT_FOLDER, "budget and emission diagnostics"),
        "BLD": (str(settings.executable.parent), "only echoed"),
    }
    for name, (value, why) in values.items():
        yield Setting(name, value, group, why)


def _science(settings: CmaqSettings) -> Iterator[Setting]:
    for name in LAND_SURFACE:
        value = "Y" if name == settings.land_surface else "N"
        yield Setting(f"{name}_VERSION", value, "science", "land surface of WRF: exactly one")
    ocean = "Y" if "OCEAN_1" in settings.inputs else "N"
    yield Setting("CTM_OCEAN_CHEM", ocean, "science", "needs OCEAN_1 (OPEN, SURF and, for cb6r5, DMS)")


def _inputs(settings: CmaqSettings, place: Place) -> Iterator[Setting]:
    day, group = place.segment.day, "input files"
    for logical, name in MET_FILES.items():
        yield Setting(logical, str(filled(settings.met, day, file=name)), group, "met")
    boundary = filled(settings.boundary, day, scenario=folder_name(place.scenario))
    yield Setting("INIT_CONC_1", _initial(settings, place), group, "initial concentrations")
    yield Setting("BNDY_CONC_1", str(boundary), group, "boundary concentrations")
    yield Setting("INIT_MEDC_1", "none", group, "no media file: only a warning")
    for logical, path in settings.inputs.items():
        yield Setting(logical, str(path), group, "as given")
    for logical, path in settings.namelists.items():
        yield Setting(logical, str(path), "namelists", "of the user's build")


def _initial(settings: CmaqSettings, place: Place) -> str:
    before = place.segment.previous
    if before is None:
        return str(filled(settings.initial, place.segment.day))
    return f"../{before:%Y%m%d}/{output_name('S_CGRID')}"


def _control_files(settings: CmaqSettings, place: Place) -> Iterator[Setting]:
    for logical in version(settings.version).listed("control_files"):
        yield Setting(logical, CONTROL_FILES[logical], "namelists", "written for this scenario")
    yield Setting(MASK_FILE_VARIABLE, place.shared("regions.nc"), "emissions", "masks of the districts")


CONTROL_FILES = {
    "DESID_CTRL_NML": "desid_control.nml",
    "DESID_CHEM_CTRL_NML": "desid_rules.nml",
    "EMISSCTRL_NML": "emission_control.nml",
}
"""Names of the emission control files that we write, by logical name."""


def _streams(streams: Sequence[Stream], place: Place) -> Iterator[Setting]:
    group = "emissions"
    yield Setting("N_EMIS_GR", str(len(streams)), group, "gridded streams, one a sector")
    yield Setting("N_EMIS_PT", "0", group, "point sources stand in the layers of their sector's stream")
    yield Setting("N_EMIS_TR", "0", group, "no tracers")
    for number, stream in enumerate(streams, start=1):
        path = os.path.relpath(stream.path, place.folder) if stream.rewritten else str(stream.path)
        why = "rewritten for this scenario" if stream.rewritten else "as in the base; DESID scales it"
        yield Setting(f"GR_EMIS_{number:03d}", path, group, why)
        yield Setting(f"GR_EMIS_LAB_{number:03d}", stream.label, group, "label in the rules")
        yield Setting(f"GR_EM_SYM_DATE_{number:03d}", "F", group, "the file holds the run's own date")


def _outputs() -> Iterator[Setting]:
    for logical, name in OUTPUTS.items():
        flush = VOLATILE if name.endswith(".nc") else ""
        yield Setting(logical, output_name(logical) + flush, "output files", "written in the run's own folder")


def as_mapping(settings: Sequence[Setting]) -> Mapping[str, str]:
    """Return variable -> value; a later setting of a variable replaces an earlier one."""
    return {setting.variable: setting.value for setting in settings}
