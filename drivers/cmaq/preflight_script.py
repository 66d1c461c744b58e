"""The preflight of the run script as it stands: edited by hand, it may run something else than was written."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from aqcore.errors import Fault
from drivers.cmaq.environment import RUN_SCRIPT
from drivers.cmaq.manifest import SegmentRun
from drivers.cmaq.run_script import exported
from drivers.cmaq.settings import LAND_SURFACE

IDENTITY = ("CTM_APPL", "CTM_STDATE", "CTM_STTIME", "CTM_RUNLEN", "NEW_START")
"""What decides which run this is: to change it, the runs are written again."""

GUARDS = {
    "FL_ERR_STOP": ("YT", "with N a file of another projection is only a warning"),
    "CTM_CKSUM": ("YT", "it is the guard against values that are not finite"),
    "PROMPTFLAG": ("FN", "with T the I/O API waits for a keyboard"),
}
"""Variables whose other value hides a fault: the first letters that are right, and why."""


APPLIED = re.compile(r"(?:GR|STK)_EMIS_APPLY_\d{3}")
"""Switches of streams that CCTM reads and no document names."""


def scripted(place: Path, part: SegmentRun) -> SegmentRun:
    """Return the run with the environment that its script exports; where only bash knows a value, with the written one.

    A run without a script stays as it was written (`script_faults` tells it).
    """
    path = place / RUN_SCRIPT
    if not path.is_file():
        return part
    found = exported(path.read_text(encoding="utf-8", errors="replace"))
    known = {name: part.environment.get(name, "") if value is None else value for name, value in found.items()}
    return replace(part, environment=known)


def script_faults(place: Path, written: SegmentRun, now: SegmentRun) -> Iterator[Fault]:
    """Yield what makes the script another run than was written, or takes a guard away."""
    path = place / RUN_SCRIPT
    if not path.is_file():
        yield Fault(str(path), "is missing", "write the runs again")
        return
    for name in IDENTITY:
        before, after = written.environment.get(name), now.environment.get(name)
        if before != after:
            what = f"{name} is {after or 'not set'}, the run was written with {before}"
            yield Fault(str(path), what, "write the runs again with other settings")
    for name, (right, why) in GUARDS.items():
        value = now.environment.get(name, "")
        if value[:1].upper() not in right or not value:
            yield Fault(str(path), f"{name} is {value or 'not set'}: {why}", f"export {name}={right[0]}")
    surfaces = [name for name in LAND_SURFACE if now.environment.get(f"{name}_VERSION", "")[:1].upper() in ("Y", "T")]
    if len(surfaces) != 1:
        what = f"land surfaces {', '.join(surfaces) or 'none'}: CCTM runs with any number, and without a word"
        yield Fault(str(path), what, "set exactly one of PX_VERSION, CLM_VERSION, NOAH_VERSION to Y, as in WRF")
    for name, value in now.environment.items():
        if APPLIED.fullmatch(name) and value[:1].upper() in "FN":
            what = f"{name} is {value}: CCTM leaves the stream out, and its diagnostics show it all the same"
            yield Fault(str(path), what, "remove the line, or scale the stream to 0 by a scenario")
    for name in sorted(written.environment.keys() - now.environment.keys() - set(IDENTITY) - GUARDS.keys()):
        yield Fault(str(path), f"{name} is not exported any more", "export it, or write the runs again")
