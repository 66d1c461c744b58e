"""The preflight of the machine: ranks, executable, its libraries, the launcher, and room on the disk."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from aqcore.errors import Fault
from aqcore.grid import Grid
from drivers.cmaq.file_facts import FileFacts
from drivers.cmaq.manifest import MANIFEST, Manifest
from drivers.cmaq.outcome import MARKER

SURFACE_VARIABLES = 221 + 151 + 169 + 140
"""Surface variables an hour of a plain run with all species (cb6r5_ae7): ACONC, AELMO, dry and wet deposition."""

RESTART_VARIABLES = 225
"""Variables of CGRID, in every layer, once."""

APPORTIONED_VARIABLES = {"plain": 0, "isam": 400, "ddm": 700}
"""Further surface variables an hour, and layer variables once: ISAM with a few tags, DDM-3D with three parameters."""

BYTES = 4
GIGABYTE = 1e9
ELF = b"\x7fELF"


def machine_faults(folder: Path, manifest: Manifest, grid: Grid) -> Iterator[Fault]:
    """Pitfall 10: a wrong number of ranks aborts; and what is needed to start at all."""
    path = Path(manifest.command[-1])
    yield from _executable_faults(path)
    yield from _build_faults(path, manifest)
    launcher = manifest.command[0]
    if len(manifest.command) > 1 and shutil.which(launcher) is None:
        yield Fault(f"cmaq.launcher={launcher}", "is not installed here", "name the command that starts MPI programs")
    for part in manifest.runs:
        columns, rows = (int(number) for number in part.environment["NPCOL_NPROW"].split())
        if columns * rows != manifest.ranks:
            what = f"NPCOL_NPROW {columns} x {rows} is not {manifest.ranks} ranks"
            yield Fault(str(manifest.folder(folder, part)), what, "set cmaq.processors")
        if columns > grid.ncols or rows > grid.nrows:
            what = f"{columns} x {rows} ranks for {grid.ncols} x {grid.nrows} cells"
            yield Fault(str(manifest.folder(folder, part)), what, "set fewer cmaq.processors")


def _executable_faults(path: Path) -> Iterator[Fault]:
    where = f"cmaq.executable={path}"
    if not path.exists():
        yield Fault(where, "is not there", "name the CCTM executable")
    elif not os.access(path, os.X_OK):
        yield Fault(where, "may not be executed", "set its mode (chmod +x)")
    else:
        for library in _missing_libraries(path, path.stat().st_mtime_ns):
            yield Fault(where, f"does not find {library}", "load the modules with which it was built")


@lru_cache(maxsize=64)
def _missing_libraries(path: Path, _mtime: int) -> tuple[str, ...]:
    """Return the shared libraries that the loader does not find; nothing for scripts, or without ldd."""
    with path.open("rb") as file:
        if file.read(len(ELF)) != ELF or shutil.which("ldd") is None:
            return ()
    told = subprocess.run(["ldd", str(path)], capture_output=True, text=True, check=False).stdout
    return tuple(line.split()[0] for line in told.splitlines() if "not found" in line)


_VERSION = re.compile(rb"Version\s+(\d\.\d(?:\.\d)?)\b")
_MECHANISM = re.compile(rb"for the ([A-Z0-9_]+?) +photochemical mechanism")


def _build_faults(path: Path, manifest: Manifest) -> Iterator[Fault]:
    """Pitfall 7: an executable tells version and mechanism in its texts; nothing is said of one that does not."""
    if not path.is_file():
        return
    version, mechanism = _built(path, path.stat().st_mtime_ns)
    where = f"cmaq.executable={path}"
    if version and version != manifest.version:
        yield Fault(where, f"is CMAQ {version}", f"set cmaq.version, which is {manifest.version}")
    if mechanism and not mechanism.startswith(manifest.mechanism.upper()):
        what = f"was built with {mechanism}"
        yield Fault(where, what, f"set cmaq.mechanism, which is {manifest.mechanism}, or name another build")


@lru_cache(maxsize=64)
def _built(path: Path, _mtime: int) -> tuple[str, str]:
    """Return version and mechanism as the texts in an executable tell them, empty where they do not."""
    content = path.read_bytes()
    found = (pattern.search(content) for pattern in (_VERSION, _MECHANISM))
    version, mechanism = (match[1].decode() if match else "" for match in found)
    return version, mechanism


def disk_faults(folder: Path, manifest: Manifest, facts: Mapping[str, FileFacts]) -> Iterator[Fault]:
    """Yield a fault when the runs of all scenarios that are not done need more than is free."""
    met = facts.get("MET_CRO_3D")
    if met is None:
        return
    needed = len(manifest.runs) * bytes_a_day(met.grid.nrows * met.grid.ncols, met.nlays, manifest.kind)
    waiting = [path for path in folder.parent.glob(f"*/{MANIFEST}") if not (path.parent / MARKER).exists()]
    free = shutil.disk_usage(folder).free
    if needed * len(waiting) > free:
        what = f"{len(waiting)} scenarios need about {needed * len(waiting) / GIGABYTE:.1f} GB"
        yield Fault(str(folder.parent), f"{what}, free are {free / GIGABYTE:.1f} GB",
                    "free space, or list fewer species in cmaq.environment.AVG_CONC_SPCS")  # fmt: skip


def bytes_a_day(cells: int, layers: int, kind: str, hours: int = 24) -> float:
    """Return about how many bytes a day's outputs take: surface variables by hour, and the restart file."""
    further = APPORTIONED_VARIABLES[kind]
    return float(BYTES * cells * (hours * (SURFACE_VARIABLES + further) + layers * (RESTART_VARIABLES + further)))
