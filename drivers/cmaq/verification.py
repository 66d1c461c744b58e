"""Whether one execution of CCTM ended well: six signs have to agree. What was read is noted, and not read twice.

Exit status 0, the closing line in the output, CGRID stamped with the end of the run, as many hourly means as hours, all
values finite, and the emission diagnostics equal to what was meant.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from aqcore.errors import InputError
from aqcore.ioapi_header import moments
from aqcore.publish import publish_text
from drivers.cmaq.emission_check import check_emissions
from drivers.cmaq.environment import output_name
from drivers.cmaq.logs import EXIT_STATUS, STANDARD_OUTPUT, failure, tail
from drivers.cmaq.manifest import Manifest, SegmentRun
from drivers.cmaq.versions import version

VERDICT = "verdict.json"
FIRST_LOG = "CTM_LOG_000.*"
CHECKED = ("S_CGRID", "A_CONC_1")
NAMED = 3
"""Deviations of emissions that a reason names."""

_ELAPSED = re.compile(r"elapsed time for this simulation was\s+([0-9.]+)\s+seconds")


@dataclass(frozen=True)
class Verdict:
    """How an execution ended: `reason` is empty when all is well. `outputs` are size and time of the files read."""

    reason: str
    cpu_seconds: float = 0.0
    emissions_compared: int = 0
    outputs: dict[str, list[int]] | None = None


def verdict(folder: Path, manifest: Manifest, part: SegmentRun) -> Verdict:
    """Return the verdict on one execution of the scenario in `folder`; what was verified before is believed.

    A verdict is believed as long as the outputs have the size and time that they had.
    """
    place = manifest.folder(folder, part)
    noted = _noted(place)
    if noted is not None and noted.outputs == _stamps(place):
        return noted
    reason = _status(place, manifest)
    if reason:
        return Verdict(reason)
    compared = 0
    reasons = list(_file_reasons(place, part))
    if not reasons and version(manifest.version).has("emission_diagnostics"):
        compared, reasons = _emissions(folder, manifest, part)
    found = Verdict("; ".join(reasons), _cpu_seconds(place, manifest.ranks), compared, _stamps(place))
    publish_text(place / VERDICT, json.dumps(asdict(found)) + "\n")
    return found


def _noted(place: Path) -> Verdict | None:
    try:
        raw: dict[str, Any] = json.loads((place / VERDICT).read_text(encoding="utf-8"))
        return Verdict(**raw)
    except (OSError, ValueError, TypeError):
        return None


def _stamps(place: Path) -> dict[str, list[int]]:
    """Return size and time of what is judged: exit status, printed lines, outputs."""
    stamps = {}
    for path in (place / EXIT_STATUS, place / STANDARD_OUTPUT, *(place / output_name(logical) for logical in CHECKED)):
        if path.exists():
            status = path.stat()
            stamps[path.name] = [status.st_size, status.st_mtime_ns]
    return stamps


def _status(place: Path, manifest: Manifest) -> str:
    status = place / EXIT_STATUS
    if not status.exists():
        return "did not end" if (place / STANDARD_OUTPUT).exists() else "not started"
    if status.read_text().strip() != "0":
        return f"exit status {status.read_text().strip()}: {failure(place)}"
    closing = version(manifest.version).item("success_line")
    if closing not in tail(place / STANDARD_OUTPUT):
        return f"the output has no closing line: {failure(place)}"
    if not any(closing in tail(path) for path in place.glob(FIRST_LOG)):
        return f"CTM_LOG_000 has no closing line: {failure(place)}"
    return ""


def _file_reasons(place: Path, part: SegmentRun) -> Iterator[str]:
    end = np.datetime64(part.segment.end.replace(tzinfo=None), "ns")
    restart, means = place / output_name("S_CGRID"), place / output_name("A_CONC_1")
    for path in (restart, means):
        if not path.exists():
            yield f"{path.name} is missing"
    if restart.exists() and _times(restart)[-1] != end:
        yield f"{restart.name} is of {_times(restart)[-1]}, the run ends at {end}"
    if means.exists():
        if (steps := len(_times(means))) != part.hours:
            yield f"{means.name} has {steps} hours instead of {part.hours}"
        yield from _not_finite(means)


def _times(path: Path) -> np.ndarray:
    with netCDF4.Dataset(path) as file:
        return moments(np.asarray(file["TFLAG"][:, 0, :]))


def _not_finite(path: Path) -> Iterator[str]:
    """Yield the variables of which any value of any hour is not finite."""
    with netCDF4.Dataset(path) as file:
        file.set_auto_mask(False)
        for name, variable in file.variables.items():
            if name == "TFLAG":
                continue
            values = np.asarray(variable[:])
            if not np.isfinite(values.sum(dtype=np.float64)):  # one pass; a sum of finite singles fits a double
                hours = np.flatnonzero(~np.isfinite(values).all(axis=(1, 2, 3))).tolist()
                yield f"{name} of {path.name} is not finite in hours {', '.join(map(str, hours))}"


def _emissions(folder: Path, manifest: Manifest, part: SegmentRun) -> tuple[int, list[str]]:
    """Return how many sums of emissions were compared, and why they are not as meant."""
    try:
        found = check_emissions(folder, manifest, part)
    except InputError as error:
        return 0, [f"its emissions cannot be compared: {error}"]
    if not found.deviations:
        return found.compared, []
    told = "; ".join(map(str, found.deviations[:NAMED]))
    return found.compared, [
        f"{len(found.deviations)} of {found.compared} emissions are not as the scenario says: {told}"
    ]


def _cpu_seconds(place: Path, ranks: int) -> float:
    """Return the elapsed seconds that CCTM states, times the ranks."""
    found = _ELAPSED.findall(tail(place / STANDARD_OUTPUT))
    return float(found[-1]) * ranks if found else 0.0
