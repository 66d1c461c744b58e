"""How a run of CCTM ended: only when five signs agree is it done."""

from collections.abc import Iterator
from pathlib import Path

import netCDF4
import numpy as np

from aqcore.errors import InputError, RunFailed
from aqcore.ioapi_header import moments
from drivers.cmaq.environment import output_name
from drivers.cmaq.manifest import Manifest, SegmentRun, read_manifest
from drivers.cmaq.segments import HOURS
from drivers.cmaq.versions import rows_of, version
from drivers.driver import Outcome

EXIT_STATUS = "exit_status"
STANDARD_OUTPUT = "cctm.out"
LOGS = "CTM_LOG_*"
ABORT = "*** ERROR ABORT"

TAIL_BYTES = 200_000
"""How much of the end of a log is searched."""


def outcome(folder: Path) -> Outcome:
    """Judge all days of a scenario; the first day that is not done gives the reason."""
    try:
        manifest = read_manifest(folder)
    except InputError as error:
        return Outcome(done=False, reason=str(error))
    for part in manifest.runs:
        reason = unfinished(manifest.folder(folder, part), manifest, part)
        if reason:
            return Outcome(done=False, reason=f"{part.day}: {reason}")
    return Outcome(done=True)


def unfinished(folder: Path, manifest: Manifest, part: SegmentRun) -> str:
    """Return why a day is not done, empty when it is.

    Done means: exit status 0, the closing line in the output, CGRID stamped with the end of the run, as many hourly
    means as hours, all of them finite.
    """
    status = folder / EXIT_STATUS
    if not status.exists():
        return "did not end" if (folder / STANDARD_OUTPUT).exists() else "not started"
    if status.read_text().strip() != "0":
        return f"exit status {status.read_text().strip()}: {failure(folder)}"
    if version(manifest.version).item("success_line") not in _tail(folder / STANDARD_OUTPUT):
        return f"the output has no closing line: {failure(folder)}"
    return next(_file_reasons(folder, part), "")


def _file_reasons(folder: Path, part: SegmentRun) -> Iterator[str]:
    end = np.datetime64(part.segment.end.replace(tzinfo=None), "ns")
    restart, means = folder / output_name("S_CGRID"), folder / output_name("A_CONC_1")
    for path in (restart, means):
        if not path.exists():
            yield f"{path.name} is missing"
    if restart.exists() and _times(restart)[-1] != end:
        yield f"{restart.name} is of {_times(restart)[-1]}, the run ends at {end}"
    if means.exists():
        if (steps := len(_times(means))) != HOURS:
            yield f"{means.name} has {steps} hours instead of {HOURS}"
        yield from _not_finite(means)


def _times(path: Path) -> np.ndarray:
    with netCDF4.Dataset(path) as file:
        return moments(np.asarray(file["TFLAG"][:, 0, :]))


def _not_finite(path: Path) -> Iterator[str]:
    with netCDF4.Dataset(path) as file:
        file.set_auto_mask(False)
        for name, variable in file.variables.items():
            if name != "TFLAG" and not np.isfinite(variable[-1]).all():
                yield f"{name} of {path.name} is not finite in the last hour"


def failure(folder: Path) -> str:
    """Return the reason that the logs give, with what to do; the rank that died may tell it in its own log only."""
    texts = [_tail(path) for path in (*sorted(folder.glob(LOGS)), folder / STANDARD_OUTPUT) if path.exists()]
    for row in rows_of("messages.csv"):
        if any(row["pattern"] in text for text in texts):
            return f"{row['reason']} -> {row['remedy']}"
    for text in texts:
        lines = text.splitlines()
        for number, line in enumerate(lines):
            if ABORT in line:
                return " ".join(" ".join(lines[number : number + 2]).split())
    return "no known message in the logs -> read CTM_LOG_* and cctm.out"


def _tail(path: Path) -> str:
    if not path.exists():
        return ""
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - TAIL_BYTES))
        return stream.read().decode("utf-8", "replace")


def require_done(folder: Path) -> Manifest:
    """Return the manifest of a finished scenario; raise RunFailed with the reason when it is not finished."""
    found = outcome(folder)
    if not found.done:
        raise RunFailed(f"{folder}: {found.reason}")
    return read_manifest(folder)
