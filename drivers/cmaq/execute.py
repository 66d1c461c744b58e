"""Run the days of scenarios one after another: `python -m drivers.cmaq.execute FOLDER...`; finished days are skipped.

Each folder is a scenario's (with `run.json`); `done.json` appears there when every day is done and verified. The exit
status is 1 when a day failed; the reason goes to standard error.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from aqcore.errors import InputError, RunFailed
from aqcore.publish import publish_text
from drivers.cmaq.environment import OUTPUT_FOLDER, RUN_SCRIPT
from drivers.cmaq.logs import EXIT_STATUS, LOGS, STANDARD_OUTPUT
from drivers.cmaq.manifest import Manifest, SegmentRun, read_manifest
from drivers.cmaq.outcome import MARKER, marker_text
from drivers.cmaq.verification import VERDICT, verdict

ATTEMPT = "attempt"


def execute(folder: Path) -> None:
    """Run what is not done of a scenario's days, in order. Raises RunFailed at the first day that fails."""
    manifest = read_manifest(folder)
    (folder / MARKER).unlink(missing_ok=True)
    for part in manifest.runs:
        if verdict(folder, manifest, part).reason:
            _run(folder, manifest, part)
    publish_text(folder / MARKER, marker_text(manifest))


def _run(folder: Path, manifest: Manifest, part: SegmentRun) -> None:
    place = manifest.folder(folder, part)
    set_aside(place)
    subprocess.run(["bash", str((place / RUN_SCRIPT).resolve())], check=False)
    reason = verdict(folder, manifest, part).reason
    if reason:
        raise RunFailed(f"{place}: {reason}")


def set_aside(place: Path) -> None:
    """Move what an earlier attempt left into a folder of its own: CCTM would update its outputs."""
    named = (OUTPUT_FOLDER, STANDARD_OUTPUT, EXIT_STATUS, VERDICT)
    left = [place / name for name in named if (place / name).exists()]
    left += sorted(place.glob(LOGS))
    if not left:
        return
    number = 1 + len(list(place.glob(f"{ATTEMPT}-*")))
    target = place / f"{ATTEMPT}-{number}"
    target.mkdir()
    for path in left:
        path.rename(target / path.name)


def main(arguments: Sequence[str]) -> int:
    """Run the scenarios of the folders named; return the exit status."""
    try:
        for folder in arguments:
            execute(Path(folder))
    except (RunFailed, InputError) as error:
        sys.stderr.write(f"{error}\n")
        return 1 if isinstance(error, RunFailed) else 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
