"""How the runs of a scenario ended: done only when all of its days are."""

import json
from pathlib import Path

from aqcore.errors import InputError, RunFailed
from drivers.cmaq.manifest import Manifest, read_manifest
from drivers.cmaq.verification import verdict
from drivers.driver import Outcome

MARKER = "done.json"


def outcome(folder: Path) -> Outcome:
    """Judge all days of a scenario; the first day that is not done gives the reason."""
    try:
        manifest = read_manifest(folder)
    except InputError as error:
        return Outcome(done=False, reason=str(error))
    seconds = 0.0
    for part in manifest.runs:
        found = verdict(folder, manifest, part)
        if found.reason:
            return Outcome(done=False, reason=f"{part.segment.name}: {found.reason}", cpu_seconds=seconds)
        seconds += found.cpu_seconds
    return Outcome(done=True, cpu_seconds=seconds)


def marker_text(manifest: Manifest) -> str:
    """Return what `done.json` says of a scenario all of whose days are done."""
    days = [part.day for part in manifest.read_runs()]
    return json.dumps({"scenario": manifest.scenario, "identity": manifest.identity, "days": days}) + "\n"


def require_done(folder: Path) -> Manifest:
    """Return the manifest of a finished scenario; raise RunFailed with the reason when it is not finished.

    The marker that is written when every day was verified is believed as long as it names these very runs.
    """
    manifest = read_manifest(folder)
    try:
        if json.loads((folder / MARKER).read_text(encoding="utf-8"))["identity"] == manifest.identity:
            return manifest
    except (OSError, ValueError, KeyError, TypeError):
        pass
    found = outcome(folder)
    if not found.done:
        raise RunFailed(f"{folder}: {found.reason}")
    return manifest
