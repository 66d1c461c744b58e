"""A folder of a user's CMAQ build: the executables and the data files that belong to them, found by their names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aqcore.errors import Fault, Faults, InputError
from drivers.cmaq.versions import version, versions

VERSION_OF_NAME = re.compile(r"CCTM_v(\d)(\d)(\d?)", re.IGNORECASE)
"""CCTM_v55.exe is 5.5, CCTM_v533.exe is 5.3.3."""

PATTERNS = {
    "gc_matrix_nml": "GC_*.nml", "ae_matrix_nml": "AE_*.nml", "nr_matrix_nml": "NR_*.nml",
    "tr_matrix_nml": "Species_Table_TR_0.nml", "MISC_CTRL_NML": "CMAQ_Control_Misc.nml",
    "OPTICS_DATA": "PHOT_OPTICS.dat", "CSQY_DATA": "CSQY_DATA_*",
}  # fmt: skip
"""Names of the files in a build folder (CMAQ's own build script leaves them beside the executable)."""

DATA = ("OPTICS_DATA", "CSQY_DATA")

OPTIONAL = {"OMI": "OMI_*.dat"}
"""Files that may stand there too: the ozone column that comes with CMAQ."""


@dataclass(frozen=True)
class Installation:
    """What a build folder holds: version, mechanism, executables by kind of run, files by logical name."""

    version: str
    mechanism: str
    executables: Mapping[str, Path]
    files: Mapping[str, Path]

    def settings(self) -> dict[str, Any]:
        """Return the part of `[cmaq]` that the build decides."""
        namelists = version(self.version).listed("user_namelists")
        return {
            "version": self.version, "mechanism": self.mechanism, "executable": str(self.executables["plain"]),
            "namelists": {name: str(self.files[name]) for name in namelists},
            "inputs": {name: str(self.files[name]) for name in (*DATA, *OPTIONAL) if name in self.files},
        }  # fmt: skip

    def completed(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return a table `[cmaq]` with what the build decides filled in; what the table says itself wins.

        The sections `isam` and `ddm` get the executable that the folder has for them.
        """
        own = self.settings()
        tables = {name: {**own[name], **raw.get(name, {})} for name in ("namelists", "inputs")}
        sections = {
            name: {"executable": str(self.executables[name]), **raw[name]}
            for name in ("isam", "ddm")
            if isinstance(raw.get(name), Mapping) and name in self.executables
        }
        return {**own, **raw, **tables, **sections}


def find_installation(folder: Path) -> Installation:
    """Return what a build folder holds.

    Raises InputError with everything that is missing, stands twice, or is of a version or mechanism without tables.
    """
    faults = Faults()
    folder = folder.resolve()
    if not folder.is_dir():
        raise InputError([Fault(str(folder), "there is no such folder", "name the folder in which CCTM was built")])
    executables = _executables(folder, faults)
    files = {logical: path for logical, pattern in PATTERNS.items() if (path := _one(folder, pattern, faults))}
    files |= {logical: found[-1] for logical, pattern in OPTIONAL.items() if (found := sorted(folder.glob(pattern)))}
    name = _version(executables.get("plain"), faults)
    mechanism = _mechanism(files.get("gc_matrix_nml"), name, faults)
    faults.raise_if_any()
    return Installation(name, mechanism, executables, files)


def _executables(folder: Path, faults: Faults) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in sorted(folder.glob("CCTM*.exe")):
        kind = "isam" if "ISAM" in path.name.upper() else "ddm" if "DDM" in path.name.upper() else "plain"
        found.setdefault(kind, path)
    if "plain" not in found:
        faults.add(f"{folder}/CCTM*.exe", "no executable", "name the folder in which CCTM was built")
    return found


def _one(folder: Path, pattern: str, faults: Faults) -> Path | None:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        what = "is missing" if not found else f"stands there {len(found)} times"
        faults.add(f"{folder}/{pattern}", what, "keep the one file that was built with CCTM")
        return None
    return found[0]


def _version(executable: Path | None, faults: Faults) -> str:
    if executable is None:
        return ""
    match = VERSION_OF_NAME.match(executable.name)
    name = ".".join(part for part in match.groups() if part) if match else ""
    if name not in versions():
        faults.add(
            str(executable), "its name tells no known version", f"name it CCTM_v55.exe; known: {', '.join(versions())}"
        )
    return name


def _mechanism(gases: Path | None, name: str, faults: Faults) -> str:
    if gases is None or name not in versions():
        return ""
    known = version(name).listed("mechanisms")
    found = next((one for one in known if gases.name.startswith(f"GC_{one}")), "")
    if not found:
        faults.add(str(gases), "its name tells no mechanism that has rules here", f"known: {', '.join(known)}")
    return found
