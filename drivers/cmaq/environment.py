"""The environment of one execution of CCTM: every variable that it reads, with our reason."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aqcore.grid import Grid
from drivers.cmaq.names import folder_name
from drivers.cmaq.regions import MASK_FILE_VARIABLE
from drivers.cmaq.segments import Segment
from drivers.cmaq.settings import LAND_SURFACE, MET_FILES, CmaqSettings, Kind, filled
from drivers.cmaq.streams import StreamFile
from drivers.cmaq.versions import Setting, default_environment, version

OUTPUTS = {
    "S_CGRID": "CCTM_CGRID.nc", "CTM_CONC_1": "CCTM_CONC.nc", "A_CONC_1": "CCTM_ACONC.nc",
    "CTM_DRY_DEP_1": "CCTM_DRYDEP.nc", "CTM_WET_DEP_1": "CCTM_WETDEP1.nc", "CTM_ELMO_1": "CCTM_ELMO.nc",
    "CTM_AELMO_1": "CCTM_AELMO.nc", "CTM_APMDIAG_1": "CCTM_APMDIAG.nc", "CTM_BUDGET": "CCTM_BUDGET.txt",
    "FLOOR_FILE": "FLOOR.txt", "MIE_TABLE": "MIE_TABLE.dat",
}  # fmt: skip
"""Outputs that are always written (those of other versions are only names that nobody reads)."""

ISAM_OUTPUTS = {
    "SA_ACONC_1": "CCTM_SA_ACONC.nc", "SA_CONC_1": "CCTM_SA_CONC.nc", "SA_DD_1": "CCTM_SA_DRYDEP.nc",
    "SA_WD_1": "CCTM_SA_WETDEP.nc", "SA_CGRID_1": "CCTM_SA_CGRID.nc",
}  # fmt: skip

DDM_OUTPUTS = {
    "CTM_SENS_1": "CCTM_SENGRID.nc", "A_SENS_1": "CCTM_ASENS.nc", "CTM_SWETDEP_1": "CCTM_SENWDEP.nc",
    "CTM_SDRYDEP_1": "CCTM_SENDDEP.nc",
}  # fmt: skip

OUTPUT_FOLDER = "output"
RUN_SCRIPT = "run.sh"
SA_IOLIST = "isam_control.txt"
SEN_INPUT = "sensitivities.txt"
VOLATILE = " -v"
"""Mark after an output's path: flush every write, so that a killed run leaves whole steps."""

EXECUTION_ID_LENGTH = 80


@dataclass(frozen=True)
class Place:
    """Where a run stands: the root of all runs, the scenario, the segment, the run's identity (hash), the kind of run.

    `boundary` is the scenario's own boundary file, None for that of the settings.
    """

    root: Path
    scenario: str
    segment: Segment
    identity: str
    kind: Kind = "plain"
    boundary: Path | None = None

    @property
    def folder(self) -> Path:
        """The run's own folder."""
        return self.root / run_name(self.scenario, self.kind) / self.segment.name

    def seen(self, path: Path) -> str:
        """Return a path under the root as the run sees it: relative, so that the tree can be moved."""
        return os.path.relpath(path, self.folder)

    def shared(self, name: str) -> str:
        """Return the path of a file under the root as the run sees it."""
        return self.seen(self.root / name)


def run_name(scenario: str, kind: Kind = "plain") -> str:
    """Return the name of a scenario's folder; runs of ISAM and DDM-3D stand beside the plain one."""
    return folder_name(scenario) + ("" if kind == "plain" else f".{kind}")


def application(place: Place) -> str:
    """Return CTM_APPL: it names the log and the emission diagnostics."""
    return f"{run_name(place.scenario, place.kind)}_{place.segment.name}"


def outputs_of(kind: Kind) -> Mapping[str, str]:
    """Return the outputs of a kind of run: logical name -> file name."""
    return OUTPUTS | {"plain": {}, "isam": ISAM_OUTPUTS, "ddm": DDM_OUTPUTS}[kind]


def output_name(logical: str) -> str:
    """Return the path of an output, relative to the run's folder."""
    return f"{OUTPUT_FOLDER}/{(OUTPUTS | ISAM_OUTPUTS | DDM_OUTPUTS)[logical]}"


@dataclass(frozen=True, eq=False)
class RunEnvironment:
    """The environment of a run: `values` by variable, and the same by group in the order of the script."""

    groups: Mapping[str, tuple[Setting, ...]]
    values: Mapping[str, str]

    @classmethod
    def of(cls, settings: Iterable[Setting]) -> "RunEnvironment":
        """Return the environment of settings; a later value of a variable replaces an earlier one."""
        groups: dict[str, list[Setting]] = {}
        values = {}
        for one in settings:
            groups.setdefault(one.group, []).append(one)
            values[one.variable] = one.value
        return cls({name: tuple(own) for name, own in groups.items()}, values)

    def with_values(self, own: Mapping[str, str]) -> "RunEnvironment":
        """Return the environment with other values of variables that it has; groups without any stay the same object.

        Scenarios share all but a few values: this is what makes a thousand of them quick to write.
        """
        touched = {group for group, settings in self.groups.items() if any(one.variable in own for one in settings)}
        changed = {
            name: tuple(one._replace(value=own[one.variable]) if one.variable in own else one for one in settings)
            if name in touched else settings
            for name, settings in self.groups.items()
        }  # fmt: skip
        return RunEnvironment(changed, {**self.values, **own})


def environment(settings: CmaqSettings, grid: Grid, place: Place, streams: Sequence[StreamFile]) -> RunEnvironment:
    """Return the environment of a run in the order of its script; the settings' own values win over our defaults."""
    parts = [
        *_run_control(settings, grid, place),
        *default_environment(settings.version, place.kind),
        *_science(settings),
        *_apportionment(settings, place),
        *_inputs(settings, place),
        *_control_files(settings, place),
        *_streams(streams, settings, place),
        *_outputs(place.kind),
    ]
    own = settings.environment
    known = {part.variable for part in parts}
    merged = [Setting(p.variable, own[p.variable], p.group, "set in the city file") if p.variable in own else p
              for p in parts]  # fmt: skip
    extra = [Setting(name, value, "further settings", "set in the city file") for name, value in own.items()
             if name not in known]  # fmt: skip
    return RunEnvironment.of([*merged, *extra])


def scenario_values(settings: CmaqSettings, place: Place) -> dict[str, str]:
    """Return the variables whose values name the scenario: all else is the same for runs of one day and one shape."""
    identity = f"yice {place.identity} {place.scenario}".encode("ascii", "replace").decode()[:EXECUTION_ID_LENGTH]
    values = {"CTM_APPL": application(place), "EXECUTION_ID": identity}
    if place.boundary is None and "{scenario}" in settings.boundary:
        values["BNDY_CONC_1"] = _boundary(settings, place)
    return {name: value for name, value in values.items() if name not in settings.environment}


def _run_control(settings: CmaqSettings, grid: Grid, place: Place) -> Iterator[Setting]:
    segment, group = place.segment, "run control"
    own = scenario_values(settings, place)
    values = {
        "CTM_APPL": (own.get("CTM_APPL", ""), "names the log and the emission diagnostics"),
        "CTM_STDATE": (f"{segment.day:%Y%j}", "first day (YYYYDDD, UTC)"),
        "CTM_STTIME": (f"{segment.hour:02d}0000", "start (HHMMSS, UTC)"),
        "CTM_RUNLEN": (f"{segment.hours:02d}0000", "length (HHMMSS, hours may exceed 24)"),
        "CTM_TSTEP": ("010000", "output step"),
        "NEW_START": ("F" if segment.previous else "T", "T from the initial file, F from the segment before"),
        "GRIDDESC": (place.shared("GRIDDESC"), "the run grid"),
        "GRID_NAME": (grid.name, "its name there"),
        "NPCOL_NPROW": (" ".join(map(str, settings.processors)), "MPI ranks; their product is what mpirun starts"),
        "EXECUTION_ID": (
            own.get("EXECUTION_ID", ""),
            "stands in the header of every output: version, identity and scenario",
        ),
        "OUTDIR": (OUTPUT_FOLDER, "budget and emission diagnostics"),
        "BLD": (str(settings.executable_of(place.kind).parent), "only echoed"),
    }
    for name, (value, why) in values.items():
        yield Setting(name, value, group, why)


def _science(settings: CmaqSettings) -> Iterator[Setting]:
    for name in LAND_SURFACE:
        value = "Y" if name == settings.land_surface else "N"
        yield Setting(f"{name}_VERSION", value, "science", "land surface of WRF: exactly one")
    ocean = "Y" if "OCEAN_1" in settings.inputs else "N"
    yield Setting("CTM_OCEAN_CHEM", ocean, "science", "needs OCEAN_1 (OPEN, SURF and, for cb6r5, DMS)")


def _apportionment(settings: CmaqSettings, place: Place) -> Iterator[Setting]:
    """Yield what ISAM or DDM-3D needs of this run: its control file, and the state of the segment before."""
    before = place.segment.previous
    if place.kind == "isam":
        yield Setting("SA_IOLIST", SA_IOLIST, "apportionment", "tags: what is followed")
        yield Setting("ISAM_NEW_START", "N" if before else "Y", "apportionment", "Y without a day before")
        yield Setting("ISAM_PREVDAY", _end_of(before, "SA_CGRID_1"), "apportionment", "tags of the day before")
    if place.kind == "ddm" and settings.ddm is not None:
        parameters = settings.ddm.parameters
        second = any(one.kind == "second" for one in parameters)
        yield Setting("SEN_INPUT", SEN_INPUT, "sensitivities", "the parameters")
        yield Setting("CTM_NPMAX", str(len(parameters)), "sensitivities", "number of parameters")
        yield Setting("DDM3D_HIGH", "Y" if second else "N", "sensitivities", "whether any is of second order")
        yield Setting("DDM3D_RST", "Y" if before else "N", "sensitivities", "N without a day before")
        yield Setting("INIT_SENS_1", _end_of(before, "CTM_SENS_1"), "sensitivities", "those of the day before")


def _end_of(before: str, logical: str) -> str:
    return f"../{before}/{output_name(logical)}" if before else "none"


def _inputs(settings: CmaqSettings, place: Place) -> Iterator[Setting]:
    day, group = place.segment.day, "input files"
    for logical, name in MET_FILES.items():
        yield Setting(logical, str(filled(settings.met, day, file=name)), group, "met")
    before = place.segment.previous
    initial = _end_of(before, "S_CGRID") if before else str(filled(settings.initial, day))
    yield Setting("INIT_CONC_1", initial, group, "initial concentrations")
    if place.boundary is None:
        yield Setting("BNDY_CONC_1", _boundary(settings, place), group, "boundary concentrations")
    else:
        yield Setting("BNDY_CONC_1", place.seen(place.boundary), group, "inflow as the scenario changes it")
    yield Setting("INIT_MEDC_1", "none", group, "no media file: only a warning")
    for logical, path in settings.inputs.items():
        yield Setting(logical, str(path), group, "as given")
    for logical, path in settings.namelists.items():
        yield Setting(logical, str(path), "namelists", "of the user's build")


def _boundary(settings: CmaqSettings, place: Place) -> str:
    return str(filled(settings.boundary, place.segment.day, scenario=folder_name(place.scenario)))


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


def _streams(streams: Sequence[StreamFile], settings: CmaqSettings, place: Place) -> Iterator[Setting]:
    group = "emissions"
    further = [StreamFile(label, filled(path, place.segment.day)) for label, path in settings.streams.items()]
    gridded = [*(one for one in streams if one.groups is None), *further]
    stacks = [one for one in streams if one.groups is not None]
    yield Setting("N_EMIS_GR", str(len(gridded)), group, "gridded streams")
    yield Setting("N_EMIS_PT", str(len(stacks)), group, "streams of stacks, with plume rise in CCTM")
    yield Setting("N_EMIS_TR", "0", group, "no tracers")
    for number, one in enumerate(gridded, start=1):
        names = (f"GR_EMIS_{number:03d}", f"GR_EMIS_LAB_{number:03d}", f"GR_EM_SYM_DATE_{number:03d}")
        yield from _stream(one, *names, place)
    for number, one in enumerate(stacks, start=1):
        names = (f"STK_EMIS_{number:03d}", f"STK_EMIS_LAB_{number:03d}", f"STK_EM_SYM_DATE_{number:03d}")
        yield from _stream(one, *names, place)
        yield Setting(f"STK_GRPS_{number:03d}", _path(one.groups, place), group, "the stacks")


def _stream(one: StreamFile, file: str, label: str, symbolic: str, place: Place) -> Iterator[Setting]:
    path = place.seen(one.path) if one.rewritten else str(one.path)
    why = "rewritten for this scenario" if one.rewritten else "as in the base; DESID scales it"
    yield Setting(file, path, "emissions", why)
    yield Setting(label, one.label, "emissions", "label in the rules")
    yield Setting(symbolic, "F", "emissions", "the file holds the run's own date")


def _path(path: Path | None, place: Place) -> str:
    if path is None:
        return ""
    return place.seen(path) if path.is_relative_to(place.root) else str(path)


def _outputs(kind: Kind) -> Iterator[Setting]:
    for logical, name in outputs_of(kind).items():
        flush = VOLATILE if name.endswith(".nc") else ""
        yield Setting(logical, output_name(logical) + flush, "output files", "written in the run's own folder")
