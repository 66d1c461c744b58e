"""The preflight of the machine: ranks, executable, its libraries, the launcher, and room on the disk."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from aqcore.errors import Fault
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


def machine_faults(folder: Path, manifest: Manifest) -> Iterator[Fault]:
    """Pitfall 10: a wrong number of ranks aborts; and what is needed to start at all."""
    yield from _executable_faults(Path(manifest.command[-1]))
    launcher = manifest.command[0]
    if len(manifest.command) > 1 and shutil.which(launcher) is None:
        yield Fault(f"cmaq.launcher={launcher}", "is not installed here", "name the command that starts MPI programs")
    for part in manifest.runs:
        columns, rows = (int(number) for number in part.environment["NPCOL_NPROW"].split())
        if columns * rows != manifest.ranks:
            what = f"NPCOL_NPROW {columns} x {rows} is not {manifest.ranks} ranks"
            yield Fault(str(manifest.folder(folder, part)), what, "set cmaq.processors")


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
