"""Settings of CMAQ runs: the table `[cmaq]` of a city file, each with a default and its reason."""

from collections.abc import Mapping
from dataclasses import field, fields
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from aqcore.errors import Fault, InputError, did_you_mean
from drivers.cmaq.apportionment_settings import DdmSettings, IsamSettings
from drivers.cmaq.names import LABEL_LENGTH
from drivers.cmaq.segments import HOURS

Count = Annotated[int, Field(ge=1)]
Label = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$", max_length=LABEL_LENGTH)]
Variable = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,31}$")]

MET_FILES = {
    "GRID_CRO_2D": "GRIDCRO2D", "GRID_DOT_2D": "GRIDDOT2D", "MET_CRO_2D": "METCRO2D", "MET_CRO_3D": "METCRO3D",
    "MET_DOT_3D": "METDOT3D", "MET_BDY_3D": "METBDY3D", "LUFRAC_CRO": "LUFRAC_CRO",
}  # fmt: skip
"""Logical names of the met files that CCTM reads, and how MCIP begins their names."""

LAND_SURFACE = ("PX", "CLM", "NOAH")

Kind = Literal["plain", "isam", "ddm"]
"""Kinds of run: CCTM as such, with source apportionment, with sensitivities."""


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class CmaqSettings:
    """How CMAQ is run for a city.

    Paths may hold `{date}` (YYYYMMDD), `{julian}` (YYYYDDD), `{scenario}` and, in `met`, `{file}` (GRIDCRO2D,
    METCRO3D, ...); they are replaced as text, nothing is executed. CCTM runs one day an execution: runs of several days
    had date bugs, and a day is cheap to repeat.

    Attributes
    ----------
    version, mechanism
        of the executable (`data/versions.csv`); the mechanism decides the rule table.
    executable
        CCTM.
    met
        the met files of a day, such as `mcip/{date}/{file}_city.nc`.
    initial, boundary
        INIT_CONC_1 of the first day of a chunk, and BNDY_CONC_1. A scenario that changes the inflow gets a boundary
        file with its species scaled; with `{scenario}` in `boundary` each scenario has a file of the user's instead.
    namelists
        by logical name: gc_matrix_nml, ae_matrix_nml, nr_matrix_nml, tr_matrix_nml and (from 5.4) MISC_CTRL_NML.
    inputs
        further files by logical name: OMI, OPTICS_DATA, CSQY_DATA; OCEAN_1 switches ocean chemistry on.
    dates
        days to run and to read (UTC).
    spin_up_days
        days that run before each chunk and are not read.
    chunk_days
        longest chunk of adjoining days, 0: not cut. Chunks start from the initial file and can run side by side.
    span
        first hour (UTC) and number of hours of each day; less than a day serves tests of a set-up.
    processors
        columns and rows of MPI ranks (NPCOL, NPROW).
    launcher
        the command before the executable; `{ranks}` is the number of ranks.
    land_surface
        of WRF: PX, CLM or NOAH.
    method
        `desid` scales the base streams by regions, `file` writes scaled stream files, `auto` takes DESID for a stream
        where that is true to its sources within the two tolerances, else the file.
    total_tolerance
        largest difference of a stream's emission under DESID from that of its single sources, relative to the base.
    place_tolerance
        largest share of a stream's base emission that DESID leaves in another cell, or another hour of the day, than
        the single sources do.
    inline_points
        whether stacks stand in streams of their own (`PT_<SECTOR>`) with CCTM's plume rise, as the emission files do
        that were written with inline points.
    streams
        further gridded streams that no scenario changes (biogenic, outside the city): label -> file, with `{date}`.
    isam, ddm
        source apportionment and sensitivities (`IsamSettings`, `DdmSettings`); each needs its own executable.
    environment
        further or other environment variables.
    template
        your own copy of the run script's template (`drivers/cmaq/templates/run_cctm.sh.j2`).
    """

    version: str
    mechanism: str
    executable: Path
    met: str
    initial: str
    boundary: str
    namelists: Mapping[Variable, Path]
    inputs: Mapping[Variable, Path]
    dates: tuple[date, ...] = ()
    spin_up_days: Annotated[int, Field(ge=0)] = 0
    chunk_days: Annotated[int, Field(ge=0)] = 0
    span: tuple[Annotated[int, Field(ge=0, le=23)], Annotated[int, Field(ge=1, le=24)]] = (0, HOURS)
    processors: tuple[Count, Count] = (1, 1)
    launcher: tuple[str, ...] = ("mpirun", "-np", "{ranks}")
    land_surface: Literal["PX", "CLM", "NOAH"] = "NOAH"
    method: Literal["auto", "desid", "file"] = "auto"
    total_tolerance: Annotated[float, Field(gt=0, lt=1)] = 1e-4
    place_tolerance: Annotated[float, Field(gt=0, lt=1)] = 5e-2
    inline_points: bool = True
    streams: Mapping[Label, str] = field(default_factory=dict)
    isam: IsamSettings | None = None
    ddm: DdmSettings | None = None
    environment: Mapping[Variable, str] = field(default_factory=dict)
    template: Path | None = None

    @property
    def ranks(self) -> int:
        """Number of MPI ranks."""
        return self.processors[0] * self.processors[1]

    def executable_of(self, kind: Kind) -> Path:
        """Return the executable of a kind of run."""
        if kind == "isam" and self.isam is not None:
            return self.isam.executable
        return self.ddm.executable if kind == "ddm" and self.ddm is not None else self.executable

    @classmethod
    def read(cls, raw: Mapping[str, Any], *, folder: Path = Path(), where: str = "city.toml: cmaq") -> Self:
        """Return the settings of a table, paths taken relative to `folder`.

        Raises `InputError` with every fault: unknown or missing keys, wrong types, values out of range.
        """
        try:
            return TypeAdapter(cls).validate_python(_with_paths(raw, folder))
        except ValidationError as error:
            names = [item.name for item in fields(cls)]
            raise InputError(
                Fault(
                    f"{where}.{'.'.join(str(part) for part in detail['loc'])}",
                    f"{detail['msg']} (it is {detail['input']!r})" if detail["type"] != "missing" else "is missing",
                    did_you_mean(str(detail["loc"][0]), names)
                    if detail["type"] in {"unexpected_keyword_argument", "extra_forbidden"}
                    else "give a value as CmaqSettings describes it",
                )
                for detail in error.errors(include_url=False)
            ) from error


_PATHS = ("executable", "met", "initial", "boundary", "template")
_PATH_SECTIONS = ("isam", "ddm")
_PATH_TABLES = ("namelists", "inputs", "streams")


def _with_paths(raw: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return the table with relative paths under `folder`."""
    changed: dict[str, Any] = {name: str(folder / str(raw[name])) for name in _PATHS if name in raw}
    for name in _PATH_TABLES:
        if isinstance(raw.get(name), Mapping):
            changed[name] = {key: str(folder / str(value)) for key, value in raw[name].items()}
    for name in _PATH_SECTIONS:
        section = raw.get(name)
        if isinstance(section, Mapping) and "executable" in section:
            changed[name] = {**section, "executable": str(folder / str(section["executable"]))}
    return {**raw, **changed}


@lru_cache(maxsize=65536)
def filled(pattern: str, day: date, **texts: str) -> Path:
    """Return a path pattern with its marks replaced: `{date}`, `{julian}` and the given ones."""
    marks = {"date": f"{day:%Y%m%d}", "julian": f"{day:%Y%j}", **texts}
    for mark, text in marks.items():
        pattern = pattern.replace("{" + mark + "}", text)
    return Path(pattern)
